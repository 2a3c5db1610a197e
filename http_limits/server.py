"""waitress, bounded: connections, the time a request may take to arrive, and what is read before it is one.

waitress stops accepting at its limit of connections, and closes those alone that are silent for a minute: a thousand
clients that send a byte now and then would keep everybody else out for ever.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Mapping
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError, TransferEncodingNotImplemented
from waitress.receiver import ChunkedReceiver
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask
from waitress.utilities import BadRequest, RequestHeaderFieldsTooLarge

HEAD_SECONDS = 10.0
"""From the first byte of a request to the end of its head."""

BODY_SECONDS = 20.0
BODY_RATE = 500
"""A body may take BODY_SECONDS, and a second more for each BODY_RATE bytes: Apache's `RequestReadTimeout body=20,
MinRate=500`."""

HEAD_BYTES = 16384
CHUNK_LINE_BYTES = 1024
TRAILER_BYTES = 8192
FILES_OF_A_CONNECTION = 2
"""Its socket, and the file that a large body lies in until it is read."""

_CLEANUP_SECONDS = 1


class BoundedChunks(ChunkedReceiver):  # type: ignore[misc]  # waitress is untyped
    """A chunked body; waitress keeps a chunk's size line and the trailer however long they become."""

    def received(self, data: bytes) -> int:
        used: int = super().received(data)
        if len(self.control_line) > CHUNK_LINE_BYTES:
            self.error = BadRequest("Chunk size line too long")
        elif len(self.trailer) > TRAILER_BYTES:
            self.error = RequestHeaderFieldsTooLarge("Trailer too long")
        return used


class BoundedParser(HTTPRequestParser):  # type: ignore[misc]  # waitress is untyped
    """One request as it arrives. Whatever cannot be read is the client's error, never the server's."""

    body_rcv: Any

    def parse_header(self, header_plus: bytes) -> None:
        try:
            super().parse_header(header_plus)
        except (ValueError, TransferEncodingNotImplemented) as exc:  # also a Content-Length of thousands of digits
            raise ParsingError(str(exc)) from exc
        if self.chunked:
            self.body_rcv = BoundedChunks(self.body_rcv.buf)


class BoundedChannel(HTTPChannel):  # type: ignore[misc]  # waitress is untyped
    """A connection. `since` is when its client began to keep us waiting, on the monotonic clock."""

    parser_class = BoundedParser

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.since = time.monotonic()
        super().__init__(*arguments, **options)

    def received(self, data: bytes) -> bool:
        if self.request is None:
            self.since = time.monotonic()
        return bool(super().received(data))

    def service(self) -> None:
        super().service()
        if self.request is None:
            self.since = time.monotonic()

    @property
    def is_waiting(self) -> bool:
        """Whether nothing but the client can make it go on."""
        return not self.requests and not self.total_outbufs_len and not self.will_close

    def is_late(self, now: float) -> bool:
        """Whether a request has begun to arrive and takes longer than it may."""
        request = self.request
        if request is None or not self.is_waiting:
            return False
        allowed = HEAD_SECONDS
        if request.headers_finished:
            allowed = BODY_SECONDS + request.body_bytes_received / BODY_RATE
        return now - self.since > allowed


class BoundedServer(TcpWSGIServer):  # type: ignore[misc]  # waitress is untyped
    """A full server lets go of the client that has kept it waiting longest, and takes the next."""

    channel_class: type[BoundedChannel] = BoundedChannel
    next_channel_cleanup: float

    def __init__(self, application: Any, *, connection_limit: int, **options: Any) -> None:
        options = {"max_request_header_size": HEAD_BYTES, "ident": None} | options
        super().__init__(
            application,
            connection_limit=connection_limit,
            cleanup_interval=_CLEANUP_SECONDS,
            asyncore_use_poll=True,  # select() ends at 1024 files
            **options,
        )

    def readable(self) -> bool:
        now = time.time()
        if now >= self.next_channel_cleanup:
            self.next_channel_cleanup = now + self.adj.cleanup_interval
            self.maintenance(now)
        if len(self._map) < self.adj.connection_limit:
            return bool(self.accepting)
        waiting = [channel for channel in self.active_channels.values() if channel.is_waiting]
        if waiting:
            min(waiting, key=lambda channel: channel.since).will_close = True
        return False

    def maintenance(self, now: float) -> None:
        super().maintenance(now)
        moment = time.monotonic()
        for channel in list(self.active_channels.values()):
            if channel.is_late(moment):
                channel.will_close = True


class RefusalTask(ErrorTask):  # type: ignore[misc]  # waitress is untyped
    """Answers what is not HTTP, or too much, by `refuse`; `headers` go with every answer."""

    headers: tuple[tuple[str, str], ...] = ()

    @staticmethod
    def refuse(status: int, _: Mapping[str, str]) -> tuple[str, bytes]:
        """Content type and body for a status, and the request's headers (names as in CGI) if there are any."""
        return "text/plain", f"HTTP {status}".encode()

    def execute(self) -> None:
        error = self.request.error
        content_type, body = self.refuse(error.code, getattr(self.request, "headers", {}))
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [("Content-Type", content_type), *self.headers]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


def allow_connections(wanted: int, *, other_files: int) -> int:
    """How many connections the process has files for, at most `wanted`; its own limit is raised as far as it may be.

    `other_files` is what the process opens besides. Beyond the limit of files a connection could not be accepted at
    all, and its client would wait for ever.
    """
    files = other_files + FILES_OF_A_CONNECTION * wanted
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= files:
        return wanted
    allowed = files if hard == resource.RLIM_INFINITY else min(files, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return max(1, (allowed - other_files) // FILES_OF_A_CONNECTION)
