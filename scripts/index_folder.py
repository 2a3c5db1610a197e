#!/usr/bin/env python3
"""Indexes all photos below a folder; run again, it goes on where it stopped."""

import plain_shell  # noqa: F401  # before what it speaks of

import argparse
import json
import os
import signal
import sys
import threading
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from command_line import FAILED, INTERRUPTED, UsageError, connect, make_parser, run_script, show
from faceprint_client import Answer, FaceprintClient
from indexing.display import Display, make_display
from indexing.journal import JOURNAL_NAME, Journal
from indexing.naming import CHOICES, choose_naming, read_names
from indexing.plan import PhotoFile, Plan, Scan, common_prefix, make_plan, price_per_image, scan_folder
from indexing.run import IndexRun, Outcome
from indexing.summary import Summary, describe_plan, list_problems, print_plan, print_summary
from shared_pace import SharedPace

_RETRIES, _DEADLINE_SECONDS = 30, 300
_MOST_WARNINGS = 10
_EXAMPLES = """
  index_folder.py Twice --dry-run                    what would be done, how named, what it costs
  index_folder.py Twice                              Twice/Im_Nayeon/1.jpg becomes Im Nayeon
  index_folder.py photos --prefix 2026/ --workers 8  under the keys 2026/...
  index_folder.py photos --names names.csv           a CSV file with the columns file,name

--name-from auto takes the folder that a photo lies in; beside all folders it takes Name from Name_01.jpg, but not from
camera names as IMG_0001.jpg, and otherwise none. Where none is given the service itself guesses one from the file.

Exit codes: 0 all is indexed or pending, 1 something failed, 2 called wrongly, 130 Ctrl-C.
"""


@dataclass
class Tally:
    """Outcomes as they come."""

    display: Display
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[dict[str, str]] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        self.counts[outcome.status] += 1
        if outcome.status == "FAILED":
            self.failures.append({"file": show(outcome.photo.shown), "reason": outcome.reason})
        self.display.show(self.counts)


def main() -> int:
    """The exit code."""
    arguments = _parse()
    root: Path = arguments.folder
    if not root.is_dir():
        raise UsageError(f"{root} is no folder.")
    names = read_names(arguments.names) if arguments.names else None
    stop = threading.Event()
    pace = SharedPace(stop)
    client = connect(arguments, retries=_RETRIES, deadline=_DEADLINE_SECONDS, pace=pace)
    scan = scan_folder(root, prefix=arguments.prefix, naming=choose_naming(arguments.name_from, root=root, names=names))
    _warn_of_strangers(names or {}, scan, arguments.names)
    with Journal(arguments.state or root / JOURNAL_NAME, url=client.url) as journal:
        # Who cannot be reached at the start is told so soon, and not as late as in the middle of a night's run.
        soon = connect(arguments, pace=pace)
        library = _read_library(soon, scan.photos)
        if arguments.price is None:
            arguments.price = price_per_image(soon.info())
        plan = make_plan(scan.photos, library=library, journal=journal)
        if arguments.dry_run:
            return _tell_plan(plan, scan, arguments)
        journal.open()
        started = time.monotonic()
        with make_display(len(plan.new) + len(plan.waiting)) as display, _interrupts(stop) as interrupted:
            tally = Tally(display)
            run = IndexRun(client, journal, stop, tally.add)
            pending = run.index(plan.new, workers=arguments.workers)
            run.settle([*plan.waiting, *pending], seconds=arguments.wait, now=time.monotonic)
        summary = _summarise(scan, plan, tally, seconds=time.monotonic() - started, throttled=pace.throttled)
    summary.estimated_usd = round((summary.indexed + summary.no_face) * arguments.price, 6)
    _tell(summary, arguments, halted=run.halted, interrupted=interrupted.is_set())
    return INTERRUPTED if interrupted.is_set() else FAILED if summary.failed or run.halted else 0


