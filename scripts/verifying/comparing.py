"""Finds the disagreements of a library. Pure: no store is asked, but for the boxes of a few faces."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from faceprint.model.boxes import BoundingBox, overlap
from faceprint.model.names import external_image_id
from verifying.facts import CollectionFact, ImageFact, ObjectFact
from verifying.findings import ANNOUNCED, Finding, Kind
from verifying.library import Library

Boxes = Callable[[Iterable[str]], dict[str, BoundingBox]]
"""Boxes of face rows by FaceId; what has no row is absent."""

_SAME_FACE = 0.5
"""Intersection over union from which two boxes of one photo are one face; the product's own bar in CompareFaces."""

_OURS = re.compile(r"[a-zA-Z0-9_.\-]{0,200}:[0-9a-f]{16}")
"""The form that faceprint.model.names.external_image_id gives."""


@dataclass
class Look:
    """What one look found. `in_progress` counts photos somebody works on, which are not judged."""

    findings: list[Finding] = field(default_factory=list)
    in_progress: int = 0


@dataclass(frozen=True)
class Comparison:
    """`now` in seconds since the epoch; an object that changed less than `patience` seconds ago may still wait.

    Faces are judged where their photo is settled: what an indexing will change anyway is no finding of its own.
    """

    library: Library
    boxes: Boxes
    now: float
    patience: float

    def look(self) -> Look:
        """All disagreements of the library, in no order that means anything."""
        keys = self.library.objects.keys() | self.library.images.keys()
        busy = {key for key in keys if self._is_in_work(key)}
        photos = [finding for key in keys - busy for finding in self._judge_photo(key)]
        unsettled = busy | {finding.key for finding in photos if finding.kind in ANNOUNCED}
        faces = [*self._judge_named_faces(busy, unsettled)]
        named = {finding.face_id for finding in faces}
        faces += self._judge_face_rows(unsettled, named)
        faces += self._judge_strangers(keys, unsettled)
        return Look(photos + faces, len(busy))

    def _is_in_work(self, key: str) -> bool:
        found, row = self.library.objects.get(key), self.library.images.get(key)
        if row is not None and row.lease_until > self.now:
            return True
        if found is None or found.changed <= self.now - self.patience:
            return False
        return (row is not None) if found.deleted else not _is_settled(found, row)

    def _judge_photo(self, key: str) -> Iterator[Finding]:
        found, row = self.library.current(key), self.library.images.get(key)
        if row is None:
            if found is not None:
                yield Finding(Kind.OBJECT_WITHOUT_ROW, key, found=found.version_id)
        elif found is None:
            yield Finding(Kind.ROW_WITHOUT_OBJECT, key, found=row.version_id)
        elif row.status == "PENDING":
            yield Finding(Kind.ROW_PENDING, key, found=row.version_id)
        elif not _is_settled(found, row):
            differs = f"row {row.etag} {row.version_id}, object {found.etag} {found.version_id}"
            yield Finding(Kind.ROW_OF_OTHER_VERSION, key, found=differs)
        else:
            yield from _judge_row(row)

    def _judge_named_faces(self, busy: set[str], unsettled: set[str]) -> Iterator[Finding]:
        """The faces that the image rows name. Another photo's face is told of unsettled rows, too.

        Indexing such a row anew would erase the other photo's face as a stale one of its own.
        """
        for key, row in self.library.images.items():
            for face_id in row.face_ids:
                if key not in busy and self._is_of_other_photo(key, face_id):
                    yield Finding(Kind.FACE_OF_OTHER_PHOTO, key, face_id, f"it is of {self.library.faces[face_id]}")
                elif key not in unsettled:
                    yield from self._judge_named(key, face_id)

    def _is_of_other_photo(self, key: str, face_id: str) -> bool:
        owner = self.library.faces.get(face_id, key)
        row = self.library.images.get(owner)
        return owner != key and row is not None and face_id in row.face_ids

    def _judge_named(self, key: str, face_id: str) -> Iterator[Finding]:
        owner = self.library.faces.get(face_id)
        if owner is None:
            yield Finding(Kind.FACE_ROW_MISSING, key, face_id)
        elif owner != key:
            yield Finding(Kind.FACE_ROW_OF_OTHER_KEY, key, face_id, f"its row says {owner}")
        elif face_id in self.library.misnamed:
            yield Finding(Kind.EXTERNAL_ID_DIFFERS, key, face_id, self.library.misnamed[face_id])
        if not self.library.in_collection(face_id):
            yield Finding(Kind.COLLECTION_FACE_MISSING, key, face_id)

    def _judge_face_rows(self, unsettled: set[str], named: set[str]) -> Iterator[Finding]:
        """The rows of the face table that no image row names."""
        for face_id, key in self.library.faces.items():
            row = self.library.images.get(key)
            if key in unsettled or face_id in named:
                continue
            if row is None:
                yield Finding(Kind.FACE_ROW_WITHOUT_IMAGE, key, face_id)
            elif face_id not in row.face_ids:
                yield Finding(Kind.FACE_ROW_UNNAMED, key, face_id)

    def _judge_strangers(self, keys: set[str], unsettled: set[str]) -> Iterator[Finding]:
        """The faces of the collection that have no row."""
        wanted = {face.external_image_id for face in self.library.strangers.values()}
        if not wanted:
            return
        by_external_id = {name: key for key in keys if (name := external_image_id(key)) in wanted}
        for face in self.library.strangers.values():
            key = by_external_id.get(face.external_image_id, "")
            row = self.library.images.get(key)
            if key in unsettled or (row is not None and face.face_id in row.face_ids):
                continue
            yield Finding(self._kind_of_stranger(face, row), key, face.face_id, face.external_image_id)

    def _kind_of_stranger(self, face: CollectionFact, row: ImageFact | None) -> Kind:
        if not _OURS.fullmatch(face.external_image_id):
            return Kind.COLLECTION_FACE_FOREIGN
        siblings = self.boxes(row.face_ids).values() if row is not None else ()
        if any(overlap(face.box, box) >= _SAME_FACE for box in siblings):
            return Kind.COLLECTION_FACE_DOUBLED
        return Kind.COLLECTION_FACE_ORPHANED


def _is_settled(found: ObjectFact, row: ImageFact | None) -> bool:
    """Whether the row tells how the indexing of just this object ended."""
    return row is not None and row.status != "PENDING" and (row.etag, row.version_id) == (found.etag, found.version_id)


def _judge_row(row: ImageFact) -> Iterator[Finding]:
    """What a row that belongs to its object may still have wrong."""
    if row.lease_until:
        yield Finding(Kind.LEASE_LEFT, row.key, found=f"ended {row.lease_until:.0f}")
    if row.face_count != len(row.face_ids):
        yield Finding(Kind.FACE_COUNT_WRONG, row.key, found=f"{row.face_count}, but {len(row.face_ids)} FaceIds")


def confirmed(first: Look, second: Look) -> Look:
    """What both looks found; what only one of them did was work in progress."""
    again = set(second.findings)
    kept = [finding for finding in first.findings if finding in again]
    return Look(sorted(kept, key=lambda each: (each.kind, each.key, each.face_id)), second.in_progress)
