"""The body of a request to S3: taken out of its aws-chunked form, and compared with what its headers say of it.

moto stores whatever arrives. S3 stores nothing whose Content-MD5, x-amz-content-sha256 or x-amz-checksum-… differs; the
last may stand in a header, in the query of a presigned link, or behind the body as a trailer.
"""

import binascii
import hashlib
import re
from base64 import b64decode
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs

from local_cloud.s3.checksums import ALGORITHMS, checksum, digest_length
from local_cloud.s3.refusal import S3Error

Environ = dict[str, Any]

_HEADER = "HTTP_X_AMZ_CHECKSUM_"
_NAMED = "HTTP_X_AMZ_SDK_CHECKSUM_ALGORITHM"
_UNSIGNED = "UNSIGNED-PAYLOAD"
_STREAMING = "STREAMING-"
_SHA256_DIGITS = 64
_CHUNK_LENGTH = re.compile(rb"[0-9a-fA-F]{1,8}")
_NO_CHECKSUM = (
    "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found."
)
_BAD_TRAILER = (
    "The request contained trailing data that was not well-formed or did not conform to our published schema."
)


def receive_body(environ: Environ) -> None:
    """Afterwards the environment has the body itself, and its checksum among the headers. Raises S3Error."""
    if environ["REQUEST_METHOD"] not in ("PUT", "POST"):
        return
    body: bytes = environ["wsgi.input"].read()
    if environ.get("HTTP_X_AMZ_CONTENT_SHA256", "").startswith(_STREAMING):
        body = _unchunk(environ, body)
    environ["wsgi.input"], environ["CONTENT_LENGTH"] = BytesIO(body), str(len(body))
    _check_sha256(environ.get("HTTP_X_AMZ_CONTENT_SHA256", _UNSIGNED), body)
    _check_md5(environ.get("HTTP_CONTENT_MD5"), body)
    query = parse_qs(environ["QUERY_STRING"], keep_blank_values=True)
    if not (environ["REQUEST_METHOD"] == "POST" and "uploadId" in query):  # there it is the whole object's
        _check_checksum(environ, {name.lower(): values[0] for name, values in query.items()}, body)


def decoded(algorithm: str, text: str) -> bytes | None:
    """The digest in a header's base64; None where it is none."""
    try:
        digest = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return digest if len(digest) == digest_length(algorithm) else None


def _check_sha256(named: str, body: bytes) -> None:
    if named == _UNSIGNED:
        return
    if len(named) != _SHA256_DIGITS:
        text = f"x-amz-content-sha256 must be {_UNSIGNED}, {_STREAMING}… or a valid sha256 value."
        raise S3Error(400, "InvalidArgument", text)
    if hashlib.sha256(body).hexdigest() != named.lower():
        text = "The provided 'x-amz-content-sha256' header does not match what was computed."
        raise S3Error(400, "XAmzContentSHA256Mismatch", text)


def _check_md5(named: str | None, body: bytes) -> None:
    if named is None:
        return
    digest = decoded("md5", named.strip())
    if digest is None:
        raise S3Error(400, "InvalidDigest", "The Content-MD5 you specified was invalid.")
    if checksum("md5", body) != digest:
        raise S3Error(400, "BadDigest", "The Content-MD5 you specified did not match what we received.")


def _check_checksum(environ: Environ, query: dict[str, str], body: bytes) -> None:
    """The checksum and its algorithm are left where moto looks for them."""
    given = dict(_checksums(environ, query))
    if len(given) > 1:
        text = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
        raise S3Error(400, "InvalidRequest", text)
    named = environ.get(_NAMED, query.get("x-amz-sdk-checksum-algorithm", "")).lower()
    if named and named not in given:
        raise S3Error(400, "InvalidRequest", _NO_CHECKSUM)
    for algorithm, text in given.items():
        check_digest(algorithm, text, body)
        environ[_NAMED], environ[_HEADER + algorithm.upper()] = algorithm.upper(), text


def check_digest(algorithm: str, text: str, body: bytes) -> None:
    """Raises S3Error when `text` is no digest of this kind, or another body's."""
    digest = decoded(algorithm, text)
    if digest is None:
        raise S3Error(400, "InvalidRequest", f"Value for x-amz-checksum-{algorithm} header is invalid.")
    if checksum(algorithm, body) != digest:
        raise S3Error(400, "BadDigest", f"The {algorithm.upper()} you specified did not match the calculated checksum.")


def _checksums(environ: Environ, query: dict[str, str]) -> Iterator[tuple[str, str]]:
    for algorithm in ALGORITHMS:
        text = environ.get(_HEADER + algorithm.upper(), query.get(f"x-amz-checksum-{algorithm}"))
        if text is not None:
            yield algorithm, text


def _unchunk(environ: Environ, body: bytes) -> bytes:
    """The trailer's fields become headers. Signatures of chunks are not looked at, that of the head is (`guard`)."""
    content, trailer = _read_chunks(BytesIO(body))
    length = environ.get("HTTP_X_AMZ_DECODED_CONTENT_LENGTH", "")
    if not length.isdecimal():
        raise S3Error(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
    if len(content) != int(length):
        text = "You did not provide the number of bytes specified by the x-amz-decoded-content-length HTTP header"
        raise S3Error(400, "IncompleteBody", text)
    for name in environ.get("HTTP_X_AMZ_TRAILER", "").lower().split(","):
        if name.strip() and name.strip() not in trailer:
            raise S3Error(400, "MalformedTrailerError", _BAD_TRAILER)
    for name, value in trailer.items():
        if name.startswith("x-amz-checksum-"):
            environ["HTTP_" + name.upper().replace("-", "_")] = value
    environ["HTTP_X_AMZ_CONTENT_SHA256"] = _UNSIGNED
    _forget_chunks(environ)
    return content


def _forget_chunks(environ: Environ) -> None:
    """An object's Content-Encoding is kept without `aws-chunked`."""
    encodings = [each.strip() for each in environ.pop("HTTP_CONTENT_ENCODING", "").split(",")]
    others = ",".join(each for each in encodings if each not in ("", "aws-chunked"))
    if others:
        environ["HTTP_CONTENT_ENCODING"] = others


def _read_chunks(body: BytesIO) -> tuple[bytes, dict[str, str]]:
    """The content, and the fields of the trailer by their names in lower case."""
    pieces = []
    while True:
        size = body.readline().partition(b";")[0].strip()
        if not _CHUNK_LENGTH.fullmatch(size):
            raise _incomplete()
        length = int(size, 16)
        if length == 0:
            break
        piece = body.read(length)
        if len(piece) < length or body.read(2) != b"\r\n":
            raise _incomplete()
        pieces.append(piece)
    return b"".join(pieces), dict(_trailer(body))


def _trailer(body: BytesIO) -> Iterator[tuple[str, str]]:
    for line in body.read().decode("latin-1").splitlines():
        name, colon, value = line.partition(":")
        if line.strip() and not colon:
            raise S3Error(400, "MalformedTrailerError", _BAD_TRAILER)
        if colon:
            yield name.strip().lower(), value.strip()


def _incomplete() -> S3Error:
    return S3Error(400, "IncompleteBody", "The request body terminated unexpectedly")
