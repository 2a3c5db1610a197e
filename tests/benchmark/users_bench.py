"""What several references of a person are worth, and by which rule.

A probe is searched among all people. FR: its own person stays below the threshold; FA: somebody else reaches it. Rules:
the user vector; the plain mean, brought to length 1; the nearest of the person's faces. A rule is good when FA stays
where one reference has it (the percentages keep their meaning) while FR falls, also where FA is made equal.

Three kinds of faces: photos, by every choice of references; the same photos spoiled in eight ways, probes otherwise
than their references; and synthetic faceprints that have the distances measured between real photos, of people who look
different and of look-alikes. samples/ is always used; more photos lie in a folder with a folder for each person.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.spoiled_photos import spoil
from engine_process import MODELS, REPOSITORY
from face_engine.images import load_image
from face_engine.matching import to_similarity
from face_engine.server import load_vision
from face_engine.user_vectors import combine
from face_engine.vision.faces import Vision

Row = tuple[str, str]
Array = np.ndarray[Any, np.dtype[Any]]
REFERENCES = (1, 2, 3, 5)
LEVELS = (80, 90, 95)
EQUAL_FALSE_ACCEPTS = 0.001
PEOPLE, PROBES = 400, 5
DRAWS = 200
SEED = 11
SUFFIXES = {".jpg", ".jpeg", ".png"}
SAME_PHOTO = 0.1
"""Faceprints that are nearer come from the same photo in another size."""


@dataclass(frozen=True)
class Population:
    """Median distances between faceprints (length 1) of one person and of two; the share of poor photos.

    A poor photo's faceprint lies 1.7 times as far from its person's centre: an assumption, all else is measured.
    """

    name: str
    different: float
    poor: float = 0.0
    same: float = 0.245


POPULATIONS = (
    Population("general", different=0.53),
    Population("look-alikes", different=0.342),
    Population("look-alikes, a fifth of the photos poor", different=0.342, poor=0.2),
)
"""From 221 pairs of photos of one person and 7022 of two: same 2.4 % beyond 0.340 and 55 % beyond 0.240; different
people of general photos none of 3350 below 0.352; of one group, styled alike, 47 % below 0.340 and 7 % below 0.291."""

POOR = 1.7
SAME_DIMENSIONS, DIFFERENT_DIMENSIONS = 18, 40
"""A normal scatter in k dimensions has distances that vary by 1/sqrt(2 k): 17 % and 11 %, as measured."""


@dataclass(frozen=True)
class Scores:
    """Similarities of probes to their own person, and to others."""

    own: Array
    others: Array


def measure_users(folder: Path | None = None) -> list[Row]:
    """A row for each population, number of references and rule."""
    rows: list[Row] = []
    for population, count in itertools.product(POPULATIONS, REFERENCES):
        rows += _show(population.name, count, score_synthetic(population, count))
    vision = load_vision(MODELS, "int8")
    spoiled = read_spoiled(vision, folder)
    for count in REFERENCES:
        rows += _show("spoiled photos", count, score_spoiled(spoiled, count))
    people = read_people(vision, folder)
    rows.append(("photos of", ", ".join(f"{name} {len(faces)}" for name, faces in sorted(people.items()))))
    for count in range(1, max(map(len, people.values()))):
        rows += _show("photos", count, score_photos(people, count))
    return rows


def _show(name: str, count: int, scores: Mapping[str, Scores]) -> list[Row]:
    return [(f"users: {name}, {count} reference(s), {rule}", _rates(found)) for rule, found in scores.items()]


def _rates(scores: Scores) -> str:
    levels = [
        f"at {level} % FR {100 * np.mean(scores.own < level):.2f} FA {100 * np.mean(scores.others >= level):.3f}"
        for level in LEVELS
    ]
    strict = np.quantile(scores.others, 1 - EQUAL_FALSE_ACCEPTS)
    equal = f"at FA 0.1 FR {100 * np.mean(scores.own <= strict):.2f}"
    return f"{', '.join([*levels, equal])} (of {len(scores.own)} and {len(scores.others)}); medians " + (
        f"{np.median(scores.own):.2f} and {np.median(scores.others):.2f}"
    )


def compare_rules(probes: Array, references: Array) -> dict[str, Array]:
    """Similarities [probes, people] by rule, of probes [p, 128] to people [m, references, 128]."""
    vectors = np.stack([combine(faces) for faces in references])
    directions = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return {
        "vector": to_similarity(probes @ vectors.T),
        "plain mean": to_similarity(probes @ directions.T),
        "nearest face": to_similarity(np.einsum("pd,mnd->pmn", probes, references)).max(axis=2),
    }


def score_synthetic(population: Population, count: int) -> dict[str, Scores]:
    """`PEOPLE` people with `count` references and `PROBES` probes each."""
    photos = make_photos(population, count + PROBES)
    scores = compare_rules(photos[:, count:].reshape(-1, 128), photos[:, :count])
    mine = np.repeat(np.eye(PEOPLE, dtype=bool), PROBES, axis=0)
    return {rule: Scores(found[mine], found[~mine]) for rule, found in scores.items()}


def make_photos(population: Population, count: int) -> Array:
    """Faceprints [people, count, 128] of length 1 around a centre for each person, all around one common origin."""
    random = np.random.default_rng(SEED)
    within = population.same / np.sqrt(2)
    between = np.sqrt(population.different**2 / 2 - within**2)
    origin = random.normal(size=128)
    origin *= np.sqrt(1 - within**2 - between**2) / np.linalg.norm(origin)
    centres = origin + scatter(random, PEOPLE, between, DIFFERENT_DIMENSIONS)
    spread = np.where(random.random((PEOPLE, count, 1)) < population.poor, POOR, 1)
    photos = centres[:, None] + spread * np.stack(
        [scatter(random, count, within, SAME_DIMENSIONS) for _ in range(PEOPLE)]
    )
    return np.asarray(photos / np.linalg.norm(photos, axis=2, keepdims=True), np.float32)


def scatter(random: np.random.Generator, count: int, size: float, dimensions: int) -> Array:
    """Offsets [count, 128] of typical length `size` in some directions out of 128, chosen anew each time."""
    directions, _ = np.linalg.qr(random.normal(size=(128, dimensions)))
    return random.normal(size=(count, dimensions)) @ directions.T * (size / np.sqrt(dimensions))


def read_people(vision: Vision, folder: Path | None) -> dict[str, Array]:
    """Faceprints [n, 128] of the largest face of every photo, by person."""
    people: dict[str, list[Array]] = defaultdict(list)
    for name, path in find_photos(folder):
        for face in vision.find_faces(load_image(path.read_bytes()).picture)[:1]:
            faceprint = vision.describe([face])[0]
            if all(np.linalg.norm(faceprint - other) > SAME_PHOTO for other in people[name]):
                people[name].append(faceprint)
    return {name: np.stack(faces) for name, faces in people.items()}


def read_spoiled(vision: Vision, folder: Path | None) -> dict[str, tuple[Array, list[str]]]:
    """Faceprints [n, 128] of every photo spoiled in every way, and the ways [n], by person."""
    people: dict[str, list[tuple[Array, str]]] = defaultdict(list)
    for name, path in find_photos(folder):
        picture = load_image(path.read_bytes()).picture
        for face in vision.find_faces(picture)[:1]:
            for way, worse in spoil(picture, face.detection.box[3]).items():
                people[name] += [(vision.describe([seen])[0], way) for seen in vision.find_faces(worse)[:1]]
    return {name: (np.stack([face for face, _ in found]), [way for _, way in found]) for name, found in people.items()}


def score_spoiled(people: Mapping[str, tuple[Array, list[str]]], count: int) -> dict[str, Scores]:
    """`DRAWS` times for each person: a probe, references that were spoiled otherwise, and everybody else's faces."""
    random = np.random.default_rng(SEED)
    own: dict[str, list[Array]] = defaultdict(list)
    others: dict[str, list[Array]] = defaultdict(list)
    for name, (faces, ways) in people.items():
        strangers = np.concatenate([prints for other, (prints, _) in people.items() if other != name])
        for _ in range(DRAWS):
            probe = random.integers(len(faces))
            unlike = [place for place, way in enumerate(ways) if way != ways[probe]]
            references = faces[random.choice(unlike, count, replace=False)]
            scores = compare_rules(np.concatenate([faces[probe : probe + 1], strangers]), references[None])
            for rule, found in scores.items():
                own[rule].append(found[:1, 0])
                others[rule].append(found[1:, 0])
    return {rule: Scores(np.concatenate(own[rule]), np.concatenate(others[rule])) for rule in own}


