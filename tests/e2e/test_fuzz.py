"""The fuzzers in short, always with the same cases, and every case that one of them has found, for good."""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import time
from collections.abc import Iterator

import pytest

from fakes.pictures import make_image
from fuzz.connections import crowd_out
from fuzz.decoders import BOMBS
from fuzz.fuzzers import FUZZERS, run_fuzzer
from fuzz.tally import PATIENCE_SECONDS, Budget, Tally
from fuzz.world import (
    CLOUD_MEGABYTES,
    ENGINE_MEGABYTES,
    SIGNED_FOR_TABLES,
    World,
    exchange,
    post,
    rekognition,
    running_world,
)

CASES = {"contract": 250, "images": 400, "requests": 400, "wire": 250, "partiql": 1500, "connections": 150}
LONE = b'"\\ud800"'
NESTED = b"".join(b"--%d\r\nContent-Type: multipart/mixed; boundary=%d\r\n\r\n" % (n, n + 1) for n in range(900))

FOUND: dict[str, tuple[str, dict[str, str], bytes, int, str]] = {
    "half a surrogate pair as an image": ("POST /detect", {}, b'{"image": %s}' % LONE, 415, "UnsupportedFormat"),
    "half a surrogate pair as a file name": (
        "POST /uploads",
        {},
        b'{"filename": %s, "bytes": 1}' % LONE,
        400,
        "InvalidParameter",
    ),
    "half a surrogate pair as a person's name": (
        "POST /uploads",
        {},
        b'{"filename": "a", "bytes": 1, "name": %s}' % LONE,
        400,
        "InvalidParameter",
    ),
    "half a surrogate pair as metadata": (
        "POST /uploads",
        {},
        b'{"filename": "a", "bytes": 1, "metadata": {"a": %s}}' % LONE,
        400,
        "InvalidParameter",
    ),
    "half a surrogate pair by a codec of a header": (
        "PUT /index/a",
        {"x-amz-meta-a": "=?raw_unicode_escape?q?=5Cud800?="},
        make_image(3),
        400,
        "InvalidParameter",
    ),
    "a threshold that no float holds": (
        "POST /search",
        {},
        b'{"image": "%s", "threshold": 1%s}' % (base64.b64encode(make_image(3)), b"0" * 400),
        400,
        "InvalidParameter",
    ),
    "a target nested beyond the stack": (
        "POST /compare",
        {},
        json.dumps({"source": "AAAA", "target": '{"a":' * 50_000}).encode(),
        415,
        "UnsupportedFormat",
    ),
    "a form with a form as its image": (
        "POST /detect",
        {"Content-Type": "multipart/form-data; boundary=B"},
        b'--B\r\nContent-Disposition: form-data; name="file"\r\nContent-Type: multipart/mixed; boundary=C\r\n\r\n'
        b"--C\r\n\r\nx\r\n--C--\r\n--B--\r\n",
        400,
        "BadBase64",
    ),
    "forms in forms in forms, and empty lines": (
        "POST /detect",
        {"Content-Type": "multipart/form-data; boundary=0"},
        NESTED + b"\n" * 2_000_000,
        400,
        "MissingImage",
    ),
    "a part whose name is continued without order": (
        "POST /detect",
        {"Content-Type": "multipart/form-data; boundary=B"},
        b"--B\r\nContent-Disposition: form-data; name*=a; name*0=b\r\n\r\nx\r\n--B--\r\n",
        400,
        "MissingImage",
    ),
    "a name that takes minutes to normalise": (
        "POST /uploads",
        {},
        json.dumps({"filename": "a", "bytes": 1, "name": "\u0301\u0316" * 150_000}, ensure_ascii=False).encode(),
        400,
        "InvalidParameter",
    ),
}
_GET, _POST = b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"POST / HTTP/1.1\r\nHost: localhost\r\n"
UNREADABLE: dict[str, bytes] = {
    "an unknown transfer encoding": b"POST /v1/detect HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n",
    "a length of thousands of digits": b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
    + b"9" * 5000
    + b"\r\n\r\n",
    "a head without end": _GET + b"X: " + b"a" * 20_000,
    "a chunk size without end": b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    + b"1" * 5000,
    "a trailer without end": _POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: y\r\n" * 5000,
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
}
STATEMENTS = {
    "an index of thousands of digits": "SELECT a[" + "9" * 5000 + '] FROM "rekognition"',
    "parentheses beyond the stack": "SELECT * FROM t WHERE " + "(" * 50_000,
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Named as the parameter of other files, and without it: one cloud for this file."""
    with running_world(tmp_path_factory.mktemp("fuzz")) as running:
        yield running


@pytest.mark.parametrize("fuzzer", FUZZERS)
def test_fuzzer_finds_nothing(world: World, fuzzer: str) -> None:
    if fuzzer == "contract" and importlib.util.find_spec("schemathesis") is None:
        assert not os.environ.get("CI"), "schemathesis is one of the pinned dependencies"
        pytest.skip("schemathesis is not installed: make setup")

    tally = run_fuzzer(fuzzer, world, Budget(CASES[fuzzer], seconds=60))

    assert tally.findings == {}
    assert tally.server_errors == 0
    assert tally.cases >= CASES[fuzzer] / 2


@pytest.mark.parametrize("name", FOUND)
def test_found_request_is_refused_in_the_form_of_the_contract(world: World, name: str) -> None:
    route, headers, body, status, error = FOUND[name]
    started = time.monotonic()

    answer = world.cloud.send(*route.split(" "), body, headers=headers)

    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text
    assert set(answer.json()) == {"error", "description", "requestId"}
    assert time.monotonic() - started < PATIENCE_SECONDS


def test_a_header_that_only_looks_encoded_is_kept_as_it_is(world: World) -> None:
    photo = world.cloud.put("looks-encoded.jpg", make_image(5), "=?utf-8?b?a?=")

    again = world.cloud.send("GET", "/index/looks-encoded.jpg")

    assert (photo["image"]["name"], again.status_code) == ("=?utf-8?b?a?=", 200)


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_not_http_is_refused_at_every_address(world: World, name: str) -> None:
    answers = {target.name: exchange(target, UNREADABLE[name]) for target in (world.gateway, world.door, world.engine)}

    assert {answer.status // 100 for answer in answers.values()} == {4}
    assert set(answers["gateway"].json) == {"error", "description", "requestId"}
    assert answers["engine"].json["__type"] == "SerializationException"


def test_a_range_that_cannot_be_read_is_none(world: World) -> None:
    path = f"/{world.cloud.addresses['bucket']}/library/joe-biden-1.jpg"
    head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: \r\nRange: %\r\nConnection: close\r\n\r\n"

    answer = exchange(world.door, head.encode())

    assert answer.status < 500


@pytest.mark.parametrize("name", BOMBS)
def test_bomb_costs_bounded_time_and_memory(world: World, name: str) -> None:
    body = json.dumps({"Image": {"Bytes": base64.b64encode(BOMBS[name]()).decode()}}).encode()
    world.forget_peaks()

    answer = exchange(world.engine, rekognition(world.engine, "DetectFaces", body))

    assert answer.status in (200, 400)
    assert answer.seconds < PATIENCE_SECONDS
    assert world.peaks()["engine"] <= ENGINE_MEGABYTES
    assert world.peaks()["cloud"] <= CLOUD_MEGABYTES


@pytest.mark.parametrize("name", STATEMENTS)
def test_found_statement_is_refused_as_dynamodb_does(world: World, name: str) -> None:
    body = json.dumps({"Statement": STATEMENTS[name]}).encode()
    target = "DynamoDB_20120810.ExecuteStatement"

    answer = exchange(world.door, post(world.door, "/", body, X_Amz_Target=target, Authorization=SIGNED_FOR_TABLES))

    assert answer.status == 400
    assert answer.json["__type"].endswith("ValidationException")


def test_a_good_client_is_served_among_two_thousand_slow_ones(world: World) -> None:
    tally = Tally("crowd", Budget(1, 60))

    crowd_out(world.engine, b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n", world.key, tally)

    assert tally.findings == {}
    assert tally.cases > 2000
