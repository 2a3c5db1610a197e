"""What disagrees between the four stores is found by its kind and repaired; work in progress is not taken for it."""

import json
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from faceprint.model.names import external_image_id
from local_world import ROOT, LocalCloud, sample, start_cloud, wait_until
from verifying.deployment import Deployment
from verifying.findings import Finding, Kind
from verifying.queues import find_queue
from verifying.repairing import Repair

PHOTOS = ("barack-obama-1", "grace-hopper", "joe-biden-1", "eileen-collins")
HEALTHY = [f"healthy/{number}.jpg" for number in range(3)]
HURT = (
    "row-of-other-version",
    "row-pending",
    "lease-left",
    "face-count-wrong",
    "face-row-missing",
    "face-row-of-other-key",
    "face-row-unnamed",
    "collection-face-missing",
    "collection-face-doubled",
    "external-id-differs",
)
BARE = (
    "object-without-row",
    "row-without-object",
    "face-of-other-photo",
    "face-row-without-image",
    "collection-face-orphaned",
)


def photo(number: int) -> bytes:
    """A photo of one face, with other bytes for each number."""
    return sample(PHOTOS[number % len(PHOTOS)]) + number.to_bytes(4, "big")


def verify(cloud: LocalCloud, *options: str) -> tuple[int, dict[str, Any]]:
    """Exit code and JSON of `python -m local_cloud verify`."""
    command = [sys.executable, "-m", "local_cloud", "verify", "--json", "--data", str(cloud.data), *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


AT_ONCE = ("--settle", "0.1", "--patience", "0")


@dataclass
class Planted:
    """A library that was hurt in every way, and what verify said of it, in this order."""

    cloud: LocalCloud
    subjects: dict[str, tuple[str, str]] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    clean: tuple[int, dict[str, Any]] = (0, {})
    found: tuple[int, dict[str, Any]] = (0, {})
    repaired: tuple[int, dict[str, Any]] = (0, {})
    again: tuple[int, dict[str, Any]] = (0, {})

    def row(self, key: str) -> dict[str, Any]:
        """An image row in DynamoDB's form, empty where there is none."""
        dynamodb, table = self.cloud.client("dynamodb"), self.cloud.addresses["imagesTable"]
        return dynamodb.get_item(TableName=table, Key={"key": {"S": key}}, ConsistentRead=True).get("Item", {})

    def change(self, key: str, expression: str, names: dict[str, str] | None = None, **values: Any) -> None:
        """Changes an image row behind everybody's back."""
        request = {"ExpressionAttributeNames": names} if names else {}
        if values:
            request["ExpressionAttributeValues"] = {f":{name}": value for name, value in values.items()}
        self.cloud.client("dynamodb").update_item(
            TableName=self.cloud.addresses["imagesTable"],
            Key={"key": {"S": key}},
            UpdateExpression=expression,
            **request,
        )

    def change_face(self, face_id: str, expression: str, value: str) -> None:
        """Changes a face row behind everybody's back."""
        self.cloud.client("dynamodb").update_item(
            TableName=self.cloud.addresses["table"],
            Key={"FaceId": {"S": face_id}},
            UpdateExpression=expression,
            ExpressionAttributeNames={"#key": "key"} if "#key" in expression else {"#id": "ExternalImageId"},
            ExpressionAttributeValues={":value": {"S": value}},
        )

    def face_row(self, face_id: str) -> dict[str, Any]:
        dynamodb, table = self.cloud.client("dynamodb"), self.cloud.addresses["table"]
        return dynamodb.get_item(TableName=table, Key={"FaceId": {"S": face_id}})["Item"]

    def index_face(self, number: int, external_id: str) -> str:
        """A face in the collection alone; its FaceId."""
        answer = self.cloud.client("rekognition").index_faces(
            CollectionId=self.cloud.addresses["collection"], Image={"Bytes": photo(number)}, ExternalImageId=external_id
        )
        return answer["FaceRecords"][0]["Face"]["FaceId"]

    def put_unannounced(self, key: str, number: int) -> None:
        """An object whose event is lost."""
        s3, bucket = self.cloud.client("s3"), self.cloud.addresses["bucket"]
        configured = s3.get_bucket_notification_configuration(Bucket=bucket)
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
        s3.put_object(Bucket=bucket, Key=key, Body=photo(number), ContentType="image/jpeg")
        kept = {"QueueConfigurations": configured["QueueConfigurations"]}
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=kept)


