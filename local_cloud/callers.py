"""Keeps web pages away: those that a browser on this machine shows must not drive what listens on it.

The AWS endpoint takes any credentials, because whoever reaches it is on this machine. A browser is, too, and does what
pages of anybody tell it: they send forms across origins (CSRF), and a name of theirs may suddenly mean 127.0.0.1 (DNS
rebinding). A browser tells on them by Host, Origin and Sec-Fetch-Site, which pages cannot write.
"""

import json
import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from http_limits.hosts import is_own_host

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

_SERVICE = re.compile(r"/([^/&]*)/aws4_request")
_PAGES_OF_OTHERS = ("cross-site", "same-site")
_REFUSED_HOST = "Ask by an IP address or localhost, or name the host in LOCAL_CLOUD_HOST_NAMES."
_REFUSED_PAGE = "Web pages may not call this address."


def is_foreign_page(environ: Environ) -> bool:
    """Whether a browser sends this for a page of another origin. Links to photos are for pages: S3 checks those."""
    if _is_link(environ):
        return False
    if environ.get("HTTP_SEC_FETCH_SITE") in _PAGES_OF_OTHERS:
        return True
    origin = environ.get("HTTP_ORIGIN")
    return origin is not None and urlsplit(origin).netloc.lower() != environ.get("HTTP_HOST", "").lower()


def _is_link(environ: Environ) -> bool:
    """Whether the door will look at nothing but the signature in the query, as S3 does."""
    query = unquote(environ.get("QUERY_STRING", ""))
    is_signed = "X-Amz-Signature=" in query and "HTTP_AUTHORIZATION" not in environ
    is_own_page = environ["REQUEST_URI"].lstrip("/").startswith("_local")
    return is_signed and not is_own_page and set(_SERVICE.findall(query)) == {"s3"}


class OwnHostOnly:
    """A WSGI application: the gateway's answers name its host, so it has to be ours. API Gateway says 403, too."""

    def __init__(self, application: Application, names: frozenset[str]) -> None:
        self._application, self._names = application, names

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not is_own_host(environ.get("HTTP_HOST", ""), self._names):
            return _refuse(start_response, _REFUSED_HOST)
        return self._application(environ, start_response)


class NoPages:
    """A WSGI application: the door, for programs of this machine. Its answers carry the security headers."""

    def __init__(self, application: Application, names: frozenset[str]) -> None:
        self._application, self._names = application, names

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not is_own_host(environ.get("HTTP_HOST", ""), self._names):
            return _refuse(start_response, _REFUSED_HOST)
        if is_foreign_page(environ):
            return _refuse(start_response, _REFUSED_PAGE)

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, *_missing(headers)], *more)

        return self._application(environ, start)


def _missing(headers: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    present = {name.lower() for name, _ in headers}
    return (header for header in SECURITY_HEADERS if header[0].lower() not in present)


def _refuse(start_response: StartResponse, description: str) -> Iterable[bytes]:
    refusal = {"error": "Forbidden", "description": description, "requestId": str(uuid.uuid4())}
    body = json.dumps(refusal).encode()
    own = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start_response("403 Forbidden", [*own, *SECURITY_HEADERS])
    return [body]
