"""S3: what every object has, and what moto takes without looking."""

import json
from typing import Any

from moto.s3.exceptions import NoSuchUpload, S3ClientError
from moto.s3.models import FakeKey, S3Backend, get_canned_acl

from local_cloud.backend.corrections.replacing import wrap

_OF_THE_OBJECT = {
    *("cache-control", "content-disposition", "content-encoding", "content-language", "content-type", "expires"),
    "x-amz-website-redirect-location",
}


def encrypt_every_object() -> None:
    """Since January 2023 S3 encrypts what nobody has asked it to, and says so."""

    def init(original: Any, key: FakeKey, *args: Any, **kwargs: Any) -> None:
        original(key, *args, **kwargs)
        key.encryption = key.encryption or "AES256"

    wrap(FakeKey, "__init__", init)


def keep_what_is_of_the_object() -> None:
    """moto keeps headers that were about the upload alone, its digests say, and answers them with the object."""

    def set_metadata(original: Any, key: FakeKey, metadata: Any, replace: bool = False) -> None:
        kept = {name: value for name, value in metadata.items() if _is_of_the_object(name.lower())}
        original(key, kept, replace)

    wrap(FakeKey, "set_metadata", set_metadata)


def _is_of_the_object(name: str) -> bool:
    return name.startswith("x-amz-meta-") or name in _OF_THE_OBJECT


def give_every_object_an_acl() -> None:
    """moto leaves it out after an upload in parts, and fails when it is asked for."""
    wrap(
        S3Backend, "get_object_acl", lambda original, backend, key: original(backend, key) or get_canned_acl("private")
    )


def refuse_unknown_uploads() -> None:
    """moto fails at an upload in parts that is not there (any more)."""

    def require(original: Any, backend: S3Backend, bucket_name: str, multipart_id: str, *args: Any, **kw: Any) -> Any:
        if multipart_id not in backend.get_bucket(bucket_name).multiparts:
            raise NoSuchUpload(upload_id=multipart_id)
        return original(backend, bucket_name, multipart_id, *args, **kw)

    for name in ("upload_part", "upload_part_copy"):
        wrap(S3Backend, name, require)


def refuse_policies_that_are_no_policies() -> None:
    """moto keeps any text, and then fails at each request to the bucket."""

    def put_bucket_policy(original: Any, backend: S3Backend, bucket_name: str, policy: bytes) -> None:
        try:
            document = json.loads(policy)
        except ValueError:
            text = "Policies must be valid JSON and the first byte must be '{'"
            raise S3ClientError("MalformedPolicy", text) from None
        if not isinstance(document, dict) or "Statement" not in document:
            raise S3ClientError("MalformedPolicy", "Missing required field Statement")
        original(backend, bucket_name, policy)

    wrap(S3Backend, "put_bucket_policy", put_bucket_policy)
