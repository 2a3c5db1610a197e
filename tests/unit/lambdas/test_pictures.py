"""Crops and drawn pictures: within AWS's sizes, whatever the photo, and the same for every kind of file."""

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from faceprint.model.boxes import BoundingBox
from faceprint.model.errors import ImageTooLargeError, UnsupportedFormatError
from faceprint.model.limits import MAX_REKOGNITION_BYTES
from faceprint.use_cases import pictures
from faceprint.use_cases.pictures import Label, Picture, check_memory
from fakes.pictures import make_image

WHOLE: BoundingBox = {"Left": 0.0, "Top": 0.0, "Width": 1.0, "Height": 1.0}
FACE: BoundingBox = {"Left": 0.4, "Top": 0.4, "Width": 0.2, "Height": 0.2}
RED, BLUE = (200, 20, 20), (20, 20, 200)

KINDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "JPEG": ("RGB", "JPEG", {"quality": 95}),
    "progressive": ("RGB", "JPEG", {"quality": 95, "progressive": True}),
    "CMYK": ("CMYK", "JPEG", {"quality": 95}),
    "grey JPEG": ("L", "JPEG", {"quality": 95}),
    "PNG": ("RGB", "PNG", {}),
    "alpha": ("RGBA", "PNG", {}),
    "grey": ("L", "PNG", {}),
    "grey with alpha": ("LA", "PNG", {}),
    "palette": ("P", "PNG", {}),
    "16 bit": ("I;16", "PNG", {}),
}


def noise(width: int, height: int) -> Picture:
    pixels = np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)
    return Picture(Image.fromarray(pixels))


def picture_of_kind(kind: str, size: tuple[int, int] = (600, 400)) -> bytes:
    """Red on the left, blue on the right; light and dark where the kind has no colours."""
    mode, format, options = KINDS[kind]
    image = Image.new("RGB", size, BLUE)
    image.paste(RED, (0, 0, size[0] // 2, size[1]))
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    else:
        image = image.quantize(16) if mode == "P" else image.convert(mode)
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def decode(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def test_a_face_that_fills_a_large_photo_becomes_a_crop_of_sane_size() -> None:
    crop = noise(4000, 3000).crop(WHOLE, [WHOLE])

    assert decode(crop).size == (1600, 1200)
    assert len(crop) <= MAX_REKOGNITION_BYTES


def test_a_crop_that_is_small_enough_keeps_every_pixel() -> None:
    assert decode(noise(3000, 2000).crop(FACE, [FACE])).size == (1200, 800)


def test_a_long_thin_crop_keeps_the_least_side() -> None:
    assert decode(noise(9000, 100).crop(WHOLE, [WHOLE])).size == (1600, 80)


def test_the_neighbours_on_a_reduced_crop_are_blanked_where_they_are() -> None:
    image = Image.new("RGB", (6000, 4000), RED)
    neighbour: BoundingBox = {"Left": 0.05, "Top": 0.3, "Width": 0.2, "Height": 0.2}
    own: BoundingBox = {"Left": 0.3, "Top": 0.1, "Width": 0.5, "Height": 0.8}

    crop = decode(Picture(image).crop(own, [own, neighbour]))

    assert crop.size == (1600, 1067)  # of all 6000 x 4000 pixels
    inside, beside = crop.getpixel((240, 420)), crop.getpixel((240, 250))
    assert max(inside) - min(inside) < 20
    assert beside[0] > 180


@pytest.mark.parametrize("most", [1_500_000, 700_000, 60_000])
def test_a_drawn_picture_has_as_many_bytes_as_it_may(most: int) -> None:
    drawn = noise(1200, 900).draw([Label(FACE, "Ana", True)], most=most)

    assert most / 3 < len(drawn) <= most
    assert abs(decode(drawn).width / decode(drawn).height - 4 / 3) < 0.02


def test_a_drawn_picture_that_fits_keeps_size_and_quality() -> None:
    picture = noise(600, 400)
    stream = io.BytesIO()
    picture.image.save(stream, "JPEG", quality=92)

    assert picture.draw([], most=5_000_000) == stream.getvalue()


@pytest.mark.parametrize("kind", KINDS)
def test_a_huge_picture_of_every_kind_is_halved_and_looks_the_same(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = picture_of_kind(kind)
    whole = Picture.open(data).image
    monkeypatch.setattr(pictures, "_MOST_PIXELS", 100_000)

    halved = Picture.open(data).image

    assert (whole.size, halved.size) == ((600, 400), (300, 200))
    for x in (40, 260):
        for y in (10, 127, 128, 190):
            one, other = whole.getpixel((2 * x, 2 * y)), halved.getpixel((x, y))
            assert all(abs(a - b) < 6 for a, b in zip(one, other, strict=True))
    assert whole.getpixel((80, 20)) != whole.getpixel((520, 20))


def test_sixteen_bits_of_grey_are_not_all_white() -> None:
    image = Picture.open(picture_of_kind("16 bit")).image

    assert [image.getpixel((x, 200))[0] for x in (100, 500)] == [74, 41]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_huge_photo_is_turned_as_a_small_one(orientation: int, monkeypatch: pytest.MonkeyPatch) -> None:
    data = make_image(1, size=(500, 300), orientation=orientation)
    size = Picture.open(data).image.size
    monkeypatch.setattr(pictures, "_MOST_PIXELS", 100_000)

    halved = Picture.open(data).image.size

    assert size == ((500, 300) if orientation < 5 else (300, 500))
    assert halved == (size[0] // 2, size[1] // 2)


def test_a_png_is_not_turned_as_rekognition_turns_jpegs_only() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stream = io.BytesIO()
    Image.new("RGB", (300, 200), RED).save(stream, "PNG", exif=exif)

    assert b"eXIf" in stream.getvalue()
    assert Picture.open(stream.getvalue()).image.size == (300, 200)


def png_header(width: int, height: int, *, colour: int) -> bytes:
    """All that is read of a PNG before it is decoded; `colour` is 0 for grey, 2 for RGB."""
    parts = ((b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)), (b"IDAT", b""), (b"IEND", b""))
    chunks = [
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def test_what_a_function_has_no_memory_for_is_refused_before_it_is_decoded() -> None:
    colours, grey = png_header(9900, 9900, colour=2), png_header(9900, 9900, colour=0)

    with pytest.raises(ImageTooLargeError, match="has 512 MB"):
        check_memory(colours, 512)
    check_memory(colours, 1024)
    check_memory(grey, 512)


def test_headers_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(UnsupportedFormatError):
        check_memory(png_header(12_000, 12_000, colour=0), 10_240)


def test_a_damaged_picture_is_refused() -> None:
    data = picture_of_kind("PNG")

    with pytest.raises(UnsupportedFormatError):
        Picture.open(data[: len(data) // 2] + data[-12:])
