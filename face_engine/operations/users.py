"""CreateUser, DeleteUser, ListUsers, AssociateFaces, DisassociateFaces."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence

from face_engine.client_requests import RequestReusedError
from face_engine.errors import ConflictError, IdempotentParameterMismatchError, ServiceQuotaExceededError
from face_engine.matching import compare
from face_engine.operations.context import Call, Engine, find_collection, find_user, require_same_model
from face_engine.operations.pages import read_token, split_page, write_token
from face_engine.operations.shapes import show_status, show_user
from face_engine.protocol import Values
from face_engine.records import ClientRequest, Collection, MemberFace, User
from face_engine.user_library import UserChange
from face_engine.user_store import UserExistsError

MAX_FACES_OF_USER = 100
DEFAULT_ASSOCIATION_THRESHOLD = 75.0
DEFAULT_USERS_PAGE = 500
"""The largest page that Rekognition allows; its default is not documented."""

TOKEN = "ClientRequestToken"  # noqa: S105 # nosec B105  # a member's name


def create_user(engine: Engine, call: Call) -> Values:
    collection, user_id = find_collection(engine, call.values["CollectionId"]), call.values["UserId"]

    def work() -> UserChange:
        try:
            return UserChange(engine.library.store.users.create_user(collection, user_id).row, {})
        except UserExistsError as exc:
            find_collection(engine, collection.name)  # it may be gone meanwhile
            raise ConflictError(f"The user id: {user_id} already exists") from exc

    return _change(engine, call, "CreateUser", collection, work)


def delete_user(engine: Engine, call: Call) -> Values:
    collection = find_collection(engine, call.values["CollectionId"])

    def work() -> UserChange:
        user = find_user(engine, collection, call.values["UserId"])
        engine.library.store.users.delete_user(user)
        return UserChange(user.row, {})

    return _change(engine, call, "DeleteUser", collection, work)


def list_users(engine: Engine, call: Call) -> Values:
    collection = find_collection(engine, call.values["CollectionId"])
    source = f"ListUsers {collection.id}"
    size = call.get("MaxResults", DEFAULT_USERS_PAGE)
    after = read_token(call.get("NextToken"), of=source)
    page, more = split_page(engine.library.store.users.list_users(collection, after=after, limit=size + 1), size)
    answer: Values = {"Users": [show_user(user) for user in page]}
    if more:
        answer["NextToken"] = write_token(page[-1].row, of=source)
    return answer


def associate_faces(engine: Engine, call: Call) -> Values:
    collection = find_collection(engine, call.values["CollectionId"])
    require_same_model(engine, collection)
    users, face_ids = engine.library.store.users, list(dict.fromkeys(call.values["FaceIds"]))

    def work() -> UserChange:
        user = find_user(engine, collection, call.values["UserId"])
        faces = users.find_faces(collection, face_ids)
        failures = _find_strangers(face_ids, faces, user)
        free = {face_id: faces[face_id] for face_id in face_ids if face_id in faces and not faces[face_id].user_id}
        failures |= _find_misfits(engine, user, free, call.get("UserMatchThreshold", DEFAULT_ASSOCIATION_THRESHOLD))
        fitting = [face_id for face_id in free if face_id not in failures]
        taken = fitting[: _room_of(user, fitting)]
        failures |= {face_id: {"UserId": user.user_id, "Reasons": []} for face_id in fitting[len(taken) :]}
        changed = users.take_faces(user, [faces[face_id].row for face_id in taken])
        answer = {
            "AssociatedFaces": [{"FaceId": face_id} for face_id in taken],
            "UnsuccessfulFaceAssociations": _in_order(face_ids, failures),
            "UserStatus": show_status(changed),
        }
        return UserChange(user.row, answer)

    return _change(engine, call, "AssociateFaces", collection, work)


def disassociate_faces(engine: Engine, call: Call) -> Values:
    collection = find_collection(engine, call.values["CollectionId"])
    users, face_ids = engine.library.store.users, list(dict.fromkeys(call.values["FaceIds"]))

    def work() -> UserChange:
        user = find_user(engine, collection, call.values["UserId"])
        faces = users.find_faces(collection, face_ids)
        own = [face_id for face_id in face_ids if face_id in faces and faces[face_id].user_id == user.user_id]
        changed = users.release_faces(user, [faces[face_id].row for face_id in own])
        answer = {
            "DisassociatedFaces": [{"FaceId": face_id} for face_id in own],
            "UnsuccessfulFaceDisassociations": _in_order(face_ids, _find_strangers(face_ids, faces, user)),
            "UserStatus": show_status(changed),
        }
        return UserChange(user.row, answer)

    return _change(engine, call, "DisassociateFaces", collection, work)


def _change(
    engine: Engine, call: Call, operation: str, collection: Collection, work: Callable[[], UserChange]
) -> Values:
    others = json.dumps({name: value for name, value in call.values.items() if name != TOKEN}, sort_keys=True)
    token, digest = call.get(TOKEN), hashlib.sha256(others.encode()).digest()
    request = ClientRequest(operation, token, digest, engine.now()) if token else None
    try:
        return engine.library.users.change(collection, request, work)
    except RequestReusedError as exc:
        raise IdempotentParameterMismatchError from exc


def _find_strangers(face_ids: Sequence[str], faces: Mapping[str, MemberFace], user: User) -> dict[str, Values]:
    """The faces that are not there or belong to somebody else, with their reasons."""
    failures: dict[str, Values] = {}
    for face_id in face_ids:
        face = faces.get(face_id)
        if face is None:
            failures[face_id] = {"Reasons": ["FACE_NOT_FOUND"]}
        elif face.user_id not in (None, user.user_id):
            failures[face_id] = {"UserId": face.user_id, "Reasons": ["ASSOCIATED_TO_A_DIFFERENT_USER"]}
    return failures


def _find_misfits(engine: Engine, user: User, faces: Mapping[str, MemberFace], threshold: float) -> dict[str, Values]:
    """The faces that are less similar to the user's vector than `threshold`; none while the user has no face."""
    vector = engine.library.store.users.get_vector(user.row)
    if vector is None:
        return {}
    confidences = {face_id: float(compare(vector, face.faceprint[None])[0]) for face_id, face in faces.items()}
    return {
        face_id: {"UserId": user.user_id, "Confidence": confidence, "Reasons": ["LOW_MATCH_CONFIDENCE"]}
        for face_id, confidence in confidences.items()
        if confidence < threshold
    }


def _room_of(user: User, fitting: Sequence[str]) -> int:
    """How many faces the user may still get; raises `ServiceQuotaExceededError` when it is full and should get some."""
    room = MAX_FACES_OF_USER - user.face_count
    if fitting and room == 0:
        raise ServiceQuotaExceededError(f"The user id: {user.user_id} has {MAX_FACES_OF_USER} faces, the most allowed.")
    return room


def _in_order(face_ids: Sequence[str], failures: Mapping[str, Values]) -> list[Values]:
    return [{"FaceId": face_id, **failures[face_id]} for face_id in face_ids if face_id in failures]
