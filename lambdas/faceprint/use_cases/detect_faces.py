"""Finds the faces on a photo, without naming them."""

from dataclasses import dataclass

from faceprint.model.boxes import area
from faceprint.model.images import explaining_refusals
from faceprint.use_cases.ports import Answer, FaceCollection
from faceprint.use_cases.search_faces import check_image


@dataclass(frozen=True)
class DetectFaces:
    """One call."""

    collection: FaceCollection

    def detect(self, data: bytes, *, attributes: tuple[str, ...]) -> Answer:
        """FaceDetails, largest first; an empty list where there is no face.

        Raises the errors of `check_image`, and ImageTooSmallError where Rekognition refuses so small a picture.
        """
        with explaining_refusals(check_image(data)):
            answer = self.collection.detect(data, attributes=attributes)
        return {"FaceDetails": sorted(answer["FaceDetails"], key=lambda detail: -area(detail["BoundingBox"]))}
