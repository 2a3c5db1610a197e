"""How well distances tell people apart. Arrays only: faceprints [n, size] of length 1, and whose they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from face_engine.vision.arrays import Floats

Distances = npt.NDArray[np.float64]
CALIBRATION_RATE = 1e-3
NORMAL_QUANTILE = 3.09
"""Deviations below the mean of a normal distribution that one in a thousand undercuts."""

DECIMALS = 4


@dataclass(frozen=True)
class Pairs:
    """Sorted distances 0..2 of all pairs of photos: of one person, and of two."""

    genuine: Distances
    impostor: Distances

    @property
    def can_be_judged(self) -> bool:
        return bool(len(self.genuine) and len(self.impostor))


@dataclass(frozen=True)
class Calibration:
    """Distances at which the similarity is to be 80 and 99."""

    at_80: float
    at_99: float


def make_pairs(faceprints: Floats, people: Sequence[str]) -> Pairs:
    """Every pair of faceprints once."""
    cosines = faceprints.astype(np.float64) @ faceprints.astype(np.float64).T
    distances = np.sqrt(np.maximum(2 - 2 * cosines, 0))
    names = np.array(people)
    one, other = np.triu_indices(len(people), 1)
    is_same = names[one] == names[other]
    values = distances[one, other]
    return Pairs(np.sort(values[is_same]), np.sort(values[~is_same]))


def area_under_curve(pairs: Pairs) -> float:
    """The chance, 0..1, that a pair of one person is nearer than a pair of two; ties count half (Mann-Whitney)."""
    nearer = np.searchsorted(pairs.impostor, pairs.genuine, "left")
    tied = np.searchsorted(pairs.impostor, pairs.genuine, "right") - nearer
    beaten = len(pairs.impostor) - nearer - tied / 2
    return float(beaten.mean() / len(pairs.impostor))


def true_accept_rate(pairs: Pairs, *, false_accept_rate: float) -> float | None:
    """The share of genuine pairs nearer than the distance at which that share of impostor pairs is accepted.

    None when there are too few impostor pairs for the rate to be one pair at least.
    """
    accepted = int(len(pairs.impostor) * false_accept_rate)
    if accepted < 1:
        return None
    return float(np.mean(pairs.genuine < pairs.impostor[accepted]))


def calibrate(pairs: Pairs) -> Calibration | None:
    """80 just below the distance that one in a thousand impostor pairs undercuts, 99 at the median of genuine pairs.

    So 80 is the least that a match should have, and half of a person's photos pass 99: as with the default models.
    With less than a thousand pairs nobody has seen that distance; then it is that of a normal distribution with their
    mean and deviation, or the nearest pair's when that is less. None when the two do not lie in this order.
    """
    count = int(len(pairs.impostor) * CALIBRATION_RATE)
    undercut = float(pairs.impostor[count])
    if count < 1:
        undercut = min(undercut, float(pairs.impostor.mean() - NORMAL_QUANTILE * pairs.impostor.std()))
    step = 10**-DECIMALS
    at_80 = float(np.ceil(undercut / step) - 1) * step
    at_99 = float(np.median(pairs.genuine))
    if not step <= at_99 < at_80 - step:
        return None
    return Calibration(round(at_80, DECIMALS), round(at_99, DECIMALS))
