"""S3's checksums of objects: by all algorithms, and compared when an upload in parts is completed.

What arrives in one request is checked before it comes here (`local_cloud.s3.bodies`).
"""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree

from moto.s3 import models, responses
from moto.s3.exceptions import InvalidPart, MethodNotAllowed, NoSuchUpload, S3ClientError
from moto.s3.models import FakeKey, FakeMultipart
from moto.s3.responses import S3Response

from local_cloud.backend.corrections.replacing import wrap
from local_cloud.s3.checksums import ALGORITHMS, checksum

_OF_OBJECTS = {"uploads", "uploadId", "restore", "select"}  # what can be posted to an object
_DEFAULT = "crc64nvme"  # whose checksum S3 computes of an upload in parts that names no algorithm
_ALGORITHM, _TYPE = "x-amz-checksum-algorithm", "x-amz-checksum-type"


def compute_every_checksum() -> None:
    """Without awscrt, moto takes CRC-32 for CRC-32C and CRC-64/NVME."""

    def compute_checksum(_: Any, body: bytes, algorithm: str, encode_base64: bool = True) -> bytes:
        digest = checksum(algorithm.lower(), body)
        return b64encode(digest) if encode_base64 else digest

    for module in (models, responses):
        wrap(module, "compute_checksum", compute_checksum)


def compare_checksums_of_completed_uploads() -> None:
    """CompleteMultipartUpload may name a checksum of each part and one of the whole object."""

    def post(
        original: Any, response: S3Response, request: Any, body: bytes, bucket: str, query: dict[str, Any], key: str
    ) -> Any:
        if not query.keys() & _OF_OBJECTS:
            raise MethodNotAllowed
        upload_id = query.get("uploadId", [""])[0]
        upload = response.backend.get_bucket(bucket).multiparts.get(upload_id)
        if upload is not None:
            _compare(upload, body, request.headers)
        elif upload_id and not _is_made_by(upload_id, response.backend.get_object(bucket, key)):
            raise NoSuchUpload(upload_id=upload_id)
        return original(response, request, body, bucket, query, key)

    def complete(original: Any, upload: FakeMultipart, body: Any) -> Any:
        upload.metadata.setdefault(_ALGORITHM, _DEFAULT.upper())
        return original(upload, body)

    wrap(S3Response, "_key_response_post", post)
    wrap(FakeMultipart, "complete", complete)


def tell_how_checksums_were_made() -> None:
    """HeadObject of an upload in parts ends its checksum with the number of parts, as GetObject does."""

    def head_object(original: Any, response: S3Response, bucket: str, query: Any, name: str, headers: Any) -> Any:
        status, answered, body = original(response, bucket, query, name, headers)
        found = [name for name in answered if name.startswith("x-amz-checksum-")]
        key = response.backend.get_object(bucket, name, version_id=query.get("versionId", [None])[0]) if found else None
        if key is not None and key.checksum_type:
            answered[_TYPE] = key.checksum_type
            if key.checksum_type == "COMPOSITE":
                answered[found[0]] = f"{key.checksum_value}-{key.checksum_parts}"
        return status, answered, body

    wrap(S3Response, "head_object", head_object)


def _is_made_by(upload_id: str, key: FakeKey | None) -> bool:
    """Whether the object came by this upload, which may be completed twice."""
    return key is not None and key.multipart is not None and key.multipart.id == upload_id


def _compare(upload: FakeMultipart, body: bytes, headers: Mapping[str, str]) -> None:
    numbers = []
    for number, named in _named_parts(body):
        part = upload.parts.get(number)
        if part is None:
            raise InvalidPart
        for algorithm, digest in named.items():
            if digest != checksum(algorithm, part.value):
                raise InvalidPart
        numbers.append(number)
    size = headers.get("x-amz-mp-object-size")
    if size and int(size) != sum(upload.parts[number].size for number in numbers):
        text = f"The provided 'x-amz-mp-object-size' header value {size} does not match what was computed."
        raise S3ClientError("InvalidRequest", text)
    for algorithm in ALGORITHMS:
        named_digest = headers.get(f"x-amz-checksum-{algorithm}")
        if named_digest is not None:
            _compare_whole(upload, numbers, algorithm, named_digest, headers)


def _compare_whole(
    upload: FakeMultipart, numbers: list[int], algorithm: str, named: str, headers: Mapping[str, str]
) -> None:
    values = [upload.parts[number].value for number in numbers]
    kind = headers.get(_TYPE) or upload.metadata.get(_TYPE)
    is_whole = kind == "FULL_OBJECT" or algorithm == _DEFAULT
    pieces = values if is_whole else [checksum(algorithm, value) for value in values]
    digest, dash, count = named.partition("-")
    found = b64encode(checksum(algorithm, b"".join(pieces))).decode()
    if digest != found or (dash and (is_whole or count != str(len(values)))):
        text = f"The {algorithm} you specified did not match the calculated checksum."
        raise S3ClientError("BadDigest", text)


def _named_parts(body: bytes) -> Iterator[tuple[int, dict[str, bytes]]]:
    """Each part's number, and the checksums that the list names of it."""
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 # nosec B314  # from a program of this machine; expat limits entities
        for part in root:
            fields = {field.tag.rpartition("}")[2].lower(): field.text or "" for field in part}
            named = {name: fields[f"checksum{name}"] for name in ALGORITHMS if f"checksum{name}" in fields}
            yield int(fields["partnumber"]), {name: b64decode(text) for name, text in named.items()}
    except (ElementTree.ParseError, KeyError, ValueError):
        text = "The XML you provided was not well-formed or did not validate against our published schema"
        raise S3ClientError("MalformedXML", text) from None
