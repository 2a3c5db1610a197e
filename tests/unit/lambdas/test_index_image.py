"""Indexing: every object ends with the right faces exactly once, whatever comes twice, late or half-done."""

from dataclasses import replace

import pytest

from faceprint.model.errors import ConflictError, ThrottledError, UnreadableObjectError
from faceprint.model.names import external_image_id
from faceprint.model.records import Status
from fakes.faces import Seen
from fakes.pictures import make_image
from fakes.world import World


@pytest.fixture
def world() -> World:
    return World()


def test_a_photo_ends_as_a_row_per_face_with_the_name_on_the_largest(world: World) -> None:
    photo = world.collection.show(make_image(1), Seen("small", 0.7, 0.1), Seen("large", 0.1, 0.3))

    world.put("team/photo.jpg", photo, name="Ana", team="red")

    rows = sorted(world.records.faces.values(), key=lambda row: -row["BoundingBox"]["Width"])
    assert [row.get("name") for row in rows] == ["Ana", None]
    assert {row["key"] for row in rows} == {"team/photo.jpg"}
    assert rows[0]["metadata"] == {"team": "red"}
    assert rows[0]["ExternalImageId"] == external_image_id("team/photo.jpg")
    record = world.records.read("team/photo.jpg")
    assert record is not None
    assert (record.status, record.width, record.height, len(record.face_ids)) == (Status.INDEXED, 120, 100, 2)


def test_check_02_a_photo_without_a_face_is_kept_without_rows(world: World) -> None:
    world.put("empty.jpg", make_image(1))

    record = world.records.read("empty.jpg")
    assert record is not None
    assert record.status is Status.NO_FACE
    assert not world.records.faces
    assert "empty.jpg" in world.store.versions


def test_a_corrupt_photo_ends_with_a_reason_and_no_retry(world: World) -> None:
    photo = make_image(1)
    world.collection.unreadable.add(photo)

    world.put("bad.jpg", photo)

    record = world.records.read("bad.jpg")
    assert record is not None
    assert record.status is Status.FAILED
    assert record.reason.startswith("UnsupportedFormat: ")


def test_a_file_that_is_no_image_is_not_paid_for(world: World) -> None:
    world.put("notes.txt", b"hello, these are my notes")

    record = world.records.read("notes.txt")
    assert record is not None
    assert record.status is Status.FAILED
    assert "plain text" in record.reason
    assert world.collection.calls == []


def test_an_empty_object_fails_with_a_reason_and_no_retry(world: World) -> None:
    world.put("empty.jpg", b"")

    record = world.records.read("empty.jpg")
    assert record is not None
    assert (record.status, record.reason) == (
        Status.FAILED,
        "UnsupportedFormat: It is empty; send a JPEG or PNG.",
    )
    assert world.collection.calls == []


def test_a_folder_of_the_console_leaves_no_row(world: World) -> None:
    version = world.store.put("team/", b"")

    assert world.index("team/", version=version) == {"key": "team/", "erased": 0}

    assert not world.records.rows
    assert world.list_images.list(prefix="", after=None, limit=10) == {"images": []}


def test_a_photo_whose_name_ends_in_a_slash_fails_because_no_path_can_name_it(world: World) -> None:
    world.put("team/", world.collection.show(make_image(1), "ana"))

    record = world.records.read("team/")
    assert record is not None
    assert (record.status, record.reason[:16]) == (Status.FAILED, "InvalidParameter")
    assert not world.collection.faces


def test_a_folder_in_place_of_a_photo_takes_its_row_along(world: World) -> None:
    world.put("team/", make_image(1))

    world.put("team/", b"")

    assert not world.records.rows


def test_a_photo_that_s3_does_not_let_us_read_fails_with_its_reason(world: World) -> None:
    photo = world.collection.show(make_image(1), "ana")
    world.store.put("old.jpg", photo, unreadable="The photo lies in an archive.")

    world.index("old.jpg")

    record = world.records.read("old.jpg")
    assert record is not None
    assert (record.status, record.reason) == (Status.FAILED, "UnreadableObject: The photo lies in an archive.")
    assert world.collection.calls == []


