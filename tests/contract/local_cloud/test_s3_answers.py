"""What S3 says, header by header, and each service's errors in its own protocol: never another's, and no 500."""

import json
import socket
from typing import Any

import pytest
import requests

from local_cloud.callers import NoPages, refuse_unread
from local_cloud.http_server import HttpServer
from tests.contract.local_cloud.conftest import REGION, World

BUCKET = "photos"
OWN = {
    "Content-Type": "image/jpeg",
    "Cache-Control": "max-age=60",
    "Content-Disposition": 'inline; filename="a.jpg"',
    "Content-Encoding": "identity",
    "Content-Language": "en",
    "Expires": "Thu, 01 Dec 2033 16:00:00 GMT",
    "x-amz-meta-name": "Jo",
}
OF_THE_SERVER = {"date"}
OF_EVERY_ANSWER = {"x-amz-request-id", "x-amz-id-2", *OF_THE_SERVER}
OF_AN_OBJECT = {"etag", "last-modified", "accept-ranges", "content-length", "x-amz-server-side-encryption"}


@pytest.fixture(autouse=True)
def bucket(world: World) -> None:
    world.s3.create_bucket(Bucket=BUCKET)


def ask(world: World, method: str, path: str, *, service: str = "s3", **options: Any) -> requests.Response:
    scope = f"Credential=any/20260101/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature={'0' * 64}"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 {scope}", **options.pop("headers", {})}
    return requests.request(method, world.aws.endpoint + path, headers=headers, timeout=5, **options)


def names(answer: requests.Response) -> set[str]:
    return {name.lower() for name in answer.headers}


def test_an_object_is_answered_with_its_own_headers_and_s3_s_alone(world: World) -> None:
    put = ask(world, "PUT", "/photos/a.jpg", data=b"abc", headers=OWN)
    head, get = (ask(world, method, "/photos/a.jpg") for method in ("HEAD", "GET"))

    assert names(put) == {"etag", "content-length", "x-amz-server-side-encryption", *OF_EVERY_ANSWER}
    for answer in (head, get):
        assert {name: answer.headers.get(name) for name in OWN} == OWN
        assert names(answer) == {*map(str.lower, OWN), *OF_AN_OBJECT, *OF_EVERY_ANSWER}
    assert (get.content, head.headers["Content-Length"], head.content) == (b"abc", "3", b"")
    assert get.headers["x-amz-server-side-encryption"] == "AES256"


def test_an_object_without_headers_of_its_own_gets_none(world: World) -> None:
    md5 = "kAFQmDzST7DWlj99KOF/cg=="
    ask(world, "PUT", "/photos/a.jpg", data=b"abc", headers={"Content-MD5": md5, "x-robots-tag": "noindex"})

    answer = ask(world, "GET", "/photos/a.jpg")

    assert names(answer) == {"content-type", *OF_AN_OBJECT, *OF_EVERY_ANSWER}


def test_a_version_is_named(world: World) -> None:
    world.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})

    put = ask(world, "PUT", "/photos/a.jpg", data=b"abc")

    assert put.headers["x-amz-version-id"] == ask(world, "HEAD", "/photos/a.jpg").headers["x-amz-version-id"]


