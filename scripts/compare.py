#!/usr/bin/env python3
"""Compares the largest face of one photo with those of another, or with an indexed face or photo."""

import plain_shell  # noqa: F401  # before what it speaks of

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

from command_line import UsageError, connect, make_parser, print_rows, run_script
from faceprint_client import Answer, Photo

NO_MATCH, ERROR = 1, 3
_EXAMPLES = """
  compare.py a.jpg b.jpg && echo the same person
  compare.py a.jpg --target-key team/ada.jpg --threshold 95
  compare.py a.jpg --target-face-id 2f4d8f4e-...

Exit codes, as those of grep and cmp with one between: 0 match, 1 no match, 2 called wrongly, 3 it could not be told
(no face on the source, an unknown key, no connection).
"""


def main() -> int:
    """The exit code."""
    arguments = _parse()
    answer = connect(arguments).compare(arguments.source, _target(arguments), threshold=arguments.threshold)
    if arguments.json:
        print(json.dumps(answer))
    else:
        print_rows([_row(answer)], columns=("outcome", "similarity", "matched faces", "other faces"))
    return 0 if answer["outcome"] == "match" else NO_MATCH


def _parse() -> argparse.Namespace:
    parser = make_parser(__doc__ or "", examples=_EXAMPLES)
    parser.add_argument("source", type=Path, metavar="SOURCE", help="a photo; its largest face is compared")
    parser.add_argument("target", type=Path, nargs="?", metavar="TARGET", help="another photo")
    parser.add_argument("--target-face-id", metavar="FACEID", help="an indexed face instead")
    parser.add_argument("--target-key", metavar="KEY", help="an indexed photo instead")
    parser.add_argument("--threshold", type=float, help="least similarity in percent (the deployment's)")
    parser.add_argument("--json", action="store_true", help="Rekognition's CompareFaces answer with the outcome")
    arguments = parser.parse_args()
    if sum(map(bool, (arguments.target, arguments.target_face_id, arguments.target_key))) != 1:
        raise UsageError("Name one target: a photo, --target-face-id or --target-key.")
    for photo in filter(None, (arguments.source, arguments.target)):
        if not photo.is_file():
            raise UsageError(f"{photo} is no file.")
    return arguments


def _target(arguments: argparse.Namespace) -> Photo | Mapping[str, str]:
    if arguments.target_face_id:
        return {"faceId": arguments.target_face_id}
    if arguments.target_key:
        return {"key": arguments.target_key}
    target: Path = arguments.target
    return target


def _row(answer: Answer) -> Answer:
    matches = answer["FaceMatches"]
    return {
        "outcome": answer["outcome"],
        "similarity": max((match["Similarity"] for match in matches), default=None),
        "matched faces": len(matches),
        "other faces": len(answer["UnmatchedFaces"]),
    }


if __name__ == "__main__":
    run_script(main, failed=ERROR)
