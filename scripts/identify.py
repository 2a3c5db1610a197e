#!/usr/bin/env python3
"""Names everybody on photos and writes each picture with boxes and names beside its photo, or into a folder."""

import plain_shell  # noqa: F401  # before what it speaks of

import argparse
import base64
import sys
from functools import partial
from pathlib import Path

from command_line import (
    UsageError,
    connect,
    find_photos,
    in_parallel,
    make_parser,
    or_error,
    print_rows,
    replace_file,
    run_script,
    show,
    tell_errors,
    with_progress,
)
from faceprint_client import Answer, FaceprintError

COLUMNS = ("file", "face", "outcome", "name", "similarity")
SUFFIX = "-named.jpg"
_WORKERS = 2
_EXAMPLES = f"""
  identify.py group.jpg                  writes group{SUFFIX} beside it
  identify.py holiday/ --out named/      every photo of a folder, pictures into another
  identify.py group.jpg --max-search 50  looks for the 50 largest faces

Faces are numbered from left to right. A picture that is there already is replaced with --overwrite only, and a photo
that is read is never written. Of a folder, earlier pictures (*{SUFFIX}) are passed over.
Exit codes: 0 done, 1 one or more photos failed, or have faces that could not be searched in time, 2 called wrongly.
"""


def main() -> int:
    """The exit code."""
    arguments = _parse()
    client = connect(arguments)
    targets = _plan(arguments.photos, arguments.out, overwrite=arguments.overwrite)
    options = {"threshold": arguments.threshold, "max_search": arguments.max_search, "annotate": True}
    identify = partial(client.identify, **options)
    answers = in_parallel(or_error(identify), list(targets), workers=_WORKERS)
    rows, errors, drawn = [], [], list[Path]()
    for photo, answer in zip(targets, with_progress(answers, total=len(targets), what="Identifying"), strict=True):
        if isinstance(answer, FaceprintError):
            errors.append(f"{show(photo)}: {answer}")
            continue
        with replace_file(targets[photo]) as file:
            file.write(base64.b64decode(answer["annotated"]))
        drawn.append(photo)
        rows += _rows(photo, targets[photo], answer)
        errors += _unsearched(photo, answer)
    print_rows(rows, columns=COLUMNS, as_json=arguments.json)
    _tell_pictures([targets[photo] for photo in targets if photo in drawn])
    return tell_errors(errors)


def _parse() -> argparse.Namespace:
    parser = make_parser(__doc__ or "", examples=_EXAMPLES)
    parser.add_argument("photos", type=Path, nargs="+", metavar="PHOTO|DIR")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where the pictures go (beside their photos)")
    parser.add_argument("--overwrite", action="store_true", help="replace earlier pictures")
    parser.add_argument("--threshold", type=float, help="least similarity in percent (the deployment's)")
    parser.add_argument("--max-search", type=int, help="faces to search for, the largest first (20)")
    parser.add_argument("--json", action="store_true", help="JSON Lines instead of a table")
    return parser.parse_args()


def _plan(paths: list[Path], out: Path | None, *, overwrite: bool) -> dict[Path, Path]:
    """The picture for each photo. Raises UsageError before anything is sent or written."""
    named = set(paths)
    photos = [photo for photo in find_photos(paths) if photo in named or not photo.name.endswith(SUFFIX)]
    if out:
        out.mkdir(parents=True, exist_ok=True)
    targets = {photo: (out or photo.parent) / f"{photo.stem}{SUFFIX}" for photo in photos}
    taken: dict[Path, Path] = {}
    inputs = {photo.resolve() for photo in photos}
    for photo, target in targets.items():
        other = taken.setdefault(target.resolve(), photo)
        if other != photo:
            raise UsageError(f"{photo} and {other} would both become {target}; identify them one by one.")
        if target.resolve() in inputs:
            raise UsageError(f"{target} is a photo to be read and would be written; give --out another folder.")
        if target.exists() and not overwrite:
            raise UsageError(f"{target} is there already; give --overwrite, or --out another folder.")
    return targets


def _tell_pictures(pictures: list[Path]) -> None:
    """On standard error: rows are what standard output is for."""
    if len(pictures) == 1:
        print(f"The picture with boxes and names: {show(pictures[0])}", file=sys.stderr)
    elif pictures:
        folders = ", ".join(sorted({show(picture.parent) for picture in pictures}))
        print(f"{len(pictures)} pictures with boxes and names (*{SUFFIX}) are in {folders}", file=sys.stderr)


def _rows(photo: Path, picture: Path, answer: Answer) -> list[Answer]:
    """One per face, and one for a photo without."""
    faces = [
        {
            "file": str(photo),
            "face": number,
            "outcome": face["outcome"],
            "name": face["name"],
            "similarity": face.get("match", {}).get("Similarity"),
            "picture": str(picture),
        }
        for number, face in enumerate(answer["faces"], start=1)
    ]
    nobody = {"face": 0, "outcome": "no_face", "name": None, "similarity": None}
    return faces or [{"file": str(photo), **nobody, "picture": str(picture)}]


def _unsearched(photo: Path, answer: Answer) -> list[str]:
    """The faces that were meant to be searched and were not."""
    reasons = ((number, face.get("reason")) for number, face in enumerate(answer["faces"], start=1))
    return [
        f"{show(photo)}: face {number} was not searched. {reason}"
        for number, reason in reasons
        if reason and not reason.startswith("MaxSearch:")
    ]


if __name__ == "__main__":
    run_script(main)
