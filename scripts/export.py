#!/usr/bin/env python3
"""Writes all images of the library with their faces as JSON Lines or CSV."""

import plain_shell  # noqa: F401  # before what it speaks of

import argparse
import csv
import io
import json
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import IO, Any

from command_line import connect, in_parallel, make_parser, replace_file, run_script, with_progress
from faceprint_client import Answer, FaceprintClient, NotFoundError

IMAGE_COLUMNS = ("key", "name", "status", "reason", "etag", "bytes", "width", "height", "UploadedAt", "IndexedAt")
FACE_COLUMNS = ("FaceId", "Confidence", "Left", "Top", "Width", "Height", "ExternalImageId", "IndexFacesModelVersion")
CSV_COLUMNS = (*IMAGE_COLUMNS, "metadata", "face_name", *FACE_COLUMNS)
_WORKERS = 4
_EXAMPLES = """
  export.py --output faces.jsonl                      an image per line: image, FaceRecords, UnindexedFaces
  export.py --format csv --prefix team/ -o faces.csv  a face per row; an image without faces has a row too
  export.py | jq -r .image.key                        to standard output

What is written holds names and faces of people: keep it as safe as the library itself. The file appears whole or not
at all. Each image costs one request, each page of 100 another.
"""


def main() -> int:
    """The exit code."""
    arguments = _parse()
    images = _read_images(connect(arguments), arguments.prefix)
    write = {"jsonl": _write_jsonl, "csv": _write_csv}[arguments.format]
    output: Path | None = arguments.output
    with replace_file(output) if output else nullcontext(sys.stdout.buffer) as file:
        rows = write(images, file)
    if output:
        print(f"{output}: {rows} rows", file=sys.stderr)
    return 0


def _parse() -> argparse.Namespace:
    parser = make_parser(__doc__ or "", examples=_EXAMPLES)
    parser.add_argument("--format", choices=("jsonl", "csv"), default="jsonl", help="JSON Lines (default) or CSV")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="standard output when not given")
    parser.add_argument("--prefix", default="", help="only keys that begin so")
    return parser.parse_args()


def _read_images(client: FaceprintClient, prefix: str) -> Iterator[Answer]:
    """Every image with its faces; what is erased meanwhile is left out."""
    keys = [image["key"] for image in client.images(prefix=prefix)]
    answers = in_parallel(partial(_read_image, client), keys, workers=_WORKERS)
    return (answer for answer in with_progress(answers, total=len(keys), what="Exporting") if answer)


def _read_image(client: FaceprintClient, key: str) -> Answer | None:
    try:
        answer = client.get_image(key)
    except NotFoundError:
        return None
    answer["image"].pop("link", None)  # it opens the photo to everybody for some minutes
    return answer


def _write_jsonl(images: Iterator[Answer], file: IO[bytes]) -> int:
    rows = 0
    for rows, image in enumerate(images, start=1):  # noqa: B007  # the last one is the count
        file.write(json.dumps(image, ensure_ascii=False).encode() + b"\n")
    return rows


def _write_csv(images: Iterator[Answer], file: IO[bytes]) -> int:
    rows = 0
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.DictWriter(text, CSV_COLUMNS)
    writer.writeheader()
    for image in images:
        for row in _csv_rows(image):
            writer.writerow(row)
            rows += 1
    text.detach()
    return rows


def _csv_rows(answer: Answer) -> list[dict[str, Any]]:
    image = answer["image"]
    described = {column: image.get(column, "") for column in IMAGE_COLUMNS}
    described["metadata"] = json.dumps(image["metadata"], ensure_ascii=False) if image.get("metadata") else ""
    faces = [record["Face"] for record in answer["FaceRecords"]]
    return [described | _face_cells(face) for face in faces] or [described]


def _face_cells(face: Answer) -> dict[str, Any]:
    flat = {**face, **face["BoundingBox"]}
    return {"face_name": face.get("name", ""), **{column: flat.get(column, "") for column in FACE_COLUMNS}}


if __name__ == "__main__":
    run_script(main)
