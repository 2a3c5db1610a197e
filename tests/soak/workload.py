"""What the clients do, and what must be there in the end."""

from collections import Counter
from dataclasses import dataclass
from random import Random

# Shares of the uploads.
CORRUPT, REPLACED, REPEATED = 0.05, 0.10, 0.10
# Beside them, in the same measure.
DELETED, POISON = 0.05, 0.005


@dataclass(frozen=True)
class Step:
    """One thing a client does: `kind` is new, repeat (the same bytes again), replace, corrupt, delete or poison."""

    kind: str
    key: str
    photo: int = 0


@dataclass(frozen=True)
class Workload:
    """Steps in their order, which holds for each key. `expected` is the photo of each key that must be there."""

    steps: tuple[Step, ...]
    expected: dict[str, int]
    corrupt: frozenset[str]
    deleted: frozenset[str]

    def count(self, kind: str) -> int:
        return Counter(step.kind for step in self.steps)[kind]

    @property
    def uploads(self) -> int:
        return len(self.steps) - self.count("delete") - self.count("poison")

    @property
    def poison(self) -> frozenset[str]:
        """Bodies of the messages that nobody can read."""
        return frozenset(step.key for step in self.steps if step.kind == "poison")


def plan_workload(uploads: int, *, seed: int) -> Workload:
    """The same for the same numbers."""
    dice, steps = Random(seed), list[Step]()
    living: dict[str, int] = {}
    corrupt, deleted = set[str](), set[str]()
    for number, kind in enumerate(_kinds(uploads, dice)):
        key = dice.choice(list(living)) if kind in ("repeat", "replace", "delete") and living else ""
        kind = kind if key or kind in ("new", "corrupt", "poison") else "new"
        key = key or (f"poison {number}" if kind == "poison" else f"soak/{kind}/{number:05}.jpg")
        photo = living[key] if kind == "repeat" else seed * 1_000_000 + number
        steps.append(Step(kind, key, photo))
        if kind == "delete":
            deleted.add(key)
            del living[key]
        elif kind == "corrupt":
            corrupt.add(key)
        elif kind != "poison":
            living[key] = photo
    return Workload(tuple(steps), living, frozenset(corrupt), frozenset(deleted))


def _kinds(uploads: int, dice: Random) -> list[str]:
    counts = {
        "corrupt": round(uploads * CORRUPT),
        "replace": round(uploads * REPLACED),
        "repeat": round(uploads * REPEATED),
        "delete": round(uploads * DELETED),
        "poison": max(round(uploads * POISON), 2),
    }
    first = uploads - counts["corrupt"] - counts["replace"] - counts["repeat"]
    rest = [kind for kind, count in counts.items() for _ in range(count)] + ["new"] * (first - first // 10)
    dice.shuffle(rest)
    return ["new"] * (first // 10) + rest
