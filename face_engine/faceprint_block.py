"""A block of faceprints, with an outline that bounds every inner product from above at a quarter of the work."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from face_engine.vision.arrays import FACEPRINT_SIZE, Floats

BLOCK_SIZE = 65_536
"""Faceprints of a full block: 32 MB, outlined within 50 ms, and few enough blocks for a million."""

OUTLINED_FROM = 4_096
"""Faceprints in a block; fewer take 0.1 ms to compare with, and tell less about the axes that suit what will come."""

AXES = 31
"""Axes of an outline. With the length of the rest they make 32 numbers, two cache lines; 48 prune more but take longer
to read than that saves."""

REST_MARGIN = 1e-6
"""Added to the square of the rest's length: more than float32 can lose in 1 - sum(along^2)."""

GONE = -1
"""In the place of the row number of a faceprint that was removed."""

Places = npt.NDArray[np.intp]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Outline:
    """What faceprints are along a few orthonormal axes A, and how long the rest r is.

    Of q.x = (Aq).(Ax) + r(q).r(x) the last term is at most |r(q)| |r(x)| (Cauchy-Schwarz), so that the inner product
    of two outlines, [Ax, |r(x)|], is never below that of the faceprints. The axes are the principal ones of the block
    itself, which leave the shortest rests. Any others would make it slower, never wrong.
    """

    axes: Floats
    """[size, 31], fewer when faceprints have fewer numbers."""

    lines: Floats
    """[capacity, 32]"""

    @classmethod
    def draw(cls, vectors: Floats, *, count: int) -> Outline:
        """The outline of the first `count` of the places [capacity, size], of length 1 at most."""
        seen = vectors[:count]
        moments = (seen.T @ seen).astype(np.float64)
        principal = np.linalg.eigh(moments).eigenvectors[:, : -AXES - 1 : -1]
        lines = np.empty((len(vectors), principal.shape[1] + 1), np.float32)
        outline = cls(np.ascontiguousarray(principal, np.float32), lines)
        outline.trace(seen, into=outline.lines[:count])
        return outline

    def trace(self, vectors: Floats, *, into: Floats) -> None:
        """Write lines [n, 32] of vectors [n, size]."""
        along = into[:, :-1]
        np.matmul(vectors, self.axes, out=along)
        rest = np.einsum("ij,ij->i", vectors, vectors) - np.einsum("ij,ij->i", along, along)
        np.sqrt(np.maximum(rest, 0) + REST_MARGIN, out=into[:, -1])

    def bound(self, query: Floats, *, into: Floats) -> None:
        """Write upper bounds [n] of the inner products of the first n with a query [size]."""
        line = np.empty((1, self.lines.shape[1]), np.float32)
        self.trace(query[None], into=line)
        np.matmul(self.lines[: len(into)], line[0], out=into)


class FaceprintBlock:
    """Faceprints in the order they came. One thread may write while others read, and nobody holds a lock for it.

    A faceprint is written before `count` tells of it, a place is used once, and the row of a removed faceprint is
    marked before the faceprint is erased: a reader who looks at the row last knows whether it saw an erased one.
    """

    def __init__(self, capacity: int, *, size: int = FACEPRINT_SIZE, outlined_from: int = OUTLINED_FROM) -> None:
        self._outlined_from = outlined_from
        self.rows: Rows = np.empty(capacity, np.int64)
        self.vectors: Floats = np.empty((capacity, size), np.float32)
        self.count = 0
        self.live = 0
        self._outline: Outline | None = None

    @property
    def capacity(self) -> int:
        return len(self.rows)

    def append(self, rows: Rows, vectors: Floats) -> None:
        """Take in faceprints [n, size], of length 1 at most, that there is room for."""
        start, end = self.count, self.count + len(rows)
        self.rows[start:end] = rows
        self.vectors[start:end] = vectors
        if self._outline is not None:
            self._outline.trace(vectors, into=self._outline.lines[start:end])
        elif end >= self._outlined_from:
            self._outline = Outline.draw(self.vectors, count=end)
        self.live += len(rows)
        self.count = end

    def find(self, rows: Rows) -> Places:
        """The places of those of the rows that are here."""
        return np.flatnonzero(np.isin(self.rows[: self.count], rows))

    def erase(self, places: Places) -> None:
        self.rows[places] = GONE
        self.vectors[places] = 0
        if self._outline is not None:
            self._outline.lines[places] = 0
        self.live -= len(places)

    def copy(self, *, capacity: int) -> FaceprintBlock:
        """A block of what is not removed, outlined along its own axes."""
        left = np.flatnonzero(self.rows[: self.count] != GONE)
        block = FaceprintBlock(capacity, size=self.vectors.shape[1], outlined_from=self._outlined_from)
        block.append(self.rows[left], self.vectors[left])
        return block

    def bound(self, query: Floats, *, into: Floats) -> bool:
        """Write upper bounds [n] of the first n inner products; tells whether they are the inner products."""
        if self._outline is not None:
            self._outline.bound(query, into=into)
            return False
        np.matmul(self.vectors[: len(into)], query, out=into)
        return True
