"""One pack as a value, the version that stands for it in every answer, and the models opened."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from face_engine.model_packs.errors import PackError
from face_engine.similarity import SimilarityCurve
from face_engine.vision.decoders import LayoutError
from face_engine.vision.detector import FaceDetector
from face_engine.vision.embedder import FaceEmbedder
from face_engine.vision.faces import OnnxVision
from face_engine.vision.specs import DetectorSpec, EmbedderSpec

FINGERPRINT_DIGITS = 10
Model = TypeVar("Model")


@dataclass(frozen=True)
class ModelFile:
    """A file of a pack with what its author says about it."""

    path: Path
    licence: str
    source: str


@dataclass(frozen=True)
class Pack:
    """`face_model_version` stands for all that moves faceprints. Without a `curve` a pack can only be checked."""

    name: str
    folder: Path
    face_model_version: str
    detector: ModelFile
    detector_spec: DetectorSpec
    embedder: ModelFile
    embedder_spec: EmbedderSpec
    curve: SimilarityCurve | None

    def require_curve(self) -> SimilarityCurve:
        """Raises `PackError` without one."""
        if self.curve is None:
            advice = f"calibration: is missing; measure it: python -m face_engine check-pack {self.folder} --photos DIR"
            raise PackError(self.folder, [advice])
        return self.curve

    def open_models(self) -> tuple[FaceDetector, FaceEmbedder]:
        """Raises `PackError` with what is wrong with either."""
        mistakes: list[str] = []
        detector = _open(lambda: FaceDetector(self.detector.path, self.detector_spec), self.detector, mistakes)
        embedder = _open(lambda: FaceEmbedder(self.embedder.path, self.embedder_spec), self.embedder, mistakes)
        if detector is None or embedder is None:
            raise PackError(self.folder, mistakes)
        return detector, embedder

    def open_vision(self) -> OnnxVision:
        """Raises `PackError`."""
        return OnnxVision(*self.open_models(), version=self.face_model_version)


def _open(open_model: Callable[[], Model], file: ModelFile, mistakes: list[str]) -> Model | None:
    try:
        return open_model()
    except (LayoutError, RuntimeError) as exc:  # onnxruntime's own errors are RuntimeErrors
        mistakes.append(f"{file.path.name}: {str(exc).strip().splitlines()[0]}")
        return None


def fingerprint(detector: Path, embedder: Path, *, detector_spec: DetectorSpec, embedder_spec: EmbedderSpec) -> str:
    """Ten digits out of all that moves faceprints: both files and how they are used, thresholds aside.

    Names and versions are chosen by people, who forget to change them: without this, faceprints that cannot be
    compared could meet in one collection. Ours end in 8 or 32, Rekognition's have one digit behind the dot.
    """
    digest = hashlib.sha256()
    for path in (detector, embedder):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    digest.update(repr(use_of(detector_spec, embedder_spec)).encode())
    return str(int.from_bytes(digest.digest()[:8]) % 10**FINGERPRINT_DIGITS).zfill(FINGERPRINT_DIGITS)


def use_of(detector: DetectorSpec, embedder: EmbedderSpec) -> tuple[object, ...]:
    """The settings that move faceprints."""
    seen = (detector.family, detector.pixels, detector.side, detector.fill)
    return (*seen, embedder.pixels, embedder.template, embedder.flip, embedder.dimension)
