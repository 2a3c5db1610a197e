"""What arrives damaged is not stored: every way in which a client may say what it has sent."""

import base64
import hashlib
import os
import zlib
from collections.abc import Callable
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from local_cloud.s3.checksums import ALGORITHMS, checksum, checksum_text
from tests.contract.local_cloud.conftest import REGION, World

BUCKET, KEY = "photos", "a.jpg"
BODY = b"the photo"
ANYBODY = f"AWS4-HMAC-SHA256 Credential=any/20260101/{REGION}/s3/aws4_request, SignedHeaders=host, Signature={'0' * 64}"

every_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS)


@pytest.fixture(autouse=True)
def bucket(world: World) -> None:
    world.s3.create_bucket(Bucket=BUCKET)


def put(world: World, headers: dict[str, str], body: bytes = BODY, query: str = "") -> requests.Response:
    url = f"{world.aws.endpoint}/{BUCKET}/{KEY}{query}"
    return requests.put(url, data=body, headers={"Authorization": ANYBODY, **headers}, timeout=5)


def code(answer: requests.Response) -> str:
    return answer.text.partition("<Code>")[2].partition("</Code>")[0]


def is_stored(world: World) -> bool:
    return "Contents" in world.s3.list_objects_v2(Bucket=BUCKET)


def chunked(algorithm: str, digest: str, body: bytes = BODY) -> tuple[dict[str, str], bytes]:
    """A body in two chunks, with its checksum behind it."""
    headers = {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-decoded-content-length": str(len(body)),
        "x-amz-trailer": f"x-amz-checksum-{algorithm}",
        "x-amz-sdk-checksum-algorithm": algorithm.upper(),
        "content-encoding": "aws-chunked",
    }
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (body[:4], body[4:]))
    return headers, chunks + f"0\r\nx-amz-checksum-{algorithm}:{digest}\r\n\r\n".encode()


@pytest.mark.parametrize(
    ("algorithm", "digest"), [("crc32", "cbf43926"), ("crc32c", "e3069283"), ("crc64nvme", "ae8b14860a799888")]
)
def test_checksums_have_the_check_values_of_their_definitions(algorithm: str, digest: str) -> None:
    assert checksum(algorithm, b"123456789").hex() == digest


@pytest.mark.parametrize("size", [0, 1, 3, 4, 7, 8, 9, 31, 32, 255, 256, 1000, 65_537])
def test_a_checksum_that_is_put_together_is_that_of_a_loop(size: int) -> None:
    data = os.urandom(size)
    for algorithm, width, polynomial in (("crc32c", 32, 0x82F63B78), ("crc64nvme", 64, 0x9A6C9329AC4BC9B5)):
        state = (1 << width) - 1
        for byte in data:
            state ^= byte
            for _ in range(8):
                state = (state >> 1) ^ (polynomial * (state & 1))
        assert int.from_bytes(checksum(algorithm, data)) == state ^ ((1 << width) - 1)


@every_algorithm
def test_a_body_with_its_checksum_is_stored(world: World, algorithm: str) -> None:
    digest = checksum_text(algorithm, BODY)

    answer = put(world, {f"x-amz-checksum-{algorithm}": digest})
    read = requests.get(answer.url, headers={"Authorization": ANYBODY, "x-amz-checksum-mode": "ENABLED"}, timeout=5)

    assert (answer.status_code, answer.headers[f"x-amz-checksum-{algorithm}"]) == (200, digest)
    assert (read.content, read.headers[f"x-amz-checksum-{algorithm}"]) == (BODY, digest)


@every_algorithm
def test_another_body_is_refused(world: World, algorithm: str) -> None:
    answer = put(world, {f"x-amz-checksum-{algorithm}": checksum_text(algorithm, b"another")})

    assert (answer.status_code, code(answer)) == (400, "BadDigest")
    assert not is_stored(world)


