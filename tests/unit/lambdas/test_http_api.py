"""The one image decoder, file names and metadata."""

import base64
import json
import textwrap
from typing import Any
from urllib.parse import quote, quote_from_bytes

import pytest

from faceprint.http_api import ApiRequest
from faceprint.image_bodies import decode_image
from faceprint.model.errors import (
    BadBase64Error,
    FaceprintError,
    InvalidParameterError,
    MissingImageError,
    UnsupportedFormatError,
)
from fakes.pictures import make_image

JPEG = make_image(1)
PNG = make_image(2, format="PNG")


def request(body: bytes = b"", content_type: str = "", *, filename: str = "a.jpg", **headers: str) -> ApiRequest:
    """A request as API Gateway hands it on: the body in base64, the path as it was sent."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    event: dict[str, Any] = {
        "httpMethod": "PUT",
        "resource": "/index/{filename+}",
        "pathParameters": {"filename": filename},
        "headers": {"Content-Type": content_type, **named},
        "queryStringParameters": None,
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }
    return ApiRequest(event)


def form(name: str, data: bytes, **fields: str) -> tuple[bytes, str]:
    parts = [f'Content-Disposition: form-data; name="{key}"\r\n\r\n{value}'.encode() for key, value in fields.items()]
    parts.append(
        f'Content-Disposition: form-data; name="{name}"; filename="x.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'.encode()
        + data
    )
    body = b"".join(b"--BOUND\r\n" + part + b"\r\n" for part in parts) + b"--BOUND--\r\n"
    return body, "multipart/form-data; boundary=BOUND"


PLAIN = base64.b64encode(JPEG)
FORMS = {
    "raw": (JPEG, "image/jpeg"),
    "raw with a wrong type": (JPEG, "text/plain"),
    "base64": (PLAIN, "text/plain"),
    "base64 without padding": (PLAIN.rstrip(b"="), "text/plain"),
    "wrapped base64": ("\r\n".join(textwrap.wrap(PLAIN.decode(), 64)).encode() + b"\n", "text/plain"),
    "URL-safe base64": (base64.urlsafe_b64encode(JPEG), "text/plain"),
    "data URI": (b"data:image/jpeg;base64," + PLAIN, "text/plain"),
    "base64 of base64": (base64.b64encode(PLAIN), "text/plain"),
    "base64 of wrapped base64": (base64.b64encode(base64.encodebytes(JPEG)), "text/plain"),
    "JSON": (json.dumps({"image": PLAIN.decode()}, indent=2).encode(), "application/json"),
    "JSON with a data URI": (
        json.dumps({"image": "data:image/jpeg;base64," + PLAIN.decode()}).encode(),
        "application/json",
    ),
    "a JSON string": (b'"' + PLAIN + b'"', "application/json"),
    "base64 whose + became spaces": (PLAIN.replace(b"+", b" "), "text/plain"),
    "wrapped base64 whose + became spaces": (base64.encodebytes(JPEG).replace(b"+", b" "), "text/plain"),
    "base64 whose line breaks became spaces": (base64.encodebytes(JPEG).strip().replace(b"\n", b" "), "text/plain"),
    "unpadded base64 whose + became spaces": (PLAIN.rstrip(b"=").replace(b"+", b" "), "text/plain"),
    "UTF-16 of PowerShell": ("\ufeff".encode("utf-16-le") + PLAIN.decode().encode("utf-16-le"), "text/plain"),
    "UTF-16 of the other order": (("\ufeff" + PLAIN.decode()).encode("utf-16-be"), "text/plain"),
    "UTF-16 without a mark": (PLAIN.decode().encode("utf-16-le"), "text/plain"),
    "a byte order mark": (b"\xef\xbb\xbf" + PLAIN, "text/plain"),
    "Python's repr": (repr(PLAIN).encode(), "text/plain"),
    "Python's repr of lines": (repr(base64.encodebytes(JPEG)).encode(), "text/plain"),
    "JSON with Python's repr": (json.dumps({"image": repr(PLAIN)}).encode(), "application/json"),
    "certificate armour": (
        b"-----BEGIN CERTIFICATE-----\r\n" + base64.encodebytes(JPEG) + b"-----END CERTIFICATE-----\r\n",
        "text/plain",
    ),
    "percent-encoded base64": (quote(PLAIN, safe="").encode(), "application/x-www-form-urlencoded"),
    "a form field": (b"image=" + PLAIN, "application/x-www-form-urlencoded"),
    "a percent-encoded form field": (f"image={quote(PLAIN, safe='')}".encode(), "application/x-www-form-urlencoded"),
    "data URI with parameters": (b'data:image/jpeg;name="a b.jpg";charset=utf-8;base64,' + PLAIN, "text/plain"),
    "data URI, percent-encoded": (b"data:image/jpeg;base64," + quote(PLAIN, safe="").encode(), "text/plain"),
    "data URI of bytes": (b"data:image/jpeg," + quote_from_bytes(JPEG).encode(), "text/plain"),
    "a form field with a data URI": (b"file=data:image/jpeg;base64," + PLAIN, "application/x-www-form-urlencoded"),
    "Latin-1 sent as UTF-8": (JPEG.decode("latin-1").encode("utf-8"), "image/jpeg"),
    "multipart file": form("file", JPEG),
    "multipart image_file": form("image_file", JPEG, threshold="80"),
    "multipart base64": form("file", PLAIN),
}


@pytest.mark.parametrize("name", FORMS)
def test_check_04_every_form_gives_the_same_image(name: str) -> None:
    body, content_type = FORMS[name]

    assert request(body, content_type).image() == JPEG


def test_a_png_is_an_image_too() -> None:
    assert decode_image(base64.b64encode(PNG)) == PNG


@pytest.mark.parametrize(
    ("body", "content_type", "error", "says"),
    [
        (b"", "", MissingImageError, "no image"),
        (b" \n", "", MissingImageError, "no image"),
        (b"{}", "application/json", MissingImageError, "has no image"),
        (*form("picture", JPEG), MissingImageError, "'file'"),
        (b'{"image": ', "application/json", InvalidParameterError, "JSON"),
        (b"x", "", UnsupportedFormatError, "single byte"),
        (b"hello, who is this?", "", UnsupportedFormatError, "plain text"),
        (b"<!DOCTYPE html><html></html>", "", UnsupportedFormatError, "HTML"),
        (b"%PDF-1.7 ...", "", UnsupportedFormatError, "PDF"),
        (b"GIF89a" + bytes(20), "", UnsupportedFormatError, "GIF"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "", UnsupportedFormatError, "WebP"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "", UnsupportedFormatError, "HEIC"),
        (base64.b64encode(b"%PDF-1.7 of some length"), "", UnsupportedFormatError, "PDF"),
        (b"data:image/jpeg;base64,!!!!", "", BadBase64Error, "data: URI"),
        (PLAIN[:-3].rstrip(b"=") + b"AAAAA", "", None, ""),
        (b"A" * 41, "", BadBase64Error, "cut off"),
        (PLAIN[:300] + b"*" + PLAIN[300:], "", BadBase64Error, r"holds '\*'"),
        (PLAIN[:300] + b"..." + PLAIN[300:], "", BadBase64Error, "holds '.'"),
        (JPEG.translate(None, b"\0\r\n"), "application/x-www-form-urlencoded", UnsupportedFormatError, "--data-binary"),
        (JPEG[: JPEG.index(b"\0")], "application/x-www-form-urlencoded", UnsupportedFormatError, "--data-binary"),
        (PNG.translate(None, b"\0\r\n"), "", UnsupportedFormatError, "--data-binary"),
        (JPEG.decode("utf-8", "replace").encode(), "", UnsupportedFormatError, "read as text"),
        (PNG.decode("utf-8", "replace").encode(), "", UnsupportedFormatError, "read as text"),
    ],
)
def test_what_is_no_image_is_refused_with_what_was_seen(
    body: bytes, content_type: str, error: type[FaceprintError] | None, says: str
) -> None:
    if error is None:
        assert request(body, content_type).image().startswith(b"\xff\xd8\xff")
        return
    with pytest.raises(error, match=says):
        request(body, content_type).image()


@pytest.mark.parametrize(
    ("sent", "key"),
    [
        ("a.jpg", "a.jpg"),
        ("a%20b.JPG", "a b.JPG"),
        ("a+b.jpg", "a+b.jpg"),
        ("Jos%C3%A9%20Mar%C3%ADa/1.jpeg", "José María/1.jpeg"),
        ("Jos%C3%A9%20Mar%C3%ADa%2F1.jpeg", "José María/1.jpeg"),
        ("100%25.jpg", "100%.jpg"),
        ("%252e%252e", "%2e%2e"),
        ("x" * 300, "x" * 300),
        ("%F0%9F%98%80.jpg", "😀.jpg"),
        ("a.jpg/", "a.jpg"),
    ],
)
def test_check_03_file_names_come_through_as_they_are(sent: str, key: str) -> None:
    assert request(filename=sent).key == key


@pytest.mark.parametrize("sent", ["%2e%2e", "../../x", "a/../b", ".", "a//b", "%00.jpg", "%FF.jpg", "x" * 1025, "%2F"])
def test_check_03_names_that_are_paths_are_refused(sent: str) -> None:
    with pytest.raises(InvalidParameterError):
        _ = request(filename=sent).key


def test_names_arrive_in_every_encoding_that_clients_use() -> None:
    utf8_as_latin1 = "José".encode().decode("latin-1")

    assert request(x_amz_meta_name="Ana").name == "Ana"
    assert request(x_amz_meta_name=utf8_as_latin1).name == "José"
    assert request(x_amz_meta_name="=?UTF-8?B?Sm9zw6k=?=").name == "José"


def test_other_metadata_headers_become_metadata() -> None:
    received = request(x_amz_meta_name="Ana", x_amz_meta_trip="rome", X_Amz_Meta_Camera="nikon")

    assert received.metadata == {"trip": "rome", "camera": "nikon"}


@pytest.mark.parametrize("headers", [{"x_amz_meta_faceprint_sha256": "x"}, {"x_amz_meta_trip": "a\x07b"}])
def test_metadata_that_is_ours_or_garbled_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(InvalidParameterError):
        _ = request(**headers).metadata


def test_parameters_stand_beside_the_image_or_in_the_query() -> None:
    body, content_type = form("file", JPEG, threshold="70", maxFaces="3")
    received = ApiRequest({**request(body, content_type).event, "queryStringParameters": {"threshold": "90"}})

    assert received.parameters["threshold"] == "90"
    assert received.parameters["maxFaces"] == "3"
