"""Whole statements: SELECT, INSERT, UPDATE, DELETE, and EXISTS for transactions."""

from collections.abc import Callable
from dataclasses import dataclass

from local_cloud.partiql.changes import SIMPLE_PATH, delete, update
from local_cloud.partiql.constants import tuple_key
from local_cloud.partiql.cursor import Cursor
from local_cloud.partiql.errors import NotWellFormedError, PartiqlError
from local_cloud.partiql.expressions import expression, operand
from local_cloud.partiql.nodes import Call, Exists, Expression, Insert, Literal, Parameter, Path, Statement
from local_cloud.partiql.selects import select
from local_cloud.partiql.tokens import Kind


@dataclass(frozen=True)
class Parsed:
    """A statement and how many question marks it has."""

    statement: Statement
    parameters: int


def parse(text: str) -> Parsed:
    """Raises PartiqlError with DynamoDB's message for what it does not understand or support."""
    cursor = Cursor(text)
    try:
        statement = _statement(cursor)
    except RecursionError as exc:  # thousands of parentheses
        raise NotWellFormedError from exc
    cursor.accept(";")
    if cursor.token.kind is not Kind.END:
        raise NotWellFormedError("Unexpected token after expression")
    return Parsed(statement, cursor.parameters)


def _statement(cursor: Cursor) -> Statement:
    readers: dict[str, Callable[[Cursor], Statement]] = {
        "SELECT": select,
        "EXISTS": _exists,
        "INSERT": _insert,
        "UPDATE": update,
        "DELETE": delete,
    }
    first = cursor.next()
    if first.kind is not Kind.KEYWORD or first.text not in readers:
        raise NotWellFormedError("Expected data manipulation")
    return readers[first.text](cursor)


def _exists(cursor: Cursor) -> Exists:
    cursor.expect("(", otherwise="Unexpected keyword")
    cursor.expect("SELECT", otherwise="Unexpected term")
    inner = select(cursor)
    cursor.expect(")", otherwise="Expected )")
    return Exists(inner)


def _insert(cursor: Cursor) -> Insert:
    cursor.expect("INTO", otherwise="Expected INTO after INSERT")
    table = cursor.name(otherwise=SIMPLE_PATH)
    if not cursor.accept("VALUE"):
        raise _no_single_item(cursor)
    if not cursor.accept("{"):
        raise PartiqlError(
            "Unsupported format in item expression. Please use struct format {...} to express item values for insert "
            "statement."
        )
    item: dict[str, Expression] = {}
    while not cursor.accept("}"):
        if item:
            cursor.expect(",", otherwise="Expected , or }")
        name = tuple_key(cursor, item)
        item[name] = _inserted(operand(cursor))
    if cursor.at("RETURNING"):
        raise PartiqlError("RETURNING is not supported in INSERT")
    return Insert(table, tuple(item.items()))


def _inserted(value: Expression) -> Expression:
    if isinstance(value, Literal | Parameter):
        return value
    if isinstance(value, Path):
        raise PartiqlError(f"Unsupported data type: VariableReference under key root at {value.place}")
    if isinstance(value, Call):
        raise PartiqlError(f"Unsupported data type: {value.name} under key root at {value.place}")
    raise PartiqlError("Unsupported data type: expression under key root")


def _no_single_item(cursor: Cursor) -> PartiqlError:
    expression(cursor)
    if cursor.token.kind is not Kind.END:
        return NotWellFormedError("Unexpected token after expression")
    return PartiqlError(
        "Unsupported operation: Inserting multiple items in a single statement is not supported, "
        'use "INSERT INTO tableName VALUE item" instead'
    )
