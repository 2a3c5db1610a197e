"""Users in the store and their vectors in memory as one, as `FaceLibrary` is for faces."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from face_engine.matching import FaceMatrix
from face_engine.records import ClientRequest, Collection, User
from face_engine.similarity import DEFAULT_CURVE, SimilarityCurve
from face_engine.user_store import UserStore
from face_engine.vision.arrays import FACEPRINT_SIZE, Floats


@dataclass(frozen=True)
class FoundUser:
    """A user and the similarity, 0..100, of its vector to the one searched for."""

    user: User
    similarity: float


@dataclass(frozen=True)
class UserChange:
    """Which user was changed, by row number, and what the call is answered, as JSON holds it."""

    user_row: int
    answer: dict[str, Any]


class UserLibrary:
    """Changes go to the store first and to memory after; vectors are read into memory when first searched.

    Changes and the first reading exclude one another. A search only waits while one vector is exchanged for another,
    so that it never misses a user in between.
    """

    def __init__(self, store: UserStore, *, size: int = FACEPRINT_SIZE, curve: SimilarityCurve = DEFAULT_CURVE) -> None:
        self.store = store
        self._size, self._curve = size, curve
        self._matrices: dict[int, FaceMatrix] = {}
        self._changing = threading.Lock()
        self._exchanging = threading.Lock()

    def change(
        self, collection: Collection, request: ClientRequest | None, work: Callable[[], UserChange]
    ) -> dict[str, Any]:
        """Do the work in one transaction and answer its answer; a request that was made before is answered as then.

        Raises what the work raises, with nothing changed, and `RequestReusedError`.
        """
        with self._changing:
            with self.store.transaction():
                known = self.store.requests.recall(request) if request else None
                if known is not None:
                    return known
                change = work()
                if request:
                    self.store.requests.remember(request, collection, change.answer)
            self.store.erase_traces()
            self._refresh(collection, change.user_row)
        return change.answer

    def forget(self, collection: Collection) -> None:
        """The collection is deleted."""
        with self._changing:
            self._matrices.pop(collection.id, None)

    def search(self, collection: Collection, vector: Floats, *, limit: int, threshold: float) -> list[FoundUser]:
        """At most `limit` users of similarity >= `threshold` to a faceprint or user vector [size], best first."""
        matrix = self._load_matrix(collection)
        with self._exchanging:
            matches = matrix.search(vector, limit=limit, threshold=threshold)
        users = self.store.get_users(collection, [match.row for match in matches])
        return [FoundUser(users[match.row], match.similarity) for match in matches if match.row in users]

    def _refresh(self, collection: Collection, user_row: int) -> None:
        matrix = self._matrices.get(collection.id)
        if matrix is None:
            return
        vector = self.store.get_vector(user_row)
        with self._exchanging:
            matrix.remove([user_row])
            if vector is not None:
                matrix.add([user_row], vector[None])

    def _load_matrix(self, collection: Collection) -> FaceMatrix:
        matrix = self._matrices.get(collection.id)
        if matrix is not None:
            return matrix
        with self._changing:
            if collection.id not in self._matrices:
                matrix = FaceMatrix(self._size, curve=self._curve)
                matrix.add(*self.store.load_vectors(collection, size=self._size))
                self._matrices[collection.id] = matrix
            return self._matrices[collection.id]
