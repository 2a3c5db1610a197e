"""The Condition of a policy statement: whether it holds for a request.

Operators and their rules are those of the IAM User Guide, "IAM JSON policy elements: Condition operators".
"""

import glob
import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

# Condition keys in lower case; a key that may have several values has a tuple.
Context = Mapping[str, str | tuple[str, ...]]
Comparison = Callable[[str, str], bool]

_VARIABLE = re.compile(r"\$\{([*?$]|[\w:/.-]+)(?:\s*,\s*'([^']*)')?\}")
_ARN_PARTS = 6
_EPOCH = re.compile(r"\d{9,}")


def holds(condition: Mapping[str, Mapping[str, Any]], context: Context) -> bool:
    """Whether every operator holds for every key; the values of one key are alternatives."""
    return all(
        _operator_holds(operator, key.lower(), values if isinstance(values, list) else [values], context)
        for operator, keys in condition.items()
        for key, values in keys.items()
    )


def matches(pattern: str, text: str, context: Context) -> bool:
    """`*` and `?` as policies have them, and policy variables, whose values are no patterns."""
    return fnmatchcase(text, _as_pattern(pattern, context))


def _as_pattern(text: str, context: Context) -> str:
    """In the form of fnmatch, where a bracket means something, too."""
    return _fill(text.replace("[", "[[]"), context, glob.escape)


def _fill(text: str, context: Context, form: Callable[[str], str]) -> str:
    """Put values in the place of policy variables; one without a value matches nothing."""

    def value_of(found: re.Match[str]) -> str:
        value = found[1] if found[1] in "*?$" else context.get(found[1].lower(), found[2])
        return form(value) if isinstance(value, str) else "\0"

    return _VARIABLE.sub(value_of, text) if "${" in text else text


def _operator_holds(operator: str, key: str, values: Sequence[Any], context: Context) -> bool:
    quantifier, _, name = operator.rpartition(":")
    name, if_exists = name.removesuffix("IfExists"), name.endswith("IfExists")
    actual = _listed(context.get(key))
    wanted = [str(value).lower() if isinstance(value, bool) else str(value) for value in values]
    if name == "Null":
        return (not actual) == (wanted == ["true"])
    negated, name = "Not" in name, name.replace("Not", "")
    compare = _PATTERNS.get(name) or _LITERALS.get(name)
    if compare is None:
        return False  # an operator we cannot evaluate makes its statement inapplicable
    if not actual:
        return if_exists or quantifier == "ForAllValues" or (negated and not quantifier)
    filled = [_as_pattern(value, context) if name in _PATTERNS else _fill(value, context, str) for value in wanted]
    found = [any(_compares(compare, value, each) for each in filled) is not negated for value in actual]
    return any(found) if quantifier == "ForAnyValue" else all(found)


def _listed(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value or ()


def _compares(compare: Comparison, actual: str, wanted: str) -> bool:
    """What is no number, date or address is equal to none, and neither before nor after one."""
    try:
        return compare(actual, wanted)
    except ValueError:
        return False


def _arn_matches(actual: str, pattern: str) -> bool:
    """Part by part: a `*` does not reach over a colon, but in the last."""
    parts, patterns = actual.split(":", _ARN_PARTS - 1), pattern.split(":", _ARN_PARTS - 1)
    return len(parts) == len(patterns) == _ARN_PARTS and all(map(fnmatchcase, parts, patterns))


def _number(test: Callable[[float, float], bool]) -> Comparison:
    return lambda actual, wanted: test(float(actual), float(wanted))


def _moment(test: Callable[[datetime, datetime], bool]) -> Comparison:
    return lambda actual, wanted: test(_date(actual), _date(wanted))


def _date(text: str) -> datetime:
    if _EPOCH.fullmatch(text):
        return datetime.fromtimestamp(int(text), UTC)
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _in_network(actual: str, wanted: str) -> bool:
    return ipaddress.ip_address(actual) in ipaddress.ip_network(wanted, strict=False)


_PATTERNS: dict[str, Comparison] = {"StringLike": fnmatchcase, "ArnEquals": _arn_matches, "ArnLike": _arn_matches}
_LITERALS: dict[str, Comparison] = {
    "Bool": lambda actual, wanted: actual.lower() == wanted.lower(),
    "StringEquals": lambda actual, wanted: actual == wanted,
    "StringEqualsIgnoreCase": lambda actual, wanted: actual.lower() == wanted.lower(),
    "IpAddress": _in_network,
    "NumericEquals": _number(lambda actual, wanted: actual == wanted),
    "NumericLessThan": _number(lambda actual, wanted: actual < wanted),
    "NumericLessThanEquals": _number(lambda actual, wanted: actual <= wanted),
    "NumericGreaterThan": _number(lambda actual, wanted: actual > wanted),
    "NumericGreaterThanEquals": _number(lambda actual, wanted: actual >= wanted),
    "DateEquals": _moment(lambda actual, wanted: actual == wanted),
    "DateLessThan": _moment(lambda actual, wanted: actual < wanted),
    "DateLessThanEquals": _moment(lambda actual, wanted: actual <= wanted),
    "DateGreaterThan": _moment(lambda actual, wanted: actual > wanted),
    "DateGreaterThanEquals": _moment(lambda actual, wanted: actual >= wanted),
}
