"""Keeps web pages away: any signature is taken here, so a page that a browser shows must not be able to ask.

A browser tells on its pages by Host (a name of theirs may suddenly mean this machine: DNS rebinding), Origin and
Sec-Fetch-Site, which they cannot write.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from face_engine.errors import AccessDeniedError

SECURITY_HEADERS = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
)


def refuse_pages(environment: Mapping[str, Any], names: frozenset[str]) -> None:
    """Raises `AccessDeniedError` for a request of a web page; `names` are this machine's, in lower case."""
    if not _is_own_host(environment.get("HTTP_HOST", ""), names):
        raise AccessDeniedError("Ask by an IP address or localhost, or name the host in FACE_ENGINE_HOST_NAMES.")
    if "HTTP_ORIGIN" in environment or environment.get("HTTP_SEC_FETCH_SITE") in ("cross-site", "same-site"):
        raise AccessDeniedError("Web pages may not call this endpoint.")


def _is_own_host(header: str, names: frozenset[str]) -> bool:
    """An IP address cannot be rebound, and names below localhost never leave the machine (RFC 6761, 6.3)."""
    try:
        name = (urlsplit(f"//{header}").hostname or "?").lower() if header else ""
        if name in ("", "localhost", *names) or name.endswith(".localhost"):
            return True
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
