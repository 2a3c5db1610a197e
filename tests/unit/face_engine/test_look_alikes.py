"""The arithmetic that docs/look-alikes.md rests on."""

import numpy as np
import pytest

from benchmark import look_alike_methods as methods
from benchmark.look_alike_faces import Faces, View, cut_crops, unit, view_of
from benchmark.look_alike_measures import (
    Pairs,
    accepts_from,
    draw_people,
    named_rightly,
    rejects_where,
    split_pairs,
    threshold_where,
)
from face_engine.vision import alignment

EVERYTHING_ONCE = 1


def faces_of(person: str, prints: np.ndarray | None = None, group: str = "") -> Faces:
    """One face for each letter."""
    if prints is None:
        prints = unit(np.random.default_rng(3).normal(size=(len(person), 128)))
    names, groups = np.array(list(person)), np.array(list(group) or [""] * len(person))
    return Faces(prints, prints, prints, np.ones((len(names), 2)), np.full(len(names), 150.0), names, groups)


def pairs(*scores: float, weights: list[float] | None = None) -> Pairs:
    return Pairs(np.array(scores), np.array([weights or [EVERYTHING_ONCE] * len(scores)], float))


def test_no_more_strangers_than_allowed_are_let_in() -> None:
    mine, strangers = pairs(0.2, 0.25, 0.5, 0.9), pairs(0.0, 0.1, 0.2, 0.3)

    refused = rejects_where(mine, strangers, accepts=0.25)

    assert refused[0] == 0.25  # what scores 0.2 is refused, whoever it is: only 0.3 comes in


def test_a_stranger_who_was_not_drawn_moves_no_threshold() -> None:
    mine, strangers = pairs(0.1, 0.25, 0.5, 0.9), pairs(0.1, 0.2, 0.8, weights=[1, 1, 0])

    refused = rejects_where(mine, strangers, accepts=0)

    assert refused[0] == 0.25


def test_the_threshold_for_a_share_of_rejects_gives_that_share() -> None:
    mine = pairs(0.1, 0.2, 0.3, 0.4)

    threshold = threshold_where(mine, rejects=np.array([0.5]))

    assert threshold[0] == 0.3
    assert accepts_from(pairs(0.25, 0.3, 0.5), threshold)[0] == pytest.approx(2 / 3)


def test_pairs_are_counted_once_and_told_apart() -> None:
    faces = faces_of("aab", group="xxx")
    people = draw_people(faces, draws=0, seed=0)

    mine, others = split_pairs(np.arange(9.0).reshape(3, 3), faces, faces, people)

    assert mine.scores.tolist() == [1]
    assert others.scores.tolist() == [2, 5]


def test_only_people_of_one_group_are_look_alikes() -> None:
    faces = faces_of("abc", group="xxy")
    people = draw_people(faces, draws=0, seed=0)

    _, others = split_pairs(np.arange(9.0).reshape(3, 3), faces, faces, people, alike=True)

    assert others.scores.tolist() == [1]


def test_a_face_is_no_pair_with_its_own_worn_copies() -> None:
    faces, worn = faces_of("aa"), faces_of("aaaa")
    people = draw_people(faces, draws=0, seed=0)

    mine, _ = split_pairs(np.arange(8.0).reshape(2, 4), faces, worn, people)

    assert mine.scores.tolist() == [1, 3, 4, 6]


def test_pairs_weigh_as_often_as_their_people_were_drawn() -> None:
    faces = faces_of("aab")
    people = draw_people(faces, draws=20, seed=1)

    mine, others = split_pairs(np.zeros((3, 3)), faces, faces, people)

    assert np.array_equal(mine.weights[:, 0], people.counts[:, 0])
    assert np.array_equal(others.weights[:, 0], people.counts[:, 0] * people.counts[:, 1])
    assert others.weights[0].tolist() == [1, 1]


def test_nobody_is_in_the_cohort_that_judges_him() -> None:
    faces = faces_of("aabbcd")
    seen: dict[tuple[str, str], set[str]] = {}

    def spy(one: Faces, other: Faces, cohort: Faces) -> np.ndarray:
        seen[one.person[0], other.person[0]] = set(cohort.person)
        return np.zeros((len(one), len(other)))

    methods.score_without_own(spy, faces, faces)

    assert seen["a", "b"] == {"c", "d"}
    assert seen["a", "a"] == {"b", "c", "d"}
    assert len(seen) == 10  # each two of four once, and each with himself


