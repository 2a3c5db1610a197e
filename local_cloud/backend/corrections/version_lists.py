"""S3: a list of versions costs what it answers, not what the bucket holds.

moto copies every version of the bucket, deeply, for each page: 0.5 s at 8,000 photos, under the lock, and each erasure
asks for such a list.
"""

import heapq
from typing import Any

from moto.s3.models import S3Backend
from moto.s3.utils import _VersionedKeyStore

from local_cloud.backend.corrections.replacing import wrap


def copy_only_the_versions_of_a_page() -> None:
    """moto sees the keys that the page can hold."""

    def list_object_versions(original: Any, backend: S3Backend, bucket_name: str, **asked: Any) -> Any:
        bucket = backend.get_bucket(bucket_name)
        every = bucket.keys
        bucket.keys = _keys_of_page(every, **asked)
        try:
            return original(backend, bucket_name, **asked)
        finally:
            bucket.keys = every

    wrap(S3Backend, "list_object_versions", list_object_versions)


def _keys_of_page(
    every: _VersionedKeyStore,
    *,
    prefix: str = "",
    key_marker: str | None = None,
    max_keys: int | None = 1000,
    delimiter: str | None = None,
    **_: Any,
) -> _VersionedKeyStore:
    names = [name for name in dict.keys(every) if name.startswith(prefix) and (not key_marker or name >= key_marker)]
    if max_keys and not delimiter:
        # Each name has a version at least; one is the marker's own, and one tells that there is more.
        names = heapq.nsmallest(max_keys + 2, names)
    part = _VersionedKeyStore()
    for name in names:
        dict.__setitem__(part, name, dict.__getitem__(every, name))
    return part
