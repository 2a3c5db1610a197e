"""One vector for a person of several faces."""

from __future__ import annotations

import numpy as np

from face_engine.vision.arrays import Floats


def combine(faceprints: Floats) -> Floats:
    """The user vector [128], of length 1, of a person's faceprints [n, 128] of length 1, n >= 1.

    Their mean, brought back to length 1: what differs between the photos of a person averages out, and what they
    share stays. Equal weights: box, confidence and sharpness of a photo say little about its faceprint.
    """
    mean = faceprints.astype(np.float64).mean(axis=0)
    length = np.linalg.norm(mean)
    return np.asarray(mean / length if length > 0 else faceprints[0], np.float32)
