"""Uploads by a form (presigned POST): what S3 checks of one, and the PutObject that it stands for.

The form's policy says until when, to which bucket and key, and with which other fields it may be sent; its signature is
that of the policy. As for links, a key that was not issued here has no secret to check it with.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from urllib.parse import quote, unquote_to_bytes, urlencode
from xml.sax.saxutils import escape

from local_cloud.s3.refusal import S3Error
from local_cloud.signatures import ALGORITHM

Environ = dict[str, Any]

_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
_NAME = re.compile(r'\bname="([^"]*)"')
_FILE_NAME = re.compile(r'\bfilename="([^"]*)"')
_UNLISTED = {"awsaccesskeyid", "signature", "x-amz-signature", "file", "policy"}  # no condition need name them
_HEADERS = {
    *("cache-control", "content-disposition", "content-encoding", "content-language", "content-md5", "content-type"),
    "expires",
}
_OF_THE_SIGNATURE = {"x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"}
_SCOPE, _SCOPE_PARTS = "20000101/us-east-1/s3/aws4_request", 5


@dataclass(frozen=True)
class Form:
    """Fields by their names in lower case, and the file."""

    fields: Mapping[str, str]
    content: bytes

    @property
    def access_key_id(self) -> str:
        return self.fields.get("x-amz-credential", "").split("/")[0] or self.fields.get("awsaccesskeyid", "")


def is_post_form(method: str, path: str, content_type: str) -> bool:
    """Whether a request is one to a bucket itself, of the type of forms with files."""
    return method == "POST" and "/" not in path.strip("/") and content_type.startswith("multipart/form-data")


def read_form(content_type: str, body: bytes) -> Form:
    """Raises S3Error. What follows the file is not looked at."""
    boundary = _BOUNDARY.search(content_type)
    fields: dict[str, str] = {}
    for part in body.split(b"--" + boundary[1].encode("latin-1"))[1:] if boundary else []:
        head, blank, content = part.partition(b"\r\n\r\n")
        described = head.decode("utf-8", "replace")
        name = _NAME.search(described)
        if name is None or not blank:
            continue
        if name[1].lower() == "file":
            file_name = _FILE_NAME.search(described)
            key = fields.get("key", "").replace("${filename}", file_name[1] if file_name else "")
            return Form({**fields, "key": key}, content.removesuffix(b"\r\n"))
        fields[name[1].lower()] = content.removesuffix(b"\r\n").decode("utf-8", "replace")
    text = "POST requires exactly one file upload per request."
    raise S3Error(400, "InvalidArgument" if boundary else "MalformedPOSTRequest", text)


def check_form(form: Form, bucket: str, secret: str | None, now: datetime) -> None:
    """Raises S3Error as S3 would refuse it; `secret` is None for a key that was not issued here."""
    policy = form.fields.get("policy")
    if not form.access_key_id or policy is None:
        raise S3Error(403, "AccessDenied", "Access Denied")
    if not form.fields.get("key"):
        text = "Bucket POST must contain a field named 'key'. If it is specified, please check the order of the fields."
        raise S3Error(400, "InvalidArgument", text)
    if secret is not None and not hmac.compare_digest(*_signatures(form, policy, secret)):
        text = "The request signature we calculated does not match the signature you provided."
        raise S3Error(403, "SignatureDoesNotMatch", f"{text} Check your key and signing method.")
    try:
        document = json.loads(base64.b64decode(policy, validate=True))
        expiration = datetime.fromisoformat(document["expiration"])
        conditions = [_condition(each) for each in document["conditions"]]
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise S3Error(400, "InvalidPolicyDocument", "Invalid Policy: Invalid JSON.") from None
    if now > (expiration if expiration.tzinfo else expiration.replace(tzinfo=UTC)):
        raise S3Error(403, "AccessDenied", "Invalid according to Policy: Policy expired.")
    _check_conditions(form, bucket, conditions)


def as_put(environ: Environ, form: Form, bucket: str) -> Environ:
    """The PutObject that stores the form's file."""
    path = f"/{bucket}/{quote(form.fields['key'])}"
    headers = {
        "CONTENT_TYPE" if name == "content-type" else f"HTTP_{name.upper().replace('-', '_')}": value
        for name, value in form.fields.items()
        if name in _HEADERS or (name.startswith("x-amz-") and name not in _OF_THE_SIGNATURE)
    }
    kept = {name: value for name, value in environ.items() if name not in ("CONTENT_TYPE", "HTTP_CONTENT_MD5")}
    return {
        **kept,
        "REQUEST_METHOD": "PUT",
        "REQUEST_URI": path,
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": "",
        "CONTENT_LENGTH": str(len(form.content)),
        "wsgi.input": BytesIO(form.content),
        "HTTP_AUTHORIZATION": f"{ALGORITHM} Credential={form.access_key_id}/{_SCOPE}",  # checked before
        **headers,
    }


