"""Paths, conditions and the values of assignments.

Binding strength, weakest first: OR, AND, NOT, comparison, + and -.
"""

from collections.abc import Callable

from local_cloud.partiql.constants import constant, starts_constant
from local_cloud.partiql.cursor import Cursor
from local_cloud.partiql.errors import NotWellFormedError, PartiqlError
from local_cloud.partiql.keywords import FOREIGN_TYPES, FUNCTION_KEYWORDS, TYPES
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
    Parameter,
    Path,
    Some,
)
from local_cloud.partiql.tokens import Kind

MAX_INDEX = 2**31 - 1
_MOST_INDEX_DIGITS = 20
_COMPARISONS = ("=", "<>", "!=", "<", "<=", ">", ">=")
_IN = (
    "IN operator must have a left hand argument of type Variable Reference and right hand argument of type Seq "
    "with at least one member"
)


def expression(cursor: Cursor) -> Expression:
    """Everything that may stand after WHERE or in parentheses."""
    terms = _joined(cursor, "OR", _conjunction)
    return Some(terms) if len(terms) > 1 else terms[0]


def _conjunction(cursor: Cursor) -> Expression:
    terms = _joined(cursor, "AND", _negation)
    return All(terms) if len(terms) > 1 else terms[0]


def _joined(cursor: Cursor, operator: str, term: Callable[[Cursor], Expression]) -> tuple[Expression, ...]:
    terms = [term(cursor)]
    while cursor.accept(operator):
        terms.append(_right_hand(cursor, term))
    return tuple(terms)


def _right_hand(cursor: Cursor, term: Callable[[Cursor], Expression]) -> Expression:
    if cursor.token.kind is Kind.END or cursor.at(";"):
        raise NotWellFormedError("Missing right-hand side expression of infix operator")
    return term(cursor)


def _negation(cursor: Cursor) -> Expression:
    if cursor.accept("NOT"):
        return Not(_negation(cursor))
    return _comparison(cursor)


def _comparison(cursor: Cursor) -> Expression:
    left = operand(cursor)
    while True:
        if operator := cursor.accept(*_COMPARISONS):
            operator = "<>" if operator == "!=" else operator
            left = Binary(operator, left, _right_hand(cursor, operand))
        elif cursor.accept("IS"):
            left = _is_type(cursor, left)
        elif cursor.at("IN", "BETWEEN", "LIKE"):
            left = _word_operator(cursor, left)
        elif cursor.at("NOT") and cursor.following.text in ("IN", "BETWEEN", "LIKE"):
            cursor.next()
            left = Not(_word_operator(cursor, left))
        else:
            return left


def _word_operator(cursor: Cursor, left: Expression) -> Expression:
    word = cursor.next().text
    if word == "IN":
        return In(left, _options(cursor))
    low = _right_hand(cursor, operand)
    if word == "LIKE":
        return Binary("like", left, low)
    cursor.expect("AND", otherwise="Expected AND after BETWEEN")
    return Between(left, low, _right_hand(cursor, operand))


def _options(cursor: Cursor) -> tuple[Expression, ...]:
    closing = {"[": "]", "(": ")", "<<": ">>"}.get(cursor.token.text)
    if closing is None or cursor.token.kind is not Kind.SYMBOL:
        raise PartiqlError(_IN)
    cursor.next()
    options: list[Expression] = []
    while not cursor.accept(closing):
        if options:
            cursor.expect(",", otherwise=f"Expected , or {closing}")
        options.append(operand(cursor))
    if not options:
        raise PartiqlError(_IN)
    return tuple(options)


def _is_type(cursor: Cursor, left: Expression) -> Expression:
    negated = bool(cursor.accept("NOT"))
    token = cursor.next()
    if token.kind is not Kind.KEYWORD or token.text not in TYPES.keys() | FOREIGN_TYPES:
        raise NotWellFormedError("Expected type name")
    if token.text not in TYPES:
        raise PartiqlError(
            f"Unsupported data type for IS operator: {token.text}. Supported data types are "
            "[MISSING, NULL, BOOLEAN, BLOB, STRING, NUMERIC, STRUCT, TUPLE, LIST]"
        )
    test = IsType(left, TYPES[token.text])
    return Not(test) if negated else test


def operand(cursor: Cursor) -> Expression:
    """A sum, or what stands alone: a path, a value, a function, something in parentheses."""
    left = _term(cursor)
    while operator := cursor.accept("+", "-", "*", "/", "%", "||"):
        left = Binary(operator, left, _right_hand(cursor, _term))
    return left


def _term(cursor: Cursor) -> Expression:
    token = cursor.token
    if cursor.accept("?"):
        return Parameter(cursor.parameter())
    if cursor.accept("("):
        inside = expression(cursor)
        cursor.expect(")", otherwise="Expected )")
        return inside
    if starts_constant(cursor):
        return Literal(constant(cursor))
    if token.text == "MISSING" and token.kind is Kind.KEYWORD:
        raise PartiqlError("MISSING must be compared using IS operator")
    callable_name = token.kind is Kind.NAME or (token.kind is Kind.KEYWORD and token.text in FUNCTION_KEYWORDS)
    if callable_name and cursor.following.text == "(":
        return _call(cursor)
    return path(cursor)


def _call(cursor: Cursor) -> Call:
    token = cursor.next()
    cursor.expect("(", otherwise="Expected (")
    arguments: list[Expression] = []
    while not cursor.accept(")"):
        if arguments:
            cursor.expect(",", otherwise="Expected , or )")
        arguments.append(operand(cursor))
    return Call(token.text.lower(), tuple(arguments), token.place)


def path(cursor: Cursor) -> Path:
    """`a."b"[0].c`. Raises PartiqlError for what is no place in an item."""
    token = cursor.token
    if token.kind not in (Kind.NAME, Kind.QUOTED):
        raise cursor.refuse_term()
    elements: list[str | int] = [cursor.next().text]
    while cursor.at(".", "["):
        if cursor.accept("."):
            elements.append(_component(cursor))
        else:
            cursor.next()
            elements.append(_index(cursor))
    return Path(tuple(elements), token.place)


def _component(cursor: Cursor) -> str:
    if cursor.at("*"):
        raise PartiqlError("Unpivot path component like a.*.b are not supported")
    return cursor.name(otherwise="Invalid path dot component")


def _index(cursor: Cursor) -> int:
    if cursor.at("*"):
        raise PartiqlError("Wildcard path component like a[*].b are not supported")
    negative, token = bool(cursor.accept("-")), cursor.next()
    if token.kind is not Kind.NUMBER or not token.text.isdigit():
        raise PartiqlError(f"Unexpected path component at {token.place}")
    digits = token.text[:_MOST_INDEX_DIGITS]  # Python refuses to read numbers of thousands of digits
    index = -int(digits) if negative else int(digits)
    if not 0 <= index <= MAX_INDEX:
        raise PartiqlError(f"List index is not within the allowable range; index: [{index}] at {token.place}")
    cursor.expect("]", otherwise="Expected ]")
    return index
