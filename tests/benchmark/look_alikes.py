"""What separates people who look alike: `python -m tests.benchmark.look_alikes --general DIR --hard DIR --crowd DIR`.

Carries out the protocol of docs/look-alikes.md. `--general` holds DIR/Person/photo, or photos named person-1.jpg;
`--hard` holds DIR/Group/Person/photo, where people of one group look alike; every photo in `--crowd` shows different
people. Without --hard and --crowd only the error rates of the engine as it is are printed, by default for samples/.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "tests")]

from benchmark import look_alike_methods as methods  # noqa: E402 - the path comes first
from benchmark.look_alike_faces import SMALL, WORN, Array, FaceReader, Faces, join  # noqa: E402
from benchmark.look_alike_measures import (  # noqa: E402
    Pairs,
    People,
    accepts_from,
    draw_people,
    named_rightly,
    rejects_below,
    rejects_where,
    split_pairs,
    threshold_where,
)
from face_engine.similarity import DEFAULT_CURVE  # noqa: E402

DRAWS = 1000
MARGIN = 0.03
LEVELS = (50, 80, 90, 95, 99)
NAMING = ("naming, general", "naming, studio")
FAMILIES = {"general": "general", "worn": "general", "small": "general", "hard": "hard", "hard small": "hard"}

Data = dict[str, Faces]
"""The sets of the protocol. worn and small have the faces of general, and hard small those of hard, way by way."""

Scores = dict[str, Array]
"""For each set the scores of the set it was made of against it."""

Draws = dict[str, People]


def score_shipped(data: Data, methods_by_family: dict[str, methods.Method]) -> Scores:
    """Each set is scored with the faces of the other families for a cohort."""
    scores = {}
    for name, faces in data.items():
        family = FAMILIES.get(name, name)
        cohort = join([data[other] for other in ("general", "hard", "crowd") if other != family])
        scores[name] = methods_by_family[family](data[family], faces, cohort)
    return scores


def score_own(data: Data, method: methods.Method) -> Scores:
    """Each pair is scored with its own family for a cohort, without the two people of the pair."""
    return {
        name: methods.score_without_own(method, data[FAMILIES.get(name, name)], faces) for name, faces in data.items()
    }


def list_methods(data: Data) -> dict[str, Callable[[], Scores]]:
    """What is compared, by name; the baseline first."""

    def shipped(method: methods.Method) -> Callable[[], Scores]:
        return lambda: score_shipped(data, dict.fromkeys(("general", "hard", "crowd"), method))

    def own(method: methods.Method) -> Callable[[], Scores]:
        return lambda: score_own(data, method)

    quality = {"general": methods.fit_quality(data["hard"]), "hard": methods.fit_quality(data["general"])}
    named = {"baseline": shipped(methods.baseline)}
    for name, method in (("centre", methods.centre), ("whiten", methods.whiten), ("s-norm", methods.s_norm)):
        named |= {f"{name}, shipped": shipped(method), f"{name}, own": own(method)}
    named |= {"crops": shipped(methods.crops), "crops of small faces": shipped(methods.crops_of_small)}
    named |= {"wider": shipped(methods.wider)}
    return named | {"quality": lambda: score_shipped(data, quality | {"crowd": quality["general"]})}


def pairs_of(scores: Scores, data: Data, draws: Draws) -> dict[str, tuple[Pairs, Pairs]]:
    """Pairs of one person and of two, for each set; neighbours are pairs under one photo's name, so of two people."""
    pairs = {
        name: split_pairs(scores[name], data[family], data[name], draws[family], alike=family == "hard")
        for name, family in FAMILIES.items()
    }
    photos = np.flatnonzero(data["crowd"].group != "")
    faces = data["crowd"].pick(photos)
    neighbours = split_pairs(scores["crowd"][np.ix_(photos, photos)], faces, faces, draws["crowd"])[0]
    return pairs | {"neighbours": (neighbours, neighbours)}


def measure(scores: Scores, data: Data, draws: Draws, rejects: Array) -> dict[str, Array]:
    """Each measure for each draw. `rejects` is what the baseline refuses of the general set at similarity 80."""
    pairs = pairs_of(scores, data, draws)
    threshold = threshold_where(pairs["general"][0], rejects=rejects)
    return {
        "general": rejects_where(*pairs["general"], accepts=0.001),
        "general 1 %": rejects_where(*pairs["general"], accepts=0.01),
        "look-alikes": rejects_where(*pairs["hard"], accepts=0.01),
        "transfer, look-alikes": accepts_from(pairs["hard"][1], threshold),
        "transfer, neighbours": accepts_from(pairs["neighbours"][1], threshold),
        "worn": rejects_where(*pairs["worn"], accepts=0.001),
        "small": rejects_where(*pairs["small"], accepts=0.001),
        "small look-alikes": rejects_where(*pairs["hard small"], accepts=0.01),
    } | name_people(scores, data, draws)


def name_people(scores: Scores, data: Data, draws: Draws, margin: float = 0) -> dict[str, Array]:
    """Shares named rightly, for each draw."""
    values = [
        named_rightly(scores[family], data[family], draws[family], wrong=0.01, margin=margin)
        for family in ("general", "hard")
    ]
    return dict(zip(NAMING, values, strict=True))


