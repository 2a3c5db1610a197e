"""One pack as a value, the version that stands for it in every answer, and the models opened."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from face_engine.model_packs.errors import PackError
from face_engine.similarity import SimilarityCurve
from face_engine.vision.decoders import LayoutError
from face_engine.vision.detector import FaceDetector
from face_engine.vision.embedder import FaceEmbedder
from face_engine.vision.faces import OnnxVision
from face_engine.vision.model_files import MODEL_VERSIONS
from face_engine.vision.sessions import MODEL_ERRORS
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

    @property
    def use(self) -> tuple[object, ...]:
        """The settings that move faceprints."""
        return self.detector_spec.use, self.embedder_spec.use

    def open_detector(self) -> FaceDetector:
        """Raises `LayoutError` or one of `MODEL_ERRORS`."""
        return FaceDetector(self.detector.path, self.detector_spec)

    def open_embedder(self) -> FaceEmbedder:
        """As `open_detector`."""
        return FaceEmbedder(self.embedder.path, self.embedder_spec)

    def open_vision(self) -> OnnxVision:
        """Raises `PackError` with what is wrong with either model."""
        detector, embedder, mistakes = self.try_models()
        if detector is None or embedder is None:
            raise PackError(self.folder, mistakes)
        return OnnxVision(detector, embedder, version=self.face_model_version)

    def try_models(self) -> tuple[FaceDetector | None, FaceEmbedder | None, list[str]]:
        """The models that work, and what is wrong with those that do not."""
        mistakes: list[str] = []
        is_known = self.face_model_version in MODEL_VERSIONS.values()
        detector = _try(self.open_detector, None if is_known else _probe_detector, self.detector, mistakes)
        embedder = _try(self.open_embedder, None if is_known else _probe_embedder, self.embedder, mistakes)
        return detector, embedder, mistakes


def _try(
    open_model: Callable[[], Model], probe: Callable[[Model], None] | None, file: ModelFile, mistakes: list[str]
) -> Model | None:
    try:
        model = open_model()
        if probe:
            probe(model)
    except (LayoutError, *MODEL_ERRORS) as exc:
        mistakes.append(f"{file.path.name}: {str(exc).strip().splitlines()[0]}")
        return None
    return model


def _probe_detector(detector: FaceDetector) -> None:
    """Some exports do not tell their shapes before they are run."""
    detector.find(np.zeros((96, 128, 3), np.uint8), closer=False)


def _probe_embedder(embedder: FaceEmbedder) -> None:
    side = embedder.template.side
    embedder.describe([np.zeros((side, side, 3), np.uint8)])


def fingerprint(pack: Pack) -> str:
    """Ten digits out of all that moves faceprints: both files and how they are used, thresholds aside.

    Names and versions are chosen by people, who forget to change them: without this, faceprints that cannot be
    compared could meet in one collection. Ours end in 8 or 32, Rekognition's have one digit behind the dot.
    """
    digest = hashlib.sha256()
    for model in (pack.detector, pack.embedder):
        with model.path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    digest.update(repr(pack.use).encode())
    return str(int.from_bytes(digest.digest()[:8]) % 10**FINGERPRINT_DIGITS).zfill(FINGERPRINT_DIGITS)
