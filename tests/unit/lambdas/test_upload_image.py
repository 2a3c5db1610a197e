"""Uploading: PUT means PUT."""

import uuid
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from faceprint.model.errors import ConflictError, ImageTooLargeError, ThrottledError, UnsupportedFormatError
from faceprint.model.records import ObjectVersion
from fakes.pictures import make_image
from fakes.stores import ManualClock
from fakes.world import World


class BusyClock(ManualClock):
    """A clock that does something whenever somebody waits."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], object] = lambda: None

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.meanwhile()


@pytest.fixture
def clock() -> BusyClock:
    return BusyClock()


@pytest.fixture
def world(clock: BusyClock) -> World:
    world = World(clock)
    clock.meanwhile = lambda: [world.index(key) for key in list(world.store.versions)]
    return world


def upload(world: World, key: str, data: bytes, *, name: str = "", wait: bool = True, **metadata: str) -> dict:
    return world.upload_image.upload(
        key, data, name=name, metadata=metadata, correlation_id=str(uuid.uuid4()), wait=wait
    )


def test_an_upload_waits_for_its_faceprint(world: World) -> None:
    answer = upload(world, "a.jpg", world.collection.show(make_image(1), "ana"), name="Ana", trip="rome")

    assert answer["image"]["status"] == "INDEXED"
    assert answer["image"]["metadata"] == {"trip": "rome"}
    assert [record["Face"]["name"] for record in answer["FaceRecords"]] == ["Ana"]
    assert answer["FaceRecords"][0]["FaceDetail"]["Pose"]["Yaw"] == -1.25


def test_check_09_the_same_photo_again_is_a_duplicate_and_is_not_stored_again(world: World) -> None:
    photo = world.collection.show(make_image(1), "ana")
    first = upload(world, "a.jpg", photo, name="Ana")

    again = upload(world, "a.jpg", photo, name="Ana")

    assert again["image"]["status"] == "DUPLICATE"
    assert again["FaceRecords"] == first["FaceRecords"]
    assert len(world.store.versions["a.jpg"]) == 1


def test_the_same_photo_under_another_name_renames_the_face(world: World) -> None:
    photo = world.collection.show(make_image(1), "ana")
    first = upload(world, "a.jpg", photo, name="Ana")

    again = upload(world, "a.jpg", photo, name="Anna")

    assert again["image"]["status"] == "INDEXED"
    assert again["FaceRecords"][0]["Face"]["name"] == "Anna"
    assert again["FaceRecords"][0]["Face"]["FaceId"] == first["FaceRecords"][0]["Face"]["FaceId"]


def test_back_to_an_earlier_photo_is_not_taken_for_a_duplicate(world: World, clock: BusyClock) -> None:
    one, two = (world.collection.show(make_image(seed), person) for seed, person in ((1, "ana"), (2, "bea")))
    upload(world, "a.jpg", one)
    clock.meanwhile = lambda: None
    upload(world, "a.jpg", two, wait=False)
    clock.meanwhile = lambda: world.index("a.jpg")

    answer = upload(world, "a.jpg", one)

    assert answer["image"]["status"] == "INDEXED"
    assert world.collection.people() == ["ana"]


def test_the_status_is_asked_for_when_photos_are_usually_done(world: World, clock: BusyClock) -> None:
    pauses: list[float] = []

    def index_after_a_while() -> None:
        pauses.append(clock.now() - begun)
        if pauses[-1] >= 1.5:
            world.index(key)

    clock.meanwhile = index_after_a_while
    for number in range(20):
        pauses.clear()
        begun, key = clock.now(), f"{number}.jpg"
        upload(world, key, make_image(number))

    assert pauses[0] > 1.0
    assert 1.5 <= pauses[-1] < 2.2
    assert len(pauses) <= 3


def test_without_waiting_the_photo_is_pending(world: World) -> None:
    answer = upload(world, "a.jpg", make_image(1), wait=False)

    assert (answer["image"]["status"], answer["image"]["width"], answer["image"]["height"]) == ("PENDING", 120, 100)


def test_a_slow_indexing_is_pending_after_the_wait(world: World, clock: BusyClock) -> None:
    clock.meanwhile = lambda: None

    answer = upload(world, "a.jpg", make_image(1))

    assert answer["image"]["status"] == "PENDING"


def test_an_upload_that_was_overtaken_says_so(world: World, clock: BusyClock) -> None:
    other = make_image(2)

    def overtake() -> None:
        if len(world.store.versions["a.jpg"]) < 2:
            world.store.put("a.jpg", other)

    clock.meanwhile = overtake

    with pytest.raises(ConflictError):
        upload(world, "a.jpg", make_image(1))


def test_what_rekognition_cannot_read_is_told_and_can_be_sent_again(world: World) -> None:
    photo = world.collection.show(make_image(1), "ana")
    world.collection.unreadable.add(photo)
    with pytest.raises(UnsupportedFormatError):
        upload(world, "a.jpg", photo)
    world.collection.unreadable.clear()

    assert upload(world, "a.jpg", photo)["image"]["status"] == "INDEXED"


@pytest.mark.parametrize("wait", [True, False])
def test_a_photo_whose_event_was_lost_is_announced_when_it_is_sent_again(
    world: World, clock: BusyClock, wait: bool
) -> None:
    clock.meanwhile = lambda: None
    photo = world.collection.show(make_image(1), "ana")
    upload(world, "a.jpg", photo, wait=False)
    queue: list[ObjectVersion] = []
    world.announce = lambda key, version: queue.append(version)
    del world.upload_image  # it was made with the queue before
    clock.meanwhile = lambda: [world.index("a.jpg", version=version) for version in queue]

    answer = upload(world, "a.jpg", photo, wait=wait)

    assert queue == [world.store.read_head("a.jpg").version]
    assert answer["image"]["status"] == ("DUPLICATE" if wait else "PENDING")


def test_a_photo_that_was_waited_for_in_vain_is_announced_once(world: World, clock: BusyClock) -> None:
    clock.meanwhile = lambda: None
    queue: list[str] = []
    world.announce = lambda key, version: queue.append(key)

    assert upload(world, "a.jpg", make_image(1))["image"]["status"] == "PENDING"

    assert queue == ["a.jpg"]


def test_a_photo_that_is_indexed_in_time_is_not_announced(world: World) -> None:
    queue: list[str] = []
    world.announce = lambda key, version: queue.append(key)

    upload(world, "a.jpg", make_image(1))
    upload(world, "a.jpg", make_image(1))

    assert queue == []


def test_an_upload_stays_stored_though_its_event_cannot_be_sent(world: World, clock: BusyClock) -> None:
    def refuse(key: str, version: ObjectVersion) -> None:
        raise ThrottledError("slow down")

    clock.meanwhile = lambda: None
    world.announce = refuse

    assert upload(world, "a.jpg", make_image(1))["image"]["status"] == "PENDING"


def test_a_refused_photo_leaves_no_trace(world: World) -> None:
    with pytest.raises(ImageTooLargeError):
        upload(world, "a.jpg", make_image(1, size=(10_001, 20)))

    assert not world.store.versions
    assert not world.records.rows


def test_a_write_that_arrives_late_does_not_undo_what_came_since(world: World) -> None:
    first = world.store.put("a.jpg", make_image(1))
    newest = world.store.write("a.jpg", make_image(2), content_type="image/jpeg", metadata={}, replaces=first)

    with pytest.raises(ConflictError):
        world.store.write("a.jpg", make_image(3), content_type="image/jpeg", metadata={}, replaces=first)

    assert world.store.read_head("a.jpg").version == newest


def test_an_upload_replaces_what_it_finds_though_others_write_meanwhile(world: World) -> None:
    world.store.put("a.jpg", make_image(1))
    write, others = world.store.write, iter([make_image(2), make_image(3)])

    def write_after_others(key: str, data: bytes, **options: Any) -> ObjectVersion:
        for photo in others:
            world.store.put(key, photo)
            break
        return write(key, data, **options)

    world.store.write = write_after_others

    answer = upload(world, "a.jpg", make_image(4), wait=False)

    assert answer["image"]["etag"] == world.store.read_head("a.jpg").version.etag
    assert len(world.store.versions["a.jpg"]) == 4


def test_an_upload_gives_up_where_others_write_all_the_time(world: World) -> None:
    write, numbers = world.store.write, count(1)

    def write_after_another(key: str, data: bytes, **options: Any) -> ObjectVersion:
        world.store.put(key, make_image(next(numbers)))
        return write(key, data, **options)

    world.store.write = write_after_another

    with pytest.raises(ConflictError):
        upload(world, "a.jpg", make_image(100), wait=False)
