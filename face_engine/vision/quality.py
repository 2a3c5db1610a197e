"""What can honestly be said about a face besides who it is: light, sharpness, and roughly where it looks."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from face_engine.vision.alignment import TEMPLATE
from face_engine.vision.arrays import Floats, Picture

FACE_REGION = slice(15, 135)
"""Rows and columns of a chip that hold face rather than hair and background."""

HALF_SHARP = 120.0
"""Laplacian variance of a chip that counts as half sharp (50)."""

NOSE_DEPTH = 0.45
"""How far the tip of the nose stands before the plane of eyes and mouth, in distances between the eyes."""


@dataclass(frozen=True)
class Pose:
    """Degrees. Roll: the face leans clockwise. Yaw: it looks towards the right of the picture. Pitch: it looks up."""

    roll: float
    yaw: float
    pitch: float


@dataclass(frozen=True)
class Quality:
    """Both 0..100."""

    brightness: float
    sharpness: float


def measure_quality(chip: Picture) -> Quality:
    """Brightness: mean luma. Sharpness: variance v of the Laplacian, as 100 v / (v + 120).

    Both on the aligned chip, so that a face has the same scale whatever the photo; a small face is stretched to the
    chip and rightly counts as blurred.
    """
    luma = cv2.cvtColor(chip, cv2.COLOR_RGB2GRAY)[FACE_REGION, FACE_REGION]
    variance = float(cv2.Laplacian(luma, cv2.CV_32F).var())
    return Quality(float(luma.mean()) / 2.55, 100 * variance / (variance + HALF_SHARP))


def estimate_pose(landmarks: Floats) -> Pose:
    """The turn of a rigid average face whose five points fall on `landmarks` [5, 2].

    Scaled orthographic pose from points: DeMenthon & Davis (1995), first step. Five points of one average face make it
    rough: about 10 degrees for yaw and roll up to 45, and pitch is shifted by how long the person's nose is.
    """
    model = _average_face()
    moved = landmarks.astype(np.float64) - landmarks.mean(axis=0)
    axes = np.linalg.lstsq(model - model.mean(axis=0), moved, rcond=None)[0].T
    right, down = (axis / max(float(np.linalg.norm(axis)), 1e-9) for axis in axes)
    forward = np.cross(right, down)
    roll = np.degrees(np.arctan2(down[0], down[1]))
    yaw = np.degrees(np.arcsin(np.clip(right[2], -1, 1)))
    pitch = np.degrees(np.arctan2(-down[2], forward[2]))
    return Pose(float(roll), float(yaw), float(pitch))


def _average_face() -> Floats:
    """[5, 3]: the template with the nose in front; x to the right, y down, z towards the viewer, in chip pixels."""
    depth = np.zeros((5, 1))
    depth[2] = NOSE_DEPTH * float(TEMPLATE[1, 0] - TEMPLATE[0, 0])
    return np.hstack([TEMPLATE, depth])
