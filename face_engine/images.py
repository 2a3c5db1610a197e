"""Pictures from requests: what they are and how large, from their headers, and only then their pixels."""

from __future__ import annotations

import hashlib
import threading
from contextlib import nullcontext
from dataclasses import dataclass

import cv2
import numpy as np

from face_engine.errors import ImageTooLargeError, InvalidImageFormatError, InvalidParameterError
from face_engine.image_headers import MAX_SCANS, Header, read_header, require_complete, without_animation
from face_engine.vision.arrays import Picture

MAX_OBJECT_BYTES = 15 * 1024 * 1024
DOCUMENTED_SIDE = 80
"""Pixels: AWS's documentation wants no side smaller."""

LEAST_SIDE = 40
"""Of the operations that are on record to take smaller pictures all the same. AWS finds no face below this size."""

MAX_SIDE = 10_000
MAX_SCANNED_PIXELS = 640_000_000
"""Pixels times scans: each takes a few nanoseconds, and nobody should wait 5 s for one picture."""

MAX_BUFFERED_PIXELS = 40_000_000
"""PNG and progressive JPEG are held whole while they are decoded, at 3 bytes a pixel and more."""

ENOUGH_SIDE = 1600
"""A picture is reduced to 1/2, 1/4 or 1/8 while its longest side stays at this or above: memory is then bounded by a
picture of 3200 px, and a face of the smallest size that the detector finds (24/640) still has 60 px."""

LARGE_PIXELS = 8_000_000

_REDUCTIONS = {
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,  # the flag for the size alone; the colours come from IMREAD_COLOR_RGB
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
}
_one_large_picture = threading.Lock()


@dataclass(frozen=True)
class LoadedImage:
    """An upright picture and the SHA-256 of the bytes it came from."""

    picture: Picture
    digest: bytes


def load_image(data: bytes, *, least_side: int = DOCUMENTED_SIDE) -> LoadedImage:
    """Decode a JPEG or PNG, a JPEG turned upright as its EXIF orientation says, and reduced when it is very large.

    Raises `InvalidImageFormatError` for anything else and for incomplete files, `ImageTooLargeError` for more pixels
    than the limits (judged before decoding), `InvalidParameterError` where a side has less than `least_side` pixels.
    """
    header = read_header(data)
    _require_fitting_size(header, least_side)
    _require_few_scans(header)
    require_complete(data, header)
    pixels = header.columns * header.rows
    with _one_large_picture if pixels > LARGE_PIXELS else nullcontext():  # two at a time double the peak of memory
        is_png = header.format == "PNG"
        picture = _decode(without_animation(data) if is_png else data, choose_reduction(header), is_turned=not is_png)
    return LoadedImage(picture, hashlib.sha256(data).digest())


def _require_fitting_size(header: Header, least_side: int) -> None:
    size = f"{header.columns} x {header.rows}"
    if max(header.columns, header.rows) > MAX_SIDE:
        raise ImageTooLargeError(f"Input image dimensions {size} exceed maximum dimension size of {MAX_SIDE} pixels")
    if header.is_buffered and header.columns * header.rows > MAX_BUFFERED_PIXELS:
        raise ImageTooLargeError(
            f"Image size is too large. It has {size} pixels; {MAX_BUFFERED_PIXELS:,} are allowed of its kind."
        )
    if min(header.columns, header.rows) < least_side:
        raise InvalidParameterError(
            f"Request has invalid parameters. The image is {size} pixels; width and height must be at least "
            f"{least_side}."
        )


def _require_few_scans(header: Header) -> None:
    if header.scans > MAX_SCANS or header.scans * header.columns * header.rows > MAX_SCANNED_PIXELS:
        raise ImageTooLargeError(f"Image size is too large. Its {header.scans} scans take too long; save it anew.")


def choose_reduction(header: Header) -> int:
    """1, 2, 4 or 8: by how much a picture is made smaller while it is decoded."""
    spare = max(header.columns, header.rows) / ENOUGH_SIDE
    return max(reduction for reduction in (1, 2, 4, 8) if reduction <= max(spare, 1))


def _decode(data: bytes, reduction: int, *, is_turned: bool) -> Picture:
    """`is_turned`: as EXIF says. Rekognition reads no EXIF of a PNG."""
    flags = cv2.IMREAD_COLOR_RGB | _REDUCTIONS.get(reduction, 0)
    if not is_turned:
        flags |= cv2.IMREAD_IGNORE_ORIENTATION
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as exc:
        raise InvalidImageFormatError from exc
    if picture is None:
        raise InvalidImageFormatError
    return np.asarray(picture, np.uint8)
