"""CreateUser to DisassociateFaces, as Rekognition documents them."""

from __future__ import annotations

from typing import Any

import pytest

from face_engine.client_requests import KEPT_SECONDS
from face_engine.errors import (
    ConflictError,
    IdempotentParameterMismatchError,
    InvalidPaginationTokenError,
    ModelMismatchError,
    ResourceNotFoundError,
    ServiceQuotaExceededError,
)
from fakes.engine_parts import EngineUnderTest
from fakes.fake_vision import make_face, make_photo

ANN, ANN_OLDER, ANN_BARELY, BOB = 10, 13, 18, 20
UNKNOWN_ID = "ffffffff-0000-4000-8000-000000000000"


@pytest.fixture(autouse=True)
def people(engine: EngineUnderTest) -> None:
    engine.vision.photos = {person: [make_face(person)] for person in (ANN, ANN_OLDER, ANN_BARELY, BOB)}


def index(engine: EngineUnderTest, person: int, name: str = "x") -> str:
    return engine.index(make_photo(person), ExternalImageId=name)["FaceRecords"][0]["Face"]["FaceId"]


def call(engine: EngineUnderTest, operation: str, user: str = "ann", **values: Any) -> dict[str, Any]:
    return engine.call(operation, CollectionId="people", UserId=user, **values)


def ids(answer: dict[str, Any], name: str = "AssociatedFaces") -> list[str]:
    return [face["FaceId"] for face in answer[name]]


def members(engine: EngineUnderTest, user: str = "ann") -> list[str]:
    return ids(call(engine, "ListFaces", user), "Faces")


def users(engine: EngineUnderTest) -> list[tuple[str, str]]:
    listed = engine.call("ListUsers", CollectionId="people")["Users"]
    return [(user["UserId"], user["UserStatus"]) for user in listed]


def test_new_user_has_no_faces_and_is_counted(engine: EngineUnderTest) -> None:
    assert call(engine, "CreateUser") == {}

    assert users(engine) == [("ann", "CREATED")]
    assert engine.call("DescribeCollection", CollectionId="people")["UserCount"] == 1
    assert members(engine) == []


def test_user_id_is_taken_once_in_a_collection(engine: EngineUnderTest) -> None:
    engine.call("CreateCollection", CollectionId="second")
    call(engine, "CreateUser")

    with pytest.raises(ConflictError, match="ann already exists"):
        call(engine, "CreateUser")
    engine.call("CreateUser", CollectionId="second", UserId="ann")

    assert users(engine) == [("ann", "CREATED")]


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("DeleteUser", {}),
        ("ListFaces", {}),
        ("AssociateFaces", {"FaceIds": [UNKNOWN_ID]}),
        ("DisassociateFaces", {"FaceIds": [UNKNOWN_ID]}),
    ],
)
def test_missing_user_and_collection_are_named(
    engine: EngineUnderTest, operation: str, members: dict[str, Any]
) -> None:
    with pytest.raises(ResourceNotFoundError, match="The user id: ann does not exist"):
        call(engine, operation, **members)
    with pytest.raises(ResourceNotFoundError, match="The collection id: nobody does not exist"):
        engine.call(operation, CollectionId="nobody", UserId="ann", **members)


def test_list_users_pages_through_all_once(engine: EngineUnderTest) -> None:
    for number in range(5):
        call(engine, "CreateUser", f"user-{number}")

    seen, token = [], None
    while True:
        more = {"NextToken": token} if token else {}
        page = engine.call("ListUsers", CollectionId="people", MaxResults=2, **more)
        seen += [user["UserId"] for user in page["Users"]]
        token = page.get("NextToken")
        if token is None:
            break

    assert seen == [f"user-{number}" for number in range(5)]


def test_token_of_another_list_is_refused(engine: EngineUnderTest) -> None:
    call(engine, "CreateUser")
    call(engine, "CreateUser", "bob")
    for person in (ANN, ANN_OLDER):
        call(engine, "AssociateFaces", FaceIds=[index(engine, person)])
    token = call(engine, "ListFaces", MaxResults=1)["NextToken"]

    with pytest.raises(InvalidPaginationTokenError):
        call(engine, "ListFaces", "bob", NextToken=token)
    with pytest.raises(InvalidPaginationTokenError):
        engine.call("ListUsers", CollectionId="people", NextToken=token)


