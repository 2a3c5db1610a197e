"""What pages of other origins may do (CORS): nothing, unless the deployment names their origin."""

import re
from collections.abc import Mapping, Sequence

_METHODS = "GET, PUT, POST, DELETE"
_HEADERS = re.compile(r"[A-Za-z0-9\-, ]{0,1024}")
_SECONDS = "3600"


def allow_origin(request: Mapping[str, str], origins: Sequence[str]) -> dict[str, str]:
    """Headers that let the page of an allowed origin read an answer. `request` are its headers, names in lower case."""
    if not origins:
        return {}
    if request.get("origin") not in origins:
        return {"Vary": "Origin"}
    return {
        "Vary": "Origin",
        "Access-Control-Allow-Origin": request["origin"],
        "Access-Control-Expose-Headers": "Location, Retry-After, x-amzn-RequestId, x-correlation-id",
    }


def allow_request(request: Mapping[str, str], origins: Sequence[str]) -> dict[str, str]:
    """Headers that answer a preflight (OPTIONS): which request may follow."""
    headers = allow_origin(request, origins)
    if "Access-Control-Allow-Origin" in headers:
        wanted = request.get("access-control-request-headers", "")
        headers |= {
            "Access-Control-Allow-Methods": _METHODS,
            "Access-Control-Allow-Headers": wanted if _HEADERS.fullmatch(wanted) else "",
            "Access-Control-Max-Age": _SECONDS,
        }
    return headers
