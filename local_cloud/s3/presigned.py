"""Presigned S3 links: what S3 checks before it serves one. moto checks nothing.

The signature stands in the query; content-length, content-type and x-amz-meta-… can be among what it covers.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from local_cloud.s3.refusal import S3Error
from local_cloud.signatures import MISMATCH, SignedRequest, Signing, is_signed_by

_PRESENT = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
)
_WEEK_SECONDS = 604_800
_SCOPE_PARTS = 4


def is_presigned(query: str) -> bool:
    return "X-Amz-Signature=" in query or "&Signature=" in f"&{query}"


def check_presigned(request: SignedRequest, secrets: Mapping[str, str], now: datetime) -> None:
    """Return when S3 would serve this link; raise S3Error as S3 would refuse it."""
    parameters = dict(parse_qsl(request.query, keep_blank_values=True))
    if "X-Amz-Algorithm" not in parameters:
        text = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
        raise S3Error(400, "InvalidRequest", text)
    if any(name not in parameters for name in _PRESENT):
        raise S3Error(400, "AuthorizationQueryParametersError", _incomplete())
    signing = Signing(
        credential=parameters["X-Amz-Credential"],
        signed_headers=parameters["X-Amz-SignedHeaders"],
        date=parameters["X-Amz-Date"],
        signature=parameters["X-Amz-Signature"],
    )
    _check_expiry(signing, parameters["X-Amz-Expires"], now)
    secret = secrets.get(signing.credential.split("/")[0])
    if secret is None:
        text = "The AWS Access Key Id you provided does not exist in our records."
        raise S3Error(403, "InvalidAccessKeyId", text)
    _check_headers_are_signed(request, signing)
    if len(signing.scope) < _SCOPE_PARTS or not is_signed_by(request, signing, secret, "UNSIGNED-PAYLOAD"):
        raise S3Error(403, "SignatureDoesNotMatch", MISMATCH)


def _incomplete() -> str:
    names = ", ".join(_PRESENT)
    return f"Query-string authentication version 4 requires the {names} parameters."


def _check_expiry(signing: Signing, expires: str, now: datetime) -> None:
    try:
        signed, seconds = signing.moment, int(expires)
    except ValueError as exc:
        text = "X-Amz-Date must be in the ISO8601 Long Format and X-Amz-Expires a number"
        raise S3Error(400, "AuthorizationQueryParametersError", text) from exc
    if not 0 <= seconds <= _WEEK_SECONDS:
        text = "X-Amz-Expires must be less than a week (in seconds) and not negative"
        raise S3Error(400, "AuthorizationQueryParametersError", text)
    if now > signed + timedelta(seconds=seconds):
        raise S3Error(403, "AccessDenied", "Request has expired")


def _check_headers_are_signed(request: SignedRequest, signing: Signing) -> None:
    """S3 wants every x-amz-* header of the request to be signed: metadata cannot be added to a link."""
    signed = signing.signed_headers.split(";")
    unsigned = sorted(name for name in request.headers if name.startswith("x-amz-") and name not in signed)
    if unsigned:
        text = f"There were headers present in the request which were not signed: {', '.join(unsigned)}"
        raise S3Error(403, "AccessDenied", text)
