"""The Runtime API's HTTP, read and written on a plain socket by whoever invokes.

The runtime client talks strictly in turn: it asks for the next invocation, gets it, posts the result, asks
again. So no server is needed: the invoking thread itself answers, which saves two changes of thread per call.
"""

import socket
import time
from dataclasses import dataclass

_CHUNK = 65536


class ConnectionLostError(Exception):
    """The function's process ended, or closed its connection."""


@dataclass(frozen=True)
class Message:
    """One request of the runtime client."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Wire:
    """One connection of the runtime client; every read has a deadline (time.monotonic), TimeoutError when missed."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = connection
        self._buffer = b""

    def close(self) -> None:
        self._connection.close()

    def wait(self, deadline: float) -> None:
        """Return when a request begins to arrive; TimeoutError leaves the connection as it was."""
        if not self._buffer:
            self._receive(deadline)

    def read(self, deadline: float) -> Message:
        """The next request, whole; chunked bodies are joined."""
        head = self._until(b"\r\n\r\n", deadline).decode("latin-1")
        request_line, *lines = head.split("\r\n")
        method, path, _ = request_line.split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if headers.get("expect", "").lower() == "100-continue":
            self._send(b"HTTP/1.1 100 Continue\r\n\r\n", deadline)
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return Message(method, path, headers, self._chunked(deadline))
        return Message(method, path, headers, self._exactly(int(headers.get("content-length", 0)), deadline))

    def answer(self, status: str, headers: dict[str, str], body: bytes, deadline: float) -> None:
        """Answer in one write: two small packets would cost a delayed acknowledgement of 40 ms."""
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers.items())]
        head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""])
        self._send(head.encode("latin-1") + body, deadline)

    def _send(self, data: bytes, deadline: float) -> None:
        try:
            self._set_timeout(deadline)
            self._connection.sendall(data)
        except TimeoutError:
            raise
        except OSError as exc:
            raise ConnectionLostError from exc

    def _receive(self, deadline: float) -> None:
        try:
            self._set_timeout(deadline)
            data = self._connection.recv(_CHUNK)
        except TimeoutError:
            raise
        except OSError as exc:
            raise ConnectionLostError from exc
        if not data:
            raise ConnectionLostError
        self._buffer += data

    def _set_timeout(self, deadline: float) -> None:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        self._connection.settimeout(remaining)

    def _until(self, mark: bytes, deadline: float) -> bytes:
        while mark not in self._buffer:
            self._receive(deadline)
        found, _, self._buffer = self._buffer.partition(mark)
        return found

    def _exactly(self, size: int, deadline: float) -> bytes:
        while len(self._buffer) < size:
            self._receive(deadline)
        found, self._buffer = self._buffer[:size], self._buffer[size:]
        return found

    def _chunked(self, deadline: float) -> bytes:
        body = b""
        while size := int(self._until(b"\r\n", deadline).split(b";")[0], 16):
            body += self._exactly(size + 2, deadline)[:-2]
        self._until(b"\r\n", deadline)
        return body
