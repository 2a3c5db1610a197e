"""How alike two faceprints are, and which of many are most alike: exact, whatever their number."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from face_engine.faceprint_block import BLOCK_SIZE, OUTLINED_FROM, FaceprintBlock, Rows
from face_engine.scan import find_best
from face_engine.similarity import DEFAULT_CURVE, Similarities, SimilarityCurve
from face_engine.vision.arrays import FACEPRINT_SIZE, Floats

FIRST_CAPACITY = 64


def to_similarity(cosine: Floats | Similarities, curve: SimilarityCurve = DEFAULT_CURVE) -> Similarities:
    """Similarity 0..100 from the inner product of faceprints of length 1."""
    return curve.measure(cosine)


def compare(faceprint: Floats, others: Floats, curve: SimilarityCurve = DEFAULT_CURVE) -> Similarities:
    """Similarities [n], 0..100, of one faceprint [size] to others [n, size]."""
    return curve.measure(others @ faceprint)


@lru_cache(maxsize=64)
def to_lowest_cosine(similarity: float, curve: SimilarityCurve = DEFAULT_CURVE) -> float:
    """No inner product below this, -1..1, has the similarity: the inverse of `to_similarity`, by bisection."""
    low, high = -1.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        reached = to_similarity(np.array(middle, np.float64), curve) >= similarity
        low, high = (low, middle) if reached else (middle, high)
    return low


@dataclass(frozen=True)
class Match:
    """`row` is the number the faceprint was added under; `similarity` is 0..100."""

    row: int
    similarity: float


class FaceMatrix:
    """The faceprints [size] of one collection in memory, which many threads may use: a search never waits for a change.

    A change holds a lock and publishes what it replaces; a search reads the blocks as they are when it begins.
    """

    def __init__(
        self,
        size: int = FACEPRINT_SIZE,
        *,
        curve: SimilarityCurve = DEFAULT_CURVE,
        block_size: int = BLOCK_SIZE,
        outlined_from: int = OUTLINED_FROM,
    ) -> None:
        self._size = size
        self._curve = curve
        self._block_size = block_size
        self._outlined_from = outlined_from
        self._blocks: tuple[FaceprintBlock, ...] = ()
        self._newest = -1
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return sum(block.live for block in self._blocks)

    @property
    def places(self) -> int:
        """How many a search reads: with the gaps that removed ones left, at most twice as many as there are."""
        return sum(block.count for block in self._blocks)

    def add(self, rows: Sequence[int], vectors: Floats) -> None:
        """Take in faceprints [n, size], of length 1 at most; a row (>= 0) that is already there keeps its first one."""
        with self._lock:
            numbers = np.asarray(rows, np.int64)
            fresh = self._find_fresh(numbers)
            numbers, vectors = numbers[fresh], vectors[fresh]
            while len(numbers):
                block = self._open_block(len(numbers))
                room = block.capacity - block.count
                block.append(numbers[:room], vectors[:room])
                self._newest = max(self._newest, int(numbers[:room].max()))
                numbers, vectors = numbers[room:], vectors[room:]

    def remove(self, rows: Sequence[int]) -> None:
        """Forget faceprints; rows that are not there are ignored. When it returns, no search that begins finds them."""
        with self._lock:
            numbers = np.asarray(rows, np.int64)
            for block in self._blocks if len(numbers) else ():
                block.erase(block.find(numbers))
            if any(2 * block.live < block.count for block in self._blocks):
                self._blocks = tuple(_compact(block) for block in self._blocks if block.live)

    def search(self, faceprint: Floats, *, limit: int, threshold: float) -> list[Match]:
        """At most `limit` matches of similarity >= `threshold` (0..100), best first, older first when equal."""
        query = np.asarray(faceprint, np.float32)
        rows, cosines = find_best(self._blocks, query, limit=limit, floor=to_lowest_cosine(threshold, self._curve))
        found = to_similarity(cosines, self._curve)
        order = np.lexsort((rows, -found))[:limit]
        return [
            Match(row, similarity)
            for row, similarity in zip(rows[order].tolist(), found[order].tolist(), strict=True)
            if similarity >= threshold
        ]

    def _find_fresh(self, rows: Rows) -> npt.NDArray[np.bool_]:
        """Rows that are not there; the common case, that all are newer than any before, needs no look."""
        known = np.zeros(len(rows), bool)
        if self._newest >= rows.min(initial=self._newest + 1):
            for block in self._blocks:
                known |= np.isin(rows, block.rows[: block.count])
        return ~known

    def _open_block(self, count: int) -> FaceprintBlock:
        """The last block, with room for one more at least: capacity doubles up to the size of a full block."""
        if not self._blocks or self._blocks[-1].count == self._block_size:
            capacity = min(FIRST_CAPACITY, self._block_size)
            first = FaceprintBlock(capacity, size=self._size, outlined_from=self._outlined_from)
            self._blocks = (*self._blocks, first)
        *full, last = self._blocks
        if last.capacity < min(last.count + count, self._block_size):
            last = last.copy(capacity=min(max(last.count + count, 2 * last.capacity), self._block_size))
            self._blocks = (*full, last)
        return last


def _compact(block: FaceprintBlock) -> FaceprintBlock:
    """A block of which more is removed than left is copied, so that at least half of what is scanned is found."""
    return block.copy(capacity=block.live) if 2 * block.live < block.count else block
