"""What every answer tells browsers; `x-security-headers` of the contract is the same for API Gateway's refusals."""

from collections.abc import Mapping
from typing import Any

SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def secure(answer: Mapping[str, Any]) -> dict[str, Any]:
    """A proxy answer with these headers; API Gateway takes those of `multiValueHeaders` as well."""
    return {**answer, "headers": {**(answer.get("headers") or {}), **SECURITY_HEADERS}}
