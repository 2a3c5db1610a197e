"""The vector of a user: on the way between its faces, and no nearer to strangers than faces are."""

from __future__ import annotations

import numpy as np
import pytest

from face_engine.matching import compare
from face_engine.user_vectors import SCATTER, combine
from fakes.fake_vision import faceprint


def make_people(*, people: int, photos: int) -> np.ndarray:
    """Faceprints [people, photos, 128] of length 1 whose distances are those of real photos."""
    random = np.random.default_rng(3)
    centres = random.normal(size=(people, 1, 128)) * np.sqrt(0.028 / 128) + np.eye(128)[0] * np.sqrt(
        1 - 0.028 - SCATTER
    )
    noise = random.normal(size=(people, photos, 128)) * np.sqrt(SCATTER / 128)
    faces = centres + noise
    return (faces / np.linalg.norm(faces, axis=2, keepdims=True)).astype(np.float32)


def test_one_face_is_its_own_vector() -> None:
    face = faceprint(12)

    np.testing.assert_array_equal(combine(face[None]), face)


def test_order_of_faces_does_not_matter() -> None:
    faces = make_people(people=1, photos=4)[0]

    np.testing.assert_allclose(combine(faces[::-1]), combine(faces), atol=1e-7)


def test_several_references_find_a_new_photo_better_than_one() -> None:
    people = make_people(people=50, photos=6)

    by_one = [compare(combine(faces[:1]), faces[5:])[0] for faces in people]
    by_five = [compare(combine(faces[:5]), faces[5:])[0] for faces in people]

    assert min(by_five) > min(by_one)
    assert np.std(by_five) < np.std(by_one)


@pytest.mark.parametrize("references", [2, 5, 50])
def test_strangers_come_no_nearer_by_several_references(references: int) -> None:
    people = make_people(people=40, photos=references + 1)
    strangers = people[20:, -1]

    to_one = np.mean([compare(combine(faces[:1]), strangers) for faces in people[:20]])
    to_many = np.mean([compare(combine(faces[:references]), strangers) for faces in people[:20]])

    assert to_many == pytest.approx(to_one, abs=2)


def test_faces_that_cancel_out_still_make_a_vector() -> None:
    face = faceprint(1)

    np.testing.assert_array_equal(combine(np.stack([face, -face])), face)
