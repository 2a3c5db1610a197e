"""Finds the person with the largest face on a photo."""

from dataclasses import dataclass

from faceprint.model.errors import ImageTooLargeError, NoFaceError, NotFoundError
from faceprint.model.images import ImageInfo, explaining_refusals, read_image_info
from faceprint.model.limits import MAX_REKOGNITION_BYTES
from faceprint.use_cases.join_matches import JoinMatches, names_of
from faceprint.use_cases.ports import Answer, FaceCollection, FaceRecords


@dataclass(frozen=True)
class SearchFaces:
    """Two AWS calls: the search, and one read of the table when there are matches."""

    collection: FaceCollection
    faces: FaceRecords
    matches: JoinMatches

    def search(self, data: bytes, *, threshold: float, max_faces: int, quality_filter: str) -> Answer:
        """The faces of the collection that look like the largest on the photo. No face is an answer.

        Raises the errors of `check_image`, and ImageTooSmallError where Rekognition refuses so small a picture.
        """
        info = check_image(data)
        try:
            with explaining_refusals(info):
                found = self.collection.search_by_image(
                    data, threshold=threshold, max_faces=max_faces, quality_filter=quality_filter
                )
        except NoFaceError:
            filtered = quality_filter != "NONE" and self.collection.detect(data)["FaceDetails"]
            return _answer({"FaceMatches": []}, [], "low_quality" if filtered else "no_face")
        return self._join(found)

    def search_by_face(self, face_id: str, *, threshold: float, max_faces: int) -> Answer:
        """The faces that look like an indexed one. Raises NotFoundError where table or collection has no such face."""
        if self.faces.read(face_id) is None:
            raise NotFoundError(f"There is no face {face_id}.")
        try:
            found = self.collection.search_by_face(face_id, threshold=threshold, max_faces=max_faces)
        except NotFoundError as exc:
            raise NotFoundError(f"The collection has no face {face_id}, or not yet; try again in a moment.") from exc
        return self._join(found)

    def _join(self, found: Answer) -> Answer:
        matches = self.matches.join(found["FaceMatches"])
        return _answer(found, matches, "match" if matches else "unknown")


def check_image(data: bytes) -> ImageInfo:
    """Format and size of an image that is sent to Rekognition as bytes.

    Raises ImageTooLargeError and the errors of `read_image_info`.
    """
    if len(data) > MAX_REKOGNITION_BYTES:
        raise ImageTooLargeError("Rekognition takes at most 5 MB; send a smaller image.")
    return read_image_info(data)


def _answer(found: Answer, matches: list[Answer], outcome: str) -> Answer:
    return {"faces": found, "matchedFaces": names_of(matches), "outcome": outcome, "matches": matches}
