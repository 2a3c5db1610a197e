"""From the distance of two faceprints to a similarity in percent, as the embedder's calibration says."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from face_engine.vision.arrays import Floats

DECIMALS = 4
"""Of similarities: equal faceprints at different places in memory differ in the last bits of their products."""

Similarities = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SimilarityCurve:
    """similarity = 100 / (1 + exp(steepness (d - half_distance))) of the distance d = 0..2 of normalised faceprints."""

    steepness: float
    half_distance: float

    def measure(self, cosine: Floats | Similarities) -> Similarities:
        """Similarities 0..100 from inner products of faceprints of length 1."""
        distance = np.sqrt(np.maximum(2 - 2 * cosine.astype(np.float64), 0))
        # Beyond 500 the exponential would overflow on steep curves; the similarity is 0 long before.
        power = np.minimum(self.steepness * (distance - self.half_distance), 500)
        return np.asarray(np.round(100 / (1 + np.exp(power)), DECIMALS), np.float64)


def curve_through(*, at_80: float, at_99: float) -> SimilarityCurve:
    """The logistic curve that says 80 at one distance and 99 at another, smaller one; both above 0 and up to 2.

    With L(p) = ln(p / (1 - p)): steepness = (L(0.99) - L(0.8)) / (at_80 - at_99), and the half lies L(0.8) / steepness
    beyond `at_80`. Raises `ValueError` unless 0 < at_99 < at_80 <= 2.
    """
    if not 0 < at_99 < at_80 <= 2:
        raise ValueError("distances must be 0 < (at 99) < (at 80) <= 2")
    steepness = (math.log(99) - math.log(4)) / (at_80 - at_99)
    return SimilarityCurve(steepness, at_80 + math.log(4) / steepness)


DEFAULT_CURVE = curve_through(at_80=0.340, at_99=0.240)
"""Of the models that set-up makes, in numbers 100 / (1 + exp(32.09 (d - 0.3832))).

80: no two of 3350 pairs of different people in general photos matched there."""
