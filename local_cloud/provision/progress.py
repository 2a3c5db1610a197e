"""Terraform's own account of how far it is, for whoever watches."""

import re
from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Told of a command, of how many resources it is done with, and of how many there are."""

_PLAN = re.compile(r"Plan: (\d+) to add, (\d+) to change, (\d+) to destroy")
_DONE = re.compile(r": (?:Creation|Modifications|Destruction) complete after ")


def silent(_command: str, _done: int, _total: int) -> None:
    """Tells nobody."""


class Counter:
    """Counts in the lines of one command's output."""

    def __init__(self, command: str, progress: Progress) -> None:
        self._command, self._progress, self._done, self._total = command, progress, 0, 0

    def read(self, line: str) -> None:
        """One line; a plan says how many there will be, and what is complete is counted."""
        plan = _PLAN.search(line)
        if plan:
            self._total = sum(map(int, plan.groups()))
        elif _DONE.search(line):
            self._done += 1
        else:
            return
        if self._total:
            self._progress(self._command, self._done, self._total)