@every_algorithm
def test_a_body_in_chunks_is_compared_with_its_trailer(world: World, algorithm: str) -> None:
    bad = put(world, *chunked(algorithm, checksum_text(algorithm, b"another")))
    refused_is_stored = is_stored(world)
    good = put(world, *chunked(algorithm, checksum_text(algorithm, BODY)))

    assert (bad.status_code, code(bad), refused_is_stored) == (400, "BadDigest", False)
    assert good.status_code == 200, good.text
    stored = world.s3.get_object(Bucket=BUCKET, Key=KEY)
    assert (stored["Body"].read(), stored.get("ContentEncoding")) == (BODY, None)


@every_algorithm
def test_a_part_with_another_checksum_is_refused(world: World, algorithm: str) -> None:
    upload = world.s3.create_multipart_upload(Bucket=BUCKET, Key=KEY)["UploadId"]

    answer = put(
        world,
        {f"x-amz-checksum-{algorithm}": checksum_text(algorithm, b"another")},
        query=f"?partNumber=1&uploadId={upload}",
    )

    assert (answer.status_code, code(answer)) == (400, "BadDigest")
    assert "Parts" not in world.s3.list_parts(Bucket=BUCKET, Key=KEY, UploadId=upload)


def md5(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ({"Content-MD5": md5(b"another")}, "BadDigest"),
        ({"Content-MD5": "no digest"}, "InvalidDigest"),
        ({"Content-MD5": base64.b64encode(b"short").decode()}, "InvalidDigest"),
        ({"x-amz-checksum-crc32": "no digest"}, "InvalidRequest"),
        ({"x-amz-checksum-crc32": "AAAAAA==", "x-amz-checksum-sha1": "x"}, "InvalidRequest"),
        ({"x-amz-sdk-checksum-algorithm": "CRC32"}, "InvalidRequest"),
        ({"x-amz-content-sha256": hashlib.sha256(b"another").hexdigest()}, "XAmzContentSHA256Mismatch"),
        ({"x-amz-content-sha256": "abc"}, "InvalidArgument"),
    ],
)
def test_what_headers_say_of_the_body_has_to_be_true(world: World, headers: dict[str, str], refused: str) -> None:
    answer = put(world, headers)

    assert (answer.status_code, code(answer)) == (400, refused)
    assert not is_stored(world)


def test_a_body_with_its_md5_is_stored(world: World) -> None:
    assert put(world, {"Content-MD5": md5(BODY)}).status_code == 200


@pytest.mark.parametrize(
    ("damage", "refused"),
    [
        (lambda body: body[:10], "IncompleteBody"),
        (lambda body: b"4\r\n" + body[3:], "IncompleteBody"),
        (lambda body: b"zz" + body, "IncompleteBody"),
        (lambda body: body.partition(b"0\r\nx-amz")[0] + b"0\r\n\r\n", "MalformedTrailerError"),
        (lambda body: body.replace(b"crc32:", b"crc32 "), "MalformedTrailerError"),
    ],
)
def test_damaged_chunks_are_refused(world: World, damage: Callable[[bytes], bytes], refused: str) -> None:
    headers, body = chunked("crc32", checksum_text("crc32", BODY))

    damaged = damage(body)
    answer = put(world, headers, damaged if damaged != body else b"5" + body[1:])

    assert (answer.status_code, code(answer)) == (400, refused)
    assert not is_stored(world)


def test_a_link_is_bound_to_the_checksum_it_was_made_with(world: World) -> None:
    crc = base64.b64encode(zlib.crc32(BODY).to_bytes(4)).decode()
    url = world.s3.generate_presigned_url(
        "put_object", Params={"Bucket": BUCKET, "Key": KEY, "ChecksumCRC32": crc}, ExpiresIn=60
    )

    bad = requests.put(url, data=b"another", headers={"x-amz-checksum-crc32": crc}, timeout=5)
    good = requests.put(url, data=BODY, headers={"x-amz-checksum-crc32": crc}, timeout=5)

    assert (bad.status_code, code(bad)) == (400, "BadDigest")
    assert good.status_code == 200, good.text


PARTS = (b"p" * 5_242_880, b"q")


