"""The store and the faceprints in memory as one: what is added can be found at once, what is deleted cannot."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from face_engine.face_store import FaceDeletion, FaceStore
from face_engine.matching import FaceMatrix
from face_engine.records import Collection, ImageOfFaces, NewFace, StoredFace
from face_engine.similarity import DEFAULT_CURVE, SimilarityCurve
from face_engine.user_library import UserLibrary
from face_engine.vision.arrays import FACEPRINT_SIZE, Floats

PAGE = 16_384
"""Faceprints read at a time, 8 MB: others wait for the store no longer than it takes, some 40 ms."""

NO_LIMIT = -1
"""In SQLite's words."""


@dataclass(frozen=True)
class FoundFace:
    """A stored face and its similarity, 0..100, to the one searched for."""

    face: StoredFace
    similarity: float


class FaceLibrary:
    """Changes go to the store first and to memory after; a collection is read into memory when first searched.

    One lock spans both steps, so that memory never holds a face that the store has lost. It is held neither while a
    collection is searched nor while its pages are read. `users` does the same for users. `size` is how many numbers a
    faceprint of the engine's models has; collections of other models are never searched.
    """

    def __init__(
        self,
        store: FaceStore,
        *,
        size: int = FACEPRINT_SIZE,
        curve: SimilarityCurve = DEFAULT_CURVE,
        page: int = PAGE,
    ) -> None:
        self.store = store
        self.users = UserLibrary(store.users, size=size, curve=curve)
        self._size, self._curve, self._page = size, curve, page
        self._matrices: dict[int, FaceMatrix] = {}
        self._gone: dict[int, list[int]] = {}
        self._lock = threading.Lock()
        self._reading: defaultdict[int, threading.Lock] = defaultdict(threading.Lock)

    def add_faces(self, collection: Collection, image: ImageOfFaces, faces: Sequence[NewFace]) -> list[StoredFace]:
        """As `FaceStore.add_faces`."""
        with self._lock:
            stored = self.store.add_faces(collection, image, faces)
            matrix = self._matrices.get(collection.id)
            for face, record in zip(faces, stored, strict=True):
                if matrix is not None:
                    matrix.add([record.row], face.faceprint[None])
        return stored

    def delete_faces(self, collection: Collection, face_ids: Sequence[str]) -> FaceDeletion:
        """As `FaceStore.delete_faces`."""
        with self._lock:
            deletion = self.store.delete_faces(collection, face_ids)
            self._gone.get(collection.id, []).extend(deletion.rows.values())
            matrix = self._matrices.get(collection.id)
            if matrix is not None:
                matrix.remove(list(deletion.rows.values()))
        return deletion

    def delete_collection(self, name: str) -> None:
        """Raises `CollectionMissingError`."""
        with self._lock:
            collection = self.store.delete_collection(name)
            self._matrices.pop(collection.id, None)
            self._gone.pop(collection.id, None)
            self._reading.pop(collection.id, None)
        self.users.forget(collection)

    def search(self, collection: Collection, faceprint: Floats, *, limit: int, threshold: float) -> list[FoundFace]:
        """At most `limit` faces of similarity >= `threshold`, best first."""
        matches = self._load_matrix(collection).search(faceprint, limit=limit, threshold=threshold)
        faces = self.store.get_faces(collection, [match.row for match in matches])
        return [FoundFace(faces[match.row], match.similarity) for match in matches if match.row in faces]

    def _load_matrix(self, collection: Collection) -> FaceMatrix:
        matrix = self._matrices.get(collection.id)
        if matrix is not None:
            return matrix
        with self._lock:
            reading = self._reading[collection.id]
        with reading:
            matrix = self._matrices.get(collection.id)
            return self._read_matrix(collection) if matrix is None else matrix

    def _read_matrix(self, collection: Collection) -> FaceMatrix:
        """Page by page: what is deleted after its page was read stands in `_gone`, what is added is on a later page."""
        matrix, gone = FaceMatrix(self._size, curve=self._curve), self._gone.setdefault(collection.id, [])
        after, count = 0, self._page
        while count == self._page:
            rows, vectors = self.store.load_faceprints(collection, after=after, limit=self._page, size=self._size)
            after, count = max(rows, default=after), len(rows)
            with self._lock:
                matrix.add(rows, vectors)
                matrix.remove(gone)
        with self._lock:
            matrix.add(*self.store.load_faceprints(collection, after=after, limit=NO_LIMIT, size=self._size))
            if self._gone.pop(collection.id, None) is not None:
                self._matrices[collection.id] = matrix
        return matrix
