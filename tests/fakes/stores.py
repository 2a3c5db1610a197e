"""Bucket, tables and clock in memory."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from faceprint.model.errors import ConflictError, NotFoundError
from faceprint.model.records import Claim, FaceRow, ImageRecord, ObjectVersion, Status, StoredObject


@dataclass
class ManualClock:
    """Time that passes only by sleeping."""

    time: float = 1_800_000_000.0

    def now(self) -> float:
        return self.time

    def datetime(self) -> datetime:
        return datetime.fromtimestamp(self.time, UTC)

    def sleep(self, seconds: float) -> None:
        self.time += seconds


@dataclass
class MemoryImageStore:
    """A versioned bucket; each key's versions stand in the order of their writing."""

    versions: dict[str, list[tuple[StoredObject, bytes]]] = field(default_factory=dict)
    written: int = 0

    def read_head(self, key: str) -> StoredObject:
        if not self.versions.get(key):
            raise NotFoundError("There is no such image.")
        return replace(self.versions[key][-1][0], head=b"")

    def find(self, key: str) -> StoredObject | None:
        return self.versions[key][-1][0] if self.versions.get(key) else None

    def write(
        self,
        key: str,
        data: bytes,
        *,
        content_type: str,
        metadata: dict[str, str],
        replaces: ObjectVersion | None = None,
    ) -> ObjectVersion:
        stored = self.versions[key][-1][0] if self.versions.get(key) else None
        if replaces and not stored:
            raise NotFoundError("There is no such image.")
        if stored and (replaces is None or replaces.etag != stored.version.etag):
            raise ConflictError("The image exists already.")
        return self.put(key, data, metadata=metadata)

    def put(
        self, key: str, data: bytes, *, metadata: dict[str, str] | None = None, unreadable: str = ""
    ) -> ObjectVersion:
        """As anybody else writes into the bucket, whatever is there."""
        self.written += 1
        version = ObjectVersion(hashlib.md5(data).hexdigest(), f"v{self.written}")
        stored = StoredObject(key, version, len(data), datetime.now(UTC), dict(metadata or {}), data, unreadable)
        self.versions.setdefault(key, []).append((stored, data))
        return version

    def erase(self, key: str) -> int:
        return len(self.versions.pop(key, []))

    def list(self, *, prefix: str, after: str | None, limit: int) -> tuple[list[StoredObject], bool]:
        keys = sorted(key for key in self.versions if key.startswith(prefix) and key > (after or ""))
        return [self.read_head(key) for key in keys[:limit]], len(keys) > limit

    def as_image(self, key: str, version: ObjectVersion | None = None) -> dict[str, Any]:
        reference = {"Bucket": "bucket", "Name": key}
        return {"S3Object": reference | ({"Version": version.version_id} if version else {})}

    def read_version(self, key: str, version_id: str | None) -> bytes | None:
        """The bytes of one version, for the fake collection."""
        for stored, data in reversed(self.versions.get(key, [])):
            if version_id in (None, stored.version.version_id):
                return data
        return None


@dataclass
class _Row:
    record: ImageRecord | None = None
    pending: ObjectVersion | None = None
    owner: str = ""
    until: float = 0.0
    attempts: set[ObjectVersion] = field(default_factory=set)


@dataclass
class MemoryRecords:
    """Both tables: the transactions of a photo span them."""

    clock: ManualClock
    rows: dict[str, _Row] = field(default_factory=dict)
    faces: dict[str, FaceRow] = field(default_factory=dict)

    def read(self, key: str) -> ImageRecord | None:
        row = self.rows.get(key)
        if row is None:
            return None
        return row.record or ImageRecord(key, Status.PENDING, row.pending)

    def read_many(self, keys: list[str]) -> dict[str, ImageRecord]:
        found = {key: self.read(key) for key in keys}
        return {key: record for key, record in found.items() if record is not None}

    def claim_version(self, key: str, version: ObjectVersion, *, owner: str, seconds: float) -> Claim:
        row = self.rows.get(key) or _Row()
        if row.record is not None and row.record.is_final_for(version) and not row.attempts:
            return Claim(key, owner, done=True)
        claim = self._claim(key, row, owner, seconds, row.attempts - {version})
        claim = replace(claim, attempt=None if version in row.attempts else version)
        row.pending = row.pending or version
        row.attempts = row.attempts | {version}
        return claim

    def claim_row(self, key: str, *, owner: str, seconds: float) -> Claim:
        if key not in self.rows:
            return Claim(key, owner, done=True)
        return self._claim(key, self.rows[key], owner, seconds, self.rows[key].attempts)

    def _claim(self, key: str, row: _Row, owner: str, seconds: float, attempts: set[ObjectVersion]) -> Claim:
        if row.owner not in ("", owner) and row.until >= self.clock.now():
            raise ConflictError("Another request is changing the same image.")
        self.rows[key] = row
        row.owner, row.until = owner, self.clock.now() + seconds
        face_ids = row.record.face_ids if row.record else ()
        finished = row.record.version if row.record else None
        return Claim(
            key, owner, tuple(sorted(face_ids)), interrupted=tuple(sorted(attempts, key=str)), finished=finished
        )

    def release(self, claim: Claim) -> None:
        row = self.rows.get(claim.key)
        if row is not None and row.owner == claim.owner:
            row.owner = ""

    def abandon(self, claim: Claim) -> None:
        row = self.rows.get(claim.key)
        if row is not None and row.owner == claim.owner:
            row.attempts = row.attempts - {claim.attempt}
        self.release(claim)

    def commit(self, claim: Claim, record: ImageRecord, rows: list[FaceRow]) -> None:
        self._check(claim)
        for face_id in set(claim.face_ids) - set(record.face_ids):
            self.faces.pop(face_id, None)
        self.faces |= {row["FaceId"]: row for row in rows}
        self.rows[claim.key] = _Row(record)

    def erase(self, claim: Claim) -> None:
        self._check(claim)
        for face_id in claim.face_ids:
            self.faces.pop(face_id, None)
        del self.rows[claim.key]

    def forget_face(self, claim: Claim, face_id: str) -> None:
        self._check(claim)
        row = self.rows[claim.key]
        left = tuple(face for face in claim.face_ids if face != face_id)
        row.record = replace(row.record, face_ids=left) if row.record else None
        row.owner = ""
        self.faces.pop(face_id, None)

    def forget_lost_face(self, face_id: str) -> None:
        self.faces.pop(face_id, None)

    def _check(self, claim: Claim) -> None:
        row = self.rows.get(claim.key)
        if row is None or row.owner != claim.owner:
            raise ConflictError("Another request is changing the same image.")


@dataclass
class MemoryFaceRecords:
    """The faces table as `MemoryRecords` keeps it."""

    records: MemoryRecords

    def read(self, face_id: str) -> FaceRow | None:
        return self.records.faces.get(face_id)

    def read_whole(self, face_ids: Iterable[str]) -> dict[str, FaceRow]:
        return {face_id: self.records.faces[face_id] for face_id in face_ids if face_id in self.records.faces}

    def read_names(self, face_ids: Iterable[str]) -> dict[str, FaceRow]:
        return self.read_whole(face_ids)


class PlainLinks:
    """Links that are the key itself."""

    def download(self, key: str) -> str:
        return f"https://bucket.example/{key}"

    def upload(self, key: str, *, content_type: str, size: int, metadata: dict[str, str]) -> tuple[str, dict[str, str]]:
        return f"https://bucket.example/{key}", {"Content-Type": content_type, "Content-Length": str(size), **metadata}
