"""The photos that are measured with."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from face_engine.images import load_image
from face_engine.settings import REPOSITORY

SAMPLES = REPOSITORY / "samples"
TYPICAL_PIXELS = 1_400_000
"""What a photo has after a messenger or a web page made it smaller; phones themselves take 12 megapixels."""

SUFFIXES = {".jpg", ".jpeg", ".png"}


def read_photos(folder: Path | None) -> list[bytes]:
    """The JPEG and PNG files of a folder; without one the sample photos, enlarged. Raises `OSError` for none at all."""
    if folder is None:
        return [enlarge(path.read_bytes()) for path in sorted(SAMPLES.glob("*.jpg"))]
    photos = [path.read_bytes() for path in sorted(folder.rglob("*")) if path.suffix.lower() in SUFFIXES]
    if not photos:
        raise FileNotFoundError(f"no JPEG or PNG files in {folder}")
    return photos


def enlarge(photo: bytes) -> bytes:
    """The photo at 1.4 megapixels, as JPEG."""
    picture = load_image(photo).picture
    scale = (TYPICAL_PIXELS / (picture.shape[0] * picture.shape[1])) ** 0.5
    large = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    return cv2.imencode(".jpg", cv2.cvtColor(large, cv2.COLOR_RGB2BGR))[1].tobytes()


def count_megapixels(photo: bytes) -> float:
    """Of the decoded picture."""
    return float(np.prod(load_image(photo).picture.shape[:2])) / 1e6
