"""An engine with a pack of 512 numbers, over HTTP as any SDK uses it; its models are generated."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from botocore.exceptions import ClientError

from engine_process import RunningEngine, running_engine
from fakes.model_packs import FACE, SIDE, write_pack


def photo(person: int, *, copy: int = 0) -> bytes:
    """A picture with a pattern for each person, noisy in every copy."""
    pattern = np.random.default_rng(person).integers(0, 255, (9, 9, 3), np.uint8)
    picture = cv2.resize(pattern, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    noisy = picture + np.random.default_rng(100 + copy).normal(0, 15, picture.shape)
    return cv2.imencode(".png", np.clip(noisy, 0, 255).astype(np.uint8))[1].tobytes()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("packed")


@pytest.fixture(scope="module")
def engine(folder: Path) -> Iterator[RunningEngine]:
    pack = write_pack(folder / "pack")
    with running_engine(folder / "data", "--pack", str(pack)) as running:
        yield running


@pytest.fixture(scope="module")
def people(engine: RunningEngine) -> dict[str, Any]:
    """The answers of IndexFaces for two people."""
    client = engine.client()
    client.create_collection(CollectionId="people")
    return {
        name: client.index_faces(CollectionId="people", Image={"Bytes": photo(number)}, ExternalImageId=name)
        for number, name in enumerate(["ann", "ben"])
    }


def test_face_is_indexed_where_the_packs_detector_sees_it(people: dict[str, Any]) -> None:
    [record] = people["ann"]["FaceRecords"]

    box = record["Face"]["BoundingBox"]

    assert [box["Left"], box["Top"]] == pytest.approx([FACE.left / SIDE, FACE.top / SIDE], abs=1e-4)
    assert record["Face"]["Confidence"] == pytest.approx(100 * FACE.score, abs=1e-3)
    assert people["ann"]["FaceModelVersion"].startswith("3.1.")


@pytest.mark.parametrize(("number", "name"), [(0, "ann"), (1, "ben")])
def test_another_photo_of_a_person_is_found(
    engine: RunningEngine, people: dict[str, Any], number: int, name: str
) -> None:
    answer = engine.client().search_faces_by_image(
        CollectionId="people", Image={"Bytes": photo(number, copy=1)}, FaceMatchThreshold=80
    )

    assert [match["Face"]["ExternalImageId"] for match in answer["FaceMatches"]] == [name]
    assert answer["FaceModelVersion"] == people["ann"]["FaceModelVersion"]


def test_stranger_is_not_found(engine: RunningEngine, people: dict[str, Any]) -> None:
    answer = engine.client().search_faces_by_image(CollectionId="people", Image={"Bytes": photo(7)})

    assert answer["FaceMatches"] == []


def test_similarity_is_that_of_the_packs_calibration(engine: RunningEngine, people: dict[str, Any]) -> None:
    client = engine.client()

    [same] = client.compare_faces(SourceImage={"Bytes": photo(0)}, TargetImage={"Bytes": photo(0)})["FaceMatches"]
    [found] = client.search_faces_by_image(CollectionId="people", Image={"Bytes": photo(0)})["FaceMatches"]

    # Its points are 80 at a cosine of 0.8 and 99 at 0.95, distances 0.632 and 0.316: as log odds 1.386 and 4.595, so
    # that distance 0 has 7.804, which is 99.9592 %. The default models would answer 99.9995.
    assert same["Similarity"] == pytest.approx(99.9592, abs=1e-3)
    assert found["Similarity"] == pytest.approx(99.9592, abs=1e-3)


def test_faces_are_there_after_a_restart_and_only_for_this_pack(folder: Path) -> None:
    pack, other = write_pack(folder / "kept"), write_pack(folder / "other", embedder__flip=False)
    with running_engine(folder / "restarted", "--pack", str(pack)) as engine:
        engine.client().create_collection(CollectionId="kept")
        engine.client().index_faces(CollectionId="kept", Image={"Bytes": photo(3)}, ExternalImageId="cleo")
    with running_engine(folder / "restarted", environment={"FACE_ENGINE_PACK": str(pack)}) as engine:
        again = engine.client().search_faces_by_image(CollectionId="kept", Image={"Bytes": photo(3, copy=1)})
    with running_engine(folder / "restarted", "--pack", str(other)) as engine, pytest.raises(ClientError) as refused:
        engine.client().search_faces_by_image(CollectionId="kept", Image={"Bytes": photo(3)})

    assert [match["Face"]["ExternalImageId"] for match in again["FaceMatches"]] == ["cleo"]
    assert "cannot be compared" in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "advice"),
    [
        ({"calibration": None}, "check-pack"),
        ({"embedder__licence": None, "detector__family": "mtcnn"}, "embedder.licence: is missing"),
        ({"embedder__dimension": 128}, "not faceprints"),
    ],
)
def test_start_with_a_wrong_pack_ends_with_one_line_that_says_why(
    tmp_path: Path, changes: dict[str, Any], advice: str
) -> None:
    pack = write_pack(tmp_path / "pack", **changes)

    with pytest.raises(RuntimeError) as refused, running_engine(tmp_path / "data", "--pack", str(pack)):
        pass

    assert advice in str(refused.value)
    assert str(refused.value).strip().count("\n") == 0
