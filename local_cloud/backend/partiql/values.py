"""Attribute values in wire form: how DynamoDB compares, orders and measures them. Binary stands in base64."""

import base64
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from local_cloud.partiql.constants import distinct, number
from local_cloud.partiql.errors import PartiqlError
from local_cloud.partiql.nodes import Value

Item = dict[str, Value]
ORDERED = ("S", "N", "B")
_SETS = {"SS": "string", "NS": "number", "BS": "binary"}


def base64_text(raw: Any) -> Any:
    """moto keeps binary sometimes as bytes, sometimes in base64; everything else stays as it is."""
    return base64.b64encode(raw).decode() if isinstance(raw, bytes) else raw


def type_of(value: Value) -> str:
    """S, N, B, SS, NS, BS, L, M, BOOL or NULL."""
    (kind,) = value
    return kind


def content(value: Value) -> Any:
    """Something that equals that of an equal value: 1.0 and 1 are one number, sets have no order."""
    ((kind, raw),) = value.items()
    if kind in ORDERED:
        return order_of(value)
    if kind in _SETS:
        return frozenset(order_of({kind[0]: member}) for member in raw)
    if kind == "L":
        return [(type_of(member), content(member)) for member in raw]
    if kind == "M":
        return {name: (type_of(member), content(member)) for name, member in raw.items()}
    return raw


def order_of(value: Value) -> Any:
    """What a string, number or binary is ordered by, among its own type: strings by their UTF-8 bytes."""
    ((kind, raw),) = value.items()
    if kind == "N":
        return Decimal(raw)
    return raw.encode() if kind == "S" else base64.b64decode(raw)


def equal(left: Value, right: Value) -> bool:
    """Values of different types are never equal."""
    return type_of(left) == type_of(right) and content(left) == content(right)


def size_of(value: Value) -> int | None:
    """Characters, bytes or members; None for what has no size."""
    ((kind, raw),) = value.items()
    if kind == "B":
        return len(base64.b64decode(raw))
    return len(raw) if kind in ("S", "L", "M", *_SETS) else None


def bytes_of(item: Item) -> int:
    """What an item weighs in DynamoDB: names, texts, two digits a byte, and a few bytes for each collection."""
    return sum(len(name.encode()) + _weight(value) for name, value in item.items())


def _weight(value: Value) -> int:
    ((kind, raw),) = value.items()
    if kind == "N":
        return (len(Decimal(raw).normalize().as_tuple().digits) + 1) // 2 + 1
    if kind in ("S", "B"):
        return len(order_of(value))
    if kind in _SETS:
        return sum(_weight({kind[0]: member}) for member in raw)
    if kind == "L":
        return 3 + sum(1 + _weight(member) for member in raw)
    if kind == "M":
        return 3 + len(raw) + bytes_of(raw)
    return 1


def contains(whole: Value, part: Value) -> bool:
    """A text or binary a piece of it, a set or list a member."""
    ((kind, raw),) = whole.items()
    if kind in _SETS:
        return any(equal({kind[0]: member}, part) for member in raw)
    if kind == "L":
        return any(equal(member, part) for member in raw)
    return kind in ("S", "B") and type_of(part) == kind and order_of(part) in order_of(whole)


def begins_with(whole: Value, start: Value) -> bool:
    """Of texts and binaries."""
    kind = type_of(whole)
    return kind in ("S", "B") and type_of(start) == kind and bool(order_of(whole).startswith(order_of(start)))


def canonical(value: Value) -> Value:
    """A parameter as DynamoDB keeps it, numbers without needless zeros. Raises PartiqlError for what it cannot keep."""
    ((kind, raw),) = value.items()
    if kind == "N":
        return {kind: number(raw)}
    if kind == "L":
        return {kind: [canonical(member) for member in raw]}
    if kind == "M":
        return {kind: {name: canonical(member) for name, member in raw.items()}}
    if kind in _SETS:
        return {kind: _members(kind, raw)}
    if kind == "B":
        return {kind: base64_text(raw)}
    if kind == "NULL" and raw is not True:
        raise PartiqlError(
            "One or more parameter values were invalid: Null attribute value types must have the value of true"
        )
    return value


def _members(kind: str, raw: Iterable[Any]) -> list[str]:
    members = [number(member) if kind == "NS" else base64_text(member) for member in raw]
    if not members:
        raise PartiqlError(f"One or more parameter values were invalid: An {_SETS[kind]} set  may not be empty")
    return distinct(members)
