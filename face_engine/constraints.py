"""What AWS's services say of members that break a rule of their model, in AWS's words, all of them in one message."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

UNICODE_CLASSES = {r"\p{L}": r"\w", r"\p{N}": r"\w", r"\p{Z}": " \u00a0\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"}
"""Classes of the model's patterns that Python's `re` lacks, by what they mean inside brackets."""

SHOWN_CHARACTERS = 1024
"""Of a wrong value; AWS repeats it whole."""


def describe_violations(values: Mapping[str, Any], shape: StructureShape) -> str | None:
    """One message about all members that break the model's rules, None when all keep them; blobs are bytes."""
    violations = list(_find_in_structure(values, shape, ""))
    if not violations:
        return None
    return f"{len(violations)} validation error{'s'[: len(violations) > 1]} detected: {'; '.join(violations)}"


def too_long_blob(path: str, limit: int) -> str:
    """The same for a blob that was not even read; `limit` in bytes."""
    return f"1 validation error detected: {_violation(None, path, _longest(limit))}"


def _find_in_structure(values: Mapping[str, Any], shape: StructureShape, path: str) -> Iterator[str]:
    for name in shape.required_members:
        if name not in values:
            yield f"Value null at '{_join(path, name)}' failed to satisfy constraint: Member must not be null"
    for name, value in values.items():
        member = shape.members[name]
        if isinstance(member, StructureShape):
            yield from _find_in_structure(value, member, _join(path, name))
        else:
            for rule in _broken_rules(value, member):
                yield _violation(value, _join(path, name), rule)


def _broken_rules(value: Any, shape: Shape) -> Iterator[str]:
    """The rules that a value and its parts break; of parts AWS names all rules that they have."""
    yield from (rule for rule, is_kept in _rules(value, shape.metadata) if not is_kept)
    for prefix, parts, part in _parts(value, shape):
        rules = [list(_rules(item, part.metadata)) for item in parts]
        if not all(is_kept for found in rules for _, is_kept in found):
            yield f"{prefix} must satisfy constraint: [{', '.join(rule for rule, _ in rules[0])}]"


def _parts(value: Any, shape: Shape) -> Iterator[tuple[str, list[Any], Shape]]:
    if isinstance(shape, ListShape):
        yield "Member", list(value), shape.member
    elif isinstance(shape, MapShape):
        yield "Map keys", list(value), shape.key
        yield "Map value", list(value.values()), shape.value


def _rules(value: Any, limits: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """Each rule in AWS's words, and whether the value keeps it."""
    is_number = isinstance(value, (int, float))
    size = value if is_number else len(value)
    if "pattern" in limits:
        kept = _compile(limits["pattern"]).fullmatch(value) is not None
        yield f"Member must satisfy regular expression pattern: {limits['pattern']}", kept
    if "max" in limits:
        rule = f"Member must have value less than or equal to {limits['max']}" if is_number else _longest(limits["max"])
        yield rule, size <= limits["max"]
    if "min" in limits:
        what = "value" if is_number else "length"
        yield f"Member must have {what} greater than or equal to {limits['min']}", size >= limits["min"]
    if "enum" in limits:
        yield f"Member must satisfy enum value set: [{', '.join(limits['enum'])}]", value in limits["enum"]


def _longest(limit: int) -> str:
    return f"Member must have length less than or equal to {limit}"


def _violation(value: Any, path: str, rule: str) -> str:
    """AWS shows every value but those of blobs."""
    shown = "" if value is None or isinstance(value, bytes) else f" '{_show(value)}'"
    return f"Value{shown} at '{path}' failed to satisfy constraint: {rule}"


def _show(value: Any) -> str:
    if isinstance(value, list):
        text = f"[{', '.join(value)}]"
    elif isinstance(value, dict):
        text = f"{{{', '.join(f'{key}={item}' for key, item in value.items())}}}"
    else:
        text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


@lru_cache
def _compile(pattern: str) -> re.Pattern[str]:
    for name, meaning in UNICODE_CLASSES.items():
        pattern = pattern.replace(name, meaning)
    return re.compile(pattern)


def _join(path: str, name: str) -> str:
    """AWS writes members with a small first letter: `image.s3Object.bucket`."""
    name = name[0].lower() + name[1:]
    return f"{path}.{name}" if path else name
