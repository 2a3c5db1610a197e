"""Error rates of scored pairs, each for many draws of people at once. docs/look-alikes.md fixes what is measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmark.look_alike_faces import Array, Faces

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Pairs:
    """Pairs of faces: their scores, and weights [draws, pairs] of how often each draw of people has them."""

    scores: Array
    weights: Array

    def sorted(self) -> Pairs:
        order = np.argsort(self.scores)
        return Pairs(self.scores[order], self.weights[:, order])


@dataclass(frozen=True)
class People:
    """How often each draw has each person [draws, people]; the first draw has everybody once."""

    names: npt.NDArray[np.str_]
    counts: Array

    def of(self, persons: npt.NDArray[np.str_]) -> Array:
        """Counts [draws, n] of the people named."""
        return self.counts[:, np.searchsorted(self.names, persons)]


def draw_people(faces: Faces, *, draws: int, seed: int) -> People:
    """The people as they are, then `draws` bootstrap draws of as many."""
    names = np.unique(faces.person)
    drawn = np.random.default_rng(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), draws)
    return People(names, np.concatenate([np.ones((1, len(names))), drawn]).astype(np.float64))


def split_pairs(scores: Array, one: Faces, other: Faces, people: People, *, alike: bool = False) -> tuple[Pairs, Pairs]:
    """Pairs of one person and pairs of two; with `alike`, of the latter only those of one group.

    Each pair once when `one` and `other` are the same faces, and never a face with itself or with its worn copies.
    """
    row, column = np.arange(len(one))[:, None], np.tile(np.arange(len(one)), len(other) // len(one))[None]
    allowed = row < column if other is one else row != column
    same = one.person[:, None] == other.person[None]
    grouped = (one.group[:, None] == other.group[None]) & (one.group != "")[:, None]
    mine = _pairs(scores, allowed & same, one, other, people)
    return mine, _pairs(scores, allowed & ~same & (grouped | (not alike)), one, other, people)


def _pairs(scores: Array, which: npt.NDArray[np.bool_], one: Faces, other: Faces, people: People) -> Pairs:
    rows, columns = np.nonzero(which)
    same = one.person[rows] == other.person[columns]
    first, second = people.of(one.person[rows]), people.of(other.person[columns])
    return Pairs(scores[rows, columns], np.where(same, first, first * second)).sorted()


def rejects_where(mine: Pairs, others: Pairs, *, accepts: float) -> Array:
    """Share [draws] of the pairs of one person that are refused when at most `accepts` of the others are let in."""
    from_top = np.cumsum(others.weights[:, ::-1], axis=1)
    allowed = accepts * from_top[:, -1:] + 1e-9
    first_refused = np.minimum((from_top <= allowed).sum(axis=1), len(others.scores) - 1)
    thresholds = others.scores[::-1][first_refused]
    return share(mine, mine.scores[None] <= thresholds[:, None])


def rejects_below(mine: Pairs, threshold: float) -> Array:
    """Share [draws] of the pairs that score less."""
    return share(mine, mine.scores[None] < threshold)


def threshold_where(mine: Pairs, *, rejects: Array) -> Array:
    """The scores [draws] below which the share `rejects` [draws] of the pairs lies."""
    below = np.cumsum(mine.weights, axis=1)
    place = (below <= rejects[:, None] * below[:, -1:] + 1e-9).sum(axis=1)
    return mine.scores[np.minimum(place, len(mine.scores) - 1)]


def accepts_from(others: Pairs, thresholds: Array) -> Array:
    """Share [draws] of the pairs that score as much as the draw's threshold or more."""
    return share(others, others.scores[None] >= thresholds[:, None])


def share(pairs: Pairs, which: npt.NDArray[np.bool_]) -> Array:
    """Weighted share [draws] of the pairs that `which` [draws or 1, pairs] marks."""
    return np.asarray((pairs.weights * which).sum(axis=1) / np.maximum(pairs.weights.sum(axis=1), 1e-9))


def named_rightly(scores: Array, faces: Faces, people: People, *, wrong: float, margin: float = 0) -> Array:
    """Share [draws] of photos that get their person's name where `wrong` of the photos of unknown people get a name.

    The library holds the first photo of each person. Each other photo is tried with and without its person in it, and
    is named when the best person is at least `margin` ahead of the next.
    """
    library = np.array([np.flatnonzero(faces.person == name)[0] for name in people.names])
    photos = np.setdiff1d(np.arange(len(faces)), library)
    table = scores[np.ix_(photos, library)]
    own = faces.person[photos][:, None] == people.names[None]
    weights = people.of(faces.person[photos])
    best, right = _best(table, own, margin)
    unknown, _ = _best(np.where(own, -np.inf, table), own, margin)
    order = np.argsort(unknown)
    known = Pairs(np.where(right, best, -np.inf), weights)
    return 1 - rejects_where(known, Pairs(unknown[order], weights[:, order]), accepts=wrong)


def _best(table: Array, own: npt.NDArray[np.bool_], margin: float) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Best score [n] of each photo, minus infinity without the margin, and whether it is the person's own."""
    second, first = np.sort(table, axis=1)[:, -2:].T
    right = own[np.arange(len(table)), table.argmax(axis=1)]
    return np.where(first - second >= margin, first, -np.inf), right
