"""An engine of real parts around a fake vision, for tests without models and without a network."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from face_engine.face_library import FaceLibrary
from face_engine.face_store import FaceStore
from face_engine.operations import OPERATIONS
from face_engine.operations.context import Call, Engine
from face_engine.operations.quality_filter import OPEN_GATES, QualityGates
from fakes.fake_vision import FakeVision

NOW = 1_700_000_000.25


class FakeObjects:
    """S3 as a dictionary of (bucket, key) to bytes."""

    def __init__(self) -> None:
        self.content: dict[tuple[str, str], bytes] = {}

    def read(self, place: dict[str, str], *, region: str) -> bytes:
        return self.content[place["Bucket"], place["Name"]]


class EngineUnderTest:
    """Calls operations by name, as the application does after checking the request; `clock` is what time it is."""

    def __init__(
        self, folder: Path, vision: FakeVision, *, first_number: int = 1, gates: QualityGates = OPEN_GATES
    ) -> None:
        """`first_number`: where fresh ids start, which a restarted engine must not give again."""
        numbers = itertools.count(first_number)
        self.clock = NOW
        self.vision = vision
        self.objects = FakeObjects()
        self.store = FaceStore(folder)
        self.engine = Engine(
            library=FaceLibrary(self.store),
            vision=vision,
            account_id="111122223333",
            now=lambda: self.clock,
            new_id=lambda: f"00000000-0000-4000-8000-{next(numbers):012x}",
            read_object=self.objects.read,
            gates=gates,
        )

    def call(self, operation: str, **values: Any) -> dict[str, Any]:
        return OPERATIONS[operation](self.engine, Call(values, "eu-west-1"))

    def index(self, photo: bytes, collection: str = "people", **values: Any) -> dict[str, Any]:
        return self.call("IndexFaces", CollectionId=collection, Image={"Bytes": photo}, **values)

    def search(self, photo: bytes, collection: str = "people", **values: Any) -> dict[str, Any]:
        return self.call("SearchFacesByImage", CollectionId=collection, Image={"Bytes": photo}, **values)
