"""SearchFaces, SearchFacesByImage."""

from __future__ import annotations

from face_engine.errors import FaceMissingError, NoFacesError
from face_engine.face_library import FoundFace
from face_engine.images import LEAST_SIDE
from face_engine.operations.context import Call, Engine, find_collection, read_image, require_same_model
from face_engine.operations.quality_filter import choose_largest, judge
from face_engine.operations.shapes import show_box, show_stored_face, to_box, to_confidence
from face_engine.protocol import Values
from face_engine.records import Collection

DEFAULT_THRESHOLD = 80.0
DEFAULT_MATCHES = 100
"""When `MaxFaces` is absent; Rekognition does not document its own."""


def search_faces(engine: Engine, call: Call) -> Values:
    collection = find_collection(engine, call.values["CollectionId"])
    require_same_model(engine, collection)
    face_id = call.values["FaceId"]
    searched = engine.library.store.get_faceprint(collection, face_id)
    if searched is None:
        raise FaceMissingError
    limit, threshold = _limits(call)
    found = engine.library.search(collection, searched, limit=limit + 1, threshold=threshold)
    others = [match for match in found if match.face.face_id != face_id][:limit]
    return {
        "SearchedFaceId": face_id,
        "FaceMatches": _show_matches(others, collection),
        "FaceModelVersion": collection.model_version,
    }


def search_faces_by_image(engine: Engine, call: Call) -> Values:
    collection = find_collection(engine, call.values["CollectionId"])
    require_same_model(engine, collection)
    image = read_image(engine, call, least_side=LEAST_SIDE)
    seen = engine.vision.find_faces(image.picture, closer=False)
    judged = judge(seen, call.get("QualityFilter", "NONE"), gates=engine.gates, picture=image.picture)
    largest = choose_largest([face for face, reasons in judged if not reasons])
    if largest is None:
        raise NoFacesError
    limit, threshold = _limits(call)
    found = engine.library.search(collection, engine.vision.describe([largest])[0], limit=limit, threshold=threshold)
    return {
        "SearchedFaceBoundingBox": show_box(to_box(largest, image.picture)),
        "SearchedFaceConfidence": to_confidence(largest),
        "FaceMatches": _show_matches(found, collection),
        "FaceModelVersion": collection.model_version,
    }


def _limits(call: Call) -> tuple[int, float]:
    return call.get("MaxFaces", DEFAULT_MATCHES), call.get("FaceMatchThreshold", DEFAULT_THRESHOLD)


def _show_matches(matches: list[FoundFace], collection: Collection) -> list[Values]:
    return [
        {"Similarity": match.similarity, "Face": show_stored_face(match.face, collection.model_version)}
        for match in matches
    ]
