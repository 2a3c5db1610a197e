"""Whether a rule strikes now, and how often it has."""

import threading
from dataclasses import asdict
from random import Random
from typing import Any

from local_cloud.faults.plan import CallRule, EventRule


class Dice:
    """One rule's; safe in threads. `number` is the rule's place in its plan: each rule has dice of its own."""

    def __init__(self, rule: CallRule | EventRule, *, seed: int, number: int) -> None:
        self.rule = rule
        self._random = Random(f"{seed} {number}")  # noqa: S311 # nosec B311  # must be repeatable, guards nothing
        self._lock = threading.Lock()
        self._seen = self._struck = 0

    def strikes(self) -> bool:
        """Whether it strikes a call that it meets."""
        odds = self.rule.odds
        with self._lock:
            self._seen += 1
            if self._seen <= odds.after or (odds.count is not None and self._struck >= odds.count):
                return False
            if self._random.random() >= odds.rate:
                return False
            self._struck += 1
            return True

    def share(self) -> float:
        """A number from 0 to 1."""
        with self._lock:
            return self._random.random()

    def report(self) -> dict[str, Any]:
        """The rule, how many calls or events it met, and how many it struck."""
        with self._lock:
            return {**asdict(self.rule), "met": self._seen, "struck": self._struck}
