"""Keeps web pages away: any signature is taken here, so a page that a browser shows must not be able to ask.

A browser tells on its pages by Host (a name of theirs may suddenly mean this machine: DNS rebinding), Origin and
Sec-Fetch-Site, which they cannot write.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from face_engine.errors import AccessDeniedError
from http_limits.hosts import is_own_host

SECURITY_HEADERS = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
)


def refuse_pages(environment: Mapping[str, Any], names: frozenset[str]) -> None:
    """Raises `AccessDeniedError` for a request of a web page; `names` are this machine's, in lower case."""
    if not is_own_host(environment.get("HTTP_HOST", ""), names):
        raise AccessDeniedError("Ask by an IP address or localhost, or name the host in FACE_ENGINE_HOST_NAMES.")
    if "HTTP_ORIGIN" in environment or environment.get("HTTP_SEC_FETCH_SITE") in ("cross-site", "same-site"):
        raise AccessDeniedError("Web pages may not call this endpoint.")
