"""Which service a request is for: AWS's SDKs sign for one service in one region, and say so."""

import re
from typing import Any
from urllib.parse import unquote

_SCOPE = re.compile(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request")


def scope_of(environ: dict[str, Any], region: str) -> tuple[str, str]:
    """Region and service of the signature; an unsigned request can only mean S3, in `region`, as for moto."""
    scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", "")) or _SCOPE.search(
        "Credential=" + unquote(environ["QUERY_STRING"]).partition("X-Amz-Credential=")[2]
    )
    return (scope[1], scope[2]) if scope else (region, "s3")
