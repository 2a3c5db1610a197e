"""Formats, sizes and turns by the first bytes."""

import struct

import pytest
from fakes.pictures import make_image

from faceprint.model.errors import ImageTooLargeError, ImageTooSmallError, UnsupportedFormatError
from faceprint.model.images import ImageInfo, read_image_info


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_format_and_size(format: str) -> None:
    assert read_image_info(make_image(1, size=(120, 90), format=format)) == ImageInfo(format, 120, 90)


@pytest.mark.parametrize(("orientation", "size"), [(1, (120, 90)), (3, (120, 90)), (6, (90, 120)), (8, (90, 120))])
def test_check_06_the_size_is_that_of_the_picture_turned_upright(orientation: int, size: tuple[int, int]) -> None:
    info = read_image_info(make_image(1, size=(120, 90), orientation=orientation))

    assert (info.width, info.height) == size


def test_80_pixels_a_side_are_enough_and_79_are_not() -> None:
    assert read_image_info(make_image(1, size=(80, 80))).width == 80
    with pytest.raises(ImageTooSmallError, match="79 x 80"):
        read_image_info(make_image(1, size=(79, 80)))


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

    assert read_image_info(data[: len(data) // 2 + 300], whole=False) == ImageInfo("JPEG", 200, 300)
    assert read_image_info(data[:40], whole=False) == ImageInfo("JPEG", 0, 0)