def test_associated_faces_carry_their_user(engine: EngineUnderTest) -> None:
    call(engine, "CreateUser")
    young, old, other = index(engine, ANN), index(engine, ANN_OLDER), index(engine, BOB)

    answer = call(engine, "AssociateFaces", FaceIds=[old, young])

    assert answer == {
        "AssociatedFaces": [{"FaceId": old}, {"FaceId": young}],
        "UnsuccessfulFaceAssociations": [],
        "UserStatus": "ACTIVE",
    }
    faces = engine.call("ListFaces", CollectionId="people")["Faces"]
    assert {face["FaceId"]: face.get("UserId") for face in faces} == {young: "ann", old: "ann", other: None}
    assert members(engine) == [young, old]
    assert ids(call(engine, "ListFaces", FaceIds=[old, other]), "Faces") == [old]
    assert engine.search(make_photo(ANN))["FaceMatches"][0]["Face"]["UserId"] == "ann"


def test_face_of_the_same_user_is_ignored(engine: EngineUnderTest) -> None:
    call(engine, "CreateUser")
    face = index(engine, ANN)
    call(engine, "AssociateFaces", FaceIds=[face])

    again = call(engine, "AssociateFaces", FaceIds=[face, face])

    assert again == {"AssociatedFaces": [], "UnsuccessfulFaceAssociations": [], "UserStatus": "ACTIVE"}


def test_faces_that_cannot_be_associated_have_their_reasons(engine: EngineUnderTest) -> None:
    for name in ("ann", "bob"):
        call(engine, "CreateUser", name)
    of_ann, of_bob, unlike = index(engine, ANN), index(engine, BOB), index(engine, ANN_BARELY)
    call(engine, "AssociateFaces", FaceIds=[of_ann])
    call(engine, "AssociateFaces", "bob", FaceIds=[of_bob])

    failures = call(engine, "AssociateFaces", FaceIds=[unlike, of_bob, UNKNOWN_ID])["UnsuccessfulFaceAssociations"]

    assert failures == [
        {
            "FaceId": unlike,
            "UserId": "ann",
            "Confidence": pytest.approx(38.8, abs=0.1),
            "Reasons": ["LOW_MATCH_CONFIDENCE"],
        },
        {"FaceId": of_bob, "UserId": "bob", "Reasons": ["ASSOCIATED_TO_A_DIFFERENT_USER"]},
        {"FaceId": UNKNOWN_ID, "Reasons": ["FACE_NOT_FOUND"]},
    ]


@pytest.mark.parametrize(
    ("nuance", "threshold", "fits"),
    [(7, {}, 1), (7, {"UserMatchThreshold": 76}, 0), (8, {}, 0), (8, {"UserMatchThreshold": 38}, 1)],
)
def test_threshold_is_75_unless_told(
    engine: EngineUnderTest, nuance: int, threshold: dict[str, float], fits: int
) -> None:
    engine.vision.photos[ANN + nuance] = [make_face(ANN + nuance)]  # 75.5 % and 38.8 % similar
    call(engine, "CreateUser")
    call(engine, "AssociateFaces", FaceIds=[index(engine, ANN)])

    answer = call(engine, "AssociateFaces", FaceIds=[index(engine, ANN + nuance)], **threshold)

    assert len(answer["AssociatedFaces"]) == fits


def test_first_faces_of_a_user_need_not_match(engine: EngineUnderTest) -> None:
    call(engine, "CreateUser")
    faces = [index(engine, ANN), index(engine, BOB)]

    answer = call(engine, "AssociateFaces", FaceIds=faces, UserMatchThreshold=100)

    assert ids(answer) == faces


