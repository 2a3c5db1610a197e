"""Photos as bad cameras and bad moments make them: each way to spoil a picture, in proportion to the face on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from face_engine.images import DOCUMENTED_SIDE
from face_engine.vision.arrays import Picture

SMALL, MIDDLE, LARGE = 24, 50, 60
"""Heights in pixels that a face is reduced to."""

NOISE = 35.0
SEED = 5


def _reduce(picture: Picture, face: float, height: int) -> Picture:
    scale = height / face
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def _brighten(picture: Picture, power: float) -> Picture:
    return np.asarray(255 * (picture / 255) ** power, np.uint8)


def _add_noise(picture: Picture, face: float) -> Picture:
    small = _reduce(picture, face, LARGE)
    grain = np.random.default_rng(SEED).normal(0, NOISE, small.shape)
    return np.asarray(np.clip(small + grain, 0, 255), np.uint8)


def _compress(picture: Picture, face: float) -> Picture:
    _, data = cv2.imencode(".jpg", _reduce(picture, face, MIDDLE), [cv2.IMWRITE_JPEG_QUALITY, 8])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def _turn(picture: Picture, degrees: float) -> Picture:
    rows, columns = picture.shape[:2]
    turning = cv2.getRotationMatrix2D((columns / 2, rows / 2), degrees, 1)
    return np.asarray(cv2.warpAffine(picture, turning, (columns, rows)), np.uint8)


WAYS: dict[str, Callable[[Picture, float], Any]] = {
    "small": lambda picture, face: _reduce(picture, face, SMALL),
    "blurred": lambda picture, face: cv2.GaussianBlur(picture, (0, 0), face / 22),
    "dark": lambda picture, _: _brighten(picture, 3),
    "bright": lambda picture, _: _brighten(picture, 0.3),
    "noisy": _add_noise,
    "compressed": _compress,
    "turned": lambda picture, _: _turn(picture, 25),
    "narrow": lambda picture, _: cv2.resize(picture, None, fx=0.7, fy=1),
}


def spoil(picture: Picture, face: float) -> dict[str, Picture]:
    """The picture [h, w, 3] spoiled in every way, as large as images must be; `face` is the face's height in pixels."""
    return {way: _enlarge(np.ascontiguousarray(change(picture, face))) for way, change in WAYS.items()}


def _enlarge(picture: Picture) -> Picture:
    scale = max(1.0, DOCUMENTED_SIDE / min(picture.shape[:2]))
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale), np.uint8)
