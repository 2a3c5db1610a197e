"""What a bounded server bears: silence, slowness, and what is no request."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import http_limits.server
from http_limits.server import BoundedServer

LIMIT = 8
GOOD = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A server with room for few clients, whose patience is short."""
    monkeypatch.setattr(http_limits.server, "HEAD_SECONDS", 1.0)
    monkeypatch.setattr(http_limits.server, "BODY_SECONDS", 1.0)
    options = {"host": "127.0.0.1", "port": 0, "threads": 2, "map": {}, "recv_bytes": 65536}
    server = BoundedServer(application, connection_limit=LIMIT, **options)
    closing = threading.Event()

    def run() -> None:
        while not closing.is_set():
            server.asyncore.loop(timeout=0.2, map=server._map, use_poll=True, count=1)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield int(server.effective_port)
    closing.set()
    server.pull_trigger()
    thread.join(5)
    server.task_dispatcher.shutdown()
    for each in list(server._map.values()):
        each.close()


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=5)


def ask(port: int, request: bytes = GOOD) -> bytes:
    """Everything that is answered until the server hangs up."""
    with connect(port) as connection:
        connection.sendall(request)
        return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    answer = b""
    while data := connection.recv(65536):
        answer += data
    return answer


def test_a_full_server_lets_the_one_go_that_waits_longest(port: int) -> None:
    silent = [connect(port) for _ in range(3 * LIMIT)]

    answer = ask(port)

    assert answer.endswith(b"ok")
    assert silent[0].recv(1) == b""
    for each in silent:
        each.close()


@pytest.mark.parametrize("half", [b"GET / HTTP/1.1\r\nX: ", b"PUT / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n"])
def test_a_request_that_drips_is_cut_off(port: int, half: bytes) -> None:
    deadline = time.monotonic() + 8

    with connect(port) as slow:
        slow.sendall(half)
        slow.settimeout(0.2)
        while time.monotonic() < deadline:
            try:
                slow.sendall(b"a")
                assert slow.recv(1) == b""
                break
            except TimeoutError:
                continue
            except (BrokenPipeError, ConnectionResetError):
                break

    assert time.monotonic() < deadline


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (b"Transfer-Encoding: gzip\r\n\r\n", b"400"),
        (b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", b"400"),
        (b"Transfer-Encoding: chunked\r\n\r\n" + b"1" * 2000, b"400"),
        (b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: y\r\n" * 2000, b"431"),
        (b"X: " + b"a" * 20_000 + b"\r\n\r\n", b"431"),
    ],
)
def test_what_cannot_be_read_is_the_clients_error(port: int, lines: bytes, status: bytes) -> None:
    assert ask(port, b"POST / HTTP/1.1\r\nHost: x\r\n" + lines).split()[1] == status
