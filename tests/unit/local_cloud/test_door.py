"""One address for all services: who gets which request."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from local_cloud.door import Door
from local_cloud.guard import Guard
from local_cloud.http_server import HttpServer
from local_cloud.lambda_runtime.model import FunctionNotFoundError, PayloadTooLargeError, Result, TooManyRequestsError


class FakeEngine(BaseHTTPRequestHandler):
    """Says which operation it was asked for."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"CollectionIds": [self.headers["X-Amz-Target"]]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


class FakeBackend:
    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [f"{environ['local_cloud.service']} {environ['local_cloud.region']}".encode()]

    def cors_rules(self, bucket: str) -> list[Any]:
        return []

    def archive(self, kind: str, name: str, version: str) -> bytes | None:
        return b"zip" if (kind, name) == ("functions", "f") else None


def nobodys_guard() -> Guard:
    """No key belongs to a role."""
    return Guard(SimpleNamespace(issued=lambda _: None), SimpleNamespace(), {})


class FakeInvoker:
    def invoke(self, function: str, payload: bytes) -> Result:
        failures = {"none": FunctionNotFoundError(), "busy": TooManyRequestsError(), "big": PayloadTooLargeError()}
        if function in failures:
            raise failures[function]
        return Result(payload, failed=function == "bad")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    engine = ThreadingHTTPServer(("127.0.0.1", 0), FakeEngine)
    thread = threading.Thread(target=engine.serve_forever)
    thread.start()
    door = Door(FakeBackend(), engine=("127.0.0.1", engine.server_port), region="eu-west-1", guard=nobodys_guard())
    door.invoker = FakeInvoker()
    server = HttpServer(door, host="127.0.0.1", port=0, threads=2)
    server.start()
    yield f"http://127.0.0.1:{server.port}"
    server.close()
    door.close()
    engine.shutdown()
    thread.join()
    engine.server_close()


@contextmanager
def client(url: str, service: str) -> Iterator[Any]:
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "y", "region_name": "eu-north-1"}
    config = Config(retries={"total_max_attempts": 1})
    aws = boto3.client(service, endpoint_url=url, config=config, **keys)
    yield aws
    aws.close()


def test_rekognition_goes_to_the_engine(url: str) -> None:
    with client(url, "rekognition") as aws:
        assert aws.list_collections()["CollectionIds"] == ["RekognitionService.ListCollections"]


@pytest.mark.parametrize("service", ["s3", "sqs", "dynamodb", "iam"])
def test_the_scope_of_the_signature_names_service_and_region(url: str, service: str) -> None:
    scope = f"AWS4-HMAC-SHA256 Credential=x/20260101/eu-north-1/{service}/aws4_request, SignedHeaders=host, Signature=z"

    assert requests.post(url, headers={"Authorization": scope}, timeout=5).text == f"{service} eu-north-1"


def test_a_request_without_signature_means_s3_and_gets_nothing_from_it(url: str) -> None:
    answer = requests.get(f"{url}/bucket/key", timeout=5)

    assert answer.status_code == 403
    assert "<Code>AccessDenied</Code>" in answer.text


def test_invoke_runs_the_function(url: str) -> None:
    with client(url, "lambda") as aws:
        good, bad = (aws.invoke(FunctionName=name, Payload=b'{"a":1}') for name in ("f", "bad"))

    assert (good["Payload"].read(), good.get("FunctionError")) == (b'{"a":1}', None)
    assert bad["FunctionError"] == "Unhandled"


@pytest.mark.parametrize(
    ("function", "code"),
    [("none", "ResourceNotFoundException"), ("busy", "TooManyRequestsException"), ("big", "RequestTooLargeException")],
)
def test_invoke_refuses_as_lambda_does(url: str, function: str, code: str) -> None:
    with client(url, "lambda") as aws, pytest.raises(ClientError, match=code):
        aws.invoke(FunctionName=function)


def test_code_and_health_need_no_signature(url: str) -> None:
    answers = [
        requests.get(f"{url}/_local/{path}", timeout=5) for path in ("health", "functions/f/code", "functions/g/code")
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 404]
