"""S3: a bucket whose versioning is suspended keeps the versions it has; what is new there is its one null version.

moto takes it for a bucket that never had versions: an upload or a deletion removes every version of the key, or fails
at a delete marker. Terraform destroys aws_s3_bucket_versioning, which suspends it, before it empties the bucket.
"""

from collections.abc import Callable
from typing import Any

from moto.s3.models import S3Backend

from local_cloud.backend.corrections.replacing import wrap

_NULL = "null"


def keep_versions_of_suspended_buckets() -> None:
    """Of uploads; deletions come by `deleted_in`, as they announce what they did."""

    def put_object(original: Any, backend: S3Backend, bucket_name: str, key_name: str, *args: Any, **kw: Any) -> Any:
        bucket = backend.get_bucket(bucket_name)
        kept = _but_null(bucket, key_name) if is_suspended(bucket) else []
        key = original(backend, bucket_name, key_name, *args, **kw)
        if kept:
            bucket.keys.setlist(key_name, [*kept, key])
        return key

    wrap(S3Backend, "put_object", put_object)


def is_suspended(bucket: Any) -> bool:
    return bool(bucket.versioning_status == "Suspended")


def deleted_in(bucket: Any, key_name: str, version_id: str | None, delete: Callable[[], Any]) -> Any:
    """What `delete` answers of one key; without a version, a delete marker takes the place of the null version."""
    if not is_suspended(bucket):
        return delete()
    bucket.versioning_status = "Enabled"
    try:
        deleted, meta = delete()
    finally:
        bucket.versioning_status = "Suspended"
    if version_id is None and "version-id" in meta:
        marker = bucket.keys.getlist(key_name)[-1]
        marker._version_id = meta["version-id"] = _NULL
        bucket.keys.setlist(key_name, [*_but_null(bucket, key_name), marker])
    return deleted, meta


def _but_null(bucket: Any, key_name: str) -> list[Any]:
    return [version for version in bucket.keys.getlist(key_name, []) if version.version_id != _NULL]
