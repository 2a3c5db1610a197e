"""Single faces: reading and removing them."""

import uuid
from dataclasses import dataclass

from faceprint.model.errors import FaceprintError, NotFoundError
from faceprint.use_cases.ports import Answer, FaceCollection, FaceRecords, ImageRecords


@dataclass(frozen=True)
class KeepFaces:
    """A face belongs to a photo; removing it changes the photo's row as well."""

    collection: FaceCollection
    faces: FaceRecords
    images: ImageRecords

    def read(self, face_id: str) -> Answer:
        """The face's row. Raises NotFoundError."""
        row = self.faces.read(face_id)
        if row is None:
            raise NotFoundError(f"There is no face {face_id}.")
        return row

    def remove(self, face_id: str, *, seconds: float) -> Answer:
        """Removes one face from collection and table; its photo stays. `seconds` is how long that may take.

        Raises NotFoundError, ConflictError while the photo is being indexed.
        """
        row = self.read(face_id)
        claim = self.images.claim_row(row["key"], owner=str(uuid.uuid4()), seconds=seconds)
        try:
            self.collection.delete([face_id])
            if claim.done:
                self.images.forget_lost_face(face_id)
            else:
                self.images.forget_face(claim, face_id)
        except FaceprintError:
            self.images.release(claim)
            raise
        return {"key": row["key"], "deleted": {"FaceIds": [face_id]}}
