"""Literals: strings, numbers, true, false, null, lists, tuples and bags, as attribute values."""

from collections.abc import Container
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, InvalidOperation, Overflow

from local_cloud.partiql.cursor import Cursor
from local_cloud.partiql.errors import NotWellFormedError, PartiqlError
from local_cloud.partiql.nodes import Value
from local_cloud.partiql.tokens import Kind

_WORDS: dict[str, Value] = {"TRUE": {"BOOL": True}, "FALSE": {"BOOL": False}, "NULL": {"NULL": True}}
MAX_DIGITS, MAX_EXPONENT, MIN_EXPONENT = 38, 125, -130
MAX_NESTING = 32
_TOO_FAR = "Attempting to store a number with magnitude {} than supported range"
_EXACT = Context(prec=1000, Emax=MAX_EMAX, Emin=MIN_EMIN)


def starts_constant(cursor: Cursor) -> bool:
    """Whether a literal begins here."""
    literal = cursor.token.kind in (Kind.STRING, Kind.NUMBER)
    return literal or cursor.at(*_WORDS, "[", "{", "<<", "+", "-")


def constant(cursor: Cursor, *, under: str = "root", depth: int = 0) -> Value:
    """One literal; `under` is its path inside the outermost one. Raises PartiqlError if DynamoDB cannot store it."""
    if depth >= MAX_NESTING:
        raise PartiqlError(f"Nesting Levels have exceeded supported limits under {under}")
    if cursor.token.kind is Kind.STRING:
        return {"S": cursor.next().text}
    if cursor.token.kind is Kind.KEYWORD and cursor.token.text in _WORDS:
        return _WORDS[cursor.next().text]
    if cursor.token.kind is Kind.NUMBER or cursor.at("+", "-"):
        return {"N": _signed_number(cursor, under)}
    if cursor.accept("["):
        return {"L": _list(cursor, under, depth + 1)}
    if cursor.accept("{"):
        return {"M": _tuple(cursor, under, depth + 1)}
    if cursor.accept("<<"):
        return _bag(cursor, under)
    raise _not_constant(cursor, under)


def _not_constant(cursor: Cursor, under: str) -> PartiqlError:
    kind = {"?": "Parameter"}.get(cursor.token.text, "VariableReference")
    if cursor.at("?") or cursor.token.kind in (Kind.NAME, Kind.QUOTED):
        return PartiqlError(f"Unsupported data type: {kind} under key {under} at {cursor.token.place}")
    return cursor.refuse_term()


def _signed_number(cursor: Cursor, under: str) -> str:
    sign = ""
    while cursor.at("+", "-"):
        operator = cursor.next().text
        sign = sign if operator == "+" else "" if sign else "-"
        operand = cursor.token
        if operand.kind is not Kind.NUMBER and not cursor.at("+", "-"):
            raise PartiqlError(
                "Incorrect number of operands for operator or function; "
                f"operator or function: {operator}, number of operands: 1"
            )
    return number(sign + cursor.next().text, under=under)


def _list(cursor: Cursor, under: str, depth: int) -> list[Value]:
    values: list[Value] = []
    while not cursor.accept("]"):
        if values:
            cursor.expect(",", otherwise="Expected , or ]")
        values.append(constant(cursor, under=f"{under}[{len(values)}]", depth=depth))
    return values


def _tuple(cursor: Cursor, under: str, depth: int) -> dict[str, Value]:
    values: dict[str, Value] = {}
    while not cursor.accept("}"):
        if values:
            cursor.expect(",", otherwise="Expected , or }")
        key = tuple_key(cursor, values, under)
        values[key] = constant(cursor, under=f"{under}.{key}", depth=depth)
    return values


def tuple_key(cursor: Cursor, before: Container[str], under: str = "root") -> str:
    """`'name':` of a tuple; one that came before is refused."""
    if cursor.token.kind is not Kind.STRING:
        raise NotWellFormedError("Expected a string key in a tuple")
    key = cursor.next().text
    cursor.expect(":", otherwise="Expected : after a key of a tuple")
    if key in before:
        raise PartiqlError(f"Duplicate keys in tuple. Key: {key} under {under}")
    return key


def _bag(cursor: Cursor, under: str) -> Value:
    members: list[Value] = []
    while not cursor.accept(">>"):
        if members:
            cursor.expect(",", otherwise="Expected , or >>")
        members.append(constant(cursor, under=under))
    if not members:
        raise PartiqlError("Empty bags are not supported")
    kinds = {kind for member in members for kind in member}
    if kinds not in ({"S"}, {"N"}):
        raise PartiqlError("Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags")
    (kind,) = kinds
    return {f"{kind}S": distinct([member[kind] for member in members])}


def distinct(members: list[str]) -> list[str]:
    """The members of a set. Raises PartiqlError when one stands there twice."""
    if len(set(members)) < len(members):
        raise PartiqlError(
            f"One or more parameter values were invalid: Input collection [{', '.join(members)}] contains duplicates."
        )
    return members


def number(text: str, *, under: str = "") -> str:
    """A number as DynamoDB writes it: without exponent and needless zeros. Raises PartiqlError outside its range."""
    try:
        value = Decimal(text).normalize(_EXACT)
    except (InvalidOperation, Overflow) as exc:
        raise PartiqlError(f"The parameter cannot be converted to a numeric value: {text}") from exc
    where = f" under {under}" if under else ""
    if len(value.as_tuple().digits) > MAX_DIGITS:
        raise PartiqlError(f"Attempting to store more than {MAX_DIGITS} significant digits in a Number{where}")
    if value and value.adjusted() > MAX_EXPONENT:
        raise PartiqlError(f"Number overflow. {_TOO_FAR.format('larger')}{where}")
    if value and value.adjusted() < MIN_EXPONENT:
        raise PartiqlError(f"Number underflow. {_TOO_FAR.format('smaller')}{where}")
    return f"{value:f}" if value else "0"
