"""Request parameters: text in, checked values out. Every message names the parameter and says what to write."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from faceprint.model.errors import InvalidParameterError
from faceprint.model.names import is_text

QUALITY_FILTERS = ("NONE", "AUTO", "LOW", "MEDIUM", "HIGH")
ATTRIBUTES = (
    "DEFAULT", "ALL", "AGE_RANGE", "BEARD", "EMOTIONS", "EYE_DIRECTION", "EYEGLASSES", "EYES_OPEN", "GENDER",
    "MOUTH_OPEN", "MUSTACHE", "FACE_OCCLUDED", "SMILE", "SUNGLASSES",
)  # fmt: skip
_FACE_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

Parameters = Mapping[str, Any]


def read_percent(parameters: Parameters, *names: str, default: float) -> float:
    """The first of these parameters that is given, 0..100."""
    given = _first(parameters, names)
    if given is None:
        return default
    try:
        value = float(given)
    except (TypeError, ValueError, OverflowError):
        value = -1.0
    if isinstance(given, bool) or not 0 <= value <= 100:
        raise InvalidParameterError(f"{names[0]} must be a number from 0 to 100, such as {names[0]}=80.")
    return value


def read_count(parameters: Parameters, *names: str, default: int, most: int) -> int:
    """The first of these parameters that is given, 1..most."""
    given = _first(parameters, names)
    if given is None:
        return default
    text = str(given).strip()
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    if not 1 <= value <= most:
        raise InvalidParameterError(f"{names[0]} must be a whole number from 1 to {most}.")
    return value


def read_choice(parameters: Parameters, *names: str, choices: tuple[str, ...], default: str) -> str:
    """The first of these parameters that is given, in capitals."""
    given = _first(parameters, names)
    if given is None:
        return default
    value = str(given).strip().upper()
    if value not in choices:
        raise InvalidParameterError(f"{names[0]} must be one of {', '.join(choices)}.")
    return value


def read_attributes(parameters: Parameters, *, default: tuple[str, ...]) -> tuple[str, ...]:
    """Rekognition's attributes from a comma-separated text or a list."""
    given = _first(parameters, ("attributes", "Attributes"))
    if given is None:
        return default
    words = given if isinstance(given, list) else str(given).split(",")
    values = tuple(dict.fromkeys(str(word).strip().upper() for word in words if str(word).strip()))
    if not values or not set(values) <= set(ATTRIBUTES):
        raise InvalidParameterError(f"attributes must be of {', '.join(ATTRIBUTES)}, comma-separated.")
    return values


def read_flag(parameters: Parameters, name: str) -> bool:
    """A parameter that is true or false; absent is false, and so is an empty one."""
    value = str(parameters.get(name) or "false").strip().lower()
    if value not in ("true", "false", "1", "0", "yes", "no"):
        raise InvalidParameterError(f"{name} must be true or false.")
    return value in ("true", "1", "yes")


def read_text(parameters: Parameters, name: str, *, required: bool = False) -> str:
    """A parameter that is text; empty where it is absent."""
    value = parameters.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or (required and not value):
        raise InvalidParameterError(f"{name} must be text" + (", and it is required." if required else "."))
    if not is_text(value):
        raise InvalidParameterError(f"{name} holds control characters or is not Unicode.")
    return value


def check_face_id(face_id: Any) -> str:
    """A FaceId as Rekognition writes it."""
    if not isinstance(face_id, str) or not _FACE_ID.fullmatch(face_id):
        raise InvalidParameterError("faceId must be a FaceId such as 2f4d8f4e-7c0e-4c1c-8f0a-0f6d1b6a9c11.")
    return face_id


def write_cursor(key: str) -> str:
    """An opaque cursor that continues behind this key."""
    return base64.urlsafe_b64encode(key.encode("utf-8")).decode("ascii")


def read_cursor(parameters: Parameters) -> str | None:
    """The key behind which a listing goes on."""
    cursor = parameters.get("cursor")
    if not cursor:
        return None
    try:
        return base64.b64decode(str(cursor).encode("ascii"), altchars=b"-_", validate=True).decode("utf-8")
    except (binascii.Error, UnicodeError):
        raise InvalidParameterError("cursor must be the nextCursor of the page before.") from None


def _first(parameters: Parameters, names: tuple[str, ...]) -> Any:
    for name in names:
        if parameters.get(name) not in (None, ""):
            return parameters[name]
    return None
