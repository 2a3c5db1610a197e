"""What a comparison finds, what it takes for work in progress, and where the names of a deployment come from."""

import argparse
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_line import UsageError
from faceprint.model.names import external_image_id
from verifying.comparing import Comparison, Look, confirmed
from verifying.deployment import NAMES, read_deployment
from verifying.facts import CollectionFact, FaceFact, ImageFact, ObjectFact
from verifying.findings import ANNOUNCED, REMOVED, REOPENED, Finding, Kind
from verifying.library import gather
from verifying.queues import IndexQueue
from verifying.reading import read_objects

NOW, PATIENCE, LONG_AGO = 10_000.0, 300.0, 5_000.0
BOX = {"Left": 0.1, "Top": 0.1, "Width": 0.2, "Height": 0.2}
ELSEWHERE = BOX | {"Left": 0.6}


class Stores:
    """Four stores that agree, one photo of one face each, until a test hurts them."""

    def __init__(self, *keys: str) -> None:
        self.objects = {key: ObjectFact(key, f"etag-{key}", "v1", LONG_AGO) for key in keys}
        self.images = {key: ImageFact(key, "INDEXED", f"etag-{key}", "v1", (f"face-{key}",), 1) for key in keys}
        self.faces = {f"face-{key}": FaceFact(f"face-{key}", key, external_image_id(key)) for key in keys}
        self.collection = {f"face-{key}": CollectionFact(f"face-{key}", external_image_id(key), BOX) for key in keys}

    def add_stranger(self, face_id: str, external_id: str, box: dict[str, float] = BOX) -> None:
        self.collection[face_id] = CollectionFact(face_id, external_id, box)

    def look(self, *, patience: float = PATIENCE) -> Look:
        library = gather(
            objects=self.objects.values(),
            images=self.images.values(),
            faces=self.faces.values(),
            collection=self.collection.values(),
        )
        boxes = dict.fromkeys(self.faces, BOX)
        return Comparison(library, lambda ids: {each: boxes[each] for each in ids}, NOW, patience).look()

    def found(self) -> set[tuple[str, str, str]]:
        return {(each.kind, each.key, each.face_id) for each in self.look().findings}

    def change_image(self, key: str, **values: Any) -> None:
        self.images[key] = replace(self.images[key], **values)

    def change_object(self, key: str, **values: Any) -> None:
        self.objects[key] = replace(self.objects[key], **values)


@pytest.fixture
def stores() -> Stores:
    return Stores("a", "b")


def test_stores_that_agree_give_nothing(stores: Stores) -> None:
    look = stores.look()

    assert (look.findings, look.in_progress) == ([], 0)


def test_an_object_without_a_row_is_one_finding_whatever_its_faces(stores: Stores) -> None:
    del stores.images["a"]

    assert stores.found() == {(Kind.OBJECT_WITHOUT_ROW, "a", "")}


def test_a_row_whose_object_is_hidden_by_a_delete_marker_has_no_object(stores: Stores) -> None:
    stores.change_object("a", deleted=True)

    assert stores.found() == {(Kind.ROW_WITHOUT_OBJECT, "a", "")}


def test_a_hidden_object_without_a_row_is_as_it_should_be(stores: Stores) -> None:
    stores.change_object("a", deleted=True)
    del stores.images["a"], stores.faces["face-a"], stores.collection["face-a"]

    assert stores.found() == set()


class Listing:
    """S3 with one page of versions."""

    def __init__(self, *entries: dict[str, Any]) -> None:
        self.s3, self.bucket = self, "bucket"
        self.page = {"Versions": [{"LastModified": datetime.now(UTC), "IsLatest": True} | each for each in entries]}

    def get_paginator(self, _: str) -> "Listing":
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [self.page]


def test_a_folder_of_the_console_is_no_photo_and_an_empty_object_is_one(stores: Stores) -> None:
    listing = Listing({"Key": "team/", "Size": 0}, {"Key": "photo/", "Size": 9}, {"Key": "empty.jpg", "Size": 0})

    stores.objects |= {found.key: replace(found, changed=LONG_AGO) for found in read_objects(listing)}

    assert stores.found() == {(Kind.OBJECT_WITHOUT_ROW, key, "") for key in ("photo/", "empty.jpg")}


@pytest.mark.parametrize("other", [{"etag": "other"}, {"version_id": "v2"}])
def test_etag_and_version_must_both_be_those_of_the_object(stores: Stores, other: dict[str, str]) -> None:
    stores.change_image("a", **other)

    assert stores.found() == {(Kind.ROW_OF_OTHER_VERSION, "a", "")}


def test_a_row_that_waits_longer_than_the_queue_is_patient_is_found(stores: Stores) -> None:
    stores.change_image("a", status="PENDING")

    assert stores.found() == {(Kind.ROW_PENDING, "a", "")}


