"""Holds answers against botocore's own model of the service: types, members, patterns, limits and enumerations."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.validate import ParamValidator


def hold_against_model(http_response: Any, parsed: dict[str, Any], model: Any, **_: Any) -> None:
    """For a client's event `after-call`."""
    assert parsed["ResponseMetadata"]["RequestId"] == http_response.headers["x-amzn-RequestId"]
    if http_response.status_code == http.client.OK:
        problems = list(find_differences(json.loads(http_response.text), model.output_shape, model.name))
        assert problems == []
        known = {key: value for key, value in parsed.items() if key != "ResponseMetadata"}
        assert ParamValidator().validate(known, model.output_shape).generate_report() == ""


def find_differences(value: Any, shape: Shape, path: str) -> Iterator[str]:
    """Members that the shape does not have, and texts and numbers outside of its patterns and limits."""
    if isinstance(shape, StructureShape):
        yield from (f"{path}.{name} is not in the model" for name in value.keys() - shape.members.keys())
        parts = [(value[name], shape.members[name], f"{path}.{name}") for name in value.keys() & shape.members.keys()]
    elif isinstance(shape, ListShape):
        parts = [(item, shape.member, f"{path}[]") for item in value]
    elif isinstance(shape, MapShape):
        parts = [(item, shape.value, f"{path}{{}}") for item in value.values()]
    else:
        parts = []
        yield from find_limits_passed(value, shape.metadata, path)
    for item, member, name in parts:
        yield from find_differences(item, member, name)


def find_limits_passed(value: Any, limits: dict[str, Any], path: str) -> Iterator[str]:
    if isinstance(value, str):
        if not re.fullmatch(limits.get("pattern", "(?s).*").replace(r"\p{L}\p{Z}\p{N}", r"\w\s"), value):
            yield f"{path} does not match {limits['pattern']}: {value}"
        if value not in limits.get("enum", [value]):
            yield f"{path} is none of {limits['enum']}: {value}"
    elif not limits.get("min", value) <= value <= limits.get("max", value):
        yield f"{path} is out of range: {value}"
