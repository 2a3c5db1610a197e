"""Boxes, landmarks, chips and poses: arithmetic, no models."""

from __future__ import annotations

import numpy as np
import pytest

from face_engine.vision.alignment import TEMPLATE, cut_chip, fit_similarity
from face_engine.vision.decoders import decode_grid
from face_engine.vision.detector import (
    Detection,
    is_inside,
    move,
    shrink_to,
    split_in_halves,
    suppress_overlaps,
    to_input,
)
from face_engine.vision.quality import estimate_pose, measure_quality


def turn(points: np.ndarray, *, degrees: float, scale: float, shift: tuple[float, float]) -> np.ndarray:
    angle = np.radians(degrees)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return scale * points @ rotation.T + shift


def test_detector_input_is_filled_up_and_never_stretched_or_enlarged() -> None:
    wide, scale = shrink_to(np.full((900, 1300, 3), 255, np.uint8), 640)
    small, unscaled = shrink_to(np.full((100, 90, 3), 255, np.uint8), 640)
    pixels = to_input(wide)

    assert (pixels.shape, scale) == ((1, 3, 448, 640), 640 / 1300)
    assert (pixels[0, 0, 442].min(), pixels[0, 0, 443].max()) == (255, 0)
    assert (to_input(small).shape, unscaled) == ((1, 3, 128, 96), 1)


@pytest.mark.parametrize("shape", [(600, 960, 3), (901, 677, 3)])
def test_halves_cover_the_picture_and_share_a_strip(shape: tuple[int, int, int]) -> None:
    picture = np.zeros(shape, np.uint8)

    for half, (x, y) in split_in_halves(picture):
        picture[y : y + half.shape[0], x : x + half.shape[1]] += 1

    assert picture.min() == 1
    assert 158 <= (picture[:, :, 0] == 2).any(axis=int(shape[0] > shape[1])).sum() <= 160


def test_face_of_a_half_is_moved_to_its_place_on_the_picture() -> None:
    face = Detection((10, 20, 30, 40), np.full((5, 2), 15, np.float32), 0.9)

    moved = move(face, (100, 0), 0.5)

    assert moved.box == (220, 40, 60, 80)
    assert moved.landmarks[0].tolist() == [230, 30]


def test_face_with_its_middle_on_another_is_no_new_face() -> None:
    face = Detection((0, 0, 100, 100), np.zeros((5, 2), np.float32), 0.9)
    mouth = Detection((40, 60, 30, 20), np.zeros((5, 2), np.float32), 0.6)
    neighbour = Detection((90, 0, 100, 100), np.zeros((5, 2), np.float32), 0.6)

    assert is_inside(mouth, face)
    assert not is_inside(neighbour, face)


def test_grid_is_decoded_to_pixels() -> None:
    heat = np.zeros((8, 8), np.float32)
    heat[2, 3], heat[6, 1] = 0.7, 0.9
    log_size, offset, points = (np.zeros((count, 8, 8), np.float32) for count in (2, 2, 10))
    log_size[:, 2, 3] = np.log([5, 4])
    offset[:, 2, 3] = [0.25, -0.25]
    points[:2, 2, 3] = [0.5, 0.25]

    boxes, landmarks, scores = decode_grid(heat, log_size, offset, points)

    assert scores.tolist() == pytest.approx([0.9, 0.7])
    assert boxes[1].tolist() == pytest.approx([13 - 8, 11 - 10, 16, 20])
    assert landmarks[1, 0].tolist() == pytest.approx([5 + 4, 1 + 10])


def test_landmarks_of_a_face_cut_by_the_border_are_not_moved() -> None:
    heat = np.zeros((8, 8), np.float32)
    heat[0, 0] = 0.9
    log_size, offset, points = (np.zeros((count, 8, 8), np.float32) for count in (2, 2, 10))
    log_size[:, 0, 0] = np.log(5)
    points[:2, 0, 0] = 0.5

    boxes, landmarks, _ = decode_grid(heat, log_size, offset, points)

    assert boxes[0].tolist() == pytest.approx([-8, -8, 20, 20])
    assert landmarks[0, 0].tolist() == pytest.approx([2, 2])


def test_of_overlapping_boxes_the_best_stays() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 1, 10, 10], [8, 0, 10, 10], [100, 0, 5, 5]], np.float32)

    assert suppress_overlaps(boxes, np.array([0.6, 0.9, 0.7, 0.8], np.float32)) == [1, 3, 2]


@pytest.mark.parametrize(("degrees", "scale"), [(0, 1), (30, 0.4), (-75, 7)])
def test_similarity_is_recovered(degrees: float, scale: float) -> None:
    points = turn(TEMPLATE, degrees=degrees, scale=scale, shift=(40, -20))

    a, b, x, y = fit_similarity(points)

    assert (a, b) == pytest.approx((scale * np.cos(np.radians(degrees)), scale * np.sin(np.radians(degrees))))
    assert (x, y) == pytest.approx((40, -20))


@pytest.mark.parametrize(("degrees", "scale"), [(0, 1.5), (20, 1), (-40, 3.1), (8, 9)])
def test_chip_brings_the_eyes_to_their_place(degrees: float, scale: float) -> None:
    points = turn(TEMPLATE, degrees=degrees, scale=scale, shift=(1000, 1000))
    picture = np.zeros((2400, 2400, 3), np.uint8)
    left_eye = points[0].round().astype(int)
    reach = int(4 * scale)
    picture[left_eye[1] - reach : left_eye[1] + reach + 1, left_eye[0] - reach : left_eye[0] + reach + 1] = 255

    chip = cut_chip(picture, points.astype(np.float32))

    rows, columns = np.nonzero(chip[:, :, 0] > 127)
    assert chip.shape == (150, 150, 3)
    assert [columns.mean(), rows.mean()] == pytest.approx(TEMPLATE[0], abs=1)


def test_chip_is_black_outside_of_the_picture() -> None:
    chip = cut_chip(np.full((100, 100, 3), 200, np.uint8), (TEMPLATE - (75, 0)).astype(np.float32))

    assert (chip[50, 30].max(), chip[50, 120].min()) == (0, 200)


def test_frontal_face_has_no_turn() -> None:
    pose = estimate_pose(TEMPLATE.astype(np.float32))

    assert (pose.roll, pose.yaw, pose.pitch) == pytest.approx((0, 0, 0), abs=1e-3)


def test_pose_follows_the_nose_and_the_eyes() -> None:
    right, up = TEMPLATE.copy(), TEMPLATE.copy()
    right[2, 0] += 12
    up[2, 1] -= 12

    assert 15 < estimate_pose(right.astype(np.float32)).yaw < 45
    assert 15 < estimate_pose(up.astype(np.float32)).pitch < 45
    leaning = estimate_pose(turn(TEMPLATE, degrees=20, scale=2, shift=(0, 0)).astype(np.float32))
    assert leaning.roll == pytest.approx(20, abs=0.01)


def test_quality_tells_light_from_dark_and_sharp_from_blurred() -> None:
    noise = np.random.default_rng(6).integers(90, 160, (150, 150, 3), np.uint8)
    flat = np.full((150, 150, 3), 51, np.uint8)

    assert measure_quality(flat).brightness == pytest.approx(20)
    assert measure_quality(flat).sharpness == 0
    assert measure_quality(noise).sharpness > 70
