"""API Gateway's own refusals: a class per gateway response type, rendered from the deployed definition.

GatewayError
├── UnmappedError                     a custom domain without such a base path
│   └── UnknownStageError             a path that begins with no stage
├── MissingAuthenticationTokenError   no such route
├── InvalidApiKeyError
├── RequestTooLargeError
├── UnsupportedMediaTypeError         a MOCK integration has no template for the body
├── UnreadableError                   not HTTP, or a head that is too large
├── ThrottledError
├── QuotaExceededError
├── IntegrationFailureError           the function failed, or answered nonsense (502)
├── FunctionThrottledError            no function ran
├── IntegrationTimeoutError           no answer in 29 s
└── ConfigurationError                the integration cannot be called
"""

import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar

_VARIABLE = re.compile(r"\$context\.([A-Za-z.]+)")


class GatewayError(Exception):
    """`kind` is the gateway response type; `status` and `message` are what AWS answers without a template.

    `error_type` is what AWS says in x-amzn-ErrorType: of its own errors always the same.
    """

    kind: ClassVar[str]
    status: ClassVar[int]
    message: ClassVar[str] = "Internal server error"
    error_type: ClassVar[str] = "InternalServerErrorException"
    body: ClassVar[str] = '{"message":$context.error.messageString}'


class UnmappedError(GatewayError):
    """Refused before there is an API whose templates could be used."""

    kind, status, message = "UNMAPPED", 403, "Forbidden"
    error_type = "ForbiddenException"


class UnknownStageError(UnmappedError):
    """AWS says `message` alone; who forgot the stage on one machine is told."""

    body = (
        '{"message":$context.error.messageString,"description":"The path begins with no stage of this API: '
        'write /$context.stage before it. (AWS says Forbidden here, and no more.)"}'
    )


class MissingAuthenticationTokenError(GatewayError):
    kind, status, message = "MISSING_AUTHENTICATION_TOKEN", 403, "Missing Authentication Token"
    error_type = "MissingAuthenticationTokenException"


class InvalidApiKeyError(GatewayError):
    kind, status, message = "INVALID_API_KEY", 403, "Forbidden"
    error_type = "ForbiddenException"


class RequestTooLargeError(GatewayError):
    kind, status, message = "REQUEST_TOO_LARGE", 413, "Request Too Long"
    error_type = "RequestTooLongException"


class UnsupportedMediaTypeError(GatewayError):
    kind, status, message = "UNSUPPORTED_MEDIA_TYPE", 415, "Unsupported Media Type"
    error_type = "BadRequestException"


class UnreadableError(GatewayError):
    """Rendered by DEFAULT_4XX."""

    kind, status, message = "BAD_REQUEST", 400, "Bad Request"
    error_type = "BadRequestException"


class ThrottledError(GatewayError):
    kind, status, message = "THROTTLED", 429, "Too Many Requests"
    error_type = "TooManyRequestsException"


class QuotaExceededError(GatewayError):
    kind, status, message = "QUOTA_EXCEEDED", 429, "Limit Exceeded"
    error_type = "LimitExceededException"


class IntegrationFailureError(GatewayError):
    kind, status = "INTEGRATION_FAILURE", 502


class FunctionThrottledError(GatewayError):
    """AWS logs Lambda's 429 as "configuration error: Rate Exceeded", and answers 500 without a template."""

    kind, status = "API_CONFIGURATION_ERROR", 500


class IntegrationTimeoutError(GatewayError):
    kind, status, message = "INTEGRATION_TIMEOUT", 504, "Endpoint request timed out"


class ConfigurationError(GatewayError):
    kind, status = "API_CONFIGURATION_ERROR", 500


def render_refusal(
    refusal: GatewayError, templates: Mapping[str, Any], context: Mapping[str, str]
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a refusal; a type without a template of its own takes DEFAULT_4XX or DEFAULT_5XX."""
    default = "DEFAULT_4XX" if refusal.status < 500 else "DEFAULT_5XX"
    template = templates.get(refusal.kind) or templates.get(default) or {}
    status = int(template.get("statusCode", refusal.status))
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": refusal.error_type}
    for name, value in template.get("responseParameters", {}).items():
        headers[name.removeprefix("gatewayresponse.header.")] = fill(str(value).strip("'"), context)
    body = template.get("responseTemplates", {}).get("application/json", refusal.body)
    values = {**context, "error.message": refusal.message, "error.messageString": json.dumps(refusal.message)}
    return status, headers, fill(body, values).encode()


def fill(template: str, values: Mapping[str, str]) -> str:
    """Substitute `$context.…`; of Velocity, gateway responses understand this much."""
    return _VARIABLE.sub(lambda found: values.get(found[1], ""), template)
