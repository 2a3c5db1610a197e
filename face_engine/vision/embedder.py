"""dlib's face recognition network (ResNet, 128 numbers) on a chip and its mirror image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from face_engine.vision.arrays import FACEPRINT_SIZE, Floats, Picture
from face_engine.vision.sessions import open_session

FACES_PER_CALL = 8
"""More in one call take no less time per face, but more memory."""


class FaceEmbedder:
    """Turns chips into faceprints of length 1, comparable by their distance."""

    def __init__(self, model: Path) -> None:
        self._session = open_session(model)

    def describe(self, chips: Sequence[Picture]) -> Floats:
        """Faceprints [n, 128] of chips [150, 150, 3]: the mean over chip and mirrored chip, then normalised."""
        groups = [chips[start : start + FACES_PER_CALL] for start in range(0, len(chips), FACES_PER_CALL)]
        empty = np.empty((0, FACEPRINT_SIZE), np.float32)
        return np.concatenate([empty, *map(self._describe_few, groups)])

    def _describe_few(self, chips: Sequence[Picture]) -> Floats:
        upright = np.stack(chips).transpose(0, 3, 1, 2).astype(np.float32)
        raw = self.run(np.concatenate([upright, upright[:, :, :, ::-1]]))
        mean = raw[: len(chips)] + raw[len(chips) :]
        return np.asarray(mean / np.linalg.norm(mean, axis=1, keepdims=True), np.float32)

    def run(self, pixels: Floats) -> Floats:
        """The network's own numbers [n, 128] for RGB pixels [n, 3, 150, 150] of 0..255."""
        return np.asarray(self._session.run(None, {"chips": pixels})[0], np.float32)
