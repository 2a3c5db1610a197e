"""Reads a plan, and tells everything that is wrong with it."""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

import yaml

from local_cloud.errors import StartupError
from local_cloud.faults.plan import CALL_FAULTS, EVENT_FAULTS, MOMENTS, CallRule, EventRule, Plan

_TOP = ("seed", "calls", "events", "invisible_seconds")
_MOST_SECONDS = 900.0  # SQS delays a message for at most 15 minutes
_CHOICES = {"when": MOMENTS}
_RANGES: dict[str, tuple[float | None, float | None]] = {
    "rate": (0.0, 1.0),
    "seconds": (0.0, _MOST_SECONDS),
    "count": (0, None),
    "after": (0, None),
}
_RANGES |= {"times": (1, 100), "invisible_seconds": (0.0, _MOST_SECONDS), "seed": (None, None)}


class PlanError(StartupError):
    """The plan does not say what its form has words for; all mistakes in one line."""


def read_plan_file(path: Path) -> Plan:
    """The plan in a file. Raises PlanError."""
    try:
        return read_plan(path.read_bytes())
    except OSError as exc:
        raise PlanError(f"cannot read {path.name}: {exc.strerror}") from exc
    except PlanError as exc:
        raise PlanError(f"{path.name}: {exc}") from exc


def read_plan(text: bytes) -> Plan:
    """The plan of a YAML document, and so of a JSON one. Raises PlanError."""
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError) as exc:
        raise PlanError(f"this is no YAML: {' '.join(str(exc).split())}") from exc
    mistakes = list(_mistakes(document))
    if mistakes:
        raise PlanError("; ".join(mistakes))
    return Plan(
        calls=tuple(CallRule(**rule) for rule in document.get("calls") or ()),
        events=tuple(EventRule(**rule) for rule in document.get("events") or ()),
        invisible_seconds=document.get("invisible_seconds", 0.0),
        seed=document.get("seed", 0),
    )


def _mistakes(document: Any) -> Iterator[str]:
    if not isinstance(document, dict):
        yield f"a plan is a mapping with {', '.join(_TOP)}"
        return
    yield from (f"{name!r} is none of {', '.join(_TOP)}" for name in document if name not in _TOP)
    for name in ("seed", "invisible_seconds"):
        if name in document:
            yield from _number_mistakes(name, document[name], whole=name == "seed")
    for name, kind, faults in (("calls", CallRule, CALL_FAULTS), ("events", EventRule, EVENT_FAULTS)):
        rules = document.get(name) or []
        if not isinstance(rules, list):
            yield f"{name} is a list of rules"
            continue
        for number, rule in enumerate(rules):
            yield from (f"{name}[{number}]: {mistake}" for mistake in _rule_mistakes(rule, kind, faults))


def _rule_mistakes(rule: Any, kind: type[CallRule] | type[EventRule], faults: tuple[str, ...]) -> Iterator[str]:
    if not isinstance(rule, Mapping):
        yield "a rule is a mapping"
        return
    known = {field.name: field for field in fields(kind)}
    yield from (f"{name!r} is none of {', '.join(known)}" for name in rule if name not in known)
    if rule.get("fault") not in faults:
        yield f"fault is one of {', '.join(faults)}"
    for name, value in rule.items():
        if name in known and name != "fault":
            yield from _value_mistakes(known[name], value)


def _value_mistakes(field: Field[Any], value: Any) -> Iterator[str]:
    if field.name in _CHOICES:
        if value not in _CHOICES[field.name]:
            yield f"{field.name} is one of {', '.join(_CHOICES[field.name])}"
    elif field.name in _RANGES:
        yield from _number_mistakes(field.name, value, whole=not isinstance(field.default, float))
    elif not isinstance(value, str):
        assert field.default is not MISSING
        yield f"{field.name} is text"


def _number_mistakes(name: str, value: Any, *, whole: bool) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        yield f"{name} is a {'whole ' if whole else ''}number"
        return
    least, most = _RANGES[name]
    if (least is not None and value < least) or (most is not None and value > most):
        yield f"{name} is from {least:g} to {most:g}" if most is not None else f"{name} is {least:g} or more"
