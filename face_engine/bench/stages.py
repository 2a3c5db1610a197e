"""Each step from bytes to faceprints on one thread, in process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import cv2

from face_engine.bench.figures import Row, show_percentiles, time_into
from face_engine.images import load_image
from face_engine.vision.alignment import cut_chip
from face_engine.vision.detector import FaceDetector
from face_engine.vision.embedder import FaceEmbedder
from face_engine.vision.model_files import DETECTOR_FILE, EMBEDDER_FILES
from face_engine.vision.quality import measure_quality

Result = TypeVar("Result")


class Stages:
    """All models, and the milliseconds that each stage took."""

    def __init__(self, models: Path) -> None:
        cv2.setNumThreads(1)
        self._detector = FaceDetector(models / DETECTOR_FILE)
        self._embedders = {precision: FaceEmbedder(models / file) for precision, file in EMBEDDER_FILES.items()}
        self.spent: dict[str, list[float]] = {}

    def run(self, photo: bytes) -> None:
        """As IndexFaces does it; with each embedder, and with the closer look of DetectFaces as a stage of its own."""
        picture = self._time("decode", load_image, photo).picture
        faces = self._time("detect", self._detector.find, picture, closer=False)
        self._time("detect, with a closer look", self._detector.find, picture, closer=True)
        for face in faces:
            chip = self._time("align, per face", cut_chip, picture, face.landmarks)
            self._time("quality, per face", measure_quality, chip)
            for precision, embedder in self._embedders.items():
                self._time(f"embed {precision}, per face", embedder.describe, [chip])

    def _time(self, stage: str, work: Callable[..., Result], *given: Any, **named: Any) -> Result:
        return time_into(self.spent.setdefault(stage, []), work, *given, **named)


def measure_stages(photos: Sequence[bytes], *, seconds: float, models: Path) -> Iterator[Row]:
    """All photos once, and again until `seconds` are over."""
    started = time.perf_counter()
    stages = Stages(models)
    yield "load detector and both embedders", f"{1000 * (time.perf_counter() - started):.0f} ms"
    stages.run(photos[0])
    stages.spent.clear()
    started = time.perf_counter()
    while not stages.spent or time.perf_counter() - started < seconds:
        for photo in photos:
            stages.run(photo)
    for stage, spent in stages.spent.items():
        yield stage, show_percentiles(spent)
