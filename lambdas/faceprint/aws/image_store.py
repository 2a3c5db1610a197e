"""The bucket."""

from dataclasses import dataclass, replace
from typing import Any

from faceprint.aws.batches import tries
from faceprint.aws.failures import aws_failures, failure_of
from faceprint.model.errors import (
    FaceprintError,
    NotFoundError,
    UnreadableObjectError,
    UnsupportedFormatError,
    UpstreamError,
)
from faceprint.model.names import decode_metadata, encode_metadata
from faceprint.model.records import ObjectVersion, StoredObject

_HEAD_BYTES = 64 * 1024
"""Enough for the size of nearly every JPEG: the frame header comes behind EXIF, whose block has 64 kB at most."""

_MOST_DELETIONS = 1000
"""DeleteObjects takes no more."""

_PASSING = {"InternalError", "OperationAborted", "RequestTimeout", "ServiceUnavailable", "SlowDown"}
"""What DeleteObjects says of single versions that it may well delete the next time."""

Entry = dict[str, Any]
"""A version or a delete marker as S3 lists it."""


@dataclass(frozen=True)
class ImageStore:
    """Photos by key. Versions of a photo are kept until it is erased."""

    client: Any
    bucket: str

    def read_head(self, key: str) -> StoredObject:
        """The object's headers. Raises NotFoundError."""
        with aws_failures():
            answer = self.client.head_object(Bucket=self.bucket, Key=key)
        return _to_object(key, answer, answer["ContentLength"])

    def read_start(self, key: str) -> StoredObject:
        """The object's headers and its beginning, in one call.

        Raises NotFoundError, UnsupportedFormatError for an empty object, of which S3 has no beginning, and
        UnreadableObjectError.
        """
        with aws_failures():
            answer = self.client.get_object(Bucket=self.bucket, Key=key, Range=f"bytes=0-{_HEAD_BYTES - 1}")
            head = answer["Body"].read()
        total = str(answer.get("ContentRange", "")).rpartition("/")[2]
        return _to_object(key, answer, int(total) if total.isdigit() else len(head), head)

    def write(
        self,
        key: str,
        data: bytes,
        *,
        content_type: str,
        metadata: dict[str, str],
        replaces: ObjectVersion | None = None,
    ) -> ObjectVersion:
        """Archives a photo in place of one version, None for nothing; answers the version that it became.

        Raises ConflictError where something else is there, NotFoundError where nothing is any more. S3 compares ETags:
        a version of the same bytes counts as the same.
        """
        condition = {"IfMatch": f'"{replaces.etag}"'} if replaces else {"IfNoneMatch": "*"}
        with aws_failures():
            answer = self.client.put_object(
                Bucket=self.bucket,
                Key=key,
                Body=data,
                ContentType=content_type,
                Metadata=encode_metadata(metadata),
                **condition,
            )
        return _version(answer)

    def erase(self, key: str) -> int:
        """Removes every version and delete marker of one key; answers how many versions there were.

        The newest goes last and alone, so that nobody sees an older one come back. Raises FaceprintError while one of
        them is still there; repeating goes on with what is left.
        """
        versions, markers = self._list_versions(key)
        for newest in (False, True):
            names = [
                {"Key": key, "VersionId": entry["VersionId"]}
                for entry in versions + markers
                if entry["IsLatest"] is newest
            ]
            for start in range(0, len(names), _MOST_DELETIONS):
                self._delete(names[start : start + _MOST_DELETIONS])
        return len(versions)

    def _list_versions(self, key: str) -> tuple[list[Entry], list[Entry]]:
        """The key's versions and delete markers. It comes before all others with this prefix."""
        versions: list[Entry] = []
        markers: list[Entry] = []
        with aws_failures():
            pages = self.client.get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix=key)
            for page in pages:
                found, hidden = page.get("Versions", []), page.get("DeleteMarkers", [])
                versions += [entry for entry in found if entry["Key"] == key]
                markers += [entry for entry in hidden if entry["Key"] == key]
                if any(entry["Key"] != key for entry in found + hidden):
                    break
        return versions, markers

    def _delete(self, names: list[dict[str, str]]) -> None:
        """DeleteObjects is answered with 200 though single versions stay, and says which."""
        left = list(names)
        for _ in tries(left, UpstreamError("S3 has not removed every version; try again, what is removed stays so.")):
            with aws_failures():
                answer = self.client.delete_objects(Bucket=self.bucket, Delete={"Objects": left, "Quiet": True})
            kept = answer.get("Errors", [])
            for entry in kept:
                if entry["Code"] not in _PASSING:
                    raise failure_of(entry["Code"], entry.get("Message", ""))
            left[:] = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in kept]

    def list(self, *, prefix: str, after: str | None, limit: int) -> tuple[list[StoredObject], bool]:
        """Up to limit objects in the order of their keys, without metadata, and whether there are more."""
        request = {"Bucket": self.bucket, "Prefix": prefix, "MaxKeys": limit}
        if after is not None:
            request["StartAfter"] = after
        with aws_failures():
            answer = self.client.list_objects_v2(**request)
        objects = [
            StoredObject(
                entry["Key"], ObjectVersion(entry["ETag"].strip('"'), ""), entry["Size"], entry["LastModified"], {}
            )
            for entry in answer.get("Contents", [])
        ]
        return objects, bool(answer.get("IsTruncated"))

    def as_image(self, key: str, version: ObjectVersion | None = None) -> dict[str, Any]:
        """Rekognition's Image of a stored photo; with a version exactly that one."""
        reference = {"Bucket": self.bucket, "Name": key}
        if version is not None and version.version_id != "null":
            reference["Version"] = version.version_id
        return {"S3Object": reference}

    def find(self, key: str) -> StoredObject | None:
        """The object with its beginning, or None where there is none; what cannot be read says why.

        Raises UnreadableObjectError where not even its headers can be read.
        """
        try:
            return self.read_start(key)
        except NotFoundError:
            return None
        except UnsupportedFormatError:
            return self._find_by_headers(key)
        except UnreadableObjectError as exc:
            try:
                stored = self._find_by_headers(key)
            except FaceprintError:
                raise exc from exc.__cause__
            return replace(stored, unreadable=str(exc)) if stored else None

    def _find_by_headers(self, key: str) -> StoredObject | None:
        try:
            return self.read_head(key)
        except NotFoundError:
            return None


def _to_object(key: str, answer: dict[str, Any], size: int, head: bytes = b"") -> StoredObject:
    return StoredObject(
        key=key,
        version=_version(answer),
        size=size,
        uploaded_at=answer["LastModified"],
        metadata=decode_metadata(answer.get("Metadata", {})),
        head=head,
    )


def _version(answer: dict[str, Any]) -> ObjectVersion:
    return ObjectVersion(answer["ETag"].strip('"'), answer.get("VersionId") or "null")
