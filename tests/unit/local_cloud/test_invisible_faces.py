"""Faces that a collection does not find at once after they were indexed."""

import json
from collections.abc import Iterable
from io import BytesIO
from typing import Any

import pytest

from local_cloud.faults.invisible import InvisibleFaces


class Engine:
    """A WSGI application that has indexed `young` now and `old` long ago."""

    def __init__(self) -> None:
        self.deleted: list[str] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        operation, request = environ["operation"], json.loads(environ["wsgi.input"].read())
        faces = [{"FaceId": "old"}, {"FaceId": "young"}]
        answers = {
            "IndexFaces": {"FaceRecords": [{"Face": {"FaceId": "young"}}]},
            "ListFaces": {"Faces": faces},
            "SearchFaces": {"FaceMatches": [{"Face": face} for face in faces]},
            "SearchFacesByImage": {"FaceMatches": [{"Face": face} for face in faces]},
            "SearchUsers": {"UserMatches": []},
            "DeleteFaces": {"DeletedFaces": request.get("FaceIds")},
        }
        self.deleted += request.get("FaceIds", [])
        start_response("200 OK", [("Content-Type", "application/x-amz-json-1.1")])
        return [json.dumps(answers[operation]).encode()]


class Collection:
    """The engine behind InvisibleFaces, with a clock that only the test moves."""

    def __init__(self) -> None:
        self.now, self.engine = 0.0, Engine()
        self._faces = InvisibleFaces(1.0, clock=lambda: self.now)

    def call(self, operation: str, **request: Any) -> tuple[str, dict[str, Any]]:
        environ = {"operation": operation, "wsgi.input": BytesIO(json.dumps(request).encode())}
        answer = self._faces.ask(environ, operation, self.engine)
        return answer.status, json.loads(answer.body)


@pytest.mark.parametrize(("after", "found"), [(0.9, ["old"]), (1.0, ["old", "young"])])
def test_a_face_is_found_a_second_after_it_was_indexed(after: float, found: list[str]) -> None:
    collection = Collection()
    collection.call("IndexFaces")
    collection.now = after

    listed = collection.call("ListFaces")[1]["Faces"]
    matches = collection.call("SearchFacesByImage")[1]["FaceMatches"]

    assert [face["FaceId"] for face in listed] == [match["Face"]["FaceId"] for match in matches] == found


@pytest.mark.parametrize("operation", ["SearchFaces", "SearchUsers"])
def test_a_face_is_not_known_to_searches_by_it_at_first(operation: str) -> None:
    collection = Collection()
    collection.call("IndexFaces")

    status, document = collection.call(operation, FaceId="young")

    assert (status, document["__type"]) == ("400 Bad Request", "InvalidParameterException")
    assert document["message"] == "faceId was not found in the collection"
    collection.now = 1.0
    assert collection.call(operation, FaceId="young")[0] == "200 OK"


def test_a_face_is_not_deleted_at_first_and_the_answer_says_so() -> None:
    collection = Collection()
    collection.call("IndexFaces")

    _, document = collection.call("DeleteFaces", FaceIds=["old", "young"])

    assert document["DeletedFaces"] == collection.engine.deleted == ["old"]
    assert document["UnsuccessfulFaceDeletions"] == [{"FaceId": "young", "Reasons": ["FACE_NOT_FOUND"]}]


def test_an_indexed_face_does_not_disappear_when_it_is_indexed_again() -> None:
    collection = Collection()
    collection.call("IndexFaces")
    collection.now = 5.0

    collection.call("IndexFaces")

    assert len(collection.call("ListFaces")[1]["Faces"]) == 2
