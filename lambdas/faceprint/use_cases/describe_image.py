"""A photo as the contract shows it: status, faceprint output, link."""

from dataclasses import dataclass
from datetime import UTC
from typing import Any

from faceprint.model.boxes import area
from faceprint.model.names import user_metadata
from faceprint.model.records import FaceRow, ImageRecord, StoredObject
from faceprint.use_cases.ports import Answer, FaceRecords, ImageRecords, ImageStore, Links

_MOST_LOOKS = 3
"""A photo that changes while it is read is read again; one that never rests is shown as it was found."""


@dataclass(frozen=True)
class DescribeImage:
    """Builds the answers of upload and library."""

    faces: FaceRecords

    def answer(self, record: ImageRecord, *, duplicate: bool = False) -> Answer:
        """A photo whose indexing has ended, with its faces, the largest first."""
        rows = self.faces.read_whole(record.face_ids).values()
        ordered = sorted(rows, key=lambda row: (-area(row["BoundingBox"]), row["FaceId"]))
        answer: Answer = {
            "image": describe_record(record),
            "FaceRecords": [_face_record(row) for row in ordered],
            "UnindexedFaces": record.unindexed_faces,
            "warnings": list(record.warnings),
        }
        if record.face_model_version:
            answer["FaceModelVersion"] = record.face_model_version
        if duplicate:
            answer["image"]["status"] = "DUPLICATE"
        return answer

    def pending(self, stored: StoredObject, width: int = 0, height: int = 0) -> Answer:
        """A photo that waits for its indexing."""
        image = describe_object(stored)
        if width:
            image |= {"width": width, "height": height}
        return {"image": image, "FaceRecords": [], "UnindexedFaces": [], "warnings": []}


@dataclass(frozen=True)
class ReadImage:
    """One photo by its key."""

    store: ImageStore
    images: ImageRecords
    describe: DescribeImage
    links: Links

    def read(self, key: str) -> Answer:
        """Status, faceprint output and a download link. Raises NotFoundError."""
        answer = self._read_once(key)
        for _ in range(_MOST_LOOKS - 1):
            if is_whole(answer):
                break
            answer = self._read_once(key)
        answer["image"]["link"] = self.links.download(key)
        return answer

    def _read_once(self, key: str) -> Answer:
        # The row first: what is final for the object as it is later was so at a moment between. The other way round,
        # a photo that is replaced between the two looks would be PENDING after it had been INDEXED.
        record = self.images.read(key)
        stored = self.store.read_head(key)
        if record is not None and record.is_final_for(stored.version):
            return self.describe.answer(record)
        return self.describe.pending(stored)


def is_whole(answer: Answer) -> bool:
    """False when a photo changed while it was read, and its faces' rows are not those that its own row tells of."""
    return bool(len(answer["FaceRecords"]) == answer["image"].get("faces", 0))


def describe_record(record: ImageRecord) -> dict[str, Any]:
    """The contract's Image of a row; what is not known is absent."""
    image = {
        "key": record.key,
        "name": record.name,
        "status": record.status.value,
        "reason": record.reason,
        "etag": record.version.etag,
        "bytes": record.size,
        "width": record.width,
        "height": record.height,
        "metadata": record.metadata,
        "UploadedAt": record.uploaded_at,
        "IndexedAt": record.indexed_at,
    }
    return {name: value for name, value in image.items() if value} | {"faces": len(record.face_ids)}


def describe_object(stored: StoredObject) -> dict[str, Any]:
    """The contract's Image of an object that has no finished row."""
    image: dict[str, Any] = {
        "key": stored.key,
        "status": "PENDING",
        "etag": stored.version.etag,
        "bytes": stored.size,
        "UploadedAt": stored.uploaded_at.astimezone(UTC).isoformat(),
    }
    if stored.metadata.get("name"):
        image["name"] = stored.metadata["name"]
    if user_metadata(stored.metadata):
        image["metadata"] = user_metadata(stored.metadata)
    return image


def _face_record(row: FaceRow) -> dict[str, Any]:
    face = {name: value for name, value in row.items() if name != "FaceDetail"}
    return {"Face": face, "FaceDetail": row["FaceDetail"]}
