"""The whole collection API against a model of a few dictionaries, in any order of calls, restarts included."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from face_engine.errors import (
    ConflictError,
    IdempotentParameterMismatchError,
    ResourceAlreadyExistsError,
    ResourceNotFoundError,
    ServiceError,
)
from fakes.collection_model import ModelCollection, ModelFace
from fakes.engine_parts import EngineUnderTest
from fakes.fake_vision import FakeVision, faceprint, make_face, make_photo

PEOPLE = (10, 12, 14, 17, 19, 20, 30)
"""On the photos of these shades; the tens are more or less alike. Photo 100 shows two of them, photo 0 nobody."""

MEMORY = Path("/dev/shm")
"""Thousands of transactions are flushed here, which takes a disk many seconds."""

PAIR = 100
NOBODY = 0
UNKNOWN_ID = "ffffffff-0000-4000-8000-000000000000"

collections = st.sampled_from(["one", "two"])
user_ids = st.sampled_from(["ann", "bob"])
photos = st.sampled_from([*PEOPLE, PAIR, NOBODY])
external_ids = st.sampled_from([None, "a", "b"])
tokens = st.sampled_from([None, None, "t1", "t2"])
places = st.lists(st.integers(0, 7), min_size=1, max_size=4)


class Collections(RuleBasedStateMachine):
    """Calls the engine, and tells the model the same."""

    def __init__(self) -> None:
        super().__init__()
        faces = {person: [make_face(person)] for person in PEOPLE}
        faces[PAIR] = [make_face(20, box=(0, 0, 30, 30)), make_face(10, box=(100, 0, 60, 60))]
        self.vision = FakeVision(faces)
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        self.engine = EngineUnderTest(self.folder, self.vision)
        self.starts = 0
        self.model: dict[str, ModelCollection] = {}
        self.answered: dict[tuple[str, str], tuple[dict[str, Any], dict[str, Any]]] = {}

    def teardown(self) -> None:
        self.engine.store.close()
        shutil.rmtree(self.folder)

    def refused(self, error: type[ServiceError], operation: str, **values: Any) -> None:
        with pytest.raises(error):
            self.engine.call(operation, **values)

    def pick(self, collection: str, chosen: list[int]) -> list[str]:
        """FaceIds that are there, and one that is not."""
        known = [*self.model[collection].faces, UNKNOWN_ID]
        return list(dict.fromkeys(known[place % len(known)] for place in chosen))

    def change(self, operation: str, token: str | None, values: dict[str, Any]) -> dict[str, Any] | None:
        """The answer when the call must be carried out; None when its token makes it a repetition, which is checked."""
        if token is None:
            return self.engine.call(operation, **values)
        known = self.answered.get((operation, token))
        if known is None:
            answer = self.engine.call(operation, **values, ClientRequestToken=token)
            self.answered[operation, token] = values, answer
            return answer
        if known[0] == values:
            assert self.engine.call(operation, **values, ClientRequestToken=token) == known[1]
        else:
            self.refused(IdempotentParameterMismatchError, operation, **values, ClientRequestToken=token)
        return None

    def is_new(self, operation: str, token: str | None) -> bool:
        return (operation, token) not in self.answered

    @initialize()
    def start_with_two_people(self) -> None:
        """So that most of the steps that follow have something to work on."""
        self.create_collection("one")
        for person in PEOPLE[:6]:
            self.index("one", person, None)
        for user, faces in (("ann", [0, 1]), ("bob", [5])):
            self.create("one", user, None)
            self.associate("one", user, faces, None, None)

    @rule(name=collections)
    def create_collection(self, name: str) -> None:
        if name in self.model:
            self.refused(ResourceAlreadyExistsError, "CreateCollection", CollectionId=name)
            return
        self.engine.call("CreateCollection", CollectionId=name)
        self.model[name] = ModelCollection()

    @rule(name=collections)
    def delete_collection(self, name: str) -> None:
        if name not in self.model:
            self.refused(ResourceNotFoundError, "DeleteCollection", CollectionId=name)
            return
        self.engine.call("DeleteCollection", CollectionId=name)
        del self.model[name]
        self.answered = {key: call for key, call in self.answered.items() if call[0]["CollectionId"] != name}

    @precondition(lambda self: self.model)
    @rule(data=st.data(), photo=photos, external_id=external_ids)
    def index_faces(self, data: st.DataObject, photo: int, external_id: str | None) -> None:
        self.index(data.draw(st.sampled_from(sorted(self.model))), photo, external_id)

    def index(self, name: str, photo: int, external_id: str | None) -> None:
        collection = self.model[name]
        extra = {} if external_id is None else {"ExternalImageId": external_id}

        records = self.engine.index(make_photo(photo), name, **extra)["FaceRecords"]

        people = {NOBODY: [], PAIR: [10, 20]}.get(photo, [photo])
        assert len(records) == len(people)
        known = {
            face.person: face_id for face_id, face in collection.faces.items() if face.source == (photo, external_id)
        }
        for record, person in zip(records, people, strict=True):
            face_id = record["Face"]["FaceId"]
            assert face_id == known.get(person, face_id)
            collection.faces.setdefault(face_id, ModelFace(person, (photo, external_id)))

    @precondition(lambda self: self.model)
    @rule(data=st.data(), chosen=places)
    def delete_faces(self, data: st.DataObject, chosen: list[int]) -> None:
        name = data.draw(st.sampled_from(sorted(self.model)))
        faces, face_ids = self.model[name].faces, self.pick(name, chosen)

        answer = self.engine.call("DeleteFaces", CollectionId=name, FaceIds=face_ids)

        free = [face_id for face_id in face_ids if face_id in faces and faces[face_id].user is None]
        assert answer["DeletedFaces"] == free
        assert {face["FaceId"]: face.get("UserId") for face in answer["UnsuccessfulFaceDeletions"]} == {
            face_id: faces[face_id].user if face_id in faces else None for face_id in face_ids if face_id not in free
        }
        for face_id in free:
            del faces[face_id]

    @precondition(lambda self: self.model)
    @rule(data=st.data(), user=user_ids, token=tokens)
    def create_user(self, data: st.DataObject, user: str, token: str | None) -> None:
        self.create(data.draw(st.sampled_from(sorted(self.model))), user, token)

    def create(self, name: str, user: str, token: str | None) -> None:
        values = {"CollectionId": name, "UserId": user}
        if user in self.model[name].users and self.is_new("CreateUser", token):
            self.refused(ConflictError, "CreateUser", **values)
        elif self.change("CreateUser", token, values) is not None:
            self.model[name].users.append(user)

    @precondition(lambda self: self.model)
    @rule(data=st.data(), user=user_ids, token=tokens)
    def delete_user(self, data: st.DataObject, user: str, token: str | None) -> None:
        name = data.draw(st.sampled_from(sorted(self.model)))
        values = {"CollectionId": name, "UserId": user}
        if user not in self.model[name].users and self.is_new("DeleteUser", token):
            self.refused(ResourceNotFoundError, "DeleteUser", **values)
        elif self.change("DeleteUser", token, values) is not None:
            self.model[name].users.remove(user)
            for face_id in self.model[name].members(user):
                self.model[name].faces[face_id].user = None

    @precondition(lambda self: any(collection.users for collection in self.model.values()))
    @rule(data=st.data(), chosen=places, token=tokens, threshold=st.sampled_from([None, 0, 99]))
    def associate_faces(
        self, data: st.DataObject, chosen: list[int], token: str | None, threshold: float | None
    ) -> None:
        self.associate(*data.draw(st.sampled_from(self.all_users())), chosen, token, threshold)

    def associate(self, name: str, user: str, chosen: list[int], token: str | None, threshold: float | None) -> None:
        collection, face_ids = self.model[name], self.pick(name, chosen)
        values = {"CollectionId": name, "UserId": user, "FaceIds": face_ids}
        values |= {} if threshold is None else {"UserMatchThreshold": threshold}

        answer = self.change("AssociateFaces", token, values)

        if answer is not None:
            reasons = {
                face_id: collection.why_not(user, face_id, 75 if threshold is None else threshold)
                for face_id in face_ids
            }
            taken = [face_id for face_id, reason in reasons.items() if reason == ""]
            assert [face["FaceId"] for face in answer["AssociatedFaces"]] == taken
            assert [(face["FaceId"], *face["Reasons"]) for face in answer["UnsuccessfulFaceAssociations"]] == [
                (face_id, reason) for face_id, reason in reasons.items() if reason
            ]
            for face_id in taken:
                collection.faces[face_id].user = user

    @precondition(lambda self: any(collection.users for collection in self.model.values()))
    @rule(data=st.data(), chosen=places, token=tokens)
    def disassociate_faces(self, data: st.DataObject, chosen: list[int], token: str | None) -> None:
        name, user = data.draw(st.sampled_from(self.all_users()))
        faces, face_ids = self.model[name].faces, self.pick(name, chosen)

        values = {"CollectionId": name, "UserId": user, "FaceIds": face_ids}
        answer = self.change("DisassociateFaces", token, values)

        if answer is not None:
            own = [face_id for face_id in face_ids if face_id in faces and faces[face_id].user == user]
            assert [face["FaceId"] for face in answer["DisassociatedFaces"]] == own
            failed = [face["FaceId"] for face in answer["UnsuccessfulFaceDisassociations"]]
            assert failed == [
                face_id for face_id in face_ids if face_id not in faces or faces[face_id].user not in (user, None)
            ]
            for face_id in own:
                faces[face_id].user = None

    def all_users(self) -> list[tuple[str, str]]:
        return [(name, user) for name, collection in sorted(self.model.items()) for user in collection.users]

    @precondition(lambda self: self.model)
    @rule(data=st.data(), person=st.sampled_from(PEOPLE), threshold=st.sampled_from([None, 0, 95]))
    def search_by_image(self, data: st.DataObject, person: int, threshold: float | None) -> None:
        name = data.draw(st.sampled_from(sorted(self.model)))
        collection, bar = self.model[name], 80 if threshold is None else threshold
        image = {"CollectionId": name, "Image": {"Bytes": make_photo(person)}}
        faces = self.engine.call("SearchFacesByImage", **image, **limit("FaceMatchThreshold", threshold))
        users = self.engine.call("SearchUsersByImage", **image, **limit("UserMatchThreshold", threshold))

        assert {
            match["Face"]["FaceId"]: match["Similarity"] for match in faces["FaceMatches"]
        } == collection.faces_like(faceprint(person), bar)
        assert {
            match["User"]["UserId"]: match["Similarity"] for match in users["UserMatches"]
        } == collection.users_like(faceprint(person), bar)
        for answer in (faces["FaceMatches"], users["UserMatches"]):
            similarities = [match["Similarity"] for match in answer]
            assert similarities == sorted(similarities, reverse=True)

    @precondition(lambda self: self.all_users())
    @rule(data=st.data())
    def search_by_user(self, data: st.DataObject) -> None:
        name, user = data.draw(st.sampled_from(self.all_users()))
        collection = self.model[name]

        answer = self.engine.call("SearchUsers", CollectionId=name, UserId=user)

        own = collection.vector(user)
        like = {} if own is None else collection.users_like(own, 80)
        like.pop(user, None)
        assert {match["User"]["UserId"]: match["Similarity"] for match in answer["UserMatches"]} == like

    @rule()
    def restart(self) -> None:
        self.engine.store.close()
        self.starts += 1
        self.engine = EngineUnderTest(self.folder, self.vision, first_number=1000 * self.starts)

    @invariant()
    def users_are_found_by_their_faces_as_they_are_now(self) -> None:
        for name, collection in self.model.items():
            image = {"CollectionId": name, "Image": {"Bytes": make_photo(PEOPLE[0])}}
            found = self.engine.call("SearchUsersByImage", **image, UserMatchThreshold=0)["UserMatches"]
            assert {match["User"]["UserId"]: match["Similarity"] for match in found} == collection.users_like(
                faceprint(PEOPLE[0]), 0
            )

    @invariant()
    def lists_and_counts_agree(self) -> None:
        assert set(self.engine.call("ListCollections")["CollectionIds"]) == set(self.model)
        for name, collection in self.model.items():
            described = self.engine.call("DescribeCollection", CollectionId=name)
            assert (described["FaceCount"], described["UserCount"]) == (len(collection.faces), len(collection.users))
            listed = self.engine.call("ListFaces", CollectionId=name)["Faces"]
            assert [(face["FaceId"], face.get("UserId")) for face in listed] == [
                (face_id, face.user) for face_id, face in collection.faces.items()
            ]
            users = self.engine.call("ListUsers", CollectionId=name)["Users"]
            assert [(user["UserId"], user["UserStatus"]) for user in users] == [
                (user, "ACTIVE" if collection.members(user) else "CREATED") for user in collection.users
            ]
            for user in collection.users:
                own = self.engine.call("ListFaces", CollectionId=name, UserId=user)["Faces"]
                assert [face["FaceId"] for face in own] == collection.members(user)


def limit(name: str, threshold: float | None) -> dict[str, float]:
    return {} if threshold is None else {name: threshold}


TestCollections = Collections.TestCase
TestCollections.settings = settings(
    max_examples=40, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