def _parse() -> argparse.Namespace:
    parser = make_parser(__doc__ or "", examples=_EXAMPLES)
    parser.add_argument("folder", type=Path, metavar="DIR", help="photos lie here, at any depth")
    parser.add_argument("--prefix", default="", help="what keys begin with; then comes the path below DIR")
    names = parser.add_mutually_exclusive_group()
    names.add_argument("--name-from", choices=CHOICES, default="auto", help="where a person's name comes from (auto)")
    names.add_argument("--names", type=Path, metavar="CSV", help="names from a CSV file with the columns file,name")
    parser.add_argument("--workers", type=_positive, default=4, help="photos at a time (4)")
    parser.add_argument(
        "--wait",
        type=float,
        default=120,
        metavar="SECONDS",
        help="for faces that follow later, without any news of them (120)",
    )
    parser.add_argument("--state", type=Path, metavar="FILE", help=f"the journal (DIR/{JOURNAL_NAME})")
    parser.add_argument("--price", type=float, help="USD per image; the deployment tells its own")
    parser.add_argument("--dry-run", action="store_true", help="send nothing; tell what would be done")
    parser.add_argument("--json", action="store_true", help="the summary as one object on standard output")
    return parser.parse_args()


def _warn_of_strangers(names: Mapping[str, str], scan: Scan, table: Path) -> None:
    """A file that is misspelled in the table would else go nameless without a word."""
    known = {unicodedata.normalize("NFC", photo.shown) for photo in scan.photos}
    for file in [file for file in names if file not in known][:_MOST_WARNINGS]:
        print(f"{table}: there is no photo {show(file)}", file=sys.stderr)


def _positive(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 64:
        raise argparse.ArgumentTypeError("1 to 64")
    return number


def _read_library(client: FaceprintClient, photos: Sequence[PhotoFile]) -> dict[str, Answer]:
    """What the library has under the photos' keys."""
    keys = {photo.key for photo in photos if not photo.problem}
    library: dict[str, Answer] = {}
    for image in client.images(prefix=common_prefix(keys)) if keys else ():
        if image["key"] > max(keys):
            break
        if image["key"] in keys:
            library[image["key"]] = image
    return library


@contextmanager
def _interrupts(stop: threading.Event) -> Iterator[threading.Event]:
    """The first Ctrl-C lets the photos in flight end, the second ends at once. Yields whether there was one."""
    pressed = threading.Event()

    def handle(*_: object) -> None:
        if pressed.is_set():
            Console(stderr=True).show_cursor()
            os._exit(INTERRUPTED)
        pressed.set()
        stop.set()
        os.write(sys.stderr.fileno(), b"\nFinishing the photos in flight; Ctrl-C again ends at once.\n")

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


def _summarise(scan: Scan, plan: Plan, tally: Tally, *, seconds: float, throttled: int) -> Summary:
    counts, failures = tally.counts, [*list_problems(plan.impossible), *tally.failures]
    sent = counts.total() - counts["PENDING"] - counts["FAILED"]
    return Summary(
        photos=len(scan.photos),
        indexed=counts["INDEXED"],
        duplicate=counts["DUPLICATE"],
        no_face=counts["NO_FACE"],
        present=len(plan.present),
        pending=counts["PENDING"],
        failed=len(failures),
        left=len(plan.new) + len(plan.waiting) - counts.total(),
        ignored=dict(scan.ignored),
        throttled=throttled,
        seconds=round(seconds, 2) if counts else 0.0,
        images_per_second=round(sent / seconds, 2) if counts else 0.0,
        failures=failures,
    )


def _tell_plan(plan: Plan, scan: Scan, arguments: argparse.Namespace) -> int:
    usd = len(plan.new) * arguments.price
    if arguments.json:
        print(json.dumps(describe_plan(plan, ignored=scan.ignored, usd=usd), ensure_ascii=False))
    else:
        names_from = str(arguments.names or CHOICES[arguments.name_from])
        print_plan(plan, ignored=scan.ignored, usd=usd, names_from=names_from, console=Console())
    return FAILED if plan.impossible else 0


def _tell(summary: Summary, arguments: argparse.Namespace, *, halted: str, interrupted: bool) -> None:
    if arguments.json:
        print(json.dumps(summary.as_json(), ensure_ascii=False))
    else:
        print_summary(summary, Console())
    if halted or interrupted:
        why = f"Stopped: {halted}" if halted else "Interrupted."
        print(f"{why} Run the same command again to go on.", file=sys.stderr)


if __name__ == "__main__":
    run_script(main)
