"""What the first bytes of a file tell: its format and its size in pixels. Nothing is decoded here."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from faceprint.model.errors import (
    ImageTooLargeError,
    ImageTooSmallError,
    InvalidParameterError,
    UnsupportedFormatError,
)
from faceprint.model.limits import MAX_IMAGE_SIDE, MIN_IMAGE_SIDE

_JPEG = b"\xff\xd8\xff"
_PNG = b"\x89PNG\r\n\x1a\n"
_OTHERS = (
    (b"GIF8", 0, "a GIF"),
    (b"WEBP", 8, "a WebP image"),
    (b"ftyphei", 4, "a HEIC image"),
    (b"ftyphev", 4, "a HEIC image"),
    (b"ftypmif1", 4, "a HEIF image"),
    (b"ftypavif", 4, "an AVIF image"),
    (b"BM", 0, "a BMP image"),
    (b"II*\0", 0, "a TIFF image"),
    (b"MM\0*", 0, "a TIFF image"),
    (b"%PDF", 0, "a PDF document"),
    (b"PK\x03\x04", 0, "a ZIP archive"),
)
_ORIENTATION_TAG = 0x0112
_TURNED_ON_ITS_SIDE = range(5, 9)
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN_MARKER = 0xDA


@dataclass(frozen=True)
class ImageInfo:
    """`format` is JPEG or PNG; `width` and `height` are pixels of the picture turned upright.

    `orientation` is how to turn it: 1 to 8, as EXIF counts. A PNG is never turned, as Rekognition does not.
    """

    format: str
    width: int
    height: int
    orientation: int = 1

    @property
    def content_type(self) -> str:
        return f"image/{self.format.lower()}"


def is_image(data: bytes) -> bool:
    """Whether the magic bytes are those of a JPEG or PNG."""
    return data.startswith((_JPEG, _PNG))


def describe_bytes(data: bytes) -> str:
    """What data looks like, for people: "a PDF document"."""
    for magic, offset, name in _OTHERS:
        if data[offset : offset + len(magic)] == magic:
            return name
    start = data[:512].lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "an HTML page"
    try:
        start.decode("utf-8")
    except UnicodeDecodeError:
        return f"{len(data)} bytes of an unknown kind"
    return "plain text" if len(data) > 1 else "a single byte"


def read_image_info(head: bytes, *, whole: bool = True) -> ImageInfo:
    """Format and size of an image, with the checks that cost nothing.

    head is the file, or with whole=False its beginning. That need not hold the frame header of a JPEG with a large
    preview before it; width and height are 0 then.

    Raises UnsupportedFormatError, ImageTooLargeError.
    """
    if not head:
        raise UnsupportedFormatError("It is empty; send a JPEG or PNG.")
    if head.startswith(_PNG):
        info = _read_png(head, whole=whole)
    elif head.startswith(_JPEG):
        info = _read_jpeg(head, whole=whole)
    else:
        raise UnsupportedFormatError(f"This is {describe_bytes(head)}; send a JPEG or PNG.")
    if max(info.width, info.height) > MAX_IMAGE_SIDE:
        raise ImageTooLargeError(
            f"The image has {info.width} x {info.height} pixels; a side may have {MAX_IMAGE_SIDE}. Send a smaller one."
        )
    return info


@contextmanager
def explaining_refusals(picture: ImageInfo) -> Iterator[None]:
    """Rekognition refuses pictures that are too small for it without saying why.

    Raises ImageTooSmallError in place of such a refusal when the picture is smaller than its guidelines want.
    """
    try:
        yield
    except InvalidParameterError:
        require_large_enough(picture)
        raise


def require_large_enough(*pictures: ImageInfo) -> None:
    """Raises ImageTooSmallError for one that is smaller than Rekognition's guidelines want; 0 is not known."""
    for picture in pictures:
        if 0 < min(picture.width, picture.height) < MIN_IMAGE_SIDE:
            raise ImageTooSmallError(
                f"The image has {picture.width} x {picture.height} pixels, too few for Rekognition; "
                f"send one of at least {MIN_IMAGE_SIDE} a side."
            )


def _read_png(data: bytes, *, whole: bool) -> ImageInfo:
    if len(data) < 33 or data[12:16] != b"IHDR" or (whole and b"IEND" not in data[-64:]):
        raise UnsupportedFormatError("The PNG is cut off or damaged; send the whole file.")
    width, height = struct.unpack(">II", data[16:24])
    if not width or not height:
        raise UnsupportedFormatError("The PNG is damaged: it has no pixels.")
    return ImageInfo("PNG", width, height)


def _read_jpeg(data: bytes, *, whole: bool) -> ImageInfo:
    """Sizes lie in the frame header, the turn in the EXIF block before it (ITU T.81 B.2, Exif 2.3)."""
    orientation, width, height, scan = 1, 0, 0, len(data)
    for marker, start, end in _jpeg_segments(data):
        if marker == 0xE1 and data[start : start + 6] == b"Exif\0\0":
            orientation = _read_orientation(data[start + 6 : end])
        elif marker in _FRAME_MARKERS and start + 5 <= len(data):
            height, width = struct.unpack_from(">HH", data, start + 1)
        elif marker == _SCAN_MARKER:
            scan = end
    if whole and (not width or not height or data.find(b"\xff\xd9", scan) < 0):
        raise UnsupportedFormatError("The JPEG is cut off or damaged; send the whole file.")
    if orientation in _TURNED_ON_ITS_SIDE:
        width, height = height, width
    return ImageInfo("JPEG", width, height, orientation)


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each segment's payload, up to and including the first scan header."""
    position = 2
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        length = int.from_bytes(data[position + 2 : position + 4], "big")
        yield marker, position + 4, position + 2 + length
        if marker == _SCAN_MARKER or length < 2:
            return
        position += 2 + length


def _read_orientation(tiff: bytes) -> int:
    """The EXIF orientation, 1 to 8; 1 (upright) where there is none or the block is damaged."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 10:
        return 1
    (offset,) = struct.unpack_from(order + "I", tiff, 4)
    if offset + 2 > len(tiff):
        return 1
    (count,) = struct.unpack_from(order + "H", tiff, offset)
    for entry in range(offset + 2, min(offset + 2 + 12 * count, len(tiff) - 11), 12):
        tag, _kind, _count, value = struct.unpack_from(order + "HHIH", tiff, entry)
        if tag == _ORIENTATION_TAG:
            return value if 1 <= value <= 8 else 1
    return 1
