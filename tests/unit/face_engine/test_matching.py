"""Exact search in memory, and the similarity curve."""

from __future__ import annotations

import numpy as np
import pytest

from face_engine.matching import FaceMatrix, to_similarity


def random_faceprints(count: int, seed: int = 3) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, 128)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("distance", "similarity"), [(0, 99.9995), (0.240, 99.0), (0.340, 80.0), (0.3832, 50.0), (2, 0.0)]
)
def test_curve_runs_through_its_measured_points(distance: float, similarity: float) -> None:
    cosine = np.array([1 - distance**2 / 2], np.float64)

    assert to_similarity(cosine)[0] == pytest.approx(similarity, abs=0.05)


def test_equal_faceprints_come_in_the_order_of_their_rows_even_at_the_limit() -> None:
    matrix = FaceMatrix()
    vector = random_faceprints(1)
    matrix.add(range(40, 0, -1), np.repeat(vector, 40, axis=0))

    found = [match.row for match in matrix.search(vector[0], limit=5, threshold=0)]

    assert found == [1, 2, 3, 4, 5]


def test_row_that_is_there_already_keeps_its_faceprint() -> None:
    matrix = FaceMatrix()
    first, second = random_faceprints(2)
    matrix.add([1], first[None])
    matrix.add([1, 2], np.stack([second, second]))

    assert [match.row for match in matrix.search(first, limit=1, threshold=99)] == [1]
    assert len(matrix) == 2


def test_empty_matrix_finds_nothing() -> None:
    assert FaceMatrix().search(random_faceprints(1)[0], limit=5, threshold=0) == []
