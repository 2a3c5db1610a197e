"""Faces for the experiment with look-alikes: read by the engine's own detector, alignment and network."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from face_engine.images import load_image
from face_engine.vision.alignment import cut_chip, fit_similarity
from face_engine.vision.arrays import CHIP_SIDE, Floats, Picture
from face_engine.vision.detector import FaceDetector
from face_engine.vision.embedder import FaceEmbedder
from face_engine.vision.model_files import DETECTOR_FILE, EMBEDDER_FILES, Precision
from face_engine.vision.quality import measure_quality

Array = npt.NDArray[np.float64]

SUFFIXES = {".jpg", ".jpeg", ".png"}
CROPS = ((1.0, 0, 0), (1.05, 0, 0), (0.95, 0, 0), (1.0, 3, 0), (1.0, -3, 0), (1.0, 0, 3), (1.0, 0, -3))
"""Size, and shift in chip pixels. The first is the engine's own, the second the wider one."""

COPY_DISTANCE = 0.12


@dataclass(frozen=True)
class Faces:
    """One row for each face.

    Faceprints [n, 128] as they are, over all crops and of the wider one; sharpness and confidence [n, 2], 0..1; pixels
    that the chip covers, per side [n]; names of the person and of the group of people who look alike [n].
    """

    prints: Array
    crops: Array
    wider: Array
    quality: Array
    side: Array
    person: npt.NDArray[np.str_]
    group: npt.NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.person)

    def pick(self, rows: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> Faces:
        """The faces of a mask or of row numbers."""
        return Faces(*(getattr(self, field.name)[rows] for field in fields(self)))


def join(parts: Sequence[Faces]) -> Faces:
    """All faces of all parts, in order."""
    return Faces(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Faces)))


@dataclass(frozen=True)
class View:
    """A part of a photo with one face: pixels, and landmarks [5, 2] in them."""

    picture: Picture
    landmarks: Floats

    @property
    def side(self) -> float:
        """Pixels of the picture that the face's chip covers, per side."""
        return CHIP_SIDE * float(np.hypot(*fit_similarity(self.landmarks.astype(np.float64))[:2]))

    def repainted(self, picture: npt.NDArray[np.generic]) -> View:
        return View(np.asarray(picture, np.uint8), self.landmarks)

    def reduced(self, side: int) -> View:
        """The view where the chip covers at most `side` pixels."""
        rows, columns = self.picture.shape[:2]
        scale = min(1.0, side / self.side)
        size = np.array([max(1, round(columns * scale)), max(1, round(rows * scale))])
        picture = np.asarray(cv2.resize(self.picture, size.tolist(), interpolation=cv2.INTER_AREA), np.uint8)
        return View(picture, np.asarray((self.landmarks + 0.5) * size / (columns, rows) - 0.5, np.float32))


def view_of(picture: Picture, landmarks: Floats) -> View:
    """The face with as much around it, at the scale of the chip or smaller, so that wear means the same for all."""
    centre, reach = landmarks.mean(axis=0), View(picture, landmarks).side
    left, top = np.maximum(centre - reach, 0).astype(int)
    right, bottom = (centre + reach).astype(int)
    part = View(picture[top:bottom, left:right], np.asarray(landmarks - (left, top), np.float32))
    return part.reduced(CHIP_SIDE)


def _squeezed(view: View) -> View:
    data = cv2.imencode(".jpg", view.picture, [cv2.IMWRITE_JPEG_QUALITY, 15])[1]
    return view.repainted(cv2.imdecode(data, cv2.IMREAD_COLOR))


Wear = Callable[[View], View]
WORN: tuple[Wear, ...] = (
    lambda view: view.reduced(40),
    lambda view: view.repainted(cv2.GaussianBlur(view.picture, (0, 0), 3)),
    _squeezed,
    lambda view: view.repainted(255 * (view.picture / 255) ** 2.5),
)
SMALL: tuple[Wear, ...] = (lambda view: view.reduced(24),)


