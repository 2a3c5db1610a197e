"""The engine as users run it: a process of its own on a free port."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

REPOSITORY = Path(__file__).resolve().parents[1]
MODELS = REPOSITORY / "models"
PATIENCE_SECONDS = 30


@dataclass(frozen=True)
class RunningEngine:
    """`lines` grows with what the process writes to standard error."""

    url: str
    process: subprocess.Popen[str]
    lines: list[str]

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    def client(self, region: str = "eu-west-1") -> Any:
        """A boto3 client that does not repeat failed calls."""
        return boto3.session.Session().client(
            "rekognition",
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id="AKIDEXAMPLE",
            aws_secret_access_key="not-a-secret",
            config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
        )


@contextmanager
def running_engine(
    data: Path, *arguments: str, models: Path = MODELS, environment: Mapping[str, str] | None = None
) -> Iterator[RunningEngine]:
    """Starts the engine, waits until it is ready, and stops it as an init system does."""
    command = [sys.executable, "-m", "face_engine", "--port", "0", "--data", str(data), "--models", str(models)]
    process = subprocess.Popen(
        [*command, *arguments],
        cwd=REPOSITORY,
        env={**os.environ, **(environment or {})},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    lines: list[str] = []
    try:
        ready = process.stderr.readline()
        if not ready.startswith("{"):
            raise RuntimeError(ready + process.stderr.read())
        reader = threading.Thread(target=lambda: lines.extend(process.stderr or ()), daemon=True)
        reader.start()
        yield RunningEngine(json.loads(ready)["url"], process, lines)
        process.terminate()
        process.wait(PATIENCE_SECONDS)
        reader.join(PATIENCE_SECONDS)
    finally:
        process.kill()
        process.wait(PATIENCE_SECONDS)
        process.stderr.close()
