"""What SET and REMOVE make of an item. Every value is taken from the item as it was before the statement."""

import copy
from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise
from typing import Any

from moto.dynamodb.exceptions import (
    AttributeDoesNotExist,
    DuplicateUpdateExpression,
    IncorrectDataType,
    InvalidUpdateExpressionInvalidDocumentPath,
)

from local_cloud.backend.partiql.conditions import find
from local_cloud.backend.partiql.values import Item, order_of, type_of
from local_cloud.partiql.constants import number
from local_cloud.partiql.nodes import Assign, Binary, Call, Expression, Literal, Path, Remove, Value

Change = Assign | Remove


def updated(item: Item, changes: Iterable[Change]) -> Item:
    """The item after the changes. Raises moto's ValidationExceptions."""
    changes = sorted(changes, key=lambda change: _rank(change.path))
    _refuse_overlaps([change.path for change in changes])
    values = [(change, _value(change.value, item)) for change in changes if isinstance(change, Assign)]
    result = copy.deepcopy(item)
    for change, value in values:
        if value is None:
            _remove(result, change.path)
        else:
            _set(result, change.path, value)
    removals = [change.path for change in changes if isinstance(change, Remove)]
    for path in reversed(removals):  # so that an index means the same until its own turn
        _remove(result, path)
    return result


def modified(item: Item, changes: Iterable[Change]) -> Item:
    """What the changed paths hold in this item; elements of a list close up."""
    tree: dict[Any, Any] = {}
    for path in sorted((change.path for change in changes), key=_rank):
        value = find(path, item)
        if value is not None:
            *parents, last = path.elements
            place = tree
            for element in parents:
                place = place.setdefault(element, {})
            place[last] = _Leaf(value)
    return {name: _grown(branch) for name, branch in tree.items()}


class _Leaf:
    def __init__(self, value: Value) -> None:
        self.value = value


def _grown(branch: Any) -> Value:
    if isinstance(branch, _Leaf):
        return branch.value
    if all(isinstance(element, int) for element in branch):
        return {"L": [_grown(part) for part in branch.values()]}
    return {"M": {name: _grown(part) for name, part in branch.items()}}


def _rank(path: Path) -> list[tuple[bool, str | int]]:
    """Lists by index, so that what is appended comes in order."""
    return [(isinstance(element, str), element) for element in path.elements]


def _refuse_overlaps(paths: list[Path]) -> None:
    for first, second in pairwise(paths):  # they are sorted
        if second.starts_with(first):
            raise DuplicateUpdateExpression(_dotted(first), _dotted(second))


def _dotted(path: Path) -> str:
    return ".".join(element if isinstance(element, str) else f"[{element}]" for element in path.elements)


def _value(node: Expression, item: Item) -> Value | None:
    """None is a set without members left, which is no attribute."""
    if isinstance(node, Binary):
        left, right = (_number(_present(part, item)) for part in (node.left, node.right))
        return {"N": number(str(left + right if node.operator == "+" else left - right))}
    if isinstance(node, Call):
        return _appended(node, item) if node.name == "list_append" else _set_changed(node, item)
    return _present(node, item)


def _present(node: Expression, item: Item) -> Value:
    value = node.value if isinstance(node, Literal) else find(node, item) if isinstance(node, Path) else None
    if value is None:
        raise AttributeDoesNotExist
    return value


def _number(value: Value) -> Decimal:
    if "N" not in value:
        raise IncorrectDataType
    return Decimal(value["N"])


def _appended(call: Call, item: Item) -> Value:
    lists = [_present(argument, item) for argument in call.arguments]
    if any("L" not in value for value in lists):
        raise IncorrectDataType
    return {"L": [member for value in lists for member in value["L"]]}


def _set_changed(call: Call, item: Item) -> Value | None:
    target, operand = call.arguments
    change = _present(operand, item)
    kind = type_of(change)
    old = (find(target, item) if isinstance(target, Path) else None) or {kind: []}
    if kind not in ("SS", "NS", "BS") or type_of(old) != kind:
        raise IncorrectDataType
    named = {order_of({kind[0]: member}) for member in change[kind]}
    kept = [member for member in old[kind] if order_of({kind[0]: member}) not in named]
    members = [*kept, *change[kind]] if call.name == "set_add" else kept
    return {kind: members} if members else None


def _parent(item: Item, path: Path) -> tuple[Any, str | int]:
    """What holds the last element of the path. Raises where there is nothing of that kind."""
    *parents, last = path.elements
    holder: Value | None = find(Path(tuple(parents)), item)
    wanted = "M" if isinstance(last, str) else "L"
    if holder is None or wanted not in holder:
        raise InvalidUpdateExpressionInvalidDocumentPath
    return holder[wanted], last


def _set(item: Item, path: Path, value: Value) -> None:
    holder, last = _parent(item, path)
    if isinstance(last, int) and last >= len(holder):
        holder.append(value)
    else:
        holder[last] = value


def _remove(item: Item, path: Path) -> None:
    holder, last = _parent(item, path)
    if isinstance(last, str):
        holder.pop(last, None)
    elif last < len(holder):
        del holder[last]
