"""Rekognition's operations by name; each takes the engine and a checked call, and answers the members of its output."""

from __future__ import annotations

from face_engine.operations.collections import (
    create_collection,
    delete_collection,
    describe_collection,
    list_collections,
    list_tags_for_resource,
    tag_resource,
    untag_resource,
)
from face_engine.operations.context import Operation
from face_engine.operations.faces import delete_faces, index_faces, list_faces
from face_engine.operations.pictures import compare_faces, detect_faces
from face_engine.operations.search import search_faces, search_faces_by_image
from face_engine.operations.search_users import search_users, search_users_by_image
from face_engine.operations.users import (
    associate_faces,
    create_user,
    delete_user,
    disassociate_faces,
    list_users,
)

OPERATIONS: dict[str, Operation] = {
    "CreateCollection": create_collection,
    "DescribeCollection": describe_collection,
    "ListCollections": list_collections,
    "DeleteCollection": delete_collection,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "ListTagsForResource": list_tags_for_resource,
    "IndexFaces": index_faces,
    "ListFaces": list_faces,
    "DeleteFaces": delete_faces,
    "SearchFaces": search_faces,
    "SearchFacesByImage": search_faces_by_image,
    "CreateUser": create_user,
    "DeleteUser": delete_user,
    "ListUsers": list_users,
    "AssociateFaces": associate_faces,
    "DisassociateFaces": disassociate_faces,
    "SearchUsers": search_users,
    "SearchUsersByImage": search_users_by_image,
    "DetectFaces": detect_faces,
    "CompareFaces": compare_faces,
}

PICTURE_OPERATIONS = frozenset(
    {"IndexFaces", "SearchFacesByImage", "SearchUsersByImage", "DetectFaces", "CompareFaces"}
)
"""Those that decode pictures and run models: only as many at a time as there are workers."""
