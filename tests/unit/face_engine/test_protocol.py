"""The wire: what is read, what is refused, and with which of AWS's words."""

from __future__ import annotations

import json

import pytest

from face_engine.errors import (
    IncompleteSignatureError,
    InvalidParameterError,
    MissingAuthenticationTokenError,
    SerializationError,
    UnknownOperationError,
)
from face_engine.protocol import RekognitionModel, read_authorization

SIGNED = (
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/eu-west-3/rekognition/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=abc"
)
FACE_ID = "00000000-0000-4000-8000-000000000001"
IMAGE = {"Bytes": "AAAA"}


@pytest.fixture(scope="module")
def model() -> RekognitionModel:
    return RekognitionModel()


def read(model: RekognitionModel, operation: str, **members: object) -> dict:
    return model.read_request(operation, json.dumps(members).encode())


def test_caller_is_read_from_the_signature() -> None:
    caller = read_authorization(SIGNED)

    assert (caller.access_key, caller.region) == ("AKIDEXAMPLE", "eu-west-3")


@pytest.mark.parametrize("header", [None, ""])
def test_unsigned_request_is_refused(header: str | None) -> None:
    with pytest.raises(MissingAuthenticationTokenError):
        read_authorization(header)


@pytest.mark.parametrize("header", ["Bearer x", "Basic eDp5", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a/b/c"])
def test_other_authorizations_are_refused(header: str) -> None:
    with pytest.raises(IncompleteSignatureError):
        read_authorization(header)


@pytest.mark.parametrize("target", [None, "", "DetectFaces", "DynamoDB_20120810.PutItem"])
def test_target_of_another_service_is_unknown(model: RekognitionModel, target: str | None) -> None:
    with pytest.raises(UnknownOperationError):
        model.read_target(target)


def test_blobs_are_decoded_nulls_and_unknown_members_dropped(model: RekognitionModel) -> None:
    values = read(model, "DetectFaces", Image={"Bytes": "aGk=", "S3Object": None, "Url": "x"}, Extra=1)

    assert values == {"Image": {"Bytes": b"hi"}}


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[]", b"1", b'{"Image": NaN}', b"[" * 100_000])
def test_what_is_not_a_json_object_is_a_serialization_error(model: RekognitionModel, body: bytes) -> None:
    with pytest.raises(SerializationError):
        model.read_request("DetectFaces", body)


@pytest.mark.parametrize(
    ("operation", "members", "named"),
    [
        ("DetectFaces", {"Image": "x"}, "Image"),
        ("DetectFaces", {"Image": {"Bytes": "not base64!"}}, "Image.Bytes"),
        ("CreateCollection", {"CollectionId": 1}, "CollectionId"),
        ("SearchFaces", {"CollectionId": "a", "FaceId": FACE_ID, "MaxFaces": True}, "MaxFaces"),
        ("SearchFaces", {"CollectionId": "a", "FaceId": FACE_ID, "MaxFaces": 1.5}, "MaxFaces"),
        ("SearchFaces", {"CollectionId": "a", "FaceId": FACE_ID, "FaceMatchThreshold": "80"}, "FaceMatchThreshold"),
        ("DeleteFaces", {"CollectionId": "a", "FaceIds": [None]}, r"FaceIds\[0\]"),
        ("CreateCollection", {"CollectionId": "a", "Tags": {"k": 1}}, "Tags.k"),
    ],
)
def test_wrong_types_are_named(model: RekognitionModel, operation: str, members: dict, named: str) -> None:
    with pytest.raises(SerializationError, match=f"^{named} "):
        read(model, operation, **members)


SEARCH = {"CollectionId": "a", "FaceId": FACE_ID}


@pytest.mark.parametrize(
    ("operation", "members", "named"),
    [
        ("CreateCollection", {}, "CollectionId"),
        ("CreateCollection", {"CollectionId": ""}, "CollectionId"),
        ("CreateCollection", {"CollectionId": "a b"}, "CollectionId"),
        ("CreateCollection", {"CollectionId": "x" * 256}, "CollectionId"),
        ("CreateCollection", {"CollectionId": "a\n"}, "CollectionId"),
        ("CreateCollection", {"CollectionId": "a", "Tags": {"aws:x": "1"}}, "Tags key"),
        ("CreateCollection", {"CollectionId": "a", "Tags": {"k": "?"}}, "Tags.k"),
        ("ListCollections", {"MaxResults": 4097}, "MaxResults"),
        ("ListCollections", {"MaxResults": -1}, "MaxResults"),
        ("ListCollections", {"NextToken": "x" * 256}, "NextToken"),
        ("DetectFaces", {}, "Image"),
        ("DetectFaces", {"Image": {"Bytes": ""}}, "Image.Bytes"),
        ("DetectFaces", {"Image": IMAGE, "Attributes": ["EVERYTHING"]}, r"Attributes\[0\]"),
        ("DetectFaces", {"Image": {"S3Object": {"Bucket": "a/b", "Name": "x"}}}, "Image.S3Object.Bucket"),
        ("DetectFaces", {"Image": {"S3Object": {"Bucket": "abc", "Name": ""}}}, "Image.S3Object.Name"),
        ("IndexFaces", {"CollectionId": "a", "Image": IMAGE, "ExternalImageId": "José"}, "ExternalImageId"),
        ("IndexFaces", {"CollectionId": "a", "Image": IMAGE, "MaxFaces": 0}, "MaxFaces"),
        ("IndexFaces", {"CollectionId": "a", "Image": IMAGE, "QualityFilter": "auto"}, "QualityFilter"),
        ("SearchFaces", SEARCH | {"FaceId": FACE_ID.upper().replace("0", "A")}, "FaceId"),
        ("SearchFaces", SEARCH | {"MaxFaces": 4097}, "MaxFaces"),
        ("SearchFaces", SEARCH | {"FaceMatchThreshold": 100.1}, "FaceMatchThreshold"),
        ("SearchFaces", SEARCH | {"FaceMatchThreshold": -0.1}, "FaceMatchThreshold"),
        ("SearchFaces", SEARCH | {"FaceMatchThreshold": 1e999}, None),
        ("DeleteFaces", {"CollectionId": "a", "FaceIds": []}, "FaceIds"),
        ("DeleteFaces", {"CollectionId": "a", "FaceIds": [FACE_ID] * 4097}, "FaceIds"),
        (
            "CompareFaces",
            {"SourceImage": IMAGE, "TargetImage": IMAGE, "SimilarityThreshold": 101},
            "SimilarityThreshold",
        ),
        ("TagResource", {"ResourceArn": "short", "Tags": {}}, "ResourceArn"),
    ],
)
def test_values_out_of_range_are_named(
    model: RekognitionModel, operation: str, members: dict, named: str | None
) -> None:
    if named is None:
        with pytest.raises(SerializationError):
            read(model, operation, **members)
        return
    with pytest.raises(InvalidParameterError, match=rf"^Request has invalid parameters\..*\b{named}"):
        read(model, operation, **members)


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("CreateCollection", {"CollectionId": "a.B_c-9", "Tags": {"Größe é": "x@y/z+=:. 1", "empty": ""}}),
        ("ListCollections", {"MaxResults": 0}),
        ("SearchFaces", SEARCH | {"MaxFaces": 4096, "FaceMatchThreshold": 100}),
        ("IndexFaces", {"CollectionId": "a", "Image": IMAGE, "ExternalImageId": "a.b_c-d:1", "QualityFilter": "HIGH"}),
    ],
)
def test_values_at_their_limits_are_taken(model: RekognitionModel, operation: str, members: dict) -> None:
    assert set(read(model, operation, **members)) == set(members)