def test_a_photo_that_rekognition_cannot_read_fails_after_a_second_try(world: World) -> None:
    world.store.put("a.jpg", world.collection.show(make_image(1), "ana"))
    world.collection.failures += [UnreadableObjectError("foreign key"), UnreadableObjectError("foreign key")]
    before = world.clock.now()

    world.index("a.jpg")

    record = world.records.read("a.jpg")
    assert record is not None
    assert (record.status, record.reason) == (Status.FAILED, "UnreadableObject: foreign key")
    assert world.clock.now() > before


def test_a_photo_that_is_too_fresh_for_rekognition_is_tried_once_more(world: World) -> None:
    world.store.put("a.jpg", world.collection.show(make_image(1), "ana"))
    world.collection.failures.append(UnreadableObjectError("not there yet"))

    assert world.index("a.jpg")["status"] == "INDEXED"


def test_a_photo_that_is_erased_before_rekognition_reads_it_leaves_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.store.put("a.jpg", world.collection.show(make_image(1), "ana"))
    index = world.collection.index
    monkeypatch.setattr(
        world.collection, "index", lambda image, **options: (world.store.erase("a.jpg"), index(image, **options))[1]
    )

    assert world.index("a.jpg") == {"key": "a.jpg", "erased": 0}

    assert not world.records.rows


