"""`QualityFilter`: which faces are too poor to index or to compare, and why, by what is measured and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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


def rank(face: SeenFace) -> tuple[int, float]:
    """Sorts the faces worth keeping first: by the highest bar they pass, then by size."""
    passed = sum(not find_reasons(face, name) for name in ("LOW", "MEDIUM", "HIGH"))
    return -passed, -face.area
