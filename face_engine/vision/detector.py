"""CenterFace: where faces are, and their five landmarks.

Source of the decoding: Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point" (2019). The
network answers on a grid of 4 pixels: a heat map of face centres, the logarithm of the size, the offset of the centre
inside its cell, and the landmarks relative to the corner of the box in units of its size.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from face_engine.vision.arrays import Floats, Picture
from face_engine.vision.sessions import open_session, options_giving_memory_back

INPUT_SIDE = 640
"""Longest side of what the detector sees: 98 % of faces of 24 px there are found, 15 % of those of 12 px."""

CLOSE_INPUT_SIDE = 960
"""The same for a closer look: a face of 16 px at 640 has the 24 px here that the detector wants."""

LARGEST_SMALL_FACE = 64
"""Pixels of the 640 input: what a closer look may add. Of larger faces it sees parts, and places landmarks worse."""

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
        # A closer look takes 100 MB: one at a time, and given back at its end.
        self._close_look = threading.Lock()
        self._giving_back = options_giving_memory_back()

    def find(self, picture: Picture) -> list[Detection]:
        """Faces on the picture, best score first."""
        return self._find(picture, INPUT_SIDE, None)

    def find_closely(self, picture: Picture) -> list[Detection]:
        """The same with the small faces that a second pass finds, which takes twice as long as the first."""
        found = self.find(picture)
        longest = max(picture.shape[:2])
        if longest <= INPUT_SIDE:
            return found
        largest = LARGEST_SMALL_FACE * longest / INPUT_SIDE
        with self._close_look:
            close = self._find(picture, CLOSE_INPUT_SIDE, self._giving_back)
        for detection in close:
            is_small = max(detection.box[2:]) <= largest
            if is_small and not any(_touches(detection.box, other.box) for other in found):
                found.append(detection)
        return found

    def _find(self, picture: Picture, input_side: int, options: onnxruntime.RunOptions | None) -> list[Detection]:
        pixels, scale = fit_picture(picture, input_side)
        heat, log_size, offset, points = self._session.run(None, {self._input: pixels}, options)
        boxes, landmarks, scores = decode_grid(heat[0, 0], log_size[0], offset[0], points[0])
        kept = suppress_overlaps(boxes, scores)
        return [
            Detection(_to_box(boxes[index] / scale), landmarks[index] / scale, float(scores[index])) for index in kept
        ]


def fit_picture(picture: Picture, input_side: int = INPUT_SIDE) -> tuple[Floats, float]:
    """The detector's input [1, 3, rows, columns], and its pixels per picture pixel (never more than 1).

    Rows and columns are filled up with black to a multiple of 32; stretching would move the landmarks.
    """
    rows, columns = picture.shape[:2]
    scale = min(1.0, input_side / max(rows, columns))
    fitted = picture
    if scale < 1:
        size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
        fitted = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    padded = [-(-side // MULTIPLE) * MULTIPLE for side in fitted.shape[:2]]
    pixels = np.zeros((1, 3, *padded), np.float32)
    pixels[0, :, : fitted.shape[0], : fitted.shape[1]] = fitted.transpose(2, 0, 1)
    return pixels, scale


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


def _touches(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return (
        one[0] < other[0] + other[2]
        and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3]
        and other[1] < one[1] + one[3]
    )


def _to_box(values: Floats) -> tuple[float, float, float, float]:
    left, top, width, height = (float(value) for value in values)
    return left, top, width, height
