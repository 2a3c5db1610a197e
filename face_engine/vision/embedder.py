"""A face recognition network on a chip and, where that helps, on its mirror image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from face_engine.vision.arrays import Floats, Picture
from face_engine.vision.decoders import LayoutError
from face_engine.vision.sessions import open_session
from face_engine.vision.specs import DLIB, EmbedderSpec

FACES_PER_CALL = 8
"""More in one call take no less time per face, but more memory."""


class FaceEmbedder:
    """Turns chips into faceprints of length 1, comparable by their distance.

    Raises `LayoutError` when the model takes other chips or gives other faceprints than `spec` says.
    """

    def __init__(self, model: Path, spec: EmbedderSpec = DLIB) -> None:
        self._spec = spec
        self.template = spec.template
        self._session = open_session(model)
        self._input = self._session.get_inputs()[0].name
        given, answered = self._session.get_inputs()[0].shape, self._session.get_outputs()[0].shape
        _check_shapes(given, answered, spec)
        self._batch = given[0] if isinstance(given[0], int) else 2 * FACES_PER_CALL

    def describe(self, chips: Sequence[Picture]) -> Floats:
        """Faceprints [n, dimension] of chips [side, side, 3], normalised; with `flip`, the mean with the mirrored one.

        A network that answers zeros gives a faceprint of zeros, which resembles nobody.
        """
        groups = [chips[start : start + FACES_PER_CALL] for start in range(0, len(chips), FACES_PER_CALL)]
        empty = np.empty((0, self._spec.dimension), np.float32)
        return np.concatenate([empty, *map(self._describe_few, groups)])

    def _describe_few(self, chips: Sequence[Picture]) -> Floats:
        raw = np.stack(chips).transpose(0, 3, 1, 2).astype(np.float32)
        if self._spec.flip:
            answers = self.run(np.concatenate([raw, raw[:, :, :, ::-1]]))
            mean = answers[: len(chips)] + answers[len(chips) :]
        else:
            mean = self.run(raw)
        length = np.linalg.norm(mean, axis=1, keepdims=True)
        return np.asarray(mean / np.where(length > 0, length, 1), np.float32)

    def run(self, pixels: Floats) -> Floats:
        """The network's own numbers [n, dimension] for RGB pixels [n, 3, side, side] of 0..255.

        Raises `LayoutError` when it answers anything else.
        """
        seen = self._spec.pixels.convert(pixels)
        parts = [seen[start : start + self._batch] for start in range(0, len(seen), self._batch)]
        answers = [self._session.run(None, {self._input: part})[0] for part in parts]
        numbers = np.asarray(np.concatenate(answers), np.float32)
        if numbers.shape != (len(pixels), self._spec.dimension):
            raise LayoutError(f"the embedder answers {list(numbers.shape[1:])}, not {self._spec.dimension} numbers")
        return numbers


def _check_shapes(given: Sequence[object], answered: Sequence[object], spec: EmbedderSpec) -> None:
    """Raise `LayoutError`; an axis that is no number can be anything."""
    side = spec.template.side
    if len(given) != 4 or not all(_may_be(axis, size) for axis, size in zip(given[1:], (3, side, side), strict=True)):
        raise LayoutError(f"the embedder takes {list(given)}, not chips [n, 3, {side}, {side}]")
    if not _may_be(given[0], 1):
        raise LayoutError(f"the embedder takes {given[0]} chips at a time; export it with a free batch or one of 1")
    if len(answered) != 2 or not _may_be(answered[1], spec.dimension):
        raise LayoutError(f"the embedder answers {list(answered)}, not faceprints [n, {spec.dimension}]")


def _may_be(axis: object, size: int) -> bool:
    return axis == size or not isinstance(axis, int)
