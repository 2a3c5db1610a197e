"""Bad input gets a clear error in time, and nothing is half-written."""

import base64
import json
import re
import struct
import time
from typing import Any

import pytest
import requests

from api_contract.openapi import Operation, load_contract
from fakes.pictures import make_image
from local_world import LocalCloud, sample

HUGE_PNG = (
    b"\x89PNG\r\n\x1a\n"
    + struct.pack(">I4sII5B", 13, b"IHDR", 50_000, 50_000, 8, 2, 0, 0, 0)
    + bytes(40)
    + b"\0\0\0\0IEND\xaeB`\x82"
)
BODIES: dict[str, tuple[bytes, int, str]] = {
    "empty": (b"", 400, "MissingImage"),
    "one byte": (b"x", 415, "UnsupportedFormat"),
    "text": (b"hello, who is this?", 415, "UnsupportedFormat"),
    "HTML": (b"<!DOCTYPE html><html><body>hi</body></html>", 415, "UnsupportedFormat"),
    "a PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", 415, "UnsupportedFormat"),
    "a truncated JPEG": (sample("grace-hopper")[:20_000], 415, "UnsupportedFormat"),
    "a PNG of 50,000 x 50,000": (HUGE_PNG, 413, "ImageTooLarge"),
    "a GIF": (b"GIF89a" + bytes(64), 415, "UnsupportedFormat"),
    "a WebP": (b"RIFF\x24\0\0\0WEBPVP8 " + bytes(64), 415, "UnsupportedFormat"),
    "a HEIC": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64), 415, "UnsupportedFormat"),
    "10,001 pixels a side": (make_image(1, size=(10_001, 90)), 413, "ImageTooLarge"),
    "bad base64": (b"data:image/jpeg;base64,!!!!", 400, "BadBase64"),
    "6 MB": (sample("grace-hopper") + bytes(6_000_000), 413, "ImageTooLarge"),
    "16 MB": (sample("grace-hopper") + bytes(16_000_000), 413, "ImageTooLarge"),
}


def assert_refused(answer: requests.Response, status: int, error: str, started: float) -> None:
    body = answer.json()
    assert (answer.status_code, body["error"]) == (status, error), answer.text
    assert set(body) == {"error", "description", "requestId"}
    assert body["requestId"]
    assert len(body["description"]) > 20
    assert not any(mark in answer.text for mark in ("Traceback", "arn:", 'File "'))
    assert time.monotonic() - started < 2


def test_a_small_picture_is_refused_where_rekognition_refuses_it(cloud: LocalCloud) -> None:
    small, tiny = make_image(1, size=(79, 79)), make_image(1, size=(39, 39))

    assert cloud.send("POST", "/search", small).json()["outcome"] == "no_face"
    assert cloud.send("POST", "/detect", small).json()["FaceDetails"] == []
    for route in ("/search", "/identify", "/detect"):
        started = time.monotonic()
        assert_refused(cloud.send("POST", route, tiny), 422, "ImageTooSmall", started)
    assert cloud.send("PUT", "/index/small.jpg", small).json()["error"] == "ImageTooSmall"
    assert cloud.send("GET", "/index/small.jpg").json()["image"]["status"] == "FAILED"
    assert cloud.send("DELETE", "/index/small.jpg").status_code == 200


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("route", ["PUT /index/bad-input.jpg", "POST /search", "POST /identify", "POST /detect"])
def test_a_body_that_is_no_image(cloud: LocalCloud, route: str, name: str) -> None:
    method, _, path = route.partition(" ")
    body, status, error = BODIES[name]
    started = time.monotonic()

    answer = cloud.send(method, path, body)

    assert_refused(answer, status, error, started)
    if method == "PUT":
        assert cloud.send("GET", path).status_code == 404


def test_check_05_what_is_too_large_is_told_about_presigned_uploads(cloud: LocalCloud) -> None:
    for size in (6_000_000, 10_100_000):
        answer = cloud.send("PUT", "/index/large.jpg", sample("grace-hopper") + bytes(size))

        assert answer.status_code == 413
        assert "/uploads" in answer.json()["description"]


