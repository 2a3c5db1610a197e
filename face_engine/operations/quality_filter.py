"""Which faces are too poor to index or to compare, and why: the caller's `QualityFilter` and the engine's own gates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from face_engine.vision.arrays import Picture
from face_engine.vision.faces import SeenFace


@dataclass(frozen=True)
class QualityBar:
    """The least that a face must have. Side in pixels of the picture; pose in degrees; the others 0..100."""

    side: float
    confidence: float
    sharpness: float
    brightness: float
    pose: float


LOW = QualityBar(side=24, confidence=52, sharpness=3, brightness=8, pose=60)
BARS: dict[str, QualityBar | None] = {
    "NONE": None,
    "AUTO": LOW,
    "LOW": LOW,
    "MEDIUM": QualityBar(side=40, confidence=65, sharpness=15, brightness=15, pose=45),
    "HIGH": QualityBar(side=64, confidence=75, sharpness=30, brightness=25, pose=30),
}


@dataclass(frozen=True)
class QualityGates:
    """What the engine demands of every face that is indexed or searched for, whatever `QualityFilter` says; 0 is off.

    Confidence 0..100. Frontality: distance of the eyes over the width of the box; over 49 faces its median was 0.49
    up to 10 degrees of yaw, 0.43 from 20 to 30, 0.1 in profile. Face area: part of the picture in the box, 0..1.
    """

    min_confidence: float = 0
    min_frontality: float = 0
    min_face_area: float = 0

    def find_reasons(self, face: SeenFace, picture: Picture) -> list[str]:
        """Why the gates refuse a face of this picture, as `UnindexedFace.Reasons`; empty when they do not."""
        rows, columns = picture.shape[:2]
        failed = {
            "SMALL_BOUNDING_BOX": face.area < self.min_face_area * rows * columns,
            "LOW_CONFIDENCE": 100 * face.detection.score < self.min_confidence,
            "EXTREME_POSE": measure_frontality(face) < self.min_frontality,
        }
        return [reason for reason, is_failed in failed.items() if is_failed]


OPEN_GATES = QualityGates()

SURE = 65.0
"""Confidence above which a detection is taken for a face. On some 300 photos (435 detections) the main face had 75 or
more, a sleeve or a pattern taken for a face at most 64."""


def measure_frontality(face: SeenFace) -> float:
    """Distance of the eyes over the width of the box."""
    left_eye, right_eye = face.detection.landmarks[:2]
    return float(np.hypot(*(right_eye - left_eye))) / face.detection.box[2]


def judge(
    faces: Sequence[SeenFace], quality_filter: str, *, gates: QualityGates, picture: Picture
) -> list[tuple[SeenFace, list[str]]]:
    """Each face with all reasons why filter or gates refuse it, none of them twice."""
    return [
        (face, list(dict.fromkeys(find_reasons(face, quality_filter) + gates.find_reasons(face, picture))))
        for face in faces
    ]


def find_reasons(face: SeenFace, quality_filter: str) -> list[str]:
    """Why this value of `QualityFilter` refuses the face, as `UnindexedFace.Reasons`; empty when it does not."""
    bar = BARS[quality_filter]
    if bar is None:
        return []
    pose = max(abs(face.pose.yaw), abs(face.pose.pitch))
    failed = {
        "SMALL_BOUNDING_BOX": min(face.detection.box[2:]) < bar.side,
        "LOW_CONFIDENCE": 100 * face.detection.score < bar.confidence,
        "LOW_SHARPNESS": face.quality.sharpness < bar.sharpness,
        "LOW_BRIGHTNESS": face.quality.brightness < bar.brightness,
        "EXTREME_POSE": pose > bar.pose,
    }
    return [reason for reason, is_failed in failed.items() if is_failed]


def keep_good(faces: Sequence[SeenFace], quality_filter: str) -> list[SeenFace]:
    return [face for face in faces if not find_reasons(face, quality_filter)]


def choose_largest(faces: Sequence[SeenFace]) -> SeenFace | None:
    """The largest face; what the detector is not sure of counts only where there is nothing else."""
    sure = [face for face in faces if 100 * face.detection.score >= SURE]
    return max(sure or faces, key=lambda face: face.area, default=None)


def rank(face: SeenFace) -> tuple[int, float]:
    """Sorts the faces worth keeping first: by the highest bar they pass, then by size."""
    passed = sum(not find_reasons(face, name) for name in ("LOW", "MEDIUM", "HIGH"))
    return -passed, -face.area
