"""A vision without models: the shade of a picture decides who is on it."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from face_engine.vision.arrays import CHIP_SIDE, FACEPRINT_SIZE, Floats, Picture
from face_engine.vision.detector import Detection
from face_engine.vision.faces import SeenFace
from face_engine.vision.quality import Pose, Quality

PERSON_STEP = 10


def make_photo(shade: int, *, columns: int = 200, rows: int = 100, kind: str = ".png") -> bytes:
    """An encoded picture of one shade of grey."""
    _, encoded = cv2.imencode(kind, np.full((rows, columns, 3), shade, np.uint8))
    return encoded.tobytes()


def make_face(
    person: int,
    *,
    box: tuple[float, float, float, float] = (50, 20, 40, 50),
    score: float = 0.9,
    yaw: float = 0,
    brightness: float = 50,
    sharpness: float = 70,
    eyes: float = 0.4,
) -> SeenFace:
    """A good frontal face of a person, told apart by number; `eyes` is their distance in widths of the box."""
    left, top, width, height = box
    points = np.array([[0.5 - eyes / 2, 0.4], [0.5 + eyes / 2, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]], np.float32)
    landmarks = (points * (width, height) + (left, top)).astype(np.float32)
    chip = np.full((CHIP_SIDE, CHIP_SIDE, 3), person, np.uint8)
    return SeenFace(Detection(box, landmarks, score), Pose(0, yaw, 0), Quality(brightness, sharpness), chip)


class FakeVision:
    """`photos` maps the shade of a picture to the faces on it; faces of one person have equal faceprints."""

    def __init__(self, photos: dict[int, list[SeenFace]] | None = None, *, version: str = "0.0.1") -> None:
        self.version = version
        self.photos = photos or {}

    def find_faces(self, picture: Picture, *, closer: bool = True) -> list[SeenFace]:
        faces = self.photos.get(int(picture[0, 0, 0]), [])
        return sorted(faces, key=lambda face: -face.area)

    def describe(self, faces: Sequence[SeenFace]) -> Floats:
        return np.array([faceprint(int(face.chip[0, 0, 0])) for face in faces], np.float32).reshape(-1, FACEPRINT_SIZE)


def faceprint(person: int) -> Floats:
    """Length 1; people whose numbers differ by less than `PERSON_STEP` look somewhat alike, the nearer the more."""
    family, nuance = divmod(person, PERSON_STEP)
    angle = 0.05 * nuance
    vector = np.zeros(FACEPRINT_SIZE, np.float32)
    vector[2 * family : 2 * family + 2] = np.cos(angle), np.sin(angle)
    return vector
