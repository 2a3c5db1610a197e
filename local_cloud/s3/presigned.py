"""Presigned S3 links: what S3 checks before it serves one. moto checks nothing.

The signature stands in the query; content-length, content-type and x-amz-meta-… can be among what it covers. A key that
this cloud has not issued is taken as it comes, like all credentials here: nobody knows its secret, but a link's form,
time and headers are checked all the same.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

from local_cloud.s3.refusal import S3Error
from local_cloud.s3.signatures_v2 import require_version_2, signature_v2
from local_cloud.signatures import ALGORITHM, MISMATCH, SignedRequest, Signing, is_same_secret, is_signed_by

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
_CREDENTIAL_PARTS = 5


def is_presigned(query: str) -> bool:
    return "X-Amz-Signature=" in query or is_presigned_v2(query)


def is_presigned_v2(query: str) -> bool:
    return "&Signature=" in f"&{query}"


def check_presigned(request: SignedRequest, secrets: Mapping[str, str], now: datetime, region: str) -> bool:
    """Whether the signature is known to be right: it is not of a key that `secrets` lack.

    Raises S3Error as S3 would refuse it; `region` is where the bucket is.
    """
    parameters = dict(parse_qsl(request.query, keep_blank_values=True))
    if "X-Amz-Algorithm" not in parameters:
        return _check_version_2(request, parameters, secrets, now, region)
    if any(name not in parameters for name in _PRESENT) or parameters["X-Amz-Algorithm"] != ALGORITHM:
        raise S3Error(400, "AuthorizationQueryParametersError", _incomplete())
    signing = Signing(
        credential=parameters["X-Amz-Credential"],
        signed_headers=parameters["X-Amz-SignedHeaders"],
        date=parameters["X-Amz-Date"],
        signature=parameters["X-Amz-Signature"],
    )
    _check_expiry(signing, parameters["X-Amz-Expires"], now)
    _check_headers_are_signed(request, signing)
    secret = secrets.get(signing.credential.split("/")[0])
    if secret is None:
        return False
    if len(signing.scope) < _SCOPE_PARTS or not is_signed_by(request, signing, secret, "UNSIGNED-PAYLOAD"):
        raise S3Error(403, "SignatureDoesNotMatch", MISMATCH)
    return True


def _check_version_2(
    request: SignedRequest, parameters: Mapping[str, str], secrets: Mapping[str, str], now: datetime, region: str
) -> bool:
    require_version_2(region)
    key, signature, expires = (parameters.get(name) for name in ("AWSAccessKeyId", "Signature", "Expires"))
    if key is None or signature is None or expires is None:
        text = "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
        raise S3Error(403, "AccessDenied", text)
    try:
        end = datetime.fromtimestamp(int(expires), UTC)
    except (ValueError, OverflowError, OSError):
        raise S3Error(403, "AccessDenied", f"Invalid date (should be seconds since epoch): {expires}") from None
    if now > end:
        raise S3Error(403, "AccessDenied", "Request has expired")
    secret = secrets.get(key)
    if secret is not None and not is_same_secret(signature_v2(request, expires, secret), signature):
        raise S3Error(403, "SignatureDoesNotMatch", MISMATCH)
    return secret is not None


def _incomplete() -> str:
    names = ", ".join(_PRESENT)
    return f"Query-string authentication version 4 requires the {names} parameters."


def _check_expiry(signing: Signing, expires: str, now: datetime) -> None:
    if len(signing.credential.split("/")) < _CREDENTIAL_PARTS:
        text = "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "
        text += '"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
        raise S3Error(400, "AuthorizationQueryParametersError", text)
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
