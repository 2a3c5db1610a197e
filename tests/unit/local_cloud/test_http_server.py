"""What the HTTP server does while a request is still arriving."""

import contextlib
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from local_cloud.errors import StartupError
from local_cloud.http_server import OVERFLOW, PRESERVED_NAMES, HttpServer

LIMIT = 1000


def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answers how many bytes it got, whether there were more, and the metadata names."""
    body = environ["wsgi.input"].read()
    start_response("200 OK", [])
    return [f"{len(body)} {environ[OVERFLOW]} {sorted(environ[PRESERVED_NAMES].values())}".encode()]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    def limit(headers: dict[str, str], *_: str) -> int:
        return 0 if headers.get("X_API_KEY") == "wrong" else LIMIT

    server = HttpServer(application, host="127.0.0.1", port=0, threads=2, body_limit=limit)
    server.start()
    yield server.port
    server.close()


def talk(port: int, *parts: bytes) -> bytes:
    """Send parts one after the other and read until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        for part in parts:
            connection.sendall(part)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while data := connection.recv(65536):
            answer += data
        return answer


def put(*headers: str) -> bytes:
    return "\r\n".join(["PUT /x HTTP/1.1", "Host: h", "Connection: close", *headers, "", ""]).encode()


def test_head_and_body_of_an_answer_arrive_together(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        pieces = [first_piece(connection) for _ in range(1000)]

    assert {piece.partition(b"\r\n\r\n")[2] for piece in pieces} == {b"0 False []"}


def first_piece(connection: socket.socket) -> bytes:
    """What is there as soon as anything is; of the answer, if it came in pieces, only the first."""
    connection.setblocking(True)
    connection.sendall(b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n")
    connection.setblocking(False)
    piece = receive_now(connection)
    if not piece.partition(b"\r\n\r\n")[2]:
        receive_now(connection)
    return piece


def receive_now(connection: socket.socket) -> bytes:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with contextlib.suppress(BlockingIOError):
            return connection.recv(65536)
    raise AssertionError("no answer")


def test_a_body_within_the_limit_arrives_whole(port: int) -> None:
    assert talk(port, put("Content-Length: 1000"), b"x" * 1000).endswith(b"1000 False []")


def test_a_body_over_the_limit_is_read_off_and_cut(port: int) -> None:
    assert talk(port, put("Content-Length: 5000"), b"x" * 5000).endswith(b"1000 True []")


def test_a_chunked_body_over_the_limit_is_cut(port: int) -> None:
    chunks = b"bb8\r\n" + b"x" * 3000 + b"\r\n0\r\n\r\n"

    assert talk(port, put("Transfer-Encoding: chunked"), chunks).endswith(b"1000 True []")


def test_a_refused_body_is_not_kept(port: int) -> None:
    assert talk(port, put("Content-Length: 500", "X-Api-Key: wrong"), b"x" * 500).endswith(b"0 True []")


def test_a_waiting_client_is_told_to_continue(port: int) -> None:
    answer = talk(port, put("Content-Length: 3", "Expect: 100-continue"), b"abc")

    assert answer.startswith(b"HTTP/1.1 100 Continue") and answer.endswith(b"3 False []")


def test_a_waiting_client_without_a_body_is_answered(port: int) -> None:
    """As boto3 asks when it puts an empty object."""
    answer = talk(port, put("Content-Length: 0", "Expect: 100-continue"))

    assert answer.startswith(b"HTTP/1.1 200 OK") and answer.endswith(b"0 False []")


def test_a_waiting_client_whose_body_is_too_large_is_answered_at_once(port: int) -> None:
    answer = talk(port, put("Content-Length: 5000", "Expect: 100-continue"))

    assert b"100 Continue" not in answer and answer.endswith(b"0 True []")


def test_metadata_headers_keep_underscores(port: int) -> None:
    answer = talk(port, put("X-Amz-Meta-My_Name: x", "x-amz-meta-other: y"))

    assert answer.endswith(b"['x-amz-meta-my_name', 'x-amz-meta-other']")


def test_a_port_in_use_is_one_clear_line(port: int) -> None:
    with pytest.raises(StartupError, match=f"127.0.0.1:{port}.*--port"):
        HttpServer(application, host="127.0.0.1", port=port, threads=1)
