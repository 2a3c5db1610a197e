"""Compares the largest face of one photo with the faces of another."""

from dataclasses import dataclass

from faceprint.model.boxes import BoundingBox, overlap
from faceprint.model.errors import NoFaceError, NotFoundError
from faceprint.model.images import ImageInfo, require_large_enough
from faceprint.use_cases.ports import Answer, FaceCollection, FaceRecords, ImageStore
from faceprint.use_cases.search_faces import check_image

_SAME_FACE = 0.5
"""Overlap of a face found now with the box it was indexed with."""


@dataclass(frozen=True)
class CompareFaces:
    """A target is a photo, a photo of the bucket, or one face on it."""

    collection: FaceCollection
    store: ImageStore
    faces: FaceRecords

    def compare(self, source: bytes, target: bytes, *, threshold: float, quality_filter: str) -> Answer:
        """CompareFaces with an outcome. Raises NoFaceError and the errors of `check_image`."""
        return self._compare(source, {"Bytes": target}, threshold, quality_filter, check_image(target))

    def compare_with_image(self, source: bytes, key: str, *, threshold: float, quality_filter: str) -> Answer:
        """The same with a photo of the bucket. Raises NotFoundError."""
        stored = self.store.read_head(key)
        return self._compare(source, self.store.as_image(key, stored.version), threshold, quality_filter)

    def compare_with_face(self, source: bytes, face_id: str, *, threshold: float, quality_filter: str) -> Answer:
        """The same with one indexed face: matches of other faces on its photo do not count. Raises NotFoundError."""
        row = self.faces.read(face_id)
        if row is None:
            raise NotFoundError(f"There is no face {face_id}.")
        answer = self.compare_with_image(source, row["key"], threshold=threshold, quality_filter=quality_filter)
        box: BoundingBox = row["BoundingBox"]
        matches = [m for m in answer["FaceMatches"] if overlap(m["Face"]["BoundingBox"], box) >= _SAME_FACE]
        return answer | {"FaceMatches": matches, "outcome": "match" if matches else "no_match"}

    def _compare(
        self, source: bytes, target: Answer, threshold: float, quality_filter: str, *known: ImageInfo
    ) -> Answer:
        """known: what is known of the target."""
        pictures = (check_image(source), *known)
        try:
            answer = self.collection.compare(source, target, threshold=threshold, quality_filter=quality_filter)
        except NoFaceError as exc:
            require_large_enough(*pictures)
            raise NoFaceError(
                "There is no face on the source or on the target; Rekognition does not say where. Both must show one."
            ) from exc
        return answer | {"outcome": "match" if answer["FaceMatches"] else "no_match"}
