"""Pictures from requests: what they are and how large, from their headers, and only then their pixels."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass

import cv2
import numpy as np

from face_engine.errors import ImageTooLargeError, InvalidImageFormatError, InvalidParameterError
from face_engine.image_headers import Header, read_header, require_complete
from face_engine.vision.arrays import Picture

MAX_INLINE_BYTES = 5 * 1024 * 1024
MAX_OBJECT_BYTES = 15 * 1024 * 1024
MIN_SIDE = 80
MAX_PIXELS = {"JPEG": 120_000_000, "PNG": 40_000_000}
"""A JPEG can be decoded at a fraction of its size, a PNG only as a whole."""

ENOUGH_SIDE = 1600
"""A JPEG is decoded at 1/2, 1/4 or 1/8 while its longest side stays above this: memory is then bounded by a picture of
3200 px, and a face of the smallest size that the detector finds (24/640) still has 60 px."""

LARGE_PIXELS = 12_000_000

_REDUCTIONS = {
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,  # the flag for the size alone; the colours come from IMREAD_COLOR_RGB
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
}
_one_large_picture = threading.Semaphore(1)


@dataclass(frozen=True)
class LoadedImage:
    """An upright picture and the SHA-256 of the bytes it came from."""

    picture: Picture
    digest: bytes


def load_image(data: bytes) -> LoadedImage:
    """Decode a JPEG or PNG, turned upright as its EXIF orientation says.

    Raises `InvalidImageFormatError` for anything else and for incomplete files, `ImageTooLargeError` for more pixels
    than the limits (judged before decoding), `InvalidParameterError` below 80 x 80.
    """
    header = read_header(data)
    if header.columns * header.rows > MAX_PIXELS[header.format]:
        raise ImageTooLargeError(
            f"Image size is too large. {header.columns} x {header.rows} pixels; "
            f"a {header.format} may have {MAX_PIXELS[header.format]:,}."
        )
    if min(header.columns, header.rows) < MIN_SIDE:
        raise InvalidParameterError(
            f"Request has invalid parameters. The image is {header.columns} x {header.rows} pixels; "
            f"width and height must be at least {MIN_SIDE}."
        )
    require_complete(data, header)
    return LoadedImage(_decode(data, header), hashlib.sha256(data).digest())


def _decode(data: bytes, header: Header) -> Picture:
    if header.columns * header.rows <= LARGE_PIXELS:
        return _decode_pixels(data, header)
    with _one_large_picture:  # two at a time would double the peak of memory
        return _decode_pixels(data, header)


def _decode_pixels(data: bytes, header: Header) -> Picture:
    flags = cv2.IMREAD_COLOR_RGB | _REDUCTIONS.get(choose_reduction(header), 0)
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as exc:
        raise InvalidImageFormatError from exc
    if picture is None:
        raise InvalidImageFormatError
    return np.asarray(picture, np.uint8)


def choose_reduction(header: Header) -> int:
    """1, 2, 4 or 8: by how much a picture is made smaller while it is decoded."""
    if header.format != "JPEG":
        return 1
    spare = max(header.columns, header.rows) / ENOUGH_SIDE
    return max(reduction for reduction in (1, 2, 4, 8) if reduction <= max(spare, 1))
