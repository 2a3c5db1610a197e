"""Standard output is for answers that programs read, standard error for people."""

import sys
import time
from collections.abc import Callable
from typing import TextIO

_SECONDS_BETWEEN_LINES = 10.0


def answer(text: str) -> None:
    """One answer, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def tell(text: str, *, end: str = "\n") -> None:
    """A message for whoever watches."""
    sys.stderr.write(text + end)
    sys.stderr.flush()


class CountedResources:
    """How far Terraform is: a line that is written anew on a terminal, a line now and then elsewhere."""

    def __init__(self, stream: TextIO | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream or sys.stderr, clock
        self._last = clock()

    def __call__(self, command: str, done: int, total: int) -> None:
        line = f"terraform {command}: {done} of {total} resources"
        if self._stream.isatty():
            self._stream.write(f"\r{line}" + ("\n" if done == total else ""))
        elif done == total or self._clock() - self._last >= _SECONDS_BETWEEN_LINES:
            self._last = self._clock()
            self._stream.write(f"{line}\n")
        self._stream.flush()
