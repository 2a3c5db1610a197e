"""Rekognition's wire protocol (JSON 1.1), the mirror image of botocore's client: HTTP in, checked values out.

Operations, members, types and limits are read from botocore's own service model, so nothing of them is written here.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

from face_engine.constraints import describe_violations
from face_engine.errors import (
    IncompleteSignatureError,
    MissingAuthenticationTokenError,
    SerializationError,
    ServiceError,
    UnknownOperationError,
    ValidationError,
)

CONTENT_TYPE = "application/x-amz-json-1.1"
ALGORITHM = "AWS4-HMAC-SHA256"
CREDENTIAL = re.compile(r"Credential=(?P<key>[^/,\s]+)/\d{8}/(?P<region>[a-z0-9-]+)/[a-z0-9-]+/aws4_request(?=\s|$)")

BLANKS = " \t\r\n"

Values = dict[str, Any]
"""A request or answer as JSON holds it, with blobs as bytes. Only operations look inside."""


@dataclass(frozen=True)
class Caller:
    """Who signed, by what the signature says of itself: it is not verified."""

    access_key: str
    region: str


def read_authorization(header: str | None) -> Caller:
    """Raises `MissingAuthenticationTokenError` without a header, `IncompleteSignatureError` when it is not SigV4."""
    if not header:
        raise MissingAuthenticationTokenError
    algorithm, _, fields = header.partition(" ")
    matches = (CREDENTIAL.match(field.strip()) for field in fields.split(","))
    found = next(filter(None, matches), None)
    if found is None or algorithm != ALGORITHM:
        raise IncompleteSignatureError("The Authorization header is not a complete AWS Signature Version 4.")
    return Caller(access_key=found["key"], region=found["region"])


class RekognitionModel:
    """The service as botocore describes it."""

    def __init__(self) -> None:
        self._model = ServiceModel(Loader().load_service_model("rekognition", "service-2"), "rekognition")
        self._prefix = f"{self._model.metadata['targetPrefix']}."

    def read_target(self, target: str | None) -> str:
        """The operation's name from the `X-Amz-Target` header; raises `UnknownOperationError`."""
        if not target or not target.startswith(self._prefix):
            raise UnknownOperationError(f"X-Amz-Target must be {self._prefix}<Operation>.")
        return target.removeprefix(self._prefix)

    def is_operation(self, name: str) -> bool:
        return name in self._model.operation_names

    def read_request(self, operation: str, body: bytes) -> Values:
        """The request's members, of the right types and in their ranges; null members are absent, unknown ones ignored.

        Raises `SerializationError` for what is not JSON of the right types, `ValidationError` for what breaks a rule of
        the model.
        """
        shape = self._model.operation_model(operation).input_shape
        values: Values = _convert(_parse_json(body), shape, "")
        if (violations := describe_violations(values, shape)) is not None:
            raise ValidationError(violations)
        return values


def write_answer(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, allow_nan=False, separators=(",", ":")).encode()


def write_error(error: ServiceError, request_id: str) -> bytes:
    """AWS's own error body, readable by every SDK."""
    return write_answer({"__type": error.code, "Code": error.code, "Logref": request_id, "Message": error.message})


def _parse_json(body: bytes) -> Any:
    try:
        # Not strict: base64 may hold line breaks as they are.
        return json.loads(body or b"{}", parse_constant=_refuse_constant, strict=False)
    except (ValueError, RecursionError) as exc:
        raise SerializationError("The request body is not JSON.") from exc


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _convert(value: Any, shape: Shape, path: str) -> Any:
    """The value with blobs decoded, nulls and unknown members dropped; raises `SerializationError` on a wrong type."""
    word, accepted = JSON_TYPES[shape.type_name]
    if type(value) not in accepted:
        raise SerializationError(f"{path or 'The request'} must be a JSON {word}.")
    if isinstance(shape, StructureShape):
        members = shape.members
        known = {name: item for name, item in value.items() if name in members and item is not None}
        return {name: _convert(item, members[name], _join(path, name)) for name, item in known.items()}
    if isinstance(shape, ListShape):
        return [_convert(item, shape.member, f"{path}[{index}]") for index, item in enumerate(value)]
    if isinstance(shape, MapShape):
        return {key: _convert(item, shape.value, _join(path, key)) for key, item in value.items()}
    return _decode_blob(value, path) if shape.type_name == "blob" else value


def _decode_blob(text: str, path: str) -> bytes:
    """Base64 may be broken into lines, as MIME and the usual tools do."""
    try:
        return base64.b64decode(_without_blanks(text), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise SerializationError(f"{path} is not base64.") from exc


def _without_blanks(text: str) -> str:
    return text.translate(dict.fromkeys(map(ord, BLANKS))) if any(blank in text for blank in BLANKS) else text


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


JSON_TYPES: dict[str, tuple[str, tuple[type, ...]]] = {
    "structure": ("object", (dict,)),
    "map": ("object", (dict,)),
    "list": ("array", (list,)),
    "string": ("string", (str,)),
    "blob": ("string of base64", (str,)),
    "integer": ("whole number", (int,)),
    "float": ("number", (int, float)),
}
"""How JSON holds the model's types, those that the inputs of the operations use."""
