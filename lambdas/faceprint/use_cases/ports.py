"""What the use cases need of the stores. The room aws/ provides it; tests provide it in memory."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from faceprint.model.records import Claim, FaceRow, ImageRecord, ObjectVersion, StoredObject

Answer = dict[str, Any]
"""A Rekognition answer, or one of ours: JSON by the contract."""


@dataclass(frozen=True)
class Means:
    """What a request has: seconds until its function is ended, and the function's memory in MB."""

    seconds: float
    memory: int


class FaceCollection(Protocol):
    """The Rekognition collection; see aws/face_collection.py."""

    def index(
        self,
        image: Answer,
        *,
        external_image_id: str,
        max_faces: int,
        quality_filter: str,
        attributes: tuple[str, ...],
    ) -> Answer: ...

    def search_by_image(
        self, data: bytes, *, threshold: float, max_faces: int, quality_filter: str = "NONE"
    ) -> Answer: ...

    def search_by_face(self, face_id: str, *, threshold: float, max_faces: int) -> Answer: ...

    def detect(self, data: bytes, *, attributes: tuple[str, ...] = ("DEFAULT",)) -> Answer: ...

    def compare(self, source: bytes, target: Answer, *, threshold: float, quality_filter: str) -> Answer: ...

    def delete(self, face_ids: list[str]) -> None: ...

    def find_by_external_image_id(self, external_image_id: str) -> set[str]: ...


class ImageStore(Protocol):
    """The bucket; see aws/image_store.py."""

    def read_head(self, key: str) -> StoredObject: ...

    def find(self, key: str) -> StoredObject | None: ...

    def write(
        self,
        key: str,
        data: bytes,
        *,
        content_type: str,
        metadata: dict[str, str],
        replaces: ObjectVersion | None = None,
    ) -> ObjectVersion: ...

    def erase(self, key: str) -> int: ...

    def list(self, *, prefix: str, after: str | None, limit: int) -> tuple[list[StoredObject], bool]: ...

    def as_image(self, key: str, version: ObjectVersion | None = None) -> Answer: ...


class ImageRecords(Protocol):
    """The images table with its leases; see aws/image_records.py."""

    def read(self, key: str) -> ImageRecord | None: ...

    def read_many(self, keys: list[str]) -> dict[str, ImageRecord]: ...

    def claim_version(self, key: str, version: ObjectVersion, *, owner: str, seconds: float) -> Claim: ...

    def claim_row(self, key: str, *, owner: str, seconds: float) -> Claim: ...

    def release(self, claim: Claim) -> None: ...

    def abandon(self, claim: Claim) -> None: ...

    def commit(self, claim: Claim, record: ImageRecord, rows: list[FaceRow]) -> None: ...

    def erase(self, claim: Claim) -> None: ...

    def forget_face(self, claim: Claim, face_id: str) -> None: ...

    def forget_lost_face(self, face_id: str) -> None: ...


class FaceRecords(Protocol):
    """The faces table; see aws/face_records.py."""

    def read(self, face_id: str) -> FaceRow | None: ...

    def read_whole(self, face_ids: Iterable[str]) -> dict[str, FaceRow]: ...

    def read_names(self, face_ids: Iterable[str]) -> dict[str, FaceRow]: ...


class Links(Protocol):
    """Presigned links; see aws/links.py."""

    def download(self, key: str) -> str: ...

    def upload(
        self, key: str, *, content_type: str, size: int, metadata: dict[str, str]
    ) -> tuple[str, dict[str, str]]: ...


class Clock(Protocol):
    """Time, so that tests need not wait."""

    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    def datetime(self) -> datetime:
        """The same, with its zone."""
        ...

    def sleep(self, seconds: float) -> None: ...
