"""A collection that is consistent in the end only."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from faceprint.aws.face_collection import FaceCollection
from faceprint.model.errors import FaceInUseError, InvalidParameterError, NoFaceError, NotFoundError


class Rekognition:
    """Finds a young face only from the second question on."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.deleted: list[str] = []

    def delete_faces(self, **request: Any) -> dict[str, Any]:
        faces = request["FaceIds"]
        self.asked.append(faces)
        if "in use" in faces:
            return {"UnsuccessfulFaceDeletions": [{"FaceId": "in use", "Reasons": ["ASSOCIATED_TO_AN_EXISTING_USER"]}]}
        kept = [face for face in faces if face == "gone" or (face == "young" and len(self.asked) == 1)]
        self.deleted += [face for face in faces if face not in kept]
        return {
            "DeletedFaces": [face for face in faces if face not in kept],
            "UnsuccessfulFaceDeletions": [{"FaceId": face, "Reasons": ["FACE_NOT_FOUND"]} for face in kept],
        }


class Refusing:
    """Answers calls with what it is told, one after the other."""

    def __init__(self, *answers: dict[str, Any] | tuple[str, str]) -> None:
        self._answers = list(answers)

    def answer(self, **_: Any) -> dict[str, Any]:
        told = self._answers.pop(0)
        if isinstance(told, tuple):
            raise ClientError({"Error": {"Code": told[0], "Message": told[1]}}, "Any")
        return dict(told)

    search_faces = compare_faces = answer


@pytest.fixture
def pauses() -> list[float]:
    """Of a collection that does not wait in truth."""
    return []


def test_a_face_that_is_not_found_yet_is_deleted_a_moment_later(pauses: list[float]) -> None:
    client = Rekognition()

    FaceCollection(client, "people", pauses.append).delete(["old", "young", "gone"])

    assert client.deleted == ["old", "young"]
    assert client.asked[1:] == [["young", "gone"]]
    assert sum(pauses) > 1


def test_faces_that_are_found_cost_no_waiting(pauses: list[float]) -> None:
    FaceCollection(Rekognition(), "people", pauses.append).delete(["old"])

    assert pauses == []


class Endless(Rekognition):
    """A collection of which each page has a next one."""

    pages = 0

    def get_paginator(self, _: str) -> Any:
        client = boto3.client("rekognition", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
        client._make_api_call = self.answer  # a paginator calls operations by it
        return client.get_paginator("list_faces")

    def answer(self, *_: Any) -> dict[str, Any]:
        self.pages += 1
        return {"Faces": [{"FaceId": f"{self.pages} {n}", "ExternalImageId": "a"} for n in range(4096)],
                "NextToken": str(self.pages)}  # fmt: skip


def test_the_rare_repair_ends_however_large_the_collection_is(pauses: list[float]) -> None:
    client = Endless()

    assert len(FaceCollection(client, "people", pauses.append).find_by_external_image_id("a")) == 25 * 4096

    assert client.pages == 25


def test_a_face_that_the_collection_keeps_is_told_and_not_taken_for_removed(pauses: list[float]) -> None:
    with pytest.raises(FaceInUseError, match="disassociate it"):
        FaceCollection(Rekognition(), "people", pauses.append).delete(["old", "in use"])


MISSING = ("InvalidParameterException", "faceId was not found in the collection")


def test_a_search_by_a_young_face_is_repeated_once(pauses: list[float]) -> None:
    collection = FaceCollection(Refusing(MISSING, {"FaceMatches": []}), "people", pauses.append)

    assert collection.search_by_face("young", threshold=80, max_faces=1) == {"FaceMatches": []}
    assert pauses == [1.5]


def test_a_search_by_a_face_that_is_gone_is_not_found(pauses: list[float]) -> None:
    collection = FaceCollection(Refusing(MISSING, MISSING), "people", pauses.append)

    with pytest.raises(NotFoundError):
        collection.search_by_face("gone", threshold=80, max_faces=1)
    assert pauses == [1.5]


@pytest.mark.parametrize("message", ["Request has Invalid Parameters", "Request has invalid parameters."])
def test_a_comparison_that_is_refused_without_a_reason_had_no_face(message: str) -> None:
    collection = FaceCollection(Refusing(("InvalidParameterException", message)), "people")

    with pytest.raises(NoFaceError):
        collection.compare(b"", {"Bytes": b""}, threshold=80, quality_filter="NONE")


def test_a_comparison_that_breaks_a_rule_of_the_model_is_told_from_one_without_a_face() -> None:
    told = "1 validation error detected: Value '101' at 'similarityThreshold' failed to satisfy constraint: Member must"
    collection = FaceCollection(Refusing(("ValidationException", told)), "people")

    with pytest.raises(InvalidParameterError, match="similarityThreshold"):
        collection.compare(b"", {"Bytes": b""}, threshold=101, quality_filter="NONE")
