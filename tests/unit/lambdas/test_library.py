"""Reading, listing and erasing photos and faces."""

import pytest

from faceprint.model.errors import ConflictError, FaceInUseError, NotFoundError
from faceprint.model.parameters import read_cursor
from fakes.faces import Seen
from fakes.pictures import make_image
from fakes.world import World


@pytest.fixture
def world() -> World:
    return World()


def test_check_13_an_erased_photo_leaves_nothing_and_says_what_it_removed(world: World) -> None:
    for seed in (1, 2):
        world.put("a.jpg", world.collection.show(make_image(seed), "ana", "bea"))

    answer = world.erase_image.erase("a.jpg", seconds=29)

    assert len(answer["deleted"]["FaceIds"]) == 2
    assert answer["deleted"]["versions"] == 2
    assert not world.store.versions
    assert not world.records.rows
    assert not world.records.faces
    assert not world.collection.faces


def test_an_erasure_also_tells_the_faces_that_the_event_of_its_object_removed_first(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.put("a.jpg", world.collection.show(make_image(1), "ana", "bea"))
    faces, erase = sorted(world.collection.faces), world.store.erase
    monkeypatch.setattr(world.store, "erase", lambda key: (erase(key), world.index(key))[0])

    answer = world.erase_image.erase("a.jpg", seconds=29)

    assert answer["deleted"] == {"FaceIds": faces, "versions": 1}


def test_an_erasure_says_at_once_when_a_face_belongs_to_a_user_of_the_collection(world: World) -> None:
    world.put("a.jpg", world.collection.show(make_image(1), "ana"))
    world.collection.failures.append(FaceInUseError("It belongs to a user."))
    before = world.clock.now()

    with pytest.raises(FaceInUseError):
        world.erase_image.erase("a.jpg", seconds=29)

    assert world.clock.now() == before
    assert world.records.read("a.jpg") is not None
    world.index("a.jpg")
    assert not world.records.rows


def test_erasing_what_is_not_there_is_not_found(world: World) -> None:
    with pytest.raises(NotFoundError):
        world.erase_image.erase("a.jpg", seconds=29)


def test_a_photo_that_is_being_indexed_is_a_conflict_after_some_patience(world: World) -> None:
    world.put("a.jpg", world.collection.show(make_image(1), "ana"))
    world.records.claim_row("a.jpg", owner="somebody", seconds=60)
    before = world.clock.now()

    with pytest.raises(ConflictError):
        world.erase_image.erase("a.jpg", seconds=29)

    assert 10 <= world.clock.now() - before < 15
    world.clock.sleep(60)
    world.index("a.jpg")
    assert not world.collection.faces


def test_a_removed_face_is_gone_and_its_photo_stays(world: World) -> None:
    world.put("a.jpg", world.collection.show(make_image(1), "ana", "bea"))
    face_id = next(face for face, entry in world.collection.faces.items() if entry["person"] == "bea")

    world.keep_faces.remove(face_id, seconds=29)

    assert world.collection.people() == ["ana"]
    assert world.disagreements() == []
    with pytest.raises(NotFoundError):
        world.keep_faces.read(face_id)


def test_a_photo_shows_its_faces_largest_first_and_a_link(world: World) -> None:
    world.put("a.jpg", world.collection.show(make_image(1), Seen("small", 0.6, 0.1), Seen("large", 0.1, 0.3)))

    answer = world.read_image.read("a.jpg")

    widths = [record["Face"]["BoundingBox"]["Width"] for record in answer["FaceRecords"]]
    assert widths == [0.3, 0.1]
    assert answer["image"]["link"].endswith("/a.jpg")
    assert answer["image"]["faces"] == 2


def test_a_photo_in_a_newer_version_is_pending(world: World) -> None:
    world.put("a.jpg", make_image(1))
    world.store.put("a.jpg", make_image(2), metadata={"name": "Ana"})

    answer = world.read_image.read("a.jpg")

    assert answer["image"]["status"] == "PENDING"
    assert answer["image"]["name"] == "Ana"


def test_check_15_pages_list_every_photo_once_by_name(world: World) -> None:
    for seed in range(5):
        world.put(f"{seed}.jpg", make_image(seed))
    world.store.put("9.jpg", make_image(9))

    found, cursor = [], None
    while True:
        page = world.list_images.list(prefix="", after=cursor, limit=2)
        found += [(image["key"], image["status"]) for image in page["images"]]
        if "nextCursor" not in page:
            break
        cursor = read_cursor({"cursor": page["nextCursor"]})

    assert found == [(f"{seed}.jpg", "NO_FACE") for seed in range(5)] + [("9.jpg", "PENDING")]
