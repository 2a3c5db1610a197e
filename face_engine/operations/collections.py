"""CreateCollection, DescribeCollection, ListCollections, DeleteCollection and the tags of collections."""

from __future__ import annotations

import re

from face_engine.errors import InvalidParameterError, ResourceAlreadyExistsError, ServiceQuotaExceededError
from face_engine.face_store import CollectionExistsError, CollectionMissingError
from face_engine.operations.context import Call, Engine, find_collection, missing_collection
from face_engine.operations.pages import DEFAULT_PAGE, read_token, split_page, write_token
from face_engine.protocol import Values
from face_engine.records import Collection

OK = 200
MAX_TAGS = 200
LIST_OF_COLLECTIONS = "ListCollections"
ARN = re.compile(r"(?:arn:)?aws[a-z-]*:rekognition:[a-z0-9-]*:\d*:collection/(?P<name>[a-zA-Z0-9_.\-]{1,255})")


class TooManyTagsError(ServiceQuotaExceededError):
    default_message = f"A collection may have {MAX_TAGS} tags."


def create_collection(engine: Engine, call: Call) -> Values:
    name = call.values["CollectionId"]
    try:
        collection = engine.library.store.create_collection(
            name, model_version=engine.vision.version, created_at=engine.now(), tags=call.get("Tags", {})
        )
    except CollectionExistsError as exc:
        raise ResourceAlreadyExistsError(f"The collection id: {name} already exists.") from exc
    arn = _arn(engine, call, name)
    return {
        "StatusCode": OK,
        "CollectionArn": arn.removeprefix("arn:"),  # Rekognition leaves the prefix out here, and only here
        "FaceModelVersion": collection.model_version,
    }


def describe_collection(engine: Engine, call: Call) -> Values:
    collection = find_collection(engine, call.values["CollectionId"])
    return {
        "FaceCount": engine.library.store.count_faces(collection),
        "FaceModelVersion": collection.model_version,
        "CollectionARN": _arn(engine, call, collection.name),
        "CreationTimestamp": round(collection.created_at, 3),
        "UserCount": engine.library.store.users.count_users(collection),
    }


def list_collections(engine: Engine, call: Call) -> Values:
    size = call.get("MaxResults") or DEFAULT_PAGE
    after = read_token(call.get("NextToken"), of=LIST_OF_COLLECTIONS)
    page, more = split_page(engine.library.store.list_collections(after=after, limit=size + 1), size)
    answer: Values = {
        "CollectionIds": [collection.name for collection in page],
        "FaceModelVersions": [collection.model_version for collection in page],
    }
    if more:
        answer["NextToken"] = write_token(page[-1].id, of=LIST_OF_COLLECTIONS)
    return answer


def delete_collection(engine: Engine, call: Call) -> Values:
    name = call.values["CollectionId"]
    try:
        engine.library.delete_collection(name)
    except CollectionMissingError as exc:
        raise missing_collection(name) from exc
    return {"StatusCode": OK}


def tag_resource(engine: Engine, call: Call) -> Values:
    collection = _find_by_arn(engine, call)
    tags = call.values["Tags"]
    if len(engine.library.store.get_tags(collection).keys() | tags.keys()) > MAX_TAGS:
        raise TooManyTagsError
    engine.library.store.add_tags(collection, tags)
    return {}


def untag_resource(engine: Engine, call: Call) -> Values:
    engine.library.store.remove_tags(_find_by_arn(engine, call), call.values["TagKeys"])
    return {}


def list_tags_for_resource(engine: Engine, call: Call) -> Values:
    return {"Tags": engine.library.store.get_tags(_find_by_arn(engine, call))}


def _arn(engine: Engine, call: Call, name: str) -> str:
    return f"arn:aws:rekognition:{call.region}:{engine.account_id}:collection/{name}"


def _find_by_arn(engine: Engine, call: Call) -> Collection:
    found = ARN.fullmatch(call.values["ResourceArn"])
    if found is None:
        raise InvalidParameterError("Request has invalid parameters. ResourceArn is not the ARN of a collection.")
    return find_collection(engine, found["name"])
