"""The settings of every function, read from the environment once. The names are those of lambdas/functions.yaml."""

import os
from collections.abc import Callable, Mapping
from typing import Any

from faceprint.model.configuration import Settings
from faceprint.model.errors import InvalidParameterError, MisconfiguredError
from faceprint.model.limits import MAX_SEARCH_CONCURRENCY
from faceprint.model.parameters import (
    ATTRIBUTES,
    QUALITY_FILTERS,
    read_attributes,
    read_choice,
    read_count,
    read_flag,
    read_percent,
)


def read_settings() -> Settings:
    """The settings of this process. Raises MisconfiguredError."""
    return load_settings(os.environ)


def load_settings(environment: Mapping[str, str]) -> Settings:
    """Reads and checks the environment. Raises MisconfiguredError with all mistakes together."""
    mistakes: list[str] = []

    def read(reader: Callable[..., Any], name: str, **options: Any) -> Any:
        try:
            return reader(environment, name, **options)
        except InvalidParameterError as exc:
            mistakes.append(str(exc))
            return options.get("default")

    settings = Settings(
        shared_resource_identifier=environment.get("SHARED_RESOURCE_IDENTIFIER", ""),
        stage=environment.get("STAGE", ""),
        debug_mode=read(read_flag, "DEBUG_MODE"),
        bucket=environment.get("AWS_S3_BUCKET_NAME", ""),
        table=environment.get("AWS_DYNAMODB_TABLE_ID", ""),
        images_table=environment.get("AWS_DYNAMODB_IMAGES_TABLE_ID", ""),
        collection=environment.get("AWS_REKOGNITION_COLLECTION_ID", ""),
        max_faces=read(read_count, "AWS_REKOGNITION_FACE_DETECT_MAX_FACES_COUNT", default=100, most=100),
        threshold=read(read_percent, "AWS_REKOGNITION_FACE_DETECT_THRESHOLD", default=80.0),
        quality_filter=read(
            read_choice, "AWS_REKOGNITION_FACE_DETECT_QUALITY_FILTER", choices=QUALITY_FILTERS, default="AUTO"
        ),
        attributes=read(_read_attributes, "AWS_REKOGNITION_FACE_DETECT_ATTRIBUTES", default=("DEFAULT",)),
        price_per_image=read(_read_amount, "AWS_REKOGNITION_PRICE_PER_IMAGE", default=0.001),
        search_concurrency=read(
            read_count, "AWS_REKOGNITION_SEARCH_CONCURRENCY", default=8, most=MAX_SEARCH_CONCURRENCY
        ),
        index_queue_url=environment.get("AWS_SQS_INDEX_QUEUE_URL", ""),
        upload_wait_seconds=read(_read_amount, "UPLOAD_WAIT_SECONDS", default=10.0),
        link_expiry_seconds=read(read_count, "LINK_EXPIRY_SECONDS", default=900, most=3600),
        cors_allowed_origins=tuple(filter(None, environment.get("CORS_ALLOWED_ORIGINS", "").split(","))),
        metrics_namespace=environment.get("METRICS_NAMESPACE", ""),
    )
    if mistakes:
        raise MisconfiguredError("; ".join(mistakes))
    return settings


def _read_attributes(environment: Mapping[str, str], name: str, *, default: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return read_attributes({"attributes": environment.get(name)}, default=default)
    except InvalidParameterError:
        raise InvalidParameterError(f"{name} must be of {', '.join(ATTRIBUTES)}, comma-separated.") from None


def _read_amount(environment: Mapping[str, str], name: str, *, default: float) -> float:
    text = environment.get(name)
    try:
        value = float(text) if text else default
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e6:
        raise InvalidParameterError(f"{name} must be a number that is not negative.")
    return value
