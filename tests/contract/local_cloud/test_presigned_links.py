"""Presigned S3 links are checked as S3 checks them, links by boto3, over HTTP."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config

from local_cloud.s3.presigned import check_presigned
from local_cloud.s3.refusal import S3Error
from local_cloud.settings import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from local_cloud.signatures import SignedRequest, Signing, signature_of
from tests.contract.local_cloud.conftest import World

BUCKET, KEY = "photos", "a b/ü+(1).jpg"
INCOMPLETE = "AuthorizationQueryParametersError"
UPLOAD = {"Bucket": BUCKET, "Key": KEY, "ContentLength": 3, "ContentType": "image/jpeg", "Metadata": {"name": "Jo"}}
HEADERS = {"Content-Type": "image/jpeg", "x-amz-meta-name": "Jo"}


@pytest.fixture(autouse=True)
def bucket(world: World) -> None:
    world.s3.create_bucket(Bucket=BUCKET)


def link(world: World, operation: str, **parameters: Any) -> str:
    found: str = world.s3.generate_presigned_url(operation, Params=parameters, ExpiresIn=60)
    return found


def code(answer: requests.Response) -> str:
    return answer.text.partition("<Code>")[2].partition("</Code>")[0]


def test_an_upload_and_a_download_by_link(world: World) -> None:
    sent = requests.put(link(world, "put_object", **UPLOAD), data=b"abc", headers=HEADERS, timeout=5)
    read = requests.get(link(world, "get_object", Bucket=BUCKET, Key=KEY), timeout=5)

    assert (sent.status_code, read.status_code, read.content) == (200, 200, b"abc")
    assert read.headers["x-amz-meta-name"] == "Jo"


@pytest.mark.parametrize(
    ("body", "changed"),
    [(b"abcd", {}), (b"abc", {"Content-Type": "text/html"}), (b"abc", {"x-amz-meta-name": "Eve"})],
)
def test_a_link_is_bound_to_size_type_and_metadata(world: World, body: bytes, changed: dict[str, str]) -> None:
    url = link(world, "put_object", **UPLOAD)

    answer = requests.put(url, data=body, headers=HEADERS | changed, timeout=5)

    assert (answer.status_code, code(answer)) == (403, "SignatureDoesNotMatch")


def test_a_link_with_metadata_whose_name_has_an_underscore_works(world: World) -> None:
    url = link(world, "put_object", Bucket=BUCKET, Key=KEY, Metadata={"taken_in": "Rome"})

    answer = requests.put(url, data=b"abc", headers={"x-amz-meta-taken_in": "Rome"}, timeout=5)

    assert (answer.status_code, code(answer)) == (200, "")
    assert world.s3.head_object(Bucket=BUCKET, Key=KEY)["Metadata"] == {"taken_in": "Rome"}


def test_metadata_that_was_not_signed_is_refused(world: World) -> None:
    url = link(world, "put_object", **UPLOAD)

    answer = requests.put(url, data=b"abc", headers=HEADERS | {"x-amz-meta-more": "x"}, timeout=5)

    assert (answer.status_code, code(answer)) == (403, "AccessDenied")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda url: url.replace("photos/a", "photos/b"), (403, "SignatureDoesNotMatch")),
        (lambda url: url + "&versionId=1", (403, "SignatureDoesNotMatch")),
        (lambda url: url.replace("AKIALOCAL", "ASIAOTHER"), (403, "InvalidAccessKeyId")),
        (
            lambda url: url.replace("X-Amz-Expires=60", "X-Amz-Expires=999999"),
            (400, INCOMPLETE),
        ),
        (lambda url: url.replace("&X-Amz-SignedHeaders=host", ""), (400, INCOMPLETE)),
        (lambda url: url.split("?")[0] + "?AWSAccessKeyId=x&Signature=y&Expires=1", (403, "AccessDenied")),
        (lambda url: url.split("?")[0] + "?AWSAccessKeyId=x&Signature=y&Expires=soon", (403, "AccessDenied")),
        (lambda url: url.split("?")[0] + "?AWSAccessKeyId=x&Signature=y", (403, "AccessDenied")),
        (lambda url: url.split("?")[0] + "?X-Amz-Signature=y&X-Amz-Algorithm=other", (400, INCOMPLETE)),
        (lambda url: url.replace(f"{ACCESS_KEY_ID}%2F", ""), (400, INCOMPLETE)),
    ],
)
def test_a_link_that_was_changed_is_refused(world: World, change: Any, expected: tuple[int, str]) -> None:
    url = link(world, "get_object", Bucket=BUCKET, Key=KEY)

    answer = requests.get(change(url), timeout=5)

    assert (answer.status_code, code(answer)) == expected


def test_a_link_expires() -> None:
    signed = datetime(2026, 1, 1, tzinfo=UTC)
    query = (
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ID%2F20260101%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20260101T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host"
    )
    signing = Signing("ID/20260101/us-east-1/s3/aws4_request", "host", "20260101T000000Z", "")
    unsigned = SignedRequest("GET", "/b/k", query, {"host": "h"})
    signature = signature_of(unsigned, signing, "secret", "UNSIGNED-PAYLOAD")
    request = SignedRequest("GET", "/b/k", f"{query}&X-Amz-Signature={signature}", {"host": "h"})

    assert check_presigned(request, {"ID": "secret"}, signed + timedelta(seconds=60), "us-east-1")

    with pytest.raises(S3Error, match="Request has expired"):
        check_presigned(request, {"ID": "secret"}, signed + timedelta(seconds=61), "us-east-1")


def as_anybody(world: World, version: str, key: str = "any", region: str = "us-east-1", **more: Any) -> Any:
    """S3 for somebody with credentials of their own."""
    return boto3.client(
        "s3",
        endpoint_url=world.aws.endpoint,
        region_name=region,
        aws_access_key_id=key,
        aws_secret_access_key=more.pop("secret", "any"),
        config=Config(signature_version=version, s3={"addressing_style": "path"}),
        **more,
    )


@pytest.mark.parametrize("version", ["s3v4", "s3"])
@pytest.mark.parametrize(("key", "secret"), [("any", "any"), (ACCESS_KEY_ID, SECRET_ACCESS_KEY)])
def test_a_link_of_any_credentials_and_version_works(world: World, version: str, key: str, secret: str) -> None:
    s3 = as_anybody(world, version, key, secret=secret)

    put = requests.put(s3.generate_presigned_url("put_object", Params=UPLOAD), data=b"abc", headers=HEADERS, timeout=5)
    got = requests.get(s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": KEY}), timeout=5)

    assert (put.status_code, got.status_code, got.content) == (200, 200, b"abc"), put.text + got.text
    assert (got.headers["x-amz-meta-name"], got.headers["Content-Type"]) == ("Jo", "image/jpeg")


def test_a_link_of_version_2_is_bound_to_what_it_was_made_for(world: World) -> None:
    s3 = as_anybody(world, "s3", ACCESS_KEY_ID, secret=SECRET_ACCESS_KEY)
    url = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": KEY})

    changed = requests.get(url.replace("photos/a", "photos/b"), timeout=5)
    longer = requests.get(re.sub(r"Expires=\d+", "Expires=9999999999", url), timeout=5)

    assert [(answer.status_code, code(answer)) for answer in (changed, longer)] == [
        (403, "SignatureDoesNotMatch"),
        (403, "SignatureDoesNotMatch"),
    ]


def test_a_role_s_link_of_version_2_is_the_role_s(world: World) -> None:
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:*"}]}
    iam = world.aws.client("iam")
    arn = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    found = world.roles.assume(arn, "reader")
    world.s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"abc")
    reader = as_anybody(
        world, "s3", found.access_key_id, secret=found.secret_access_key, aws_session_token=found.session_token
    )
    url = reader.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": KEY})

    refused = requests.get(url, timeout=5)
    allowed = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    document = {"Version": "2012-10-17", "Statement": [allowed]}
    iam.put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=json.dumps(document))
    answers = [requests.get(url, timeout=5), requests.get(url.replace("photos/a", "photos/b"), timeout=5)]

    assert (refused.status_code, code(refused)) == (403, "AccessDenied")
    assert [(answer.status_code, code(answer)) for answer in answers] == [(200, ""), (403, "SignatureDoesNotMatch")]
    assert reader.get_object(Bucket=BUCKET, Key=KEY)["Body"].read() == b"abc"


def test_version_2_is_refused_where_aws_does_not_take_it() -> None:
    request = SignedRequest("GET", "/b/k", "AWSAccessKeyId=x&Signature=y&Expires=9999999999", {"host": "h"})

    assert check_presigned(request, {}, datetime(2026, 1, 1, tzinfo=UTC), "eu-west-1") is False
    with pytest.raises(S3Error, match="Please use AWS4-HMAC-SHA256") as failure:
        check_presigned(request, {}, datetime(2026, 1, 1, tzinfo=UTC), "eu-central-1")
    assert (failure.value.status, failure.value.code) == (400, "InvalidRequest")


def test_two_ways_to_sign_at_once_are_refused(world: World) -> None:
    url = link(world, "get_object", Bucket=BUCKET, Key=KEY)

    answer = requests.get(url, headers={"Authorization": "AWS any:thing"}, timeout=5)

    assert (answer.status_code, code(answer)) == (400, "InvalidArgument")
