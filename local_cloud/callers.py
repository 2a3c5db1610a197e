"""Keeps web pages away: those that a browser on this machine shows must not drive what listens on it.

The AWS endpoint takes any credentials, because whoever reaches it is on this machine. A browser is, too, and does what
pages of anybody tell it: they send forms across origins (CSRF), and a name of theirs may suddenly mean 127.0.0.1 (DNS
rebinding). A browser tells on them by Host, Origin and Sec-Fetch-Site, which pages cannot write.
"""

import json
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from http_limits.hosts import is_own_host
from local_cloud.error_answers import Failure, error_answer
from local_cloud.s3.presigned import is_presigned_v2
from local_cloud.scope import scope_of

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

SECURITY_HEADERS = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
)
"""`sandbox`: a photo is bytes of somebody, and a page among them must not run as one of this address."""

_SHOWN_HEADERS = SECURITY_HEADERS[1:]
"""Whether a photo may be cached, its owner says."""

_SERVICE = re.compile(r"/([^/&]*)/aws4_request")
_PAGES_OF_OTHERS = ("cross-site", "same-site")
_UNREAD = {
    413: ("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"),
    431: ("RequestHeaderSectionTooLarge", "Your request header section exceeds the maximum allowed size"),
}
_REFUSED_HOST = "Ask by an IP address or localhost, or name the host in LOCAL_CLOUD_HOST_NAMES."
_REFUSED_PAGE = "Web pages may not call this address."


def may_be_sent_by_pages(environ: Environ) -> bool:
    """Links to photos are for pages, and what a browser asks before it uses one: S3 checks those."""
    return _is_link(environ) or (environ["REQUEST_METHOD"] == "OPTIONS" and not _is_own_page(environ))


def is_foreign_page(environ: Environ) -> bool:
    """Whether a browser sends this for a page of another origin."""
    if environ.get("HTTP_SEC_FETCH_SITE") in _PAGES_OF_OTHERS:
        return True
    origin = environ.get("HTTP_ORIGIN")
    return origin is not None and urlsplit(origin).netloc.lower() != environ.get("HTTP_HOST", "").lower()


def _is_link(environ: Environ) -> bool:
    """Whether the door will look at nothing but the signature in the query, as S3 does."""
    query = unquote(environ.get("QUERY_STRING", ""))
    if "HTTP_AUTHORIZATION" in environ or _is_own_page(environ):
        return False
    if is_presigned_v2(query):
        return "X-Amz-" not in query
    return "X-Amz-Signature=" in query and set(_SERVICE.findall(query)) == {"s3"}


class OwnHostOnly:
    """A WSGI application: the gateway's answers name its host, so it has to be ours. API Gateway says 403, too."""

    def __init__(self, application: Application, names: frozenset[str]) -> None:
        self._application, self._names = application, names

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not is_own_host(environ.get("HTTP_HOST", ""), self._names):
            return _refuse(start_response, _REFUSED_HOST)
        return self._application(environ, start_response)


class NoPages:
    """A WSGI application: the door, for programs of this machine.

    A program gets what AWS sends, and nothing of ours: SDKs and Terraform read `Cache-Control` as an object's own. What
    a browser may show carries the headers that protect it.
    """

    def __init__(self, application: Application, names: frozenset[str]) -> None:
        self._application, self._names = application, names

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not is_own_host(environ.get("HTTP_HOST", ""), self._names):
            return _refuse_as_aws(environ, start_response, _REFUSED_HOST)
        if is_foreign_page(environ) and not may_be_sent_by_pages(environ):
            return _refuse_as_aws(environ, start_response, _REFUSED_PAGE)
        ours = SECURITY_HEADERS if _is_own_page(environ) else _SHOWN_HEADERS if _is_browser(environ) else ()

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            present = {name.lower() for name, _ in headers}
            missing = [header for header in ours if header[0].lower() not in present]
            return start_response(status, [*headers, *missing], *more)

        return self._application(environ, start)


def _is_own_page(environ: Environ) -> bool:
    return bool(environ["REQUEST_URI"].lstrip("/").startswith("_local"))


def _is_browser(environ: Environ) -> bool:
    """Older browsers, and all where the address is no loopback one, do not send Sec-Fetch-Site."""
    return bool(
        environ.get("HTTP_SEC_FETCH_SITE")
        or environ.get("HTTP_ORIGIN")
        or "text/html" in environ.get("HTTP_ACCEPT", "")
    )


def _refuse_as_aws(environ: Environ, start_response: StartResponse, description: str) -> Iterable[bytes]:
    if _is_own_page(environ):
        return _refuse(start_response, description)
    _, service = scope_of(environ, "")
    code = "AccessDenied" if service == "s3" else "AccessDeniedException"
    failure = Failure(403, code, description, "AccessDenied")
    _, headers, body = error_answer(service, environ.get("HTTP_X_AMZ_TARGET", ""), failure)
    body = b"" if environ["REQUEST_METHOD"] == "HEAD" else body
    start_response("403 Forbidden", [*headers, ("Content-Length", str(len(body))), *SECURITY_HEADERS])
    return [body]


def refuse_unread(status: int, headers: Mapping[str, str]) -> tuple[str, bytes]:
    """For the door's `http_server`: what cannot be read, or is larger than anything that AWS takes in one piece."""
    code, text = _UNREAD.get(status, ("BadRequest", "The request cannot be read as HTTP/1.1."))
    _, service = scope_of({"HTTP_AUTHORIZATION": headers.get("AUTHORIZATION", ""), "QUERY_STRING": ""}, "")
    _, answered, body = error_answer(service, headers.get("X_AMZ_TARGET", ""), Failure(status, code, text))
    return dict(answered)["Content-Type"], body


def _refuse(start_response: StartResponse, description: str) -> Iterable[bytes]:
    refusal = {"error": "Forbidden", "description": description, "requestId": str(uuid.uuid4())}
    body = json.dumps(refusal).encode()
    own = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start_response("403 Forbidden", [*own, *SECURITY_HEADERS])
    return [body]
