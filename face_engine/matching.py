"""How alike two faceprints are, and which of many are most alike: exact, in float32, without any index to train."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from face_engine.similarity import DEFAULT_CURVE, Similarities, SimilarityCurve
from face_engine.vision.arrays import FACEPRINT_SIZE, Floats

TIE = 1e-6
FIRST_CAPACITY = 64


def to_similarity(cosine: Floats, curve: SimilarityCurve = DEFAULT_CURVE) -> Similarities:
    """Similarity 0..100 from the inner product of faceprints of length 1."""
    return curve.measure(cosine)


def compare(faceprint: Floats, others: Floats, curve: SimilarityCurve = DEFAULT_CURVE) -> Similarities:
    """Similarities [n], 0..100, of one faceprint [size] to others [n, size]."""
    return curve.measure(others @ faceprint)


@dataclass(frozen=True)
class Match:
    """`row` is the number the faceprint was added under; `similarity` is 0..100."""

    row: int
    similarity: float


class FaceMatrix:
    """The faceprints of one collection in one block of memory, which many threads may use.

    Room doubles when it is used up; a removed faceprint gives its place to the last one, so no gaps are scanned.
    """

    def __init__(self, size: int = FACEPRINT_SIZE, *, curve: SimilarityCurve = DEFAULT_CURVE) -> None:
        self._size = size
        self._curve = curve
        self._vectors: Floats = np.empty((FIRST_CAPACITY, size), np.float32)
        self._rows: npt.NDArray[np.int64] = np.empty(FIRST_CAPACITY, np.int64)
        self._positions: dict[int, int] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._positions)

    def add(self, rows: Sequence[int], vectors: Floats) -> None:
        """Take in faceprints [n, size]; a row that is already there keeps its first faceprint."""
        with self._lock:
            fresh = [index for index, row in enumerate(rows) if row not in self._positions]
            start, end = len(self), len(self) + len(fresh)
            self._make_room(end)
            self._vectors[start:end] = vectors[fresh]
            self._rows[start:end] = [rows[index] for index in fresh]
            self._positions.update((rows[index], start + place) for place, index in enumerate(fresh))

    def remove(self, rows: Sequence[int]) -> None:
        """Forget faceprints; rows that are not there are ignored."""
        with self._lock:
            for row in rows:
                position = self._positions.pop(row, None)
                last = len(self)
                if position is not None and position != last:
                    self._vectors[position] = self._vectors[last]
                    self._rows[position] = self._rows[last]
                    self._positions[int(self._rows[last])] = position

    def search(self, faceprint: Floats, *, limit: int, threshold: float) -> list[Match]:
        """At most `limit` matches of similarity >= `threshold` (0..100), best first, older first when equal."""
        with self._lock:
            count = len(self)
            rows = self._rows[:count].copy()
            similarities = self._vectors[:count] @ np.asarray(faceprint, np.float32)
        chosen = _best(similarities, limit)
        found = to_similarity(similarities[chosen], self._curve)
        order = np.lexsort((rows[chosen], -found))
        matches = [Match(int(rows[chosen[place]]), float(found[place])) for place in order]
        return [match for match in matches if match.similarity >= threshold][:limit]

    def _make_room(self, count: int) -> None:
        capacity = len(self._rows)
        if count <= capacity:
            return
        capacity = max(count, 2 * capacity)
        self._vectors = np.resize(self._vectors, (capacity, self._size))
        self._rows = np.resize(self._rows, capacity)


def _best(scores: Floats, limit: int) -> npt.NDArray[np.intp]:
    """Positions of the `limit` highest scores and of all that tie with the last of them."""
    if len(scores) <= limit:
        return np.arange(len(scores))
    weakest = np.partition(scores, -limit)[-limit]
    return np.flatnonzero(scores >= weakest - TIE)
