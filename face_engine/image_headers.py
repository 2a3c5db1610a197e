"""Reads format and size of a picture from its first bytes, and whether its last ones are there, without decoding."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

from face_engine.errors import InvalidImageFormatError

JPEG_START = b"\xff\xd8\xff"
JPEG_END = b"\xff\xd9"
PNG_START = b"\x89PNG\r\n\x1a\n"
CUT_SHORT = "Request has invalid image format. The image is cut short."
START_OF_SCAN = 0xDA
SCAN_MARKER = b"\xff\xda"
FRAMES = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
"""JPEG markers that carry the size (ITU T.81, table B.1)."""
FILL = 0xFF
BASELINE = 0xC0
MAX_SCANS = 100
"""Of a JPEG: a progressive one of libjpeg has 10, and each scan takes a pass over the whole picture, however little of
it the file holds."""

ANIMATION = {b"acTL", b"fcTL", b"fdAT"}
"""Chunks that make a PNG an animation (APNG); decoders that do not know them show the same first picture."""
STANDALONE = {0x01, *range(0xD0, 0xD9)}
"""JPEG markers without a length."""


@dataclass(frozen=True)
class Header:
    """Size in pixels as stored, before any EXIF turn; `body` is the offset of the first byte that is not header.

    `is_buffered`: the decoder needs memory for the picture in full size whatever it is reduced to. `scans` is how often
    it passes over the picture.
    """

    format: Literal["JPEG", "PNG"]
    columns: int
    rows: int
    body: int
    is_buffered: bool
    scans: int = 1


def read_header(data: bytes) -> Header:
    """Raises `InvalidImageFormatError` unless the bytes start as a JPEG or PNG."""
    try:
        if data.startswith(JPEG_START):
            return _read_jpeg(data)
        if data.startswith(PNG_START):
            columns, rows = struct.unpack_from(">II", data, 16)
            return Header("PNG", columns, rows, body=len(PNG_START), is_buffered=True)
    except (struct.error, IndexError) as exc:
        raise InvalidImageFormatError(CUT_SHORT) from exc
    raise InvalidImageFormatError("Request has invalid image format. Supported are JPEG and PNG.")


def require_complete(data: bytes, header: Header) -> None:
    """Raises `InvalidImageFormatError` when the end of the picture is missing."""
    if not (_jpeg_ends if header.format == "JPEG" else _png_ends)(data, header.body):
        raise InvalidImageFormatError(CUT_SHORT)


def _read_jpeg(data: bytes) -> Header:
    """Walks the segments up to the first scan. A baseline picture is buffered too when its components lie in scans of
    their own."""
    size, frame, components = None, BASELINE, 0
    position = 2
    while (marker := data[position + 1]) != START_OF_SCAN:
        if data[position] != 0xFF:
            raise InvalidImageFormatError
        if marker == FILL:
            position += 1
        elif marker in STANDALONE:
            position += 2
        else:
            if marker in FRAMES:
                frame = marker
                size = struct.unpack_from(">HH", data, position + 5)
                components = data[position + 9]
            position += 2 + struct.unpack_from(">H", data, position + 2)[0]
    if size is None:
        raise InvalidImageFormatError
    is_buffered = frame != BASELINE or data[position + 4] < components
    return Header("JPEG", size[1], size[0], position, is_buffered, scans=data.count(SCAN_MARKER, position))


def _jpeg_ends(data: bytes, body: int) -> bool:
    """In a scan every 0xFF is followed by 0x00 or a restart marker, so the end marker cannot appear by chance."""
    return data.find(JPEG_END, body) >= 0


def without_animation(data: bytes) -> bytes:
    """A PNG's still picture: for an animation the decoder would hold several pictures of full size."""
    if b"acTL" not in data:
        return data
    kept, position = [PNG_START], len(PNG_START)
    while position + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if kind not in ANIMATION:
            kept.append(data[position:end])
        position = end
    return b"".join(kept)


def _png_ends(data: bytes, body: int) -> bool:
    position = body
    while position + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        if kind == b"IEND":
            return True
        position += 12 + length
    return False
