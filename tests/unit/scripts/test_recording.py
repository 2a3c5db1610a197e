"""Recorded answers hold nothing that changes, and the walk and its recorder say what is wrong with them."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from api_contract.openapi import load_contract
from api_contract.placeholders import LONGEST_TEXT, Placeholders
from api_contract.readable_json import readable_json
from api_contract.walk import fill, load_walk, look_up
from scripts import record_examples

ONE = "2f4d8f4e-7c0e-4c1c-8f0a-0f6d1b6a9c11"
OTHER = "3f4d8f4e-7c0e-4c1c-8f0a-0f6d1b6a9c11"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.fixture
def placeholders() -> Placeholders:
    return Placeholders("http://127.0.0.1:40807")


def test_an_id_is_the_same_placeholder_wherever_it_stands(placeholders: Placeholders) -> None:
    made = placeholders.normalise({"FaceId": ONE, "deleted": [OTHER, ONE]})

    assert made["deleted"] == [made["deleted"][0], made["FaceId"]]
    assert len({*made["deleted"]}) == 2
    assert ONE not in json.dumps(made)


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("2026-11-25T08:25:32.481003+00:00", "2026-01-01T00:00:00+00:00"),
        ("http://127.0.0.1:34583/bucket/a.jpg?X-Amz-Signature=0f", "http://127.0.0.1:8001/bucket/a.jpg?…"),
        ("http://127.0.0.1:40807/v1", "http://127.0.0.1:8000/v1"),
        ("/9j/4AAQSkZJRgABAQAAAQAB" + "A" * LONGEST_TEXT, "/9j/4AAQSkZJRgABAQAAAQAB…"),
        (92.44027137756348, 92.44),
        (7, 7),
        (True, True),
    ],
)
def test_what_changes_or_is_too_long_becomes(placeholders: Placeholders, given: Any, made: Any) -> None:
    assert placeholders.normalise(given) == made


def test_landmarks_are_cut_and_say_so(placeholders: Placeholders) -> None:
    marks = [{"Type": name, "X": 0.5, "Y": 0.5} for name in ("eyeLeft", "eyeRight", "nose")]

    assert placeholders.normalise({"Landmarks": marks})["Landmarks"] == [*marks[:2], {"Type": "…"}]


@given(JSON)
def test_readable_json_is_the_same_json(value: Any) -> None:
    assert json.loads(readable_json(value, width=20)) == value


def test_readable_json_breaks_only_what_does_not_fit() -> None:
    assert readable_json({"a": [1, 2], "b": [3, 4]}, width=14) == '{\n  "a": [1, 2],\n  "b": [3, 4]\n}'


def test_look_up_finds_a_value_by_its_path_or_nothing() -> None:
    answer = {"FaceRecords": [{"Face": {"FaceId": ONE}}]}

    assert look_up(answer, "FaceRecords.0.Face.FaceId") == ONE
    assert look_up(answer, "FaceRecords.1.Face.FaceId") is None


def test_saved_values_are_filled_in_wherever_they_stand() -> None:
    assert fill({"target": {"faceId": "{{face_id}}"}, "n": 1}, {"face_id": ONE}) == {"target": {"faceId": ONE}, "n": 1}


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([{"name": "A", "operation": "noSuchOperation"}], "'A' of api/walk.yaml names no operation"),
        ([{"name": "A b", "operation": "getInfo"}, {"name": "a B", "operation": "getHealth"}], "names of their own"),
    ],
)
def test_a_walk_that_cannot_be_walked_says_why(tmp_path: Path, steps: list[dict[str, Any]], message: str) -> None:
    ways = {"file": {"title": "Files", "photos": "samples", "description": "Bytes."}}
    file = tmp_path / "walk.yaml"
    file.write_text(yaml.safe_dump({"ways": ways, "steps": [{"ways": ["file"], **step} for step in steps]}))

    with pytest.raises(ValueError, match=message):
        load_walk(load_contract(), file)


def test_recorder_says_which_settings_it_wants(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("URL", raising=False)

    with pytest.raises(SystemExit, match="2"):
        record_examples.main(["--key", "any"])

    assert "Give --url and --key as `make run` prints them" in capsys.readouterr().err


def test_recorder_of_a_service_that_is_not_there_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "examples.json"

    code = record_examples.main(["--url", "http://127.0.0.1:9/v1", "--key", "any", "--out", str(out)])

    assert code == 1
    assert capsys.readouterr().err.startswith("record_examples: nothing answers at http://127.0.0.1:9/v1")
    assert not out.exists()
