#!/usr/bin/env python3
"""Compares bucket, image table, face table and collection, says what disagrees, and repairs what is safe to repair."""

import plain_shell  # noqa: F401  # before what it speaks of

import argparse
import sys

from command_line import FAILED, USAGE, run_script
from verifying.deployment import AWS_FAILURES, NAMES, read_deployment
from verifying.queues import find_queue
from verifying.report import Report, print_report
from verifying.run import Options, Verification

_EXAMPLES = """examples:
  terraform -chdir=terraform output -json | python scripts/verify.py --outputs -
  python scripts/verify.py --bucket B --table T --images-table I --collection C --json
  python scripts/verify.py --outputs outputs.json --repair

Exit codes: 0 the stores agree, 1 they do not, 2 it could not be checked, 130 Ctrl-C.
"""


def main() -> int:
    """The exit code."""
    arguments = _parse()
    try:
        deployment = read_deployment(arguments)
        options = Options(arguments.settle, arguments.patience, arguments.wait)
        report = _verify(Verification(deployment, find_queue(deployment), options), repair=arguments.repair)
    except AWS_FAILURES as error:
        print(f"It could not be checked: {error}", file=sys.stderr)
        return USAGE
    print_report(report, as_json=arguments.json)
    return FAILED if report.look.findings else 0


def _verify(verification: Verification, *, repair: bool) -> Report:
    return verification.repair() if repair else verification.check()


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--repair", action="store_true", help="repair what is safe to repair, then look again")
    parser.add_argument("--settle", type=float, default=5, metavar="SECONDS", help="between the two looks (5)")
    parser.add_argument(
        "--patience", type=float, metavar="SECONDS", help="how long a photo may wait (what the queue allows)"
    )
    parser.add_argument("--wait", type=float, default=120, metavar="SECONDS", help="for the repair's indexing (120)")
    names = parser.add_argument_group("the deployment (also in the environment or in the nearest .env upward)")
    names.add_argument("--outputs", metavar="FILE", help="what `terraform output -json` printed; -: standard input")
    for option, (variable, _) in NAMES.items():
        names.add_argument(f"--{option.replace('_', '-')}", metavar="NAME", help=variable)
    return parser.parse_args()


if __name__ == "__main__":
    run_script(main, failed=USAGE)
