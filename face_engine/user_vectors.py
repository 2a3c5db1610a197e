"""One vector for a person of several faces."""

from __future__ import annotations

import numpy as np

from face_engine.vision.arrays import Floats

SCATTER = 0.030
"""Mean square distance of a person's faceprints from their centre: half the square of 0.245, the median distance
between two photos of one person (221 pairs of 34 people)."""


def combine(faceprints: Floats) -> Floats:
    """The user vector [128] of a person's faceprints [n, 128] of length 1, n >= 1; its own for a single one.

    Its direction is that of their mean: what differs between the photos of a person averages out. Its length is what
    the mean of n photos of one person has, sqrt(1 - SCATTER (1 - 1/n)), and less than 1. Were it 1, the vector would be
    nearer to everybody than single faces are, strangers too, and similarities would lose their meaning; were it the
    mean's own, people whose references differ much would be hard to find. `python -m tests.benchmark` has the figures.

    The faces have equal weights. Vectors of length 1 are not promised, so compare by inner product only.
    """
    mean = faceprints.astype(np.float64).mean(axis=0)
    length = np.linalg.norm(mean)
    if len(faceprints) == 1 or length == 0:
        return np.asarray(faceprints[0], np.float32)
    typical = np.sqrt(1 - SCATTER * (1 - 1 / len(faceprints)))
    return np.asarray(mean * (typical / length), np.float32)