def test_an_object_uploaded_in_parts_has_an_acl_and_no_header_of_its_upload(world: World) -> None:
    upload = world.s3.create_multipart_upload(Bucket=BUCKET, Key="a", ChecksumAlgorithm="CRC32")["UploadId"]
    part = world.s3.upload_part(Bucket=BUCKET, Key="a", UploadId=upload, PartNumber=1, Body=b"abc")
    parts = [{"PartNumber": 1, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]}]
    world.s3.complete_multipart_upload(Bucket=BUCKET, Key="a", UploadId=upload, MultipartUpload={"Parts": parts})

    grants = world.s3.get_object_acl(Bucket=BUCKET, Key="a")["Grants"]
    head = ask(world, "HEAD", "/photos/a")

    assert [grant["Permission"] for grant in grants] == ["FULL_CONTROL"]
    assert names(head) == {"content-type", *OF_AN_OBJECT, *OF_EVERY_ANSWER}


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("GET", "/photos/none", None, (404, "NoSuchKey")),
        ("GET", "/none/a", None, (404, "NoSuchBucket")),
        ("PUT", "/none/a", "x", (404, "NoSuchBucket")),
        ("GET", "/none", None, (404, "NoSuchBucket")),
        ("PATCH", "/photos/a", None, (405, "MethodNotAllowed")),
        ("PATCH", "/photos", None, (405, "MethodNotAllowed")),
        ("POST", "/photos/a", "x", (405, "MethodNotAllowed")),
        ("POST", "/photos?delete", "x", (400, "MalformedXML")),
        ("POST", "/photos?delete", "<Delete/>", (400, "MalformedXML")),
        ("PUT", "/photos?tagging", "", (400, "MalformedXML")),
        ("PUT", "/photos?lifecycle", "<a/>", (400, "MalformedXML")),
        ("PUT", "/photos?publicAccessBlock", "<a", (400, "MalformedXML")),
        ("PUT", "/photos?cors", "<a/>", (400, "MalformedXML")),
        ("PUT", "/photos?policy", "<a/>", (400, "MalformedPolicy")),
        ("PUT", "/photos?policy", "{}", (400, "MalformedPolicy")),
        ("PUT", "/photos/a?uploadId=x&partNumber=1", "x", (404, "NoSuchUpload")),
        ("POST", "/photos/a?uploadId=x", "<CompleteMultipartUpload/>", (404, "NoSuchUpload")),
        ("GET", "/photos/a?uploadId=x", None, (404, "NoSuchUpload")),
        ("DELETE", "/photos/a?uploadId=x", None, (404, "NoSuchUpload")),
    ],
)
def test_s3_refuses_in_its_own_xml(
    world: World, method: str, path: str, body: str | None, expected: tuple[int, str]
) -> None:
    answer = ask(world, method, path, data=body)

    assert (answer.status_code, answer.text.partition("<Code>")[2].partition("</Code>")[0]) == expected
    assert answer.headers["Content-Type"] == "application/xml"
    for element in ("Message", "RequestId", "HostId"):
        assert f"<{element}>" in answer.text
    assert world.s3.get_bucket_location(Bucket=BUCKET)  # nothing is broken by it


@pytest.mark.parametrize("path", ["/photos/none", "/none", "/none/a"])
def test_a_refused_head_has_no_body(world: World, path: str) -> None:
    with requests.Session() as session:
        answer = session.head(world.aws.endpoint + path, timeout=5)
        again = session.get(world.aws.endpoint + path, timeout=5)

    assert (answer.status_code, answer.content, again.status_code) == (403, b"", 403)


QUERY, JSON = "application/x-www-form-urlencoded", "application/x-amz-json-1.0"


@pytest.mark.parametrize("service", ["iam", "sts", "sns", "sqs"])
def test_an_unknown_action_of_the_query_protocol_is_its_xml(world: World, service: str) -> None:
    answer = ask(world, "POST", "/", service=service, data={"Action": "Nope", "Version": "2012-11-05"})

    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "text/xml")
    assert "<Type>Sender</Type><Code>InvalidAction</Code>" in answer.text
    assert "<RequestId>" in answer.text


@pytest.mark.parametrize(
    ("service", "target"), [("dynamodb", "DynamoDB_20120810"), ("sqs", "AmazonSQS"), ("logs", "Logs_20140328")]
)
def test_an_unknown_operation_of_a_json_service_is_its_json(world: World, service: str, target: str) -> None:
    headers = {"X-Amz-Target": f"{target}.Nope", "Content-Type": JSON}

    answer = ask(world, "POST", "/", service=service, headers=headers, data="{}")

    assert (answer.status_code, answer.json()["__type"]) == (400, "UnknownOperationException")
    assert answer.headers["Content-Type"].startswith("application/x-amz-json-1.")


