"""Which bucket, tables, collection and queues: from the command line, Terraform's outputs, the environment or .env."""

import argparse
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from dotenv import dotenv_values, find_dotenv

from command_line import UsageError
from faceprint.model.errors import FaceprintError

NAMES = {  # option -> the variable of the functions' environment, the output of Terraform
    "bucket": ("AWS_S3_BUCKET_NAME", "s3_bucket"),
    "table": ("AWS_DYNAMODB_TABLE_ID", "dynamodb_table"),
    "images_table": ("AWS_DYNAMODB_IMAGES_TABLE_ID", "dynamodb_images_table"),
    "collection": ("AWS_REKOGNITION_COLLECTION_ID", "rekognition_collection"),
}
AWS_FAILURES = (BotoCoreError, ClientError, FaceprintError)
"""What a call may end with: boto3's own errors, and those that the functions' room aws/ makes of them."""

_RETRIES = Config(retries={"mode": "adaptive", "max_attempts": 10})
"""A whole library is read beside the functions: throttling slows the check down, it does not end it."""


@dataclass(frozen=True)
class Deployment:
    """Names, and the clients that reach them with the caller's own credentials."""

    bucket: str
    table: str
    images_table: str
    collection: str
    s3: Any
    dynamodb: Any
    rekognition: Any
    sqs: Any


def read_deployment(arguments: argparse.Namespace) -> Deployment:
    """Raises UsageError for names that are given nowhere, or for outputs that cannot be read."""
    outputs = _read_outputs(arguments.outputs) if arguments.outputs else {}
    settings = {**dotenv_values(find_dotenv(usecwd=True)), **os.environ}
    names = {
        option: getattr(arguments, option) or outputs.get(output) or settings.get(variable) or ""
        for option, (variable, output) in NAMES.items()
    }
    missing = [f"--{option.replace('_', '-')} ({NAMES[option][0]})" for option, name in names.items() if not name]
    if missing:
        raise UsageError(f"Give {', '.join(missing)}, or --outputs with what `terraform output -json` prints.")
    return _connect(names, outputs.get("aws_region") or settings.get("AWS_REGION"))


def _connect(names: Mapping[str, str], region: str | None) -> Deployment:
    session = boto3.Session(region_name=region)
    clients = {
        service: session.client(service, config=_RETRIES) for service in ("s3", "dynamodb", "rekognition", "sqs")
    }
    return Deployment(**names, **clients)


def _read_outputs(path: str) -> dict[str, str]:
    text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
    try:
        return {name: str(output["value"]) for name, output in json.loads(text).items()}
    except (ValueError, TypeError, KeyError, AttributeError) as exc:
        raise UsageError(f"{path} is not what `terraform output -json` prints.") from exc
