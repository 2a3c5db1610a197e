"""boto3 against the real server: people of several photos, as users."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from answer_shapes import hold_against_model
from engine_process import MODELS, REPOSITORY, RunningEngine, running_engine
from face_engine.model_setup.build import set_up_models
from fakes.fake_vision import make_photo

SAMPLES = REPOSITORY / "samples"
OBAMA = [(SAMPLES / f"barack-obama-{number}.jpg").read_bytes() for number in (1, 2, 3)]
BIDEN = (SAMPLES / "joe-biden-1.jpg").read_bytes()
GROUP = (SAMPLES / "group.jpg").read_bytes()
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    set_up_models(MODELS)
    with running_engine(tmp_path_factory.mktemp("data")) as running:
        yield running


@pytest.fixture
def rekognition(engine: RunningEngine) -> Iterator[Any]:
    """A client whose every answer is held against the model, with one empty collection, `people`."""
    client = engine.client()
    client.meta.events.register("after-call.rekognition", hold_against_model)
    client.create_collection(CollectionId="people")
    yield client
    client.delete_collection(CollectionId="people")


def index(client: Any, photo: bytes, name: str) -> str:
    answer = client.index_faces(CollectionId="people", Image={"Bytes": photo}, ExternalImageId=name, MaxFaces=1)
    return answer["FaceRecords"][0]["Face"]["FaceId"]


def add_user(client: Any, name: str, *photos: bytes) -> list[str]:
    faces = [index(client, photo, f"{name}:{number}") for number, photo in enumerate(photos)]
    client.create_user(CollectionId="people", UserId=name)
    if faces:
        client.associate_faces(CollectionId="people", UserId=name, FaceIds=faces)
    return faces


def failure(call: Any, **members: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as refused:
        call(CollectionId="people", **members)
    response = refused.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_life_of_a_user(rekognition: Any) -> None:
    faces = add_user(rekognition, "obama", *OBAMA[:2])
    [other] = add_user(rekognition, "biden", BIDEN)
    free = index(rekognition, GROUP, "free")

    found = rekognition.search_users_by_image(CollectionId="people", Image={"Bytes": OBAMA[2]})
    by_user = rekognition.search_users(CollectionId="people", UserId="obama", UserMatchThreshold=0)
    by_face = rekognition.search_users(CollectionId="people", FaceId=other)
    listed = rekognition.list_faces(CollectionId="people", UserId="obama")["Faces"]
    refused = rekognition.associate_faces(CollectionId="people", UserId="obama", FaceIds=[other, UNKNOWN_ID])
    kept = rekognition.delete_faces(CollectionId="people", FaceIds=[faces[0], free])
    freed = rekognition.disassociate_faces(CollectionId="people", UserId="obama", FaceIds=faces)
    rekognition.delete_user(CollectionId="people", UserId="obama")

    assert [match["User"] for match in found["UserMatches"]] == [{"UserId": "obama", "UserStatus": "ACTIVE"}]
    assert found["UserMatches"][0]["Similarity"] > 95
    assert [match["User"]["UserId"] for match in by_user["UserMatches"]] == ["biden"]
    assert [match["User"]["UserId"] for match in by_face["UserMatches"]] == ["biden"]
    assert [(face["FaceId"], face["UserId"]) for face in listed] == [(face, "obama") for face in faces]
    assert [face["Reasons"] for face in refused["UnsuccessfulFaceAssociations"]] == [
        ["ASSOCIATED_TO_A_DIFFERENT_USER"],
        ["FACE_NOT_FOUND"],
    ]
    assert kept["DeletedFaces"] == [free]
    assert kept["UnsuccessfulFaceDeletions"][0]["Reasons"] == ["ASSOCIATED_TO_AN_EXISTING_USER"]
    assert freed["UserStatus"] == "CREATED"
    assert rekognition.list_users(CollectionId="people")["Users"] == [{"UserId": "biden", "UserStatus": "ACTIVE"}]
    assert rekognition.describe_collection(CollectionId="people")["UserCount"] == 1


def test_faces_that_were_not_searched_have_their_reasons(rekognition: Any) -> None:
    add_user(rekognition, "biden", BIDEN)

    group = rekognition.search_users_by_image(CollectionId="people", Image={"Bytes": GROUP})
    nobody = rekognition.search_users_by_image(CollectionId="people", Image={"Bytes": make_photo(90)})

    assert [face["Reasons"] for face in group["UnsearchedFaces"]] == [["FACE_NOT_LARGEST"]] * 3
    largest = group["SearchedFace"]["FaceDetail"]["BoundingBox"]
    assert all(face["FaceDetails"]["BoundingBox"]["Height"] <= largest["Height"] for face in group["UnsearchedFaces"])
    assert (nobody["UserMatches"], nobody["UnsearchedFaces"]) == ([], [])
    assert "SearchedFace" not in nobody


def test_another_person_is_not_taken_in(rekognition: Any) -> None:
    add_user(rekognition, "obama", OBAMA[0])
    stranger, same = index(rekognition, BIDEN, "x"), index(rekognition, OBAMA[1], "y")

    answer = rekognition.associate_faces(CollectionId="people", UserId="obama", FaceIds=[stranger, same])

    assert [face["FaceId"] for face in answer["AssociatedFaces"]] == [same]
    [refused] = answer["UnsuccessfulFaceAssociations"]
    assert (refused["FaceId"], refused["Reasons"]) == (stranger, ["LOW_MATCH_CONFIDENCE"])
    assert refused["Confidence"] < 75


def test_paginators_of_boto3_see_all_users_and_all_their_faces_once(rekognition: Any) -> None:
    names = [f"user-{number}" for number in range(5)]
    for name in names:
        add_user(rekognition, name)
    faces = [index(rekognition, OBAMA[0], str(number)) for number in range(3)]
    rekognition.associate_faces(CollectionId="people", UserId=names[0], FaceIds=faces)
    small = {"CollectionId": "people", "PaginationConfig": {"PageSize": 2}}

    users = rekognition.get_paginator("list_users").paginate(**small)
    own = rekognition.get_paginator("list_faces").paginate(**small, UserId=names[0])
    others = rekognition.get_paginator("list_faces").paginate(**small, UserId=names[1])

    assert [user["UserId"] for page in users for user in page["Users"]] == names
    assert [face["FaceId"] for page in own for face in page["Faces"]] == faces
    assert [face for page in others for face in page["Faces"]] == []


def test_token_makes_a_repetition_harmless(rekognition: Any) -> None:
    for _ in range(2):
        rekognition.create_user(CollectionId="people", UserId="ann", ClientRequestToken="a_1-b")

    assert failure(rekognition.create_user, UserId="ann") == ("ConflictException", 400)
    assert failure(rekognition.create_user, UserId="bob", ClientRequestToken="a_1-b") == (
        "IdempotentParameterMismatchException",
        400,
    )


def test_bad_requests_are_refused(rekognition: Any) -> None:
    add_user(rekognition, "ann")
    wrong, invalid = ("ValidationException", 400), ("InvalidParameterException", 400)

    assert failure(rekognition.create_user, UserId="no spaces") == wrong
    assert failure(rekognition.create_user, UserId="x" * 129) == wrong
    assert failure(rekognition.create_user, UserId="x", ClientRequestToken="no.dots") == wrong
    assert failure(rekognition.associate_faces, UserId="ann", FaceIds=[UNKNOWN_ID] * 101) == wrong
    assert failure(rekognition.associate_faces, UserId="ann", FaceIds=[]) == wrong
    assert failure(rekognition.list_users, MaxResults=501) == wrong
    assert failure(rekognition.list_users, NextToken="x") == ("InvalidPaginationTokenException", 400)
    assert failure(rekognition.search_users) == invalid
    assert failure(rekognition.search_users, FaceId=UNKNOWN_ID) == invalid
    assert failure(rekognition.search_users, UserId="bob") == invalid
    assert failure(rekognition.delete_user, UserId="bob") == ("ResourceNotFoundException", 400)


def test_kill_before_any_statement_leaves_faces_and_vector_of_a_user_in_step(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fakes.dying_engine", str(tmp_path)]
    path = {"PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'tests'}"}

    ran = subprocess.run(command, env=path, capture_output=True, text=True, timeout=60, check=True)

    outcomes = [tuple(outcome) for outcome in json.loads(ran.stdout)]
    assert set(outcomes) == {(2, True), (6, True)}
    assert len(outcomes) > 10


def test_acknowledged_users_survive_a_kill(tmp_path: Path) -> None:
    with running_engine(tmp_path) as engine:
        client = engine.client()
        client.create_collection(CollectionId="people")
        faces = add_user(client, "obama", *OBAMA[:2])
        engine.process.kill()

    with running_engine(tmp_path) as engine:
        client = engine.client()
        listed = client.list_faces(CollectionId="people", UserId="obama")["Faces"]
        found = client.search_users_by_image(CollectionId="people", Image={"Bytes": OBAMA[2]})["UserMatches"]

    assert [face["FaceId"] for face in listed] == faces
    assert [match["User"]["UserId"] for match in found] == ["obama"]
