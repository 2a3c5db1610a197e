"""One request on its way through the gateway, and the answer it gets."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local_cloud.gateway.definition import Method
from local_cloud.http_server import OVERFLOW, PRESERVED_NAMES

_NOT_PASSED_ON = {"HTTP_CONNECTION", "HTTP_KEEP_ALIVE", "HTTP_EXPECT", "HTTP_TRANSFER_ENCODING", "HTTP_TE"}


@dataclass
class Answer:
    """What goes back to the client."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass
class Exchange:
    """The request as sent (path and query still percent-encoded), and what the steps found out about it."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    source_ip: str
    body_overflowed: bool
    environ: Mapping[str, Any] = field(repr=False)
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    received: float = field(default_factory=time.time)
    path_in_stage: str = ""
    told_path: str = ""  # `path` of the event
    resource: str = ""
    path_parameters: Mapping[str, str] = field(default_factory=dict)
    route: Method | None = None
    key_digest: str | None = None
    answer: Answer | None = None

    def header(self, name: str) -> str:
        return self.headers.get(name.lower(), "")

    def body(self) -> bytes:
        body: bytes = self.environ["wsgi.input"].read()
        return body


def read_exchange(environ: dict[str, Any]) -> Exchange:
    """From a WSGI request of `http_server`."""
    path, _, query = environ["REQUEST_URI"].partition("?")
    if path.startswith(("http://", "https://")):  # the absolute form proxies use
        path = "/" + path.split("/", 3)[3] if path.count("/") > 2 else "/"
    return Exchange(
        method=environ["REQUEST_METHOD"],
        path=path,
        query=query,
        headers=request_headers(environ),
        source_ip=environ["REMOTE_ADDR"],
        body_overflowed=environ[OVERFLOW],
        environ=environ,
    )


def request_headers(environ: Mapping[str, Any]) -> dict[str, str]:
    """Names in lower case, as HTTP/2 clients of API Gateway send them; names are case-insensitive anyway."""
    names: Mapping[str, str] = environ[PRESERVED_NAMES]
    headers = {
        names.get(name, name[5:].replace("_", "-").lower()): _text(value)
        for name, value in environ.items()
        if name.startswith("HTTP_") and name not in _NOT_PASSED_ON
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.replace("_", "-").lower()] = environ[name]
    return headers


def _text(value: str) -> str:
    """API Gateway reads header bytes as UTF-8 where they are; WSGI hands them over as Latin-1."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeDecodeError:
        return value
