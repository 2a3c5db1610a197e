"""What DynamoDB refuses in a statement before it looks at any item: functions, operands, operators in wrong places."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from local_cloud.backend.partiql.values import ORDERED, type_of
from local_cloud.partiql.errors import PartiqlError
from local_cloud.partiql.nodes import (
    All,
    Assign,
    Between,
    Binary,
    Call,
    Expression,
    In,
    IsType,
    Literal,
    Not,
    Path,
    Some,
)

MAX_OPTIONS = 100
TYPES = ("N", "BS", "L", "B", "NULL", "M", "S", "SS", "NS", "BOOL")
_CONDITIONS = (Between, In, IsType, Not, All, Some)
_COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
_ARGUMENTS = {
    "begins_with": 2,
    "contains": 2,
    "attribute_type": 2,
    "attribute_exists": 1,
    "attribute_not_exists": 1,
    "size": 1,
}


def check_condition(where: Expression | None) -> None:
    """Raises PartiqlError for what no condition may contain."""
    for node in _nodes(where):
        if isinstance(node, Call):
            _check_function(node)
        elif isinstance(node, Binary):
            _check_comparison(node)
        elif isinstance(node, Between):
            _check_ordered("BETWEEN", node.low, node.high)
        else:
            _check_terms(node)
    if where is not None and not _is_condition(where):
        raise PartiqlError("WHERE clause must contain an expression that resolves to a boolean")


def _check_terms(node: Any) -> None:
    if isinstance(node, In) and len(node.options) > MAX_OPTIONS:
        raise PartiqlError(
            f"The IN operator is provided with too many operands; number of operands: {len(node.options)}"
        )
    if isinstance(node, All | Some) and not all(map(_is_condition, node.terms)):
        raise PartiqlError("The arguments to AND/OR must be Expressions")
    if isinstance(node, Not) and not _is_condition(node.term):
        raise PartiqlError("The argument to NOT must be a Type or Expression")


def _is_condition(node: Expression) -> bool:
    return isinstance(node, (*_CONDITIONS, Binary)) or (isinstance(node, Call) and node.name != "size")


def check_assignment(change: Assign) -> None:
    """Raises PartiqlError for what no SET may contain."""
    value = change.value
    if isinstance(value, _CONDITIONS):
        raise PartiqlError(f"Unsupported operation: {type(value).__name__}")
    if isinstance(value, Call):
        _check_update_function(value)
    if isinstance(value, Binary):
        if value.operator not in ("+", "-"):
            raise PartiqlError(f"Unsupported operator in Update Expression. Operator: {value.operator}")
        for operand in (value.left, value.right):
            if isinstance(operand, Literal) and "N" not in operand.value:
                raise _wrong_operand(value.operator, operand)
            if not isinstance(operand, Literal | Path):
                raise PartiqlError(f"Unsupported operator in Update Expression. Operator: {value.operator}")


def _check_update_function(call: Call) -> None:
    if call.name not in ("list_append", "set_add", "set_delete"):
        raise PartiqlError(f"Unrecognized function: {call.name} at {call.place}")
    if len(call.arguments) != 2:
        raise _wrong_count(call)
    if not all(isinstance(argument, Literal | Path) for argument in call.arguments):
        raise PartiqlError(f"Unsupported operation: an expression as an argument of {call.name}")


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    if isinstance(node, tuple):
        for part in node:
            yield from _nodes(part)
    elif dataclasses.is_dataclass(node) and not isinstance(node, Literal | Path):
        for field in dataclasses.fields(node):
            yield from _nodes(getattr(node, field.name))


def _check_comparison(node: Binary) -> None:
    if node.operator not in _COMPARISONS:
        raise PartiqlError(f"Unsupported operator in Condition Expression. Operator: {node.operator}")
    if node.operator not in ("=", "<>"):
        _check_ordered(node.operator, node.left, node.right)


def _check_ordered(operator: str, *operands: Expression) -> None:
    for operand in operands:
        if isinstance(operand, Literal) and type_of(operand.value) not in ORDERED:
            raise _wrong_operand(operator, operand)


def _check_function(call: Call) -> None:
    if call.name not in _ARGUMENTS:
        raise PartiqlError(f"Unrecognized function: {call.name} at {call.place}")
    if len(call.arguments) != _ARGUMENTS[call.name]:
        raise _wrong_count(call)
    first, last = call.arguments[0], call.arguments[-1]
    if call.name.endswith("exists") and not isinstance(first, Path):
        raise PartiqlError(f"Operator or function requires a document path; operator or function: {call.name}")
    if call.name == "attribute_type":
        _check_type_name(call, last)
    if call.name == "begins_with" and isinstance(last, Literal) and type_of(last.value) not in ("S", "B"):
        raise _wrong_operand(call.name, last)


def _check_type_name(call: Call, name: Expression) -> None:
    if not isinstance(name, Literal) or "S" not in name.value:
        raise _wrong_operand(call.name, name)
    if name.value["S"] not in TYPES:
        raise PartiqlError(
            f"Invalid attribute type name found; type: {name.value['S']}, valid types: {{{','.join(TYPES)}}}"
        )


def _wrong_count(call: Call) -> PartiqlError:
    return PartiqlError(
        f"Incorrect number of operands for operator or function; operator or function: {call.name}, "
        f"number of operands: {len(call.arguments)}"
    )


def _wrong_operand(operator: str, operand: Expression) -> PartiqlError:
    kind = type_of(operand.value) if isinstance(operand, Literal) else "path"
    return PartiqlError(
        f"Incorrect operand type for operator or function; operator or function: {operator}, operand type: {kind}"
    )
