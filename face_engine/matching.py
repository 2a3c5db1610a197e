"""How alike two faceprints are, and which of many are most alike: exact, in float32, without any index to train."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from face_engine.vision.arrays import FACEPRINT_SIZE, Floats

STEEPNESS = 32.09
HALF_SIMILAR_DISTANCE = 0.3832
"""similarity = 100 / (1 + exp(32.09 (d - 0.3832))) of the distance d = 0..2 between faceprints of length 1.

The logistic curve through two measured points: 80 at d = 0.340, where no two of 3350 pairs of different people in
general photos matched, and 99 at d = 0.240."""

DECIMALS = 4
"""Of similarities: equal faceprints at different places in memory differ in the last bits of their products."""

TIE = 1e-6
FIRST_CAPACITY = 64

Similarities = npt.NDArray[np.float64]


def to_similarity(cosine: Floats) -> Similarities:
    """Similarity 0..100 from the inner product of faceprints of length 1."""
    distance = np.sqrt(np.maximum(2 - 2 * cosine.astype(np.float64), 0))
    similarity = 100 / (1 + np.exp(STEEPNESS * (distance - HALF_SIMILAR_DISTANCE)))
    return np.asarray(np.round(similarity, DECIMALS), np.float64)


def compare(faceprint: Floats, others: Floats) -> Similarities:
    """Similarities [n], 0..100, of one faceprint [128] to others [n, 128]."""
    return to_similarity(others @ faceprint)


@dataclass(frozen=True)
class Match:
    """`row` is the number the faceprint was added under; `similarity` is 0..100."""

    row: int
    similarity: float


class FaceMatrix:
    """The faceprints of one collection in one block of memory, which many threads may use.

    Room doubles when it is used up; a removed faceprint gives its place to the last one, so no gaps are scanned.
    """

    def __init__(self) -> None:
        self._vectors: Floats = np.empty((FIRST_CAPACITY, FACEPRINT_SIZE), np.float32)
        self._rows: npt.NDArray[np.int64] = np.empty(FIRST_CAPACITY, np.int64)
        self._positions: dict[int, int] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._positions)

    def add(self, rows: Sequence[int], vectors: Floats) -> None:
        """Take in faceprints [n, 128]; a row that is already there keeps its first faceprint."""
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
        found = to_similarity(similarities[chosen])
        order = np.lexsort((rows[chosen], -found))
        matches = [Match(int(rows[chosen[place]]), float(found[place])) for place in order]
        return [match for match in matches if match.similarity >= threshold][:limit]

    def _make_room(self, count: int) -> None:
        capacity = len(self._rows)
        if count <= capacity:
            return
        capacity = max(count, 2 * capacity)
        self._vectors = np.resize(self._vectors, (capacity, FACEPRINT_SIZE))
        self._rows = np.resize(self._rows, capacity)


def _best(scores: Floats, limit: int) -> npt.NDArray[np.intp]:
    """Positions of the `limit` highest scores and of all that tie with the last of them."""
    if len(scores) <= limit:
        return np.arange(len(scores))
    weakest = np.partition(scores, -limit)[-limit]
    return np.flatnonzero(scores >= weakest - TIE)
