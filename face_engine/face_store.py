"""Collections, tags and faces in one SQLite file: the only truth.

One file holds one namespace: collections are not divided by region or account.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from face_engine.database import Database
from face_engine.records import Box, Collection, ImageOfFaces, NewFace, StoredFace, User
from face_engine.user_store import UserStore
from face_engine.vision.arrays import FACEPRINT_SIZE, Floats

FACE_COLUMNS = (
    "row, face_id, image_id, external_image_id, box, confidence, "
    "(SELECT user_id FROM users WHERE users.row = faces.user)"
)


class CollectionExistsError(Exception):
    """The name is taken."""


class CollectionMissingError(Exception):
    """There is no such collection, or it was deleted meanwhile."""


@dataclass(frozen=True)
class FaceDeletion:
    """`rows`: the row numbers of the faces that are gone; `owners`: the UserIds of those that belong to users and stay.

    Both by FaceId, in the order asked for.
    """

    rows: dict[str, int]
    owners: dict[str, str]


class FaceStore:
    """Thread-safe. `users` keeps the people whom faces belong to, in the same file."""

    def __init__(self, folder: Path) -> None:
        """Raises `StoreLockedError`."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._database = Database(folder / "faces.sqlite")
        self._select, self._transaction = self._database.select, self._database.transaction
        self.users = UserStore(self._database)

    def close(self) -> None:
        self._database.close()

    def create_collection(
        self, name: str, *, model_version: str, created_at: float, tags: Mapping[str, str]
    ) -> Collection:
        """Raises `CollectionExistsError`."""
        statement = "INSERT INTO collections (name, model_version, created_at) VALUES (?, ?, ?)"
        try:
            with self._transaction() as connection:
                number = connection.execute(statement, (name, model_version, created_at)).lastrowid
                _put_tags(connection, int(number or 0), tags)
        except sqlite3.IntegrityError as exc:
            raise CollectionExistsError(name) from exc
        return self.get_collection(name)

    def get_collection(self, name: str) -> Collection:
        """Raises `CollectionMissingError`."""
        rows = self._select("SELECT id, name, model_version, created_at FROM collections WHERE name = ?", (name,))
        if not rows:
            raise CollectionMissingError(name)
        return Collection(*rows[0])

    def list_collections(self, *, after: int, limit: int) -> list[Collection]:
        """Collections made after the one with id `after`, in the order they were made."""
        statement = "SELECT id, name, model_version, created_at FROM collections WHERE id > ? ORDER BY id LIMIT ?"
        return [Collection(*row) for row in self._select(statement, (after, limit))]

    def count_collections(self) -> int:
        return int(self._select("SELECT count(*) FROM collections")[0][0])

    def delete_collection(self, name: str) -> Collection:
        """Removes it with its faces, users and tags; raises `CollectionMissingError`."""
        with self._transaction() as connection:
            collection = self.get_collection(name)
            connection.execute("DELETE FROM collections WHERE id = ?", (collection.id,))
        self._database.erase_traces()
        return collection

    def get_tags(self, collection: Collection) -> dict[str, str]:
        return dict(self._select("SELECT key, value FROM tags WHERE collection = ? ORDER BY key", (collection.id,)))

    def add_tags(self, collection: Collection, tags: Mapping[str, str]) -> None:
        """Existing keys get the new value."""
        with self._transaction() as connection:
            _put_tags(connection, collection.id, tags)

    def remove_tags(self, collection: Collection, keys: Sequence[str]) -> None:
        with self._transaction() as connection:
            statement = "DELETE FROM tags WHERE collection = ? AND key = ?"
            connection.executemany(statement, [(collection.id, key) for key in keys])

    def add_faces(self, collection: Collection, image: ImageOfFaces, faces: Sequence[NewFace]) -> list[StoredFace]:
        """Store the faces of one picture, all or none, and answer how they stand in the store, in the order given.

        A face that is stored already, of the same picture bytes, external id and box, is answered instead of stored
        twice. Raises `CollectionMissingError` when the collection went away meanwhile.
        """
        try:
            with self._transaction() as connection:
                known = {face.box: face for face in self._faces_of_image(collection, image)}
                for face in faces:
                    if face.box not in known:
                        known[face.box] = _insert_face(connection, collection, image, face)
                return [known[face.box] for face in faces]
        except sqlite3.IntegrityError as exc:
            raise CollectionMissingError(collection.name) from exc

    def list_faces(
        self,
        collection: Collection,
        *,
        after: int,
        limit: int,
        face_ids: Sequence[str] | None = None,
        user: User | None = None,
    ) -> list[StoredFace]:
        """Faces stored after row `after`, in the order they came; only those of `face_ids` and of `user` when given."""
        conditions = ["collection = ?", "row > ?"]
        values: list[object] = [collection.id, after]
        order = "row"
        if face_ids is not None:
            conditions.append("face_id IN (SELECT value FROM json_each(?))")
            values.append(json.dumps(list(face_ids)))
            order = "+row"  # + makes SQLite look up the ids, not read all in order of rows
        if user is not None:
            conditions.append("user = ?")
            values.append(user.row)
        statement = f"SELECT {FACE_COLUMNS} FROM faces WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT ?"  # noqa: S608 # nosec B608  # constants
        return [_to_face(row) for row in self._select(statement, (*values, limit))]

    def get_faces(self, collection: Collection, rows: Sequence[int]) -> dict[int, StoredFace]:
        """The faces of these row numbers that are still there."""
        statement = f"SELECT {FACE_COLUMNS} FROM faces WHERE collection = ? AND row IN (SELECT value FROM json_each(?))"  # noqa: S608 # nosec B608  # constants
        found = self._select(statement, (collection.id, json.dumps(list(rows))))
        return {face.row: face for face in map(_to_face, found)}

    def count_faces(self, collection: Collection) -> int:
        return int(self._select("SELECT count(*) FROM faces WHERE collection = ?", (collection.id,))[0][0])

    def delete_faces(self, collection: Collection, face_ids: Sequence[str]) -> FaceDeletion:
        """Removes those faces that are there and belong to no user."""
        with self._transaction() as connection:
            found = self.list_faces(collection, after=0, limit=len(face_ids), face_ids=face_ids)
            free = {face.face_id: face.row for face in found if face.user_id is None}
            connection.executemany("DELETE FROM faces WHERE row = ?", [(row,) for row in free.values()])
        self._database.erase_traces()
        owners = {face.face_id: face.user_id for face in found if face.user_id is not None}
        return FaceDeletion(
            {face_id: free[face_id] for face_id in face_ids if face_id in free},
            {face_id: owners[face_id] for face_id in face_ids if face_id in owners},
        )

    def load_faceprints(
        self, collection: Collection, *, after: int, limit: int, size: int = FACEPRINT_SIZE
    ) -> tuple[list[int], Floats]:
        """Row numbers and faceprints [n, size] of at most `limit` faces stored after row `after`, oldest first."""
        statement = "SELECT row, faceprint FROM faces WHERE collection = ? AND row > ? ORDER BY row LIMIT ?"
        found = self._select(statement, (collection.id, after, limit))
        vectors = np.frombuffer(b"".join(row[1] for row in found), "<f4").reshape(-1, size)
        return [row[0] for row in found], vectors

    def get_faceprint(self, collection: Collection, face_id: str) -> Floats | None:
        """The faceprint [size] of a face, or None when it is not there."""
        statement = "SELECT faceprint FROM faces WHERE collection = ? AND face_id = ?"
        found = self._select(statement, (collection.id, face_id))
        return np.frombuffer(found[0][0], "<f4") if found else None

    def _faces_of_image(self, collection: Collection, image: ImageOfFaces) -> list[StoredFace]:
        statement = (
            f"SELECT {FACE_COLUMNS} FROM faces "  # noqa: S608 # nosec B608  # constants
            "WHERE collection = ? AND image_digest = ? AND external_image_id IS ?"
        )
        return [
            _to_face(row) for row in self._select(statement, (collection.id, image.digest, image.external_image_id))
        ]


def _put_tags(connection: sqlite3.Connection, collection: int, tags: Mapping[str, str]) -> None:
    statement = "INSERT OR REPLACE INTO tags (collection, key, value) VALUES (?, ?, ?)"
    connection.executemany(statement, [(collection, key, value) for key, value in tags.items()])


def _insert_face(
    connection: sqlite3.Connection, collection: Collection, image: ImageOfFaces, face: NewFace
) -> StoredFace:
    statement = (
        "INSERT INTO faces (collection, face_id, image_id, image_digest, external_image_id, box, confidence, faceprint)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    )
    box = json.dumps([face.box.left, face.box.top, face.box.width, face.box.height])
    values = (collection.id, face.face_id, image.image_id, image.digest, image.external_image_id, box, face.confidence)
    row = connection.execute(statement, (*values, face.faceprint.astype("<f4").tobytes())).lastrowid
    return StoredFace(int(row or 0), face.face_id, image.image_id, image.external_image_id, face.box, face.confidence)


def _to_face(row: tuple[Any, ...]) -> StoredFace:
    number, face_id, image_id, external_image_id, box, confidence, user_id = row
    return StoredFace(number, face_id, image_id, external_image_id, Box(*json.loads(box)), confidence, user_id)
