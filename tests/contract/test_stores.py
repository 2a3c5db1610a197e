"""The stores in memory and the stores on AWS pass the same suite."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto import mock_aws

from faceprint.aws.face_records import FaceRecords
from faceprint.aws.image_records import ImageRecords
from faceprint.aws.image_store import ImageStore
from faceprint.model.errors import ConflictError, NotFoundError
from faceprint.model.records import ImageRecord, ObjectVersion, Status
from fakes.stores import ManualClock, MemoryFaceRecords, MemoryImageStore, MemoryRecords

KEY = "José María/1.jpeg"
ONE, TWO = ObjectVersion("e1", "v1"), ObjectVersion("e2", "v2")


@dataclass
class Stores:
    """One bucket and both tables, in memory or on AWS."""

    images: Any
    faces: Any
    bucket: Any
    pass_time: Any


@pytest.fixture(params=["memory", "aws"])
def stores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stores]:
    clock = ManualClock()
    if request.param == "memory":
        records = MemoryRecords(clock)
        yield Stores(records, MemoryFaceRecords(records), MemoryImageStore(), clock.sleep)
        return
    for name, value in {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("faceprint.aws.image_records.time.time", clock.now)
    with mock_aws():
        yield _on_aws(clock)


@pytest.fixture
def on_aws(stores: Stores) -> ImageStore:
    """The bucket alone, for what memory does not have: pages, archives."""
    bucket: ImageStore = stores.bucket
    return bucket


def _on_aws(clock: ManualClock) -> Stores:
    region = "us-east-1"
    s3, dynamodb = boto3.client("s3", region_name=region), boto3.client("dynamodb", region_name=region)
    s3.create_bucket(Bucket="bucket")
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    for table, key in (("faces", "FaceId"), ("images", "key")):
        dynamodb.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    images = ImageRecords(dynamodb, "images", "faces")
    return Stores(images, FaceRecords(dynamodb, "faces"), ImageStore(s3, "bucket"), clock.sleep)


def face(number: int) -> dict[str, Any]:
    return {
        "FaceId": f"f{number:03}",
        "BoundingBox": {"Left": 0.1, "Top": 0.25, "Width": 0.3333333333, "Height": 1e-7},
        "Confidence": 99.5,
        "key": KEY,
        "name": "José",
        "FaceDetail": {"Landmarks": [{"Type": "nose", "X": 0.5, "Y": -0.25}], "Smile": {"Value": True}},
        "metadata": {"trip": "rome"},
    }


def record(version: ObjectVersion, *numbers: int) -> ImageRecord:
    status = Status.INDEXED if numbers else Status.NO_FACE
    return ImageRecord(
        KEY, status, version, size=10, face_ids=tuple(f"f{number:03}" for number in numbers), metadata={"a": "b"}
    )


def claim(stores: Stores, version: ObjectVersion = ONE, owner: str = "me") -> Any:
    return stores.images.claim_version(KEY, version, owner=owner, seconds=30)


def commit(stores: Stores, version: ObjectVersion, *numbers: int) -> None:
    stores.images.commit(claim(stores, version), record(version, *numbers), [face(number) for number in numbers])


def test_what_is_committed_is_read_back_as_it_was(stores: Stores) -> None:
    commit(stores, ONE, 1, 2)

    assert stores.images.read(KEY) == record(ONE, 1, 2)
    assert stores.images.read_many([KEY, "other"]) == {KEY: record(ONE, 1, 2)}
    assert stores.faces.read("f001") == face(1)
    assert stores.faces.read_whole(["f002", "f009"]) == {"f002": face(2)}
    assert {name: row["name"] for name, row in stores.faces.read_names(["f001"]).items()} == {"f001": "José"}


def test_a_replacement_removes_the_rows_of_the_faces_that_are_gone(stores: Stores) -> None:
    commit(stores, ONE, 1, 2)

    replacing = claim(stores, TWO)
    stores.images.commit(replacing, record(TWO, 2, 3), [face(2), face(3)])

    assert set(replacing.face_ids) == {"f001", "f002"}
    assert set(stores.faces.read_whole(["f001", "f002", "f003"])) == {"f002", "f003"}


def test_more_faces_than_a_transaction_holds(stores: Stores) -> None:
    commit(stores, ONE, *range(100))

    commit(stores, TWO, *range(50, 150))

    assert len(stores.faces.read_whole([f"f{number:03}" for number in range(150)])) == 100
    assert len(stores.images.read(KEY).face_ids) == 100


def test_a_finished_version_needs_no_second_claim_and_another_does(stores: Stores) -> None:
    commit(stores, ONE, 1)

    assert claim(stores, ONE).done
    assert not claim(stores, TWO).done
    assert stores.images.read(KEY) == record(ONE, 1)


def test_the_lease_belongs_to_one_until_it_ends(stores: Stores) -> None:
    claim(stores, ONE, "me")

    claim(stores, ONE, "me")
    with pytest.raises(ConflictError):
        claim(stores, ONE, "you")
    with pytest.raises(ConflictError):
        stores.images.claim_row(KEY, owner="you", seconds=30)
    stores.pass_time(31)

    assert not claim(stores, ONE, "you").done


def test_a_released_lease_is_free_at_once(stores: Stores) -> None:
    stores.images.release(claim(stores, ONE, "me"))

    assert not claim(stores, ONE, "you").interrupted
    stores.images.release(claim(stores, ONE, "you"))


def test_who_lost_the_lease_changes_nothing(stores: Stores) -> None:
    lost = claim(stores, ONE, "me")
    stores.pass_time(31)
    commit(stores, ONE)

    with pytest.raises(ConflictError):
        stores.images.commit(lost, record(ONE, 1), [face(1)])
    with pytest.raises(ConflictError):
        stores.images.erase(lost)
    stores.images.release(lost)

    assert stores.images.read(KEY) == record(ONE)
    assert stores.faces.read("f001") is None


def test_an_unfinished_attempt_at_another_version_is_remembered(stores: Stores) -> None:
    claim(stores, ONE, "me")
    stores.pass_time(31)

    assert not claim(stores, ONE, "me").interrupted
    assert claim(stores, TWO, "me").interrupted
    assert stores.images.claim_row(KEY, owner="me", seconds=30).interrupted
    commit(stores, TWO)
    assert not claim(stores, ONE, "me").interrupted


def test_an_abandoned_attempt_leaves_everything_as_it_was(stores: Stores) -> None:
    commit(stores, ONE, 1)

    stores.images.abandon(claim(stores, TWO, "me"))

    assert stores.images.read(KEY) == record(ONE, 1)
    assert claim(stores, ONE, "you").done
    assert not claim(stores, ObjectVersion("e3", "v3"), "you").interrupted


def test_an_attempt_that_began_before_is_not_forgotten_by_abandoning_the_next(stores: Stores) -> None:
    claim(stores, ONE, "crashed")
    stores.pass_time(31)

    stores.images.abandon(claim(stores, ONE, "me"))

    assert claim(stores, TWO, "me").interrupted


def test_a_photo_that_returns_to_a_finished_version_is_not_finished_while_another_began(stores: Stores) -> None:
    commit(stores, ONE, 1)
    claim(stores, TWO, "crashed")
    stores.pass_time(31)

    again = claim(stores, ONE, "me")

    assert not again.done
    assert (again.finished, again.interrupted) == (ONE, (TWO,))


def test_erasing_takes_row_and_faces(stores: Stores) -> None:
    commit(stores, ONE, 1, 2)

    stores.images.erase(stores.images.claim_row(KEY, owner="me", seconds=30))

    assert stores.images.read(KEY) is None
    assert stores.faces.read("f001") is None
    assert stores.images.claim_row(KEY, owner="me", seconds=30).done


def test_forgetting_a_face_leaves_the_others(stores: Stores) -> None:
    commit(stores, ONE, 1, 2)

    for number in (1, 2):
        claimed = stores.images.claim_row(KEY, owner="me", seconds=30)
        stores.images.forget_face(claimed, f"f{number:03}")

    assert stores.images.read(KEY).face_ids == ()
    assert stores.images.read(KEY).status is Status.INDEXED
    assert stores.faces.read("f002") is None


def test_a_bucket_keeps_versions_until_the_photo_is_erased(stores: Stores) -> None:
    first = stores.bucket.write(KEY, b"one", content_type="image/jpeg", metadata={"name": "José"})
    second = stores.bucket.write(
        KEY, b"two", content_type="image/jpeg", metadata={"name": "Eva", "a": "b"}, replaces=first
    )
    stores.bucket.write(KEY + ".bak", b"other", content_type="image/jpeg", metadata={})

    found = stores.bucket.find(KEY)

    assert first != second
    assert (found.version, found.head, found.size) == (second, b"two", 3)
    assert found.metadata == {"name": "Eva", "a": "b"}
    assert stores.bucket.read_head(KEY).version == second
    assert stores.bucket.as_image(KEY, second)["S3Object"]["Version"] == second.version_id
    assert stores.bucket.erase(KEY) == 2
    assert stores.bucket.find(KEY) is None
    assert stores.bucket.find(KEY + ".bak") is not None
    assert stores.bucket.erase(KEY) == 0
    with pytest.raises(NotFoundError):
        stores.bucket.read_head(KEY)


@pytest.mark.parametrize("stores", ["aws"], indirect=True)
def test_erasing_a_photo_reads_one_page_however_many_have_longer_names(on_aws: ImageStore) -> None:
    """The names behind "team" come after it: first "team!" and "team-2", then "team/…"."""
    client, pages = on_aws.client, count_pages(on_aws, size=4)
    client.put_object(Bucket="bucket", Key="team", Body=b"one")
    client.delete_object(Bucket="bucket", Key="team")
    client.put_object(Bucket="bucket", Key="team", Body=b"two")
    for key in ("team!", "team-2", *(f"team/{number}.jpg" for number in range(9))):
        client.put_object(Bucket="bucket", Key=key, Body=b"x")

    assert on_aws.erase("team") == 2
    assert len(pages) == 1
    assert len(client.list_object_versions(Bucket="bucket", MaxKeys=100)["Versions"]) == 11


@pytest.mark.parametrize("stores", ["aws"], indirect=True)
def test_a_photo_with_more_versions_than_a_page_is_erased_whole(on_aws: ImageStore) -> None:
    pages = count_pages(on_aws, size=4)
    for key in [KEY] * 9 + [KEY + ".bak"]:
        on_aws.client.put_object(Bucket="bucket", Key=key, Body=b"x")

    assert on_aws.erase(KEY) == 9
    assert len(pages) == 3
    assert on_aws.find(KEY) is None


def count_pages(store: ImageStore, *, size: int) -> list[int]:
    """Grows with each page of versions that is read; a page has `size` entries in place of 1,000."""
    pages: list[int] = []

    def count(params: dict[str, Any], **_: Any) -> None:
        params.setdefault("MaxKeys", size)
        pages.append(1)

    store.client.meta.events.register("before-parameter-build.s3.ListObjectVersions", count)
    return pages


def test_an_empty_object_is_found_as_such(stores: Stores) -> None:
    version = stores.bucket.write(KEY, b"", content_type="image/jpeg", metadata={"name": "Eva"})

    found = stores.bucket.find(KEY)

    assert (found.version, found.size, found.head, found.metadata) == (version, 0, b"", {"name": "Eva"})


@pytest.mark.parametrize("stores", ["aws"], indirect=True)
@pytest.mark.parametrize("storage_class", ["GLACIER", "DEEP_ARCHIVE"])
def test_an_archived_photo_says_why_it_cannot_be_read(on_aws: ImageStore, storage_class: str) -> None:
    on_aws.client.put_object(Bucket="bucket", Key=KEY, Body=b"photo", StorageClass=storage_class)

    found = on_aws.find(KEY)

    assert found is not None
    assert (found.size, found.head) == (5, b"")
    assert found.unreadable.startswith("The photo lies in an archive")


def test_a_new_object_is_written_only_where_there_is_none(stores: Stores) -> None:
    options = {"content_type": "image/jpeg", "metadata": {}}
    first = stores.bucket.write(KEY, b"one", **options)

    with pytest.raises(ConflictError):
        stores.bucket.write(KEY, b"two", **options)
    assert stores.bucket.find(KEY).version == first
    stores.bucket.erase(KEY)
    assert stores.bucket.write(KEY, b"two", **options) != first


def test_an_object_is_replaced_only_by_who_knows_what_is_there(stores: Stores) -> None:
    options = {"content_type": "image/jpeg", "metadata": {}}
    first = stores.bucket.write(KEY, b"one", **options)
    second = stores.bucket.write(KEY, b"two", **options, replaces=first)

    with pytest.raises(ConflictError):
        stores.bucket.write(KEY, b"late", **options, replaces=first)
    assert stores.bucket.find(KEY).version == second
    stores.bucket.erase(KEY)
    with pytest.raises(NotFoundError):
        stores.bucket.write(KEY, b"late", **options, replaces=second)
    assert stores.bucket.find(KEY) is None


def test_a_bucket_lists_its_photos_by_name(stores: Stores) -> None:
    for key in ("b", "a/2", "a/1"):
        stores.bucket.write(key, key.encode(), content_type="image/jpeg", metadata={})

    page, more = stores.bucket.list(prefix="", after=None, limit=2)
    rest, end = stores.bucket.list(prefix="", after=page[-1].key, limit=2)

    assert ([stored.key for stored in page], more) == (["a/1", "a/2"], True)
    assert ([stored.key for stored in rest], end) == (["b"], False)
    assert [stored.key for stored in stores.bucket.list(prefix="a/", after=None, limit=9)[0]] == ["a/1", "a/2"]
