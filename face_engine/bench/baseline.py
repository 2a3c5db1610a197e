"""What the face_recognition package does, with dlib itself: `face_encodings(load_image_file(path))`.

Its two model files come out of the package that set-up takes ours from.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import itertools
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from face_engine.images import load_image
from face_engine.model_setup.packages import RESNET, fetch_file

FIVE_LANDMARKS = dataclasses.replace(
    RESNET,
    path=RESNET.path.replace("dlib_face_recognition_resnet_model_v1", "shape_predictor_5_face_landmarks"),
    file_hash="c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
)
UPSAMPLE = 1
"""`number_of_times_to_upsample` of face_recognition's own default."""


def is_baseline_installed() -> bool:
    return importlib.util.find_spec("dlib") is not None


class Baseline:
    """HOG detector, five landmarks and ResNet on full-size photos, one after another in turn."""

    def __init__(self, photos: Sequence[bytes]) -> None:
        import dlib

        self._detect = dlib.get_frontal_face_detector()
        with tempfile.TemporaryDirectory() as folder:
            landmarks, network = Path(folder) / "landmarks.dat", Path(folder) / "network.dat"
            landmarks.write_bytes(fetch_file(FIVE_LANDMARKS))
            network.write_bytes(fetch_file(RESNET))
            self._landmarks = dlib.shape_predictor(str(landmarks))
            self._embed = dlib.face_recognition_model_v1(str(network))
        self._photos = itertools.cycle(photos)

    def measure_rate(self, seconds: float) -> float:
        """Images a second over at least `seconds`; goes on with the next photo where the last call stopped."""
        started, count = time.perf_counter(), 0
        while (passed := time.perf_counter() - started) < seconds:
            self._encode_faces(next(self._photos))
            count += 1
        return count / passed

    def _encode_faces(self, photo: bytes) -> None:
        picture = np.ascontiguousarray(load_image(photo).picture)
        for box in self._detect(picture, UPSAMPLE):
            self._embed.compute_face_descriptor(picture, self._landmarks(picture, box))
