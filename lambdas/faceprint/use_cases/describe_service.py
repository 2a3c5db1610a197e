"""Tells configuration and versions, no secrets and no ARNs."""

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from faceprint import __version__
from faceprint.model.configuration import Settings


def describe_service(settings: Settings) -> dict[str, Any]:
    """The answer of /info, under the names that users of the API know."""
    return {
        "version": __version__,
        "aws": {
            "apigateway": {"stage": settings.stage},
            "dynamodb": {"table_name": settings.table, "images_table_name": settings.images_table},
            "rekognition": {"collection_id": settings.collection},
            "s3": {"bucket_name": settings.bucket},
        },
        "settings": {
            "shared_resource_identifier": settings.shared_resource_identifier,
            "aws_rekognition": {
                "aws_rekognition_collection_id": settings.collection,
                "aws_rekognition_face_detect_attributes": ",".join(settings.attributes),
                "aws_rekognition_face_detect_max_faces_count": settings.max_faces,
                "aws_rekognition_face_detect_quality_filter": settings.quality_filter,
                "aws_rekognition_face_detect_threshold": settings.threshold,
                "aws_rekognition_price_per_image": settings.price_per_image,
            },
            "environment": {
                "debug_mode": settings.debug_mode,
                "python_version": platform.python_version(),
                "boto3_version": _version_of("boto3"),
                "botocore_version": _version_of("botocore"),
            },
        },
    }


def _version_of(package: str) -> str:
    """Without importing it. Lambda's runtime brings the SDK, and AWS tells nobody which."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
