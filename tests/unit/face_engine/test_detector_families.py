"""Detectors of every family through generated models with the layout of the published ones."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from face_engine.vision.decoders import LayoutError
from face_engine.vision.detector import Detection, FaceDetector
from face_engine.vision.specs import FAMILIES, DetectorSpec, Pixels
from fakes.onnx_models import PlantedFace, write_detector

SMALL = PlantedFace(20, 30, 24, 30, 0.7, stride=8)
MIDDLE = PlantedFace(120.5, 40.25, 60, 72, 0.95, stride=16)
LARGE = PlantedFace(200, 100, 150, 180, 0.8, stride=32)


def picture(rows: int, columns: int, colour: tuple[int, int, int] = (90, 120, 200)) -> np.ndarray:
    return np.full((rows, columns, 3), colour, np.uint8)


def assert_is(found: Detection, planted: PlantedFace, *, scale: float = 1) -> None:
    """`scale`: pixels of the picture for one of the detector's input."""
    box = np.array([planted.left, planted.top, planted.width, planted.height]) * scale
    assert found.box == pytest.approx(box, abs=2e-3 * scale)
    assert found.landmarks == pytest.approx(np.array(planted.landmarks) * scale, abs=2e-3 * scale)
    assert found.score == pytest.approx(planted.score, abs=1e-5)


@pytest.mark.parametrize("size", [(320, 384), (384, 640), (640, 352)])
@pytest.mark.parametrize("family", FAMILIES)
def test_planted_faces_are_found_best_first(tmp_path: Path, family: str, size: tuple[int, int]) -> None:
    model = write_detector(tmp_path / "m.onnx", family, [SMALL, LARGE, MIDDLE], size=size)

    found = FaceDetector(model, DetectorSpec(family=family)).find(picture(*size), closer=False)

    assert len(found) == 3
    for face, planted in zip(found, [MIDDLE, LARGE, SMALL], strict=True):
        assert_is(face, planted)


@pytest.mark.parametrize("family", FAMILIES)
def test_large_picture_is_shrunk_and_faces_are_scaled_back(tmp_path: Path, family: str) -> None:
    model = write_detector(tmp_path / "m.onnx", family, [MIDDLE], size=(480, 640))

    [found] = FaceDetector(model, DetectorSpec(family=family)).find(picture(1440, 1920), closer=False)

    assert_is(found, MIDDLE, scale=3)


@pytest.mark.parametrize("family", FAMILIES)
def test_picture_is_filled_up_and_not_stretched(tmp_path: Path, family: str) -> None:
    model = write_detector(tmp_path / "m.onnx", family, [MIDDLE], size=(224, 320))

    [found] = FaceDetector(model, DetectorSpec(family=family)).find(picture(200, 301), closer=False)

    assert_is(found, MIDDLE)


@pytest.mark.parametrize("family", FAMILIES)
def test_model_of_fixed_size_gets_squares(tmp_path: Path, family: str) -> None:
    model = write_detector(tmp_path / "m.onnx", family, [MIDDLE, SMALL], size=(320, 320), fixed=True)

    detector = FaceDetector(model, DetectorSpec(family=family, side=320, closer_side=480, fill="square"))

    assert_is(detector.find(picture(240, 320), closer=False)[0], MIDDLE)
    assert_is(detector.find(picture(1280, 960), closer=False)[0], MIDDLE, scale=4)
    closely = detector.find(picture(1280, 960), closer=True)
    assert len(closely) > 2
    assert_is(closely[1], SMALL, scale=4)


@pytest.mark.parametrize("family", FAMILIES)
def test_faces_cut_by_the_border_keep_what_lies_outside(tmp_path: Path, family: str) -> None:
    corner = PlantedFace(-30, -25, 64, 80, 0.9, stride=16)
    edge = PlantedFace(288, 150, 60, 70, 0.8, stride=16)
    model = write_detector(tmp_path / "m.onnx", family, [corner, edge], size=(256, 320))

    found = FaceDetector(model, DetectorSpec(family=family)).find(picture(256, 320), closer=False)

    for face, planted in zip(found, [corner, edge], strict=True):
        assert_is(face, planted)


@pytest.mark.parametrize("family", FAMILIES)
def test_of_answers_for_one_face_the_best_stays(tmp_path: Path, family: str) -> None:
    again = PlantedFace(MIDDLE.left + 18, MIDDLE.top + 1, 60, 72, 0.6, stride=16)
    neighbour = PlantedFace(MIDDLE.left + 58, MIDDLE.top, 60, 72, 0.7, stride=16)
    model = write_detector(tmp_path / "m.onnx", family, [again, MIDDLE, neighbour], size=(320, 384))

    strict = FaceDetector(model, DetectorSpec(family=family)).find(picture(320, 384), closer=False)
    loose = FaceDetector(model, DetectorSpec(family=family, overlap_threshold=0.9)).find(
        picture(320, 384), closer=False
    )

    assert [face.score for face in strict] == pytest.approx([0.95, 0.7])
    assert [face.score for face in loose] == pytest.approx([0.95, 0.7, 0.6])


