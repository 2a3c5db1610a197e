"""The client that people copy: what it sends, when it tries again, and what its errors say."""

import base64
import itertools
import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from faceprint_client import (
    MAX_REQUEST_BYTES,
    MAX_UPLOAD_BYTES,
    ApiError,
    ConnectionFailedError,
    FaceprintClient,
    FaceprintError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    Pace,
    PhotoError,
    ThrottledError,
)
from tiny_http_server import Reply, TinyServer, tiny_server

KEY = "s3cr3t-k3y-of-the-deployment"
PHOTO = b"\xff\xd8\xff" + bytes(range(256)) * 400
DONE = Reply({"image": {"key": "a.jpg", "status": "INDEXED"}})
WAITS = Reply({"image": {"key": "a.jpg", "status": "PENDING"}})
BUSY = Reply({"error": "Throttled", "description": "Wait.", "requestId": "r"}, 429, {"Retry-After": "7"})
DOWN = Reply(b"<html>", 503)


class FakePace(Pace):
    """Time passes only where the client sleeps; the jitter is the most or the least there can be."""

    def __init__(self, *, share: float = 1.0) -> None:
        self.slept: list[float] = []
        self.now = lambda: sum(self.slept)
        self.sleep = self.slept.append
        self.uniform = lambda least, most: least + share * (most - least)


def client_of(server: TinyServer, *, pace: Pace | None = None, retries: int = 5, **options: float) -> FaceprintClient:
    return FaceprintClient(f"{server.url}/v1/", KEY, pace=pace or FakePace(), retries=retries, **options)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(PHOTO)
    return path


@pytest.mark.parametrize(
    "failure", [DOWN, Reply(status=500), Reply(status=502), Reply(status=504), BUSY, Reply(status=0)]
)
def test_what_fails_in_passing_is_tried_again(failure: Reply) -> None:
    with tiny_server(failure, failure, DONE) as server:
        answer = client_of(server).get_image("a.jpg")

    assert answer == DONE.body
    assert len(server.received) == 3


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 413, 415, 422, 302])
def test_what_would_fail_again_is_asked_once(status: int) -> None:
    with tiny_server(Reply(status=status), DONE) as server, pytest.raises(ApiError):
        client_of(server).get_image("a.jpg")

    assert len(server.received) == 1


def test_attempts_are_bounded() -> None:
    with tiny_server(DOWN) as server, pytest.raises(ApiError) as failed:
        client_of(server, retries=2).info()

    assert failed.value.status == 503
    assert len(server.received) == 3


def test_pauses_grow_up_to_a_limit_and_are_drawn_from_zero() -> None:
    longest, shortest = FakePace(share=1.0), FakePace(share=0.0)
    for pace in (longest, shortest):
        with tiny_server(DOWN) as server, pytest.raises(ApiError):
            client_of(server, pace=pace, retries=8, deadline=1000).info()

    assert longest.slept == [0.5, 1, 2, 4, 8, 16, 20, 20]
    assert shortest.slept == [0] * 8


def test_retry_after_is_the_least_pause() -> None:
    pace = FakePace(share=0.0)
    with tiny_server(BUSY, DONE) as server:
        client_of(server, pace=pace).info()

    assert pace.slept == [7]


def test_a_pause_beyond_the_deadline_is_not_begun() -> None:
    used_up = Reply({"error": "Throttled", "description": "The quota is used up."}, 429, {"Retry-After": "3600"})
    pace = FakePace()
    with tiny_server(used_up) as server, pytest.raises(ThrottledError, match="quota is used up") as failed:
        client_of(server, pace=pace).info()

    assert (failed.value.retry_after, pace.slept) == (3600, [])


def test_the_deadline_bounds_all_attempts_together() -> None:
    pace = FakePace()
    with tiny_server(DOWN) as server, pytest.raises(ApiError):
        client_of(server, pace=pace, retries=100, deadline=30).info()

    assert sum(pace.slept) <= 30


