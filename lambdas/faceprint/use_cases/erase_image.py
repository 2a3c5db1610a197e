"""Erases a photo without a trace: every version in the bucket, its faces, its rows."""

import uuid
from dataclasses import dataclass

from faceprint.model.errors import ConflictError, FaceInUseError, FaceprintError, NotFoundError
from faceprint.model.names import external_image_id
from faceprint.model.records import Claim
from faceprint.use_cases.ports import Answer, Clock, FaceCollection, ImageRecords, ImageStore

_PATIENCE_SECONDS = 10
"""How long a photo may go on being indexed before its erasure gives up; API Gateway's 29 s leave room."""


@dataclass(frozen=True)
class EraseImage:
    """The object goes first: from then on whoever indexes it finds nothing, whatever fails afterwards."""

    store: ImageStore
    collection: FaceCollection
    images: ImageRecords
    clock: Clock

    def erase(self, key: str, *, seconds: float) -> Answer:
        """Erases the photo and answers what was removed; `seconds` is how long whoever asks can go on working.

        Raises NotFoundError when there is no trace of it, ConflictError while it is being indexed.
        """
        # The event of the object's end may remove the faces before this request does; they are told all the same.
        ends = self.clock.now() + seconds
        known = self.images.read(key)
        versions = self.store.erase(key)
        face_ids = self._erase_patiently(key, ends)
        if not versions and not face_ids:
            raise NotFoundError(f"There is no image {key}.")
        told = {*(known.face_ids if known else ()), *face_ids}
        return {"key": key, "deleted": {"FaceIds": sorted(told), "versions": versions}}

    def erase_traces(self, key: str, *, owner: str, seconds: float) -> list[str]:
        """Removes the faces and rows of an object that is gone; answers their FaceIds.

        Those of a photo that came under the same key since, and is indexed, stay.
        """
        claim = self.images.claim_row(key, owner=owner, seconds=seconds)
        if claim.done:
            return []
        try:
            if self._is_indexed_anew(claim):
                self.images.release(claim)
                return []
            doomed = set(claim.face_ids)
            if claim.interrupted:
                doomed |= self.collection.find_by_external_image_id(external_image_id(key))
            if doomed:
                self.collection.delete(sorted(doomed))
            self.images.erase(claim)
        except FaceprintError:
            self.images.release(claim)
            raise
        return sorted(doomed)

    def _is_indexed_anew(self, claim: Claim) -> bool:
        try:
            return self.store.read_head(claim.key).version == claim.finished
        except NotFoundError:
            return False

    def _erase_patiently(self, key: str, ends: float) -> list[str]:
        deadline = self.clock.now() + _PATIENCE_SECONDS
        while True:
            try:
                return self.erase_traces(key, owner=str(uuid.uuid4()), seconds=ends - self.clock.now())
            except FaceInUseError:
                raise
            except ConflictError:
                if self.clock.now() > deadline:
                    raise ConflictError(
                        "The photo is erased, but its faces are being indexed by another request; "
                        "they follow by themselves. Ask again in a minute."
                    ) from None
            self.clock.sleep(0.2)
