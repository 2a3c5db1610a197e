"""Collections, tags and faces in one SQLite file: the only truth, complete after a kill at any moment.

Every change is one transaction in write-ahead mode, flushed to disk before it is answered. The file belongs to one
process at a time. One file holds one namespace: collections are not divided by region or account.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from face_engine.records import Box, Collection, ImageOfFaces, NewFace, StoredFace
from face_engine.vision.arrays import FACEPRINT_SIZE, Floats

SCHEMA = """
CREATE TABLE IF NOT EXISTS collections (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    model_version TEXT NOT NULL,
    created_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS tags (
    collection INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (collection, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS faces (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    collection INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    face_id TEXT NOT NULL,
    image_id TEXT NOT NULL,
    image_digest BLOB NOT NULL,
    external_image_id TEXT,
    box TEXT NOT NULL,
    confidence REAL NOT NULL,
    faceprint BLOB NOT NULL,
    UNIQUE (collection, face_id)
);
CREATE INDEX IF NOT EXISTS faces_of_collection ON faces (collection, row);
CREATE INDEX IF NOT EXISTS faces_of_image ON faces (collection, image_digest);
"""
FACE_COLUMNS = "row, face_id, image_id, external_image_id, box, confidence"


class StoreLockedError(RuntimeError):
    """Another process has the data directory open."""


class CollectionExistsError(Exception):
    """The name is taken."""


class CollectionMissingError(Exception):
    """There is no such collection, or it was deleted meanwhile."""


class FaceStore:
    """Thread-safe: one connection, one statement or transaction at a time."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._connection = _open_database(folder / "faces.sqlite")

    def close(self) -> None:
        with self._lock:
            self._connection.close()

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
        """Removes it with its faces and tags; raises `CollectionMissingError`."""
        with self._transaction() as connection:
            collection = self.get_collection(name)
            connection.execute("DELETE FROM collections WHERE id = ?", (collection.id,))
        self._erase_traces()
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
        self, collection: Collection, *, after: int, limit: int, face_ids: Sequence[str] | None = None
    ) -> list[StoredFace]:
        """Faces stored after row `after`, in the order they came; only those of `face_ids` when given."""
        wanted = "" if face_ids is None else "AND face_id IN (SELECT value FROM json_each(?))"
        statement = f"SELECT {FACE_COLUMNS} FROM faces WHERE collection = ? AND row > ? {wanted} ORDER BY row LIMIT ?"  # noqa: S608 - constants
        chosen = () if face_ids is None else (json.dumps(list(face_ids)),)
        return [_to_face(row) for row in self._select(statement, (collection.id, after, *chosen, limit))]

    def get_faces(self, collection: Collection, rows: Sequence[int]) -> dict[int, StoredFace]:
        """The faces of these row numbers that are still there."""
        statement = f"SELECT {FACE_COLUMNS} FROM faces WHERE collection = ? AND row IN (SELECT value FROM json_each(?))"  # noqa: S608 - constants
        found = self._select(statement, (collection.id, json.dumps(list(rows))))
        return {face.row: face for face in map(_to_face, found)}

    def count_faces(self, collection: Collection) -> int:
        return int(self._select("SELECT count(*) FROM faces WHERE collection = ?", (collection.id,))[0][0])

    def delete_faces(self, collection: Collection, face_ids: Sequence[str]) -> dict[str, int]:
        """Removes faces; answers those that were there, with their row numbers, in the order given."""
        with self._transaction() as connection:
            found = self.list_faces(collection, after=0, limit=len(face_ids), face_ids=face_ids)
            connection.executemany("DELETE FROM faces WHERE row = ?", [(face.row,) for face in found])
        self._erase_traces()
        rows = {face.face_id: face.row for face in found}
        return {face_id: rows[face_id] for face_id in face_ids if face_id in rows}

    def load_faceprints(self, collection: Collection, *, size: int = FACEPRINT_SIZE) -> tuple[list[int], Floats]:
        """Row numbers and faceprints [n, size] of a collection, in the order they came."""
        found = self._select("SELECT row, faceprint FROM faces WHERE collection = ? ORDER BY row", (collection.id,))
        vectors = np.frombuffer(b"".join(row[1] for row in found), "<f4").reshape(-1, size)
        return [row[0] for row in found], vectors

    def get_faceprint(self, collection: Collection, face_id: str) -> Floats | None:
        """The faceprint [size] of a face, or None when it is not there."""
        statement = "SELECT faceprint FROM faces WHERE collection = ? AND face_id = ?"
        found = self._select(statement, (collection.id, face_id))
        return np.frombuffer(found[0][0], "<f4") if found else None

    def _erase_traces(self) -> None:
        """What was deleted is overwritten in the file (secure_delete) and must not live on in the log beside it."""
        with self._lock:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _faces_of_image(self, collection: Collection, image: ImageOfFaces) -> list[StoredFace]:
        statement = (
            f"SELECT {FACE_COLUMNS} FROM faces "  # noqa: S608 - constants
            "WHERE collection = ? AND image_digest = ? AND external_image_id IS ?"
        )
        return [
            _to_face(row) for row in self._select(statement, (collection.id, image.digest, image.external_image_id))
        ]

    def _select(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise


def _open_database(path: Path) -> sqlite3.Connection:
    path.touch(mode=0o600)  # faceprints are biometric data: for the owner alone
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=1)
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")
        connection.executescript(SCHEMA)
    except sqlite3.DatabaseError as exc:
        connection.close()
        raise StoreLockedError(f"{path} cannot be opened ({exc}); is another engine running on it?") from exc
    return connection


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
    number, face_id, image_id, external_image_id, box, confidence = row
    return StoredFace(number, face_id, image_id, external_image_id, Box(*json.loads(box)), confidence)
