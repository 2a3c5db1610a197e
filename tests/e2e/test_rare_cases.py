"""What happens seldom and must work all the same: a crowd, a crashed attempt, a photo that vanishes meanwhile."""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from PIL import Image

from faceprint.model.names import external_image_id
from local_world import LocalCloud, indexing_held_up, sample, wait_until

pytestmark = pytest.mark.e2e

COLUMNS, ROWS, CELL = 10, 11, 128  # pixels; 110 faces, ten more than are indexed
PEOPLE = ("barack-obama-1", "joe-biden-1", "grace-hopper", "eileen-collins")


def test_a_hundred_faces_of_a_photo_are_indexed_and_erased(cloud: LocalCloud) -> None:
    """A transaction takes 100 changes: the photo's own and 99 faces. The hundredth face goes by a batch."""
    answer = cloud.send("PUT", "/index/crowd.jpg", crowd(cloud)).json()
    rows = faces_of(cloud, "crowd.jpg")
    with indexing_held_up(cloud):  # the event of the removed object could be faster
        erased = cloud.send("DELETE", "/index/crowd.jpg").json()

    assert answer["image"]["faces"] == len(rows) == 100
    assert set(erased["deleted"]["FaceIds"]) == rows
    assert faces_of(cloud, "crowd.jpg") == set()


