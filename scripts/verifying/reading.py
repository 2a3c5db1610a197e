"""Reads the four stores, page by page, as streams of facts."""

import sys
from collections.abc import Iterable, Iterator
from typing import Any

from faceprint.aws.face_records import FaceRecords
from faceprint.model.boxes import BoundingBox
from faceprint.model.records import is_folder
from verifying.deployment import Deployment
from verifying.facts import CollectionFact, FaceFact, ImageFact, ObjectFact

_FACES_PAGE = 4096
"""The most that ListFaces answers at once."""

_ALIASES = {"#key": "key"}
_IMAGE_COLUMNS = "#key, #status, ETag, VersionId, FaceIds, FaceCount, LeaseUntil"
_FACE_COLUMNS = "FaceId, #key, ExternalImageId"


def read_objects(deployment: Deployment) -> Iterator[ObjectFact]:
    """The newest version of every key, delete markers included: they tell when an object went.

    What only stands for a folder is taken for hidden: it is no photo.
    """
    for page in deployment.s3.get_paginator("list_object_versions").paginate(Bucket=deployment.bucket):
        for entry in page.get("Versions", []):
            if entry["IsLatest"]:
                yield _to_object(entry, deleted=is_folder(entry["Key"], entry["Size"]))
        for entry in page.get("DeleteMarkers", []):
            if entry["IsLatest"]:
                yield _to_object(entry, deleted=True)


def _to_object(entry: dict[str, Any], *, deleted: bool = False) -> ObjectFact:
    return ObjectFact(
        key=sys.intern(entry["Key"]),
        etag=sys.intern(entry.get("ETag", "").strip('"')),
        version_id=sys.intern(entry.get("VersionId") or "null"),
        changed=entry["LastModified"].timestamp(),
        deleted=deleted,
    )


def read_images(deployment: Deployment) -> Iterator[ImageFact]:
    """The image table, as of now."""
    for item in _scan(deployment, deployment.images_table, _IMAGE_COLUMNS, _ALIASES | {"#status": "status"}):
        yield ImageFact(
            key=sys.intern(item["key"]["S"]),
            status=sys.intern(_text(item, "status", "PENDING")),
            etag=sys.intern(_text(item, "ETag")),
            version_id=sys.intern(_text(item, "VersionId")),
            face_ids=tuple(map(sys.intern, item.get("FaceIds", {}).get("SS", ()))),
            face_count=int(_number(item, "FaceCount")),
            lease_until=_number(item, "LeaseUntil"),
        )


def read_faces(deployment: Deployment) -> Iterator[FaceFact]:
    """The face table, as of now."""
    for item in _scan(deployment, deployment.table, _FACE_COLUMNS, _ALIASES):
        yield FaceFact(
            face_id=item["FaceId"]["S"],
            key=sys.intern(_text(item, "key")),
            external_image_id=_text(item, "ExternalImageId"),
        )


def read_collection(deployment: Deployment) -> Iterator[CollectionFact]:
    """Every face of the collection; users are none."""
    paginator = deployment.rekognition.get_paginator("list_faces")
    pages = paginator.paginate(CollectionId=deployment.collection, PaginationConfig={"PageSize": _FACES_PAGE})
    for page in pages:
        for face in page["Faces"]:
            yield CollectionFact(face["FaceId"], face.get("ExternalImageId", ""), face["BoundingBox"])


def read_boxes(deployment: Deployment, face_ids: Iterable[str]) -> dict[str, BoundingBox]:
    """The boxes in the rows of some faces."""
    rows = FaceRecords(deployment.dynamodb, deployment.table).read_whole(face_ids)
    return {face_id: row["BoundingBox"] for face_id, row in rows.items() if "BoundingBox" in row}


def _scan(deployment: Deployment, table: str, columns: str, aliases: dict[str, str]) -> Iterator[dict[str, Any]]:
    pages = deployment.dynamodb.get_paginator("scan").paginate(
        TableName=table,
        ConsistentRead=True,
        ProjectionExpression=columns,
        ExpressionAttributeNames=aliases,
    )
    for page in pages:
        yield from page["Items"]


def _text(item: dict[str, Any], name: str, default: str = "") -> str:
    return str(item.get(name, {}).get("S", default))


def _number(item: dict[str, Any], name: str) -> float:
    return float(item.get(name, {}).get("N", 0))
