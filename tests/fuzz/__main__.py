"""Bad input at scale: `python -m tests.fuzz [--only NAME] [--cases N] [--minutes M] [--seed S]`.

Prints one line of JSON for each fuzzer and, on standard error, what it found; exits with 1 when it found anything.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "tests"), str(REPOSITORY / "lambdas")]

from fuzz.fuzzers import FUZZERS, run_fuzzer  # noqa: E402 - the path comes first
from fuzz.tally import Budget  # noqa: E402
from fuzz.world import running_world  # noqa: E402


def main() -> int:
    """Runs the fuzzers one after the other against one world."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--only", choices=list(FUZZERS), action="append", help="these fuzzers alone")
    parser.add_argument("--cases", type=int, default=10_000, help="of each fuzzer")
    parser.add_argument("--minutes", type=float, default=10, help="of each fuzzer, if its cases take longer")
    parser.add_argument("--seed", type=int, default=0, help="the same seed makes the same cases")
    arguments = parser.parse_args()
    found = 0
    with tempfile.TemporaryDirectory() as data, running_world(Path(data)) as world:
        for name in arguments.only or FUZZERS:
            tally = run_fuzzer(name, world, Budget(arguments.cases, 60 * arguments.minutes, arguments.seed))
            print(tally.closing_line(), flush=True)
            for label, case in tally.findings.items():
                print(f"  {label}: {case}", file=sys.stderr, flush=True)
            found += len(tally.findings)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
