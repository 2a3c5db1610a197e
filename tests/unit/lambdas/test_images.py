"""Formats, sizes and turns by the first bytes."""

import struct

import pytest

from faceprint.model.errors import (
    ImageTooLargeError,
    ImageTooSmallError,
    InvalidParameterError,
    UnsupportedFormatError,
)
from faceprint.model.images import ImageInfo, explaining_refusals, read_image_info
from fakes.pictures import make_image


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_format_and_size(format: str) -> None:
    assert read_image_info(make_image(1, size=(120, 90), format=format)) == ImageInfo(format, 120, 90)


@pytest.mark.parametrize(("orientation", "size"), [(1, (120, 90)), (3, (120, 90)), (6, (90, 120)), (8, (90, 120))])
def test_check_06_the_size_is_that_of_the_picture_turned_upright(orientation: int, size: tuple[int, int]) -> None:
    info = read_image_info(make_image(1, size=(120, 90), orientation=orientation))

    assert (info.width, info.height) == size


def test_10_000_pixels_a_side_are_the_most() -> None:
    assert read_image_info(make_image(1, size=(10_000, 9))).width == 10_000
    for size in ((10_001, 9), (9, 10_001)):
        with pytest.raises(ImageTooLargeError, match=f"{size[0]} x {size[1]} pixels; a side may have 10000"):
            read_image_info(make_image(1, size=size))


def test_a_png_without_pixels_is_damaged() -> None:
    data = bytearray(make_image(1, size=(90, 90), format="PNG"))
    data[16:20] = bytes(4)

    with pytest.raises(UnsupportedFormatError, match="no pixels"):
        read_image_info(bytes(data))


def test_the_least_size_is_rekognitions_to_judge() -> None:
    small = read_image_info(make_image(1, size=(79, 200)))

    with pytest.raises(ImageTooSmallError, match="79 x 200"), explaining_refusals(small):
        raise InvalidParameterError("Request has invalid parameters")
    for size in ((80, 80), (0, 0)):  # 0: not known
        with pytest.raises(InvalidParameterError), explaining_refusals(ImageInfo("JPEG", *size)):
            raise InvalidParameterError("Request has invalid parameters")


def test_a_header_that_promises_gigapixels_is_refused_unread() -> None:
    header = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII5B", 13, b"IHDR", 50_000, 50_000, 8, 2, 0, 0, 0)

    with pytest.raises(ImageTooLargeError):
        read_image_info(header + bytes(16) + b"\0\0\0\0IEND\xaeB`\x82")


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_a_file_that_is_cut_off_is_refused(format: str, share: float) -> None:
    data = make_image(1, size=(300, 300), format=format)

    with pytest.raises(UnsupportedFormatError, match="cut off"):
        read_image_info(data[: int(len(data) * share)])


def test_the_beginning_of_a_file_is_enough_when_no_more_is_at_hand() -> None:
    data = make_image(1, size=(300, 200), orientation=6)

    assert read_image_info(data[: len(data) // 2 + 300], whole=False) == ImageInfo("JPEG", 200, 300, 6)
    assert read_image_info(data[:40], whole=False) == ImageInfo("JPEG", 0, 0)
