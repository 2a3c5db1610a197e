"""Reads `Image.S3Object` through boto3, which finds the endpoint and credentials in the engine's own environment."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from face_engine.errors import (
    AccessDeniedError,
    ImageTooLargeError,
    InternalServerError,
    InvalidParameterError,
    InvalidS3ObjectError,
)
from face_engine.images import MAX_OBJECT_BYTES

PATIENCE = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2})
SERVER_FAULT = 500


def read_object(place: dict[str, str], *, region: str) -> bytes:
    """The object's bytes, at most 15 MB; `place` is Rekognition's `S3Object` (Bucket, Name, Version)."""
    if not {"Bucket", "Name"} <= place.keys():
        raise InvalidParameterError("Request has invalid parameters. Image.S3Object needs Bucket and Name.")
    wanted = {"Bucket": place["Bucket"], "Key": place["Name"]}
    if "Version" in place:
        wanted["VersionId"] = place["Version"]
    try:
        answer = _client(region).get_object(**wanted)
        with answer["Body"] as body:
            if answer["ContentLength"] > MAX_OBJECT_BYTES:
                raise ImageTooLargeError
            return bytes(body.read())
    except ClientError as exc:
        if exc.response["ResponseMetadata"]["HTTPStatusCode"] >= SERVER_FAULT:
            raise InternalServerError("S3 failed to answer; try again.") from exc
        raise InvalidS3ObjectError from exc
    except NoCredentialsError as exc:
        raise AccessDeniedError("The engine has no AWS credentials to read S3 with.") from exc
    except BotoCoreError as exc:
        raise InternalServerError("S3 cannot be reached from the engine; try again.") from exc


@lru_cache(maxsize=4)
def _client(region: str) -> Any:
    """One client for each region that callers sign for; clients may be shared by threads."""
    return boto3.session.Session().client("s3", region_name=region, config=PATIENCE)
