"""Cold starts in figures: a handler with its clients against a bare function that makes the same clients, in turns."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGES = REPOSITORY / "build" / "lambda"
TURNS = 9
CLIENTS = {
    "upload": ("upload_image", ("s3", "dynamodb")),
    "index": ("index_image", ("s3", "rekognition", "dynamodb")),
    "search": ("search_faces", ("s3", "rekognition", "dynamodb")),
    "library": ("read_image", ("s3", "dynamodb")),
    "info": ("settings", ()),
}
_TIMED = """
import time
started = time.perf_counter()
{work}
print(1000 * (time.perf_counter() - started))
"""
_BARE = (
    "import json, boto3; session = boto3.session.Session(); clients = [session.client(name) for name in {services!r}]"
)
_HANDLER = "from {module} import lambda_handler"
_WITH_CLIENTS = "; from faceprint.wiring import get_wiring; get_wiring().{use_case}"
Row = tuple[str, str]


def measure_handlers() -> list[Row]:
    """Fresh processes of the functions' own packages; the least of several, as noise only adds."""
    functions = yaml.safe_load((REPOSITORY / "lambdas" / "functions.yaml").read_text())["functions"]
    rows = []
    for name, function in functions.items():
        use_case, services = CLIENTS[name]
        handler = _HANDLER.format(module=function["handler"].rpartition(".")[0])
        works = (_BARE.format(services=services), handler, handler + _WITH_CLIENTS.format(use_case=use_case))
        spent = [[_run(work) for work in works] for _ in range(TURNS)]
        bare, imported, ready = (min(column) for column in zip(*spent, strict=True))
        rows.append(
            (
                f"cold start of {name}",
                f"bare with its clients {bare:.0f} ms, import {imported:.0f} ms ({imported / bare:.2f} x), "
                f"with clients {ready:.0f} ms ({ready / bare:.2f} x)",
            )
        )
    return rows


def _run(work: str) -> float:
    path = (REPOSITORY / "lambdas", PACKAGES / "layer", PACKAGES / "runtime")
    environment = {
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_S3_BUCKET_NAME": "bench",
        "AWS_DYNAMODB_TABLE_ID": "bench",
        "AWS_DYNAMODB_IMAGES_TABLE_ID": "bench",
        "AWS_REKOGNITION_COLLECTION_ID": "bench",
    }
    command = [sys.executable, "-S", "-c", _TIMED.format(work=work)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)
