"""What stands before every request at the door: credentials, links, and the policies of roles."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, Protocol
from urllib.parse import parse_qs

from local_cloud.iam.gate import AccessDeniedError
from local_cloud.iam.refusals import Refusal, refuse
from local_cloud.iam.requests import AwsRequest, Need, needs_of, reads_body
from local_cloud.iam.roles import Credentials
from local_cloud.presigned import PresignedLinkError, SignedRequest, check_presigned, is_presigned

Environ = dict[str, Any]

_KEY = re.compile(r"Credential=([^/]+)/")
_TEMPORARY = "ASIA"  # how AWS begins the keys of roles


class Roles(Protocol):
    def issued(self, access_key_id: str) -> Credentials | None: ...


class Gate(Protocol):
    def check(self, caller: Credentials, needs: list[Need], context: Mapping[str, str]) -> None: ...


@dataclass(frozen=True)
class Guard:
    """`secrets` are those of keys that belong to no role: whoever has one may do everything."""

    roles: Roles
    gate: Gate
    secrets: Mapping[str, str]
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def examine(self, environ: Environ, *, service: str, region: str) -> Refusal | None:
        """The refusal, or None for a request that may go on."""
        try:
            caller = self._caller(environ, service)
            if caller is not None:
                self.gate.check(caller, needs_of(_request(environ, service, region)), _context(environ, region))
        except PresignedLinkError as refusal:
            return refusal.status, *refuse(service, refusal.code, refusal.message)[1:]
        except AccessDeniedError as refusal:
            return refuse(service, "AccessDeniedException", str(refusal))
        return None

    def may_know_of_absence(self, environ: Environ) -> bool:
        """Who may not list a bucket is not told either that an object is not there: 403 instead of 404."""
        caller = self.roles.issued(_key_of(environ))
        bucket = environ["REQUEST_URI"].partition("?")[0].lstrip("/").partition("/")[0]
        try:
            if caller is not None:
                self.gate.check(caller, [Need("s3:ListBucket", f"arn:aws:s3:::{bucket}")], {})
        except AccessDeniedError:
            return False
        return True

    def _caller(self, environ: Environ, service: str) -> Credentials | None:
        key = _key_of(environ)
        caller = self.roles.issued(key)
        if caller is None and key.startswith(_TEMPORARY):
            raise PresignedLinkError(
                403, _unknown_key(service), "The security token included in the request is invalid."
            )
        if service == "s3" and is_presigned(environ["QUERY_STRING"]):
            known = {caller.access_key_id: caller.secret_access_key} if caller else self.secrets
            check_presigned(_signed_request(environ), known, self.clock())
        elif service == "s3" and "HTTP_AUTHORIZATION" not in environ:
            # Moto serves strangers; here every bucket is private.
            raise PresignedLinkError(403, "AccessDenied", "Access Denied")
        if caller and _token_of(environ) != caller.session_token:
            raise PresignedLinkError(400, "InvalidToken", "The provided token is malformed or otherwise invalid.")
        return caller


def _unknown_key(service: str) -> str:
    return "InvalidAccessKeyId" if service == "s3" else "UnrecognizedClientException"


def _key_of(environ: Environ) -> str:
    found = _KEY.search(environ.get("HTTP_AUTHORIZATION", ""))
    return found[1] if found else _parameter(environ, "X-Amz-Credential").split("/")[0]


def _token_of(environ: Environ) -> str:
    return environ.get("HTTP_X_AMZ_SECURITY_TOKEN") or _parameter(environ, "X-Amz-Security-Token")


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


_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "date", "server"}


def request_headers(environ: Environ) -> dict[str, str]:
    """As they were sent, names in lower case, but for those of the connection itself."""
    headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.replace("_", "-").lower()] = environ[name]
    return {name: value for name, value in headers.items() if name not in _HOP_BY_HOP}
