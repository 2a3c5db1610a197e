"""Which files make up the models, and the version that stands for them in every answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

Precision = Literal["int8", "fp32"]

DETECTOR_FILE = "centerface.onnx"
EMBEDDER_FILES: dict[Precision, str] = {"int8": "faceprint-int8.onnx", "fp32": "faceprint-fp32.onnx"}
LICENCES_FILE = "LICENSES.md"
MANIFEST_FILE = "manifest.json"

RECIPE = "1.0"
"""Names weights, alignment and conversion together; any change that moves faceprints must change it."""

MODEL_VERSIONS: dict[Precision, str] = {"int8": f"{RECIPE}.8", "fp32": f"{RECIPE}.32"}
"""`FaceModelVersion` in answers: recipe, then bits. Rekognition's pattern allows digits and dots only; three parts
cannot be mistaken for Rekognition's own two ("7.0")."""


class ModelsMissingError(RuntimeError):
    """The models are not set up, or were set up by another version of this program."""


def require_models(folder: Path) -> None:
    """Raise `ModelsMissingError` unless set-up has finished in `folder` with this recipe."""
    command = "run: python -m face_engine setup"
    try:
        manifest = json.loads((folder / MANIFEST_FILE).read_text())
    except (OSError, ValueError):
        raise ModelsMissingError(f"no models in {folder}; {command}") from None
    if manifest.get("recipe") != RECIPE:
        raise ModelsMissingError(f"the models in {folder} are of another version; {command}")
    absent = [name for name in manifest["files"] if not (folder / name).is_file()]
    if absent:
        raise ModelsMissingError(f"{', '.join(absent)} missing in {folder}; {command}")
