"""Presigned S3 links: what S3 checks before it serves one. moto checks nothing.

Signature Version 4 in the query string. The signature is computed from the request as it arrived, so a
changed path, query, signed header (content-length, content-type, x-amz-meta-…) or method breaks it.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, unquote

_ALGORITHM = "AWS4-HMAC-SHA256"
_PRESENT = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
)
_WEEK_SECONDS = 604_800


class PresignedLinkError(Exception):
    """S3's refusal: status, code and message of its XML body."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


@dataclass(frozen=True)
class SignedRequest:
    """A request as it arrived: path and query still percent-encoded, header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]


def is_presigned(query: str) -> bool:
    return "X-Amz-Signature=" in query or "&Signature=" in f"&{query}"


def check_presigned(request: SignedRequest, secrets: Mapping[str, str], now: datetime) -> None:
    """Return when S3 would serve this link; raise PresignedLinkError as S3 would refuse it."""
    parameters = dict(parse_qsl(request.query, keep_blank_values=True))
    if "X-Amz-Algorithm" not in parameters:
        text = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
        raise PresignedLinkError(400, "InvalidRequest", text)
    if any(name not in parameters for name in _PRESENT):
        raise PresignedLinkError(400, "AuthorizationQueryParametersError", _incomplete())
    _check_expiry(parameters, now)
    secret = secrets.get(parameters["X-Amz-Credential"].split("/")[0])
    if secret is None:
        text = "The AWS Access Key Id you provided does not exist in our records."
        raise PresignedLinkError(403, "InvalidAccessKeyId", text)
    _check_headers_are_signed(request, parameters)
    if not hmac.compare_digest(signature_of(request, parameters, secret), parameters["X-Amz-Signature"]):
        text = (
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method."
        )
        raise PresignedLinkError(403, "SignatureDoesNotMatch", text)


def _incomplete() -> str:
    names = ", ".join(_PRESENT)
    return f"Query-string authentication version 4 requires the {names} parameters."


def _check_expiry(parameters: Mapping[str, str], now: datetime) -> None:
    try:
        signed = datetime.strptime(parameters["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        seconds = int(parameters["X-Amz-Expires"])
    except ValueError as exc:
        text = "X-Amz-Date must be in the ISO8601 Long Format and X-Amz-Expires a number"
        raise PresignedLinkError(400, "AuthorizationQueryParametersError", text) from exc
    if not 0 <= seconds <= _WEEK_SECONDS:
        text = "X-Amz-Expires must be less than a week (in seconds) and not negative"
        raise PresignedLinkError(400, "AuthorizationQueryParametersError", text)
    if now > signed + timedelta(seconds=seconds):
        raise PresignedLinkError(403, "AccessDenied", "Request has expired")


def _check_headers_are_signed(request: SignedRequest, parameters: Mapping[str, str]) -> None:
    """S3 wants every x-amz-* header of the request to be signed: metadata cannot be added to a link."""
    signed = parameters["X-Amz-SignedHeaders"].split(";")
    unsigned = sorted(name for name in request.headers if name.startswith("x-amz-") and name not in signed)
    if unsigned:
        text = f"There were headers present in the request which were not signed: {', '.join(unsigned)}"
        raise PresignedLinkError(403, "AccessDenied", text)


def signature_of(request: SignedRequest, parameters: Mapping[str, str], secret: str) -> str:
    """The signature this request must carry (SigV4, UNSIGNED-PAYLOAD)."""
    _, day, region, service, terminator = parameters["X-Amz-Credential"].split("/")[-5:]
    signed_headers = parameters["X-Amz-SignedHeaders"]
    canonical = "\n".join(
        [
            request.method,
            quote(unquote(request.path), safe="/~"),
            _canonical_query(request.query),
            *(f"{name}:{' '.join(request.headers.get(name, '').split())}" for name in signed_headers.split(";")),
            "",
            signed_headers,
            "UNSIGNED-PAYLOAD",
        ]
    )
    scope = f"{day}/{region}/{service}/{terminator}"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = "\n".join([_ALGORITHM, parameters["X-Amz-Date"], scope, digest])
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, terminator):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()


def _canonical_query(query: str) -> str:
    pairs = (part.partition("=") for part in query.split("&") if part)
    decoded = ((unquote(name), unquote(value)) for name, _, value in pairs)
    encoded = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in decoded)
    return "&".join(f"{name}={value}" for name, value in encoded if name != "X-Amz-Signature")
