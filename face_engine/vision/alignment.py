"""Turns a face into the upright chip that the embedder was trained on."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from face_engine.vision.arrays import CHIP_SIDE, Floats, Picture

Points = npt.NDArray[np.float64]
Similarity = tuple[float, float, float, float]
"""(a, b, x, y): a point (u, v) goes to (a u - b v + x, b u + a v + y)."""

TEMPLATE = np.array([[46.31, 46.61], [102.69, 46.61], [74.50, 78.32], [50.50, 101.64], [98.50, 101.64]])
"""Where CenterFace's landmarks (at a 640 px input) lie on dlib's own chips, in chip pixels.

The robust mean over 154 faces that both detectors found, made symmetric.
"""


@dataclass(frozen=True)
class Template:
    """Where the five landmarks belong on a chip of `side` x `side` pixels, in pixels (x, y).

    `is_dlib`: chips are cut with the conventions of dlib's `get_face_chip`; otherwise with those of the ArcFace family,
    where the least error is sought on the chip and pixel p shows coordinate p.
    """

    points: tuple[tuple[float, float], ...]
    side: int
    is_dlib: bool = False

    def scaled_to(self, side: int) -> Template:
        """The same face on a chip of another size."""
        factor = side / self.side
        return Template(tuple((x * factor, y * factor) for x, y in self.points), side, self.is_dlib)


DLIB_TEMPLATE = Template(tuple((float(x), float(y)) for x, y in TEMPLATE), CHIP_SIDE, is_dlib=True)

ARCFACE_TEMPLATE = Template(
    ((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)), 112
)
"""Deng et al., "ArcFace" (2019), as published with InsightFace's alignment and in OpenCV's FaceRecognizerSF."""

TEMPLATES = {"dlib": DLIB_TEMPLATE, "arcface": ARCFACE_TEMPLATE}


def fit_similarity(points: Points, template: Points = TEMPLATE) -> Similarity:
    """The turn, scale and shift that takes `template` [5, 2] to `points` [5, 2] with least squared error.

    Closed form of Umeyama (1991) in two dimensions, which never mirrors.
    """
    centre, target = template.mean(axis=0), points.mean(axis=0)
    template, moved = template - centre, points - target
    spread = float((template**2).sum())
    a = float((template * moved).sum()) / spread
    b = float((template[:, 0] * moved[:, 1] - template[:, 1] * moved[:, 0]).sum()) / spread
    return a, b, float(target[0] - a * centre[0] + b * centre[1]), float(target[1] - b * centre[0] - a * centre[1])


def cut_chip(picture: Picture, landmarks: Floats, template: Template = DLIB_TEMPLATE) -> Picture:
    """The face [side, side, 3] with its eyes and mouth in their places; black where the picture ends.

    As dlib does: the picture is halved with a 1-4-6-4-1 filter while it is more than twice as fine as the chip, then
    sampled bilinearly.
    """
    points = landmarks.astype(np.float64)
    region, corner = _crop_around(picture, _fit(points, template), template.side)
    points = points - corner
    while _scale(_fit(points, template)) > 2:
        region = np.asarray(cv2.pyrDown(region), np.uint8)
        points = points / 2
    matrix = _chip_to_picture(_fit(points, template), template)
    size = (template.side, template.side)
    chip = cv2.warpAffine(region, matrix, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return np.asarray(chip, np.uint8)


def _fit(points: Points, template: Template) -> Similarity:
    """From the chip to the picture. dlib seeks the least error on the picture, ArcFace on the chip."""
    places = np.array(template.points)
    if template.is_dlib:
        return fit_similarity(points, places)
    a, b, x, y = fit_similarity(places, points)
    turn = 1 / complex(a, b)
    shift = -complex(x, y) * turn
    return turn.real, turn.imag, shift.real, shift.imag


def _chip_to_picture(similarity: Similarity, template: Template) -> Points:
    """The matrix [2, 3] from chip pixels to picture pixels.

    With dlib's half-pixel convention, chip pixel p shows template coordinate v = 75 + (p - 74.5) (150 s - 1) / (149 s),
    s being picture pixels per chip pixel and 150 the side; faceprints are nearer to dlib's own that way (median
    distance 0.031 against 0.070).
    """
    a, b, x, y = similarity
    turn = np.array([[a, -b], [b, a]])
    if not template.is_dlib:
        return np.column_stack([turn, (x, y)])
    scale, side = _scale(similarity), template.side
    stretch = max(side * scale - 1, 0) / ((side - 1) * scale)
    start = side / 2 - (side - 1) / 2 * stretch
    return np.column_stack([turn * stretch, turn @ np.full(2, start) + (x, y)])


def _scale(similarity: Similarity) -> float:
    return float(np.hypot(similarity[0], similarity[1]))


def _crop_around(picture: Picture, similarity: Similarity, side: int) -> tuple[Picture, Points]:
    """The part of the picture that the chip can touch, and its corner (x, y): halving a whole photo costs more."""
    a, b, x, y = similarity
    corners = np.array([[0, 0], [side, 0], [0, side], [side, side]], np.float64)
    xs, ys = a * corners[:, 0] - b * corners[:, 1] + x, b * corners[:, 0] + a * corners[:, 1] + y
    margin = 8 * max(1.0, _scale(similarity))
    rows, columns = picture.shape[:2]
    left, top = (int(np.clip(values.min() - margin, 0, side - 1)) for values, side in ((xs, columns), (ys, rows)))
    right, bottom = (
        int(np.clip(values.max() + margin, low + 1, side))
        for values, low, side in ((xs, left, columns), (ys, top, rows))
    )
    return picture[top:bottom, left:right], np.array([left, top], np.float64)