def print_comparison(data: Data, draws: Draws) -> None:
    """Each measure of each method, and its difference to the baseline with the interval over draws of people."""
    named = list_methods(data)
    plain = named.pop("baseline")()
    rejects = rejects_below(pairs_of(plain, data, draws)["general"][0], -distance_at(80))
    reference = measure(plain, data, draws, rejects)
    print("| method | " + " | ".join(reference) + " |\n|" + "---|" * (1 + len(reference)))
    print_row("baseline", reference, reference)
    for name, score in named.items():
        print_row(name, measure(score(), data, draws, rejects), reference)
    print_row("margin", name_people(plain, data, draws, MARGIN), reference)


def print_row(name: str, values: dict[str, Array], reference: dict[str, Array]) -> None:
    cells = [describe(values[key], reference[key]) if key in values else "" for key in reference]
    print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def describe(values: Array, reference: Array) -> str:
    """The value in percent; and the difference's 95 % interval in points, over the draws."""
    low, high = np.percentile(100 * (values - reference)[1:], (2.5, 97.5))
    return f"{100 * values[0]:.1f} [{low:+.1f}, {high:+.1f}]"


def print_levels(named: dict[str, tuple[Pairs, Pairs]]) -> None:
    """False accepts and false rejects of the engine as it is, in percent."""
    print("| level | " + " | ".join(f"{name} FA, FR" for name in named) + " |\n|" + "---|" * (1 + len(named)))
    for level in LEVELS:
        threshold = -distance_at(level)
        cells = []
        for mine, others in named.values():
            wrong = accepts_from(others, np.full(len(others.weights), threshold))[0]
            refused = "-" if mine is others else f"{100 * rejects_below(mine, threshold)[0]:.1f} %"
            cells.append(f"{100 * wrong:.2f} %, {refused}")
        print(f"| {level} | " + " | ".join(cells) + " |")


def distance_at(similarity: float) -> float:
    """The distance of two faceprints that have this similarity, 0..100 exclusive."""
    return DEFAULT_CURVE.half_distance + float(np.log(100 / similarity - 1)) / DEFAULT_CURVE.steepness


def main() -> None:
    """Prints tables in Markdown."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark.look_alikes", description=__doc__)
    parser.add_argument("--general", type=Path, default=REPOSITORY / "samples", help="DIR/Person/photo or person-1.jpg")
    parser.add_argument("--hard", type=Path, help="DIR/Group/Person/photo")
    parser.add_argument("--crowd", type=Path, help="photos of several people; collage* is for cohorts alone")
    parser.add_argument("--models", type=Path, default=REPOSITORY / "models")
    parser.add_argument("--precision", choices=("int8", "fp32"), default="int8")
    arguments = parser.parse_args()
    if (arguments.hard is None) != (arguments.crowd is None):
        parser.error("--hard and --crowd belong together")
    reader = FaceReader(arguments.models, arguments.precision)
    if arguments.hard is None:
        (general,) = reader.read_people(arguments.general)
        plain = methods.baseline(general, general, general)
        print_levels({"general": split_pairs(plain, general, general, draw_people(general, draws=0, seed=0))})
        return
    data = read_data(reader, arguments.general, arguments.hard, arguments.crowd)
    draws = {
        name: draw_people(data[name], draws=DRAWS, seed=seed) for seed, name in enumerate(("general", "hard", "crowd"))
    }
    print_data(data, draws, reader.without_face)
    for name, (mine, others) in pairs_of(list_methods(data)["baseline"](), data, draws).items():
        if not (mine.scores.size and others.scores.size):
            parser.error(f"the photos give no pairs for the set '{name}'; see --help for what lies where")
    print_comparison(data, draws)


def read_data(reader: FaceReader, general: Path, hard: Path, crowd: Path) -> Data:
    data = dict(zip(("general", "worn", "small"), reader.read_people(general, WORN, SMALL), strict=True))
    data |= dict(zip(("hard", "hard small"), reader.read_people(hard, SMALL), strict=True))
    return data | {"crowd": reader.read_crowd(crowd)}


def print_data(data: Data, draws: Draws, without_face: int) -> None:
    """What there is, and the error rates of the engine as it is."""
    for name, people in draws.items():
        print(f"{name}: {len(data[name])} faces, {len(people.names)} names")
    print(f"without a face: {without_face} photos")
    plain = pairs_of(list_methods(data)["baseline"](), data, draws)
    for name, (mine, others) in plain.items():
        print(f"{name}: {0 if mine is others else len(mine.scores)} pairs of one person, {len(others.scores)} of two")
    print_levels(plain)
    print("\nThe groups of look-alikes:\n")
    print_levels(groups_of(data["hard"], draws["hard"]))


def groups_of(faces: Faces, people: People) -> dict[str, tuple[Pairs, Pairs]]:
    """Pairs within each group of more than one person."""
    members = {str(group): faces.pick(faces.group == group) for group in np.unique(faces.group)}
    return {
        group: split_pairs(methods.baseline(inside, inside, inside), inside, inside, people)
        for group, inside in members.items()
        if len(np.unique(inside.person)) > 1
    }


if __name__ == "__main__":
    main()
