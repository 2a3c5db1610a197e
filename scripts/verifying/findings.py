"""The disagreements that there are, and what may be done about each."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """Stable names: programs and people's notes rely on them."""

    OBJECT_WITHOUT_ROW = "object-without-row"
    ROW_WITHOUT_OBJECT = "row-without-object"
    ROW_OF_OTHER_VERSION = "row-of-other-version"
    ROW_PENDING = "row-pending"
    LEASE_LEFT = "lease-left"
    FACE_COUNT_WRONG = "face-count-wrong"
    FACE_ROW_MISSING = "face-row-missing"
    FACE_ROW_OF_OTHER_KEY = "face-row-of-other-key"
    FACE_OF_OTHER_PHOTO = "face-of-other-photo"
    FACE_ROW_WITHOUT_IMAGE = "face-row-without-image"
    FACE_ROW_UNNAMED = "face-row-unnamed"
    COLLECTION_FACE_MISSING = "collection-face-missing"
    COLLECTION_FACE_ORPHANED = "collection-face-orphaned"
    COLLECTION_FACE_DOUBLED = "collection-face-doubled"
    COLLECTION_FACE_FOREIGN = "collection-face-foreign"
    EXTERNAL_ID_DIFFERS = "external-id-differs"


ANNOUNCED = {Kind.OBJECT_WITHOUT_ROW, Kind.ROW_WITHOUT_OBJECT, Kind.ROW_OF_OTHER_VERSION, Kind.ROW_PENDING}
"""An event is all that is missing: the index function brings everything in line with the object."""

REOPENED = {
    Kind.FACE_ROW_MISSING,
    Kind.FACE_ROW_OF_OTHER_KEY,
    Kind.FACE_OF_OTHER_PHOTO,
    Kind.COLLECTION_FACE_MISSING,
    Kind.EXTERNAL_ID_DIFFERS,
}
"""The row says that all is done, so an event alone would change nothing: first it becomes PENDING again."""

REMOVED = {
    Kind.FACE_ROW_WITHOUT_IMAGE,
    Kind.FACE_ROW_UNNAMED,
    Kind.COLLECTION_FACE_ORPHANED,
    Kind.COLLECTION_FACE_DOUBLED,
}
"""Faces that no photo has."""


@dataclass(frozen=True)
class Finding:
    """One disagreement; equal findings of two looks are the same one. What is unknown is empty.

    `found` holds the values that disagree.
    """

    kind: Kind
    key: str
    face_id: str = ""
    found: str = ""

    @property
    def remedy(self) -> str:
        """What --repair does, in a few words."""
        if self.kind in ANNOUNCED:
            return "index anew"
        if self.kind in REOPENED:
            return "reopen and index anew"
        if self.kind in REMOVED:
            return "remove the face"
        if self.kind is Kind.COLLECTION_FACE_FOREIGN:
            return "none: not made by Faceprint, decide yourself"
        return "correct the row"

    def as_row(self) -> dict[str, Any]:
        """For tables and JSON."""
        row = {**asdict(self), "kind": self.kind.value, "repair": self.remedy}
        row["FaceId"] = row.pop("face_id")
        return row
