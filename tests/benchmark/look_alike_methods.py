"""The ways to score pairs that the experiment compares. Higher is more alike; docs/look-alikes.md fixes them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmark.look_alike_faces import Array, Faces, unit

NEAREST = 30
SMALL_SIDE = 60
SHRINKAGE = 0.5
STEPS = 25
RIDGE = 1e-6

Method = Callable[[Faces, Faces, Faces], Array]
"""(one [n], others [m], cohort) -> scores [n, m]."""


def nearness(one: Array, other: Array) -> Array:
    """Minus the distance, -2..0, of vectors of length 1."""
    return -np.sqrt(np.maximum(2 - 2 * one @ other.T, 0))


def baseline(one: Faces, other: Faces, cohort: Faces) -> Array:
    return nearness(one.prints, other.prints)


def crops(one: Faces, other: Faces, cohort: Faces) -> Array:
    return nearness(one.crops, other.crops)


def crops_of_small(one: Faces, other: Faces, cohort: Faces) -> Array:
    """Crops for faces of few pixels, the engine's faceprints for all others."""
    return nearness(*(np.where(faces.side[:, None] < SMALL_SIDE, faces.crops, faces.prints) for faces in (one, other)))


def wider(one: Faces, other: Faces, cohort: Faces) -> Array:
    return nearness(one.wider, other.wider)


def centre(one: Faces, other: Faces, cohort: Faces) -> Array:
    mean = cohort.prints.mean(axis=0)
    return nearness(unit(one.prints - mean), unit(other.prints - mean))


def whiten(one: Faces, other: Faces, cohort: Faces) -> Array:
    """With the covariance shrunk half-way to a sphere, so that few faces suffice."""
    mean = cohort.prints.mean(axis=0)
    covariance = np.cov(cohort.prints.T)
    sphere = np.eye(len(mean)) * np.trace(covariance) / len(mean)
    values, axes = np.linalg.eigh((1 - SHRINKAGE) * covariance + SHRINKAGE * sphere)
    spread = axes / np.sqrt(values)
    return nearness(unit((one.prints - mean) @ spread), unit((other.prints - mean) @ spread))


def s_norm(one: Faces, other: Faces, cohort: Faces) -> Array:
    """Adaptive symmetric normalisation with the nearest cohort faces of each side: Matejka et al., Interspeech 2017."""
    mean_one, spread_one = _nearest(one.prints @ cohort.prints.T)
    mean_other, spread_other = _nearest(other.prints @ cohort.prints.T)
    cosine = one.prints @ other.prints.T
    return ((cosine - mean_one) / spread_one + (cosine - mean_other.T) / spread_other.T) / 2


def _nearest(cosines: Array) -> tuple[Array, Array]:
    top = -np.partition(-cosines, NEAREST, axis=1)[:, :NEAREST]
    return top.mean(axis=1, keepdims=True), top.std(axis=1, keepdims=True)


def fit_quality(faces: Faces) -> Method:
    """A method that weighs distance, least sharpness and least confidence as a logistic regression on `faces` does."""
    features = _features(faces, faces)
    upper = np.triu_indices(len(faces), 1)
    same = (faces.person[:, None] == faces.person)[upper].astype(np.float64)
    weights = _regress(features[upper], same)
    return lambda one, other, cohort: _features(one, other) @ weights


def _features(one: Faces, other: Faces) -> Array:
    least = np.minimum(one.quality[:, None], other.quality[None])
    return np.concatenate([np.ones((*least.shape[:2], 1)), baseline(one, other, one)[..., None], least], axis=2)


def _regress(features: Array, same: Array) -> Array:
    """Newton's steps, both classes weighing the same, with a ridge that only keeps them finite."""
    balance = np.where(same == 1, 0.5 / same.mean(), 0.5 / (1 - same.mean())) / len(same)
    weights = np.zeros(features.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(features @ weights, -30, 30)))
        gradient = features.T @ (balance * (same - chance)) - RIDGE * weights
        curve = (features * (balance * chance * (1 - chance))[:, None]).T @ features + RIDGE * np.eye(len(weights))
        weights = weights + np.linalg.solve(curve, gradient)
    return weights


def score_without_own(method: Method, one: Faces, other: Faces) -> Array:
    """Scores [n, m] where the cohort of each pair is `one` without all faces of the two people of the pair."""
    scores = np.empty((len(one), len(other)))
    people = np.unique(one.person)
    for first in people:
        for second in people if other is not one else people[people >= first]:
            rows, columns = np.flatnonzero(one.person == first), np.flatnonzero(other.person == second)
            cohort = one.pick((one.person != first) & (one.person != second))
            block = method(one.pick(rows), other.pick(columns), cohort)
            scores[np.ix_(rows, columns)] = block
            if other is one:
                scores[np.ix_(columns, rows)] = block.T
    return scores
