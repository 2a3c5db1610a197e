"""Small facts of all four stores, gathered from streams in one pass each.

Memory: what is held is bounded by the number of photos and faces, not by their rows' sizes. Texts are interned, as the
stores repeat each other's keys, ETags and FaceIds; the collection is not held at all but for faces without a row.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field

from faceprint.model.names import external_image_id
from verifying.facts import CollectionFact, FaceFact, ImageFact, ObjectFact


@dataclass
class Library:
    """`faces` maps the FaceIds of the face table to their keys, `absent` are those that the collection lacks.

    `strangers` are faces of the collection without a row, `misnamed` maps FaceIds to an ExternalImageId that is not
    that of their key, in whichever of the two stores.
    """

    objects: dict[str, ObjectFact] = field(default_factory=dict)
    images: dict[str, ImageFact] = field(default_factory=dict)
    faces: dict[str, str] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)
    strangers: dict[str, CollectionFact] = field(default_factory=dict)
    misnamed: dict[str, str] = field(default_factory=dict)
    collection_size: int = 0

    @property
    def object_count(self) -> int:
        """Objects as a listing shows them: without those that a delete marker hides."""
        return sum(not found.deleted for found in self.objects.values())

    def current(self, key: str) -> ObjectFact | None:
        """The object of this key, if there is one."""
        found = self.objects.get(key)
        return None if found is None or found.deleted else found

    def in_collection(self, face_id: str) -> bool:
        """Whether the collection has the face."""
        return face_id in self.strangers or (face_id in self.faces and face_id not in self.absent)


def gather(
    *,
    objects: Iterable[ObjectFact],
    images: Iterable[ImageFact],
    faces: Iterable[FaceFact],
    collection: Iterable[CollectionFact],
) -> Library:
    """Reads each stream once, in this order: the collection is compared while it passes by."""
    library = Library()
    library.objects = {each.key: each for each in objects}
    library.images = {each.key: each for each in images}
    for row in faces:
        face_id = sys.intern(row.face_id)
        library.faces[face_id] = row.key
        if row.external_image_id != external_image_id(row.key):
            library.misnamed[face_id] = row.external_image_id
    library.absent = set(library.faces)
    for face in collection:
        library.collection_size += 1
        _take_in(library, face)
    return library


def _take_in(library: Library, face: CollectionFact) -> None:
    key = library.faces.get(face.face_id)
    if key is None:
        library.strangers[face.face_id] = face
        return
    library.absent.discard(face.face_id)
    if face.external_image_id != external_image_id(key):
        library.misnamed[face.face_id] = face.external_image_id
