"""One exact search through blocks of faceprints: bound all, raise the floor by the most promising, verify the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from face_engine.faceprint_block import GONE, FaceprintBlock, Places, Rows
from face_engine.vision.arrays import Floats

SLACK = 1e-5
"""What float32 may lose of a bound: 32 products of numbers below 1, and the rotation before them."""

TIE = 1e-6
"""Inner products in float32 that lie closer than this may be equal."""

SHORTLIST = 64
"""At least so many inner products raise the floor."""

DENSE = 0.25
"""Reading a whole block in order is cheaper than gathering more than this share of it."""

Cosines = npt.NDArray[np.float64]


def find_best(blocks: Sequence[FaceprintBlock], query: Floats, *, limit: int, floor: float) -> tuple[Rows, Cosines]:
    """Rows and inner products, unordered, of the `limit` faceprints nearest to a query [size], of length 1 at most.

    More than `limit` when some tie with the last of them; those below `floor` (-1..1) may be missing, and so may
    those that are removed meanwhile.
    """
    scan = _Scan(blocks, query)
    places = np.flatnonzero(scan.bounds >= scan.raise_floor(floor, limit=limit) - SLACK)
    scores = scan.score(places)
    if len(scores) > limit:
        places = places[scores >= np.partition(scores, -limit)[-limit] - TIE]
    return scan.verify(places)


class _Scan:
    """Places count through the faceprints that all blocks had when the search began."""

    def __init__(self, blocks: Sequence[FaceprintBlock], query: Floats) -> None:
        self._query = query
        self._blocks = blocks
        self._cuts = np.cumsum([0, *(block.count for block in blocks)]).tolist()
        self.bounds = np.empty(self._cuts[-1], np.float32)
        self._is_exact = [block.bound(query, into=self.bounds[start:end]) for block, start, end in self._spans()]

    def raise_floor(self, floor: float, *, limit: int) -> float:
        """The `limit`-th best inner product is not below this."""
        size = max(2 * limit, SHORTLIST)
        if len(self.bounds) <= size:
            return floor
        shortlist = np.flatnonzero(self.bounds >= np.partition(self.bounds, -size)[-size])[:size]
        return max(floor, float(np.partition(self.score(shortlist), -limit)[-limit]))

    def score(self, places: Places) -> Floats:
        """Inner products in float32; -inf for what is removed."""
        scores = self.bounds[places]
        for number, block, chosen, within in self._divide(places):
            if not self._is_exact[number]:
                scores[chosen] = _multiply(block, within, self._query)
            scores[chosen][block.rows[within] == GONE] = -np.inf
        return scores

    def verify(self, places: Places) -> tuple[Rows, Cosines]:
        """Rows and inner products in float64, which do not depend on a faceprint's place; without what is removed."""
        rows, cosines = np.empty(len(places), np.int64), np.empty(len(places), np.float64)
        query = self._query.astype(np.float64)
        for _, block, chosen, within in self._divide(places):
            cosines[chosen] = block.vectors[within].astype(np.float64) @ query
            rows[chosen] = block.rows[within]
        return rows[rows != GONE], cosines[rows != GONE]

    def _spans(self) -> Iterator[tuple[FaceprintBlock, int, int]]:
        return zip(self._blocks, self._cuts[:-1], self._cuts[1:], strict=True)

    def _divide(self, places: Places) -> Iterator[tuple[int, FaceprintBlock, slice, Places]]:
        """Number and block, which of the ascending places are in it, and where; without blocks that have none."""
        cuts = np.searchsorted(places, self._cuts).tolist()
        for number, (block, start, _) in enumerate(self._spans()):
            chosen = slice(cuts[number], cuts[number + 1])
            if chosen.start < chosen.stop:
                yield number, block, chosen, places[chosen] - start


def _multiply(block: FaceprintBlock, within: Places, query: Floats) -> Floats:
    if len(within) > DENSE * block.count:
        return np.asarray((block.vectors[: block.count] @ query)[within], np.float32)
    return np.asarray(block.vectors[within] @ query, np.float32)
