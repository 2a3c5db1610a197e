"""Where faces are, and their five landmarks: pictures into a detector of any family, and its answers back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from face_engine.vision.arrays import Floats, Picture
from face_engine.vision.decoders import DECODERS, Candidates, LayoutError, check_layout
from face_engine.vision.sessions import open_session
from face_engine.vision.specs import CENTERFACE, DetectorSpec

SHARED = 160
"""Pixels that the halves of a closer look share: no face that the first look misses is larger."""

CROP_SIDE = 160
"""Pixels: a picture up to this size is often one face cut out of a photo. Where none is seen on it, one may be at
twice the size: so two of the six that were missed of 614 crops of faces, 66 and 78 px wide."""

ENLARGED = 2.0
MULTIPLE = 32


@dataclass(frozen=True)
class Detection:
    """`box` is (left, top, width, height) and `landmarks` [5, 2] (x, y), in picture pixels, possibly outside of it.

    Landmarks are, as seen on the picture: left eye, right eye, nose, left and right corner of the mouth.
    `score` is 0..1.
    """

    box: tuple[float, float, float, float]
    landmarks: Floats
    score: float


class FaceDetector:
    """Finds faces from about 24/640 of the longest side; with a closer look, from 24/960 (CenterFace's figures).

    Raises `LayoutError` when the model's outputs are not those of the family.
    """

    def __init__(self, model: Path, spec: DetectorSpec = CENTERFACE) -> None:
        self._spec = spec
        self._session = open_session(model)
        self._input = self._session.get_inputs()[0].name
        self._decode = DECODERS[spec.family]
        _check_input(self._session.get_inputs()[0].shape, spec)
        check_layout(spec.family, [output.shape for output in self._session.get_outputs()])

    def find(self, picture: Picture, *, closer: bool) -> list[Detection]:
        """Faces on the picture, best score first.

        With `closer`, a picture is looked at a second time, finer, for the small faces that the first look missed,
        unless it is a portrait: that has nobody behind.
        """
        found = self._look(picture, self._spec.side)
        if not found and max(picture.shape[:2]) <= CROP_SIDE:
            enlarged = cv2.resize(picture, None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_LINEAR)
            seen = self._look(np.asarray(enlarged, np.uint8), self._spec.side)
            return [move(face, (0, 0), ENLARGED) for face in seen]
        if closer and len(found) != 1 and max(picture.shape[:2]) > self._spec.side:
            found += self._look_closer(picture, found)
        return found

    def _look(self, picture: Picture, side: int) -> list[Detection]:
        fitted, scale = shrink_to(picture, side)
        candidates = self._run(fitted)
        boxes, landmarks, scores = candidates.boxes, candidates.landmarks, candidates.scores
        kept = suppress_overlaps(boxes, scores, self._spec.overlap_threshold)
        return [
            Detection(_to_box(boxes[index] / scale), landmarks[index] / scale, float(scores[index])) for index in kept
        ]

    def _run(self, picture: Picture) -> Candidates:
        square = self._spec.side if self._spec.fill == "square" else None
        pixels = to_input(picture, square=square)
        outputs = self._session.run(None, {self._input: self._spec.pixels.convert(pixels)})
        size = (pixels.shape[2], pixels.shape[3])
        with np.errstate(over="ignore", invalid="ignore"):  # what is beyond all numbers is dropped
            return drop_degenerate(self._decode(outputs, size, self._spec.score_threshold))

    def _look_closer(self, picture: Picture, known: list[Detection]) -> list[Detection]:
        """Faces that a finer look adds, taken in two halves: one look of that size takes twice the memory."""
        side = self._spec.closer_side if self._spec.fill == "multiple" else self._spec.side
        fitted, scale = shrink_to(picture, self._spec.closer_side)
        new: list[Detection] = []
        for half, corner in split_in_halves(fitted):
            whole = [face for face in self._look(half, side) if not _is_cut(face, half)]
            moved = [move(face, corner, scale) for face in whole]
            new += [face for face in moved if not any(is_inside(face, other) for other in (*known, *new))]
        return new


def shrink_to(picture: Picture, side: int) -> tuple[Picture, float]:
    """The picture with its longest side at most `side`, and the scale, never above 1."""
    rows, columns = picture.shape[:2]
    scale = min(1.0, side / max(rows, columns))
    if scale == 1:
        return picture, scale
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8), scale


def to_input(picture: Picture, *, square: int | None = None) -> Floats:
    """[1, 3, rows, columns], filled up with black to multiples of 32 or to a square of that side, px.

    Stretching would move the landmarks.
    """
    padded = [square or -(-side // MULTIPLE) * MULTIPLE for side in picture.shape[:2]]
    pixels = np.zeros((1, 3, *padded), np.float32)
    pixels[0, :, : picture.shape[0], : picture.shape[1]] = picture.transpose(2, 0, 1)
    return pixels


def split_in_halves(picture: Picture) -> list[tuple[Picture, tuple[int, int]]]:
    """Two parts along the longest side that share 160 px, each with its corner (x, y)."""
    rows, columns = picture.shape[:2]
    reach = (max(rows, columns) + SHARED) // 2
    if columns >= rows:
        return [(picture[:, :reach], (0, 0)), (picture[:, columns - reach :], (columns - reach, 0))]
    return [(picture[:reach], (0, 0)), (picture[rows - reach :], (0, rows - reach))]


def move(face: Detection, corner: tuple[int, int], scale: float) -> Detection:
    """The face of a part as it lies on the picture that the part was cut from, before it was scaled."""
    left, top, width, height = face.box
    box = ((left + corner[0]) / scale, (top + corner[1]) / scale, width / scale, height / scale)
    return Detection(box, (face.landmarks + np.array(corner, np.float32)) / scale, face.score)


def is_inside(face: Detection, other: Detection) -> bool:
    """Whether the middle of a face lies on another: it is the same face, or a part of it."""
    left, top, width, height = face.box
    x, y = left + width / 2 - other.box[0], top + height / 2 - other.box[1]
    return 0 <= x <= other.box[2] and 0 <= y <= other.box[3]


def _is_cut(face: Detection, part: Picture) -> bool:
    left, top, width, height = face.box
    return left < 0 or top < 0 or left + width > part.shape[1] or top + height > part.shape[0]


def drop_degenerate(found: Candidates) -> Candidates:
    """Without faces that have no size or whose landmarks fall together: no chip can be cut of those."""
    values = np.concatenate([found.boxes, found.landmarks.reshape(-1, 10)], axis=1)
    spread = np.ptp(found.landmarks, axis=1).max(axis=1) if len(values) else found.scores
    good = np.isfinite(values).all(axis=1) & (found.boxes[:, 2:] > 0).all(axis=1) & (spread > 0)
    if good.all():
        return found
    return Candidates(found.boxes[good], found.landmarks[good], found.scores[good])


def suppress_overlaps(boxes: Floats, scores: Floats, threshold: float = CENTERFACE.overlap_threshold) -> list[int]:
    """Indices of the boxes [n, 4] to keep, best score first: one for each group that overlaps by more than that."""
    kept: list[int] = []
    waiting = np.argsort(-scores, kind="stable")
    while len(waiting):
        best, waiting = waiting[0], waiting[1:]
        kept.append(int(best))
        waiting = waiting[_overlaps(boxes[best], boxes[waiting]) <= threshold]
    return kept


def _overlaps(one: Floats, others: Floats) -> npt.NDArray[np.float64]:
    """Intersection over union, 0..1, of a box [4] with others [n, 4]."""
    corner = np.maximum(one[:2], others[:, :2])
    opposite = np.minimum(one[:2] + one[2:], others[:, :2] + others[:, 2:])
    shared = np.prod(np.maximum(opposite - corner, 0), axis=1).astype(np.float64)
    areas = np.prod(others[:, 2:], axis=1).astype(np.float64)
    return np.asarray(shared / (float(np.prod(one[2:])) + areas - shared))


def _check_input(shape: Sequence[object], spec: DetectorSpec) -> None:
    """Raise `LayoutError` when the model has a fixed size that pictures are not filled up to."""
    if len(shape) != 4 or (isinstance(shape[1], int) and shape[1] != 3):
        raise LayoutError(f"the detector takes {list(shape)}, not pictures [1, 3, rows, columns]")
    fixed = {side for side in shape[2:] if isinstance(side, int)}
    if len(fixed) > 1:
        raise LayoutError(f"the detector takes {list(shape)} alone; export it with free or square sizes")
    if fixed and (spec.fill != "square" or fixed != {spec.side}):
        raise LayoutError(f"the detector takes pictures of one size alone; write fill: square and side: {fixed.pop()}")


def _to_box(values: Floats) -> tuple[float, float, float, float]:
    left, top, width, height = (float(value) for value in values)
    return left, top, width, height
