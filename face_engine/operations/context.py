"""What every operation is given, and the questions that many of them ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from face_engine.errors import (
    InvalidParameterError,
    ModelMismatchError,
    ResourceNotFoundError,
)
from face_engine.face_library import FaceLibrary
from face_engine.face_store import CollectionMissingError
from face_engine.images import DOCUMENTED_SIDE, LoadedImage, load_image
from face_engine.operations.quality_filter import OPEN_GATES, QualityGates
from face_engine.protocol import Values
from face_engine.records import Collection, User
from face_engine.similarity import DEFAULT_CURVE, SimilarityCurve
from face_engine.user_store import UserMissingError
from face_engine.vision.faces import Vision


@dataclass(frozen=True)
class Engine:
    """The parts behind the operations; `now` is in seconds since 1970, `new_id` makes a fresh UUID as text.

    `read_object` takes the members of `S3Object` and the region, and answers the object's bytes. `curve` turns the
    distances of this vision's faceprints into similarities.
    """

    library: FaceLibrary
    vision: Vision
    account_id: str
    now: Callable[[], float]
    new_id: Callable[[], str]
    read_object: Callable[..., bytes]
    curve: SimilarityCurve = DEFAULT_CURVE
    gates: QualityGates = OPEN_GATES


@dataclass(frozen=True)
class Call:
    """One request: its checked members, and the region that it was signed for."""

    values: Values
    region: str

    def get(self, name: str, default: Any = None) -> Any:
        return self.values.get(name, default)


Operation = Callable[[Engine, Call], Values]


def find_collection(engine: Engine, name: str) -> Collection:
    """Raises `ResourceNotFoundError`."""
    try:
        return engine.library.store.get_collection(name)
    except CollectionMissingError as exc:
        raise missing_collection(name) from exc


def missing_collection(name: str) -> ResourceNotFoundError:
    return ResourceNotFoundError(f"The collection id: {name} does not exist")


def find_user(engine: Engine, collection: Collection, user_id: str) -> User:
    """Raises `ResourceNotFoundError`."""
    try:
        return engine.library.store.users.get_user(collection, user_id)
    except UserMissingError as exc:
        raise ResourceNotFoundError(f"The user id: {user_id} does not exist") from exc


def require_same_model(engine: Engine, collection: Collection) -> None:
    """Raises `ModelMismatchError` when the collection's faceprints cannot be compared with today's."""
    if collection.model_version != engine.vision.version:
        raise ModelMismatchError(
            f"The collection {collection.name} was made with face model {collection.model_version}, this engine runs "
            f"{engine.vision.version}, and their faceprints cannot be compared. Index its images into a new collection."
        )


def read_image(engine: Engine, call: Call, name: str = "Image", *, least_side: int = DOCUMENTED_SIDE) -> LoadedImage:
    """The picture of the member `name`, given as bytes or as an S3 object, of `least_side` px a side at least."""
    image = call.values[name]
    if len(image) != 1:
        raise InvalidParameterError(f"Request has invalid parameters. {name} needs either Bytes or S3Object.")
    data = engine.read_object(image["S3Object"], region=call.region) if "S3Object" in image else image["Bytes"]
    return load_image(data, least_side=least_side)
