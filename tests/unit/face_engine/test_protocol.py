"""The wire: what is read, what is refused, and with which of AWS's words."""

from __future__ import annotations

import json

import pytest

from face_engine.errors import (
    IncompleteSignatureError,
    MissingAuthenticationTokenError,
    SerializationError,
    UnknownOperationError,
    ValidationError,
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


NULL = "Member must not be null"
PATTERN = "Member must satisfy regular expression pattern: "
LONGEST = "Member must have length less than or equal to "
SHORTEST = "Member must have length greater than or equal to "
MOST = "Member must have value less than or equal to "
LEAST = "Member must have value greater than or equal to "
FILTERS = "Member must satisfy enum value set: [NONE, AUTO, LOW, MEDIUM, HIGH]"
PLACE = {"Bucket": "abc", "Name": "x"}


@pytest.mark.parametrize(
    ("operation", "members", "told", "rule"),
    [
        ("CreateCollection", {}, "Value null at 'collectionId'", NULL),
        (
            "CreateCollection",
            {"CollectionId": "a b"},
            "Value 'a b' at 'collectionId'",
            f"{PATTERN}[a-zA-Z0-9_.\\-]+",
        ),
        (
            "CreateCollection",
            {"CollectionId": "a\n"},
            "Value 'a\n' at 'collectionId'",
            f"{PATTERN}[a-zA-Z0-9_.\\-]+",
        ),
        (
            "CreateCollection",
            {"CollectionId": "x" * 256},
            f"Value '{'x' * 256}' at 'collectionId'",
            f"{LONGEST}255",
        ),
        (
            "CreateCollection",
            {"CollectionId": "a", "Tags": {"k": "?"}},
            "Value '{k=?}' at 'tags'",
            "Map value must satisfy constraint: [",
        ),
        (
            "CreateCollection",
            {"CollectionId": "a", "Tags": {"aws:x": "1"}},
            "Value '{aws:x=1}' at 'tags'",
            "Map keys must satisfy constraint: [",
        ),
        (
            "CreateCollection",
            {"CollectionId": "a", "Tags": {str(n): "" for n in range(201)}},
            " at 'tags'",
            f"{LONGEST}200",
        ),
        (
            "ListCollections",
            {"MaxResults": 4097},
            "Value '4097' at 'maxResults'",
            f"{MOST}4096",
        ),
        ("ListCollections", {"MaxResults": -1}, "Value '-1' at 'maxResults'", f"{LEAST}0"),
        ("ListCollections", {"NextToken": "x" * 256}, " at 'nextToken'", f"{LONGEST}255"),
        ("DetectFaces", {}, "Value null at 'image'", NULL),
        ("DetectFaces", {"Image": {"Bytes": ""}}, "Value at 'image.bytes'", f"{SHORTEST}1"),
        (
            "DetectFaces",
            {"Image": {"Bytes": "AAAA" * 1_747_627}},
            "Value at 'image.bytes'",
            f"{LONGEST}5242880",
        ),
        (
            "CompareFaces",
            {"SourceImage": IMAGE, "TargetImage": {"Bytes": "AAAA" * 1_747_627}},
            "Value at 'targetImage.bytes'",
            f"{LONGEST}5242880",
        ),
        (
            "DetectFaces",
            {"Image": IMAGE, "Attributes": ["EVERYTHING"]},
            "Value '[EVERYTHING]' at 'attributes'",
            "Member must satisfy constraint: [Member must satisfy enum value set: [DEFAULT, ALL, ",
        ),
        (
            "DetectFaces",
            {"Image": {"S3Object": PLACE | {"Bucket": "a/b"}}},
            "Value 'a/b' at 'image.s3Object.bucket'",
            f"{PATTERN}[0-9A-Za-z\\.\\-_]*",
        ),
        (
            "DetectFaces",
            {"Image": {"S3Object": PLACE | {"Name": ""}}},
            "Value '' at 'image.s3Object.name'",
            f"{SHORTEST}1",
        ),
        (
            "IndexFaces",
            {"CollectionId": "a", "Image": IMAGE, "ExternalImageId": "José"},
            "Value 'José' at 'externalImageId'",
            f"{PATTERN}[a-zA-Z0-9_.\\-:]+",
        ),
        (
            "IndexFaces",
            {"CollectionId": "a", "Image": IMAGE, "MaxFaces": 0},
            "Value '0' at 'maxFaces'",
            f"{LEAST}1",
        ),
        (
            "IndexFaces",
            {"CollectionId": "a", "Image": IMAGE, "QualityFilter": "auto"},
            "Value 'auto' at 'qualityFilter'",
            FILTERS,
        ),
        (
            "SearchFaces",
            SEARCH | {"FaceId": "A" * 36},
            f"Value '{'A' * 36}' at 'faceId'",
            f"{PATTERN}[0-9a-f]{{8}}-",
        ),
        (
            "SearchFaces",
            SEARCH | {"MaxFaces": 4097},
            "Value '4097' at 'maxFaces'",
            f"{MOST}4096",
        ),
        (
            "SearchFaces",
            SEARCH | {"FaceMatchThreshold": 100.1},
            "Value '100.1' at 'faceMatchThreshold'",
            f"{MOST}100",
        ),
        (
            "SearchFaces",
            SEARCH | {"FaceMatchThreshold": -0.1},
            "Value '-0.1' at 'faceMatchThreshold'",
            f"{LEAST}0",
        ),
        (
            "DeleteFaces",
            {"CollectionId": "a", "FaceIds": []},
            "Value '[]' at 'faceIds'",
            f"{SHORTEST}1",
        ),
        (
            "DeleteFaces",
            {"CollectionId": "a", "FaceIds": [FACE_ID] * 4097},
            " at 'faceIds'",
            f"{LONGEST}4096",
        ),
        (
            "DeleteFaces",
            {"CollectionId": "a", "FaceIds": [FACE_ID, "b"]},
            f"Value '[{FACE_ID}, b]' at 'faceIds'",
            f"Member must satisfy constraint: [{PATTERN}[0-9a-f]{{8}}-",
        ),
        (
            "AssociateFaces",
            {"CollectionId": "a", "UserId": "b", "FaceIds": [FACE_ID] * 101},
            " at 'faceIds'",
            f"{LONGEST}100",
        ),
        (
            "CreateUser",
            {"CollectionId": "a", "UserId": "x" * 129},
            f"Value '{'x' * 129}' at 'userId'",
            f"{LONGEST}128",
        ),
        (
            "ListUsers",
            {"CollectionId": "a", "MaxResults": 501},
            "Value '501' at 'maxResults'",
            f"{MOST}500",
        ),
        (
            "TagResource",
            {"ResourceArn": "short", "Tags": {}},
            "Value 'short' at 'resourceArn'",
            f"{SHORTEST}20",
        ),
    ],
)
def test_broken_rules_are_told_in_awss_words(
    model: RekognitionModel, operation: str, members: dict, told: str, rule: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        read(model, operation, **members)

    message = refused.value.message
    assert message.startswith("1 validation error detected: Value")
    assert f"{told} failed to satisfy constraint: {rule}" in message


def test_all_broken_rules_are_told_in_one_message(model: RekognitionModel) -> None:
    with pytest.raises(ValidationError) as refused:
        read(model, "SearchFaces", CollectionId="", MaxFaces=0)

    assert refused.value.message == (
        f"4 validation errors detected: Value null at 'faceId' failed to satisfy constraint: {NULL}; "
        f"Value '' at 'collectionId' failed to satisfy constraint: {PATTERN}[a-zA-Z0-9_.\\-]+; "
        f"Value '' at 'collectionId' failed to satisfy constraint: {SHORTEST}1; "
        f"Value '0' at 'maxFaces' failed to satisfy constraint: {LEAST}1"
    )


def test_infinity_is_not_json(model: RekognitionModel) -> None:
    with pytest.raises(SerializationError):
        read(model, "SearchFaces", **SEARCH, FaceMatchThreshold=1e999)


@pytest.mark.parametrize("blank", ["\\n", "\\r\\n", " ", "\n"], ids=["LF", "CRLF", "space", "unescaped LF"])
def test_base64_may_be_broken_into_lines(model: RekognitionModel, blank: str) -> None:
    body = f'{{"Image": {{"Bytes": "aGVsbG8g{blank}d29ybGQ={blank}"}}}}'.encode()

    assert model.read_request("DetectFaces", body) == {"Image": {"Bytes": b"hello world"}}


@pytest.mark.parametrize("text", ["aGk", "aGk=!", "aG\u00a0k=", "data:image/png;base64,aGk=", "aGk_"])
def test_what_is_no_base64_is_refused(model: RekognitionModel, text: str) -> None:
    with pytest.raises(SerializationError, match=r"^Image.Bytes is not base64"):
        read(model, "DetectFaces", Image={"Bytes": text})


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
