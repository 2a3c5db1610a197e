"""The engine as users run it: a process of its own on a free port, with boto3's clients."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from face_engine.bench.engine_process import EngineProcess, start_engine

REPOSITORY = Path(__file__).resolve().parents[1]
MODELS = REPOSITORY / "models"


@dataclass(frozen=True)
class RunningEngine(EngineProcess):
    """Makes clients of itself."""

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
    with start_engine(data, *arguments, models=models, environment={**os.environ, **(environment or {})}) as engine:
        yield RunningEngine(engine.url, engine.process, engine.lines)