def test_a_photo_of_which_not_even_the_headers_can_be_read_fails_as_the_version_that_was_announced(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = world.store.put("a.jpg", make_image(1))

    def refuse(key: str) -> None:
        raise UnreadableObjectError("foreign key")

    monkeypatch.setattr(world.store, "find", refuse)
    monkeypatch.setattr(world.store, "read_head", refuse)

    assert world.index("a.jpg", version=version)["reason"] == "UnreadableObject"

    record = world.records.read("a.jpg")
    assert record is not None
    assert (record.status, record.version) == (Status.FAILED, version)
    assert world.index("b.jpg")["status"] == "FAILED"


def test_check_09_a_repeated_event_changes_nothing(world: World) -> None:
    world.put("a.jpg", world.collection.show(make_image(1), "ana"))
    calls = len(world.collection.calls)

    outcome = world.index("a.jpg")

    assert outcome == {"key": "a.jpg", "unchanged": True}
    assert len(world.collection.calls) == calls


def test_check_09_another_photo_under_the_same_name_replaces_the_faces(world: World) -> None:
    world.put("a.jpg", world.collection.show(make_image(1), "ana"))

    world.put("a.jpg", world.collection.show(make_image(2), "bea", "cia"))

    assert world.collection.people() == ["bea", "cia"]
    assert world.disagreements() == []


def test_a_late_event_of_an_older_version_indexes_what_is_there_now(world: World) -> None:
    for seed, person in ((1, "ana"), (2, "bea")):
        photo = world.collection.show(make_image(seed), person)
        world.store.put("a.jpg", photo)

    world.index("a.jpg")
    world.index("a.jpg")

    assert world.collection.people() == ["bea"]
    assert world.disagreements() == []


def test_an_object_that_is_gone_takes_its_faces_and_rows_along(world: World) -> None:
    world.put("a.jpg", world.collection.show(make_image(1), "ana"))
    world.store.erase("a.jpg")

    world.index("a.jpg")

    assert not world.records.rows
    assert not world.records.faces
    assert not world.collection.faces


def test_a_crash_after_indexing_leaves_no_second_faces(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = world.collection.show(make_image(1), "ana")
    world.store.put("a.jpg", photo)
    _index_and_crash(world, monkeypatch, "commit")

    world.index("a.jpg")

    assert world.collection.people() == ["ana"]
    assert world.disagreements() == []


def test_faces_of_a_crashed_attempt_go_when_the_photo_was_replaced_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = world.collection.show(make_image(1), "ana")
    world.store.put("a.jpg", photo)
    _index_and_crash(world, monkeypatch, "commit")

    world.put("a.jpg", world.collection.show(make_image(2), "bea"))

    assert world.collection.people() == ["bea"]
    assert world.disagreements() == []


def test_the_collection_is_not_read_for_an_attempt_whose_version_is_still_there(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.store.put("a.jpg", world.collection.show(make_image(1), "ana"))
    _index_and_crash(world, monkeypatch, "commit")

    world.put("a.jpg", world.collection.show(make_image(2), "bea"))

    assert world.collection.people() == ["bea"]
    assert "ListFaces" not in world.collection.calls


@pytest.mark.parametrize("has_versions", [True, False])
def test_the_collection_is_read_for_an_attempt_whose_version_is_gone(
    world: World, monkeypatch: pytest.MonkeyPatch, has_versions: bool
) -> None:
    world.store.put("a.jpg", world.collection.show(make_image(1), "ana"))
    _index_and_crash(world, monkeypatch, "commit")
    world.store.erase("a.jpg")
    if not has_versions:
        (attempt,) = world.records.rows["a.jpg"].attempts
        world.records.rows["a.jpg"].attempts = {replace(attempt, version_id="null")}

    world.put("a.jpg", world.collection.show(make_image(2), "bea"))

    assert world.collection.people() == ["bea"]
    assert "ListFaces" in world.collection.calls


@pytest.mark.parametrize("step", ["delete", "commit"])
def test_a_crash_while_faces_are_replaced_is_put_right(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    world.put("a.jpg", world.collection.show(make_image(1), "ana"))
    photo = world.collection.show(make_image(2), "bea")
    world.store.put("a.jpg", photo)
    _index_and_crash(world, monkeypatch, step)

    world.index("a.jpg")

    assert world.collection.people() == ["bea"]
    assert world.disagreements() == []


def test_a_lease_keeps_others_out_until_it_ends(world: World) -> None:
    world.store.put("a.jpg", make_image(1))
    found = world.store.find("a.jpg")
    assert found is not None
    world.records.claim_version("a.jpg", found.version, owner="somebody", seconds=30)

    with pytest.raises(ConflictError):
        world.index("a.jpg")
    world.clock.sleep(31)

    assert world.index("a.jpg")["status"] == "NO_FACE"


def test_check_14_throttling_gives_the_lease_back_for_the_next_attempt(world: World) -> None:
    photo = world.collection.show(make_image(1), "ana")
    world.store.put("a.jpg", photo)
    world.collection.failures.append(ThrottledError("slow down"))

    with pytest.raises(ThrottledError):
        world.index("a.jpg")

    assert world.index("a.jpg")["status"] == "INDEXED"
    assert world.disagreements() == []


@pytest.mark.parametrize(
    ("metadata", "people", "name", "warning"),
    [
        ({}, 1, "Keanu Reeves", "taken from the file name"),
        ({"name": "Neo"}, 1, "Neo", None),
        ({"name": "Neo"}, 2, "Neo", "went to the largest"),
        ({}, 2, None, "stay nameless"),
    ],
)
def test_who_gets_which_name(
    world: World, metadata: dict[str, str], people: int, name: str | None, warning: str | None
) -> None:
    photo = world.collection.show(make_image(1), *["ana", "bea"][:people])

    world.put("films/keanu_Reeves.jpeg", photo, **metadata)

    largest = max(world.records.faces.values(), key=lambda row: row["BoundingBox"]["Width"])
    record = world.records.read("films/keanu_Reeves.jpeg")
    assert record is not None
    assert largest.get("name") == name
    assert [warning in text for text in record.warnings] == ([True] if warning else [])


def test_a_file_name_that_names_nobody_leaves_the_face_nameless(world: World) -> None:
    world.put("IMG_1234.jpg", world.collection.show(make_image(1), "ana"))

    record = world.records.read("IMG_1234.jpg")

    assert record is not None
    assert record.name == ""
    assert ["does not look like one" in text for text in record.warnings] == [True]
    assert [row.get("name") for row in world.records.faces.values()] == [None]


def _index_and_crash(world: World, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """An attempt that dies at this step; afterwards its lease is over."""
    with monkeypatch.context() as patch:
        patch.setattr(world.collection if step == "delete" else world.records, step, _crash)
        with pytest.raises(KeyboardInterrupt):
            world.index("a.jpg")
    world.clock.sleep(31)


def _crash(*_: object) -> None:
    raise KeyboardInterrupt