def form_answer(form: Form, bucket: str, headers: list[tuple[str, str]]) -> tuple[str, list[tuple[str, str]], bytes]:
    """Status, headers and body, after the file was stored with an answer of these headers."""
    key, etag = form.fields["key"], dict(headers).get("ETag", "")
    kept = [header for header in headers if header[0].lower() not in ("content-length", "content-type")]
    kept.append(("Location", f"/{bucket}/{quote(key)}"))
    redirect = form.fields.get("success_action_redirect")
    if redirect and "\r" not in redirect and "\n" not in redirect:
        query = urlencode({"bucket": bucket, "key": key, "etag": etag})
        kept[-1] = ("Location", f"{redirect}{'&' if '?' in redirect else '?'}{query}")
        return "303 See Other", [*kept, ("Content-Length", "0")], b""
    status = form.fields.get("success_action_status")
    if status == "201":
        said = f"<Location>/{bucket}/{quote(key)}</Location><Bucket>{bucket}</Bucket><Key>{escape(key)}</Key>"
        body = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>{said}<ETag>{etag}</ETag></PostResponse>'.encode()
        )
        more = [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))]
        return "201 Created", [*kept, *more], body
    return ("200 OK", [*kept, ("Content-Length", "0")], b"") if status == "200" else ("204 No Content", kept, b"")


def _signatures(form: Form, policy: str, secret: str) -> tuple[bytes, bytes]:
    """What it must be, and what it is."""
    given = form.fields.get("x-amz-signature")
    if given is None:
        digest = hmac.new(secret.encode(), policy.encode(), hashlib.sha1).digest()
        return base64.b64encode(digest), form.fields.get("signature", "").encode()
    key = f"AWS4{secret}".encode()
    parts = form.fields["x-amz-credential"].split("/")
    for part in parts[1:] if len(parts) == _SCOPE_PARTS else ():
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, policy.encode(), hashlib.sha256).hexdigest().encode(), given.encode()


def _condition(described: Any) -> tuple[str, Any, Any]:
    """Operator, field, and value; `{"field": "value"}` is short for eq."""
    if isinstance(described, dict) and len(described) == 1:
        ((name, value),) = described.items()
        return "eq", name.lower(), value
    operator, name, value = described
    return operator, name.lstrip("$").lower() if isinstance(name, str) else name, value


def _check_conditions(form: Form, bucket: str, conditions: list[tuple[str, Any, Any]]) -> None:
    fields = {**form.fields, "bucket": bucket}
    for operator, name, value in conditions:
        if operator == "content-length-range":
            _check_size(len(form.content), int(name), int(value))
        elif not _holds(operator, fields.get(name, ""), str(value)):
            text = f'Invalid according to Policy: Policy Condition failed: ["{operator}", "${name}", "{value}"]'
            raise S3Error(403, "AccessDenied", text)
    named = {name for _, name, _ in conditions}
    extra = sorted(name for name in form.fields if name not in named | _UNLISTED and not name.startswith("x-ignore-"))
    if extra:
        raise S3Error(403, "AccessDenied", f"Invalid according to Policy: Extra input fields: {', '.join(extra)}")


def _holds(operator: str, actual: str, wanted: str) -> bool:
    return actual.startswith(wanted) if operator == "starts-with" else operator == "eq" and actual == wanted


def _check_size(size: int, least: int, most: int) -> None:
    if size < least:
        raise S3Error(400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
    if size > most:
        raise S3Error(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