def test_user_has_100_faces_at_most(engine: EngineUnderTest) -> None:
    engine.vision.photos[1] = [make_face(ANN, box=(number, 0, 40, 50)) for number in range(51)]
    call(engine, "CreateUser")
    indexed = [engine.index(make_photo(1), ExternalImageId=name)["FaceRecords"] for name in "ab"]
    faces = [record["Face"]["FaceId"] for records in indexed for record in records]
    call(engine, "AssociateFaces", FaceIds=faces[:99])

    last = call(engine, "AssociateFaces", FaceIds=[UNKNOWN_ID, *faces[98:101]])

    assert ids(last) == [faces[99]]
    assert last["UnsuccessfulFaceAssociations"] == [
        {"FaceId": UNKNOWN_ID, "Reasons": ["FACE_NOT_FOUND"]},
        {"FaceId": faces[100], "UserId": "ann", "Reasons": []},
    ]
    with pytest.raises(ServiceQuotaExceededError, match="100 faces"):
        call(engine, "AssociateFaces", FaceIds=faces[101:])
    assert call(engine, "AssociateFaces", FaceIds=faces[:1])["AssociatedFaces"] == []
    assert len(members(engine)) == 100


def test_disassociated_faces_are_free_again(engine: EngineUnderTest) -> None:
    for name in ("ann", "bob"):
        call(engine, "CreateUser", name)
    kept, freed, of_bob, of_nobody = (
        index(engine, ANN), index(engine, ANN_OLDER), index(engine, BOB), index(engine, ANN_BARELY)
    )  # fmt: skip
    call(engine, "AssociateFaces", FaceIds=[kept, freed])
    call(engine, "AssociateFaces", "bob", FaceIds=[of_bob])

    answer = call(engine, "DisassociateFaces", FaceIds=[of_bob, freed, of_nobody, UNKNOWN_ID])

    assert answer == {
        "DisassociatedFaces": [{"FaceId": freed}],
        "UnsuccessfulFaceDisassociations": [
            {"FaceId": of_bob, "UserId": "bob", "Reasons": ["ASSOCIATED_TO_A_DIFFERENT_USER"]},
            {"FaceId": UNKNOWN_ID, "Reasons": ["FACE_NOT_FOUND"]},
        ],
        "UserStatus": "ACTIVE",
    }
    assert call(engine, "DisassociateFaces", FaceIds=[kept])["UserStatus"] == "CREATED"
    assert ids(call(engine, "AssociateFaces", "bob", FaceIds=[freed], UserMatchThreshold=0)) == [freed]


def test_face_of_a_user_is_not_deleted(engine: EngineUnderTest) -> None:
    call(engine, "CreateUser")
    tied, free = index(engine, ANN), index(engine, BOB)
    call(engine, "AssociateFaces", FaceIds=[tied])

    answer = engine.call("DeleteFaces", CollectionId="people", FaceIds=[tied, free, UNKNOWN_ID])

    assert answer == {
        "DeletedFaces": [free],
        "UnsuccessfulFaceDeletions": [
            {"FaceId": tied, "UserId": "ann", "Reasons": ["ASSOCIATED_TO_AN_EXISTING_USER"]},
            {"FaceId": UNKNOWN_ID, "Reasons": ["FACE_NOT_FOUND"]},
        ],
    }
    assert engine.search(make_photo(ANN))["FaceMatches"]


def test_deleting_a_user_frees_its_faces(engine: EngineUnderTest) -> None:
    call(engine, "CreateUser")
    face = index(engine, ANN)
    call(engine, "AssociateFaces", FaceIds=[face])

    assert call(engine, "DeleteUser") == {}

    assert users(engine) == []
    assert "UserId" not in engine.call("ListFaces", CollectionId="people")["Faces"][0]
    assert engine.call("DeleteFaces", CollectionId="people", FaceIds=[face])["DeletedFaces"] == [face]


def test_deleting_a_collection_takes_its_users_along(engine: EngineUnderTest) -> None:
    call(engine, "CreateUser")
    call(engine, "AssociateFaces", FaceIds=[index(engine, ANN)])

    engine.call("DeleteCollection", CollectionId="people")
    engine.call("CreateCollection", CollectionId="people")

    assert users(engine) == []
    assert call(engine, "CreateUser") == {}


