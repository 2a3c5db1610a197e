"""Chips and faceprints of embedders other than the default, held against OpenCV's own face recogniser."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from face_engine.vision.alignment import ARCFACE_TEMPLATE, cut_chip
from face_engine.vision.embedder import FaceEmbedder
from face_engine.vision.specs import EmbedderSpec, Pixels
from fakes.onnx_models import write_colour_embedder, write_embedder

NOISE = np.random.default_rng(2).integers(0, 255, (40, 50, 3), np.uint8)
PHOTO = cv2.resize(NOISE, (500, 400), interpolation=cv2.INTER_CUBIC)
LANDMARKS = np.array([[200, 150], [268, 160], [230, 195], [196, 228], [255, 236]], np.float32)
"""Of a leaning face."""

PROFILE = np.array([[200, 150], [224, 152], [246, 190], [204, 228], [222, 229]], np.float32)
"""Of a face that looks away, so unlike the template that least errors on the chip and on the picture differ much."""


@pytest.mark.parametrize("landmarks", [LANDMARKS, PROFILE], ids=["leaning", "profile"])
def test_arcface_chip_is_the_one_that_opencv_cuts(tmp_path: Path, landmarks: np.ndarray) -> None:
    oracle = cv2.FaceRecognizerSF.create(str(write_embedder(tmp_path / "m.onnx", batch=1)), "")
    row = np.concatenate([[0, 0, 1, 1], landmarks.ravel(), [0.9]]).astype(np.float32)  # box, landmarks, score
    expected = oracle.alignCrop(PHOTO, row)

    chip = cut_chip(PHOTO, landmarks, ARCFACE_TEMPLATE)

    assert chip.shape == (112, 112, 3)
    assert np.abs(chip.astype(int) - expected).mean() < 1


def test_sface_faceprint_is_the_one_that_opencv_measures(tmp_path: Path) -> None:
    model = write_embedder(tmp_path / "m.onnx", dimension=128, batch=1)
    oracle = cv2.FaceRecognizerSF.create(str(model), "")
    chip = cut_chip(PHOTO, LANDMARKS, ARCFACE_TEMPLATE)
    expected = oracle.feature(np.ascontiguousarray(chip[:, :, ::-1]))[0]

    spec = EmbedderSpec(template=ARCFACE_TEMPLATE, flip=False, dimension=128)
    [faceprint] = FaceEmbedder(model, spec).describe([chip])

    assert faceprint @ (expected / np.linalg.norm(expected)) > 0.99999


@pytest.mark.parametrize("side", [96, 112, 224])
def test_landmarks_come_to_their_places_on_chips_of_any_size(side: int) -> None:
    template = ARCFACE_TEMPLATE.scaled_to(side)
    picture = np.zeros((1200, 1200, 3), np.uint8)
    points = np.array(template.points) * 1.5 + 300
    x, y = points[0].round().astype(int)
    picture[y - 6 : y + 7, x - 6 : x + 7] = 255

    chip = cut_chip(picture, points.astype(np.float32), template)

    rows, columns = np.nonzero(chip[:, :, 0] > 127)
    assert chip.shape == (side, side, 3)
    assert [columns.mean(), rows.mean()] == pytest.approx(template.points[0], abs=1)


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [
        (Pixels("RGB"), (200, 150, 100)),
        (Pixels("BGR"), (100, 150, 200)),
        (Pixels("RGB", (127.5, 127.5, 127.5), 1 / 127.5), (72.5, 22.5, -27.5)),
        (Pixels("BGR", (104, 117, 123), 0.5), (-4, 33, 77)),
    ],
)
def test_network_sees_its_colours_means_and_scale(
    tmp_path: Path, pixels: Pixels, expected: tuple[float, float, float]
) -> None:
    model = write_colour_embedder(tmp_path / "m.onnx")
    chip = np.full((112, 112, 3), (200, 150, 100), np.uint8)
    spec = EmbedderSpec(pixels, ARCFACE_TEMPLATE, dimension=3)

    [faceprint] = FaceEmbedder(model, spec).describe([chip])

    assert faceprint == pytest.approx(np.array(expected) / np.linalg.norm(expected), abs=1e-3)


def test_faceprint_is_the_mean_with_the_mirrored_chip_only_when_asked(tmp_path: Path) -> None:
    model = write_embedder(tmp_path / "m.onnx")
    chip = cut_chip(PHOTO, LANDMARKS, ARCFACE_TEMPLATE)
    mirrored = np.ascontiguousarray(chip[:, ::-1])

    averaged = FaceEmbedder(model, EmbedderSpec(template=ARCFACE_TEMPLATE, dimension=512)).describe([chip, mirrored])
    plain = FaceEmbedder(model, EmbedderSpec(template=ARCFACE_TEMPLATE, flip=False, dimension=512)).describe(
        [chip, mirrored]
    )

    assert averaged[0] == pytest.approx(averaged[1], abs=1e-5)
    assert np.linalg.norm(plain[0] - plain[1]) > 0.05


@pytest.mark.parametrize("batch", ["n", 1])
def test_many_chips_are_described_as_one_by_one(tmp_path: Path, batch: int | str) -> None:
    embedder = FaceEmbedder(
        write_embedder(tmp_path / "m.onnx", batch=batch), EmbedderSpec(template=ARCFACE_TEMPLATE, dimension=512)
    )
    chips = [cut_chip(PHOTO, LANDMARKS + shift, ARCFACE_TEMPLATE) for shift in range(0, 38, 2)]

    together = embedder.describe(chips)

    assert together.shape == (19, 512)
    assert together == pytest.approx(np.concatenate([embedder.describe([chip]) for chip in chips]), abs=1e-6)


def test_chip_that_the_network_has_nothing_to_say_about_resembles_nobody(tmp_path: Path) -> None:
    embedder = FaceEmbedder(write_embedder(tmp_path / "m.onnx"), EmbedderSpec(template=ARCFACE_TEMPLATE, dimension=512))

    faceprints = embedder.describe([np.zeros((112, 112, 3), np.uint8)])

    assert not faceprints.any()