def test_a_server_that_does_not_answer_is_a_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        client = FaceprintClient(f"http://127.0.0.1:{deaf.getsockname()[1]}", KEY, timeout=0.05, retries=0)

        with pytest.raises(ConnectionFailedError, match=r"did not answer \(ReadTimeout\); check"):
            client.info()


def test_nobody_at_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    with pytest.raises(ConnectionFailedError, match="check the address"):
        FaceprintClient(f"http://127.0.0.1:{port}", KEY, pace=FakePace(), retries=1).info()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidRequestError),
        (413, InvalidRequestError),
        (422, InvalidRequestError),
        (403, ForbiddenError),
        (404, NotFoundError),
        (429, ThrottledError),
        (500, ApiError),
    ],
)
def test_errors_are_told_apart_and_say_what_the_service_said(status: int, kind: type[ApiError]) -> None:
    body = {"error": "SomeCode", "description": "What to do.", "requestId": "r-1"}
    with tiny_server(Reply(body, status)) as server, pytest.raises(FaceprintError) as failed:
        client_of(server, retries=0).info()

    error = failed.value
    assert type(error) is kind
    assert (error.status, error.code, error.description, error.request_id) == (status, "SomeCode", "What to do.", "r-1")
    assert str(error) == f"What to do. ({status} SomeCode, request r-1)"


def test_a_refusal_in_api_gateways_own_words_is_passed_on() -> None:
    refusal = Reply({"message": "Missing Authentication Token"}, 403)
    with tiny_server(refusal) as server, pytest.raises(ForbiddenError, match="Missing Authentication Token"):
        client_of(server).info()


@pytest.mark.parametrize("body", [b"<html>hello</html>", b"[]", b"", b"\xff"])
def test_an_answer_that_is_not_faceprints_is_an_error(body: bytes) -> None:
    with tiny_server(Reply(body)) as server, pytest.raises(FaceprintError, match="check the address"):
        client_of(server).info()


def test_images_are_read_page_by_page_as_they_are_needed() -> None:
    pages = [Reply({"images": [{"key": "a"}, {"key": "b"}], "nextCursor": "c+/="}), Reply({"images": [{"key": "c"}]})]
    with tiny_server(*pages) as server:
        images = client_of(server).images(prefix="x y/")

        first = [image["key"] for image in itertools.islice(images, 2)]
        asked_so_far = len(server.received)
        rest = [image["key"] for image in images]

    assert (first, asked_so_far, rest) == (["a", "b"], 1, ["c"])
    assert [request.path for request in server.received] == [
        "/v1/index?limit=100&prefix=x+y%2F",
        "/v1/index?limit=100&prefix=x+y%2F&cursor=c%2B%2F%3D",
    ]


@pytest.mark.parametrize("as_bytes", [True, False])
def test_every_attempt_sends_the_whole_photo(file: Path, as_bytes: bool) -> None:
    with tiny_server(DOWN, Reply(status=0), DONE) as server:
        client_of(server).index("a.jpg", PHOTO if as_bytes else file)

    assert [request.body for request in server.received] == [PHOTO] * 3
    assert {request.headers["content-length"] for request in server.received} == {str(len(PHOTO))}
    assert {"transfer-encoding"} & set(server.received[0].headers) == set()


