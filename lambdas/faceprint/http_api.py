"""The HTTP side: an API Gateway event becomes image, key and parameters; answers and errors become responses."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from faceprint.image_bodies import decode_image
from faceprint.model.errors import (
    FaceprintError,
    InvalidParameterError,
    MissingImageError,
)
from faceprint.model.forms import read_form
from faceprint.model.names import (
    RESERVED_METADATA,
    check_key,
    check_name,
    decode_metadata,
    is_correlation_id,
    is_text,
)

_METADATA_HEADER = "x-amz-meta-"
_IMAGE_PARTS = ("file", "image_file", "image")
_PATH_PARAMETER = re.compile(r"\{(\w+)\+?\}")


@dataclass(frozen=True)
class ApiRequest:
    """One request. `event` is API Gateway's proxy event (REST, payload 1.0)."""

    event: Mapping[str, Any]

    @property
    def operation(self) -> str:
        """The route for logs: "PUT /index/{filename+}"."""
        return f"{self.event.get('httpMethod')} {self.event.get('resource')}"

    @property
    def request_id(self) -> str:
        return str(self.event.get("requestContext", {}).get("requestId", ""))

    @property
    def correlation_id(self) -> str:
        """The client's x-correlation-id; the request's own id where it sent none, or what must not get into logs."""
        given = self.headers.get("x-correlation-id", "")
        return given if is_correlation_id(given) else self.request_id

    @property
    def route(self) -> str:
        """The path within this API, percent-encoded as it was sent: "/index/a%20b.jpg".

        Made of resource and parameters. The event's own `path` begins with the base path under a custom domain, and
        nothing tells a base path "index" from the route of this name.
        """
        return _PATH_PARAMETER.sub(lambda found: self._path(found[1]), str(self.event.get("resource", "")))

    @property
    def stage_url(self) -> str:
        """Where this API lies: "https://faces.example.com/v1", without a slash at the end.

        By what API Gateway says of itself. Host, Forwarded and X-Forwarded-Host are the client's words and play no
        part; X-Forwarded-Proto API Gateway writes anew.
        """
        context = self.event.get("requestContext", {})
        scheme = "http" if self.headers.get("x-forwarded-proto") == "http" else "https"
        path = str(context.get("path", "")).rstrip("/").removesuffix(self.route)
        return f"{scheme}://{context.get('domainName', '')}/{path.strip('/')}".rstrip("/")

    @cached_property
    def headers(self) -> dict[str, str]:
        """By lower-case name."""
        return {name.lower(): value for name, value in (self.event.get("headers") or {}).items()}

    @cached_property
    def key(self) -> str:
        """The S3 key. REST APIs hand path parameters on as they were sent, so they are decoded here, once."""
        try:
            return check_key(unquote(self._path("filename"), errors="strict"))
        except UnicodeDecodeError:
            raise InvalidParameterError("The file name is not UTF-8; percent-encode its UTF-8 bytes.") from None

    @property
    def face_id(self) -> str:
        return unquote(self._path("faceId")).rstrip("/")

    @cached_property
    def name(self) -> str:
        """The person's name, from the header or the query."""
        header = decode_metadata({"name": self.headers.get(f"{_METADATA_HEADER}name", "")})["name"]
        return check_name(_as_utf8(header) or str(self._query.get("name") or ""))

    @cached_property
    def metadata(self) -> dict[str, str]:
        """The other x-amz-meta-* headers."""
        given = {
            name.removeprefix(_METADATA_HEADER): _as_utf8(value)
            for name, value in self.headers.items()
            if name.startswith(_METADATA_HEADER) and name != f"{_METADATA_HEADER}name"
        }
        return check_metadata(decode_metadata(given))

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """Those of the query, and beside the image those of a JSON or multipart body; the query wins."""
        return {**self._fields, **self._query}

    def image(self) -> bytes:
        """The image, whichever way it was sent.

        Raises MissingImageError, BadBase64Error, UnsupportedFormatError.
        """
        for name in _IMAGE_PARTS:
            if name in self._parts:
                return decode_image(self._parts[name])
        if self._is_multipart:
            raise MissingImageError("No part of the form is named 'file' or 'image_file'; name the image's part so.")
        if self._is_json:
            raise MissingImageError('The JSON has no image; send {"image": "<base64>"}.')
        return decode_image(self.body)

    def named_image(self, name: str) -> bytes:
        """The image in a JSON member or a form part of this name. Raises as `image` does."""
        if name not in self._parts:
            raise MissingImageError(f"There is no {name}; send JSON or a form with 'source' and 'target'.")
        return decode_image(self._parts[name])

    def accepts_picture(self) -> bool:
        """Whether the client wants a JPEG rather than JSON."""
        return "image/jpeg" in self.headers.get("accept", "").lower()

    @cached_property
    def body(self) -> bytes:
        """As the client sent it: API Gateway encodes every body of a binary media type."""
        text = self.event.get("body") or ""
        return base64.b64decode(text) if self.event.get("isBase64Encoded") else text.encode("utf-8", "surrogateescape")

    @cached_property
    def _query(self) -> dict[str, Any]:
        return dict(self.event.get("queryStringParameters") or {})

    @property
    def _is_multipart(self) -> bool:
        return self.headers.get("content-type", "").lower().startswith("multipart/form-data")

    @property
    def _is_json(self) -> bool:
        return not self._is_multipart and self.body[:64].lstrip().startswith(b"{")

    @cached_property
    def _form(self) -> dict[str, bytes]:
        """The parts of a multipart body by name."""
        return read_form(self.body, self.headers["content-type"])

    @cached_property
    def _json(self) -> dict[str, Any]:
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            raise InvalidParameterError("The body is not valid JSON; check its quotes and commas.") from None
        return value if isinstance(value, dict) else {}

    @cached_property
    def _fields(self) -> dict[str, Any]:
        if self._is_multipart:
            return {name: value.decode("utf-8", "replace") for name, value in self._form.items() if len(value) < 4096}
        return self._json if self._is_json else {}

    @cached_property
    def _parts(self) -> dict[str, bytes]:
        if self._is_multipart:
            return self._form
        texts = ((name, value) for name, value in self._fields.items() if isinstance(value, str))
        return {name: value.encode("utf-8", "surrogatepass") for name, value in texts}

    def _path(self, name: str) -> str:
        return str((self.event.get("pathParameters") or {}).get(name) or "")


def check_metadata(metadata: Mapping[str, Any]) -> dict[str, str]:
    """User metadata of an object: text by name. Raises InvalidParameterError."""
    for name, value in metadata.items():
        if not isinstance(value, str) or not re.fullmatch(r"[a-z0-9._\-]{1,128}", name):
            raise InvalidParameterError(
                f"metadata must be text under names of a-z, 0-9, '.', '_' and '-': {name[:64]!r}."
            )
        if name.startswith(RESERVED_METADATA):
            raise InvalidParameterError(
                f"Metadata that begins with '{RESERVED_METADATA}' is reserved; rename {name!r}."
            )
        if not is_text(value):
            raise InvalidParameterError(f"The metadata {name!r} holds control characters or is not Unicode.")
    return dict(metadata)


def error_body(error: FaceprintError, request_id: str) -> dict[str, str]:
    """The one shape of every error."""
    return {"error": error.code, "description": str(error), "requestId": request_id}


def _as_utf8(header: str) -> str:
    """Headers are Latin-1 by the letter of HTTP, but clients send UTF-8."""
    try:
        return header.encode("latin-1").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return header