@pytest.mark.parametrize("method", [methods.centre, methods.whiten])
def test_centring_undoes_a_shift_that_all_faces_share(method: methods.Method) -> None:
    cohort = faces_of("x" * 200)
    shifted = unit(cohort.prints * 0.2 + np.eye(128)[0])

    scores = method(faces_of("ab", shifted[:2]), faces_of("ab", shifted[:2]), faces_of("x" * 200, shifted))

    assert scores[0, 1] < -1.2  # 1.4 apart, as two random directions are; 0.3 apart before
    assert methods.baseline(faces_of("ab", shifted[:2]), faces_of("ab", shifted[:2]), cohort)[0, 1] > -0.4


def test_who_is_near_to_everybody_needs_to_be_nearer_with_s_norm() -> None:
    rng = np.random.default_rng(5)
    middle, cohort = np.eye(128)[0], unit(rng.normal(size=(60, 128)) * 0.05 + np.eye(128)[0])
    plain, odd = unit(middle[None]), unit(np.eye(128)[1][None])

    crowded = methods.s_norm(faces_of("a", plain), faces_of("b", unit(plain + 0.3 * odd)), faces_of("x" * 60, cohort))
    lonely = methods.s_norm(faces_of("a", odd), faces_of("b", unit(odd + 0.3 * plain)), faces_of("x" * 60, cohort))

    assert crowded[0, 0] < lonely[0, 0]  # although both pairs have the same cosine


def test_s_norm_counts_deviations_above_the_mean_of_the_30_nearest() -> None:
    cohort = np.zeros((60, 128))
    cohort[:30, 0] = [0.5, 0.3] * 15  # mean 0.4, deviation 0.1; the other 30 are farther
    face = faces_of("a", np.eye(128)[:1])

    score = methods.s_norm(face, face, faces_of("x" * 60, cohort))

    assert score[0, 0] == pytest.approx((1 - 0.4) / 0.1)


def test_quality_learns_that_nearer_is_likelier() -> None:
    rng = np.random.default_rng(2)
    centres = unit(rng.normal(size=(6, 128)))
    near = unit(np.repeat(centres, 4, axis=0) + rng.normal(size=(24, 128)) * 0.03)
    faces = faces_of("aaaabbbbccccddddeeeeffff", near)

    scores = methods.fit_quality(faces)(faces, faces, faces)

    assert scores[0, 1:4].min() > scores[0, 4:].max()


def test_a_reduced_view_shows_the_same_face_at_the_same_place() -> None:
    y, x = np.mgrid[:600, :800]
    picture = np.stack([x / 4, y / 4, 100 + 0 * x], axis=2).astype(np.uint8)
    landmarks = np.asarray(alignment.TEMPLATE * 2 + (240, 120), np.float32)

    view = view_of(picture, landmarks).reduced(60)

    assert view.side == pytest.approx(60, abs=1)
    for whole, small in zip(cut_crops(View(picture, landmarks)), cut_crops(view), strict=True):
        inner = np.abs(whole.astype(int) - small)[20:130, 20:130]
        assert inner.max() <= 2  # of 75 from one side of the chip to the other: 4 px of the chip


def test_an_unknown_person_without_a_lead_gets_no_name() -> None:
    faces = faces_of("aabbc")
    people = draw_people(faces, draws=0, seed=0)
    scores = np.zeros((5, 5))
    scores[1, [0, 2, 4]] = 0.9, 0.5, 0.1  # a is found; without a, b leads by 0.4
    scores[3, [0, 2, 4]] = 0.6, 0.8, 0.55  # b is found by 0.2; without b, a leads by 0.05

    freely = named_rightly(scores, faces, people, wrong=0)
    with_lead = named_rightly(scores, faces, people, wrong=0, margin=0.1)
    with_long_lead = named_rightly(scores, faces, people, wrong=0, margin=0.3)

    assert freely[0] == 1
    assert with_lead[0] == 1
    assert with_long_lead[0] == 0.5
