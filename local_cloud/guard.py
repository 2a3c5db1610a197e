"""What stands before every request at the door: credentials, signatures, links, and the policies of roles."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any, Protocol
from urllib.parse import parse_qs

from local_cloud.callers import is_foreign_page
from local_cloud.error_answers import ErrorAnswer, s3_error
from local_cloud.http_server import PRESERVED_NAMES
from local_cloud.iam.gate import AccessDeniedError
from local_cloud.iam.needs import needs_of
from local_cloud.iam.refusals import Reason, RefusedError, refuse
from local_cloud.iam.requests import AwsRequest, MalformedRequestError, Need, reads_body
from local_cloud.iam.roles import TEMPORARY_KEY, Credentials
from local_cloud.iam.s3_needs import to_list
from local_cloud.s3.post_forms import Form, check_form
from local_cloud.s3.presigned import check_presigned, is_presigned
from local_cloud.s3.refusal import S3Error
from local_cloud.s3.signatures_v2 import key_and_signature, require_version_2, signature_v2
from local_cloud.signatures import MISMATCH, SignedRequest, is_same_secret, is_signed_by, signing_in_header

Environ = dict[str, Any]

_KEY = re.compile(r"Credential=([^/]+)/")
_MOST_SKEW = timedelta(minutes=15)
_INVALID_TOKEN = "The security token included in the request is invalid."  # noqa: S105 # nosec B105  # what AWS says of one
_TWO_SIGNATURES = (
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter "
    "or the Authorization header should be specified"
)
TRUSTED_PAGE = "local_cloud.trusted_page"
"""Whether the bucket's CORS configuration allows the page that sends this."""
_UNREADABLE = "Unable to get object metadata from S3. Check object key, region and/or access permissions."


class Roles(Protocol):
    def issued(self, access_key_id: str) -> Credentials | None: ...


class Gate(Protocol):
    def check(self, caller: Credentials, needs: Sequence[Need], context: Mapping[str, str]) -> None: ...


@dataclass(frozen=True)
class Guard:
    """`secrets` are those of keys that belong to no role: whoever has one may do everything."""

    roles: Roles
    gate: Gate
    secrets: Mapping[str, str]
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def examine(self, environ: Environ, *, service: str, region: str) -> ErrorAnswer | None:
        """The refusal, or None for a request that may go on."""

        def check() -> None:
            caller = self._caller(environ, service, region)
            if caller is not None:
                self._authorise(caller, environ, service, region)

        return _refusal(check, service, environ.get("HTTP_X_AMZ_TARGET", ""))

    def examine_form(self, form: Form, bucket: str, put: Environ, region: str) -> ErrorAnswer | None:
        """The same for an upload by a form, and the `put` that it stands for."""

        def check() -> None:
            caller = self.roles.issued(form.access_key_id)
            if caller is None and form.access_key_id.startswith(TEMPORARY_KEY):
                raise RefusedError(Reason.UNKNOWN_KEY, _INVALID_TOKEN)
            secret = caller.secret_access_key if caller else self.secrets.get(form.access_key_id)
            check_form(form, bucket, secret, self.clock())
            if "x-amz-credential" not in form.fields:
                require_version_2(region)
            if caller is not None:
                self._check_session(caller, put)
                self._authorise(caller, put, "s3", region)

        return _refusal(check, "s3", "")

    def may_know_of_absence(self, environ: Environ) -> bool:
        """Who may not list a bucket is not told either that an object is not there: 403 instead of 404."""
        caller = self.roles.issued(_key_of(environ))
        bucket, _, key = environ["REQUEST_URI"].partition("?")[0].lstrip("/").partition("/")
        if caller is None or not key or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return True
        try:
            self.gate.check(caller, [to_list(bucket)], {})
        except AccessDeniedError:
            return False
        return True

    def _authorise(self, caller: Credentials, environ: Environ, service: str, region: str) -> None:
        try:
            self.gate.check(caller, needs_of(_request(environ, service, region)), _context(environ, region))
        except MalformedRequestError as exc:
            raise RefusedError(Reason.MALFORMED, "The request cannot be read.") from exc
        except AccessDeniedError as exc:
            if service == "rekognition" and exc.action.startswith("s3:"):
                # Rekognition tries to read the object, and does not tell why it could not.
                raise RefusedError(Reason.UNREADABLE_OBJECT, _UNREADABLE) from exc
            raise RefusedError(Reason.DENIED, str(exc)) from exc

    def _caller(self, environ: Environ, service: str, region: str) -> Credentials | None:
        """The role whose credentials these are; None for anybody else, of whom only links are checked."""
        key, is_link = _key_of(environ), service == "s3" and is_presigned(environ["QUERY_STRING"])
        caller = self.roles.issued(key)
        if caller is None and key.startswith(TEMPORARY_KEY):
            raise RefusedError(Reason.UNKNOWN_KEY, _INVALID_TOKEN)
        if is_link:
            self._check_link(caller, environ, region)
        elif service == "s3" and "HTTP_AUTHORIZATION" not in environ:
            # Moto serves strangers; here every bucket is private.
            raise RefusedError(Reason.DENIED, "Access Denied")
        elif service == "s3" and key_and_signature(request_headers(environ)):
            require_version_2(region)
        if caller is not None:
            self._check_session(caller, environ)
            if not is_link:
                self._check_signature(caller, environ, service)
        return caller

    def _check_link(self, caller: Credentials | None, environ: Environ, region: str) -> None:
        """A page could make up a key, so it gets nothing by one unless the bucket's CORS configuration trusts it."""
        if "HTTP_AUTHORIZATION" in environ:
            raise S3Error(400, "InvalidArgument", _TWO_SIGNATURES)
        known = {caller.access_key_id: caller.secret_access_key} if caller else self.secrets
        is_verified = check_presigned(_signed_request(environ), known, self.clock(), region)
        if not is_verified and is_foreign_page(environ) and not environ.get(TRUSTED_PAGE):
            text = "The AWS Access Key Id you provided does not exist in our records."
            raise S3Error(403, "InvalidAccessKeyId", text)

    def _check_session(self, caller: Credentials, environ: Environ) -> None:
        if not is_same_secret(_token_of(environ), caller.session_token):
            raise RefusedError(Reason.BAD_TOKEN, _INVALID_TOKEN)
        if self.clock() > caller.expires:
            raise RefusedError(Reason.EXPIRED_TOKEN, "The security token included in the request is expired")

    def _check_signature(self, caller: Credentials, environ: Environ, service: str) -> None:
        """S3 has the digest of the body in a header, signed; `s3.bodies` compares it with the body."""
        request = _signed_request(environ)
        if service == "s3" and key_and_signature(request.headers):
            _check_version_2(request, environ, caller.secret_access_key)
            return
        signing = signing_in_header(request.headers)
        if signing is None or service not in signing.scope:
            raise RefusedError(Reason.BAD_SIGNATURE, MISMATCH)
        payload = request.headers.get("x-amz-content-sha256", "") if service == "s3" else _digest(environ)
        if not is_signed_by(request, signing, caller.secret_access_key, payload):
            raise RefusedError(Reason.BAD_SIGNATURE, MISMATCH)
        if abs(self.clock() - signing.moment) > _MOST_SKEW:
            raise RefusedError(
                Reason.NOT_NOW, "The difference between the request time and the current time is too large."
            )


