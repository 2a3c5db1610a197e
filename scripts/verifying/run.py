"""The course of a check: look, wait a little, look again; with a repair in between where it is wanted."""

import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from verifying.comparing import Comparison, Look, confirmed
from verifying.deployment import Deployment
from verifying.findings import Finding
from verifying.library import Library, gather
from verifying.queues import IndexQueue
from verifying.reading import read_boxes, read_collection, read_faces, read_images, read_objects
from verifying.repairing import Done, Repair
from verifying.report import Counts, Report

_MOST_ROUNDS = 3
"""An indexing may bring up what was hidden behind it: faces of a photo that had no row. A third round finds nothing."""

_PAUSE_SECONDS = 0.2
_TOLD_EVERY = 10_000
Fact = TypeVar("Fact")


@dataclass(frozen=True)
class Options:
    """Seconds: between two looks; how long a photo may wait (None: as the queue says); for a repair's indexing."""

    settle: float = 5
    patience: float | None = None
    wait: float = 120


@dataclass(frozen=True)
class Verification:
    """Of one deployment."""

    deployment: Deployment
    queue: IndexQueue
    options: Options

    def check(self, repaired: tuple[Done, ...] = ()) -> Report:
        """Two looks, the second one only where the first found something."""
        library, first = self._look()
        look = first
        if first.findings:
            _tell(f"{len(first.findings)} disagreements; looking again in {self.options.settle:g} s")
            time.sleep(self.options.settle)
            library, second = self._look()
            look = confirmed(first, second)
        return Report(_count(library), look, self.queue.depth(), repaired)

    def repair(self) -> Report:
        """Checks, repairs and checks again, until nothing more can be done."""
        report = self.check()
        done: list[Done] = []
        for _ in range(_MOST_ROUNDS):
            hopeful = [finding for finding in report.look.findings if not _was_left(finding, done)]
            if not hopeful:
                break
            done += Repair(self.deployment, self.queue, time.time()).run(hopeful)
            self._await_indexing()
            report = self.check(tuple(done))
        return report

    def _look(self) -> tuple[Library, Look]:
        busy = self.queue.depth().busy
        library = gather(
            objects=_told(read_objects(self.deployment), "versions of objects"),
            images=_told(read_images(self.deployment), "image rows"),
            faces=_told(read_faces(self.deployment), "face rows"),
            collection=_told(read_collection(self.deployment), "faces of the collection"),
        )
        patience = self.options.patience
        if patience is None:
            # A bulk import may wait in a long queue far beyond the time that its own deliveries take.
            patience = self.queue.retention_seconds if busy else self.queue.patience_seconds
        boxes = lambda face_ids: read_boxes(self.deployment, face_ids)  # noqa: E731  # a name for one argument
        return library, Comparison(library, boxes, time.time(), patience).look()

    def _await_indexing(self) -> None:
        """Until the queue is empty, or long enough."""
        deadline = time.monotonic() + self.options.wait
        while self.queue.depth().busy and time.monotonic() < deadline:
            time.sleep(_PAUSE_SECONDS)


def _was_left(finding: Finding, done: list[Done]) -> bool:
    """What cannot be done is told once, not tried again."""
    return any(each.finding == finding and each.done == "left" for each in done)


def _count(library: Library) -> Counts:
    return Counts(library.object_count, len(library.images), len(library.faces), library.collection_size)


def _told(facts: Iterable[Fact], what: str) -> Iterator[Fact]:
    """The same facts; their number is told on standard error while they are read."""
    number = 0
    for fact in facts:
        number += 1
        if number % _TOLD_EVERY == 0:
            _tell(f"{number:,} {what} …")
        yield fact
    _tell(f"{number:,} {what}")


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
