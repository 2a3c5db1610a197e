"""Compares the four stores of a running cloud: bucket, image rows, face rows, collection."""

import time
from typing import Any

from local_world import LocalCloud


def index_queue_url(cloud: LocalCloud) -> str:
    url: str = cloud.client("sqs").get_queue_url(QueueName="rekognition-index")["QueueUrl"]
    return url


def objects_of(cloud: LocalCloud) -> dict[str, str]:
    """Key → VersionId of what is there now."""
    return {version["Key"]: version["VersionId"] for version in _current_versions(cloud)}


def current_etags(cloud: LocalCloud) -> dict[str, str]:
    """Key → ETag of what is there now."""
    return {version["Key"]: version["ETag"].strip('"') for version in _current_versions(cloud)}


def _current_versions(cloud: LocalCloud) -> list[dict[str, Any]]:
    pages = cloud.client("s3").get_paginator("list_object_versions").paginate(Bucket=cloud.addresses["bucket"])
    return [version for page in pages for version in page.get("Versions", ()) if version["IsLatest"]]


def face_ids_of(cloud: LocalCloud) -> dict[str, dict[str, Any]]:
    """FaceId → face of the collection."""
    pages = cloud.client("rekognition").get_paginator("list_faces").paginate(CollectionId=cloud.addresses["collection"])
    return {face["FaceId"]: face for page in pages for face in page["Faces"]}


def disagreements(cloud: LocalCloud) -> list[str]:
    """What the stores say differently of each other; none once everything has settled."""
    images = {row["key"]["S"]: row for row in rows_of(cloud, "imagesTable")}
    faces = {row["FaceId"]["S"]: row["key"]["S"] for row in rows_of(cloud, "table")}
    objects, collection = objects_of(cloud), face_ids_of(cloud)
    told = {face: key for key, row in images.items() for face in row.get("FaceIds", {}).get("SS", ())}
    found = [f"{key}: a row, no object" for key in images.keys() - objects.keys()]
    found += [f"{key}: an object, no row" for key in objects.keys() - images.keys()]
    for key in objects.keys() & images.keys():
        row = images[key]
        if row["status"]["S"] == "PENDING" or row["VersionId"]["S"] != objects[key]:
            found.append(f"{key}: not indexed in its present version")
    found += [f"{face}: image rows and face rows differ" for face, _ in told.items() ^ faces.items()]
    found += [f"{face}: face rows and collection differ" for face in faces.keys() ^ collection.keys()]
    return found


def settled(cloud: LocalCloud, *, seconds: float) -> list[str]:
    """The disagreements that are left when there are none any more, or after so many seconds."""
    deadline = time.monotonic() + seconds
    while (found := disagreements(cloud)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


def rows_of(cloud: LocalCloud, table: str) -> list[dict[str, Any]]:
    """All items of a table, named as in the addresses."""
    pages = (
        cloud.client("dynamodb").get_paginator("scan").paginate(TableName=cloud.addresses[table], ConsistentRead=True)
    )
    return [item for page in pages for item in page["Items"]]
