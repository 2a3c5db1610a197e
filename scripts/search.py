#!/usr/bin/env python3
"""Says who is on photos: a row per match, with file, outcome, name and similarity."""

import plain_shell  # noqa: F401  # before what it speaks of

import argparse
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from command_line import (
    Row,
    UsageError,
    connect,
    find_photos,
    in_parallel,
    make_parser,
    or_error,
    print_rows,
    run_script,
    show,
    tell_errors,
    with_progress,
)
from faceprint_client import Answer, FaceprintClient, FaceprintError

COLUMNS = ("file", "outcome", "name", "similarity")
_WORKERS = 4
_EXAMPLES = """
  search.py who.jpg                                the person with the largest face
  search.py holiday/ --threshold 90 --max-faces 5  every photo of a folder, up to five matches each
  search.py who.jpg --json | jq .name              JSON Lines
  search.py --face-id 2f4d8f4e-...                 the faces that look like an indexed one

Outcomes: match, unknown, no_face, low_quality; error for a photo that failed, with the reason on standard error.
Exit codes: 0 all photos were searched, 1 one or more failed, 2 called wrongly.
"""


def main() -> int:
    """The exit code."""
    arguments = _parse()
    client = connect(arguments)
    errors: list[str] = []
    print_rows(_rows(client, arguments, errors), columns=COLUMNS, as_json=arguments.json)
    return tell_errors(errors)


def _parse() -> argparse.Namespace:
    parser = make_parser(__doc__ or "", examples=_EXAMPLES)
    parser.add_argument("photos", type=Path, nargs="*", metavar="PHOTO|DIR")
    parser.add_argument("--face-id", help="search by this indexed face instead of by photos")
    parser.add_argument("--threshold", type=float, help="least similarity in percent (the deployment's)")
    parser.add_argument("--max-faces", type=int, default=1, help="most matches per photo (1)")
    parser.add_argument("--json", action="store_true", help="JSON Lines, with key and FaceId of the match")
    arguments = parser.parse_args()
    if bool(arguments.photos) == bool(arguments.face_id):
        raise UsageError("Name photos or folders, or one --face-id.")
    return arguments


def _rows(client: FaceprintClient, arguments: argparse.Namespace, errors: list[str]) -> Iterator[Row]:
    options = {"threshold": arguments.threshold, "max_faces": arguments.max_faces}
    if arguments.face_id:
        yield from _matches(arguments.face_id, client.search_by_face_id(arguments.face_id, **options))
        return
    photos = find_photos(arguments.photos)
    search = partial(client.search, **options)
    answers = with_progress(
        in_parallel(or_error(search), photos, workers=_WORKERS), total=len(photos), what="Searching"
    )
    for photo, answer in zip(photos, answers, strict=True):
        if isinstance(answer, FaceprintError):
            errors.append(f"{show(photo)}: {answer}")
            yield _row(str(photo), "error")
        else:
            yield from _matches(str(photo), answer)


def _matches(file: str, answer: Answer) -> Iterator[Row]:
    for match in answer["matches"]:
        yield _row(file, answer["outcome"], match)
    if not answer["matches"]:
        yield _row(file, answer["outcome"])


def _row(file: str, outcome: str, match: Answer | None = None) -> Row:
    found = match or {}
    return {
        "file": file,
        "outcome": outcome,
        "name": found.get("name"),
        "similarity": found.get("Similarity"),
        "key": found.get("key"),
        "FaceId": found.get("FaceId"),
    }


if __name__ == "__main__":
    run_script(main)
