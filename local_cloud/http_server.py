"""waitress, with what API Gateway and S3 do while a request is still arriving.

- A body that will be refused anyway is read but not kept (`body_limit`).
- `X-Amz-Meta-My_Name` is known as `x-amz-meta-my_name`: S3 keeps metadata names in lower case with their
  underscores, where WSGI has neither and waitress drops such headers.
- The head of an answer does not travel alone.
"""

import logging
import os
import re
import socket
import threading
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

from waitress.channel import ClientDisconnected
from waitress.task import ThreadedTaskDispatcher, WSGITask

from http_limits.server import BoundedChannel, BoundedParser, BoundedServer, RefusalTask, allow_connections
from local_cloud.callers import SECURITY_HEADERS
from local_cloud.errors import StartupError

# Given the header names as WSGI spells them (upper case, underscores), the request line's path and the method:
# how many bytes of body the application wants to see; more is read off the connection and dropped. 0: it refuses the
# request at once, whatever the body.
BodyLimit = Callable[[dict[str, str], str, str], int]
# Content type and body for the status of what is not HTTP or too much, by the request's headers.
Refuse = Callable[[int, Mapping[str, str]], tuple[str, bytes]]

MOST_BODY_BYTES = 128 * 1024 * 1024
"""Beyond this a connection is closed after its headers, or where chunks reach it. The largest thing that comes in one
piece is a Lambda archive, 50 MB as base64."""

PRESERVED_NAMES = "moto.preserved_header_names"
OVERFLOW = "local_cloud.body_overflow"
CONNECTIONS = 1000
_OTHER_FILES = 1200  # of this process: the connections of the other server, and all the rest
_READING = "http-"  # begins the names of the threads that read requests
CLIENT_GONE = "local_cloud.client_gone"  # a function: has the client hung up?
_METADATA_HEADER = re.compile(rb"^X-Amz-Meta-[^:]+", re.MULTILINE)


class NoAnswerError(ClientDisconnected):  # type: ignore[misc]  # waitress is untyped
    """Raised by an application: the connection is closed without a word."""


class _KeptBody:
    """A waitress buffer that keeps the first `limit` bytes and remembers whether there were more."""

    def __init__(self, limit: int) -> None:
        self.limit, self.file, self.kept, self.length = limit, BytesIO(), 0, 0

    def __len__(self) -> int:
        return self.length

    def append(self, data: bytes) -> None:
        self.length += len(data)
        kept = data[: max(self.limit - self.kept, 0)]
        self.file.write(kept)
        self.kept += len(kept)

    def getfile(self) -> BytesIO:
        self.file.seek(0)
        return self.file

    def close(self) -> None:
        self.file.close()


def _parser_class(body_limit: BodyLimit) -> type[BoundedParser]:
    class Parser(BoundedParser):
        metadata_names: dict[str, str]
        expect_continue: bool
        is_refused: bool = False

        def parse_header(self, header_plus: bytes) -> None:
            super().parse_header(header_plus)
            # An empty body needs no permission: waitress would give it, and wait for the body for ever.
            self.expect_continue = self.expect_continue and self.body_rcv is not None
            self.metadata_names = {}
            for line in header_plus.split(b"\r\n")[1:]:
                name, _, value = line.partition(b":")
                if name.lower().startswith(b"x-amz-meta-"):
                    self.headers[_wsgi_name(name)] = value.strip().decode("latin-1")
                    self.metadata_names[f"HTTP_{_wsgi_name(name)}"] = name.lower().decode("latin-1")
            limit = body_limit(self.headers, self.request_uri, self.command)
            self.is_refused = limit == 0
            if self.body_rcv is not None:
                self._limit_body(limit)

        def _limit_body(self, limit: int) -> None:
            self.body_rcv.buf = _KeptBody(limit)
            if self.content_length > limit and self.expect_continue:
                # The client waits for permission: answering at once spares both sides the body.
                self.expect_continue, self.connection_close = False, True
                self.headers["CONNECTION"] = "close"
                self.body_rcv.buf.length = self.content_length
                self.completed = True

        def get_body_stream(self) -> Any:
            return self.body_rcv.buf.getfile() if self.body_rcv is not None else BytesIO()

    return Parser


def _wsgi_name(name: bytes) -> str:
    return name.upper().replace(b"-", b"_").decode("latin-1")


class _Collected:
    """Takes what a task writes to its channel."""

    def __init__(self, server: Any) -> None:
        self.server, self.pieces = server, list[bytes]()

    def write_soon(self, data: bytes) -> None:
        self.pieces.append(data)


