"""Opaque page tokens: the place where the next page starts, sealed for the list that gave it."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from typing import TypeVar

from face_engine.errors import InvalidPaginationTokenError

SEAL_BYTES = 6
PLACE_BYTES = 8
DEFAULT_PAGE = 1000
"""Entries when `MaxResults` is absent or 0; Rekognition does not document its own."""

Entry = TypeVar("Entry")


def write_token(place: int, *, of: str) -> str:
    """`of` names the list: an operation and what it was asked."""
    content = place.to_bytes(PLACE_BYTES, "big")
    return base64.urlsafe_b64encode(content + _seal(content, of)).decode()


def read_token(token: str | None, *, of: str) -> int:
    """The place, 0 without a token; raises `InvalidPaginationTokenError` for a token of another list."""
    if token is None:
        return 0
    try:
        content = base64.b64decode(token, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as exc:
        raise InvalidPaginationTokenError from exc
    place, seal = content[:PLACE_BYTES], content[PLACE_BYTES:]
    if seal != _seal(place, of):
        raise InvalidPaginationTokenError
    return int.from_bytes(place, "big")


def split_page(entries: Sequence[Entry], size: int) -> tuple[Sequence[Entry], bool]:
    """The page, and whether more follows; ask the store for `size` + 1 entries."""
    return entries[:size], len(entries) > size


def _seal(content: bytes, of: str) -> bytes:
    return hashlib.sha256(content + of.encode()).digest()[:SEAL_BYTES]
