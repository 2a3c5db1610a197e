"""The file: what older engines wrote is brought up to date, what newer ones wrote is left alone."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from face_engine import database
from face_engine.database import Database, StoreLockedError
from fakes.engine_parts import EngineUnderTest
from fakes.fake_vision import FakeVision, make_face, make_photo

DUMP = Path(__file__).resolve().parents[2] / "data" / "faces-before-users.sql"
ANN, BOB = 10, 20


def write_old_file(folder: Path) -> Path:
    folder.mkdir()
    path = folder / "faces.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript(DUMP.read_text())
    connection.close()
    return path


def test_file_from_before_users_keeps_its_faces_and_gets_users(tmp_path: Path) -> None:
    write_old_file(tmp_path / "data")

    engine = EngineUnderTest(tmp_path / "data", FakeVision({1: [make_face(ANN)], 2: [make_face(BOB)]}))
    faces = [match["Face"] for match in engine.search(make_photo(1))["FaceMatches"]]
    engine.call("CreateUser", CollectionId="people", UserId="ann")
    engine.call("AssociateFaces", CollectionId="people", UserId="ann", FaceIds=[faces[0]["FaceId"]])
    found = engine.call("SearchUsersByImage", CollectionId="people", Image={"Bytes": make_photo(1)})["UserMatches"]
    described = engine.call("DescribeCollection", CollectionId="people")
    tags = engine.call("ListTagsForResource", ResourceArn="aws:rekognition:eu-west-1:1:collection/people")
    engine.store.close()

    assert [face["ExternalImageId"] for face in faces] == ["ann"]
    assert [match["User"]["UserId"] for match in found] == ["ann"]
    assert (described["FaceCount"], described["UserCount"]) == (2, 1)
    assert tags == {"Tags": {"owner": "Zoë"}}


def test_step_that_fails_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_old_file(tmp_path / "data")
    broken = (*database.MIGRATIONS[:-1], database.MIGRATIONS[-1] + "INSERT INTO nowhere VALUES (1);")

    with monkeypatch.context() as patch:
        patch.setattr(database, "MIGRATIONS", broken)
        with pytest.raises(StoreLockedError, match="nowhere"):
            Database(path)
    repaired = Database(path)

    assert repaired.select("SELECT count(*) FROM faces WHERE user IS NULL") == [(2,)]
    repaired.close()


def test_file_of_a_newer_engine_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "faces.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()

    with pytest.raises(StoreLockedError, match="newer engine"):
        Database(path)


def test_file_has_one_owner_also_when_it_is_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "faces.sqlite"
    Database(path).close()
    owner = Database(path)

    with pytest.raises(StoreLockedError, match="another engine"):
        Database(path)

    owner.close()


def test_inner_transaction_is_undone_with_the_outer_one(tmp_path: Path) -> None:
    store = Database(tmp_path / "faces.sqlite")
    statement = "INSERT INTO collections (name, model_version, created_at) VALUES (?, '1', 0)"

    with pytest.raises(RuntimeError), store.transaction() as outer:
        with store.transaction() as inner:
            inner.execute(statement, ("inner",))
        outer.execute(statement, ("outer",))
        raise RuntimeError

    assert store.select("SELECT count(*) FROM collections") == [(0,)]
    store.close()
