"""`python -m tests.soak`: 10,000 small photos under throttling, kills, and events that come as they like."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "tests"), str(REPOSITORY / "lambdas")]

from rich.console import Console  # noqa: E402 - the path comes first
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: E402

from soak.closing import Closing  # noqa: E402
from soak.report import closing_table  # noqa: E402
from soak.run import Options, Soak  # noqa: E402

INTERRUPTED = 130


def main() -> int:
    """0: nothing lost, nothing twice, all stores agree; 1: not so; 130: Ctrl-C."""
    options, data = _parse()
    with tempfile.TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True) as folder:
        soak = Soak(options, data or Path(folder) / "data")
        try:
            closing = _run(soak)
        except KeyboardInterrupt:
            print("stopped before the end: nothing was compared", file=sys.stderr)
            return INTERRUPTED
    Console().print(closing_table(soak, closing))
    _print_details(closing)
    return 0 if closing.is_well(soak.workload) and soak.is_flat else 1


def _run(soak: Soak) -> Closing:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("starting", total=len(soak.workload.steps))
        soak.tell = lambda done, doing: progress.update(task, completed=done, description=doing)
        return soak.run()


def _print_details(closing: Closing) -> None:
    """What is wrong, the first of each."""
    for name in ("lost", "undeleted", "doubled", "disagreements"):
        for wrong in getattr(closing, name)[:10]:
            print(f"{name}: {wrong}")


def _parse() -> tuple[Options, Path | None]:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    defaults = Options(uploads=10_000)
    parser.add_argument("--uploads", type=int, default=defaults.uploads, metavar="N", help="how many (10000)")
    parser.add_argument("--seed", type=int, default=defaults.seed, metavar="N", help="of all dice (1)")
    parser.add_argument("--kills", type=int, default=100, metavar="N", help="of workers and the engine (100)")
    parser.add_argument("--cloud-kills", type=int, default=5, metavar="N", help="of the whole cloud (5)")
    parser.add_argument("--clients", type=int, default=defaults.clients, metavar="N", help="at a time (8)")
    parser.add_argument("--rate", type=float, default=defaults.rate, metavar="R", help="of throttled calls (0.3)")
    parser.add_argument(
        "--drain-seconds", type=float, default=900, metavar="S", help="for what is left in the end (900)"
    )
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="keep the cloud's data and logs here, an empty directory"
    )
    given = vars(parser.parse_args())
    data = given.pop("data")
    return Options(**given), data


if __name__ == "__main__":
    sys.exit(main())
