"""multipart/form-data as clients write it."""

import pytest

from faceprint.model.errors import InvalidParameterError
from faceprint.model.forms import read_form

KIND = "multipart/form-data; boundary=B"


def part(disposition: str, content: bytes = b"x", *, end: bytes = b"\r\n") -> bytes:
    head = b"Content-Type: image/jpeg" + end + disposition.encode() + end * 2
    return b"--B" + end + head + content + end


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('Content-Disposition: form-data; name="file"; filename="a.jpg"', "file"),
        ('Content-Disposition: form-data; filename="name=no"; name=file', "file"),
        ('content-disposition:form-data;name="Größe"', "Größe"),
        ('Content-Disposition: form-data; NAME=""', ""),
    ],
)
@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_a_part_has_its_name(disposition: str, name: str, end: bytes) -> None:
    assert read_form(part(disposition, end=end) + b"--B--", KIND) == {name: b"x"}


def test_content_is_kept_byte_by_byte() -> None:
    content = b"\r\n\r\n--C\r\n\x00\xff--B \n"

    assert read_form(part('Content-Disposition: form-data; name="a"', content) + b"--B--\r\n", KIND) == {"a": content}


def test_what_comes_before_and_after_the_parts_is_left_out() -> None:
    inside = part("Content-Disposition: form-data; name=a")

    assert read_form(b"preamble\r\n" + inside + b"--B--\r\n" + inside.replace(b"name=a", b"name=b"), KIND) == {
        "a": b"x"
    }


@pytest.mark.parametrize("kind", ["multipart/form-data", 'multipart/form-data; boundary=""', KIND + "C"])
def test_a_form_without_its_boundary_is_refused(kind: str) -> None:
    with pytest.raises(InvalidParameterError):
        read_form(part("Content-Disposition: form-data; name=a"), kind)
