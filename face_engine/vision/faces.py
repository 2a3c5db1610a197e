"""The eye of the engine: every face on a picture with all that is known of it, and faceprints on request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from face_engine.vision.alignment import DLIB_TEMPLATE, Template, cut_chip
from face_engine.vision.arrays import Floats, Picture
from face_engine.vision.detector import Detection, FaceDetector
from face_engine.vision.embedder import FaceEmbedder
from face_engine.vision.quality import Pose, Quality, estimate_pose, measure_quality


@dataclass(frozen=True)
class SeenFace:
    """A detected face and its chip as the embedder takes it; positions in pixels of the upright picture."""

    detection: Detection
    pose: Pose
    quality: Quality
    chip: Picture

    @property
    def area(self) -> float:
        """Square pixels of the box."""
        return self.detection.box[2] * self.detection.box[3]


class Vision(Protocol):
    """What operations need of the models; tests put a fake here."""

    @property
    def version(self) -> str:
        """Names the models; faceprints of different versions must never be compared."""

    def find_faces(self, picture: Picture, *, closer: bool = True) -> list[SeenFace]:
        """All faces, largest first; without `closer`, small ones in a group may be missed."""

    def describe(self, faces: Sequence[SeenFace]) -> Floats:
        """Faceprints [n, size] of length 1."""


class OnnxVision:
    """The real models, shared by all threads."""

    def __init__(self, detector: FaceDetector, embedder: FaceEmbedder, *, version: str) -> None:
        self.version = version
        self._detector = detector
        self._embedder = embedder

    def find_faces(self, picture: Picture, *, closer: bool = True) -> list[SeenFace]:
        found = self._detector.find(picture, closer=closer)
        faces = [_look_at(picture, detection, self._embedder.template) for detection in found]
        return sorted(faces, key=lambda face: (-face.area, face.detection.box))

    def describe(self, faces: Sequence[SeenFace]) -> Floats:
        return self._embedder.describe([face.chip for face in faces])


def _look_at(picture: Picture, detection: Detection, template: Template) -> SeenFace:
    """Quality is measured on a chip of one kind whatever the embedder takes, so that its bars mean the same."""
    chip = cut_chip(picture, detection.landmarks, template)
    plain = chip if template == DLIB_TEMPLATE else cut_chip(picture, detection.landmarks)
    return SeenFace(detection, estimate_pose(detection.landmarks), measure_quality(plain), chip)
