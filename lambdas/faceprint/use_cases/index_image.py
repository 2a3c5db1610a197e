"""Brings collection and tables in line with one object of the bucket.

An S3 event is only a hint that something happened to a key: events come twice, late and out of order. What counts is
the object as it is now, so repeating this at any time, after any crash, is right.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from faceprint.model.boxes import area
from faceprint.model.errors import (
    ConflictError,
    FaceprintError,
    ImageTooLargeError,
    ImageTooSmallError,
    InvalidParameterError,
    NoFaceError,
    NotFoundError,
    UnreadableObjectError,
    UnsupportedFormatError,
    as_reason,
)
from faceprint.model.guessed_names import name_from_key
from faceprint.model.images import ImageInfo, explaining_refusals, read_image_info
from faceprint.model.limits import MAX_IMAGE_BYTES
from faceprint.model.names import (
    CORRELATION_METADATA,
    external_image_id,
    is_correlation_id,
    user_metadata,
)
from faceprint.model.records import Claim, FaceRow, ImageRecord, ObjectEvent, ObjectVersion, Status, StoredObject
from faceprint.use_cases.erase_image import EraseImage
from faceprint.use_cases.ports import Answer, Clock, FaceCollection, ImageRecords, ImageStore

_HOPELESS = (
    UnsupportedFormatError,
    ImageTooLargeError,
    ImageTooSmallError,
    InvalidParameterError,
    UnreadableObjectError,
)
"""Failures that the image itself causes: a status with a reason, not a retry."""

_FRESH_SECONDS = 1.5
"""Rekognition may not find an object at once that S3 has just taken."""

_MOST_LOOKS = 3
"""The event's version, and what is there when that is not the newest, twice."""

Notice = Callable[[str], object]
"""Is told a correlation id."""


def _unnoticed(_: str) -> None: ...


