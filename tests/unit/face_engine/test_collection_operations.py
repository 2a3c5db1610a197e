"""Collections and their tags."""

from __future__ import annotations

import pytest

from face_engine.errors import InvalidParameterError, ResourceAlreadyExistsError, ResourceNotFoundError, ServiceError
from fakes.engine_parts import NOW, EngineUnderTest
from fakes.fake_vision import make_face, make_photo

ARN = "arn:aws:rekognition:eu-west-1:111122223333:collection/people"


def test_create_answers_the_arn_without_prefix_and_describe_with_it(engine: EngineUnderTest) -> None:
    created = engine.call("CreateCollection", CollectionId="second")
    described = engine.call("DescribeCollection", CollectionId="second")

    assert created["StatusCode"] == 200
    assert created["CollectionArn"] == "aws:rekognition:eu-west-1:111122223333:collection/second"
    assert described["CollectionARN"] == "arn:" + created["CollectionArn"]
    assert (described["FaceCount"], described["CreationTimestamp"]) == (0, NOW)


def test_name_is_taken_once(engine: EngineUnderTest) -> None:
    with pytest.raises(ResourceAlreadyExistsError, match="people already exists"):
        engine.call("CreateCollection", CollectionId="people")


def test_list_pages_in_order_of_creation(engine: EngineUnderTest) -> None:
    for name in ("b", "a"):
        engine.call("CreateCollection", CollectionId=name)

    first = engine.call("ListCollections", MaxResults=2)
    rest = engine.call("ListCollections", MaxResults=2, NextToken=first["NextToken"])

    assert first["CollectionIds"] + rest["CollectionIds"] == ["people", "b", "a"]
    assert first["FaceModelVersions"] == ["0.0.1"] * 2
    assert "NextToken" not in rest


def test_deleted_collection_is_gone_with_its_faces(engine: EngineUnderTest) -> None:
    engine.vision.photos[1] = [make_face(1)]
    engine.index(make_photo(1))
    assert engine.search(make_photo(1))["FaceMatches"]

    assert engine.call("DeleteCollection", CollectionId="people") == {"StatusCode": 200}
    with pytest.raises(ResourceNotFoundError):
        engine.call("DeleteCollection", CollectionId="people")
    engine.call("CreateCollection", CollectionId="people")

    assert engine.search(make_photo(1))["FaceMatches"] == []


def test_tags_are_added_replaced_and_removed(engine: EngineUnderTest) -> None:
    engine.call("TagResource", ResourceArn=ARN, Tags={"a": "1", "b": "2"})
    engine.call("TagResource", ResourceArn=ARN, Tags={"b": "3"})
    engine.call("UntagResource", ResourceArn=ARN, TagKeys=["a", "unknown"])

    assert engine.call("ListTagsForResource", ResourceArn=ARN) == {"Tags": {"b": "3"}}


def test_tags_given_at_creation_are_kept(engine: EngineUnderTest) -> None:
    engine.call("CreateCollection", CollectionId="tagged", Tags={"team": "é"})

    tags = engine.call("ListTagsForResource", ResourceArn=ARN.replace("people", "tagged"))

    assert tags == {"Tags": {"team": "é"}}


def test_tags_of_one_collection_have_a_limit(engine: EngineUnderTest) -> None:
    engine.call("TagResource", ResourceArn=ARN, Tags={str(number): "" for number in range(200)})

    with pytest.raises(ServiceError, match="200 tags") as refused:
        engine.call("TagResource", ResourceArn=ARN, Tags={"one more": ""})

    assert refused.value.code == "ServiceQuotaExceededException"


def test_arn_of_something_else_is_refused(engine: EngineUnderTest) -> None:
    with pytest.raises(InvalidParameterError, match="ResourceArn"):
        engine.call("ListTagsForResource", ResourceArn="arn:aws:s3:::bucket-of-somebody")
    with pytest.raises(ResourceNotFoundError):
        engine.call("ListTagsForResource", ResourceArn=ARN + "x")
