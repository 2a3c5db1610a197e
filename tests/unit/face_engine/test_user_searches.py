"""SearchUsers and SearchUsersByImage, as Rekognition documents them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest

from face_engine.errors import FaceMissingError, InvalidParameterError, ModelMismatchError
from face_engine.matching import FaceMatrix
from face_engine.vision.arrays import Floats
from fakes.engine_parts import EngineUnderTest
from fakes.fake_vision import FakeVision, make_face, make_photo

ANN, ANN_OLDER, TWIN, COUSIN, BOB = 10, 12, 14, 18, 20
EMPTY, GROUP = 0, 100
UNKNOWN_ID = "ffffffff-0000-4000-8000-000000000000"


@pytest.fixture(autouse=True)
def people(engine: EngineUnderTest) -> None:
    engine.vision.photos = make_photos()


def make_photos() -> dict[int, list[Any]]:
    return {person: [make_face(person)] for person in (ANN, ANN_OLDER, TWIN, COUSIN, BOB)} | {
        GROUP: [make_face(BOB, box=(0, 0, 30, 30)), make_face(ANN, box=(100, 0, 60, 60))]
    }


def add_user(engine: EngineUnderTest, name: str, *people: int) -> list[str]:
    faces = [
        engine.index(make_photo(person), ExternalImageId=f"{name}:{number}")["FaceRecords"][0]["Face"]["FaceId"]
        for number, person in enumerate(people)
    ]
    engine.call("CreateUser", CollectionId="people", UserId=name)
    if faces:
        engine.call("AssociateFaces", CollectionId="people", UserId=name, FaceIds=faces)
    return faces


def search_image(engine: EngineUnderTest, photo: int, **values: Any) -> dict[str, Any]:
    return engine.call("SearchUsersByImage", CollectionId="people", Image={"Bytes": make_photo(photo)}, **values)


def search(engine: EngineUnderTest, **values: Any) -> dict[str, Any]:
    return engine.call("SearchUsers", CollectionId="people", **values)


def names(answer: dict[str, Any]) -> list[str]:
    return [match["User"]["UserId"] for match in answer["UserMatches"]]


def test_largest_face_of_a_photo_finds_its_user(engine: EngineUnderTest) -> None:
    add_user(engine, "ann", ANN, ANN_OLDER)
    add_user(engine, "bob", BOB)

    answer = search_image(engine, GROUP)

    assert answer["UserMatches"] == [
        {"Similarity": pytest.approx(99.9, abs=0.1), "User": {"UserId": "ann", "UserStatus": "ACTIVE"}}
    ]
    assert answer["SearchedFace"]["FaceDetail"]["BoundingBox"]["Left"] == 0.5
    assert [(face["FaceDetails"]["BoundingBox"]["Left"], face["Reasons"]) for face in answer["UnsearchedFaces"]] == [
        (0, ["FACE_NOT_LARGEST"])
    ]


def test_photo_without_a_face_matches_nobody(engine: EngineUnderTest) -> None:
    add_user(engine, "ann", ANN)

    answer = search_image(engine, EMPTY)

    assert answer == {"UserMatches": [], "UnsearchedFaces": [], "FaceModelVersion": "0.0.1"}


def test_poor_face_is_searched_unless_the_filter_refuses_it(engine: EngineUnderTest) -> None:
    add_user(engine, "ann", ANN)
    engine.vision.photos[EMPTY] = [make_face(ANN, sharpness=1, yaw=80)]

    unfiltered = search_image(engine, EMPTY)
    filtered = search_image(engine, EMPTY, QualityFilter="AUTO")

    assert names(unfiltered) == ["ann"]
    assert filtered["UserMatches"] == []
    assert "SearchedFace" not in filtered
    assert [face["Reasons"] for face in filtered["UnsearchedFaces"]] == [["LOW_SHARPNESS", "EXTREME_POSE"]]


def test_threshold_is_80_unless_told(engine: EngineUnderTest) -> None:
    for name, person in (("cousin", COUSIN), ("twin", TWIN), ("ann", ANN)):
        add_user(engine, name, person)

    assert names(search_image(engine, ANN)) == ["ann", "twin"]
    assert names(search_image(engine, ANN, UserMatchThreshold=30)) == ["ann", "twin", "cousin"]
    assert names(search_image(engine, ANN, UserMatchThreshold=30, MaxUsers=1)) == ["ann"]


def test_face_id_finds_users_also_its_own(engine: EngineUnderTest) -> None:
    [face] = add_user(engine, "ann", ANN)
    add_user(engine, "twin", TWIN)

    answer = search(engine, FaceId=face)

    assert names(answer) == ["ann", "twin"]
    assert answer["SearchedFace"] == {"FaceId": face}
    assert answer["FaceModelVersion"] == "0.0.1"
    assert "SearchedUser" not in answer


def test_user_id_finds_the_others(engine: EngineUnderTest) -> None:
    add_user(engine, "ann", ANN)
    add_user(engine, "twin", TWIN)

    answer = search(engine, UserId="ann", MaxUsers=1)

    assert names(answer) == ["twin"]
    assert answer["SearchedUser"] == {"UserId": "ann"}


def test_user_without_faces_finds_nobody_and_is_not_found(engine: EngineUnderTest) -> None:
    add_user(engine, "ann", ANN)
    add_user(engine, "ghost")

    assert names(search(engine, UserId="ghost", UserMatchThreshold=0)) == []
    assert names(search_image(engine, BOB, UserMatchThreshold=0)) == ["ann"]


def test_search_needs_exactly_one_of_face_and_user(engine: EngineUnderTest) -> None:
    [face] = add_user(engine, "ann", ANN)

    for members in ({}, {"UserId": "ann", "FaceId": face}):
        with pytest.raises(InvalidParameterError, match="Either UserId or FaceId"):
            search(engine, **members)


def test_searches_by_what_is_not_there_are_invalid(engine: EngineUnderTest) -> None:
    with pytest.raises(FaceMissingError, match="faceId was not found in the collection"):
        search(engine, FaceId=UNKNOWN_ID)
    with pytest.raises(InvalidParameterError, match=r"^Request has invalid parameters$"):
        search(engine, UserId="nobody")


def test_changes_are_seen_by_the_next_search(engine: EngineUnderTest) -> None:
    [face] = add_user(engine, "ann", ANN)
    assert names(search_image(engine, ANN)) == ["ann"]
    [other] = add_user(engine, "bob", BOB)
    assert names(search_image(engine, BOB)) == ["bob"]

    engine.call("DisassociateFaces", CollectionId="people", UserId="ann", FaceIds=[face])
    assert search_image(engine, ANN)["UserMatches"] == []

    engine.call("AssociateFaces", CollectionId="people", UserId="bob", FaceIds=[face], UserMatchThreshold=0)
    engine.call("DisassociateFaces", CollectionId="people", UserId="bob", FaceIds=[other])
    assert names(search_image(engine, ANN)) == ["bob"]
    assert search_image(engine, BOB)["UserMatches"] == []

    engine.call("DeleteUser", CollectionId="people", UserId="bob")
    assert search_image(engine, ANN)["UserMatches"] == []


def test_search_during_a_change_never_misses_the_user(engine: EngineUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    faces = add_user(engine, "ann", ANN, ANN_OLDER)
    add_user(engine, "bob", BOB)
    started: list[Future[dict[str, Any]]] = []

    class WatchedMatrix(FaceMatrix):
        """Lets somebody search when a single vector, not the whole collection, is about to be added."""

        def add(self, rows: Sequence[int], vectors: Floats) -> None:
            if len(rows) == 1 and not started:
                started.append(pool.submit(search, engine, FaceId=faces[0]))
                wait(started, timeout=0.1)  # time enough to go wrong; it may as well wait for the change
            super().add(rows, vectors)

    with ThreadPoolExecutor(1) as pool:
        monkeypatch.setattr("face_engine.user_library.FaceMatrix", WatchedMatrix)
        search(engine, FaceId=faces[0])
        engine.call("DisassociateFaces", CollectionId="people", UserId="ann", FaceIds=faces[1:])

    assert [names(answer.result()) for answer in started] == [["ann"]]


def test_collection_of_another_model_is_never_compared(engine: EngineUnderTest) -> None:
    [face] = add_user(engine, "ann", ANN)
    engine.vision.version = "0.0.2"

    for attempt in (lambda: search(engine, FaceId=face), lambda: search_image(engine, ANN)):
        with pytest.raises(ModelMismatchError):
            attempt()


def test_users_survive_a_restart(tmp_path: Path) -> None:
    vision = FakeVision(make_photos())
    before = EngineUnderTest(tmp_path / "store", vision)
    before.call("CreateCollection", CollectionId="people")
    add_user(before, "ann", ANN, ANN_OLDER, TWIN)
    add_user(before, "ghost")
    expected = search_image(before, ANN)
    before.store.close()

    after = EngineUnderTest(tmp_path / "store", vision)
    found = search_image(after, ANN)
    listed = after.call("ListUsers", CollectionId="people")["Users"]
    after.store.close()

    assert found == expected
    assert names(found) == ["ann"]
    assert listed == [{"UserId": "ann", "UserStatus": "ACTIVE"}, {"UserId": "ghost", "UserStatus": "CREATED"}]