@pytest.mark.parametrize(
    ("service", "headers", "content_type", "code"),
    [
        ("s3", {}, "application/xml", "<Code>AccessDenied</Code>"),
        ("iam", {}, "text/xml", "<Code>AccessDenied</Code>"),
        ("dynamodb", {"X-Amz-Target": "DynamoDB_20120810.ListTables"}, JSON, '"__type": "AccessDeniedException"'),
        ("lambda", {}, "application/x-amz-json-1.1", '"__type": "AccessDeniedException"'),
    ],
)
@pytest.mark.parametrize("told", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}])
def test_callers_that_are_kept_out_are_told_so_in_the_service_s_words(
    world: World, service: str, headers: dict[str, str], content_type: str, code: str, told: dict[str, str]
) -> None:
    server = HttpServer(NoPages(world.door, frozenset()), host="127.0.0.1", port=0, threads=1)
    server.start()
    scope = f"AWS4-HMAC-SHA256 Credential=any/20260101/{REGION}/{service}/aws4_request"
    try:
        answer = requests.get(
            f"http://127.0.0.1:{server.port}/a/b", headers={"Authorization": scope, **headers, **told}, timeout=5
        )
    finally:
        server.close()

    assert (answer.status_code, answer.headers["Content-Type"]) == (403, content_type)
    assert code in answer.text
    if "json" in content_type:
        assert "message" in json.loads(answer.text)


@pytest.mark.parametrize(
    ("service", "answered"), [("s3", b"<Code>EntityTooLarge</Code>"), ("lambda", b'"__type": "EntityTooLarge"')]
)
def test_a_body_beyond_every_limit_is_refused_in_the_service_s_words(service: str, answered: bytes) -> None:
    server = HttpServer(lambda *_: [], host="127.0.0.1", port=0, threads=1, refuse=refuse_unread)
    server.start()
    scope = f"Credential=any/20260101/{REGION}/{service}/aws4_request"
    head = f"PUT /a/b HTTP/1.1\r\nHost: localhost\r\nAuthorization: AWS4-HMAC-SHA256 {scope}\r\n"
    try:
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(f"{head}Content-Length: {1 << 40}\r\n\r\n".encode())
            answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    finally:
        server.close()

    assert answer.startswith(b"HTTP/1.1 413")
    assert answered in answer


def test_a_bucket_whose_versioning_is_suspended_keeps_its_versions(world: World) -> None:
    def versions(kind: str) -> list[str]:
        return [each["VersionId"] for each in world.s3.list_object_versions(Bucket=BUCKET).get(kind, [])]

    def version(status: str) -> None:
        world.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": status})

    version("Enabled")
    first = world.s3.put_object(Bucket=BUCKET, Key="a", Body=b"1")["VersionId"]
    version("Suspended")
    for body in (b"2", b"3"):
        world.s3.put_object(Bucket=BUCKET, Key="a", Body=body)
    assert sorted(versions("Versions")) == sorted([first, "null"])
    assert world.s3.get_object(Bucket=BUCKET, Key="a", VersionId=first)["Body"].read() == b"1"

    world.s3.delete_object(Bucket=BUCKET, Key="a")
    assert (versions("Versions"), versions("DeleteMarkers")) == ([first], ["null"])

    every = [{"Key": "a", "VersionId": each} for each in (first, "null")]
    answer = world.s3.delete_objects(Bucket=BUCKET, Delete={"Objects": every})
    assert ("Errors" in answer, versions("Versions"), versions("DeleteMarkers")) == (False, [], [])
    world.s3.delete_bucket(Bucket=BUCKET)
    world.s3.create_bucket(Bucket=BUCKET)
