"""S3's GetObject over HTTP, enough for boto3 to read objects and to be refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

MISSING = b"<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"


class FakeS3(ThreadingHTTPServer):
    """`objects` maps bucket/key, and bucket/key?version, to bytes."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.objects: dict[str, bytes] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Answer(BaseHTTPRequestHandler):
    server: FakeS3

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        version = parse_qs(parts.query).get("versionId", [""])[0]
        name = unquote(parts.path).removeprefix("/") + (f"?{version}" if version else "")
        content = self.server.objects.get(name)
        body = MISSING if content is None else content
        self.send_response(404 if content is None else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Tests read nothing of it."""


@contextmanager
def running_s3() -> Iterator[FakeS3]:
    server = FakeS3()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
