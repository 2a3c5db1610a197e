"""An engine as users start it, a process of its own on a free port, and a client that keeps its connection."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from face_engine.protocol import CONTENT_TYPE
from face_engine.settings import REPOSITORY

PATIENCE_SECONDS = 30
AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/rekognition/aws4_request, SignedHeaders=host, Signature=0"
)


class EngineStartError(RuntimeError):
    """The engine ended before it was ready; the message is what it wrote."""


class RefusedError(Exception):
    """The engine answered an error; `code` is Rekognition's name for it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


@dataclass(frozen=True)
class EngineProcess:
    """`lines` grows with what the process writes to standard error."""

    url: str
    process: subprocess.Popen[str]
    lines: list[str]

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])


class KeptConnection:
    """Sends requests one after another over one connection, unsigned in truth: an SDK's own work is not measured."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)

    def call(self, operation: str, body: str) -> dict[str, Any]:
        """The answer to a JSON text; raises `RefusedError`, or what the connection fails with."""
        headers = {
            "X-Amz-Target": f"RekognitionService.{operation}",
            "Content-Type": CONTENT_TYPE,
            "Authorization": AUTHORIZATION,
        }
        self._connection.request("POST", "/", body=body, headers=headers)
        answer = self._connection.getresponse()
        values: dict[str, Any] = json.loads(answer.read())
        if answer.status != http.client.OK:
            raise RefusedError(values["Code"], values["Message"])
        return values

    def close(self) -> None:
        self._connection.close()


@contextmanager
def start_engine(
    data: Path, *arguments: str, models: Path, environment: Mapping[str, str] | None = None
) -> Iterator[EngineProcess]:
    """Waits until it is ready, and stops it as an init system does. Raises `EngineStartError`."""
    command = [sys.executable, "-m", "face_engine", "--port", "0", "--data", str(data), "--models", str(models)]
    process = subprocess.Popen(  # noqa: S603 - this interpreter and this package
        [*command, *arguments], cwd=REPOSITORY, env=environment, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    lines: list[str] = []
    try:
        ready = process.stderr.readline()
        if not ready.startswith("{"):
            raise EngineStartError(ready + process.stderr.read())
        reader = threading.Thread(target=lambda: lines.extend(process.stderr or ()), daemon=True)
        reader.start()
        yield EngineProcess(json.loads(ready)["url"], process, lines)
        process.terminate()
        process.wait(PATIENCE_SECONDS)
        reader.join(PATIENCE_SECONDS)
    finally:
        process.kill()
        process.wait(PATIENCE_SECONDS)
        process.stderr.close()
