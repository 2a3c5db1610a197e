"""A collection's faceprints in memory: whatever changes, and however many at a time, search is exact."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from face_engine.faceprint_block import Outline
from face_engine.matching import FaceMatrix, Match, to_lowest_cosine, to_similarity

BLOCK, OUTLINED_FROM = 80, 35
"""More than an outline has axes; a few hundred faceprints fill several blocks."""

SEEDS = st.integers(0, 2**32 - 1)


def faceprints_like_those_of_faces(count: int, seed: int) -> np.ndarray:
    """Unit vectors about a common mean that differ along few axes mostly; every third is its predecessor again."""
    random = np.random.default_rng(seed)
    spread = 0.12 * np.exp(-np.arange(128) / 20)
    vectors = 0.09 + spread * random.normal(size=(count, 128))
    vectors[2::3] = vectors[1 : count - 1 : 3][: len(vectors[2::3])]
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def search_by_force(faces: dict[int, np.ndarray], query: np.ndarray) -> dict[int, float]:
    """All similarities, in float64."""
    vectors = np.array([*faces.values()], np.float64).reshape(-1, 128)
    return dict(zip(faces, to_similarity(vectors @ query.astype(np.float64)).tolist(), strict=True))


def assert_exact(found: list[Match], similarities: dict[int, float], *, limit: int, threshold: float) -> None:
    best = sorted((similarity for similarity in similarities.values() if similarity >= threshold), reverse=True)[:limit]
    assert [match.similarity for match in found] == best
    assert [match.similarity for match in found] == [similarities[match.row] for match in found]
    assert sorted(found, key=lambda match: (-match.similarity, match.row)) == found
    assert len({match.row for match in found}) == len(found)


class FaceMatrixMachine(RuleBasedStateMachine):
    """Any order of additions, removals and searches, against a dict."""

    def __init__(self) -> None:
        super().__init__()
        self.matrix = FaceMatrix(block_size=BLOCK, outlined_from=OUTLINED_FROM)
        self.faces: dict[int, np.ndarray] = {}
        self.next_row = 0

    @rule(seed=SEEDS, count=st.integers(0, 3 * BLOCK))
    def add(self, seed: int, count: int) -> None:
        vectors = faceprints_like_those_of_faces(count, seed)
        rows = range(self.next_row, self.next_row + count)
        self.matrix.add(rows, vectors)
        self.faces |= dict(zip(rows, vectors, strict=True))
        self.next_row += count

    @precondition(lambda self: self.faces)
    @rule(seed=SEEDS)
    def add_what_is_there_and_what_was_removed(self, seed: int) -> None:
        rows = np.random.default_rng(seed).choice(self.next_row, 5, replace=self.next_row < 5)
        vectors = faceprints_like_those_of_faces(5, seed)
        for row, vector in zip(rows.tolist(), vectors, strict=True):
            self.matrix.add([row], vector[None])
            self.faces.setdefault(row, vector)

    @precondition(lambda self: self.faces)
    @rule(seed=SEEDS, share=st.sampled_from([0.02, 0.3, 0.7, 1.0]))
    def remove(self, seed: int, share: float) -> None:
        count = max(1, int(share * len(self.faces)))
        rows = np.random.default_rng(seed).choice(list(self.faces), count, replace=False).tolist()
        self.matrix.remove([*rows, self.next_row + 1])
        for row in rows:
            del self.faces[row]

    @rule(seed=SEEDS, direction=st.sampled_from([1, -1]))
    def search(self, seed: int, direction: int) -> None:
        self.search_in_all_ways(direction * faceprints_like_those_of_faces(1, seed)[0])

    @precondition(lambda self: self.faces)
    @rule(seed=SEEDS)
    def search_for_one_that_is_there(self, seed: int) -> None:
        self.search_in_all_ways(self.faces[int(np.random.default_rng(seed).choice(list(self.faces)))])

    def search_in_all_ways(self, query: np.ndarray) -> None:
        similarities = search_by_force(self.faces, query)
        for limit, threshold in itertools.product([1, 3, 20, 1000], [0, 5, 80, 99, 100]):
            found = self.matrix.search(query, limit=limit, threshold=threshold)

            assert_exact(found, similarities, limit=limit, threshold=threshold)

    @invariant()
    def search_reads_no_more_than_twice_of_what_is_there(self) -> None:
        assert len(self.matrix) <= self.matrix.places <= 2 * len(self.matrix)

    @invariant()
    def length_is_the_number_of_faces(self) -> None:
        assert len(self.matrix) == len(self.faces)


FaceMatrixMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
test_search_is_exact_through_any_changes = FaceMatrixMachine.TestCase


@settings(deadline=None)
@given(seed=SEEDS, spread=st.sampled_from([0.0, 1e-4, 0.01, 1.0]), size=st.sampled_from([16, 128, 512]))
def test_outline_is_never_below_the_inner_product(seed: int, spread: float, size: int) -> None:
    random = np.random.default_rng(seed)
    vectors = random.normal(size=size) + spread * random.normal(size=(60, size))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    query = random.normal(size=size)
    query = (query / np.linalg.norm(query)).astype(np.float32)
    bounds = np.empty(59, np.float32)

    outline = Outline.draw(vectors[:59], count=50)
    outline.trace(vectors[50:59], into=outline.lines[50:])
    outline.bound(query, into=bounds)

    assert (bounds + 1e-5 >= vectors[:59].astype(float) @ query.astype(float)).all()


@pytest.mark.parametrize("similarity", [0.0001, 1, 50, 80, 99, 99.999])
def test_lowest_cosine_is_where_the_similarity_begins(similarity: float) -> None:
    cosine = to_lowest_cosine(similarity)

    assert to_similarity(np.array(cosine - 1e-9)) < similarity <= to_similarity(np.array(cosine + 1e-9))


def test_equal_faceprints_of_several_blocks_come_oldest_first() -> None:
    matrix = FaceMatrix(block_size=BLOCK, outlined_from=OUTLINED_FROM)
    vector = faceprints_like_those_of_faces(1, 1)
    matrix.add(range(500), np.repeat(vector, 500, axis=0))
    matrix.remove(range(0, 500, 2))

    found = matrix.search(vector[0], limit=5, threshold=0)

    assert [match.row for match in found] == [1, 3, 5, 7, 9]


def test_what_is_being_added_and_removed_never_hides_or_revives_others() -> None:
    matrix = FaceMatrix(block_size=BLOCK, outlined_from=OUTLINED_FROM)
    vectors = faceprints_like_those_of_faces(300, 2)
    staying = vectors[0]
    matrix.add([0], staying[None])
    gone, searches = [-1], 60

    def churn(stop: threading.Event) -> None:
        for first in itertools.count(1, 100):
            matrix.add(range(first, first + 100), vectors[1:101])
            matrix.remove(range(first, first + 100))
            gone[0] = first + 99
            if stop.is_set():
                return

    def search(_: int) -> tuple[int, list[Match]]:
        dead_before = gone[0]
        return dead_before, matrix.search(staying, limit=300, threshold=0)

    stop = threading.Event()
    with ThreadPoolExecutor(4) as threads:
        changing = threads.submit(churn, stop)
        answers = list(threads.map(search, range(searches)))
        stop.set()
        changing.result()

    assert [match.similarity for _, found in answers for match in found if match.row == 0] == [99.9995] * searches
    assert [match for dead, found in answers for match in found if 0 < match.row <= dead] == []