@dataclass(frozen=True)
class IndexImage:
    """`bucket` and `collection_id` are written into the rows."""

    store: ImageStore
    collection: FaceCollection
    images: ImageRecords
    clock: Clock
    bucket: str
    collection_id: str
    max_faces: int
    quality_filter: str
    attributes: tuple[str, ...]

    def reconcile(
        self, event: ObjectEvent, *, owner: str, seconds: float, notice: Notice = _unnoticed
    ) -> dict[str, Any]:
        """Indexes the object, or erases its traces when it is gone; answers what was done, for the log.

        owner names this attempt, seconds is how long it may take. The event's version only saves a look; what happened
        to the object since has an event of its own. notice is told the correlation id of an object that is read.

        Raises FaceprintError when a later repetition may do better.
        """
        try:
            return self._reconcile(event, owner, seconds, notice)
        except UnreadableObjectError as exc:
            # Nobody knows its version, and no repetition helps.
            return {"key": event.key, "status": Status.FAILED.value, "faces": 0, "reason": exc.code}

    def _reconcile(self, event: ObjectEvent, owner: str, seconds: float, notice: Notice) -> dict[str, Any]:
        # What ends in a slash may only stand for a folder, which is looked at before it gets a row.
        key, version = event.key, None if event.key.endswith("/") else event.version
        for _ in range(_MOST_LOOKS):
            version = version or self._look(key)
            if version is None:
                erase = EraseImage(self.store, self.collection, self.images, self.clock)
                return {"key": key, "erased": len(erase.erase_traces(key, owner=owner, seconds=seconds))}
            claim = self.images.claim_version(key, version, owner=owner, seconds=seconds)
            if claim.done:
                return {"key": key, "unchanged": True}
            record = self._index_newest(claim, version, event.sequencer, notice)
            if record is not None:
                return _describe(record)
            version = None
        raise ConflictError(f"{key} keeps changing; trying again later.")

    def _look(self, key: str) -> ObjectVersion | None:
        """The version that is there now; a folder is none."""
        try:
            stored = self.store.read_head(key)
        except NotFoundError:
            return None
        return None if stored.is_folder else stored.version

    def _index_newest(self, claim: Claim, version: ObjectVersion, sequencer: str, notice: Notice) -> ImageRecord | None:
        """Indexes the version that the claim is for; None, and no lease, when it is not the newest any more.

        It is looked at under the lease: a newer version may have been indexed before the lease was taken, and
        then no event of it comes to undo what an older one did. What is newer than this look has its own to come.
        """
        try:
            found = self._find(claim.key, version)
            if found is None or found.version != version:
                raise NotFoundError("The object was erased or replaced since.")
            if is_correlation_id(correlation_id := found.metadata.get(CORRELATION_METADATA, "")):
                notice(correlation_id)
            return self._index(found, claim, sequencer)
        except NotFoundError:
            self.images.abandon(claim)
            return None
        except FaceprintError:
            self.images.release(claim)
            raise

    def _find(self, key: str, version: ObjectVersion) -> StoredObject | None:
        try:
            return self.store.find(key)
        except UnreadableObjectError as exc:
            # Not even its headers can be read: it is taken for the version that was announced.
            return StoredObject(key, version, 0, self.clock.datetime(), {}, unreadable=str(exc))

    def _index(self, found: StoredObject, claim: Claim, sequencer: str) -> ImageRecord:
        info, answer, failure = ImageInfo("", 0, 0), {}, None
        try:
            info = _check(found)
            with explaining_refusals(info):
                answer = self._find_faces(found)
        except NoFaceError:
            answer = {}
        except _HOPELESS as exc:
            failure = exc
        name, warnings = _choose_name(found, len(answer.get("FaceRecords", [])))
        rows = self._make_rows(found, answer, name)
        record = ImageRecord(
            key=found.key,
            status=Status.FAILED if failure else Status.INDEXED if rows else Status.NO_FACE,
            version=found.version,
            reason=as_reason(failure) if failure else "",
            sequencer=sequencer,
            size=found.size,
            width=info.width,
            height=info.height,
            name=found.metadata.get("name", ""),
            metadata=user_metadata(found.metadata),
            face_ids=tuple(row["FaceId"] for row in rows),
            unindexed_faces=answer.get("UnindexedFaces", []),
            face_model_version=answer.get("FaceModelVersion", ""),
            warnings=warnings,
            uploaded_at=found.uploaded_at.astimezone(UTC).isoformat(),
            indexed_at=self._now(),
        )
        # Faces go from the collection first: after a crash in between, the repetition still knows them.
        self._drop_stale_faces(claim, record)
        self.images.commit(claim, record, rows)
        return record

    def _find_faces(self, found: StoredObject) -> Answer:
        """Rekognition's answer. It says the same of an object that is gone, too fresh, or not for it to read.

        Raises NotFoundError, UnreadableObjectError.
        """
        try:
            return self._ask_collection(found.key, found.version)
        except UnreadableObjectError:
            if self._look(found.key) != found.version:
                raise NotFoundError("The object was erased or replaced since.") from None
        self.clock.sleep(_FRESH_SECONDS)
        return self._ask_collection(found.key, found.version)

    def _ask_collection(self, key: str, version: ObjectVersion) -> Answer:
        return self.collection.index(
            self.store.as_image(key, version),
            external_image_id=external_image_id(key),
            max_faces=self.max_faces,
            quality_filter=self.quality_filter,
            attributes=self.attributes,
        )

    def _make_rows(self, found: StoredObject, answer: Answer, name: str) -> list[FaceRow]:
        records = sorted(answer.get("FaceRecords", []), key=lambda entry: -area(entry["Face"]["BoundingBox"]))
        common = {
            "bucket": self.bucket,
            "key": found.key,
            "metadata": user_metadata(found.metadata),
            "CollectionId": self.collection_id,
            "IndexedAt": self._now(),
        }
        rows = [{**entry["Face"], **common, "FaceDetail": entry["FaceDetail"]} for entry in records]
        if rows and name:
            rows[0]["name"] = name
        return rows

    def _drop_stale_faces(self, claim: Claim, record: ImageRecord) -> None:
        known = set(claim.face_ids)
        known |= self._faces_of_attempts(claim)
        stale = sorted(known - set(record.face_ids))
        if stale:
            self.collection.delete(stale)

    def _faces_of_attempts(self, claim: Claim) -> set[str]:
        """What attempts that were interrupted may have left in the collection, which grows without bounds.

        IndexFaces gives the same FaceIds again for the same version, so it is asked of each. Only where a version is
        gone, the collection is read.
        """
        found: set[str] = set()
        try:
            for version in claim.interrupted:
                if version.version_id == "null":
                    raise UnreadableObjectError("A bucket without versions has overwritten it.")
                with suppress(NoFaceError, UnsupportedFormatError, ImageTooLargeError, ImageTooSmallError):
                    answer = self._ask_collection(claim.key, version)
                    found |= {entry["Face"]["FaceId"] for entry in answer["FaceRecords"]}
        except (UnreadableObjectError, InvalidParameterError):
            found |= self.collection.find_by_external_image_id(external_image_id(claim.key))
        return found

    def _now(self) -> str:
        return self.clock.datetime().isoformat()


def _describe(record: ImageRecord) -> dict[str, Any]:
    """An indexed photo for the log: of a failure's reason its code."""
    told = {"key": record.key, "status": record.status.value, "faces": len(record.face_ids)}
    return told | ({"reason": record.reason.partition(":")[0]} if record.reason else {})


def _check(found: StoredObject) -> ImageInfo:
    if found.unreadable:
        raise UnreadableObjectError(found.unreadable)
    if found.key.endswith("/"):
        raise InvalidParameterError("The name ends in '/', which no path of the API can; copy it to another name.")
    if found.size > MAX_IMAGE_BYTES:
        raise ImageTooLargeError(f"The image has {found.size} bytes; Rekognition reads at most {MAX_IMAGE_BYTES}.")
    return read_image_info(found.head, whole=len(found.head) == found.size)


def _choose_name(found: StoredObject, faces: int) -> tuple[str, tuple[str, ...]]:
    """The name of the largest face and what to tell about it."""
    given = found.metadata.get("name", "")
    if given and faces > 1:
        return given, (f"There are {faces} faces; the name '{given}' went to the largest.",)
    if given or not faces:
        return given, ()
    if faces > 1:
        return "", (f"There are {faces} faces and no name was given; they stay nameless.",)
    guessed = name_from_key(found.key)
    if not guessed:
        return "", ("No name was given, and the file name does not look like one; the face stays nameless.",)
    return guessed, (f"No name was given; '{guessed}' was taken from the file name.",)
