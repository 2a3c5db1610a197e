"""What a check found, for people and for programs."""

import json
from dataclasses import dataclass
from typing import Any

from command_line import print_rows
from verifying.comparing import Look
from verifying.queues import Depth
from verifying.repairing import Done

_FOUND = ("kind", "key", "FaceId", "found", "repair")
_REPAIRED = ("done", "kind", "key", "FaceId", "why")


@dataclass(frozen=True)
class Counts:
    """How much was compared."""

    objects: int
    image_rows: int
    face_rows: int
    collection_faces: int


@dataclass(frozen=True)
class Report:
    """`repaired` is what --repair did before the look that is told here."""

    counts: Counts
    look: Look
    depth: Depth
    repaired: tuple[Done, ...] = ()

    def as_document(self) -> dict[str, Any]:
        """For programs."""
        return {
            "agree": not self.look.findings,
            "objects": self.counts.objects,
            "imageRows": self.counts.image_rows,
            "faceRows": self.counts.face_rows,
            "collectionFaces": self.counts.collection_faces,
            "inProgress": self.look.in_progress,
            "queue": {"waiting": self.depth.waiting, "inFlight": self.depth.in_flight},
            "deadLetters": self.depth.dead_letters,
            "disagreements": [finding.as_row() for finding in self.look.findings],
            "repaired": [done.as_row() for done in self.repaired],
        }


def print_report(report: Report, *, as_json: bool) -> None:
    """One JSON object, or tables and a summary."""
    if as_json:
        print(json.dumps(report.as_document(), ensure_ascii=False))
        return
    if report.repaired:
        print_rows([done.as_row() for done in report.repaired], columns=_REPAIRED)
    if report.look.findings:
        print_rows([finding.as_row() for finding in report.look.findings], columns=_FOUND)
    print(_summary(report))


def _summary(report: Report) -> str:
    counts, depth, found = report.counts, report.depth, len(report.look.findings)
    return "\n".join(
        [
            f"compared     {counts.objects:,} objects, {counts.image_rows:,} image rows, "
            f"{counts.face_rows:,} face rows, {counts.collection_faces:,} faces of the collection",
            f"in progress  {report.look.in_progress:,} photos",
            f"queue        {depth.waiting:,} waiting, {depth.in_flight:,} in flight; "
            f"{depth.dead_letters:,} dead letters",
            f"disagree     {found:,}" if found else "the stores agree",
        ]
    )