class _Task(WSGITask):  # type: ignore[misc]  # waitress is untyped
    channel: Any

    def write(self, data: bytes) -> None:
        """Head and body go out together. Between the two, Go's HTTP client (Terraform's) may give the answer up."""
        if self.wrote_header:
            super().write(data)
            return
        channel, collected = self.channel, _Collected(self.channel.server)
        self.channel = collected
        try:
            super().write(data)
        finally:
            self.channel = channel
        channel.write_soon(b"".join(collected.pieces))

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ[PRESERVED_NAMES] = getattr(self.request, "metadata_names", {})
        body = getattr(self.request.body_rcv, "buf", None)
        environ[CLIENT_GONE] = lambda: _has_hung_up(self.channel.socket)
        environ[OVERFLOW] = isinstance(body, _KeptBody) and body.length > body.limit
        return environ

    def build_response_header(self) -> bytes:
        """S3 answers metadata names in lower case; waitress capitalises every header."""
        header: bytes = super().build_response_header()
        return _METADATA_HEADER.sub(lambda found: found[0].lower(), header)


class _Server(BoundedServer):
    """Requests that will be refused are answered by the thread that reads them, and take none that work is done in.

    Hundreds of them a second, handed from thread to thread, would make everybody else wait for the interpreter.
    """

    refused: list[Any]

    def add_task(self, task: Any) -> None:
        is_reading = threading.current_thread().name.startswith(_READING)
        if is_reading and getattr(task.requests[0], "is_refused", False):
            self.refused.append(task)
        else:
            super().add_task(task)


def _has_hung_up(connection: socket.socket) -> bool:
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def listen_on(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any free one."""
    try:
        return socket.create_server((host, port), backlog=1024)
    except OSError as exc:
        advice = "choose others with --port N, or make run ARGS='--port N'"
        raise StartupError(f"cannot listen on {host}:{port} ({os.strerror(exc.errno or 0)}); {advice}") from exc


def refuse_plainly(status: int, _: Mapping[str, str]) -> tuple[str, bytes]:
    """Words for any client that cannot be told apart further."""
    return "application/json", f'{{"message":"The request cannot be read as HTTP/1.1 (status {status})."}}'.encode()


class HttpServer:
    """An HTTP server in threads of its own, bound when constructed, answering after `start`."""

    def __init__(
        self,
        application: Any,
        *,
        host: str,
        port: int,
        threads: int,
        body_limit: BodyLimit = lambda *_: MOST_BODY_BYTES,
        refuse: Refuse = refuse_plainly,
    ) -> None:
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a full queue is our normal back-pressure
        listener = listen_on(host, port)
        self._dispatcher = ThreadedTaskDispatcher()
        self._dispatcher.set_thread_count(threads)
        self._connections: dict[int, Any] = {}
        self._refused: list[Any] = []
        self._server = _Server(
            application,
            map=self._connections,
            _sock=listener,
            bind_socket=False,
            sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
            dispatcher=self._dispatcher,
            connection_limit=allow_connections(CONNECTIONS, other_files=_OTHER_FILES),
            channel_timeout=60,
            recv_bytes=262_144,  # a photo in one or two reads instead of thirty
            max_request_body_size=MOST_BODY_BYTES,
            clear_untrusted_proxy_headers=False,
        )
        self._server.refused = self._refused
        parts = {
            "parser_class": _parser_class(body_limit),
            "task_class": _Task,
            "error_task_class": type(
                "Refusal", (RefusalTask,), {"refuse": staticmethod(refuse), "headers": SECURITY_HEADERS}
            ),
        }
        self._server.channel_class = type("Channel", (BoundedChannel,), parts)
        self.port: int = listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, name=f"{_READING}{self.port}", daemon=True)
        self._closing = threading.Event()

    def start(self) -> None:
        """Answer from now on; returns at once."""
        self._thread.start()

    def _run(self) -> None:
        asyncore = self._server.asyncore
        while not self._closing.is_set():
            asyncore.loop(timeout=1.0, map=self._connections, use_poll=True, count=1)
            while self._refused:
                self._refused.pop().service()

    def close(self) -> None:
        """Stop accepting, let requests in progress finish (at most 10 s), and let go of the port."""
        self._server.accepting = False
        self._dispatcher.shutdown(cancel_pending=True, timeout=10)
        self._closing.set()
        self._server.pull_trigger()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        for connection in list(self._connections.values()):
            connection.close()