def test_a_lease_that_ended_is_found_and_a_live_one_is_work_in_progress(stores: Stores) -> None:
    stores.change_image("a", lease_until=NOW - 1)
    stores.change_image("b", lease_until=NOW + 1, face_count=9)

    look = stores.look()

    assert [(each.kind, each.key) for each in look.findings] == [(Kind.LEASE_LEFT, "a")]
    assert look.in_progress == 1


@pytest.mark.parametrize(
    ("hurt", "kind"),
    [
        (lambda stores: stores.images.pop("a"), Kind.OBJECT_WITHOUT_ROW),
        (lambda stores: stores.change_image("a", status="PENDING"), Kind.ROW_PENDING),
        (lambda stores: stores.change_image("a", etag="old"), Kind.ROW_OF_OTHER_VERSION),
        (lambda stores: stores.change_object("a", deleted=True), Kind.ROW_WITHOUT_OBJECT),
    ],
)
def test_what_changed_within_the_patience_is_work_in_progress(stores: Stores, hurt: Any, kind: Kind) -> None:
    stores.change_object("a", changed=NOW - PATIENCE + 1)
    hurt(stores)

    patient, impatient = stores.look(), stores.look(patience=0)

    assert (patient.findings, patient.in_progress) == ([], 1)
    assert [each.kind for each in impatient.findings] == [kind]


def test_a_fresh_photo_that_is_indexed_is_judged_at_once(stores: Stores) -> None:
    stores.change_object("a", changed=NOW - 1)
    stores.change_image("a", face_count=2)

    assert stores.found() == {(Kind.FACE_COUNT_WRONG, "a", "")}


def test_faces_that_a_photo_names_are_missed_in_either_store(stores: Stores) -> None:
    del stores.faces["face-a"]
    del stores.collection["face-b"]

    assert stores.found() == {
        (Kind.FACE_ROW_MISSING, "a", "face-a"),
        (Kind.COLLECTION_FACE_MISSING, "b", "face-b"),
    }


def test_a_face_in_neither_store_is_missed_in_both(stores: Stores) -> None:
    del stores.faces["face-a"], stores.collection["face-a"]

    assert stores.found() == {
        (Kind.FACE_ROW_MISSING, "a", "face-a"),
        (Kind.COLLECTION_FACE_MISSING, "a", "face-a"),
    }


def test_a_face_row_of_another_key_is_told_of_the_photo_that_names_it(stores: Stores) -> None:
    stores.faces["face-a"] = FaceFact("face-a", "b", external_image_id("a"))

    assert stores.found() == {(Kind.FACE_ROW_OF_OTHER_KEY, "a", "face-a")}


def test_a_face_of_another_photo_is_told_of_the_row_that_has_no_right_to_it(stores: Stores) -> None:
    stores.images["x"] = ImageFact("x", "INDEXED", "e", "v", ("face-a",), 1)

    assert stores.found() == {(Kind.ROW_WITHOUT_OBJECT, "x", ""), (Kind.FACE_OF_OTHER_PHOTO, "x", "face-a")}


def test_a_face_row_that_no_photo_names_is_found(stores: Stores) -> None:
    stores.faces["face-x"] = FaceFact("face-x", "a", external_image_id("a"))

    assert stores.found() == {(Kind.FACE_ROW_UNNAMED, "a", "face-x")}


def test_a_face_row_without_a_photo_is_found(stores: Stores) -> None:
    stores.faces["face-x"] = FaceFact("face-x", "x", external_image_id("x"))

    assert stores.found() == {(Kind.FACE_ROW_WITHOUT_IMAGE, "x", "face-x")}


def test_an_external_image_id_of_another_key_is_found_in_row_and_collection(stores: Stores) -> None:
    stores.faces["face-a"] = FaceFact("face-a", "a", "wrong")
    stores.add_stranger("face-b", external_image_id("c"))

    assert stores.found() == {
        (Kind.EXTERNAL_ID_DIFFERS, "a", "face-a"),
        (Kind.EXTERNAL_ID_DIFFERS, "b", "face-b"),
    }


@pytest.mark.parametrize(
    ("external_id", "box", "kind", "key"),
    [
        (external_image_id("a"), BOX, Kind.COLLECTION_FACE_DOUBLED, "a"),
        (external_image_id("a"), ELSEWHERE, Kind.COLLECTION_FACE_ORPHANED, "a"),
        (external_image_id("gone"), BOX, Kind.COLLECTION_FACE_ORPHANED, ""),
        ("badge-4711", BOX, Kind.COLLECTION_FACE_FOREIGN, ""),
        ("", BOX, Kind.COLLECTION_FACE_FOREIGN, ""),
    ],
)
def test_a_face_that_only_the_collection_has_is(
    stores: Stores, external_id: str, box: dict[str, float], kind: Kind, key: str
) -> None:
    stores.add_stranger("face-x", external_id, box)

    assert stores.found() == {(kind, key, "face-x")}


