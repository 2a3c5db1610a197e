"""What a run shows while it works: a bar on a terminal, a line every few seconds elsewhere, both on standard error."""

import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

_SECONDS_BETWEEN_LINES = 5.0


class Display(Protocol):
    """Told of every photo that has ended."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...

    def show(self, counts: Counter[str]) -> None:
        """`counts` are the outcomes so far, by status."""


class Bar:
    """Count, rate, elapsed and remaining time in one line that is drawn anew."""

    def __init__(self, total: int, console: Console) -> None:
        columns = [
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
        ]
        times = [TextColumn("elapsed"), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn()]
        self._progress = Progress(*columns, *times, TextColumn("{task.fields[failed]}"), console=console)
        self._task = self._progress.add_task("Indexing", total=total, rate="", failed="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._progress.stop()

    def show(self, counts: Counter[str]) -> None:
        done, elapsed = counts.total(), self._progress.tasks[self._task].elapsed or 0.0
        failed = f"[red]{counts['FAILED']} failed" if counts["FAILED"] else ""
        self._progress.update(self._task, completed=done, rate=f"{done / max(elapsed, 0.01):.1f}/s", failed=failed)


class Lines:
    """A plain line now and then, for logs and pipes."""

    def __init__(self, total: int, console: Console, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._total, self._console, self._clock = total, console, clock
        self._started = self._said = clock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def show(self, counts: Counter[str]) -> None:
        now, done = self._clock(), counts.total()
        if now - self._said < _SECONDS_BETWEEN_LINES and done < self._total:
            return
        self._said, rate = now, done / max(now - self._started, 0.01)
        left = timedelta(seconds=round((self._total - done) / rate))
        self._console.print(
            f"{done}/{self._total} photos, {rate:.1f}/s, {counts['FAILED']} failed, {left} left", highlight=False
        )


def make_display(total: int) -> Display:
    """A bar on a terminal, lines elsewhere."""
    console = Console(stderr=True)
    return Bar(total, console) if console.is_terminal else Lines(total, console)
