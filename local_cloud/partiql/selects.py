"""SELECT: columns or `*`, from a table or one of its indexes, where, in an order."""

from local_cloud.partiql.cursor import Cursor
from local_cloud.partiql.errors import PartiqlError
from local_cloud.partiql.expressions import expression, operand, path
from local_cloud.partiql.nodes import Call, Expression, Order, Path, Select
from local_cloud.partiql.tokens import Kind

_STAR = "Other attributes should not be present in the projection when '*' is used."
_ONE_SOURCE = "Only select from a single table or index is supported."


def select(cursor: Cursor) -> Select:
    """What follows the word SELECT."""
    columns = _columns(cursor)
    cursor.expect("FROM", otherwise="Expected FROM after the columns of SELECT")
    table, index = _source(cursor)
    where = expression(cursor) if cursor.accept("WHERE") else None
    _refuse_grouping(cursor)
    order = _order(cursor)
    if cursor.accept("LIMIT"):
        place = cursor.token.place
        operand(cursor)
        raise PartiqlError(f"Unsupported clause: LIMIT at {place}")
    return Select(table, index, columns, where, order)


def _refuse_grouping(cursor: Cursor) -> None:
    if cursor.accept("GROUP"):
        raise PartiqlError("Unsupported clause: GROUP BY")
    if cursor.accept("HAVING"):
        raise PartiqlError("Unsupported clause: HAVING")


def _columns(cursor: Cursor) -> tuple[Path, ...] | None:
    if cursor.at("DISTINCT"):
        raise PartiqlError("Unsupported token in expression: DISTINCT")
    if cursor.at("VALUE", "PIVOT"):
        raise PartiqlError("Select projection doesn't support value or pivot keywords")
    if cursor.accept("*"):
        if cursor.at(","):
            raise PartiqlError(_STAR)
        return None
    columns = [_column(cursor)]
    while cursor.accept(","):
        columns.append(_column(cursor))
    names = [column_name(column) for column in columns]
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise PartiqlError(f"Duplicate identifiers in select clause: {repeated}")
    return tuple(columns)


def _column(cursor: Cursor) -> Path:
    if cursor.at("*"):
        raise PartiqlError(_STAR)
    place, column = cursor.token.place, _column_expression(cursor)
    if not isinstance(column, Path):
        raise PartiqlError(f"Unexpected path component at {place}")
    if cursor.at("AS") or cursor.token.kind in (Kind.NAME, Kind.QUOTED):
        raise PartiqlError("Aliasing is not supported")
    return column


def _column_expression(cursor: Cursor) -> Expression:
    """COUNT(*) cannot be read as an expression: its star is no term."""
    if cursor.token.kind is Kind.KEYWORD and cursor.following.text == "(":
        return Call(cursor.token.text.lower(), ())
    return operand(cursor)


def column_name(column: Path) -> str:
    """What DynamoDB calls a column: the last name of its path, and the indexes after it."""
    elements = column.elements
    last = max(at for at, element in enumerate(elements) if isinstance(element, str))
    return str(elements[last]) + "".join(f"[{index}]" for index in elements[last + 1 :])


def _source(cursor: Cursor) -> tuple[str, str | None]:
    if cursor.at("(", "[", "<<"):
        raise PartiqlError("Unexpected from source")
    if cursor.token.kind not in (Kind.NAME, Kind.QUOTED):
        raise cursor.refuse_term()
    names = path(cursor).elements
    if len(names) > 2:
        raise PartiqlError("A path may contain at most 2 components in the FROM clause")
    if cursor.at("AS") or cursor.token.kind in (Kind.NAME, Kind.QUOTED):
        raise PartiqlError("Aliasing is not supported")
    if cursor.at(",", "JOIN", "INNER", "LEFT", "RIGHT", "FULL", "OUTER", "CROSS"):
        raise PartiqlError(_ONE_SOURCE)
    return str(names[0]), str(names[1]) if len(names) == 2 else None


def _order(cursor: Cursor) -> tuple[Order, ...]:
    if not cursor.accept("ORDER"):
        return ()
    cursor.expect("BY", otherwise="Expected BY after ORDER")
    keys = [_order_key(cursor)]
    while cursor.accept(","):
        keys.append(_order_key(cursor))
    return tuple(keys)


def _order_key(cursor: Cursor) -> Order:
    key = operand(cursor)
    if not isinstance(key, Path) or len(key.elements) > 1:
        raise PartiqlError(f"Argument to ORDER BY must be of type VariableReference. Type: {type(key).__name__}")
    return Order(str(key.elements[0]), descending=cursor.accept("ASC", "DESC") == "DESC")
