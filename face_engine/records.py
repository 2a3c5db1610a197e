"""What the store keeps, as values: collections, faces and users, without pictures."""

from __future__ import annotations

from dataclasses import dataclass

from face_engine.vision.arrays import Floats


@dataclass(frozen=True)
class Collection:
    """`id` is never used again for another collection; `created_at` is in seconds since 1970, UTC."""

    id: int
    name: str
    model_version: str
    created_at: float


@dataclass(frozen=True)
class Box:
    """Ratios of the picture's width and height; below 0 or above 1 where the face is cut off."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class StoredFace:
    """`row` counts faces in the order they came; `confidence` is 0..100; `user_id` names whom it belongs to."""

    row: int
    face_id: str
    image_id: str
    external_image_id: str | None
    box: Box
    confidence: float
    user_id: str | None = None


@dataclass(frozen=True)
class User:
    """A person of a collection; `row` is never used again, `face_count` is 0..100."""

    row: int
    user_id: str
    face_count: int


@dataclass(frozen=True)
class MemberFace:
    """A face as a user may take it in: whose it is now, if anybody's, and its faceprint [128]."""

    row: int
    user_id: str | None
    faceprint: Floats


@dataclass(frozen=True)
class ClientRequest:
    """A call that carries a ClientRequestToken.

    `parameters` is a digest of all its other members; `made_at` is in seconds since 1970, UTC.
    """

    operation: str
    token: str
    parameters: bytes
    made_at: float


@dataclass(frozen=True)
class NewFace:
    """A face to store under a fresh `face_id`, with its faceprint [128]."""

    face_id: str
    box: Box
    confidence: float
    faceprint: Floats


@dataclass(frozen=True)
class ImageOfFaces:
    """What the faces of one picture share; `digest` is the SHA-256 of its bytes."""

    image_id: str
    digest: bytes
    external_image_id: str | None
