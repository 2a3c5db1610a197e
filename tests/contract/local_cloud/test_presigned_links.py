"""Presigned S3 links are checked as S3 checks them, links by boto3, over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from local_cloud.s3.presigned import check_presigned
from local_cloud.s3.refusal import S3Error
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
        (lambda url: url.replace("AKIALOCAL", "AKIAOTHER"), (403, "InvalidAccessKeyId")),
        (
            lambda url: url.replace("X-Amz-Expires=60", "X-Amz-Expires=999999"),
            (400, INCOMPLETE),
        ),
        (lambda url: url.replace("&X-Amz-SignedHeaders=host", ""), (400, INCOMPLETE)),
        (lambda url: url.split("?")[0] + "?AWSAccessKeyId=x&Signature=y&Expires=1", (400, "InvalidRequest")),
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

    check_presigned(request, {"ID": "secret"}, signed + timedelta(seconds=60))

    with pytest.raises(S3Error, match="Request has expired"):
        check_presigned(request, {"ID": "secret"}, signed + timedelta(seconds=61))
