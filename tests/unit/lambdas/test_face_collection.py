"""A collection that is consistent in the end only."""

from typing import Any

import pytest

from faceprint.aws import face_collection
from faceprint.aws.face_collection import FaceCollection
from faceprint.model.errors import FaceInUseError


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


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr(face_collection.time, "sleep", slept.append)
    return slept


def test_a_face_that_is_not_found_yet_is_deleted_a_moment_later(pauses: list[float]) -> None:
    client = Rekognition()

    FaceCollection(client, "people").delete(["old", "young", "gone"])

    assert client.deleted == ["old", "young"]
    assert client.asked[1:] == [["young", "gone"]]
    assert sum(pauses) > 1


def test_faces_that_are_found_cost_no_waiting(pauses: list[float]) -> None:
    FaceCollection(Rekognition(), "people").delete(["old"])

    assert pauses == []


def test_a_face_that_the_collection_keeps_is_told_and_not_taken_for_removed() -> None:
    with pytest.raises(FaceInUseError, match="disassociate it"):
        FaceCollection(Rekognition(), "people").delete(["old", "in use"])
