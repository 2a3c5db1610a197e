#!/usr/bin/env python3
"""Shows the images that are not indexed: those that wait and those that failed, with reasons and ages."""

import plain_shell  # noqa: F401  # before what it speaks of

import argparse
import time
from datetime import UTC, datetime

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from command_line import Row, connect, make_parser, make_table, print_rows, run_script
from faceprint_client import FaceprintClient

COLUMNS = ("key", "status", "age", "reason")
_WATCHED = ("PENDING", "FAILED")
_EXAMPLES = """
  watch_index.py                a table that is drawn anew every few seconds, until Ctrl-C
  watch_index.py --once         once; tab-separated in a pipe
  watch_index.py --once --json  JSON Lines

The API cannot list by status, so each look reads the whole list (or that of --prefix), a request per 100 images.
"""


def main() -> int:
    """The exit code; a watch has no other end than Ctrl-C."""
    arguments = _parse()
    client = connect(arguments)
    if arguments.once or arguments.json or not Console().is_terminal:
        print_rows(find_unfinished(client, arguments.prefix), columns=COLUMNS, as_json=arguments.json)
    else:
        _watch(client, arguments)
    return 0


def _parse() -> argparse.Namespace:
    parser = make_parser(__doc__ or "", examples=_EXAMPLES)
    parser.add_argument("--prefix", default="", help="only keys that begin so")
    parser.add_argument("--interval", type=float, default=5, metavar="SECONDS", help="between two looks (5)")
    parser.add_argument("--once", action="store_true", help="look once and end; so it is where there is no terminal")
    parser.add_argument("--json", action="store_true", help="JSON Lines of one look")
    return parser.parse_args()


def find_unfinished(client: FaceprintClient, prefix: str) -> list[Row]:
    """A row per image that waits or failed, the oldest first."""
    now = datetime.now(UTC)
    images = [image for image in client.images(prefix=prefix) if image["status"] in _WATCHED]
    images.sort(key=lambda image: str(image.get("UploadedAt", "")))
    return [
        {
            "key": image["key"],
            "status": image["status"],
            "age": _age(image.get("UploadedAt"), now),
            "reason": image.get("reason"),
            "UploadedAt": image.get("UploadedAt"),
        }
        for image in images
    ]


def _age(uploaded_at: str | None, now: datetime) -> str | None:
    """In the two largest units: 3d 4h, 4h 12m, 12m 5s."""
    if not uploaded_at:
        return None
    seconds = max(0, int((now - datetime.fromisoformat(uploaded_at)).total_seconds()))
    sizes = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
    parts: list[str] = []
    for unit, size in sizes:
        count, seconds = divmod(seconds, size)
        if count or parts:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2]) or "0s"


def _watch(client: FaceprintClient, arguments: argparse.Namespace) -> None:
    with Live(console=Console(), auto_refresh=False) as live:
        while True:
            rows = find_unfinished(client, arguments.prefix)
            counts = {status: sum(row["status"] == status for row in rows) for status in _WATCHED}
            said = f"{counts['PENDING']} pending, {counts['FAILED']} failed at {datetime.now():%H:%M:%S}; Ctrl-C ends"
            live.update(Group(make_table(rows, columns=COLUMNS), Text(said)), refresh=True)
            time.sleep(arguments.interval)


if __name__ == "__main__":
    run_script(main)
