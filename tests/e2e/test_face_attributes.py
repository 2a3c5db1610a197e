"""Pose, quality and landmarks on real photos: each follows what is done to the photo, and points lie where people see
them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine_process import MODELS, REPOSITORY
from face_engine.images import load_image
from face_engine.model_setup.build import set_up_models
from face_engine.operations.quality_filter import QualityGates, measure_frontality
from face_engine.server import load_vision
from face_engine.vision.faces import SeenFace, Vision

pytestmark = pytest.mark.e2e

SAMPLES = REPOSITORY / "samples"
TURNED = {"barack-obama-2.jpg": -18, "barack-obama-3.jpg": 14, "joe-biden-1.jpg": 13}
PORTRAITS = ["grace-hopper.jpg", "eileen-collins.jpg", "barack-obama-1.jpg", *TURNED]
MARKED_BY_HAND = {  # eyes, tip of the nose, corners of the mouth, in pixels of the file; read off enlarged crops
    "grace-hopper.jpg": [(220, 188), (305, 185), (272, 235), (231, 281), (311, 280)],
    "eileen-collins.jpg": [(202, 101), (245, 104), (222, 130), (202, 140), (246, 140)],
    "barack-obama-2.jpg": [(253, 268), (364, 278), (293, 352), (245, 420), (353, 422)],
    "joe-biden-1.jpg": [(388, 291), (499, 313), (459, 373), (376, 413), (472, 428)],
}


@pytest.fixture(scope="module")
def vision() -> Vision:
    set_up_models(MODELS)
    return load_vision(MODELS, "int8")


def read_picture(name: str) -> np.ndarray:
    return load_image((SAMPLES / name).read_bytes()).picture


def look(vision: Vision, picture: np.ndarray) -> SeenFace:
    """The largest face."""
    return vision.find_faces(np.ascontiguousarray(picture), closer=False)[0]


def rotate(picture: np.ndarray, degrees: float) -> np.ndarray:
    """Clockwise about the middle."""
    rows, columns = picture.shape[:2]
    turn = cv2.getRotationMatrix2D((columns / 2, rows / 2), -degrees, 1)
    return cv2.warpAffine(picture, turn, (columns, rows), borderMode=cv2.BORDER_REPLICATE)


@pytest.mark.parametrize("name", PORTRAITS)
@pytest.mark.parametrize(("degrees", "within"), [(-30, 14), (-15, 6), (15, 6), (30, 14)])
def test_roll_follows_the_turn_of_the_photo(vision: Vision, name: str, degrees: float, within: float) -> None:
    picture = read_picture(name)

    upright, turned = look(vision, picture).pose, look(vision, rotate(picture, degrees)).pose

    assert turned.roll - upright.roll == pytest.approx(degrees, abs=within)


@pytest.mark.parametrize("name", TURNED)
def test_mirrored_face_looks_the_other_way(vision: Vision, name: str) -> None:
    picture = read_picture(name)

    plain, mirrored = look(vision, picture).pose, look(vision, picture[:, ::-1]).pose

    assert plain.yaw == pytest.approx(TURNED[name], abs=5)
    assert (mirrored.yaw, mirrored.roll, mirrored.pitch) == pytest.approx((-plain.yaw, -plain.roll, plain.pitch), abs=6)


@pytest.mark.parametrize("name", PORTRAITS)
def test_brightness_follows_the_exposure(vision: Vision, name: str) -> None:
    picture = read_picture(name)

    plain = look(vision, picture).quality.brightness
    darker = [look(vision, (picture * share).astype(np.uint8)).quality.brightness for share in (0.75, 0.5, 0.25)]

    assert darker == pytest.approx([0.75 * plain, 0.5 * plain, 0.25 * plain], abs=2)


@pytest.mark.parametrize("name", PORTRAITS)
def test_sharpness_falls_with_blur(vision: Vision, name: str) -> None:
    picture = read_picture(name)
    width = look(vision, picture).detection.box[2]

    levels = [look(vision, picture).quality.sharpness]
    levels += [
        look(vision, cv2.GaussianBlur(picture, (0, 0), share * width)).quality.sharpness for share in (0.01, 0.02, 0.04)
    ]

    assert levels == sorted(levels, reverse=True)
    assert levels[0] > 50
    assert levels[-1] < 6


@pytest.mark.parametrize("name", MARKED_BY_HAND)
def test_landmarks_lie_where_people_see_them(vision: Vision, name: str) -> None:
    marked = np.array(MARKED_BY_HAND[name])
    between_eyes = np.linalg.norm(marked[1] - marked[0])

    found = look(vision, read_picture(name)).detection.landmarks

    assert np.linalg.norm(found - marked, axis=1).max() < 0.17 * between_eyes


def test_frontality_tells_a_face_from_the_front_from_one_that_is_turned(vision: Vision) -> None:
    front, turned = (look(vision, read_picture(name)) for name in ("eileen-collins.jpg", "joe-biden-1.jpg"))

    assert measure_frontality(front) > 0.48
    assert measure_frontality(turned) < 0.46
    assert QualityGates(min_frontality=0.47).find_reasons(turned, read_picture("joe-biden-1.jpg")) == ["EXTREME_POSE"]
    assert QualityGates(min_frontality=0.47).find_reasons(front, read_picture("eileen-collins.jpg")) == []


def test_only_the_faces_that_fill_enough_of_the_photo_pass(vision: Vision) -> None:
    group = read_picture("group.jpg")
    faces = vision.find_faces(group, closer=False)
    shares = [face.area / (group.shape[0] * group.shape[1]) for face in faces]
    between = (shares[1] + shares[2]) / 2

    refused = [QualityGates(min_face_area=between).find_reasons(face, group) for face in faces]

    assert refused == [[], [], ["SMALL_BOUNDING_BOX"], ["SMALL_BOUNDING_BOX"]]