@pytest.mark.parametrize(("start", "kind"), [(b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png")])
def test_a_photos_type_is_that_of_its_bytes(start: bytes, kind: str) -> None:
    with tiny_server(Reply()) as storage:
        link = {"method": "PUT", "url": storage.url, "headers": {"Content-Type": kind}}
        with tiny_server(DONE, Reply(link, 201), DONE) as server:
            client = client_of(server)
            client.index("a", start)
            client.upload_large("a", start)

    assert server.received[0].headers["content-type"] == kind
    assert json.loads(server.received[1].body)["contentType"] == kind
    assert storage.received[0].headers["content-type"] == kind


def test_names_and_metadata_arrive_whatever_their_letters(file: Path) -> None:
    with tiny_server(DONE) as server:
        client_of(server).index("Jürgen/a b?.jpg", file, name="임나연", metadata={"place": "Köln"}, respond_async=True)

    (request,) = server.received
    assert request.path == "/v1/index/J%C3%BCrgen/a%20b%3F.jpg"
    assert request.headers["x-amz-meta-name"] == f"=?utf-8?b?{base64.b64encode('임나연'.encode()).decode()}?="
    assert request.headers["x-amz-meta-place"].startswith("=?utf-8?")
    assert request.headers["prefer"] == "respond-async"


@pytest.mark.parametrize("key", ["", "a//b", "../b", "a/./b", "a/"])
def test_a_key_that_would_become_another_path_is_refused(key: str) -> None:
    with tiny_server(DONE) as server, pytest.raises(PhotoError):
        client_of(server).delete_image(key)

    assert server.received == []


def test_a_large_photo_goes_past_the_api_and_is_waited_for(file: Path) -> None:
    with tiny_server(DOWN, Reply()) as storage:
        link = {"method": "PUT", "url": f"{storage.url}/bucket/a.jpg?sig=x", "headers": {"x-amz-meta-name": "Ada"}}
        with tiny_server(Reply(link, 201), WAITS, WAITS, DONE) as server:
            answer = client_of(server).upload_large("a.jpg", file, name="Ada")

    assert answer == DONE.body
    asked, *polls = server.received
    assert (asked.method, asked.path) == ("POST", "/v1/uploads")
    assert b'"bytes": %d' % len(PHOTO) in asked.body
    assert [(poll.method, poll.path) for poll in polls] == [("GET", "/v1/index/a.jpg")] * 3
    assert [request.body for request in storage.received] == [PHOTO] * 2
    assert storage.received[0].headers["x-amz-meta-name"] == "Ada"
    assert "x-api-key" not in storage.received[0].headers


def test_waiting_ends_at_its_deadline() -> None:
    pace = FakePace()
    with tiny_server(WAITS) as server:
        answer = client_of(server, pace=pace).wait_for_image("a.jpg", seconds=20)

    assert answer == WAITS.body
    assert 15 < sum(pace.slept) <= 20


def test_photos_that_cannot_be_sent_are_not(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    with tiny_server(DONE) as server:
        client = client_of(server)
        for photo, reason in (
            (tmp_path / "missing.jpg", "cannot be read"),
            (tmp_path, "cannot be read"),
            (tmp_path / "empty.jpg", "0 bytes"),
            (bytes(MAX_REQUEST_BYTES + 1), "must have 1 to 4400000"),
        ):
            with pytest.raises(PhotoError, match=reason):
                client.search(photo)
        with pytest.raises(PhotoError, match="must have 1 to 15728640"):
            client.upload_large("a.jpg", bytes(MAX_UPLOAD_BYTES + 1))

    assert server.received == []


@pytest.mark.parametrize(
    ("target", "sent"), [(b"\xff\xd8\xfftarget", b"\xff\xd8\xfftarget"), ({"faceId": "f-1"}, b'{"faceId": "f-1"}')]
)
def test_compare_sends_both_as_a_form(file: Path, target: bytes | dict[str, str], sent: bytes) -> None:
    with tiny_server(Reply({"outcome": "match"})) as server:
        client_of(server).compare(file, target, threshold=91.5)

    (request,) = server.received
    assert request.path == "/v1/compare?threshold=91.5"
    assert request.headers["content-type"].startswith("multipart/form-data")
    assert b'name="source"' in request.body
    assert PHOTO in request.body
    assert sent in request.body


def call_everything(client: FaceprintClient) -> list[Callable[[], object]]:
    return [
        lambda: client.index("a.jpg", PHOTO),
        lambda: client.create_upload("a.jpg", size=1, content_type="image/png"),
        lambda: client.get_image("a.jpg"),
        lambda: list(client.images()),
        lambda: client.delete_image("a.jpg"),
        lambda: client.search(PHOTO, threshold=1, max_faces=2),
        lambda: client.search_by_face_id("f", threshold=1, max_faces=2),
        lambda: client.identify(PHOTO, threshold=1, max_search=3, annotate=True),
        lambda: client.identify(PHOTO),
        lambda: client.identify_as_jpeg(PHOTO),
        lambda: client.detect(PHOTO, attributes="ALL"),
        lambda: client.get_face("f"),
        lambda: client.delete_face("f"),
        lambda: client.info(),
        lambda: client.health(),
    ]


def test_every_operation_asks_its_route_with_the_key() -> None:
    with tiny_server(Reply({"images": []})) as server:
        for call in call_everything(client_of(server)):
            call()

    assert [f"{request.method} {request.path.removeprefix('/v1')}" for request in server.received] == [
        "PUT /index/a.jpg",
        "POST /uploads",
        "GET /index/a.jpg",
        "GET /index?limit=100&prefix=",
        "DELETE /index/a.jpg",
        "POST /search?threshold=1&maxFaces=2",
        "GET /search?faceId=f&threshold=1&maxFaces=2",
        "POST /identify?threshold=1&maxSearch=3&annotate=true",
        "POST /identify",
        "POST /identify",
        "POST /detect?attributes=ALL",
        "GET /faces/f",
        "DELETE /faces/f",
        "GET /info",
        "GET /health",
    ]
    assert {request.headers["x-api-key"] for request in server.received} == {KEY}


def test_a_redirect_is_not_followed_with_the_key() -> None:
    with tiny_server(DONE) as elsewhere:
        moved = Reply(status=307, headers={"Location": elsewhere.url})
        with tiny_server(moved) as server, pytest.raises(ApiError):
            client_of(server).info()

    assert elsewhere.received == []


def test_the_key_and_signed_links_are_in_no_text(file: Path) -> None:
    said = []
    with tiny_server(Reply(status=403)) as server:
        client = client_of(server, retries=0)
        for call in call_everything(client):
            with pytest.raises(FaceprintError) as failed:
                call()
            said.append(repr(failed.value) + str(failed.getrepr(style="long")))
    with socket.create_server(("127.0.0.1", 0)) as closed:
        signed = f"http://127.0.0.1:{closed.getsockname()[1]}/b/a.jpg?X-Amz-Signature=s1gn3d"
    with tiny_server(Reply({"method": "PUT", "url": signed, "headers": {}}, 201)) as server:
        with pytest.raises(ConnectionFailedError) as failed:
            client_of(server, retries=0).upload_large("a.jpg", file)
        said.append(repr(failed.value) + str(failed.value.__cause__))

    assert len(said) == 16
    assert [text for text in said if KEY in text or "s1gn3d" in text] == []
    assert KEY not in repr(client)


@pytest.mark.parametrize("url", ["", "127.0.0.1:8000/v1", "ftp://a/b", "https:///v1"])
def test_an_address_that_is_none_is_told(url: str) -> None:
    with pytest.raises(FaceprintError, match="no address"):
        FaceprintClient(url, KEY)


@pytest.mark.parametrize("api_key", ["", f"{KEY}\n", f" {KEY}", "schlüssel"])
def test_a_key_that_is_none_is_told_without_showing_it(api_key: str) -> None:
    with pytest.raises(FaceprintError, match="copy it again") as failed:
        FaceprintClient("http://127.0.0.1/v1", api_key)

    assert not api_key or api_key not in str(failed.value)


def test_threads_share_a_client() -> None:
    answers: list[object] = []
    with tiny_server(DONE) as server:
        client = client_of(server)
        threads = [threading.Thread(target=lambda: answers.append(client.get_image("a.jpg"))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert answers == [DONE.body] * 8


def test_an_address_without_its_stage_is_told_in_the_client_s_words_where_aws_says_forbidden_alone() -> None:
    with tiny_server(Reply({"message": "Forbidden"}, 403)) as server, pytest.raises(ForbiddenError) as refused:
        FaceprintClient(server.url, "key").info()

    assert "does the address end with its stage, as in http://127.0.0.1:8000/v1?" in str(refused.value)
