"""What is kept of each entry of the four stores while they are compared: as little as the comparison needs."""

from dataclasses import dataclass

from faceprint.model.boxes import BoundingBox


@dataclass(frozen=True, slots=True)
class ObjectFact:
    """The current version of a key in the bucket, or the delete marker that hides it; `deleted` also for folders.

    `changed` is S3's LastModified in seconds since the epoch.
    """

    key: str
    etag: str
    version_id: str
    changed: float
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class ImageFact:
    """A row of the image table. `lease_until` in seconds since the epoch, 0 without a lease."""

    key: str
    status: str
    etag: str
    version_id: str
    face_ids: tuple[str, ...] = ()
    face_count: int = 0
    lease_until: float = 0


@dataclass(frozen=True, slots=True)
class FaceFact:
    """A row of the face table."""

    face_id: str
    key: str
    external_image_id: str


@dataclass(frozen=True, slots=True)
class CollectionFact:
    """A face of the collection."""

    face_id: str
    external_image_id: str
    box: BoundingBox
