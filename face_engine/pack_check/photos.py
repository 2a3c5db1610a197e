"""Photos of people by folder through the stages of a pack, each stage timed."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from face_engine.errors import ServiceError
from face_engine.images import load_image
from face_engine.vision.alignment import cut_chip
from face_engine.vision.arrays import Floats, Picture
from face_engine.vision.detector import Detection, FaceDetector
from face_engine.vision.embedder import FaceEmbedder

SUFFIXES = {".jpg", ".jpeg", ".png"}
Result = TypeVar("Result")


@dataclass(frozen=True)
class Photo:
    """`person` is the name of the folder."""

    person: str
    path: Path


@dataclass(frozen=True)
class Finding:
    """How many faces a photo has, and the faceprint [size] of the largest; `problem` when it could not be read."""

    photo: Photo
    faces: int = 0
    faceprint: Floats | None = None
    problem: str = ""


@dataclass
class Stopwatch:
    """Milliseconds of each stage, one entry for each time it ran."""

    times: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def time(self, stage: str, work: Callable[[], Result]) -> Result:
        started = time.perf_counter()
        result = work()
        self.times[stage].append(1000 * (time.perf_counter() - started))
        return result


def list_photos(folder: Path) -> list[Photo]:
    """The photos folder/Name/*.jpg (also .jpeg, .png), by name."""
    paths = sorted(path for path in folder.glob("*/*") if path.suffix.lower() in SUFFIXES)
    return [Photo(path.parent.name, path) for path in paths]


def look_at(photo: Photo, detector: FaceDetector, embedder: FaceEmbedder, stopwatch: Stopwatch) -> Finding:
    """The largest face's faceprint, by the same steps as IndexFaces."""
    try:
        picture = stopwatch.time("decode", lambda: load_image(photo.path.read_bytes()).picture)
    except (ServiceError, OSError) as exc:
        return Finding(photo, problem=str(exc))
    faces = stopwatch.time("detect", lambda: detector.find(picture, closer=False))
    if not faces:
        return Finding(photo)
    chip = stopwatch.time("align", lambda: _cut_largest(picture, faces, embedder))
    faceprint = stopwatch.time("embed", lambda: embedder.describe([chip])[0])
    return Finding(photo, len(faces), faceprint)


def _cut_largest(picture: Picture, faces: list[Detection], embedder: FaceEmbedder) -> Picture:
    largest = max(faces, key=lambda face: face.box[2] * face.box[3])
    return cut_chip(picture, largest.landmarks, embedder.template)
