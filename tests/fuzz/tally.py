"""What a fuzzer counts and finds, and how its cases are made."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

PATIENCE_SECONDS = 5.0
"""No answer may take longer, whatever was asked."""

ROUND = 250
"""Cases of one run of hypothesis; the time is looked at between cases, and new seeds start anew from small ones."""

SHOWN = 300
Case = TypeVar("Case")


class FoundError(AssertionError):
    """A broken promise; `label` is the same for all cases that break it the same way."""

    def __init__(self, label: str, case: object) -> None:
        super().__init__(label)
        self.label, self.case = label, repr(case)[:SHOWN]


@dataclass(frozen=True)
class Budget:
    """How much a fuzzer may do: it ends at the first of the two limits. The same seed makes the same cases."""

    cases: int
    seconds: float
    seed: int = 0


@dataclass
class Tally:
    """The closing line in the making; findings by label, with one case each. Memory is MB, seconds are seconds."""

    name: str
    budget: Budget
    cases: int = 0
    server_errors: int = 0
    slowest: float = 0.0
    findings: dict[str, str] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    @property
    def is_over(self) -> bool:
        return self.cases >= self.budget.cases or self.seconds >= self.budget.seconds

    def took(self, seconds: float, case: object) -> None:
        """Counts a case. A slow one is kept, not raised: to make it smaller would take its time again and again."""
        self.cases += 1
        self.slowest = max(self.slowest, seconds)
        if seconds > PATIENCE_SECONDS:
            self.findings.setdefault(f"took more than {PATIENCE_SECONDS:.0f} s", repr(case)[:SHOWN])

    def answered(self, status: int, case: object, *, where: str = "") -> None:
        """Raises FoundError for an answer that says the server is at fault; `where` tells findings apart."""
        if status >= 500:
            self.server_errors += 1
            raise FoundError(f"{where} answered {status}".strip(), case)

    def closing_line(self) -> str:
        """One JSON line: name, cases, seconds, 5xx, slowest answer, memory peaks, findings."""
        line = {
            "fuzzer": self.name,
            "cases": self.cases,
            "seconds": round(self.seconds, 1),
            "5xx": self.server_errors,
            "slowest": round(self.slowest, 2),
            "peakMB": self.memory,
            "findings": len(self.findings),
        }
        return json.dumps(line)


def explore(cases: SearchStrategy[Case], examine: Callable[[Case], None], tally: Tally, *, share: float = 1.0) -> None:
    """Gives cases to `examine` until this share of the budget is used; what it raises goes among the findings."""
    cases_end = tally.cases + share * tally.budget.cases
    seconds_end = tally.seconds + share * tally.budget.seconds
    for number in itertools.count(tally.budget.seed):
        left = int(min(ROUND, cases_end - tally.cases))
        if left <= 0 or tally.seconds >= seconds_end:
            return
        _explore_once(cases, examine, tally, number, left, seconds_end)


def _explore_once(
    cases: SearchStrategy[Case],
    examine: Callable[[Case], None],
    tally: Tally,
    number: int,
    most: int,
    seconds_end: float,
) -> None:
    @seed(number)
    @settings(
        max_examples=most,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
        print_blob=False,
    )
    @given(cases)
    def examine_all(case: Case) -> None:
        if tally.seconds < seconds_end:
            examine(case)

    before = tally.cases
    try:
        examine_all()
    except FoundError as exc:
        tally.findings.setdefault(exc.label, exc.case)
    except Exception as exc:
        tally.findings.setdefault(f"{type(exc).__name__}: {exc}"[:SHOWN], "")
    tally.cases = max(tally.cases, before + 1)  # a round that made no case at all must not go on for ever
