"""From HTTP to the answer: error bodies, request ids, back-pressure, and a log line that tells nothing private."""

from __future__ import annotations

import base64
import io
import json
import logging
import threading
from typing import Any

import pytest

from face_engine.application import Application, Workshop
from face_engine.errors import ThrottlingError
from face_engine.protocol import RekognitionModel
from face_engine.quotas import Quotas
from fakes.engine_parts import EngineUnderTest
from fakes.fake_vision import make_face, make_photo

AUTHORIZATION = "AWS4-HMAC-SHA256 Credential=KEY/20260101/eu-west-1/rekognition/aws4_request, Signature=secret"


class Client:
    """Calls the application as a server does."""

    def __init__(self, engine: EngineUnderTest, quotas: Quotas | None = None) -> None:
        workshop = Workshop(workers=1, queue=1)
        self.application = Application(engine.engine, RekognitionModel(), workshop, quotas=quotas)

    def send(self, target: str, body: bytes = b"{}", **changes: Any) -> tuple[str, dict[str, str], dict[str, Any]]:
        environment = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_AUTHORIZATION": AUTHORIZATION,
            "HTTP_X_AMZ_TARGET": f"RekognitionService.{target}",
            "wsgi.input": io.BytesIO(body),
        } | changes
        seen: list[Any] = []
        [answer] = self.application(environment, lambda status, headers: seen.extend([status, dict(headers)]))
        return seen[0], seen[1], json.loads(answer)


@pytest.fixture
def client(engine: EngineUnderTest) -> Client:
    return Client(engine)


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG, logger="face_engine")
    return caplog


def test_answer_carries_its_request_id_and_type(client: Client) -> None:
    status, headers, answer = client.send("ListCollections")

    assert (status, answer["CollectionIds"]) == ("200 OK", ["people"])
    assert headers["Content-Type"] == "application/x-amz-json-1.1"
    assert len(headers["x-amzn-RequestId"]) == 36


@pytest.mark.parametrize(
    ("target", "changes", "code"),
    [
        ("DetectLabels", {}, "UnknownOperationException"),
        ("Nonsense", {}, "UnknownOperationException"),
        ("ListCollections", {"HTTP_AUTHORIZATION": None}, "MissingAuthenticationTokenException"),
        ("ListCollections", {"HTTP_AUTHORIZATION": "Bearer x"}, "IncompleteSignatureException"),
        ("ListCollections", {"REQUEST_METHOD": "PUT"}, "UnknownOperationException"),
        ("ListCollections", {"PATH_INFO": "/x"}, "UnknownOperationException"),
        ("DescribeCollection", {}, "ValidationException"),
        ("DetectFaces", {"CONTENT_LENGTH": str(17 * 1024 * 1024)}, "ValidationException"),
    ],
)
def test_errors_have_awss_form(client: Client, target: str, changes: dict[str, Any], code: str) -> None:
    status, headers, answer = client.send(target, **changes)

    assert status == "400 Bad Request"
    assert (answer["__type"], answer["Code"], answer["Logref"]) == (code, code, headers["x-amzn-RequestId"])
    assert answer["Message"]


def test_fault_of_the_engine_shows_nothing_of_it(
    client: Client, engine: EngineUnderTest, lines: pytest.LogCaptureFixture
) -> None:
    engine.store.close()

    status, _, answer = client.send("ListCollections")

    assert status == "500 Internal Server Error"
    assert (answer["__type"], answer["Message"]) == ("InternalServerError", "Internal server error")
    assert "closed database" in lines.text


def test_health_needs_no_signature(client: Client) -> None:
    status, _, answer = client.send("", REQUEST_METHOD="GET", PATH_INFO="/health", HTTP_AUTHORIZATION=None)

    assert (status, answer) == ("200 OK", {"status": "ok", "faceModelVersion": "0.0.1", "collections": 1})


def test_one_log_line_tells_what_happened_and_nothing_private(
    client: Client, engine: EngineUnderTest, lines: pytest.LogCaptureFixture
) -> None:
    engine.vision.photos[70] = [make_face(1)]
    photo = base64.b64encode(make_photo(70)).decode()
    body = json.dumps({"CollectionId": "people", "Image": {"Bytes": photo}, "ExternalImageId": "Jane.Doe"}).encode()

    _, headers, answer = client.send("IndexFaces", body)

    [line] = [json.loads(record.message) for record in lines.records if record.levelno == logging.INFO]
    assert line.pop("ms") >= 0
    assert line == {
        "requestId": headers["x-amzn-RequestId"],
        "operation": "IndexFaces",
        "status": 200,
        "faces": 1,
    }
    for private in ("Jane.Doe", photo[:40], "secret", answer["FaceRecords"][0]["Face"]["FaceId"]):
        assert private not in lines.text


def test_one_request_too_many_in_a_second_is_refused_as_aws_does(engine: EngineUnderTest) -> None:
    now = 0.0
    client = Client(engine, Quotas(2, clock=lambda: now))

    answers = [client.send("ListCollections") for _ in range(3)]
    now = 0.5
    later = client.send("ListCollections")

    assert [status for status, _, _ in answers] == ["200 OK", "200 OK", "400 Bad Request"]
    error = answers[-1][2]
    assert (error["__type"], error["Message"]) == (
        "ProvisionedThroughputExceededException",
        "Provisioned Rate exceeded",
    )
    assert later[0] == "200 OK"


def test_full_workshop_refuses_at_once_and_recovers() -> None:
    workshop = Workshop(workers=1, queue=0)
    running, gate = threading.Event(), threading.Event()

    def hold() -> dict[str, Any]:
        running.set()
        gate.wait(5)
        return {}

    busy = threading.Thread(target=workshop.run, args=[hold])
    busy.start()
    running.wait(5)

    with pytest.raises(ThrottlingError):
        workshop.run(dict)
    gate.set()
    busy.join(5)

    assert workshop.run(lambda: {"done": True}) == {"done": True}


@pytest.mark.parametrize(
    "changes",
    [
        {"HTTP_HOST": "evil.example:8002"},
        {"HTTP_HOST": "a@b@"},
        {"HTTP_ORIGIN": "https://evil.example"},
        {"HTTP_ORIGIN": "null"},
        {"HTTP_SEC_FETCH_SITE": "cross-site"},
    ],
)
def test_web_pages_and_rebound_names_are_refused(client: Client, changes: dict[str, str]) -> None:
    status, headers, answer = client.send("ListCollections", **changes)

    assert (status, answer["__type"]) == ("400 Bad Request", "AccessDeniedException")
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("host", ["127.0.0.1:8002", "localhost:8002", "[::1]:8002", "10.0.0.7"])
def test_addresses_and_localhost_are_answered(client: Client, host: str) -> None:
    assert client.send("ListCollections", HTTP_HOST=host)[0] == "200 OK"
