"""CenterFace: where faces are, and their five landmarks.

Source of the decoding: Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point" (2019). The
network answers on a grid of 4 pixels: a heat map of face centres, the logarithm of the size, the offset of the centre
inside its cell, and the landmarks relative to the corner of the box in units of its size.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from face_engine.vision.arrays import Floats, Picture
from face_engine.vision.sessions import open_session

INPUT_SIDE = 640
"""Longest side of what the detector sees: 98 % of faces of 24 px there are found, 15 % of those of 12 px."""

CLOSER_SIDE = 960
SHARED = 160
"""Pixels that the halves of a closer look share: no face that the first look misses is larger."""

MULTIPLE = 32
STRIDE = 4
SCORE_THRESHOLD = 0.5
OVERLAP_THRESHOLD = 0.3


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
    """Finds faces of about 24/640 of the longest side and larger; with a closer look, of 24/960."""

    def __init__(self, model: Path) -> None:
        self._session = open_session(model)
        self._input = self._session.get_inputs()[0].name

    def find(self, picture: Picture, *, closer: bool) -> list[Detection]:
        """Faces on the picture, best score first.

        With `closer`, a picture is looked at a second time, finer, for the small faces that the first look missed,
        unless it is a portrait: that has nobody behind.
        """
        found = self._look(picture, INPUT_SIDE)
        if closer and len(found) != 1 and max(picture.shape[:2]) > INPUT_SIDE:
            found += self._look_closer(picture, found)
        return found

    def _look(self, picture: Picture, side: int) -> list[Detection]:
        fitted, scale = shrink_to(picture, side)
        heat, log_size, offset, points = self._session.run(None, {self._input: to_input(fitted)})
        boxes, landmarks, scores = decode_grid(heat[0, 0], log_size[0], offset[0], points[0])
        kept = suppress_overlaps(boxes, scores)
        return [
            Detection(_to_box(boxes[index] / scale), landmarks[index] / scale, float(scores[index])) for index in kept
        ]

    def _look_closer(self, picture: Picture, known: list[Detection]) -> list[Detection]:
        """Faces that a look at 960 px adds, taken in two halves: one look of that size takes twice the memory."""
        fitted, scale = shrink_to(picture, CLOSER_SIDE)
        new: list[Detection] = []
        for half, corner in split_in_halves(fitted):
            whole = [face for face in self._look(half, CLOSER_SIDE) if not _is_cut(face, half)]
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


def to_input(picture: Picture) -> Floats:
    """[1, 3, rows, columns], filled up with black to multiples of 32; stretching would move the landmarks."""
    padded = [-(-side // MULTIPLE) * MULTIPLE for side in picture.shape[:2]]
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


def decode_grid(heat: Floats, log_size: Floats, offset: Floats, points: Floats) -> tuple[Floats, Floats, Floats]:
    """Boxes [n, 4] (left, top, width, height), landmarks [n, 5, 2] and scores [n], in input pixels, best score first.

    Arguments are the network's outputs [rows, columns], [2, …], [2, …] and [10, …]; pairs are (vertical, horizontal).
    """
    rows, columns = np.nonzero(heat > SCORE_THRESHOLD)
    order = np.argsort(-heat[rows, columns], kind="stable")
    rows, columns = rows[order], columns[order]
    height, width = np.exp(log_size[:, rows, columns]) * STRIDE
    centre_y = (rows + offset[0, rows, columns] + 0.5) * STRIDE
    centre_x = (columns + offset[1, rows, columns] + 0.5) * STRIDE
    left, top = centre_x - width / 2, centre_y - height / 2
    boxes = np.stack([left, top, width, height], axis=1).astype(np.float32)
    relative = points[:, rows, columns].T.reshape(-1, 5, 2)[:, :, ::-1]
    landmarks = boxes[:, None, :2] + relative * boxes[:, None, 2:]
    return boxes, landmarks.astype(np.float32), heat[rows, columns]


def suppress_overlaps(boxes: Floats, scores: Floats) -> list[int]:
    """Indices of the boxes [n, 4] to keep, best score first: one for each group that overlaps by more than 0.3."""
    kept: list[int] = []
    for index in np.argsort(-scores, kind="stable"):
        if all(_overlap(boxes[index], boxes[other]) <= OVERLAP_THRESHOLD for other in kept):
            kept.append(int(index))
    return kept


def _overlap(one: Floats, other: Floats) -> float:
    """Intersection over union, 0..1."""
    corner = np.maximum(one[:2], other[:2])
    opposite = np.minimum(one[:2] + one[2:], other[:2] + other[2:])
    shared = float(np.prod(np.maximum(opposite - corner, 0)))
    return shared / (float(np.prod(one[2:])) + float(np.prod(other[2:])) - shared)


def _to_box(values: Floats) -> tuple[float, float, float, float]:
    left, top, width, height = (float(value) for value in values)
    return left, top, width, height
