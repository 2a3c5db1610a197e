"""The Rekognition collection."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from faceprint.aws.failures import aws_failures, is_model_violation
from faceprint.model.errors import FaceInUseError, InvalidParameterError, NoFaceError, NotFoundError

Image = dict[str, Any]
"""Rekognition's Image: {"Bytes": …} or {"S3Object": …}."""

_MAX_PAGE = 4096
_MOST_PAGES = 25
"""100,000 faces, about five seconds: the rare repair ends within any function's time."""

_SETTLE_SECONDS = 1.5
"""A collection is consistent in the end: a face that was indexed a moment ago may not be found yet."""


@dataclass(frozen=True)
class FaceCollection:
    """Answers are Rekognition's own, without ResponseMetadata."""

    client: Any
    collection_id: str
    sleep: Callable[[float], None] = time.sleep

    def index(
        self, image: Image, *, external_image_id: str, max_faces: int, quality_filter: str, attributes: tuple[str, ...]
    ) -> dict[str, Any]:
        """IndexFaces. The same image under the same ExternalImageId gives the same FaceIds again."""
        return self._call(
            "index_faces",
            CollectionId=self.collection_id,
            Image=image,
            ExternalImageId=external_image_id,
            MaxFaces=max_faces,
            QualityFilter=quality_filter,
            DetectionAttributes=list(attributes),
        )

    def search_by_image(
        self, data: bytes, *, threshold: float, max_faces: int, quality_filter: str = "NONE"
    ) -> dict[str, Any]:
        """SearchFacesByImage: the largest face. Raises NoFaceError."""
        return self._call(
            "search_faces_by_image",
            CollectionId=self.collection_id,
            Image={"Bytes": data},
            FaceMatchThreshold=threshold,
            MaxFaces=max_faces,
            QualityFilter=quality_filter,
        )

    def search_by_face(self, face_id: str, *, threshold: float, max_faces: int) -> dict[str, Any]:
        """SearchFaces: the faces that look like an indexed one.

        A face that is not found may be too young, so it is asked for once more. Raises NotFoundError.
        """
        request = {
            "CollectionId": self.collection_id,
            "FaceId": face_id,
            "FaceMatchThreshold": threshold,
            "MaxFaces": max_faces,
        }
        try:
            return self._call("search_faces", **request)
        except NotFoundError:
            self.sleep(_SETTLE_SECONDS)
            return self._call("search_faces", **request)

    def detect(self, data: bytes, *, attributes: tuple[str, ...] = ("DEFAULT",)) -> dict[str, Any]:
        """DetectFaces: up to 100 faces, largest first."""
        return self._call("detect_faces", Image={"Bytes": data}, Attributes=list(attributes))

    def compare(self, source: bytes, target: Image, *, threshold: float, quality_filter: str) -> dict[str, Any]:
        """CompareFaces: the largest source face with each target face.

        Raises NoFaceError also for what Rekognition refuses without a reason: that is all it says where the source or
        the target shows no face.
        """
        try:
            return self._call(
                "compare_faces",
                SourceImage={"Bytes": source},
                TargetImage=target,
                SimilarityThreshold=threshold,
                QualityFilter=quality_filter,
            )
        except InvalidParameterError as exc:
            if is_model_violation(exc):
                raise
            raise NoFaceError("There is no face on the source or on the target.") from exc

    def delete(self, face_ids: list[str]) -> None:
        """DeleteFaces; faces that are gone already are no error.

        They cannot be told from those that are too young to be found, so what was not found is asked for once more.
        Raises FaceInUseError when the collection keeps one.
        """
        missing = self._delete(face_ids)
        if missing:
            self.sleep(_SETTLE_SECONDS)
            self._delete(missing)

    def find_by_external_image_id(self, external_image_id: str) -> set[str]:
        """FaceIds of one image, by reading the collection: for the rare repair only.

        In a collection of more than 100,000 faces some may be missed; `scripts/verify.py --repair` finds those.
        Waits first, until also what an attempt indexed just before it was interrupted can be found.
        """
        self.sleep(_SETTLE_SECONDS)
        with aws_failures():
            pages = self.client.get_paginator("list_faces").paginate(
                CollectionId=self.collection_id,
                PaginationConfig={"PageSize": _MAX_PAGE, "MaxItems": _MOST_PAGES * _MAX_PAGE},
            )
            return {
                face["FaceId"]
                for page in pages
                for face in page["Faces"]
                if face.get("ExternalImageId") == external_image_id
            }

    def _delete(self, face_ids: list[str]) -> list[str]:
        """Answers which of them were not found."""
        missing: list[str] = []
        for start in range(0, len(face_ids), _MAX_PAGE):
            answer = self._call(
                "delete_faces", CollectionId=self.collection_id, FaceIds=face_ids[start : start + _MAX_PAGE]
            )
            for entry in answer.get("UnsuccessfulFaceDeletions", []):
                if "FACE_NOT_FOUND" not in entry.get("Reasons", ()):
                    raise FaceInUseError(
                        f"The face {entry['FaceId']} belongs to a user of the collection; "
                        "disassociate it (DisassociateFaces) and try again."
                    )
                missing.append(entry["FaceId"])
        return missing

    def _call(self, operation: str, **request: Any) -> dict[str, Any]:
        with aws_failures():
            answer: dict[str, Any] = getattr(self.client, operation)(**request)
        answer.pop("ResponseMetadata", None)
        return answer
