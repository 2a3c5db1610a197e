"""Kills an engine before each single statement that a change of a user runs on the database, one after the other.

Run as a script with an empty folder: prints a JSON list, for every kill, of [faces of the user, whether its vector is
made of these faces]; the last entry is the change that came through. A process of its own, for it forks.
"""

from __future__ import annotations

import functools
import itertools
import json
import os
import shutil
import signal
import sqlite3
import sys
from pathlib import Path
from typing import Any

import numpy as np

from face_engine.face_store import FaceStore
from face_engine.user_vectors import combine
from fakes.engine_parts import EngineUnderTest
from fakes.fake_vision import FakeVision, make_face, make_photo

VISION = FakeVision({1: [make_face(10 + place % 4, box=(place, 0, 40, 50)) for place in range(6)]})
ANN = {"CollectionId": "people", "UserId": "ann"}


class DyingConnection(sqlite3.Connection):
    """Kills the process before the statement after `remaining` others."""

    remaining: float = float("inf")

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        self._count()
        return super().execute(*arguments)

    def executemany(self, *arguments: Any) -> sqlite3.Cursor:
        self._count()
        return super().executemany(*arguments)

    def _count(self) -> None:
        if DyingConnection.remaining == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        DyingConnection.remaining -= 1


def main(folder: Path) -> None:
    sqlite3.connect = functools.partial(sqlite3.connect, factory=DyingConnection)  # type: ignore[assignment]
    faces = prepare(folder / "before")
    outcomes = []
    for statements in itertools.count():
        data = folder / str(statements)
        shutil.copytree(folder / "before", data)
        survived = change_and_die(data, faces, statements)
        outcomes.append(look_at(data))
        if survived:
            break
    print(json.dumps(outcomes))


def prepare(folder: Path) -> list[str]:
    engine = EngineUnderTest(folder, VISION)
    engine.call("CreateCollection", CollectionId="people")
    faces = [record["Face"]["FaceId"] for record in engine.index(make_photo(1))["FaceRecords"]]
    engine.call("CreateUser", **ANN)
    engine.call("AssociateFaces", **ANN, FaceIds=faces[:2])
    engine.store.close()
    return faces


def change_and_die(folder: Path, faces: list[str], statements: int) -> bool:
    """Whether the change came through."""
    process = os.fork()
    if process == 0:
        engine = EngineUnderTest(folder, VISION)
        DyingConnection.remaining = statements
        engine.call("AssociateFaces", **ANN, FaceIds=faces[2:], ClientRequestToken="token")
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0


def look_at(folder: Path) -> tuple[int, bool]:
    store = FaceStore(folder)
    collection = store.get_collection("people")
    user = store.users.get_user(collection, "ann")
    own = store.list_faces(collection, after=0, limit=100, user=user)
    made = combine(np.stack([store.get_faceprint(collection, face.face_id) for face in own]))
    vector = store.users.get_vector(user.row)
    store.close()
    return len(own), bool(np.array_equal(vector, made))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
