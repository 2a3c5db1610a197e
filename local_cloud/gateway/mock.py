"""MOCK integrations: no backend; templates tell status and body.

The request template is the one of the body's Content-Type; a request without one counts as application/json. Where none
fits, `passthroughBehavior` decides: the body itself becomes the mock's input, or the request is refused with 415. The
input is JSON with a statusCode. Bodies of binary media types meet no template, and templates no Accept of such types:
`contentHandling` CONVERT_TO_TEXT, of the integration and of its response, says that text is meant.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from local_cloud.gateway.definition import ApiDefinition
from local_cloud.gateway.exchange import Answer, Exchange
from local_cloud.gateway.refusals import ConfigurationError, UnsupportedMediaTypeError, fill

_DEFAULT_TYPE = "application/json"


def answer_mock(exchange: Exchange, definition: ApiDefinition) -> Answer:
    """The answer that matches the status. Raises UnsupportedMediaTypeError, ConfigurationError."""
    assert exchange.route is not None and exchange.route.mock is not None
    mock = exchange.route.mock
    status = _status(_input(exchange, mock, definition))
    responses = mock.get("responses", {})
    response = responses.get(str(status)) or responses.get("default")
    if response is None:
        raise ConfigurationError
    return _render(exchange, response, definition)


def _input(exchange: Exchange, mock: Mapping[str, Any], definition: ApiDefinition) -> str:
    templates, media_type = mock.get("requestTemplates", {}), _media_type(exchange.header("content-type"))
    if media_type in templates:
        _require_text(exchange, mock, definition.is_binary(media_type))
        return str(templates[media_type])
    passthrough = str(mock.get("passthroughBehavior", "when_no_match")).lower()
    if passthrough == "never" or (passthrough == "when_no_templates" and templates):
        raise UnsupportedMediaTypeError
    return exchange.body().decode(errors="replace")


def _require_text(exchange: Exchange, mock: Mapping[str, Any], is_binary: bool) -> None:
    if is_binary and not _converts_to_text(mock) and exchange.body():
        raise ConfigurationError


def _status(text: str) -> int:
    try:
        return int(json.loads(text)["statusCode"])
    except (ValueError, TypeError, KeyError):
        raise ConfigurationError from None


def _render(exchange: Exchange, response: Mapping[str, Any], definition: ApiDefinition) -> Answer:
    headers = [("Content-Type", _DEFAULT_TYPE)]
    for name, value in response.get("responseParameters", {}).items():
        headers.append((name.removeprefix("method.response.header."), str(value).strip("'")))
    context = {"requestId": exchange.request_id, "httpMethod": exchange.method}
    body = fill(response.get("responseTemplates", {}).get(_DEFAULT_TYPE, ""), context).encode()
    accepted = _media_type(exchange.header("accept").partition(",")[0])
    if definition.is_binary(accepted) and not _converts_to_text(response):
        body = _from_base64(body)
    return Answer(int(response["statusCode"]), headers, body)


def _from_base64(text: bytes) -> bytes:
    """Text that goes to whom accepts a binary type is taken for base64."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ConfigurationError from None


def _converts_to_text(integration: Mapping[str, Any]) -> bool:
    return integration.get("contentHandling") == "CONVERT_TO_TEXT"


def _media_type(header: str) -> str:
    return header.partition(";")[0].strip().lower() or _DEFAULT_TYPE
