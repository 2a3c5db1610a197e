#!/usr/bin/env python3
"""Erases photos with their faces and rows, or single faces; asks first."""

import plain_shell  # noqa: F401  # before what it speaks of

import argparse
import json
import sys
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

from rich.console import Console
from rich.prompt import Confirm

from command_line import FAILED, Row, UsageError, connect, make_parser, make_table, run_script, show
from faceprint_client import Answer, FaceprintClient, NotFoundError

COLUMNS = ("what", "key", "name", "faces")
_MOST_SHOWN = 50
_EXAMPLES = """
  erase.py team/ada.jpg team/bob.jpg  the photos in all their versions, their faces and their rows
  erase.py --prefix team/ --yes       all photos whose keys begin so
  erase.py --name "Ada Lovelace"      all photos that bear this person's name
  erase.py --face 2f4d8f4e-...        one face; its photo stays

Exit codes: 0 all of it is erased, 1 something was not found, failed or was declined, 2 called wrongly.
"""


@dataclass
class Found:
    """What there is to erase, as rows to show, and what was asked for in vain."""

    rows: list[Row] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def main() -> int:
    """The exit code."""
    arguments = _parse()
    client = connect(arguments)
    found = _find(client, arguments)
    for name in found.missing:
        print(f"{show(name)}: not found", file=sys.stderr)
    if not found.rows:
        print("There is nothing to erase.", file=sys.stderr)
        return FAILED
    if not arguments.yes and not _confirm(found.rows):
        print("Nothing was erased.", file=sys.stderr)
        return FAILED
    for row in found.rows:
        _erase(client, row, found.missing, as_json=arguments.json)
    return FAILED if found.missing else 0


def _parse() -> argparse.Namespace:
    parser = make_parser(__doc__ or "", examples=_EXAMPLES)
    parser.add_argument("keys", nargs="*", metavar="KEY")
    parser.add_argument("--face", action="append", default=[], metavar="FACEID", help="may be repeated")
    parser.add_argument("--prefix", help="all photos whose keys begin so")
    parser.add_argument("--name", metavar="PERSON", help="all photos that bear this name, in any case")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--json", action="store_true", help="JSON Lines of what was removed")
    arguments = parser.parse_args()
    if not (arguments.keys or arguments.face or arguments.prefix or arguments.name):
        raise UsageError("Name keys, --face, --prefix or --name.")
    if not arguments.yes and not sys.stdin.isatty():
        raise UsageError("There is no terminal to ask on; give --yes to erase without being asked.")
    return arguments


def _find(client: FaceprintClient, arguments: argparse.Namespace) -> Found:
    found = Found()
    for key in dict.fromkeys(arguments.keys):
        try:
            image = client.get_image(key)["image"]
            found.rows.append({"what": "photo", "key": key, "name": image.get("name"), "faces": image.get("faces")})
        except NotFoundError:
            found.missing.append(key)
    if arguments.prefix:
        _find_listed(client, arguments.prefix, found, lambda _: True, asked=f"{arguments.prefix}*")
    if arguments.name:
        wanted = _folded(arguments.name)
        _find_listed(client, "", found, lambda image: _folded(image.get("name") or "") == wanted, asked=arguments.name)
    for face_id in dict.fromkeys(arguments.face):
        try:
            face = client.get_face(face_id)
            found.rows.append(
                {"what": "face", "key": face["key"], "name": face.get("name"), "faces": 1, "FaceId": face_id}
            )
        except NotFoundError:
            found.missing.append(face_id)
    return found


def _find_listed(
    client: FaceprintClient, prefix: str, found: Found, is_meant: Callable[[Answer], bool], *, asked: str
) -> None:
    """Those of the list below a prefix that are meant and not yet found; `asked` is missing when there is none."""
    known = {row["key"] for row in found.rows}
    meant = [image for image in client.images(prefix=prefix) if is_meant(image)]
    found.rows += [
        {"what": "photo", "key": image["key"], "name": image.get("name"), "faces": image.get("faces")}
        for image in meant
        if image["key"] not in known
    ]
    if not meant:
        found.missing.append(asked)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name.strip()).casefold()


def _confirm(rows: list[Row]) -> bool:
    console = Console(stderr=True)
    console.print(make_table(rows[:_MOST_SHOWN], columns=COLUMNS))
    if len(rows) > _MOST_SHOWN:
        console.print(f"… and {len(rows) - _MOST_SHOWN} more")
    return Confirm.ask(
        f"Erase {'these ' if len(rows) > 1 else 'this '}{len(rows)}, for good?", console=console, default=False
    )


def _erase(client: FaceprintClient, row: Row, missing: list[str], *, as_json: bool) -> None:
    """Says at once what was removed, since what comes next may fail."""
    face_id, key = row.get("FaceId"), row["key"]
    try:
        removed = (client.delete_face(face_id) if face_id else client.delete_image(key))["deleted"]
    except NotFoundError:
        missing.append(face_id or key)
        print(f"{show(face_id or key)}: not found; somebody else has erased it", file=sys.stderr)
        return
    if as_json:
        print(json.dumps({"key": key, **removed}, ensure_ascii=False), flush=True)
    else:
        print("erased", show(key), ", ".join(removed["FaceIds"]) or "no face", sep="\t", flush=True)


if __name__ == "__main__":
    run_script(main)
