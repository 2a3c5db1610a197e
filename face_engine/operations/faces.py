"""IndexFaces, ListFaces, DeleteFaces."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from face_engine.face_store import CollectionMissingError
from face_engine.images import LoadedImage
from face_engine.operations.context import (
    Call,
    Engine,
    find_collection,
    find_user,
    missing_collection,
    read_image,
    require_same_model,
)
from face_engine.operations.pages import DEFAULT_PAGE, read_token, split_page, write_token
from face_engine.operations.quality_filter import judge, rank
from face_engine.operations.shapes import show_seen_face, show_stored_face, to_box, to_confidence
from face_engine.protocol import Values
from face_engine.records import Collection, ImageOfFaces, NewFace, StoredFace
from face_engine.vision.faces import SeenFace

MAX_FACES = 100
"""Rekognition's limit of faces in one answer."""


def index_faces(engine: Engine, call: Call) -> Values:
    collection = find_collection(engine, call.values["CollectionId"])
    require_same_model(engine, collection)
    image = read_image(engine, call)
    kept, refused = _choose_faces(engine, call, image)
    stored = _store_faces(engine, call, collection, image, kept)
    return {
        "FaceRecords": [
            {
                "Face": show_stored_face(record, collection.model_version),
                "FaceDetail": show_seen_face(face, image.picture),
            }
            for face, record in zip(kept, stored, strict=True)
        ],
        "UnindexedFaces": [
            {"Reasons": reasons, "FaceDetail": show_seen_face(face, image.picture)} for face, reasons in refused
        ],
        "FaceModelVersion": collection.model_version,
    }


def _choose_faces(
    engine: Engine, call: Call, image: LoadedImage
) -> tuple[list[SeenFace], list[tuple[SeenFace, list[str]]]]:
    """Faces to index, largest first, and the others with their reasons; the poorest, then the smallest go first."""
    faces = engine.vision.find_faces(image.picture, closer=False)[:MAX_FACES]
    judged = judge(faces, call.get("QualityFilter", "AUTO"), gates=engine.gates, picture=image.picture)
    good = [face for face, reasons in judged if not reasons]
    refused = [(face, reasons) for face, reasons in judged if reasons]
    best = sorted(good, key=rank)[: call.get("MaxFaces", MAX_FACES)]
    kept = [face for face in good if any(face is chosen for chosen in best)]
    surplus = [(face, ["EXCEEDS_MAX_FACES"]) for face in good if not any(face is chosen for chosen in best)]
    return kept, refused + surplus


def _store_faces(
    engine: Engine, call: Call, collection: Collection, image: LoadedImage, faces: Sequence[SeenFace]
) -> list[StoredFace]:
    source = ImageOfFaces(engine.new_id(), image.digest, call.get("ExternalImageId"))
    new = [
        NewFace(engine.new_id(), to_box(face, image.picture), to_confidence(face), faceprint)
        for face, faceprint in zip(faces, engine.vision.describe(faces), strict=True)
    ]
    try:
        return engine.library.add_faces(collection, source, new)
    except CollectionMissingError as exc:
        raise missing_collection(collection.name) from exc


def list_faces(engine: Engine, call: Call) -> Values:
    collection = find_collection(engine, call.values["CollectionId"])
    user = find_user(engine, collection, call.values["UserId"]) if "UserId" in call.values else None
    face_ids = call.get("FaceIds")
    chosen = hashlib.sha256("".join(sorted(face_ids or [])).encode()).hexdigest()
    source = f"ListFaces {collection.id} {user.row if user else ''} {chosen}"
    size = call.get("MaxResults") or DEFAULT_PAGE
    after = read_token(call.get("NextToken"), of=source)
    found = engine.library.store.list_faces(collection, after=after, limit=size + 1, face_ids=face_ids, user=user)
    page, more = split_page(found, size)
    answer: Values = {
        "Faces": [show_stored_face(face, collection.model_version) for face in page],
        "FaceModelVersion": collection.model_version,
    }
    if more:
        answer["NextToken"] = write_token(page[-1].row, of=source)
    return answer


def delete_faces(engine: Engine, call: Call) -> Values:
    collection = find_collection(engine, call.values["CollectionId"])
    face_ids = list(dict.fromkeys(call.values["FaceIds"]))
    deletion = engine.library.delete_faces(collection, face_ids)
    return {
        "DeletedFaces": list(deletion.rows),
        "UnsuccessfulFaceDeletions": [
            _show_kept_face(face_id, deletion.owners.get(face_id))
            for face_id in face_ids
            if face_id not in deletion.rows
        ],
    }


def _show_kept_face(face_id: str, owner: str | None) -> Values:
    if owner is None:
        return {"FaceId": face_id, "Reasons": ["FACE_NOT_FOUND"]}
    return {"FaceId": face_id, "UserId": owner, "Reasons": ["ASSOCIATED_TO_AN_EXISTING_USER"]}
