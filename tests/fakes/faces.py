"""A Rekognition collection that is told who is on which image."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from faceprint.model.boxes import BoundingBox
from faceprint.model.errors import NoFaceError, NotFoundError, UnreadableObjectError, UnsupportedFormatError
from fakes.stores import MemoryImageStore


@dataclass(frozen=True)
class Seen:
    """One face on an image: who it is and where."""

    person: str
    left: float = 0.1
    width: float = 0.2

    @property
    def box(self) -> BoundingBox:
        return {"Left": self.left, "Top": 0.2, "Width": self.width, "Height": self.width * 1.2}


@dataclass
class FakeFaceCollection:
    """Similarity is what `likeness` says of two people, 99 for the same one and 0 for others."""

    store: MemoryImageStore
    shown: dict[bytes, list[Seen]] = field(default_factory=dict)
    unreadable: set[bytes] = field(default_factory=set)
    faces: dict[str, dict[str, Any]] = field(default_factory=dict)
    likeness: dict[tuple[str, str], float] = field(default_factory=dict)
    made: int = 0
    calls: list[str] = field(default_factory=list)
    filters: list[str] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    def show(self, data: bytes, *people: str | Seen) -> bytes:
        """From now on these people are on this image; the first is the largest."""
        self.shown[data] = [
            person if isinstance(person, Seen) else Seen(person, 0.05 + 0.3 * place, 0.25 - 0.04 * place)
            for place, person in enumerate(people)
        ]
        return data

    def people(self) -> list[str]:
        """Who is in the collection, a name per face."""
        return sorted(entry["person"] for entry in self.faces.values())

    def index(
        self,
        image: dict[str, Any],
        *,
        external_image_id: str,
        max_faces: int,
        quality_filter: str,
        attributes: tuple[str, ...],
    ) -> dict[str, Any]:
        self._called("IndexFaces")
        data = self._read(image)
        seen = self.shown.get(data, [])
        records = [self._index_one(data, face, external_image_id) for face in seen[:max_faces]]
        left = [{"Reasons": ["EXCEEDS_MAX_FACES"], "FaceDetail": _detail(face)} for face in seen[max_faces:]]
        return {"FaceRecords": records, "UnindexedFaces": left, "FaceModelVersion": "fake-1"}

    def _index_one(self, data: bytes, seen: Seen, external_image_id: str) -> dict[str, Any]:
        for face_id, entry in self.faces.items():
            if (entry["data"], entry["seen"], entry["external"]) == (data, seen, external_image_id):
                return {"Face": _face(face_id, entry), "FaceDetail": _detail(seen)}
        self.made += 1
        face_id = str(uuid.UUID(int=self.made))
        self.faces[face_id] = {"data": data, "seen": seen, "external": external_image_id, "person": seen.person}
        return {"Face": _face(face_id, self.faces[face_id]), "FaceDetail": _detail(seen)}

    def search_by_image(
        self, data: bytes, *, threshold: float, max_faces: int, quality_filter: str = "NONE"
    ) -> dict[str, Any]:
        self._called("SearchFacesByImage")
        self.filters.append(quality_filter)
        seen = self.shown.get(data, [])
        if not seen:
            raise NoFaceError("There is no face.")
        return self._search(seen[0].person, threshold, max_faces) | {"SearchedFaceBoundingBox": seen[0].box}

    def search_by_face(self, face_id: str, *, threshold: float, max_faces: int) -> dict[str, Any]:
        self._called("SearchFaces")
        if face_id not in self.faces:
            raise NotFoundError("There is no such face in the collection.")
        answer = self._search(self.faces[face_id]["person"], threshold, max_faces + 1)
        matches = [match for match in answer["FaceMatches"] if match["Face"]["FaceId"] != face_id]
        return {"SearchedFaceId": face_id, "FaceMatches": matches[:max_faces]}

    def detect(self, data: bytes, *, attributes: tuple[str, ...] = ("DEFAULT",)) -> dict[str, Any]:
        self._called("DetectFaces")
        return {"FaceDetails": [_detail(seen) for seen in self.shown.get(data, [])]}

    def compare(
        self, source: bytes, target: dict[str, Any], *, threshold: float, quality_filter: str
    ) -> dict[str, Any]:
        self._called("CompareFaces")
        self.filters.append(quality_filter)
        one, others = self.shown.get(source, []), self.shown.get(self._read(target), [])
        if not one or not others:
            raise NoFaceError("There is no face.")
        likes = [(self._like(one[0].person, other.person), other) for other in others]
        return {
            "SourceImageFace": {"BoundingBox": one[0].box, "Confidence": 99.0},
            "FaceMatches": [{"Similarity": like, "Face": _detail(face)} for like, face in likes if like >= threshold],
            "UnmatchedFaces": [_detail(face) for like, face in likes if like < threshold],
        }

    def delete(self, face_ids: list[str]) -> None:
        self._called("DeleteFaces")
        for face_id in face_ids:
            self.faces.pop(face_id, None)

    def find_by_external_image_id(self, external_image_id: str) -> set[str]:
        self._called("ListFaces")
        return {face_id for face_id, entry in self.faces.items() if entry["external"] == external_image_id}

    def _search(self, person: str, threshold: float, max_faces: int) -> dict[str, Any]:
        found = [(self._like(person, entry["person"]), face_id) for face_id, entry in self.faces.items()]
        best = sorted((pair for pair in found if pair[0] >= threshold), reverse=True)[:max_faces]
        matches = [{"Similarity": like, "Face": _face(face_id, self.faces[face_id])} for like, face_id in best]
        return {"FaceMatches": matches, "FaceModelVersion": "fake-1"}

    def _like(self, one: str, other: str) -> float:
        return 99.0 if one == other else self.likeness.get((one, other), 0.0)

    def _called(self, operation: str) -> None:
        self.calls.append(operation)
        if self.failures:
            raise self.failures.pop(0)

    def _read(self, image: dict[str, Any]) -> bytes:
        if "Bytes" in image:
            return bytes(image["Bytes"])
        reference = image["S3Object"]
        data = self.store.read_version(reference["Name"], reference.get("Version"))
        if data is None:
            raise UnreadableObjectError("Rekognition cannot read this photo of the bucket.")
        if data in self.unreadable:
            raise UnsupportedFormatError("Rekognition cannot read this image.")
        return data


def _face(face_id: str, entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "FaceId": face_id,
        "BoundingBox": entry["seen"].box,
        "ImageId": "00000000-0000-0000-0000-000000000000",
        "ExternalImageId": entry["external"],
        "Confidence": 99.5,
    }


def _detail(seen: Seen) -> dict[str, Any]:
    return {"BoundingBox": seen.box, "Confidence": 99.5, "Pose": {"Roll": 0.5, "Yaw": -1.25, "Pitch": 0.0}}