@pytest.mark.parametrize("family", FAMILIES)
def test_scores_below_the_threshold_are_no_faces(tmp_path: Path, family: str) -> None:
    model = write_detector(tmp_path / "m.onnx", family, [SMALL, MIDDLE], size=(320, 384))
    spec = DetectorSpec(family=family, score_threshold=0.72)

    found = FaceDetector(model, spec).find(picture(320, 384), closer=False)

    assert [face.score for face in found] == pytest.approx([0.95])


@pytest.mark.parametrize("family", FAMILIES)
def test_picture_without_faces_has_none(tmp_path: Path, family: str) -> None:
    model = write_detector(tmp_path / "m.onnx", family, [], size=(192, 192))

    assert FaceDetector(model, DetectorSpec(family=family)).find(picture(192, 192), closer=True) == []


@pytest.mark.parametrize("family", ["scrfd", "yunet"])
def test_answers_beyond_all_numbers_are_no_faces(tmp_path: Path, family: str) -> None:
    endless = PlantedFace(120, -5e39, 60, 1e40, 0.9)
    model = write_detector(tmp_path / "m.onnx", family, [endless, LARGE], size=(320, 384))

    found = FaceDetector(model, DetectorSpec(family=family)).find(picture(320, 384), closer=False)

    assert [face.score for face in found] == pytest.approx([0.8])


@pytest.mark.parametrize(
    ("pixels", "factor"),
    [
        (Pixels("RGB", scale=1 / 255), 200 / 255),
        (Pixels("BGR", scale=1 / 255), 100 / 255),
        (Pixels("RGB", mean=(104, 117, 123), scale=1 / 128), 96 / 128),
        (Pixels("BGR", mean=(20, 117, 123), scale=1 / 100), 80 / 100),
    ],
)
def test_model_is_given_its_colours_means_and_scale(tmp_path: Path, pixels: Pixels, factor: float) -> None:
    face = PlantedFace(120, 40, 60, 72, 1.0)
    model = write_detector(tmp_path / "m.onnx", "scrfd", [face], size=(320, 384), gain_channel=0)
    spec = DetectorSpec(family="scrfd", pixels=pixels, score_threshold=0.1)

    [found] = FaceDetector(model, spec).find(picture(320, 384, (200, 150, 100)), closer=False)

    assert found.score == pytest.approx(factor, abs=1e-3)


@pytest.mark.parametrize("size", [(320, 384), (256, 480)])
def test_yunet_is_read_as_opencv_reads_it(tmp_path: Path, size: tuple[int, int]) -> None:
    faces = [SMALL, MIDDLE, PlantedFace(100, -10, 151, 181, 0.8, stride=32)]
    model = write_detector(tmp_path / "m.onnx", "yunet", faces, size=size)
    spec = DetectorSpec(family="yunet", pixels=Pixels("BGR"))

    found = FaceDetector(model, spec).find(picture(*size), closer=False)

    oracle = cv2.FaceDetectorYN.create(str(model), "", (size[1], size[0]), 0.5, 0.3)
    rows = oracle.detect(np.ascontiguousarray(picture(*size)[:, :, ::-1]))[1]
    expected = sorted(rows, key=lambda row: -row[14])
    assert len(found) == len(expected) == 3
    for face, row in zip(found, expected, strict=True):
        assert [*face.box, *face.landmarks.ravel(), face.score] == pytest.approx(row.tolist(), abs=1e-3)


@pytest.mark.parametrize("other", ["centerface", "retinaface", "yunet"])
def test_model_of_another_family_is_refused(tmp_path: Path, other: str) -> None:
    model = write_detector(tmp_path / "m.onnx", other, [], size=(96, 96))

    with pytest.raises(LayoutError, match="scrfd"):
        FaceDetector(model, DetectorSpec(family="scrfd"))


def test_model_of_fixed_size_says_what_to_write(tmp_path: Path) -> None:
    model = write_detector(tmp_path / "m.onnx", "yunet", [], size=(320, 320), fixed=True)

    with pytest.raises(LayoutError, match="fill: square and side: 320"):
        FaceDetector(model, DetectorSpec(family="yunet"))


def test_every_face_of_a_crowd_is_found_once(tmp_path: Path) -> None:
    crowd = [
        PlantedFace(x + jitter, y, 40, 48, 0.6 + 0.01 * jitter, stride=8)
        for x in range(0, 600, 48)
        for y in range(0, 580, 56)
        for jitter in (0, 8, 16)
    ]
    model = write_detector(tmp_path / "m.onnx", "scrfd", crowd, size=(640, 640))

    found = FaceDetector(model, DetectorSpec(family="scrfd")).find(picture(640, 640), closer=False)

    assert len(found) == len(crowd) / 3