@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        ("POST", "/search?threshold=-1", 400, "InvalidParameter"),
        ("POST", "/search?threshold=101", 400, "InvalidParameter"),
        ("POST", "/search?threshold=abc", 400, "InvalidParameter"),
        ("POST", "/search?FaceMatchThreshold=200", 400, "InvalidParameter"),
        ("POST", "/search?maxFaces=0", 400, "InvalidParameter"),
        ("POST", "/search?qualityFilter=BEST", 400, "InvalidParameter"),
        ("POST", "/detect?attributes=MOOD", 400, "InvalidParameter"),
        ("GET", "/search?faceId=2f4d8f4e-7c0e-4c1c-8f0a-0f6d1b6a9c11", 404, "NotFound"),
        ("GET", "/search?faceId=nonsense", 400, "InvalidParameter"),
        ("GET", "/faces/2f4d8f4e-7c0e-4c1c-8f0a-0f6d1b6a9c11", 404, "NotFound"),
        ("DELETE", "/faces/2f4d8f4e-7c0e-4c1c-8f0a-0f6d1b6a9c11", 404, "NotFound"),
        ("GET", "/faces/nonsense", 400, "InvalidParameter"),
        ("GET", "/index/not-there.jpg", 404, "NotFound"),
        ("DELETE", "/index/not-there.jpg", 404, "NotFound"),
        ("GET", "/index?limit=1000", 400, "InvalidParameter"),
        ("GET", "/index?cursor=nonsense!", 400, "InvalidParameter"),
        ("PATCH", "/index/a.jpg", 405, "MethodNotAllowed"),
        ("DELETE", "/search", 405, "MethodNotAllowed"),
        ("GET", "/identify", 405, "MethodNotAllowed"),
        ("GET", "/nothing/here", 404, "NotFound"),
    ],
)
def test_a_request_that_is_wrong(cloud: LocalCloud, method: str, path: str, status: int, error: str) -> None:
    started = time.monotonic()

    answer = cloud.send(method, path, sample("grace-hopper") if method in ("POST", "PUT") else None)

    assert_refused(answer, status, error, started)


@pytest.mark.parametrize("path", ["/index/%2e%2e%2f%2e%2e%2fx", "/index/a%2F..%2Fb", "/index/a//b", "/index/%00"])
def test_check_03_a_name_that_is_a_path_is_refused(cloud: LocalCloud, path: str) -> None:
    started = time.monotonic()
    prepared = requests.Request("PUT", cloud.addresses["url"], data=sample("grace-hopper")).prepare()
    prepared.url = cloud.addresses["url"] + path
    prepared.headers["x-api-key"] = cloud.addresses["apiKey"]

    answer = requests.Session().send(prepared, timeout=10)

    assert_refused(answer, 400, "InvalidParameter", started)


@pytest.mark.parametrize("key", ["", "wrong"])
def test_a_wrong_key_gets_nowhere(cloud: LocalCloud, key: str) -> None:
    started = time.monotonic()

    answer = cloud.send("PUT", "/index/a.jpg", sample("grace-hopper"), key=key)

    assert_refused(answer, 403, "Forbidden", started)


@pytest.mark.parametrize("operation", load_contract().operations.values(), ids=lambda each: each.operation_id)
def test_all_but_health_and_contract_need_a_key(cloud: LocalCloud, operation: Operation) -> None:
    path = re.sub(r"\{\w+\}", "x", operation.path)

    answer = cloud.send(operation.method, path, key="")

    is_open = path in ("/health", "/openapi.json")
    assert answer.status_code == (200 if is_open else 403)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"source": "x"},
        {"source": base64.b64encode(sample("no-face")).decode(), "target": {"url": "http://127.0.0.1/"}},
        {"source": [1, 2], "target": None},
    ],
)
def test_a_comparison_that_lacks_something(cloud: LocalCloud, body: dict[str, Any]) -> None:
    answer = cloud.send("POST", "/compare", json.dumps(body), headers={"Content-Type": "application/json"})

    assert 400 <= answer.status_code < 500
    assert answer.json()["error"] in ("MissingImage", "UnsupportedFormat", "InvalidParameter", "BadBase64")


def test_a_comparison_without_a_face_says_so(cloud: LocalCloud) -> None:
    parts = {"source": sample("no-face"), "target": sample("grace-hopper")}
    started = time.monotonic()

    assert_refused(cloud.send("POST", "/compare", files=parts), 422, "NoFace", started)


def test_a_refused_request_leaves_one_log_line(cloud: LocalCloud) -> None:
    before = len([line for line in cloud.log("search") if line["level"] != "DEBUG"])

    cloud.send("POST", "/search", b"%PDF-1.7")

    after = [line for line in cloud.log("search") if line["level"] != "DEBUG"]
    assert len(after) == before + 1
    assert (after[-1]["message"], after[-1]["status"]) == ("served", 415)


def test_a_comparison_with_what_is_not_there_is_404(cloud: LocalCloud) -> None:
    body = {"source": base64.b64encode(sample("grace-hopper")).decode(), "target": {"key": "not-there.jpg"}}

    answer = cloud.send("POST", "/compare", json.dumps(body))

    assert (answer.status_code, answer.json()["error"]) == (404, "NotFound")
