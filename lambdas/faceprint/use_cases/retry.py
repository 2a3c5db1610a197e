"""Repeats calls that AWS refuses for the moment, until the time for them is over."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from faceprint.model.errors import ThrottledError, UnavailableError, UpstreamError
from faceprint.use_cases.ports import Clock

PASSING_FAILURES = (ThrottledError, UpstreamError, UnavailableError)

_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 2.0
"""Seconds; each pause is a random part of a bound that doubles."""

_MOST_FAILURES = 3
"""Of AWS itself; it may say as often as it likes that it is throttling."""

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Retry:
    """Where a quota is small, many attempts within the time of a request are what one answer takes."""

    clock: Clock

    def repeat(self, call: Callable[[], Answer], *, until: float) -> Answer:
        """The call's answer. Its last passing failure is raised when the clock would pass `until` first."""
        failures, bound = 0, _FIRST_PAUSE
        while True:
            try:
                return call()
            except PASSING_FAILURES as exc:
                failures += not isinstance(exc, ThrottledError)
                pause = random.uniform(0, bound)  # noqa: S311 # nosec B311  # jitter spreads load, it guards nothing
                if failures > _MOST_FAILURES or self.clock.now() + pause >= until:
                    raise
            self.clock.sleep(pause)
            bound = min(_LONGEST_PAUSE, 2 * bound)
