"""What a run, or a dry run, has to say at its end: for people, and as JSON for programs."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console
from rich.text import Text

from command_line import print_rows_on, show
from faceprint_client import MAX_REQUEST_BYTES
from indexing.plan import PhotoFile, Plan

_MOST_NAMES = 20
_MEGABYTE = 1_000_000


@dataclass
class Summary:
    """Photos by how they ended. `left` did not begin, since the run was stopped; `throttled` counts answers 429."""

    photos: int
    indexed: int = 0
    duplicate: int = 0
    no_face: int = 0
    present: int = 0
    pending: int = 0
    failed: int = 0
    left: int = 0
    ignored: dict[str, int] = field(default_factory=dict)
    throttled: int = 0
    seconds: float = 0.0
    images_per_second: float = 0.0
    estimated_usd: float = 0.0
    failures: list[dict[str, str]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Its members by their names."""
        return asdict(self)


def print_summary(summary: Summary, console: Console) -> None:
    """Counts, then a table of what failed and why."""
    if summary.failures:
        print_rows_on(console, summary.failures, columns=("file", "reason"))
    parts = {
        "indexed": summary.indexed,
        "without a face": summary.no_face,
        "duplicates": summary.duplicate,
        "there already": summary.present,
        "pending": summary.pending,
        "failed": summary.failed,
        "not begun": summary.left,
    }
    said = ", ".join(f"{count} {what}" for what, count in parts.items() if count) or "nothing to do"
    console.print(f"{summary.photos} photos: {said}", highlight=False)
    if summary.seconds:
        pace = f"{summary.seconds:.1f} s, {summary.images_per_second:.1f} images/s, about ${summary.estimated_usd:.3f}"
        slowed = f", slowed down by {summary.throttled} answers 429" if summary.throttled else ""
        console.print(pace + slowed, highlight=False)
    _print_ignored(summary.ignored, console)


def describe_plan(plan: Plan, *, ignored: Counter[str], usd: float) -> dict[str, Any]:
    """The dry run for programs."""
    return {
        "dryRun": True,
        "new": len(plan.new),
        "bytes": _bytes(plan.new),
        "large": sum(photo.bytes > MAX_REQUEST_BYTES for photo in plan.new),
        "present": len(plan.present),
        "pending": len(plan.waiting),
        "names": dict(Counter(photo.name for photo in plan.new)),
        "estimated_usd": usd,
        "ignored": dict(ignored),
        "failures": list_problems(plan.impossible),
    }


def print_plan(plan: Plan, *, ignored: Counter[str], usd: float, names_from: str, console: Console) -> None:
    """The dry run for people."""
    if plan.impossible:
        print_rows_on(console, list_problems(plan.impossible), columns=("file", "reason"))
    large = sum(photo.bytes > MAX_REQUEST_BYTES for photo in plan.new)
    size = f"{_bytes(plan.new) / _MEGABYTE:.1f} MB"
    console.print(f"to index         {len(plan.new)} photos, {size}, about ${usd:.3f}", highlight=False)
    console.print(f"  by presigned upload  {large} (over {MAX_REQUEST_BYTES / _MEGABYTE:.1f} MB)", highlight=False)
    console.print(f"there already    {len(plan.present)}, and {len(plan.waiting)} pending", highlight=False)
    console.print(f"impossible       {len(plan.impossible)}", highlight=False)
    console.print(Text(f"names from       {show(names_from)}"))
    _print_names(plan.new, console)
    _print_ignored(ignored, console)


def list_problems(photos: Sequence[PhotoFile]) -> list[dict[str, str]]:
    """Photos that cannot be sent, as failures."""
    return [{"file": show(photo.shown), "reason": photo.problem} for photo in photos]


def _print_names(photos: Sequence[PhotoFile], console: Console) -> None:
    """Who the photos would be, with one of each as an example."""
    names, examples = Counter(photo.name for photo in photos), {photo.name: photo.shown for photo in photos}
    rows = [
        {"name": name or "(none)", "photos": count, "as in": examples[name]}
        for name, count in sorted(names.items())[:_MOST_NAMES]
    ]
    if rows:
        print_rows_on(console, rows, columns=("name", "photos", "as in"))
    if len(names) > _MOST_NAMES:
        console.print(f"… and {len(names) - _MOST_NAMES} more names", highlight=False)


def _print_ignored(ignored: dict[str, int], console: Console) -> None:
    if ignored:
        said = ", ".join(f"{count} {reason}" for reason, count in sorted(ignored.items()))
        console.print(Text(show(f"passed over: {said}")))


def _bytes(photos: Sequence[PhotoFile]) -> int:
    return sum(photo.bytes for photo in photos)
