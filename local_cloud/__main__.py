"""AWS on one machine: S3, SQS, DynamoDB, Lambda, API Gateway, CloudWatch and Rekognition on the loopback interface.

python -m local_cloud up       start, and stay until Ctrl-C
python -m local_cloud demo     start, index the samples, find the people, stop
python -m local_cloud status   what runs
python -m local_cloud logs     what gateway and functions have logged, in the order of its time
python -m local_cloud verify   compare bucket, tables and collection of what runs
python -m local_cloud reset    empty a data directory
"""

import prepared  # noqa: F401  # before what it speaks of

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from local_cloud.errors import StartupError


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line; see the module's text."""
    parser = argparse.ArgumentParser(
        prog="python -m local_cloud", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start, and stay until Ctrl-C")
    demo = commands.add_parser("demo", help="start, do the whole job on samples/, stop")
    status = commands.add_parser("status", help="tell what runs")
    logs = commands.add_parser("logs", help="show the lines of gateway and functions in the order of their time")
    verify = commands.add_parser("verify", help="compare bucket, tables and collection of what runs")
    reset = commands.add_parser("reset", help="empty a data directory")
    for command, default_port in ((up, None), (demo, "0")):
        command.add_argument(
            "--port",
            metavar="N",
            default=default_port,
            help="gateway on N, AWS on N+1, Rekognition on N+2; 0: any free ports (up: 8000, demo: 0)",
        )
        command.add_argument("--host", help="address to listen on (127.0.0.1)")
        command.add_argument(
            "--terraform", action="store_true", default=None, help="provision by terraform/, as AWS is (80 s)"
        )
        command.add_argument(
            "--concurrency",
            metavar="N",
            help="invocations at once in the account; more are throttled (1000; new accounts of AWS have 10)",
        )
        command.add_argument("--debug", action="store_true", default=None, help="debug_mode: functions log events")
    up.add_argument(
        "--tps",
        dest="engine_tps",
        metavar="N",
        help="Rekognition's quota: requests per second of each operation, or aws for AWS's own (none)",
    )
    up.add_argument("--faults", type=Path, metavar="FILE", help="a plan of what is to go wrong (docs/faults.md)")
    for command in (up, demo, status, logs, verify, reset):
        what = (
            "keep images, tables, queues and faces here"
            if command in (up, demo)
            else "the directory of --data (the only cloud that runs)"
        )
        command.add_argument("--data", type=Path, metavar="DIR", required=command is reset, help=what)
    for command in (up, demo, status, verify):
        command.add_argument("--json", action="store_true", help="for programs: one line of JSON")
    logs.add_argument("--correlation-id", metavar="ID", help="only the lines of this request or photo")
    logs.add_argument("--function", metavar="NAME", help="only the log of this function, such as index")
    logs.add_argument("--follow", action="store_true", help="go on until Ctrl-C")
    verify.add_argument("--repair", action="store_true", help="repair what is safe to repair, then look again")
    verify.add_argument("--settle", type=float, metavar="SECONDS", help="between two looks (5)")
    verify.add_argument(
        "--patience", type=float, metavar="SECONDS", help="how long a photo may wait (what the queue allows)"
    )
    reset.add_argument("--yes", action="store_true", help="do not ask")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit status: 0 well, 1 not as expected, 2 could not start, 130 interrupted."""
    options = parse_arguments(arguments)
    try:
        # Only what is needed: importing the cloud takes a second, `status` should not.
        if options.command == "status":
            from local_cloud.commands.status import run_status

            return run_status(options)
        if options.command == "logs":
            from local_cloud.commands.logs import run_logs

            return run_logs(options)
        if options.command == "verify":
            from local_cloud.commands.verify import run_verify

            return run_verify(options)
        if options.command == "reset":
            from local_cloud.commands.reset import run_reset

            return run_reset(options)
        if options.command == "demo":
            from local_cloud.commands.demo import run_demo

            return run_demo(options)
        from local_cloud.commands.up import run_up

        return run_up(options)
    except StartupError as exc:
        print("\n".join(f"local_cloud: {line}" for line in str(exc).splitlines()), file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
