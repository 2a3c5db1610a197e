"""What the stores hold: an object in the bucket, a row of the images table, a row of the faces table."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

FaceRow = dict[str, Any]
"""A row of the faces table: Rekognition's Face by its own names, with bucket, key, name, metadata, CollectionId,
FaceDetail and IndexedAt."""


class Status(StrEnum):
    """Where a photo is on its way. All but PENDING are final for that version of the object."""

    PENDING = "PENDING"
    INDEXED = "INDEXED"
    NO_FACE = "NO_FACE"
    FAILED = "FAILED"


@dataclass(frozen=True)
class ObjectVersion:
    """One state of an object. `version_id` is "null" in a bucket without versions, so both are compared."""

    etag: str
    version_id: str


@dataclass(frozen=True)
class ObjectEvent:
    """What S3 tells of an object: the version that was written, None when it was removed or nobody knows.

    `sequencer` orders the events of a key. `request_id` is that of the request to S3 which caused the event.
    """

    key: str
    sequencer: str = ""
    version: ObjectVersion | None = None
    request_id: str = ""


def is_folder(key: str, size: int) -> bool:
    """Whether an object of this key and size (bytes) is what S3's console makes of "Create folder"."""
    return key.endswith("/") and not size


@dataclass(frozen=True)
class StoredObject:
    """An object in the bucket as it is now, `size` in bytes.

    `head` is its beginning, empty when only its headers were asked for. `unreadable` says why its bytes cannot be read.
    """

    key: str
    version: ObjectVersion
    size: int
    uploaded_at: datetime
    metadata: dict[str, str]
    head: bytes = b""
    unreadable: str = ""

    @property
    def is_folder(self) -> bool:
        """Whether it only stands for a folder, as S3's console makes one: no photo, and nobody's."""
        return is_folder(self.key, self.size)


@dataclass(frozen=True)
class ImageRecord:
    """A row of the images table. `face_ids` are the faces that belong to the photo by the last finished indexing."""

    key: str
    status: Status
    version: ObjectVersion
    reason: str = ""
    sequencer: str = ""
    size: int = 0
    width: int = 0
    height: int = 0
    name: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    face_ids: tuple[str, ...] = ()
    unindexed_faces: list[dict[str, Any]] = field(default_factory=list)
    face_model_version: str = ""
    warnings: tuple[str, ...] = ()
    uploaded_at: str = ""
    indexed_at: str = ""

    def is_final_for(self, version: ObjectVersion) -> bool:
        """Whether this row tells how the indexing of that version ended."""
        return self.status is not Status.PENDING and self.version == version

    def is_final_for_etag(self, etag: str) -> bool:
        """The same where only the ETag is known, as in a listing."""
        return self.status is not Status.PENDING and self.version.etag == etag


@dataclass(frozen=True)
class Claim:
    """The right to change one image's faces and rows, until the lease ends.

    `interrupted` are other versions whose indexing began and never finished, so the collection may hold faces of this
    image that no row knows. `finished` is the version that the row tells the end of, if any. `attempt` is the version
    that this claim was the first to begin. `done` says that there is nothing to do: the version is final already, and
    there is no lease.
    """

    key: str
    owner: str
    face_ids: tuple[str, ...] = ()
    interrupted: tuple[ObjectVersion, ...] = ()
    finished: ObjectVersion | None = None
    attempt: ObjectVersion | None = None
    done: bool = False