@pytest.fixture(scope="module")
def own_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A cloud that only the tests of this file hurt."""
    running = start_cloud(tmp_path_factory.mktemp("verify"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def planted(own_cloud: LocalCloud) -> Planted:
    """Verified clean, hurt, verified, repaired, repaired again."""
    keys = [*HEALTHY, *(f"{kind}.jpg" for kind in HURT)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: own_cloud.put(keys[number], photo(number)), range(len(keys))))
    planted = Planted(own_cloud)
    planted.clean = verify(own_cloud, *AT_ONCE)
    planted.before = {key: planted.row(key) for key in keys}
    hurt_rows(planted)
    hurt_faces(planted)
    hurt_bare(planted)
    planted.found = verify(own_cloud, *AT_ONCE)
    planted.repaired = verify(own_cloud, *AT_ONCE, "--repair")
    planted.again = verify(own_cloud, *AT_ONCE, "--repair")
    return planted


def only_face(planted: Planted, kind: str) -> str:
    (face_id,) = planted.before[f"{kind}.jpg"]["FaceIds"]["SS"]
    return face_id


def hurt_rows(planted: Planted) -> None:
    planted.change("row-of-other-version.jpg", "SET ETag = :etag", etag={"S": "0" * 32})
    planted.change("row-pending.jpg", "SET #s = :s", {"#s": "status"}, s={"S": "PENDING"})
    planted.change("lease-left.jpg", "SET LeaseUntil = :u, LeaseOwner = :o", u={"N": "1000"}, o={"S": "killed"})
    planted.change("face-count-wrong.jpg", "SET FaceCount = :n", n={"N": "7"})
    for kind in ("row-of-other-version", "row-pending", "lease-left", "face-count-wrong"):
        planted.subjects[kind] = (f"{kind}.jpg", "")


def hurt_faces(planted: Planted) -> None:
    cloud, dynamodb = planted.cloud, planted.cloud.client("dynamodb")
    missing, lost = only_face(planted, "face-row-missing"), only_face(planted, "collection-face-missing")
    dynamodb.delete_item(TableName=cloud.addresses["table"], Key={"FaceId": {"S": missing}})
    cloud.client("rekognition").delete_faces(CollectionId=cloud.addresses["collection"], FaceIds=[lost])
    moved, misnamed = only_face(planted, "face-row-of-other-key"), only_face(planted, "external-id-differs")
    planted.change_face(moved, "SET #key = :value", HEALTHY[0])
    planted.change_face(misnamed, "SET #id = :value", external_image_id("another.jpg"))
    unnamed = str(uuid.uuid4())
    copied = {**planted.face_row(only_face(planted, "face-row-unnamed")), "FaceId": {"S": unnamed}}
    dynamodb.put_item(TableName=cloud.addresses["table"], Item=copied)
    # Photo 8 of `keys` with other bytes: another face at the same place, as an interrupted replacement leaves it.
    number = len(HEALTHY) + HURT.index("collection-face-doubled")
    doubled = planted.index_face(number + 100 * len(PHOTOS), external_image_id("collection-face-doubled.jpg"))
    for kind, face_id in {
        "face-row-missing": missing,
        "collection-face-missing": lost,
        "face-row-of-other-key": moved,
        "external-id-differs": misnamed,
        "face-row-unnamed": unnamed,
        "collection-face-doubled": doubled,
    }.items():
        planted.subjects[kind] = (f"{kind}.jpg", face_id)


def hurt_bare(planted: Planted) -> None:
    cloud, dynamodb = planted.cloud, planted.cloud.client("dynamodb")
    planted.put_unannounced("object-without-row.jpg", 50)
    row = {**planted.before[HEALTHY[0]], "key": {"S": "row-without-object.jpg"}}
    dynamodb.put_item(TableName=cloud.addresses["imagesTable"], Item=row)
    lonely, key = str(uuid.uuid4()), "face-row-without-image.jpg"
    (pattern,) = planted.before[HEALTHY[0]]["FaceIds"]["SS"]
    face = {**planted.face_row(pattern), "FaceId": {"S": lonely}, "key": {"S": key}}
    face["ExternalImageId"] = {"S": external_image_id(key)}
    dynamodb.put_item(TableName=cloud.addresses["table"], Item=face)
    (borrowed,) = row["FaceIds"]["SS"]
    orphan = planted.index_face(51, external_image_id("nobody.jpg"))
    planted.subjects |= {
        "object-without-row": ("object-without-row.jpg", ""),
        "row-without-object": ("row-without-object.jpg", ""),
        "face-of-other-photo": ("row-without-object.jpg", borrowed),
        "face-row-without-image": (key, lonely),
        "collection-face-orphaned": ("", orphan),
    }


def test_a_library_that_nobody_hurt_verifies(planted: Planted) -> None:
    code, report = planted.clean

    photos = len(HEALTHY) + len(HURT)
    counts = {report[store] for store in ("objects", "imageRows", "faceRows", "collectionFaces")}
    assert (code, report["disagreements"], counts) == (0, [], {photos})


@pytest.mark.parametrize("kind", [*HURT, *BARE])
def test_a_planted_disagreement_is_found_once_with_its_subject(planted: Planted, kind: str) -> None:
    code, report = planted.found

    subjects = [(each["key"], each["FaceId"]) for each in report["disagreements"] if each["kind"] == kind]
    assert (code, subjects) == (1, [planted.subjects[kind]])


def test_nothing_is_found_that_was_not_planted(planted: Planted) -> None:
    found = {each["kind"] for each in planted.found[1]["disagreements"]}

    assert found == {*HURT, *BARE}


@pytest.mark.parametrize("kind", [*HURT, *BARE])
def test_the_repair_says_what_it_did_about(planted: Planted, kind: str) -> None:
    done = [each for each in planted.repaired[1]["repaired"] if each["kind"] == kind]

    assert [each["done"] in ("announced", "removed", "corrected") for each in done] == [True]


def test_a_repaired_library_verifies_and_a_second_repair_finds_nothing_to_do(planted: Planted) -> None:
    photos = len(HEALTHY) + len(HURT) + 1
    code, report = planted.repaired
    code_again, again = planted.again

    assert (code, report["disagreements"]) == (0, [])
    assert {report[store] for store in ("objects", "imageRows", "faceRows", "collectionFaces")} == {photos}
    assert (code_again, again["disagreements"], again["repaired"]) == (0, [], [])


def test_the_repair_left_healthy_photos_alone(planted: Planted) -> None:
    rows = {key: planted.row(key) for key in HEALTHY}

    assert rows == {key: planted.before[key] for key in HEALTHY}


def test_the_object_without_an_event_can_be_searched_after_the_repair(planted: Planted) -> None:
    image = planted.cloud.send("GET", "/index/object-without-row.jpg").json()["image"]

    assert (image["status"], image["faces"]) == ("INDEXED", 1)


def test_a_face_of_another_application_is_told_and_not_touched(planted: Planted) -> None:
    foreign = planted.index_face(52, "badge-4711")
    try:
        code, report = verify(planted.cloud, *AT_ONCE, "--repair")
    finally:
        deletion = planted.cloud.client("rekognition").delete_faces(
            CollectionId=planted.cloud.addresses["collection"], FaceIds=[foreign]
        )

    (found,) = report["disagreements"]
    assert (code, found["kind"], found["FaceId"]) == (1, "collection-face-foreign", foreign)
    assert [each["done"] for each in report["repaired"]] == ["left"]
    assert deletion["DeletedFaces"] == [foreign]


def repair_of(cloud: LocalCloud) -> Repair:
    """As verify makes it, for findings that have become stale."""
    names = {name: cloud.addresses[name] for name in ("bucket", "table", "collection")}
    clients = {service: cloud.client(service) for service in ("s3", "dynamodb", "rekognition", "sqs")}
    deployment = Deployment(**names, images_table=cloud.addresses["imagesTable"], **clients)
    return Repair(deployment, find_queue(deployment), time.time())


def test_a_photo_that_somebody_holds_is_left_as_it_is(planted: Planted) -> None:
    key = HEALTHY[1]
    planted.change(key, "SET LeaseUntil = :u, LeaseOwner = :o", u={"N": str(time.time() + 60)}, o={"S": "other"})
    held = planted.row(key)
    kinds = (Kind.FACE_ROW_MISSING, Kind.LEASE_LEFT, Kind.FACE_COUNT_WRONG, Kind.FACE_ROW_UNNAMED)

    done = repair_of(planted.cloud).run([Finding(kind, key, "face") for kind in kinds])
    after = planted.row(key)
    planted.change(key, "REMOVE LeaseUntil, LeaseOwner")

    assert [each.done for each in done] == ["left"] * len(kinds)
    assert after == held


def test_a_face_that_its_photo_names_by_then_stays(planted: Planted) -> None:
    key = HEALTHY[2]
    (face_id,) = planted.row(key)["FaceIds"]["SS"]

    (done,) = repair_of(planted.cloud).run([Finding(Kind.COLLECTION_FACE_ORPHANED, key, face_id)])

    collection = planted.cloud.addresses["collection"]
    kept = planted.cloud.client("rekognition").list_faces(CollectionId=collection, FaceIds=[face_id])["Faces"]
    assert (done.done, [face["FaceId"] for face in kept]) == ("left", [face_id])
    assert planted.face_row(face_id)["key"]["S"] == key
    assert "LeaseUntil" not in planted.row(key)


def test_work_in_progress_is_no_disagreement(planted: Planted) -> None:
    headers = {"Prefer": "respond-async"}
    for number in range(100, 130):
        planted.cloud.put(f"busy/{number}.jpg", photo(number), **headers)

    code, during = verify(planted.cloud, "--settle", "0.1")
    wait_until(lambda: verify(planted.cloud, "--settle", "0.1")[1]["inProgress"] == 0)
    code_after, after = verify(planted.cloud, *AT_ONCE)

    assert (code, during["disagreements"]) == (0, [])
    assert during["inProgress"] > 0
    assert (code_after, after["disagreements"]) == (0, [])


def test_without_a_cloud_there_is_nothing_to_verify(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "local_cloud", "verify", "--data", str(tmp_path)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert (done.returncode, done.stdout, done.stderr) == (2, "", "no local cloud is running here\n")