def crowd(cloud: LocalCloud) -> bytes:
    """Portraits beside each other, cut so that each face fills half of its cell."""
    picture = Image.new("RGB", (COLUMNS * CELL, ROWS * CELL))
    portraits = [portrait(cloud, name) for name in PEOPLE]
    for number in range(COLUMNS * ROWS):
        picture.paste(portraits[number % len(portraits)], (number % COLUMNS * CELL, number // COLUMNS * CELL))
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=95)
    return stream.getvalue()


def portrait(cloud: LocalCloud, name: str) -> Image.Image:
    box = cloud.send("POST", "/detect", sample(name)).json()["FaceDetails"][0]["BoundingBox"]
    with Image.open(io.BytesIO(sample(name))) as image:
        left, top = (box["Left"] + box["Width"] / 2) * image.width, (box["Top"] + box["Height"] / 2) * image.height
        side = max(box["Width"] * image.width, box["Height"] * image.height)
        corners = (round(left - side), round(top - side), round(left + side), round(top + side))
        return image.convert("RGB").crop(corners).resize((CELL, CELL))


def faces_of(cloud: LocalCloud, key: str) -> set[str]:
    """FaceIds of the rows of a photo."""
    pages = cloud.client("dynamodb").get_paginator("scan").paginate(TableName=cloud.addresses["table"])
    return {row["FaceId"]["S"] for page in pages for row in page["Items"] if row["key"]["S"] == key}


def test_what_s3_alone_can_do_to_an_object_ends_with_a_status_and_no_dead_letter(cloud: LocalCloud) -> None:
    s3, bucket = cloud.client("s3"), cloud.addresses["bucket"]
    s3.put_object(Bucket=bucket, Key="s3/empty.jpg", Body=b"")
    s3.put_object(Bucket=bucket, Key="s3/folder/", Body=b"")
    s3.put_object(Bucket=bucket, Key="s3/slash/", Body=sample("grace-hopper"))
    s3.put_object(Bucket=bucket, Key="s3/old.jpg", Body=sample("grace-hopper"), StorageClass="DEEP_ARCHIVE")

    wait_until(lambda: len(cloud.send("GET", "/index?prefix=s3/").json()["images"]) == 3 and is_settled(cloud))

    listed = {image["key"]: image for image in cloud.send("GET", "/index?prefix=s3/").json()["images"]}
    assert {key: (image["status"], image["reason"].partition(":")[0]) for key, image in listed.items()} == {
        "s3/empty.jpg": ("FAILED", "UnsupportedFormat"),
        "s3/old.jpg": ("FAILED", "UnreadableObject"),
        "s3/slash/": ("FAILED", "InvalidParameter"),
    }
    assert cloud.status()["queues"]["rekognition-index-dead"]["visible"] == 0
    log = (cloud.data / "logs/rekognition_index.log").read_text()
    assert not [line for line in log.splitlines() if '"returned"' in line and "s3/" in line]
    assert cloud.send("DELETE", "/index/s3/empty.jpg").json()["deleted"] == {"FaceIds": [], "versions": 1}
    assert cloud.send("GET", "/index/s3/empty.jpg").status_code == 404


@contextmanager
def events_lost(cloud: LocalCloud, keys: str) -> Iterator[None]:
    """Meanwhile S3 tells nothing of these keys."""
    page = f"{cloud.addresses['awsEndpoint']}/_local/faults"
    requests.put(page, json={"events": [{"fault": "lost", "key": keys}]}, timeout=10).raise_for_status()
    try:
        yield
    finally:
        requests.delete(page, timeout=10).raise_for_status()


def test_a_photo_whose_event_was_lost_is_indexed_when_it_is_sent_again(cloud: LocalCloud) -> None:
    with events_lost(cloud, "lost/*"):
        first = cloud.send("PUT", "/index/lost/a.jpg", sample("grace-hopper"), headers={"Prefer": "respond-async"})
        waiting = cloud.send("GET", "/index/lost/a.jpg")
        again = cloud.send("PUT", "/index/lost/a.jpg", sample("grace-hopper"))

    assert (first.status_code, waiting.json()["image"]["status"]) == (201, "PENDING")
    assert (again.status_code, again.json()["image"]["status"]) == (200, "DUPLICATE")
    assert len(faces_of(cloud, "lost/a.jpg")) == 1
    cloud.send("DELETE", "/index/lost/a.jpg")


def test_a_photo_that_was_waited_for_in_vain_is_indexed_by_itself(cloud: LocalCloud) -> None:
    with events_lost(cloud, "lost/*"):
        sent = cloud.send("PUT", "/index/lost/b.jpg", sample("grace-hopper"))
        wait_until(lambda: cloud.send("GET", "/index/lost/b.jpg").json()["image"]["status"] == "INDEXED")

    assert sent.status_code == 201
    cloud.send("DELETE", "/index/lost/b.jpg")


def is_settled(cloud: LocalCloud) -> bool:
    return not any(cloud.status()["queues"]["rekognition-index"].values())


def test_faces_of_a_crashed_attempt_go_when_the_photo_is_replaced(cloud: LocalCloud) -> None:
    ghost = crash_after_indexing(cloud, "crashed.jpg")

    cloud.put("crashed.jpg", sample("grace-hopper"))

    assert ghost not in collection(cloud)
    cloud.send("DELETE", "/index/crashed.jpg")


def test_faces_of_a_crashed_attempt_go_when_the_photo_is_erased(cloud: LocalCloud) -> None:
    ghost = crash_after_indexing(cloud, "crashed-too.jpg")

    answer = cloud.send("DELETE", "/index/crashed-too.jpg")

    assert answer.json()["deleted"] == {"FaceIds": [ghost], "versions": 0}
    assert ghost not in collection(cloud)


def crash_after_indexing(cloud: LocalCloud, key: str) -> str:
    """What an index function leaves that is killed between IndexFaces and its transaction; returns the FaceId."""
    cloud.client("dynamodb").update_item(
        TableName=cloud.addresses["imagesTable"],
        Key={"key": {"S": key}},
        UpdateExpression="ADD Attempts :attempt",
        ExpressionAttributeValues={":attempt": {"SS": ["version etag"]}},
    )
    answer = cloud.client("rekognition").index_faces(
        CollectionId=cloud.addresses["collection"],
        Image={"Bytes": sample("joe-biden-1")},
        ExternalImageId=external_image_id(key),
    )
    face_id: str = answer["FaceRecords"][0]["Face"]["FaceId"]
    return face_id


def collection(cloud: LocalCloud) -> set[str]:
    faces = cloud.client("rekognition").list_faces(CollectionId=cloud.addresses["collection"])["Faces"]
    return {face["FaceId"] for face in faces}


def test_an_upload_whose_photo_is_removed_while_it_waits_is_a_conflict(cloud: LocalCloud) -> None:
    with indexing_held_up(cloud), ThreadPoolExecutor(1) as sender:
        upload = sender.submit(cloud.send, "PUT", "/index/vanishing.jpg", sample("grace-hopper"))
        remove_versions(cloud, wait_until(lambda: versions_of(cloud, "vanishing.jpg")))
        answer = upload.result()

    assert (answer.status_code, answer.json()["error"]) == (409, "Conflict")
    wait_until(lambda: not any(cloud.status()["queues"]["rekognition-index"].values()))
    assert faces_of(cloud, "vanishing.jpg") == set()


def versions_of(cloud: LocalCloud, key: str) -> list[dict[str, Any]]:
    answer = cloud.client("s3").list_object_versions(Bucket=cloud.addresses["bucket"], Prefix=key)
    return [{"Key": key, "VersionId": version["VersionId"]} for version in answer.get("Versions", [])]


def remove_versions(cloud: LocalCloud, versions: list[dict[str, Any]]) -> None:
    cloud.client("s3").delete_objects(Bucket=cloud.addresses["bucket"], Delete={"Objects": versions})
