"""A block of faceprints, with an outline that bounds every inner product from above at a quarter of the work."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from face_engine.vision.arrays import FACEPRINT_SIZE, Floats

BLOCK_SIZE = 65_536
"""Faceprints of a full block: 32 MB, outlined within 50 ms, and half that without an outline costs 1 ms of search."""

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
    itself: they leave the shortest rests. Any others would make it slower, never wrong.
    """

    axes: Floats
    """[128, 31]"""

    lines: Floats
    """[n, 32]"""

    @classmethod
    def draw(cls, vectors: Floats) -> Outline:
        """The outline of faceprints [n, 128] of length 1."""
        moments = (vectors.T @ vectors).astype(np.float64)
        principal = np.linalg.eigh(moments).eigenvectors[:, : -AXES - 1 : -1]
        axes = np.ascontiguousarray(principal, np.float32)
        return cls(axes, _trace(vectors, axes))

    def bound(self, query: Floats, *, into: Floats) -> None:
        """Write the bounds [n] of the inner products with one faceprint [128]."""
        np.matmul(self.lines[: len(into)], _trace(query[None], self.axes)[0], out=into)


class FaceprintBlock:
    """Faceprints in the order they came. One thread may write while others read, and nobody holds a lock for it.

    A faceprint is written before `count` tells of it, a place is used once, and the row of a removed faceprint is
    marked before the faceprint is erased: a reader who looks at the row last knows whether it saw an erased one.
    """

    def __init__(self, capacity: int) -> None:
        self.rows: Rows = np.empty(capacity, np.int64)
        self.vectors: Floats = np.empty((capacity, FACEPRINT_SIZE), np.float32)
        self.count = 0
        self.live = 0
        self._outline: Outline | None = None

    @property
    def capacity(self) -> int:
        return len(self.rows)

    @property
    def is_outlined(self) -> bool:
        return self._outline is not None

    def append(self, rows: Rows, vectors: Floats) -> None:
        """Take in faceprints that there is room for."""
        end = self.count + len(rows)
        self.rows[self.count : end] = rows
        self.vectors[self.count : end] = vectors
        self.live += len(rows)
        self.count = end

    def draw_outline(self) -> None:
        """Of a block that is full; nothing can be added after."""
        self._outline = Outline.draw(self.vectors)

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
        """A block of what is not removed."""
        left = np.flatnonzero(self.rows[: self.count] != GONE)
        block = FaceprintBlock(capacity)
        block.append(self.rows[left], self.vectors[left])
        if self._outline is not None:
            block._outline = Outline(self._outline.axes, self._outline.lines[left])
        return block

    def bound(self, query: Floats, *, into: Floats) -> bool:
        """Write upper bounds [n] of the first n inner products; tells whether they are the inner products."""
        if self._outline is not None:
            self._outline.bound(query, into=into)
            return False
        np.matmul(self.vectors[: len(into)], query, out=into)
        return True


def _trace(vectors: Floats, axes: Floats) -> Floats:
    """[n, 32] from [n, 128]."""
    lines = np.empty((len(vectors), AXES + 1), np.float32)
    np.matmul(vectors, axes, out=lines[:, :AXES])
    squares = np.einsum("ij,ij->i", vectors, vectors) - np.einsum("ij,ij->i", lines[:, :AXES], lines[:, :AXES])
    np.sqrt(np.maximum(squares, 0) + REST_MARGIN, out=lines[:, AXES])
    return lines
