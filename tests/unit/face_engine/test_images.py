"""Decoding: only whole JPEG and PNG of sensible size, upright, and never more memory than needed."""

from __future__ import annotations

import struct
import time
import zlib

import cv2
import numpy as np
import pytest

from face_engine.errors import ImageTooLargeError, InvalidImageFormatError, InvalidParameterError
from face_engine.image_headers import Header, read_header
from face_engine.images import choose_reduction, load_image
from faceprint.model.images import read_image_info
from fakes.fake_vision import make_photo

ORIENTATIONS = [1, 2, 3, 4, 5, 6, 7, 8]


def png_header(columns: int, rows: int) -> bytes:
    content = b"IHDR" + struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + content + struct.pack(">I", zlib.crc32(content))


def with_orientation(jpeg: bytes, orientation: int) -> bytes:
    tiff = b"II*\x00" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    segment = b"Exif\x00\x00" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + jpeg[2:]


def picture_with_dark_corner() -> np.ndarray:
    picture = np.full((120, 200, 3), 220, np.uint8)
    picture[:40, :60] = (0, 0, 200)
    return picture


def png_with_orientation(png: bytes, orientation: int) -> bytes:
    """With the eXIf chunk of PNG's third edition."""
    chunk = b"eXIf" + b"II*\x00" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    whole = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return png[:33] + whole + png[33:]


def encode(picture: np.ndarray, kind: str, *flags: int) -> bytes:
    return cv2.imencode(kind, picture, list(flags))[1].tobytes()


@pytest.mark.parametrize("kind", [".png", ".jpg"])
def test_pictures_come_out_as_rgb(kind: str) -> None:
    picture = load_image(encode(picture_with_dark_corner(), kind)).picture

    assert picture.shape == (120, 200, 3)
    assert picture[10, 10] == pytest.approx([200, 0, 0], abs=6)


def test_progressive_jpeg_is_read() -> None:
    data = encode(picture_with_dark_corner(), ".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1)

    assert read_header(data).is_buffered
    assert load_image(data).picture.shape == (120, 200, 3)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_png_is_never_turned_and_header_and_picture_agree(orientation: int) -> None:
    data = png_with_orientation(encode(picture_with_dark_corner(), ".png"), orientation)

    picture, told = load_image(data).picture, read_image_info(data)

    assert picture.shape[:2] == (told.height, told.width) == (120, 200)
    assert picture[10, 10] == pytest.approx([200, 0, 0])


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_exif_orientation_is_honoured(orientation: int) -> None:
    turned = {1: "tl", 2: "tr", 3: "br", 4: "bl", 5: "tl", 6: "tr", 7: "br", 8: "bl"}[orientation]

    data = with_orientation(encode(picture_with_dark_corner(), ".jpg"), orientation)

    picture, told = load_image(data).picture, read_image_info(data)

    assert picture.shape[:2] == (told.height, told.width) == ((200, 120) if orientation > 4 else (120, 200))
    corner = picture[10 if turned[0] == "t" else -10, 10 if turned[1] == "l" else -10]
    assert corner[2] < 60


@pytest.mark.parametrize(
    "data",
    [
        b"\x00",
        b"hello, this is text",
        b"<html></html>",
        b"%PDF-1.7 ...",
        b"GIF89a" + bytes(50),
        b"RIFF\x00\x00\x00\x00WEBPVP8 " + bytes(50),
        b"\x00\x00\x00\x18ftypheic" + bytes(50),
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0garbage" * 9,
        b"\x89PNG\r\n\x1a\n",
    ],
)
def test_anything_but_jpeg_and_png_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidImageFormatError):
        load_image(data)


@pytest.mark.parametrize("kind", [".png", ".jpg"])
def test_picture_cut_short_anywhere_is_refused(kind: str) -> None:
    data = encode(np.random.default_rng(5).integers(0, 255, (100, 100, 3), np.uint8), kind)

    for length in [20, 100, 700, len(data) // 2, len(data) - 13]:
        with pytest.raises(InvalidImageFormatError, match="cut short"):
            load_image(data[:length])


def test_damage_inside_a_whole_picture_is_refused() -> None:
    data = bytearray(make_photo(80))
    data[41:60] = bytes(19)

    with pytest.raises(InvalidImageFormatError):
        load_image(bytes(data))


@pytest.mark.parametrize("side", [50_000, 2**31 - 1])
def test_decompression_bomb_is_refused_by_its_header(side: int) -> None:
    started = time.perf_counter()

    with pytest.raises(ImageTooLargeError, match=str(side)):
        load_image(png_header(side, side) + bytes(100))

    assert time.perf_counter() - started < 0.1


@pytest.mark.parametrize(("columns", "rows"), [(10_001, 90), (90, 10_001)])
def test_a_side_above_ten_thousand_pixels_is_refused_in_awss_words(columns: int, rows: int) -> None:
    told = f"^Input image dimensions {columns} x {rows} exceed maximum dimension size of 10000 pixels$"
    for kind in (".jpg", ".png"):
        with pytest.raises(ImageTooLargeError, match=told):
            load_image(make_photo(1, columns=columns, rows=rows, kind=kind))


def test_ten_thousand_pixels_are_taken() -> None:
    assert load_image(make_photo(1, columns=10_000, rows=80, kind=".jpg")).picture.shape[1] == 2500


@pytest.mark.parametrize(("columns", "rows"), [(79, 200), (200, 79)])
def test_picture_below_eighty_pixels_is_refused(columns: int, rows: int) -> None:
    with pytest.raises(InvalidParameterError, match="at least 80"):
        load_image(make_photo(1, columns=columns, rows=rows))


def test_eighty_pixels_are_enough() -> None:
    assert load_image(make_photo(1, columns=80, rows=80)).picture.shape == (80, 80, 3)


@pytest.mark.parametrize(
    ("columns", "rows", "reduction"),
    [(3199, 100, 1), (3200, 2400, 2), (2400, 6400, 4), (9999, 9000, 4), (13000, 9000, 8)],
)
def test_large_pictures_are_reduced_but_never_below_1600(columns: int, rows: int, reduction: int) -> None:
    assert choose_reduction(Header("JPEG", columns, rows, body=0, is_buffered=False)) == reduction


def test_reduced_picture_keeps_its_colours() -> None:
    large = cv2.resize(picture_with_dark_corner(), (3200, 1920), interpolation=cv2.INTER_NEAREST)

    picture = load_image(encode(large, ".jpg")).picture

    assert picture.shape == (960, 1600, 3)
    assert picture[10, 10] == pytest.approx([200, 0, 0], abs=6)
