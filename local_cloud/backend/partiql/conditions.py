"""Whether a condition holds for an item. What is missing equals nothing, and `<>` everything."""

import operator
from collections.abc import Callable
from typing import Any

from local_cloud.backend.partiql.values import (
    ORDERED,
    Item,
    begins_with,
    contains,
    equal,
    order_of,
    size_of,
    type_of,
)
from local_cloud.partiql.nodes import (
    All,
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
    Value,
)

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def holds(condition: Expression | None, item: Item) -> bool:
    """True where there is no condition."""
    return condition is None or evaluate(condition, item) == {"BOOL": True}


def evaluate(node: Expression, item: Item) -> Value | None:
    """A value of the item, a constant, or a condition's answer; None for what is missing."""
    if isinstance(node, Path):
        return find(node, item)
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Call) and node.name == "size":
        return _size(node, item)
    return {"BOOL": _test(node, item)}


def find(path: Path, item: Item) -> Value | None:
    """The value at a path, or None."""
    value: Value | None = {"M": item}
    for element in path.elements:
        if value is None:
            return None
        ((kind, raw),) = value.items()
        if isinstance(element, str):
            value = raw.get(element) if kind == "M" else None
        else:
            value = raw[element] if kind == "L" and element < len(raw) else None
    return value


def _test(node: Expression, item: Item) -> bool:
    if isinstance(node, All):
        return all(holds(term, item) for term in node.terms)
    if isinstance(node, Some):
        return any(holds(term, item) for term in node.terms)
    if isinstance(node, Not):
        return not holds(node.term, item)
    if isinstance(node, Call):
        return _FUNCTIONS[node.name](node, item)
    return _compare(node, item)


def _compare(node: Expression, item: Item) -> bool:
    if isinstance(node, Binary):
        return _binary(node.operator, evaluate(node.left, item), evaluate(node.right, item))
    if isinstance(node, Between):
        value, low, high = (evaluate(part, item) for part in (node.operand, node.low, node.high))
        return _binary(">=", value, low) and _binary("<=", value, high)
    if isinstance(node, In):
        value = evaluate(node.operand, item)
        return any(_binary("=", value, evaluate(option, item)) for option in node.options)
    if isinstance(node, IsType):
        value = evaluate(node.operand, item)
        return (type_of(value) if value else "") == node.type
    raise TypeError(f"{node} is no condition")


def _binary(comparison: str, left: Value | None, right: Value | None) -> bool:
    if comparison in ("=", "<>"):
        same = left is not None and right is not None and equal(left, right)
        return same == (comparison == "=")
    if left is None or right is None or type_of(left) != type_of(right) or type_of(left) not in ORDERED:
        return False
    return _ORDER[comparison](order_of(left), order_of(right))


def _size(call: Call, item: Item) -> Value | None:
    value = evaluate(call.arguments[0], item)
    size = size_of(value) if value else None
    return None if size is None else {"N": str(size)}


def _two(test: Callable[[Value, Value], bool]) -> Callable[[Call, Item], bool]:
    def apply(call: Call, item: Item) -> bool:
        first, second = (evaluate(argument, item) for argument in call.arguments)
        return first is not None and second is not None and test(first, second)

    return apply


_FUNCTIONS: dict[str, Callable[[Call, Item], bool]] = {
    "begins_with": _two(begins_with),
    "contains": _two(contains),
    "attribute_type": _two(lambda value, kind: type_of(value) == kind["S"]),
    "attribute_exists": lambda call, item: evaluate(call.arguments[0], item) is not None,
    "attribute_not_exists": lambda call, item: evaluate(call.arguments[0], item) is None,
}