class FaceReader:
    """The engine's models, and how the experiment uses them."""

    def __init__(self, models: Path, precision: Precision) -> None:
        self._detector = FaceDetector(models / DETECTOR_FILE)
        self._embedder = FaceEmbedder(models / EMBEDDER_FILES[precision])
        self.without_face = 0

    def read_people(self, folder: Path, *wears: Sequence[Wear]) -> list[Faces]:
        """The largest face of each photo below `folder`; and for each of `wears` the same faces, way by way.

        Photos directly in `folder` count when they show one face.
        """
        rows = [self._read_photo(path, folder, wears) for path in sorted(folder.rglob("*"))]
        sets = [join(parts) for parts in zip(*filter(None, rows), strict=True)]
        kept = distinct(sets[0])
        ways = iter(faces.pick(kept) for faces in sets)
        return [next(ways), *(join([next(ways) for _ in wear]) for wear in wears)]

    def _read_photo(self, path: Path, folder: Path, wears: Sequence[Sequence[Wear]]) -> list[Faces]:
        """The face as it is and in each way; nothing when there is none, or several in a photo without a folder."""
        picture = load_picture(path)
        if picture is None:
            return []
        found = self._detector.find(picture, closer=False)
        self.without_face += not found
        if not found or (path.parent == folder and len(found) > 1):
            return []
        face = max(found, key=lambda face: face.box[2] * face.box[3])
        part = view_of(picture, face.landmarks)
        views = [View(picture, face.landmarks), *(way(part) for wear in wears for way in wear)]
        return [self._describe(view, face.score, *name_of(path, folder)) for view in views]

    def read_crowd(self, folder: Path) -> Faces:
        """All faces of each photo below `folder`; the photo stands for the person, and a collage is in no group."""
        faces = []
        for path in sorted(folder.rglob("*")):
            picture = load_picture(path)
            for face in [] if picture is None else self._detector.find(picture, closer=True):
                group = "" if path.stem.startswith("collage") else path.stem
                faces.append(self._describe(View(picture, face.landmarks), face.score, path.stem, group))
        return join(faces)

    def _describe(self, view: View, score: float, person: str, group: str) -> Faces:
        chips = cut_crops(view)
        prints = self._embedder.describe(chips).astype(np.float64)
        over_crops = unit(prints.mean(axis=0, keepdims=True))
        quality = np.array([[measure_quality(chips[0]).sharpness / 100, score]])
        side, names = np.array([view.side]), (np.array([person]), np.array([group]))
        return Faces(prints[:1], over_crops, prints[1:2], quality, side, *names)


def load_picture(path: Path) -> Picture | None:
    """What the engine would see of a file; None when it is no photo."""
    return load_image(path.read_bytes()).picture if path.suffix.lower() in SUFFIXES else None


def name_of(path: Path, folder: Path) -> tuple[str, str]:
    """Person and group: the two folders around the photo, or the file's name without its number, and none."""
    *above, name = path.relative_to(folder).parts
    if not above:
        return re.sub(r"-\d+$", "", Path(name).stem), ""
    return above[-1], above[-2] if len(above) > 1 else ""


def cut_crops(view: View) -> list[Picture]:
    """The chips [150, 150, 3] of `CROPS`."""
    a, b, x, y = fit_similarity(view.landmarks.astype(np.float64))
    middle = np.array([a - b, a + b]) * CHIP_SIDE / 2 + (x, y)
    turn = np.array([[a, -b], [b, a]])
    return [
        cut_chip(view.picture, np.asarray(middle + size * (view.landmarks - middle) + turn @ shift, np.float32))
        for size, *shift in CROPS
    ]


def distinct(faces: Faces) -> npt.NDArray[np.int64]:
    """Rows without those that are copies of an earlier one of the same person."""
    kept: list[int] = []
    for row, (vector, person) in enumerate(zip(faces.prints, faces.person, strict=True)):
        own = [other for other in kept if faces.person[other] == person]
        if not own or np.linalg.norm(faces.prints[own] - vector, axis=1).min() >= COPY_DISTANCE:
            kept.append(row)
    return np.array(kept)


def unit(vectors: Array) -> Array:
    """The vectors [n, m] with length 1."""
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