def test_user_of_a_collection_that_goes_away_meanwhile_is_not_made(
    engine: EngineUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = engine.engine.library.users.change

    def come_second(*arguments: Any) -> dict[str, Any]:
        engine.call("DeleteCollection", CollectionId="people")
        return change(*arguments)

    monkeypatch.setattr(engine.engine.library.users, "change", come_second)

    with pytest.raises(ResourceNotFoundError, match="people does not exist"):
        call(engine, "CreateUser")


def test_faces_of_another_model_are_not_associated(engine: EngineUnderTest) -> None:
    call(engine, "CreateUser")
    face = index(engine, ANN)
    engine.vision.version = "0.0.2"

    with pytest.raises(ModelMismatchError):
        call(engine, "AssociateFaces", FaceIds=[face])
    assert call(engine, "DisassociateFaces", FaceIds=[face])["UserStatus"] == "CREATED"


def test_repeated_request_has_its_first_answer_and_no_effect(engine: EngineUnderTest) -> None:
    face = index(engine, ANN)
    call(engine, "CreateUser", ClientRequestToken="create")
    first = call(engine, "AssociateFaces", FaceIds=[face], ClientRequestToken="tie")
    call(engine, "DisassociateFaces", FaceIds=[face], ClientRequestToken="free")

    again = call(engine, "AssociateFaces", FaceIds=[face], ClientRequestToken="tie")

    assert again == first
    assert members(engine) == []
    assert call(engine, "CreateUser", ClientRequestToken="create") == {}


def test_repeated_deletion_spares_the_user_made_after_it(engine: EngineUnderTest) -> None:
    call(engine, "CreateUser")
    call(engine, "DeleteUser", ClientRequestToken="once")
    call(engine, "CreateUser")

    assert call(engine, "DeleteUser", ClientRequestToken="once") == {}

    assert users(engine) == [("ann", "CREATED")]


def test_token_with_other_parameters_is_refused(engine: EngineUnderTest) -> None:
    engine.call("CreateCollection", CollectionId="second")
    call(engine, "CreateUser", ClientRequestToken="one")

    with pytest.raises(IdempotentParameterMismatchError):
        call(engine, "CreateUser", "bob", ClientRequestToken="one")
    with pytest.raises(IdempotentParameterMismatchError):
        engine.call("CreateUser", CollectionId="second", UserId="ann", ClientRequestToken="one")

    assert call(engine, "DeleteUser", ClientRequestToken="one") == {}


def test_failed_request_is_tried_anew(engine: EngineUnderTest) -> None:
    with pytest.raises(ResourceNotFoundError):
        call(engine, "DeleteUser", ClientRequestToken="one")
    call(engine, "CreateUser")

    call(engine, "DeleteUser", ClientRequestToken="one")

    assert users(engine) == []


def test_token_is_forgotten_with_its_collection_and_with_time(engine: EngineUnderTest) -> None:
    call(engine, "CreateUser", ClientRequestToken="one")
    engine.call("DeleteCollection", CollectionId="people")
    engine.call("CreateCollection", CollectionId="people")
    call(engine, "CreateUser", ClientRequestToken="one")
    assert users(engine) == [("ann", "CREATED")]

    engine.clock += KEPT_SECONDS

    with pytest.raises(ConflictError):
        call(engine, "CreateUser", ClientRequestToken="one")
    call(engine, "CreateUser", "bob", ClientRequestToken="one")


def test_failure_after_the_work_leaves_nothing_of_it(engine: EngineUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    call(engine, "CreateUser")
    face = index(engine, ANN)

    def fail(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(engine.store.users.requests, "remember", fail)
        with pytest.raises(OSError, match="disk full"):
            call(engine, "AssociateFaces", FaceIds=[face], ClientRequestToken="one")

    assert users(engine) == [("ann", "CREATED")]
    assert ids(call(engine, "AssociateFaces", FaceIds=[face], ClientRequestToken="one")) == [face]
