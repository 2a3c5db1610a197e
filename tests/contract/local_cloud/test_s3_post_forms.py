"""Uploads by a form, as boto3 presigns them: what the policy allows is stored, all else is refused in S3's XML."""

import base64
import json
import zlib
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config

from tests.contract.local_cloud.conftest import World

BUCKET = "photos"


@pytest.fixture(autouse=True)
def bucket(world: World) -> None:
    world.s3.create_bucket(Bucket=BUCKET)


def form_of(world: World, key: str = "up/${filename}", conditions: Any = (), s3: Any = None, **fields: str) -> Any:
    s3 = s3 or world.s3
    every = [*({name: value} for name, value in fields.items()), *conditions]
    return s3.generate_presigned_post(BUCKET, key, Fields=fields or None, Conditions=every, ExpiresIn=60)


def send(form: Any, content: bytes = b"abc", **changed: str) -> requests.Response:
    fields = {**form["fields"], **changed}
    return requests.post(form["url"], data=fields, files={"file": ("a b.jpg", content)}, timeout=5)


def code(answer: requests.Response) -> str:
    return answer.text.partition("<Code>")[2].partition("</Code>")[0]


def test_a_form_stores_its_file_with_its_fields(world: World) -> None:
    own = {"Content-Type": "image/jpeg", "x-amz-meta-name": "Jo", "Cache-Control": "max-age=60"}

    answer = send(form_of(world, **own))
    stored = world.s3.get_object(Bucket=BUCKET, Key="up/a b.jpg")

    assert (answer.status_code, answer.content) == (204, b"")
    assert (stored["Body"].read(), stored["ContentType"], stored["CacheControl"]) == (
        b"abc",
        "image/jpeg",
        "max-age=60",
    )
    assert stored["Metadata"] == {"name": "Jo"}
    assert send(form_of(world, **own)).status_code == 204  # again


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_a_form_of_any_credentials_works(world: World, version: str) -> None:
    s3 = boto3.client(
        "s3",
        endpoint_url=world.aws.endpoint,
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
        config=Config(signature_version=version, s3={"addressing_style": "path"}),
    )

    assert send(form_of(world, s3=s3)).status_code == 204


def test_a_form_is_answered_as_it_asks(world: World) -> None:
    created = send(form_of(world, success_action_status="201"))
    redirected = requests.post(
        (form := form_of(world, success_action_redirect="https://photos.example.com/done?a=b"))["url"],
        data=form["fields"],
        files={"file": ("c.jpg", b"abc")},
        timeout=5,
        allow_redirects=False,
    )

    assert (created.status_code, "<Key>up/a b.jpg</Key>" in created.text) == (201, True)
    assert redirected.status_code == 303
    assert redirected.headers["Location"].startswith("https://photos.example.com/done?a=b&bucket=photos&key=up%2Fc.jpg")


@pytest.mark.parametrize(
    ("conditions", "changed", "expected"),
    [
        ([], {"x-amz-signature": "0" * 64}, (403, "SignatureDoesNotMatch")),
        ([], {"x-amz-meta-name": "Eve"}, (403, "AccessDenied")),
        ([], {"key": "other"}, (403, "AccessDenied")),
        ([["content-length-range", 0, 2]], {}, (400, "EntityTooLarge")),
        ([["content-length-range", 4, 9]], {}, (400, "EntityTooSmall")),
        ([["starts-with", "$content-type", "image/"]], {"Content-Type": "text/html"}, (403, "AccessDenied")),
        ([], {"policy": "no policy"}, (403, "SignatureDoesNotMatch")),
        ([{"x-amz-checksum-crc32": "AAAAAA=="}], {"x-amz-checksum-crc32": "AAAAAA=="}, (400, "BadDigest")),
    ],
)
def test_what_the_policy_does_not_allow_is_refused(
    world: World, conditions: Any, changed: dict[str, str], expected: tuple[int, str]
) -> None:
    answer = send(form_of(world, conditions=conditions), **changed)

    assert (answer.status_code, code(answer)) == expected, answer.text
    assert "Contents" not in world.s3.list_objects_v2(Bucket=BUCKET)


def test_a_form_with_the_right_checksum_is_stored(world: World) -> None:
    crc = base64.b64encode(zlib.crc32(b"abc").to_bytes(4)).decode()

    assert send(form_of(world, **{"x-amz-checksum-crc32": crc})).status_code == 204


def test_a_form_whose_time_is_over_is_refused(world: World) -> None:
    policy = {"expiration": "2020-01-01T00:00:00Z", "conditions": [{"bucket": BUCKET}, ["starts-with", "$key", ""]]}
    fields = {"key": "a", "AWSAccessKeyId": "any", "signature": "any"}
    fields["policy"] = base64.b64encode(json.dumps(policy).encode()).decode()

    answer = send({"url": f"{world.aws.endpoint}/{BUCKET}", "fields": fields})

    assert (answer.status_code, code(answer)) == (403, "AccessDenied")
    assert "Policy expired" in answer.text


@pytest.mark.parametrize(
    ("fields", "files", "expected"),
    [
        ({}, {"file": ("a", b"x")}, (403, "AccessDenied")),
        ({"key": "a"}, {"other": ("a", b"x")}, (400, "InvalidArgument")),
        ({"key": "a", "AWSAccessKeyId": "x", "policy": "e30="}, {"file": ("a", b"x")}, (400, "InvalidPolicyDocument")),
        ({"AWSAccessKeyId": "x", "policy": "e30="}, {"file": ("a", b"x")}, (400, "InvalidArgument")),
    ],
)
def test_a_form_that_is_none_is_refused(world: World, fields: Any, files: Any, expected: tuple[int, str]) -> None:
    answer = requests.post(f"{world.aws.endpoint}/{BUCKET}", data=fields, files=files, timeout=5)

    assert (answer.status_code, code(answer)) == expected


def test_a_form_of_a_role_needs_the_role_s_permission_and_token(world: World) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    allowed = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    trusted, policy = (json.dumps({"Version": "2012-10-17", "Statement": [each]}) for each in (trust, allowed))
    iam = world.aws.client("iam")
    found = world.roles.assume(
        iam.create_role(RoleName="writer", AssumeRolePolicyDocument=trusted)["Role"]["Arn"], "writer"
    )
    s3 = boto3.client(
        "s3",
        endpoint_url=world.aws.endpoint,
        region_name="us-east-1",
        aws_access_key_id=found.access_key_id,
        aws_secret_access_key=found.secret_access_key,
        aws_session_token=found.session_token,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    form = form_of(world, s3=s3)

    refused = send(form)
    iam.put_role_policy(RoleName="writer", PolicyName="p", PolicyDocument=policy)
    answers = [send(form), send(form, **{"x-amz-signature": "0" * 64})]

    assert (refused.status_code, code(refused)) == (403, "AccessDenied")
    assert [(answer.status_code, code(answer)) for answer in answers] == [(204, ""), (403, "SignatureDoesNotMatch")]
