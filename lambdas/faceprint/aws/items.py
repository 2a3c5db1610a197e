"""DynamoDB's item form and Python's, both ways. Floats go through Decimal(str(x)), so that 0.1 stays 0.1."""

from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

Item = dict[str, Any]

_SERIALIZER = TypeSerializer()
_DESERIALIZER = TypeDeserializer()


def to_item(values: dict[str, Any]) -> Item:
    """An item; what is None or empty text is left out, as no attribute says the same."""
    return {name: to_value(value) for name, value in values.items() if value not in (None, "", set())}


def to_value(value: Any) -> dict[str, Any]:
    """One attribute value."""
    written: dict[str, Any] = _SERIALIZER.serialize(_with_decimals(value))
    return written


def from_item(item: Item) -> dict[str, Any]:
    """Plain Python: ints and floats for numbers."""
    return {name: _without_decimals(_DESERIALIZER.deserialize(value)) for name, value in item.items()}


def _with_decimals(value: Any) -> Any:
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, dict):
        return {name: _with_decimals(item) for name, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [_with_decimals(item) for item in value]
    return value


def _without_decimals(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: _without_decimals(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_without_decimals(item) for item in value]
    return value
