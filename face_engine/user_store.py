"""Users in the store: people of a collection, the faces that belong to them, and the vectors made of these.

A face belongs to one user at most. A user's vector changes in the transaction that changes its faces.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

import numpy as np

from face_engine.client_requests import ClientRequests
from face_engine.database import Database
from face_engine.records import Collection, MemberFace, User
from face_engine.user_vectors import combine
from face_engine.vision.arrays import FACEPRINT_SIZE, Floats

USER_COLUMNS = "row, user_id, (SELECT count(*) FROM faces WHERE faces.user = users.row)"


class UserExistsError(Exception):
    """The collection has a user of this name, or is gone itself."""


class UserMissingError(Exception):
    """The collection has no such user, or it was deleted meanwhile."""


class UserStore:
    """Thread-safe; `requests` remembers what calls with a token were answered."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._select, self.transaction = database.select, database.transaction
        self.requests = ClientRequests(database)

    def create_user(self, collection: Collection, user_id: str) -> User:
        """A user without faces; raises `UserExistsError`."""
        statement = "INSERT INTO users (collection, user_id) VALUES (?, ?)"
        try:
            with self.transaction() as connection:
                connection.execute(statement, (collection.id, user_id))
                return self.get_user(collection, user_id)
        except sqlite3.IntegrityError as exc:
            raise UserExistsError(user_id) from exc

    def get_user(self, collection: Collection, user_id: str) -> User:
        """Raises `UserMissingError`."""
        statement = f"SELECT {USER_COLUMNS} FROM users WHERE collection = ? AND user_id = ?"  # noqa: S608 # nosec B608  # constants
        rows = self._select(statement, (collection.id, user_id))
        if not rows:
            raise UserMissingError(user_id)
        return User(*rows[0])

    def get_users(self, collection: Collection, rows: Sequence[int]) -> dict[int, User]:
        """The users of these row numbers that are still there."""
        statement = f"SELECT {USER_COLUMNS} FROM users WHERE collection = ? AND row IN (SELECT value FROM json_each(?))"  # noqa: S608 # nosec B608  # constants
        found = self._select(statement, (collection.id, json.dumps(list(rows))))
        return {row[0]: User(*row) for row in found}

    def list_users(self, collection: Collection, *, after: int, limit: int) -> list[User]:
        """Users made after the one of row `after`, in the order they were made."""
        statement = f"SELECT {USER_COLUMNS} FROM users WHERE collection = ? AND row > ? ORDER BY row LIMIT ?"  # noqa: S608 # nosec B608  # constants
        return [User(*row) for row in self._select(statement, (collection.id, after, limit))]

    def count_users(self, collection: Collection) -> int:
        return int(self._select("SELECT count(*) FROM users WHERE collection = ?", (collection.id,))[0][0])

    def delete_user(self, user: User) -> None:
        """Its faces stay, and belong to nobody."""
        with self.transaction() as connection:
            connection.execute("DELETE FROM users WHERE row = ?", (user.row,))

    def find_faces(self, collection: Collection, face_ids: Sequence[str]) -> dict[str, MemberFace]:
        """Those of these faces that are in the collection, by FaceId."""
        statement = (
            "SELECT face_id, faces.row, user_id, faceprint FROM faces LEFT JOIN users ON users.row = faces.user "
            "WHERE faces.collection = ? AND face_id IN (SELECT value FROM json_each(?))"
        )
        found = self._select(statement, (collection.id, json.dumps(list(face_ids))))
        return {face_id: MemberFace(row, owner, _to_vector(data)) for face_id, row, owner, data in found}

    def take_faces(self, user: User, rows: Sequence[int]) -> User:
        """Faces that belonged to nobody belong to the user now; answers the user as it is then."""
        return self._give(rows, user.row, user)

    def release_faces(self, user: User, rows: Sequence[int]) -> User:
        """Faces of the user belong to nobody now; answers the user as it is then."""
        return self._give(rows, None, user)

    def get_vector(self, user_row: int) -> Floats | None:
        """The user vector [128]; None of a user without faces, or of none."""
        found = self._select("SELECT vector FROM users WHERE row = ? AND vector IS NOT NULL", (user_row,))
        return _to_vector(found[0][0]) if found else None

    def load_vectors(self, collection: Collection, *, size: int = FACEPRINT_SIZE) -> tuple[Sequence[int], Floats]:
        """Row numbers and user vectors [n, size] of those users who have faces, in the order they were made."""
        statement = "SELECT row, vector FROM users WHERE collection = ? AND vector IS NOT NULL ORDER BY row"
        found = self._select(statement, (collection.id,))
        return [row[0] for row in found], _to_vector(b"".join(row[1] for row in found)).reshape(-1, size)

    def erase_traces(self) -> None:
        """Vectors that were replaced must not live on in the log beside the file."""
        self._database.erase_traces()

    def _give(self, rows: Sequence[int], owner: int | None, user: User) -> User:
        with self.transaction() as connection:
            connection.executemany("UPDATE faces SET user = ? WHERE row = ?", [(owner, row) for row in rows])
            members = self._select("SELECT faceprint FROM faces WHERE user = ? ORDER BY row", (user.row,))
            vector = combine(np.stack([_to_vector(row[0]) for row in members])).tobytes() if members else None
            connection.execute("UPDATE users SET vector = ? WHERE row = ?", (vector, user.row))
        return User(user.row, user.user_id, len(members))


def _to_vector(data: bytes) -> Floats:
    return np.frombuffer(data, "<f4")
