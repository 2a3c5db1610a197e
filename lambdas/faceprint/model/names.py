"""File names, S3 keys, ExternalImageIds and people's names: which may be what, and how one becomes another."""

import hashlib
import re
import unicodedata

from faceprint.model.errors import InvalidParameterError
from faceprint.model.limits import MAX_KEY_BYTES, MAX_METADATA_BYTES, MAX_NAME_CHARACTERS

_MOST_RAW_CHARACTERS = 4 * MAX_NAME_CHARACTERS
_UNSAFE = re.compile(r"[^a-zA-Z0-9_.\-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
RESERVED_METADATA = "faceprint-"
"""Metadata of ours begins so; it is kept from users both ways."""
CORRELATION_METADATA = f"{RESERVED_METADATA}correlation-id"
"""Where a photo carries the correlation id of the request that sent it."""
_CORRELATION_ID = re.compile(r"[A-Za-z0-9._:\-]{1,128}")


def check_key(filename: str) -> str:
    """The S3 key of a file name: the name itself, without a slash at its end.

    Raises InvalidParameterError for names that S3 or its clients would take for another path.
    """
    key = filename.rstrip("/")
    if not key:
        raise InvalidParameterError("The file name is empty; put it behind /index/.")
    if len(key.encode("utf-8", "surrogatepass")) > MAX_KEY_BYTES:
        raise InvalidParameterError(f"The file name is too long; at most {MAX_KEY_BYTES} bytes as UTF-8.")
    if not is_text(key):
        raise InvalidParameterError("The file name holds control characters or is not UTF-8; rename the file.")
    if any(part in ("", ".", "..") for part in key.split("/")):
        raise InvalidParameterError("No part of the file name may be empty, '.' or '..'; rename the file.")
    return key


def is_text(value: str) -> bool:
    """Whether it has a form in UTF-8 and no control characters: JSON can hold half of a surrogate pair."""
    return not (_CONTROL.search(value) or _SURROGATE.search(value))


def external_image_id(key: str) -> str:
    """A form of the key that Rekognition accepts ([a-zA-Z0-9_.-:]{1,255}), different for different keys."""
    digest = hashlib.sha256(key.encode("utf-8")).hexdigest()[:16]
    plain = unicodedata.normalize("NFKD", key).encode("ascii", "ignore").decode("ascii")
    return f"{_UNSAFE.sub('_', plain)[:200]}:{digest}"


def check_name(name: str) -> str:
    """A person's name, trimmed. Raises InvalidParameterError."""
    # Normalising takes time with the square of a run of combining marks.
    trimmed = unicodedata.normalize("NFC", name).strip() if len(name) <= _MOST_RAW_CHARACTERS else name
    if len(trimmed) > MAX_NAME_CHARACTERS or not is_text(trimmed):
        raise InvalidParameterError(
            f"The name must have at most {MAX_NAME_CHARACTERS} characters and no control characters."
        )
    return trimmed


def is_correlation_id(text: str) -> bool:
    """Whether it may stand in logs and headers: up to 128 letters, digits, '.', '_', ':' and '-'."""
    return _CORRELATION_ID.fullmatch(text) is not None


def encode_metadata(metadata: dict[str, str]) -> dict[str, str]:
    """Metadata as S3 carries it: ASCII; other text as RFC 2047 words, as S3's own REST API answers it.

    Raises InvalidParameterError when it is more than S3 holds.
    """
    encoded = {name: value if value.isascii() else _encode_words(value) for name, value in metadata.items()}
    if sum(len(name) + len(value) for name, value in encoded.items()) > MAX_METADATA_BYTES:
        raise InvalidParameterError(f"The x-amz-meta-* headers are more than {MAX_METADATA_BYTES} bytes; send fewer.")
    return encoded


def decode_metadata(metadata: dict[str, str]) -> dict[str, str]:
    """What `encode_metadata` was given; text that only looks encoded stays as it is."""
    return {name: _decode_words(value) for name, value in metadata.items()}


def _encode_words(value: str) -> str:
    from email.header import Header  # costs every cold start, and few names need it

    return Header(value, "utf-8", maxlinelen=10_000).encode()


def _decode_words(value: str) -> str:
    if "=?" not in value:
        return value
    from email.errors import HeaderParseError
    from email.header import decode_header, make_header

    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, ValueError):
        return value


def user_metadata(metadata: dict[str, str]) -> dict[str, str]:
    """Metadata without ours and without the person's name, which has an attribute of its own."""
    return {
        name: value for name, value in metadata.items() if name != "name" and not name.startswith(RESERVED_METADATA)
    }
