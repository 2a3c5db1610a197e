"""What a condition says about keys: the partitions it reads, the one item it means."""

from collections.abc import Iterator

from moto.dynamodb.models.table import Table

from local_cloud.backend.partiql.tables import Source, keys_of, type_in_schema
from local_cloud.backend.partiql.values import Item, content, equal, type_of
from local_cloud.partiql.errors import PartiqlError
from local_cloud.partiql.nodes import All, Between, Binary, Call, Expression, In, Literal, Path, Some, Value

MAX_READS = 50
_OVERLAP = "Overlapping conditions with range keys are not supported in where clause"


class KeyNotGivenError(PartiqlError):
    """A write does not name one item."""


def partitions(source: Source, where: Expression | None) -> list[Value] | None:
    """The partition keys that the condition is limited to; None means that everything must be read.

    Raises PartiqlError for values of another type than the key's, for one named twice, and for more than 50.
    """
    found = _values_of(source.own_keys[0], where) if where else None
    if found is None:
        return None
    _check_types(source.table, source.own_keys[0], found)
    distinct = list({content(value): value for value in found}.values())
    if len(distinct) < len(found) and len(source.own_keys) == 1:
        raise PartiqlError(_OVERLAP)
    if len(distinct) > MAX_READS:
        raise PartiqlError("Too many decomposed read operations for a given query.")
    return distinct


def sort_conditions(source: Source, where: Expression | None) -> list[Expression]:
    """The conditions on the sort key that a Query reads by: what does not meet them is not even read."""
    if len(source.own_keys) == 1:
        return []
    sort_key = source.own_keys[1]
    terms = [term for term in conjuncts(where) if _is_about(term, sort_key)]
    for term in terms:
        if isinstance(term, Binary) and term.operator == "=":
            _check_types(source.table, sort_key, _values_of(sort_key, term) or [])
    return terms


def conjuncts(where: Expression | None) -> Iterator[Expression]:
    """The terms that must all hold."""
    if isinstance(where, All):
        for term in where.terms:
            yield from conjuncts(term)
    elif where is not None:
        yield where


def key_of_write(table: Table, where: Expression | None) -> Item:
    """The primary key that the condition names with `=`. Raises KeyNotGivenError, or PartiqlError for two values."""
    key: Item = {}
    for name, value in _equalities(where):
        if name in key and not equal(key[name], value):
            raise PartiqlError(
                f"Multiple conditions on same key {name}. Only single item Update/Insert/Delete are supported"
            )
        if name in keys_of(table.schema):
            key[name] = value
    if len(key) < len(table.schema):
        raise KeyNotGivenError("Where clause does not contain a mandatory equality on all key attributes")
    for name, value in key.items():
        _check_types(table, name, [value])
    return key


def split_read(table: Table, where: Expression | None) -> tuple[Item | None, list[Expression]]:
    """The primary key of the one item that is read, None if there is no such key; and what else the item must be."""
    names = keys_of(table.schema)
    key: Item = {}
    rest: list[Expression] = []
    for term in conjuncts(where):
        named = next((name for name in names if len(_values_of(name, term) or []) == 1), None)
        value = (_values_of(named, term) or [])[0] if named else None
        if named is None or value is None or (named in key and not equal(key[named], value)):
            rest.append(term)
        else:
            key[named] = value
    return (key if len(key) == len(names) else None), rest


def _equalities(where: Expression | None) -> Iterator[tuple[str, Value]]:
    for term in conjuncts(where):
        if isinstance(term, Binary) and term.operator == "=":
            for path, value in ((term.left, term.right), (term.right, term.left)):
                if isinstance(path, Path) and isinstance(value, Literal) and len(path.elements) == 1:
                    yield str(path.elements[0]), value.value


def _values_of(name: str, node: Expression) -> list[Value] | None:
    """The values to which a condition limits an attribute; None if it does not."""
    if isinstance(node, Binary):
        return [value for found, value in _equalities(node) if found == name] or None
    if isinstance(node, In) and _is_path(node.operand, name):
        values = [option.value for option in node.options if isinstance(option, Literal)]
        return values if len(values) == len(node.options) else None
    if isinstance(node, All):
        return next((found for found in (_values_of(name, term) for term in node.terms) if found), None)
    if isinstance(node, Some):
        branches = [_values_of(name, term) for term in node.terms]
        return None if None in branches else [value for branch in branches for value in branch or []]
    return None


def _is_about(term: Expression, name: str) -> bool:
    if isinstance(term, Binary):
        return term.operator != "<>" and (_is_path(term.left, name) or _is_path(term.right, name))
    if isinstance(term, Call):
        return term.name == "begins_with" and _is_path(term.arguments[0], name)
    return isinstance(term, Between | In) and _is_path(term.operand, name)


def _is_path(node: Expression, name: str) -> bool:
    return isinstance(node, Path) and node.elements == (name,)


def _check_types(table: Table, name: str, values: list[Value]) -> None:
    if any(type_of(value) != type_in_schema(table, name) for value in values):
        raise PartiqlError(f"Key attribute's data type should match its data type in table's schema: Key {name}")
