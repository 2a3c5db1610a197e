"""The running parts that fuzzers talk to, and the memory these take."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from fuzz.tally import PATIENCE_SECONDS
from local_world import LocalCloud, sample, start_cloud

CLOUD_MEGABYTES = 700
ENGINE_MEGABYTES = 600
"""Most resident memory of the two processes, whatever they are sent."""

HANG_SECONDS = 3 * PATIENCE_SECONDS
_LIMITS = {
    "THROTTLE_SETTINGS_RATE_LIMIT": "10000",
    "THROTTLE_SETTINGS_BURST_LIMIT": "5000",
    "KEYLESS_RATE_LIMIT": "10000",
    "QUOTA_SETTINGS_LIMIT": "2000000000",
}
SIGNED_FOR_ENGINE = (
    "AWS4-HMAC-SHA256 Credential=fuzz/20260101/us-east-1/rekognition/aws4_request, SignedHeaders=host, Signature=0"
)
SIGNED_FOR_TABLES = SIGNED_FOR_ENGINE.replace("rekognition", "dynamodb")


@dataclass(frozen=True)
class Target:
    """An address that takes HTTP."""

    name: str
    host: str
    port: int

    @classmethod
    def of(cls, name: str, url: str) -> Target:
        parts = urlsplit(url)
        return cls(name, str(parts.hostname), int(parts.port or 80))

    def connect(self, seconds: float = HANG_SECONDS) -> socket.socket:
        return socket.create_connection((self.host, self.port), timeout=seconds)


@dataclass(frozen=True)
class Answer:
    """`status` 0: the connection was closed without an answer."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    @property
    def json(self) -> object:
        return json.loads(self.body)


@dataclass(frozen=True)
class World:
    """A running local cloud with three people indexed."""

    cloud: LocalCloud
    engine_pid: int

    @property
    def key(self) -> str:
        return self.cloud.addresses["apiKey"]

    @property
    def gateway(self) -> Target:
        return Target.of("gateway", self.cloud.addresses["url"])

    @property
    def door(self) -> Target:
        return Target.of("door", self.cloud.addresses["awsEndpoint"])

    @property
    def engine(self) -> Target:
        return Target.of("engine", self.cloud.addresses["rekognitionEndpoint"])

    def forget_peaks(self) -> None:
        """The peaks begin anew, where the system can do that (Linux)."""
        for pid in self._pids().values():
            with suppress(OSError):
                Path(f"/proc/{pid}/clear_refs").write_text("5")

    def peaks(self) -> dict[str, int]:
        """The most resident memory of each process since `forget_peaks`, in MB (10⁶ bytes)."""
        return {name: peak_megabytes(pid) for name, pid in self._pids().items()}

    def _pids(self) -> dict[str, int]:
        return {"cloud": self.cloud.process.pid, "engine": self.engine_pid}


def peak_megabytes(pid: int) -> int:
    """Of a process; where the system does not keep peaks, what it has now."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 // 10**6 for line in lines if line.startswith("VmHWM"))
    now = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True)
    return int(now.stdout) * 1024 // 10**6


@contextmanager
def running_world(data: Path) -> Iterator[World]:
    """Its limits of requests are out of the way: they would answer in place of what is fuzzed."""
    cloud = start_cloud(data, **_LIMITS)
    try:
        for name, person in (("barack-obama-1", "Barack Obama"), ("joe-biden-1", "Joe Biden")):
            cloud.put(f"library/{name}.jpg", sample(name), person)
        yield World(cloud, cloud.status()["engine"]["pid"])
    finally:
        cloud.stop()


def exchange(target: Target, request: bytes) -> Answer:
    """Sends raw bytes on a connection of its own and reads one answer."""
    started = time.monotonic()
    method = request.partition(b" ")[0].decode("latin-1")
    with target.connect() as connection:
        with suppress(BrokenPipeError, ConnectionResetError):  # refused before all of it was sent
            connection.sendall(request)
        return read_answer(connection, started, method=method)


def read_answer(connection: socket.socket, started: float, *, method: str = "GET") -> Answer:
    """The next answer on this connection."""
    answer = http.client.HTTPResponse(connection, method=method)
    try:
        answer.begin()
        body = answer.read()
    except (http.client.HTTPException, ConnectionResetError, TimeoutError):
        return Answer(0, {}, b"", time.monotonic() - started)
    finally:
        answer.close()
    headers = {name.lower(): value for name, value in answer.getheaders()}
    return Answer(answer.status, headers, body, time.monotonic() - started)


def post(target: Target, path: str, body: bytes, **headers: str) -> bytes:
    """A POST request as bytes; underscores of header names become dashes."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body


def rekognition(target: Target, operation: str, body: bytes) -> bytes:
    """A call of Rekognition."""
    return post(
        target,
        "/",
        body,
        X_Amz_Target=f"RekognitionService.{operation}",
        Content_Type="application/x-amz-json-1.1",
        Authorization=SIGNED_FOR_ENGINE,
    )
