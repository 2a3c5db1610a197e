"""The headers of S3's answers, where moto has others."""

import uuid
from typing import Any

from local_cloud.error_answers import s3_error, s3_ids

Headers = list[tuple[str, str]]

_REQUEST_ID = "x-amzn-requestid"
_NEVER = {_REQUEST_ID, "x-amz-sdk-checksum-algorithm"}  # of other services, and of requests
_NOT_AFTER_PUT = {"last-modified", "x-amz-tagging-count", "x-amz-storage-class"}
_WITHOUT_BODY = ("204", "304")
# What moto says by its status alone.
_ERRORS = {
    "400": ("InvalidRequest", "The request is not valid."),
    "403": ("AccessDenied", "Access Denied"),
    "404": ("NoSuchKey", "The specified key does not exist."),
    "405": ("MethodNotAllowed", "The specified method is not allowed against this resource."),
    "411": ("MissingContentLength", "You must provide the Content-Length HTTP header."),
    "412": ("PreconditionFailed", "At least one of the pre-conditions you specified did not hold"),
}


def as_s3_answers(method: str, status: str, headers: Headers, body: Any) -> tuple[Headers, Any]:
    """Headers and body as they go out."""
    code = status[:3]
    if code in _ERRORS and method != "HEAD" and not _is_xml(body):
        _, headers, content = s3_error(int(code), *_ERRORS[code])
        return headers, [content]
    hidden = _NEVER | (_NOT_AFTER_PUT if method == "PUT" else set())
    if code in _WITHOUT_BODY:
        hidden, body = hidden | {"content-type", "content-length"}, [b""]
    kept = [header for header in headers if header[0].lower() not in hidden]
    if any(name.lower() == "x-amz-request-id" for name, _ in kept):
        return kept, body
    request = next((value for name, value in headers if name.lower() == _REQUEST_ID), uuid.uuid4().hex.upper())
    return [*kept, *s3_ids(request)], body


def _is_xml(body: Any) -> bool:
    return bool(body) and body[0].lstrip().startswith(b"<")