def _refusal(check: Callable[[], None], service: str, target: str) -> ErrorAnswer | None:
    """What `check` raises, as the service says it."""
    try:
        check()
    except S3Error as refused:
        return s3_error(refused.status, refused.code, refused.message)
    except RefusedError as refused:
        return refuse(service, target, refused)
    return None


def _check_version_2(request: SignedRequest, environ: Environ, secret: str) -> None:
    date = "" if "x-amz-date" in request.headers else environ.get("HTTP_DATE", "")
    _, signature = key_and_signature(request.headers) or ("", "")
    if not is_same_secret(signature_v2(request, date, secret), signature):
        raise RefusedError(Reason.BAD_SIGNATURE, MISMATCH)


def _key_of(environ: Environ) -> str:
    header = environ.get("HTTP_AUTHORIZATION", "")
    if found := _KEY.search(header):
        return found[1]
    version_2 = key_and_signature({"authorization": header})
    in_query = _parameter(environ, "X-Amz-Credential").split("/")[0] or _parameter(environ, "AWSAccessKeyId")
    return version_2[0] if version_2 else in_query


def _token_of(environ: Environ) -> str:
    in_query = _parameter(environ, "X-Amz-Security-Token") or _parameter(environ, "x-amz-security-token")
    return environ.get("HTTP_X_AMZ_SECURITY_TOKEN") or in_query


def _parameter(environ: Environ, name: str) -> str:
    return parse_qs(environ["QUERY_STRING"]).get(name, [""])[0] if name in environ["QUERY_STRING"] else ""


def _request(environ: Environ, service: str, region: str) -> AwsRequest:
    path, _, query = environ["REQUEST_URI"].partition("?")
    return AwsRequest(
        service=service,
        region=region,
        method=environ["REQUEST_METHOD"],
        path=path,
        query=query,
        target=environ.get("HTTP_X_AMZ_TARGET", ""),
        copy_source=environ.get("HTTP_X_AMZ_COPY_SOURCE", ""),
        body=_read_body(environ) if reads_body(service, environ["REQUEST_METHOD"], query) else b"",
    )


def _read_body(environ: Environ) -> bytes:
    """Whoever comes next reads it again."""
    body: bytes = environ["wsgi.input"].read()
    environ["wsgi.input"] = BytesIO(body)
    return body


def _digest(environ: Environ) -> str:
    return hashlib.sha256(_read_body(environ)).hexdigest()


def _context(environ: Environ, region: str) -> dict[str, str]:
    return {
        "aws:requestedregion": region,
        "aws:sourceip": environ.get("REMOTE_ADDR", ""),
        "aws:useragent": environ.get("HTTP_USER_AGENT", ""),
        "aws:currenttime": datetime.now(UTC).isoformat(),
    }


def _signed_request(environ: Environ) -> SignedRequest:
    path, _, query = environ["REQUEST_URI"].partition("?")
    return SignedRequest(environ["REQUEST_METHOD"], path, query, request_headers(environ))


HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "date", "server"}


def request_headers(environ: Environ) -> dict[str, str]:
    """As they were sent, names in lower case, but for those of the connection itself."""
    preserved = environ.get(PRESERVED_NAMES, {})
    headers = {
        preserved.get(name) or name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.replace("_", "-").lower()] = environ[name]
    return {name: value for name, value in headers.items() if name not in HOP_BY_HOP}