def upload_in_parts(world: World, algorithm: str, kind: str, **whole: Any) -> dict[str, Any]:
    """By boto3, which sends no part without a checksum."""
    created = world.s3.create_multipart_upload(
        Bucket=BUCKET, Key=KEY, ChecksumAlgorithm=algorithm.upper(), ChecksumType=kind
    )
    upload = {"Bucket": BUCKET, "Key": KEY, "UploadId": created["UploadId"]}
    member = f"Checksum{algorithm.upper()}"
    parts = [
        {
            "PartNumber": number,
            "ETag": world.s3.upload_part(
                **upload, PartNumber=number, Body=part, **{member: checksum_text(algorithm, part)}
            )["ETag"],
            member: checksum_text(algorithm, part),
        }
        for number, part in enumerate(PARTS, 1)
    ]
    answer: dict[str, Any] = world.s3.complete_multipart_upload(
        **upload, MultipartUpload={"Parts": parts}, ChecksumType=kind, **whole
    )
    return answer


@pytest.mark.parametrize("algorithm", ["crc32", "crc32c", "crc64nvme"])
def test_an_upload_in_parts_is_compared_with_the_checksum_of_the_whole(world: World, algorithm: str) -> None:
    member = f"Checksum{algorithm.upper()}"

    with pytest.raises(ClientError) as failure:
        upload_in_parts(world, algorithm, "FULL_OBJECT", **{member: checksum_text(algorithm, b"another")})
    refused_is_stored = is_stored(world)
    upload_in_parts(world, algorithm, "FULL_OBJECT", **{member: checksum_text(algorithm, b"".join(PARTS))})
    head = world.s3.head_object(Bucket=BUCKET, Key=KEY, ChecksumMode="ENABLED")

    assert (failure.value.response["Error"]["Code"], refused_is_stored) == ("BadDigest", False)
    assert (head[member], head["ChecksumType"]) == (checksum_text(algorithm, b"".join(PARTS)), "FULL_OBJECT")


@pytest.mark.parametrize("algorithm", ["crc32", "crc32c", "sha1", "sha256"])
def test_an_upload_in_parts_has_a_checksum_of_checksums(world: World, algorithm: str) -> None:
    member = f"Checksum{algorithm.upper()}"
    composite = checksum_text(algorithm, b"".join(checksum(algorithm, part) for part in PARTS)) + "-2"

    with pytest.raises(ClientError) as failure:
        upload_in_parts(world, algorithm, "COMPOSITE", **{member: composite.replace("-2", "-3")})
    refused_is_stored = is_stored(world)
    upload_in_parts(world, algorithm, "COMPOSITE", **{member: composite})
    head = world.s3.head_object(Bucket=BUCKET, Key=KEY, ChecksumMode="ENABLED")

    assert (failure.value.response["Error"]["Code"], refused_is_stored) == ("BadDigest", False)
    assert (head[member], head["ChecksumType"]) == (composite, "COMPOSITE")


def test_a_part_whose_checksum_the_list_names_wrongly_is_refused(world: World) -> None:
    created = world.s3.create_multipart_upload(Bucket=BUCKET, Key=KEY, ChecksumAlgorithm="CRC32")
    upload = {"Bucket": BUCKET, "Key": KEY, "UploadId": created["UploadId"]}
    etag = world.s3.upload_part(**upload, PartNumber=1, Body=BODY)["ETag"]
    part = {"PartNumber": 1, "ETag": etag, "ChecksumCRC32": checksum_text("crc32", b"another")}

    with pytest.raises(ClientError) as failure:
        world.s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [part]})

    assert failure.value.response["Error"]["Code"] == "InvalidPart"
    assert not is_stored(world)


def test_deleting_many_is_compared_with_its_checksum(world: World) -> None:
    world.s3.put_object(Bucket=BUCKET, Key=KEY, Body=BODY)
    body = f"<Delete><Object><Key>{KEY}</Key></Object></Delete>".encode()
    headers = {"Authorization": ANYBODY, "Content-MD5": md5(b"another")}

    answer = requests.post(f"{world.aws.endpoint}/{BUCKET}?delete", data=body, headers=headers, timeout=5)

    assert (answer.status_code, code(answer)) == (400, "BadDigest")
    assert is_stored(world)
