"""S3: which ranges can be answered (RFC 9110, 14.1.2; S3 answers one range at most)."""

import re
from typing import Any

from moto.s3.responses import S3Response

from local_cloud.backend.corrections.replacing import wrap

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def judge_ranges_as_s3() -> None:
    """An empty object satisfies no range, not even the last bytes; a range that ends before it begins is none."""

    def handle(original: Any, response: S3Response, request: Any, headers: dict[str, Any], content: Any) -> Any:
        asked = _RANGE.fullmatch(request.headers["range"])
        if asked and asked[1] and asked[2] and int(asked[1]) > int(asked[2]):
            return 200, headers, content
        length = int(headers["content-length"]) if request.method == "HEAD" else len(content)
        if asked and not length and asked[2] and not asked[1]:
            request.headers = {**request.headers, "range": "bytes=0-"}  # refused as any other, in moto's words
        return original(response, request, headers, content)

    wrap(S3Response, "_handle_range_header", handle)
