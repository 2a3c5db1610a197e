"""SearchUsers, SearchUsersByImage."""

from __future__ import annotations

from face_engine.errors import FaceMissingError, InvalidParameterError, ResourceNotFoundError
from face_engine.operations.context import (
    Call,
    Engine,
    find_collection,
    find_user,
    read_image,
    require_same_model,
)
from face_engine.operations.quality_filter import choose_largest, judge
from face_engine.operations.search import DEFAULT_MATCHES, DEFAULT_THRESHOLD
from face_engine.operations.shapes import show_seen_face, show_user
from face_engine.protocol import Values
from face_engine.records import Collection, User
from face_engine.user_library import FoundUser

MAX_FACES = 100
"""Rekognition's limit of faces in one answer: the largest."""


def search_users(engine: Engine, call: Call) -> Values:
    collection = find_collection(engine, call.values["CollectionId"])
    require_same_model(engine, collection)
    if len({"UserId", "FaceId"} & call.values.keys()) != 1:
        raise InvalidParameterError("Request has invalid parameters. Either UserId or FaceId is needed.")
    if "UserId" in call.values:
        matches = _search_by_user(engine, call, collection)
        searched: Values = {"SearchedUser": {"UserId": call.values["UserId"]}}
    else:
        matches = _search_by_face(engine, call, collection)
        searched = {"SearchedFace": {"FaceId": call.values["FaceId"]}}
    return {"UserMatches": _show_matches(matches), "FaceModelVersion": collection.model_version, **searched}


def search_users_by_image(engine: Engine, call: Call) -> Values:
    collection = find_collection(engine, call.values["CollectionId"])
    require_same_model(engine, collection)
    picture = read_image(engine, call).picture
    faces = engine.vision.find_faces(picture, closer=False)[:MAX_FACES]
    judged = judge(faces, call.get("QualityFilter", "NONE"), gates=engine.gates, picture=picture)
    largest = choose_largest([face for face, reasons in judged if not reasons])
    answer: Values = {
        "UserMatches": [],
        "FaceModelVersion": collection.model_version,
        "UnsearchedFaces": [
            {"FaceDetails": show_seen_face(face, picture), "Reasons": reasons or ["FACE_NOT_LARGEST"]}
            for face, reasons in judged
            if face is not largest
        ],
    }
    if largest is not None:
        limit, threshold = _limits(call)
        faceprint = engine.vision.describe([largest])[0]
        found = engine.library.users.search(collection, faceprint, limit=limit, threshold=threshold)
        answer["UserMatches"] = _show_matches(found)
        answer["SearchedFace"] = {"FaceDetail": show_seen_face(largest, picture)}
    return answer


def _search_by_user(engine: Engine, call: Call, collection: Collection) -> list[FoundUser]:
    """The other users like this one; none when it has no face."""
    user = _find_user(engine, collection, call.values["UserId"])
    vector = engine.library.store.users.get_vector(user.row)
    if vector is None:
        return []
    limit, threshold = _limits(call)
    found = engine.library.users.search(collection, vector, limit=limit + 1, threshold=threshold)
    return [match for match in found if match.user.row != user.row][:limit]


def _find_user(engine: Engine, collection: Collection, user_id: str) -> User:
    """Other operations say ResourceNotFoundException; SearchUsers does not (repost.aws, QUHtePFYlSRHuCYpEq-33sOA)."""
    try:
        return find_user(engine, collection, user_id)
    except ResourceNotFoundError as exc:
        raise InvalidParameterError from exc


def _search_by_face(engine: Engine, call: Call, collection: Collection) -> list[FoundUser]:
    faceprint = engine.library.store.get_faceprint(collection, call.values["FaceId"])
    if faceprint is None:
        raise FaceMissingError
    limit, threshold = _limits(call)
    return engine.library.users.search(collection, faceprint, limit=limit, threshold=threshold)


def _limits(call: Call) -> tuple[int, float]:
    return call.get("MaxUsers", DEFAULT_MATCHES), call.get("UserMatchThreshold", DEFAULT_THRESHOLD)


def _show_matches(matches: list[FoundUser]) -> list[Values]:
    return [{"Similarity": match.similarity, "User": show_user(match.user)} for match in matches]
