"""UPDATE and DELETE: changes of one item, and what to answer of it."""

from local_cloud.partiql.cursor import Cursor
from local_cloud.partiql.errors import NotWellFormedError, PartiqlError
from local_cloud.partiql.expressions import expression, operand, path
from local_cloud.partiql.nodes import (
    Assign,
    Call,
    Delete,
    Expression,
    Literal,
    Parameter,
    Path,
    Remove,
    Returning,
    Update,
)
from local_cloud.partiql.tokens import Kind

SIMPLE_PATH = "Expected identifier for simple path"
_SET_FUNCTIONS = ("set_add", "set_delete")


def update(cursor: Cursor) -> Update:
    table = _table_to_change(cursor)
    changes: list[Assign | Remove] = []
    while action := cursor.accept("SET", "REMOVE"):
        changes.append(_change(cursor, action))
        while cursor.accept(","):
            changes.append(_change(cursor, action))
    if not changes:
        raise NotWellFormedError("Expected data manipulation")
    return Update(table, tuple(changes), _where(cursor), _returning(cursor))


def delete(cursor: Cursor) -> Delete:
    cursor.expect("FROM", otherwise="Expected FROM after DELETE")
    table = _table_to_change(cursor)
    condition, returning = _where(cursor), _returning(cursor)
    if returning and returning != Returning("ALL", "OLD"):
        raise PartiqlError(
            f"Invalid returning clause: RETURNING {returning.scope} {returning.age} *. "
            "Only RETURNING ALL OLD * is allowed in DELETE statements."
        )
    return Delete(table, condition, returning)


def _table_to_change(cursor: Cursor) -> str:
    table = cursor.name(otherwise=SIMPLE_PATH)
    if cursor.at("."):
        raise PartiqlError("This operation is not supported on an index")
    if cursor.token.kind in (Kind.NAME, Kind.QUOTED) or cursor.at("AS"):
        raise PartiqlError("Aliasing is not supported")
    return table


def _where(cursor: Cursor) -> Expression | None:
    """The condition after WHERE, or None where there is none."""
    return expression(cursor) if cursor.accept("WHERE") else None


def _change(cursor: Cursor, action: str) -> Assign | Remove:
    if cursor.token.kind not in (Kind.NAME, Kind.QUOTED):
        raise NotWellFormedError(SIMPLE_PATH)
    target = path(cursor)
    if action == "REMOVE":
        return Remove(target)
    cursor.expect("=", otherwise="Expected = in an assignment")
    value = operand(cursor)
    if isinstance(value, Call) and value.name in _SET_FUNCTIONS:
        _check_set_function(target, value)
    return Assign(target, value)


def _check_set_function(target: Path, call: Call) -> None:
    function = call.name.upper()
    if len(call.arguments) != 2:
        raise PartiqlError(f"{function} must have exactly two arguments at {call.place}")
    first, second = call.arguments
    if not isinstance(first, Path) or first.elements != target.elements:
        raise PartiqlError(f"The first argument to {function} must equal the assignment value at {call.place}")
    is_set = isinstance(second, Literal) and bool(second.value.keys() & {"SS", "NS", "BS"})
    if not isinstance(second, Parameter) and not is_set:
        raise PartiqlError(f"The second argument to {function} must be a value with type SET at {first.place}")


def _returning(cursor: Cursor) -> Returning | None:
    if not cursor.accept("RETURNING"):
        return None
    scope, age = cursor.accept("ALL", "MODIFIED"), cursor.accept("NEW", "OLD")
    if not scope or not age or not cursor.accept("*"):
        raise PartiqlError("Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause")
    if cursor.at(","):
        raise PartiqlError("Invalid syntax with multiple returning elements in RETURNING clause")
    return Returning(scope, age)
