"""The store and the faceprints in memory as one: what is added can be found at once, what is deleted cannot."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from face_engine.face_store import FaceStore
from face_engine.matching import FaceMatrix
from face_engine.records import Collection, ImageOfFaces, NewFace, StoredFace
from face_engine.similarity import DEFAULT_CURVE, SimilarityCurve
from face_engine.vision.arrays import FACEPRINT_SIZE, Floats


@dataclass(frozen=True)
class FoundFace:
    """A stored face and its similarity, 0..100, to the one searched for."""

    face: StoredFace
    similarity: float


class FaceLibrary:
    """Changes go to the store first and to memory after; a collection is read into memory when first searched.

    One lock spans both steps, so that memory never holds a face that the store has lost. `size` is how many numbers a
    faceprint of the engine's models has; collections of other models are never searched.
    """

    def __init__(self, store: FaceStore, *, size: int = FACEPRINT_SIZE, curve: SimilarityCurve = DEFAULT_CURVE) -> None:
        self.store = store
        self._size = size
        self._curve = curve
        self._matrices: dict[int, FaceMatrix] = {}
        self._lock = threading.Lock()

    def add_faces(self, collection: Collection, image: ImageOfFaces, faces: Sequence[NewFace]) -> list[StoredFace]:
        """As `FaceStore.add_faces`."""
        with self._lock:
            stored = self.store.add_faces(collection, image, faces)
            matrix = self._matrices.get(collection.id)
            for face, record in zip(faces, stored, strict=True):
                if matrix is not None:
                    matrix.add([record.row], face.faceprint[None])
        return stored

    def delete_faces(self, collection: Collection, face_ids: Sequence[str]) -> list[str]:
        """The ids that were there, in the order given."""
        with self._lock:
            rows = self.store.delete_faces(collection, face_ids)
            matrix = self._matrices.get(collection.id)
            if matrix is not None:
                matrix.remove(list(rows.values()))
        return list(rows)

    def delete_collection(self, name: str) -> None:
        """Raises `CollectionMissingError`."""
        with self._lock:
            self._matrices.pop(self.store.delete_collection(name).id, None)

    def search(self, collection: Collection, faceprint: Floats, *, limit: int, threshold: float) -> list[FoundFace]:
        """At most `limit` faces of similarity >= `threshold`, best first."""
        matches = self._load_matrix(collection).search(faceprint, limit=limit, threshold=threshold)
        faces = self.store.get_faces(collection, [match.row for match in matches])
        return [FoundFace(faces[match.row], match.similarity) for match in matches if match.row in faces]

    def _load_matrix(self, collection: Collection) -> FaceMatrix:
        with self._lock:
            matrix = self._matrices.get(collection.id)
            if matrix is None:
                matrix = FaceMatrix(self._size, curve=self._curve)
                matrix.add(*self.store.load_faceprints(collection, size=self._size))
                self._matrices[collection.id] = matrix
            return matrix
