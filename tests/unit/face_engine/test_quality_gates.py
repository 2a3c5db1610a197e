"""The engine's own gates: confidence, frontality and area, for what is indexed and what is searched for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from face_engine.errors import NoFacesError
from face_engine.operations.quality_filter import QualityGates
from fakes.engine_parts import EngineUnderTest
from fakes.fake_vision import FakeVision, make_face, make_photo

ANN, BOB = 10, 20
ONE, TWO = 50, 100


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EngineUnderTest]:
    """An engine with the gates that the test names, and a collection `people`."""
    under_test = EngineUnderTest(tmp_path, FakeVision(), gates=request.param)
    under_test.call("CreateCollection", CollectionId="people")
    yield under_test
    under_test.store.close()


def gated(**gates: float) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("engine", [QualityGates(**gates)], indirect=True)


def reasons(answer: dict) -> list[list[str]]:
    return [face["Reasons"] for face in answer["UnindexedFaces"]]


@pytest.mark.parametrize(
    ("engine", "passing", "refused", "reason"),
    [
        (QualityGates(min_confidence=85), {"score": 0.86}, {"score": 0.84}, "LOW_CONFIDENCE"),
        (QualityGates(min_face_area=0.1), {"box": (9, 9, 41, 50)}, {"box": (9, 9, 39, 50)}, "SMALL_BOUNDING_BOX"),
        (QualityGates(min_frontality=0.35), {"eyes": 0.36}, {"eyes": 0.34}, "EXTREME_POSE"),
    ],
    indirect=["engine"],
)
@pytest.mark.parametrize("quality_filter", ["NONE", "AUTO"])
def test_gate_refuses_on_its_side_with_rekognitions_reason(
    engine: EngineUnderTest, passing: dict, refused: dict, reason: str, quality_filter: str
) -> None:
    engine.vision.photos = {ONE: [make_face(ANN, **passing)], TWO: [make_face(ANN, **refused)]}

    good = engine.index(make_photo(ONE), QualityFilter=quality_filter)
    bad = engine.index(make_photo(TWO), QualityFilter=quality_filter)

    assert (len(good["FaceRecords"]), reasons(good)) == (1, [])
    assert (bad["FaceRecords"], reasons(bad)) == ([], [[reason]])


@gated(min_confidence=85, min_face_area=0.1)
def test_reason_of_filter_and_gate_is_told_once(engine: EngineUnderTest) -> None:
    engine.vision.photos[ONE] = [make_face(ANN, score=0.4, box=(0, 0, 60, 60), sharpness=1)]

    answer = engine.index(make_photo(ONE))

    assert reasons(answer) == [["LOW_CONFIDENCE", "LOW_SHARPNESS"]]


@gated(min_confidence=85)
def test_search_takes_the_largest_face_that_passes(engine: EngineUnderTest) -> None:
    engine.vision.photos = {
        ONE: [make_face(ANN)],
        TWO: [make_face(BOB, box=(0, 0, 90, 90), score=0.8), make_face(ANN, box=(120, 0, 50, 50))],
    }
    engine.index(make_photo(ONE))

    found = engine.search(make_photo(TWO))

    assert found["SearchedFaceBoundingBox"]["Left"] == 0.6
    assert len(found["FaceMatches"]) == 1


@gated(min_frontality=0.5)
def test_search_with_no_face_that_passes_finds_no_face(engine: EngineUnderTest) -> None:
    engine.vision.photos[ONE] = [make_face(ANN)]

    with pytest.raises(NoFacesError):
        engine.search(make_photo(ONE))


@gated(min_confidence=85)
def test_search_for_users_tells_the_face_that_a_gate_refused(engine: EngineUnderTest) -> None:
    engine.vision.photos[TWO] = [make_face(BOB, box=(0, 0, 90, 90), score=0.8), make_face(ANN, box=(120, 0, 50, 50))]

    answer = engine.call("SearchUsersByImage", CollectionId="people", Image={"Bytes": make_photo(TWO)})

    assert answer["SearchedFace"]["FaceDetail"]["BoundingBox"]["Left"] == 0.6
    assert [face["Reasons"] for face in answer["UnsearchedFaces"]] == [["LOW_CONFIDENCE"]]


@gated(min_confidence=100, min_frontality=1, min_face_area=1)
def test_detection_and_comparison_pass_no_gate(engine: EngineUnderTest) -> None:
    photo = {"Bytes": make_photo(ONE)}
    engine.vision.photos[ONE] = [make_face(ANN)]

    assert engine.call("DetectFaces", Image=photo)["FaceDetails"]
    assert engine.call("CompareFaces", SourceImage=photo, TargetImage=photo)["FaceMatches"]


@gated()
def test_gates_are_open_by_default(engine: EngineUnderTest) -> None:
    engine.vision.photos[ONE] = [make_face(ANN, score=0.01, box=(0, 0, 1, 1), eyes=0)]

    assert len(engine.index(make_photo(ONE), QualityFilter="NONE")["FaceRecords"]) == 1
