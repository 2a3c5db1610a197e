"""The Condition of a policy statement: whether it holds for a request.

Operators and their rules are those of the IAM User Guide, "IAM JSON policy elements: Condition operators".
"""

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

Context = Mapping[str, str]  # condition keys in lower case


def holds(condition: Mapping[str, Mapping[str, Any]], context: Context) -> bool:
    """Whether every operator holds for every key; the values of one key are alternatives."""
    return all(
        _operator_holds(operator, key.lower(), values if isinstance(values, list) else [values], context)
        for operator, keys in condition.items()
        for key, values in keys.items()
    )


def matches(pattern: str, text: str) -> bool:
    """`*` and `?` as policies have them; a bracket is a bracket."""
    return fnmatchcase(text, pattern.replace("[", "[[]"))


def _operator_holds(operator: str, key: str, values: Sequence[Any], context: Context) -> bool:
    # A request here has one value for a key, for which "every" and "any" are the same.
    name = operator.removeprefix("ForAllValues:").removeprefix("ForAnyValue:")
    name, if_exists = name.removesuffix("IfExists"), name.endswith("IfExists")
    actual = context.get(key)
    wanted = [str(value).lower() if isinstance(value, bool) else str(value) for value in values]
    if name == "Null":
        return (actual is None) == (wanted == ["true"])
    negated = "Not" in name
    if actual is None:
        return if_exists or negated or operator.startswith("ForAllValues:")
    compare = _COMPARISONS.get(name.replace("Not", ""))
    if compare is None:
        return False  # an operator we cannot evaluate makes its statement inapplicable
    return any(compare(actual, value) for value in wanted) is not negated


def _number(test: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    return lambda actual, wanted: test(float(actual), float(wanted))


def _moment(test: Callable[[datetime, datetime], bool]) -> Callable[[str, str], bool]:
    return lambda actual, wanted: test(_date(actual), _date(wanted))


def _date(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _in_network(actual: str, wanted: str) -> bool:
    return ipaddress.ip_address(actual) in ipaddress.ip_network(wanted, strict=False)


_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "Bool": lambda actual, wanted: actual.lower() == wanted.lower(),
    "StringEquals": lambda actual, wanted: actual == wanted,
    "StringEqualsIgnoreCase": lambda actual, wanted: actual.lower() == wanted.lower(),
    "StringLike": lambda actual, wanted: matches(wanted, actual),
    "ArnEquals": lambda actual, wanted: matches(wanted, actual),
    "ArnLike": lambda actual, wanted: matches(wanted, actual),
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