@given(st.sets(st.sampled_from("abcdef")), st.sets(st.sampled_from("abcdef")), st.sets(st.sampled_from("abcdef")))
def test_whatever_is_gone_from_a_store_is_found_and_nothing_else(
    images: set[str], faces: set[str], collection: set[str]
) -> None:
    stores = Stores(*"abcdef")
    for store, gone in ((stores.images, images), (stores.faces, faces), (stores.collection, collection)):
        for key in gone:
            del store[key if store is stores.images else f"face-{key}"]

    found = stores.found()

    assert {key for _, key, _ in found} == images | faces | collection


def test_a_disagreement_counts_when_both_looks_find_the_same() -> None:
    stays, goes, comes = (Finding(Kind.ROW_PENDING, key) for key in "abc")
    moved = [Finding(Kind.ROW_OF_OTHER_VERSION, "d", found=version) for version in ("v1", "v2")]

    look = confirmed(Look([goes, stays, moved[0]], 5), Look([stays, comes, moved[1]], 2))

    assert (look.findings, look.in_progress) == ([stays], 2)


def test_every_kind_has_one_remedy_and_its_place_in_the_documents() -> None:
    corrected = {Kind.LEASE_LEFT, Kind.FACE_COUNT_WRONG}
    groups = [ANNOUNCED, REOPENED, REMOVED, corrected, {Kind.COLLECTION_FACE_FOREIGN}]
    page = (Path(__file__).parents[3] / "docs/operations.md").read_text()

    assert sorted(kind for group in groups for kind in group) == sorted(Kind)
    assert [kind for kind in Kind if f"| `{kind}` |" not in page] == []


class RecordingSqs:
    """Keeps the batches that are sent; refuses those that hold `refused`."""

    def __init__(self, refused: str = "") -> None:
        self.batches: list[list[str]] = []
        self.refused = refused

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        bodies = [json.loads(entry["MessageBody"]) for entry in request["Entries"]]
        self.batches.append([body["Records"][0]["s3"]["object"]["key"] for body in bodies])
        return {"Failed": [{"Message": "too long"}]} if self.refused in self.batches[-1] else {}


def test_events_go_by_tens_with_keys_as_s3_writes_them() -> None:
    sqs = RecordingSqs()

    IndexQueue(sqs, "bucket", "q", "d", 300, 1000).announce(["a b/ü+.jpg", *map(str, range(11))])

    assert [len(batch) for batch in sqs.batches] == [10, 2]
    assert sqs.batches[0][0] == "a+b/%C3%BC%2B.jpg"


def test_an_event_that_sqs_refuses_is_told() -> None:
    with pytest.raises(OSError, match="too long"):
        IndexQueue(RecordingSqs("a"), "bucket", "q", "d", 300, 1000).announce(["a"])


@pytest.fixture
def no_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without .env, an environment without names but with a region."""
    for variable, _ in NAMES.values():
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def arguments(**given: str) -> argparse.Namespace:
    return argparse.Namespace(**(dict.fromkeys((*NAMES, "outputs")) | given))


def test_options_win_over_outputs_and_those_over_the_environment(
    no_names: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = {"s3_bucket": "of-outputs", "dynamodb_table": "of-outputs", "aws_region": "eu-west-1"}
    (no_names / "outputs.json").write_text(json.dumps({name: {"value": value} for name, value in outputs.items()}))
    (no_names / ".env").write_text("AWS_REKOGNITION_COLLECTION_ID=of-file\nAWS_DYNAMODB_IMAGES_TABLE_ID=of-file\n")
    monkeypatch.setenv("AWS_DYNAMODB_IMAGES_TABLE_ID", "of-environment")
    monkeypatch.setenv("AWS_DYNAMODB_TABLE_ID", "of-environment")

    found = read_deployment(arguments(outputs="outputs.json", bucket="of-option"))

    names = (found.bucket, found.table, found.images_table, found.collection)
    assert names == ("of-option", "of-outputs", "of-environment", "of-file")
    assert found.s3.meta.region_name == "eu-west-1"


def test_names_that_are_given_nowhere_are_told(no_names: Path) -> None:
    with pytest.raises(UsageError, match=r"--images-table \(AWS_DYNAMODB_IMAGES_TABLE_ID\)"):
        read_deployment(arguments(bucket="b", table="t", collection="c"))


def test_what_is_no_output_of_terraform_is_told(no_names: Path) -> None:
    (no_names / "outputs.json").write_text("[]")

    with pytest.raises(UsageError, match="terraform output -json"):
        read_deployment(arguments(outputs="outputs.json"))
