"""The store: all or nothing, one owner, nothing left of what was deleted."""

from __future__ import annotations

import stat
from pathlib import Path

import numpy as np
import pytest

from face_engine.face_store import CollectionMissingError, FaceStore
from face_engine.records import Box, ImageOfFaces, NewFace
from face_engine.user_library import UserChange, UserLibrary

IMAGE = ImageOfFaces("image", b"digest", None)


def new_face(number: int) -> NewFace:
    return NewFace(f"face-{number}", Box(number / 10, 0, 0.1, 0.1), 90.0, np.full(128, number, np.float32))


def open_with_collection(folder: Path) -> FaceStore:
    store = FaceStore(folder)
    store.create_collection("people", model_version="1", created_at=0, tags={})
    return store


def test_faces_of_a_deleted_collection_are_refused(tmp_path: Path) -> None:
    store = open_with_collection(tmp_path)
    collection = store.delete_collection("people")

    with pytest.raises(CollectionMissingError):
        store.add_faces(collection, IMAGE, [new_face(1)])

    store.close()


def test_a_failure_among_several_faces_stores_none(tmp_path: Path) -> None:
    store = open_with_collection(tmp_path)
    collection = store.get_collection("people")
    broken = NewFace("face-2", Box(0.9, 0, 1, 1), 90.0, None)  # type: ignore[arg-type]  # fails while it is written

    with pytest.raises(AttributeError):
        store.add_faces(collection, IMAGE, [new_face(1), broken])

    assert store.count_faces(collection) == 0
    store.close()


def test_numbers_are_kept_to_the_last_bit(tmp_path: Path) -> None:
    store = open_with_collection(tmp_path)
    collection = store.get_collection("people")
    vector = np.random.default_rng(1).normal(size=128).astype(np.float32)
    face = NewFace("face", Box(1 / 3, -0.1, 0.7, 2 / 7), 100 / 3, vector)

    [stored] = store.add_faces(collection, IMAGE, [face])

    assert store.list_faces(collection, after=0, limit=1) == [stored]
    assert (stored.box, stored.confidence) == (face.box, face.confidence)
    np.testing.assert_array_equal(store.get_faceprint(collection, "face"), vector)
    store.close()


def test_deleted_faceprint_leaves_no_trace_on_disk(tmp_path: Path) -> None:
    store = open_with_collection(tmp_path)
    collection = store.get_collection("people")
    secret = np.random.default_rng(2).normal(size=128).astype(np.float32)
    store.add_faces(collection, IMAGE, [NewFace("face", Box(0, 0, 1, 1), 90.0, secret)])
    assert secret.tobytes() in everything_on_disk(tmp_path)

    store.delete_faces(collection, ["face"])

    assert secret.tobytes() not in everything_on_disk(tmp_path)
    store.close()


def test_replaced_and_deleted_user_vectors_leave_no_trace_on_disk(tmp_path: Path) -> None:
    store = open_with_collection(tmp_path)
    collection = store.get_collection("people")
    faces = [
        NewFace(f"face-{number}", Box(number / 10, 0, 1, 1), 90.0, vector / np.linalg.norm(vector))
        for number, vector in enumerate(np.random.default_rng(3).normal(size=(3, 128)).astype(np.float32))
    ]
    rows = [face.row for face in store.add_faces(collection, IMAGE, faces)]
    library = UserLibrary(store.users)
    user = store.users.create_user(collection, "ann")

    secrets = []
    for work in (
        lambda: store.users.take_faces(user, rows[:2]),
        lambda: store.users.take_faces(user, rows[2:]),
        lambda: store.users.delete_user(user),
    ):
        library.change(collection, None, lambda work=work: UserChange(user.row, {"done": bool(work())}))
        assert [secret for secret in secrets if secret in everything_on_disk(tmp_path)] == []
        vector = store.users.get_vector(user.row)
        secrets += [] if vector is None else [vector.tobytes()]

    assert len(secrets) == 2
    store.close()


def test_files_are_for_the_owner_alone(tmp_path: Path) -> None:
    store = open_with_collection(tmp_path / "data")

    modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "data").iterdir()]

    assert set(modes) == {0o600}
    store.close()


def everything_on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())
