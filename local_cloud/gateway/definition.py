"""The deployed OpenAPI definition as a routing table."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
ANY = "x-amazon-apigateway-any-method"
_PARAMETER = re.compile(r"\{(\w+)(\+?)\}")
_FUNCTION = re.compile(r"/functions/(arn:[^/]+)/invocations")


@dataclass(frozen=True)
class Method:
    """One method of one resource: `function` is set for AWS_PROXY, `mock` for MOCK integrations."""

    resource: str
    name: str  # in capitals, or ANY
    needs_key: bool
    function: str | None
    mock: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Match:
    """The resource found for a path; values are percent-encoded as they were sent, as REST APIs pass them on."""

    resource: str
    parameters: Mapping[str, str]
    methods: Mapping[str, Method]


@dataclass(frozen=True)
class ApiDefinition:
    """Routes, refusal templates and binary types of one deployed stage."""

    api_id: str
    stage: str
    refusals: Mapping[str, Any]
    resources: tuple[tuple[re.Pattern[str], str, Mapping[str, Method]], ...] = field(repr=False)
    binary_types: tuple[str, ...] = ()

    def is_binary(self, media_type: str) -> bool:
        """Whether bodies of this type are bytes to the API, not text."""
        return any(fnmatchcase(media_type, pattern) for pattern in self.binary_types)

    def match(self, path: str) -> Match | None:
        """The most specific resource: fixed text before parameters, greedy parameters last. `/a/` is `/a`."""
        path = path.rstrip("/") or "/"
        for pattern, resource, methods in self.resources:
            if found := pattern.fullmatch(path):
                return Match(resource, found.groupdict(), methods)
        return None


def read_definition(document: Mapping[str, Any], *, api_id: str, stage: str) -> ApiDefinition:
    """Read an OpenAPI 3 document with API Gateway's extensions."""
    default = document.get("security", [])
    resources = [
        (_pattern(path), path, _methods(path, operations, default))
        for path, operations in sorted(document["paths"].items(), key=lambda item: _specificity(item[0]))
    ]
    refusals = document.get("x-amazon-apigateway-gateway-responses", {})
    return ApiDefinition(
        api_id=api_id,
        stage=stage,
        refusals=refusals,
        resources=tuple(resources),
        binary_types=tuple(document.get("x-amazon-apigateway-binary-media-types", ())),
    )


def _methods(path: str, operations: Mapping[str, Any], default_security: list[Any]) -> dict[str, Method]:
    methods = {}
    for name, operation in operations.items():
        if name not in METHODS and name != ANY:
            continue
        integration = operation.get("x-amazon-apigateway-integration", {})
        function = _FUNCTION.search(integration.get("uri", ""))
        is_mock = integration.get("type", "").upper() == "MOCK"
        called = "ANY" if name == ANY else name.upper()
        methods[called] = Method(
            resource=path,
            name=called,
            needs_key=bool(operation.get("security", default_security)),
            function=function[1] if function else None,
            mock=integration if is_mock else None,
        )
    return methods


def _pattern(path: str) -> re.Pattern[str]:
    parts = []
    position = 0
    for found in _PARAMETER.finditer(path):
        parts.append(re.escape(path[position : found.start()]))
        parts.append(f"(?P<{found[1]}>{'.+' if found[2] else '[^/]+'})")
        position = found.end()
    return re.compile("".join([*parts, re.escape(path[position:])]), re.DOTALL)


def _specificity(path: str) -> tuple[tuple[int, str], ...]:
    """Sorts fixed segments before parameters before greedy parameters, segment by segment."""
    return tuple((0 if "{" not in part else 2 if "+}" in part else 1, part) for part in path.split("/"))
