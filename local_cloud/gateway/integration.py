"""The Lambda proxy integration, format 1.0."""

import base64
import binascii
import json
import time
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import parse_qsl

from local_cloud.gateway.definition import ApiDefinition
from local_cloud.gateway.exchange import Answer, Exchange
from local_cloud.gateway.refusals import (
    ConfigurationError,
    FunctionThrottledError,
    IntegrationFailureError,
    IntegrationTimeoutError,
    RequestTooLargeError,
)
from local_cloud.lambda_runtime.model import (
    FunctionNotFoundError,
    PayloadTooLargeError,
    Result,
    StillRunningError,
    TooManyRequestsError,
)

# API Gateway's hard limit for an integration.
TIMEOUT_SECONDS = 29.0
_MANAGED = {"content-length", "connection", "transfer-encoding", "date", "server", "keep-alive", "x-amzn-requestid"}


class Invoker(Protocol):
    def invoke(
        self, function: str, payload: bytes, *, wait_seconds: float = ..., answer_seconds: float | None = ...
    ) -> Result: ...


def proxy_event(exchange: Exchange, definition: ApiDefinition, account_id: str) -> dict[str, Any]:
    """The event a Lambda proxy integration sends; with `*/*` as binary type every body is base64."""
    body = exchange.body()
    headers = {**exchange.headers, **_forwarded(exchange)}
    query = parse_qsl(exchange.query, keep_blank_values=True)
    return {
        "resource": exchange.resource,
        "path": exchange.told_path,
        "httpMethod": exchange.method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": _grouped(query) or None,
        "pathParameters": dict(exchange.path_parameters) or None,
        "stageVariables": None,
        "requestContext": _request_context(exchange, definition, account_id),
        "body": base64.b64encode(body).decode() if body else None,
        "isBase64Encoded": bool(body),
    }


def encode_event(event: dict[str, Any]) -> bytes:
    """The event as JSON. Base64 needs no escaping, and looking for what does would cost more than all the rest."""
    body = event["body"]
    if not body:
        return json.dumps(event, separators=(",", ":")).encode()
    others = {name: value for name, value in event.items() if name != "body"}
    text = json.dumps(others, separators=(",", ":"))
    return f'{text[:-1]},"body":"{body}"}}'.encode("ascii")


def _forwarded(exchange: Exchange) -> dict[str, str]:
    """How the client came here. Like API Gateway, it takes the client's word for X-Forwarded-For's beginning only."""
    addresses = filter(None, (exchange.header("x-forwarded-for"), exchange.source_ip))
    return {
        "x-forwarded-for": ", ".join(addresses),
        "x-forwarded-port": str(exchange.environ["SERVER_PORT"]),
        "x-forwarded-proto": str(exchange.environ["wsgi.url_scheme"]),
    }


def _grouped(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return grouped


def _request_context(exchange: Exchange, definition: ApiDefinition, account_id: str) -> dict[str, Any]:
    return {
        "accountId": account_id,
        "apiId": definition.api_id,
        "stage": definition.stage,
        "httpMethod": exchange.method,
        "resourcePath": exchange.resource,
        "path": exchange.path,
        "protocol": exchange.environ["SERVER_PROTOCOL"],
        "requestId": exchange.request_id,
        "extendedRequestId": exchange.request_id,
        "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(exchange.received)),
        "requestTimeEpoch": int(exchange.received * 1000),
        "domainName": exchange.header("host"),  # with its port, if any, so that addresses in answers lead back
        "identity": {"sourceIp": exchange.source_ip, "userAgent": exchange.header("user-agent") or None},
    }


def call_function(exchange: Exchange, definition: ApiDefinition, invoker: Invoker, account_id: str) -> Answer:
    """Invoke the route's function and translate what it answers."""
    assert exchange.route is not None and exchange.route.function is not None
    event = encode_event(proxy_event(exchange, definition, account_id))
    try:
        result = invoker.invoke(
            exchange.route.function, event, wait_seconds=TIMEOUT_SECONDS, answer_seconds=TIMEOUT_SECONDS
        )
    except PayloadTooLargeError as exc:
        raise RequestTooLargeError from exc
    except StillRunningError as exc:
        raise IntegrationTimeoutError from exc
    except TooManyRequestsError as exc:
        raise FunctionThrottledError from exc
    except FunctionNotFoundError as exc:
        raise ConfigurationError from exc
    if result.failed:
        raise IntegrationFailureError
    return translate(result.payload)


def translate(payload: bytes) -> Answer:
    """A proxy answer must be an object with a numeric statusCode and a text body; else it is malformed (502)."""
    try:
        answer = json.loads(payload)
        status = int(answer["statusCode"])
        body = answer.get("body") or ""
        content = base64.b64decode(body, validate=True) if answer.get("isBase64Encoded") else body.encode()
        headers = _answer_headers(answer)
    except (ValueError, TypeError, KeyError, AttributeError, binascii.Error) as exc:
        raise IntegrationFailureError from exc
    return Answer(status, headers, content)


def _answer_headers(answer: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Both header maps; of a name in both, multiValueHeaders wins."""
    multiple = {
        name: [str(value) for value in values] for name, values in (answer.get("multiValueHeaders") or {}).items()
    }
    taken = {name.lower() for name in multiple}
    single = {name: [str(value)] for name, value in (answer.get("headers") or {}).items() if name.lower() not in taken}
    pairs = [(name, value) for name, values in {**multiple, **single}.items() for value in values]
    if "content-type" not in {name.lower() for name, _ in pairs}:
        pairs.append(("Content-Type", "application/json"))
    return [(name, _header_text(value)) for name, value in pairs if name.lower() not in _MANAGED]


def _header_text(value: str) -> str:
    """UTF-8 bytes as WSGI wants them, and no line breaks: a header value must not make headers."""
    return value.replace("\r", " ").replace("\n", " ").encode().decode("latin-1")
