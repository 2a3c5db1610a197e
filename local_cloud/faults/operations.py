"""What a request calls: the operation's name, as the service's own description has it."""

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote

import botocore.session

REST_SERVICES = ("s3", "lambda", "apigateway")


@dataclass(frozen=True)
class _Route:
    """How a REST service knows one of its operations."""

    name: str
    method: str
    path: re.Pattern[str]
    query: frozenset[tuple[str, str]]  # an empty value: any
    headers: frozenset[str]

    def fits(self, method: str, path: str, query: dict[str, str], environ: dict[str, Any]) -> bool:
        return (
            self.method == method
            and self.path.fullmatch(path) is not None
            and all(name in query and value in ("", query[name]) for name, value in self.query)
            and all(header in environ for header in self.headers)
        )


def operation_of(environ: dict[str, Any], service: str, body: bytes) -> str:
    """The operation, by X-Amz-Target, by `Action`, or by method and path; empty when nobody knows."""
    if target := str(environ.get("HTTP_X_AMZ_TARGET", "")):
        return target.rpartition(".")[2]
    path, _, query = environ["REQUEST_URI"].partition("?")
    if service in REST_SERVICES:
        return _rest_operation(service, environ, unquote(path), query)
    form = parse_qs(query) | parse_qs(body.decode("latin-1"))
    return str(form.get("Action", [""])[0])


def _rest_operation(service: str, environ: dict[str, Any], path: str, query: str) -> str:
    """The route that asks for most: `PUT /bucket/key?uploadId=…` is no PutObject."""
    given = {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}
    fitting = [route for route in _routes(service) if route.fits(environ["REQUEST_METHOD"], path, given, environ)]
    found = max(fitting, key=lambda route: len(route.query) + len(route.headers), default=None)
    if found is None and service == "s3" and environ["REQUEST_METHOD"] == "POST":
        return "PostObject"  # of a browser's form: no operation of the SDKs
    return found.name if found else ""


@cache
def _routes(service: str) -> tuple[_Route, ...]:
    model = botocore.session.get_session().get_service_model(service)
    operations = (model.operation_model(name) for name in model.operation_names)
    return tuple(_route(operation) for operation in operations if not operation.deprecated)


def _route(operation: Any) -> _Route:
    path, _, literal = operation.http["requestUri"].partition("?")
    query = {(name, values[0]) for name, values in parse_qs(literal, keep_blank_values=True).items()}
    shape = operation.input_shape
    required = [shape.members[name].serialization for name in shape.required_members] if shape else []
    query |= {(at["name"], "") for at in required if at.get("location") == "querystring"}
    headers = {_wsgi(at["name"]) for at in required if at.get("location") == "header"}
    return _Route(operation.name, operation.http["method"], _pattern(path), frozenset(query), frozenset(headers))


def _pattern(path: str) -> re.Pattern[str]:
    """`/{Bucket}/{Key+}` as a regular expression: only the greedy one takes slashes."""
    parts = re.split(r"(\{[^}]+\})", path.rstrip("/") or "/")
    pieces = [(".+" if part.endswith("+}") else "[^/]+") if part.startswith("{") else re.escape(part) for part in parts]
    return re.compile("".join(pieces) + "/?", re.DOTALL)


def _wsgi(header: str) -> str:
    return "HTTP_" + header.upper().replace("-", "_")


def text_of(environ: dict[str, Any], body: bytes) -> str:
    """Where `mentions` looks: path and query as people write them, and the body, JSON's escapes undone."""
    try:
        body_text = json.dumps(json.loads(body), ensure_ascii=False) if body else ""
    except ValueError:
        body_text = body.decode("utf-8", "replace")
    return f"{unquote(environ['REQUEST_URI'])}\n{body_text}"
