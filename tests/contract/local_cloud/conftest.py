"""The backend behind its door, in this process, empty before each test."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local_cloud.aws import Aws
from local_cloud.backend.application import AwsBackend
from local_cloud.backend.corrections.object_bytes import keep_objects_in
from local_cloud.backend.moto_state import services_in_use
from local_cloud.door import Door
from local_cloud.guard import Guard
from local_cloud.http_server import HttpServer
from local_cloud.iam.gate import Gate
from local_cloud.iam.roles import Roles
from local_cloud.settings import ACCESS_KEY_ID, SECRET_ACCESS_KEY

REGION = "us-east-1"
ACCOUNT = "123456789012"


@dataclass(frozen=True)
class World:
    """What the tests of the backend work with."""

    backend: AwsBackend
    door: Door
    aws: Aws
    roles: Roles
    gate: Gate

    @property
    def s3(self) -> Any:
        return self.aws.client("s3")

    @property
    def sqs(self) -> Any:
        return self.aws.client("sqs")

    @property
    def dynamodb(self) -> Any:
        return self.aws.client("dynamodb")


@pytest.fixture(scope="session")
def _world() -> Iterator[World]:
    backend = AwsBackend()
    roles = Roles(backend)
    gate = Gate(roles)
    guard = Guard(roles, gate, {ACCESS_KEY_ID: SECRET_ACCESS_KEY})
    door = Door(backend, engine=("127.0.0.1", 9), region=REGION, guard=guard)
    server = HttpServer(door, host="127.0.0.1", port=0, threads=8)
    server.start()
    yield World(backend, door, Aws(f"http://127.0.0.1:{server.port}", REGION), roles, gate)
    server.close()


@pytest.fixture
def world(_world: World, tmp_path: Path) -> World:
    keep_objects_in(tmp_path / "objects")
    for service in list(services_in_use()):
        for region in service.values():
            region.reset()
    return _world
