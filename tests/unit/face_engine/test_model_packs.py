"""Descriptions of model packs: what they say, all that can be wrong with them, and the version that stands for them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from face_engine.model_packs.description import default_description, read_pack
from face_engine.model_packs.errors import PackError
from face_engine.similarity import DEFAULT_CURVE
from face_engine.vision.alignment import ARCFACE_TEMPLATE
from face_engine.vision.model_files import DETECTOR_FILE, EMBEDDER_FILES, MODEL_VERSIONS, RECIPE, ModelsMissingError
from face_engine.vision.specs import CENTERFACE, DLIB, FAMILIES
from fakes.model_packs import write_pack
from fakes.onnx_models import write_detector, write_embedder


def version_of(folder: Path) -> str:
    return read_pack(folder, precision="int8").face_model_version


def mistakes_of(folder: Path, **changes: Any) -> list[str]:
    with pytest.raises(PackError) as refused:
        read_pack(write_pack(folder, **changes), precision="int8").open_vision()
    return refused.value.mistakes


def test_description_becomes_settings_of_the_models(tmp_path: Path) -> None:
    pack = read_pack(write_pack(tmp_path, embedder__flip=False, detector__mean=[104, 117, 123]), precision="int8")

    assert (pack.detector_spec.family, pack.detector_spec.fill, pack.detector_spec.side) == ("yunet", "square", 320)
    assert (pack.detector_spec.pixels.colours, pack.detector_spec.pixels.mean) == ("BGR", (104, 117, 123))
    assert (pack.embedder_spec.template, pack.embedder_spec.dimension) == (ARCFACE_TEMPLATE, 512)
    assert pack.embedder_spec.flip is False
    assert pack.embedder_spec.pixels.scale == pytest.approx(1 / 127.5)
    assert pack.embedder.licence == "MIT"


def test_calibration_says_what_two_points_are_worth(tmp_path: Path) -> None:
    curve = read_pack(write_pack(tmp_path), precision="int8").require_curve()

    assert curve.measure(np.array([0.8, 0.95, 1.0])).tolist()[:2] == pytest.approx([80, 99], abs=1e-4)
    assert curve.measure(np.array([1.0]))[0] > 99.9


def test_template_can_be_five_points_of_ones_own(tmp_path: Path) -> None:
    points = [[30, 40], [66, 40], [48, 60], [33, 80], [63, 80]]

    pack = read_pack(write_pack(tmp_path, embedder__template=points, embedder__side=96), precision="int8")

    assert pack.embedder_spec.template.points[2] == (48, 60)
    assert pack.embedder_spec.template.side == 96


@pytest.mark.parametrize(
    ("changes", "mistake"),
    [
        ({"name": None}, "name: is missing"),
        ({"version": 1.0}, "version: must be text, not 1.0"),
        ({"version": "1.0-beta"}, "version: must be one to three numbers"),
        ({"detector": None}, "detector: is missing"),
        ({"detector": "scrfd"}, "detector: must hold settings"),
        ({"detector__file": "../m.onnx"}, "detector.file: must be the name of a file in the pack"),
        ({"detector__file": "other.onnx"}, "detector.file: there is no other.onnx in the pack"),
        ({"detector__family": "mtcnn"}, "detector.family: must be one of centerface, scrfd, retinaface, yunet"),
        ({"detector__colours": "GBR"}, "detector.colours: must be one of RGB, BGR"),
        ({"detector__mean": [1, 2]}, "detector.mean: must be a number or three"),
        ({"detector__score_threshold": 2}, "detector.score_threshold: must be a number above 0 and up to 1"),
        ({"detector__side": 300}, "detector.side: must be a multiple of 32"),
        ({"detector__licence": None}, "detector.licence: is missing"),
        ({"detector__licence": ""}, "detector.licence: must be text"),
        ({"detector__colors": "RGB"}, "detector.colors: is not a setting"),
        ({"embedder__source": None}, "embedder.source: is missing"),
        ({"embedder__scale": "1/0"}, "embedder.scale: must be a number"),
        ({"embedder__side": None}, "embedder.side: is missing"),
        ({"embedder__dimension": True}, "embedder.dimension: must be a whole number"),
        ({"embedder__flip": "yes"}, "embedder.flip: must be true or false"),
        ({"embedder__template": "sphereface"}, "embedder.template: must be dlib or arcface, or five points"),
        ({"embedder__file": {"fp32": "embedder.onnx"}}, "embedder.file: has no int8 variant, only fp32"),
        ({"calibration__80": None}, "calibration.80: is missing"),
        ({"calibration__99": 0.7}, "calibration.99: must be nearer than 80"),
        ({"calibration__metric": "manhattan"}, "calibration.metric: must be one of euclidean, cosine"),
        ({"embedder__dimension": 128}, "embedder.onnx: the embedder answers ['n', 512], not faceprints [n, 128]"),
        ({"embedder__side": 128}, "embedder.onnx: the embedder takes ['n', 3, 112, 112], not chips [n, 3, 128, 128]"),
        ({"detector__family": "scrfd"}, "detector.onnx: scrfd has 3 outputs of [n, 1]"),
        ({"detector__fill": "multiple"}, "detector.onnx: the detector takes pictures of one size alone"),
    ],
)
def test_each_mistake_is_named(tmp_path: Path, changes: dict[str, Any], mistake: str) -> None:
    [told] = mistakes_of(tmp_path, **changes)

    assert told.startswith(mistake)


def test_all_mistakes_are_told_together(tmp_path: Path) -> None:
    told = mistakes_of(tmp_path, name=None, detector__family="mtcnn", embedder__licence=None, calibration__80=7)

    assert [text.partition(":")[0] for text in told][:3] == ["name", "detector.family", "embedder.licence"]
    assert told[3].startswith("calibration.80")


def test_both_models_are_told_of_together(tmp_path: Path) -> None:
    told = mistakes_of(tmp_path, detector__family="retinaface", embedder__dimension=64)

    assert [text.partition(":")[0] for text in told] == ["detector.onnx", "embedder.onnx"]


def test_file_that_is_no_model_is_told(tmp_path: Path) -> None:
    pack = read_pack(write_pack(tmp_path), precision="int8")
    pack.embedder.path.write_bytes(b"no model")

    with pytest.raises(PackError, match=r"embedder\.onnx: "):
        pack.open_vision()


@pytest.mark.parametrize("text", ["", "- 1", "name: [", "\t"])
def test_unreadable_description_is_told(tmp_path: Path, text: str) -> None:
    (write_pack(tmp_path) / "pack.yaml").write_text(text)

    with pytest.raises(PackError, match=r"pack\.yaml"):
        read_pack(tmp_path, precision="int8")


def test_pack_without_calibration_says_how_to_measure_one(tmp_path: Path) -> None:
    pack = read_pack(write_pack(tmp_path, calibration=None), precision="int8")

    with pytest.raises(PackError, match="check-pack"):
        pack.require_curve()


def test_version_fits_rekognitions_pattern_and_is_nobody_elses(tmp_path: Path) -> None:
    version = version_of(write_pack(tmp_path))

    assert re.fullmatch(r"3\.1\.\d{10}", version)
    assert version not in MODEL_VERSIONS.values()


@pytest.mark.parametrize(
    "changes",
    [
        {"detector__colours": "RGB"},
        {"detector__side": 640},
        {"embedder__mean": 0},
        {"embedder__scale": 1},
        {"embedder__flip": False},
        {"embedder__template": "dlib"},
        {"embedder__colours": "BGR"},
    ],
)
def test_what_moves_faceprints_moves_the_version(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert version_of(write_pack(tmp_path / "one", **changes)) != version_of(write_pack(tmp_path / "other"))


@pytest.mark.parametrize("name", ["detector.onnx", "embedder.onnx"])
def test_other_weights_move_the_version(tmp_path: Path, name: str) -> None:
    before = version_of(write_pack(tmp_path))
    if name == "embedder.onnx":
        write_embedder(tmp_path / name, seed=6)
    else:
        write_detector(tmp_path / name, "yunet", [], size=(320, 320), fixed=True)

    assert version_of(tmp_path) != before


@pytest.mark.parametrize(
    "changes",
    [{"name": "x"}, {"detector__score_threshold": 0.7}, {"calibration__80": 0.6}, {"embedder__licence": "BSD"}],
)
def test_what_leaves_faceprints_alone_leaves_the_version(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert version_of(write_pack(tmp_path / "one", **changes)) == version_of(write_pack(tmp_path / "other"))


def set_up_folder(folder: Path, description: str | None) -> Path:
    """A folder as set-up leaves it, with files that are no models."""
    files = [DETECTOR_FILE, *EMBEDDER_FILES.values()]
    for name in files:
        (folder / name).write_bytes(b"weights")
    (folder / "manifest.json").write_text(json.dumps({"recipe": RECIPE, "files": dict.fromkeys(files, "")}))
    if description is not None:
        (folder / "pack.yaml").write_text(description)
    return folder


@pytest.mark.parametrize("precision", ["int8", "fp32"])
@pytest.mark.parametrize("is_described", [True, False])
def test_models_of_set_up_are_the_pack_that_they_always_were(
    tmp_path: Path, precision: Any, is_described: bool
) -> None:
    set_up_folder(tmp_path, default_description() if is_described else None)

    pack = read_pack(tmp_path, precision=precision)

    assert pack.face_model_version == MODEL_VERSIONS[precision]
    assert pack.embedder.path == tmp_path / EMBEDDER_FILES[precision]
    assert (pack.detector_spec, pack.embedder_spec, pack.curve) == (CENTERFACE, DLIB, DEFAULT_CURVE)


def test_models_of_set_up_used_otherwise_have_another_version(tmp_path: Path) -> None:
    set_up_folder(tmp_path, default_description().replace("flip: true", "flip: false"))

    assert re.fullmatch(r"1\.0\.\d{10}", version_of(tmp_path))


def test_folder_without_a_pack_names_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(ModelsMissingError, match="python -m face_engine setup"):
        read_pack(tmp_path, precision="int8")


def examples() -> list[str]:
    """Every complete `pack.yaml` in the documentation."""
    text = (Path(__file__).resolve().parents[3] / "face_engine" / "PACKS.md").read_text()
    return re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize("example", examples(), ids=lambda text: text.splitlines()[0])
def test_example_in_the_documentation_is_a_whole_pack(tmp_path: Path, example: str) -> None:
    (tmp_path / "pack.yaml").write_text(example)
    for name in re.findall(r"file: (\S+)", example):
        (tmp_path / name).write_bytes(b"weights")

    pack = read_pack(tmp_path, precision="int8")

    assert pack.require_curve().measure(np.array([1.0]))[0] > 99.9


def test_documentation_has_an_example_of_every_family() -> None:
    families = set(re.findall(r"family: (\w+)", "".join(examples()) + default_description()))

    assert families == set(FAMILIES)