def find_photos(folder: Path | None) -> Iterator[tuple[str, Path]]:
    """Photos of one person with their names; those of samples/ tell it as `given-name-1.jpg`."""
    for path in sorted((REPOSITORY / "samples").glob("*-*.jpg")):
        if path.stem != "no-face":
            yield path.stem.rstrip("-0123456789"), path
    for path in sorted(folder.glob("*/*") if folder else ()):
        if path.suffix.lower() in SUFFIXES:
            yield path.parent.name, path


def score_photos(people: Mapping[str, Array], count: int) -> dict[str, Scores]:
    """Every photo against every choice of `count` other photos of its person, and all photos of everybody else."""
    own: dict[str, list[Array]] = defaultdict(list)
    others: dict[str, list[Array]] = defaultdict(list)
    for name, faces in people.items():
        strangers = np.concatenate([prints for other, prints in people.items() if other != name])
        for chosen in itertools.combinations(range(len(faces)), count):
            left_out = np.delete(faces, chosen, axis=0)
            if len(left_out):
                scores = compare_rules(np.concatenate([left_out, strangers]), faces[list(chosen)][None])
                for rule, found in scores.items():
                    own[rule].append(found[: len(left_out), 0])
                    others[rule].append(found[len(left_out) :, 0])
    return {rule: Scores(np.concatenate(own[rule]), np.concatenate(others[rule])) for rule in own}
