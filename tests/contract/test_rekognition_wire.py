"""boto3 against the real server: requests as an SDK sends them, answers as botocore's own model describes them."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from answer_shapes import hold_against_model
from engine_process import MODELS, RunningEngine, running_engine
from face_engine.model_setup.build import set_up_models
from fakes.fake_s3 import FakeS3, running_s3
from fakes.fake_vision import make_photo

CHIPS = Path(__file__).resolve().parents[2] / "face_engine" / "model_setup" / "chips"
AUTHORIZATION = "AWS4-HMAC-SHA256 Credential=KEY/20260101/eu-west-1/rekognition/aws4_request, Signature=x"
PERSON = (CHIPS / "grace_hopper.png").read_bytes()
STRANGER = (CHIPS / "astronaut.png").read_bytes()
TOO_LONG = (
    "1 validation error detected: Value at 'image.bytes' failed to satisfy constraint: "
    "Member must have length less than or equal to 5242880"
)
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def s3() -> Iterator[FakeS3]:
    with running_s3() as server:
        yield server


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, s3: FakeS3) -> Iterator[RunningEngine]:
    set_up_models(MODELS)
    environment = {"AWS_ENDPOINT_URL_S3": s3.url, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    with running_engine(tmp_path_factory.mktemp("data"), environment=environment) as running:
        yield running


@pytest.fixture
def rekognition(engine: RunningEngine) -> Iterator[Any]:
    """A client whose every answer is held against the model; leaves no collection behind."""
    client = engine.client()
    client.meta.events.register("after-call.rekognition", hold_against_model)
    yield client
    for name in client.list_collections()["CollectionIds"]:
        client.delete_collection(CollectionId=name)


def failure(call: Any, **members: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as refused:
        call(**members)
    response = refused.value.response
    return response["Error"]["Code"], response["Error"]["Message"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_life_of_a_collection(rekognition: Any) -> None:
    created = rekognition.create_collection(CollectionId="team.A_1-x", Tags={"owner": "Zoë"})
    described = rekognition.describe_collection(CollectionId="team.A_1-x")
    arn = described["CollectionARN"]
    rekognition.tag_resource(ResourceArn=arn, Tags={"stage": "test"})
    rekognition.untag_resource(ResourceArn=arn, TagKeys=["owner"])

    assert created["CollectionArn"] == "aws:rekognition:eu-west-1:123456789012:collection/team.A_1-x"
    assert arn == "arn:" + created["CollectionArn"]
    assert described["CreationTimestamp"].year >= 2024
    assert rekognition.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"stage": "test"}
    assert rekognition.delete_collection(CollectionId="team.A_1-x")["StatusCode"] == 200
    assert failure(rekognition.describe_collection, CollectionId="team.A_1-x") == (
        "ResourceNotFoundException",
        "The collection id: team.A_1-x does not exist",
        400,
    )


def test_life_of_a_face(rekognition: Any) -> None:
    rekognition.create_collection(CollectionId="people")
    indexed = rekognition.index_faces(CollectionId="people", Image={"Bytes": PERSON}, ExternalImageId="grace:1")
    face = indexed["FaceRecords"][0]["Face"]

    found = rekognition.search_faces_by_image(CollectionId="people", Image={"Bytes": PERSON})
    stranger = rekognition.search_faces_by_image(CollectionId="people", Image={"Bytes": STRANGER})
    by_face = rekognition.search_faces(CollectionId="people", FaceId=face["FaceId"])
    listed = rekognition.list_faces(CollectionId="people")
    deleted = rekognition.delete_faces(CollectionId="people", FaceIds=[face["FaceId"], UNKNOWN_ID])
    after = rekognition.search_faces_by_image(CollectionId="people", Image={"Bytes": PERSON})

    assert [match["Face"] for match in found["FaceMatches"]] == [face]
    assert found["FaceMatches"][0]["Similarity"] > 99.9
    assert stranger["FaceMatches"] == by_face["FaceMatches"] == after["FaceMatches"] == []
    assert listed["Faces"] == [face]
    assert deleted["DeletedFaces"] == [face["FaceId"]]
    assert deleted["UnsuccessfulFaceDeletions"][0]["Reasons"] == ["FACE_NOT_FOUND"]


def test_paginators_of_boto3_see_everything_once(rekognition: Any) -> None:
    for number in range(3):
        rekognition.create_collection(CollectionId=f"c{number}")
        rekognition.index_faces(CollectionId="c0", Image={"Bytes": PERSON}, ExternalImageId=str(number))

    collections = rekognition.get_paginator("list_collections").paginate(PaginationConfig={"PageSize": 2})
    faces = rekognition.get_paginator("list_faces").paginate(CollectionId="c0", PaginationConfig={"PageSize": 2})

    assert [name for page in collections for name in page["CollectionIds"]] == ["c0", "c1", "c2"]
    assert [face["ExternalImageId"] for page in faces for face in page["Faces"]] == ["0", "1", "2"]


def test_detect_and_compare(rekognition: Any) -> None:
    [detail] = rekognition.detect_faces(Image={"Bytes": PERSON}, Attributes=["ALL"])["FaceDetails"]
    same = rekognition.compare_faces(SourceImage={"Bytes": PERSON}, TargetImage={"Bytes": PERSON})
    other = rekognition.compare_faces(SourceImage={"Bytes": PERSON}, TargetImage={"Bytes": STRANGER})

    assert len(detail["Landmarks"]) == 5
    assert detail["Confidence"] > 50
    assert (len(same["FaceMatches"]), len(same["UnmatchedFaces"])) == (1, 0)
    assert (len(other["FaceMatches"]), len(other["UnmatchedFaces"])) == (0, 1)


def test_quality_filter_and_max_faces_answer_with_reasons(rekognition: Any) -> None:
    rekognition.create_collection(CollectionId="people")

    answer = rekognition.index_faces(CollectionId="people", Image={"Bytes": PERSON}, MaxFaces=1, QualityFilter="HIGH")

    assert len(answer["FaceRecords"]) + len(answer["UnindexedFaces"]) == 1
    assert all(face["Reasons"] for face in answer["UnindexedFaces"])


def test_photo_without_a_face(rekognition: Any) -> None:
    rekognition.create_collection(CollectionId="people")
    empty = {"Bytes": make_photo(90)}
    no_face = ("InvalidParameterException", "There are no faces in the image. Should be at least 1.", 400)

    assert rekognition.index_faces(CollectionId="people", Image=empty)["FaceRecords"] == []
    assert rekognition.detect_faces(Image=empty)["FaceDetails"] == []
    assert failure(rekognition.search_faces_by_image, CollectionId="people", Image=empty) == no_face
    for source, target in ((empty, {"Bytes": PERSON}), ({"Bytes": PERSON}, empty)):
        assert failure(rekognition.compare_faces, SourceImage=source, TargetImage=target) == (
            "InvalidParameterException",
            "Request has Invalid Parameters",
            400,
        )


def test_search_by_a_face_that_is_gone(rekognition: Any) -> None:
    rekognition.create_collection(CollectionId="people")

    for search in (rekognition.search_faces, rekognition.search_users):
        assert failure(search, CollectionId="people", FaceId=UNKNOWN_ID) == (
            "InvalidParameterException",
            "faceId was not found in the collection",
            400,
        )


def test_picture_is_read_from_s3_in_the_version_asked_for(rekognition: Any, s3: FakeS3) -> None:
    s3.objects = {
        "photos/José María/1.png": make_photo(90),
        "photos/José María/1.png?first": PERSON,
        "photos/large.png": PERSON + bytes(15 * 1024 * 1024),
    }
    place = {"Bucket": "photos", "Name": "José María/1.png"}

    newest = rekognition.detect_faces(Image={"S3Object": place})["FaceDetails"]
    versioned = rekognition.detect_faces(Image={"S3Object": place | {"Version": "first"}})["FaceDetails"]

    assert (len(newest), len(versioned)) == (0, 1)
    for missing in ({"Bucket": "photos", "Name": "absent"}, {"Bucket": "absent", "Name": "x"}):
        code, message, status = failure(rekognition.detect_faces, Image={"S3Object": missing})
        assert (code, status) == ("InvalidS3ObjectException", 400)
        assert "Unable to get object metadata from S3" in message
    too_large = {"S3Object": {"Bucket": "photos", "Name": "large.png"}}
    assert failure(rekognition.detect_faces, Image=too_large)[0] == "ImageTooLargeException"


@pytest.mark.parametrize(
    ("members", "code", "told"),
    [
        ({"CollectionId": "none", "Image": {"Bytes": PERSON}}, "ResourceNotFoundException", "none"),
        ({"CollectionId": "people", "Image": {"Bytes": b"GIF89a"}}, "InvalidImageFormatException", "JPEG and PNG"),
        ({"CollectionId": "people", "Image": {"Bytes": PERSON[:9000]}}, "InvalidImageFormatException", "cut short"),
        ({"CollectionId": "people", "Image": {"Bytes": bytes(6_000_000)}}, "ValidationException", TOO_LONG),
        ({"CollectionId": "people", "Image": {"Bytes": bytes(16_000_000)}}, "ValidationException", TOO_LONG),
        (
            {"CollectionId": "people", "Image": {"Bytes": make_photo(1, columns=10_001, kind=".jpg")}},
            "ImageTooLargeException",
            "Input image dimensions 10001 x 100 exceed maximum dimension size of 10000 pixels",
        ),
        (
            {"CollectionId": "people", "Image": {"Bytes": make_photo(1, columns=39)}},
            "InvalidParameterException",
            "at least 40",
        ),
        ({"CollectionId": "people"}, "ValidationException", "Value null at 'image'"),
        ({"CollectionId": "a b", "Image": {"Bytes": PERSON}}, "ValidationException", "Value 'a b' at 'collectionId'"),
        (
            {"CollectionId": "people", "Image": {"Bytes": PERSON}, "FaceMatchThreshold": 101},
            "ValidationException",
            "Value '101' at 'faceMatchThreshold'",
        ),
    ],
)
def test_bad_requests_name_what_is_wrong(rekognition: Any, members: dict[str, Any], code: str, told: str) -> None:
    rekognition.create_collection(CollectionId="people")

    error, message, status = failure(rekognition.search_faces_by_image, **members)

    assert (error, status) == (code, 400)
    assert told in message


def test_operations_that_are_not_offered_say_so(rekognition: Any) -> None:
    code, message, _ = failure(rekognition.detect_labels, Image={"Bytes": PERSON})

    assert code == "UnknownOperationException"
    assert "DetectLabels is not offered" in message


def send(engine: RunningEngine, body: bytes, **headers: str) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=10)
    connection.request("POST", "/", body=body, headers=headers)
    answer = connection.getresponse()
    content = json.loads(answer.read())
    connection.close()
    return answer.status, content


def test_requests_that_no_sdk_would_send(engine: RunningEngine) -> None:
    target = {"X-Amz-Target": "RekognitionService.ListCollections"}

    assert send(engine, b"{}", **target)[1]["__type"] == "MissingAuthenticationTokenException"
    assert send(engine, b"{}", Authorization="x", **target)[1]["__type"] == "IncompleteSignatureException"
    assert send(engine, b"not json", Authorization=AUTHORIZATION, **target)[1]["__type"] == "SerializationException"
    assert send(engine, b"{}", Authorization=AUTHORIZATION)[1]["__type"] == "UnknownOperationException"


def test_connection_is_kept_and_every_answer_has_an_id_of_its_own(engine: RunningEngine) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=10)
    ids = set()
    for _ in range(3):
        connection.request("GET", "/health")
        answer = connection.getresponse()
        health = json.loads(answer.read())
        ids.add(answer.headers["x-amzn-RequestId"])
        sockets = connection.sock
    connection.close()

    assert health["status"] == "ok"
    assert len(ids) == 3
    assert sockets is not None


def test_log_has_one_line_for_each_request(tmp_path: Path) -> None:
    with running_engine(tmp_path, "--debug") as engine:
        client = engine.client()
        client.create_collection(CollectionId="people")
        client.index_faces(CollectionId="people", Image={"Bytes": PERSON}, ExternalImageId="Grace")
        failure(client.detect_faces, Image={"Bytes": PERSON[:5000]})

    lines = [json.loads(line) for line in engine.lines]
    summary = [(line["operation"], line["status"], line.get("faces")) for line in lines if "status" in line]
    assert summary == [("CreateCollection", 200, 0), ("IndexFaces", 200, 1), ("DetectFaces", 400, None)]
    assert "Grace" not in "".join(engine.lines)
    assert engine.process.returncode == 0


def test_acknowledged_faces_survive_a_kill(tmp_path: Path) -> None:
    kept = []
    for number in range(3):
        with running_engine(tmp_path) as engine:
            client = engine.client()
            if number == 0:
                client.create_collection(CollectionId="people")
            answer = client.index_faces(CollectionId="people", Image={"Bytes": PERSON}, ExternalImageId=str(number))
            kept.append(answer["FaceRecords"][0]["Face"]["FaceId"])
            engine.process.kill()

    with running_engine(tmp_path) as engine:
        faces = engine.client().list_faces(CollectionId="people")["Faces"]
        found = engine.client().search_faces_by_image(CollectionId="people", Image={"Bytes": PERSON})["FaceMatches"]

    assert [face["FaceId"] for face in faces] == kept
    assert [match["Face"]["FaceId"] for match in found] == kept


def test_second_engine_on_the_same_data_gives_up_with_one_line(tmp_path: Path) -> None:
    with (
        running_engine(tmp_path),
        pytest.raises(RuntimeError, match=r"^face_engine: .*another engine.*\n$"),
        running_engine(tmp_path),
    ):
        pass


def test_engine_without_models_tells_the_command_that_gets_them(tmp_path: Path) -> None:
    with (
        pytest.raises(RuntimeError, match=r"^face_engine: .*python -m face_engine setup\n$"),
        running_engine(tmp_path, models=tmp_path),
    ):
        pass
