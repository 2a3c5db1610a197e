"""What `check-pack` says of a pack: on generated models and pictures, and its arithmetic on chosen distances."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

from face_engine.model_packs.description import read_pack
from face_engine.model_packs.errors import PackError
from face_engine.pack_check.accuracy import Pairs, area_under_curve, calibrate, make_pairs, true_accept_rate
from face_engine.pack_check.command import NOT_JUDGED, USABLE, WRONG, check_pack
from fakes.model_packs import write_pack

REPOSITORY = Path(__file__).resolve().parents[3]


def pairs(genuine: list[float], impostor: list[float]) -> Pairs:
    return Pairs(np.sort(genuine), np.sort(impostor))


def write_photos(folder: Path, *, people: int = 4, each: int = 3) -> Path:
    """Every person is a pattern of their own, every photo of them a noisy copy."""
    for person in range(people):
        random = np.random.default_rng(person)
        pattern = cv2.resize(random.integers(0, 255, (9, 9, 3), np.uint8), (320, 320), interpolation=cv2.INTER_CUBIC)
        (folder / f"Person {person}").mkdir(parents=True)
        for number in range(each):
            noisy = pattern + random.normal(0, 20, pattern.shape)
            cv2.imwrite(str(folder / f"Person {person}" / f"{number}.png"), np.clip(noisy, 0, 255))
    return folder


def check(folder: Path, photos: Path | None) -> tuple[int, str]:
    lines: list[str] = []
    code = check_pack(folder, photos, precision="int8", say=lines.append)
    return code, "\n".join(lines)


def test_report_has_faces_speed_accuracy_and_a_calibration_to_paste(tmp_path: Path) -> None:
    code, report = check(write_pack(tmp_path / "pack"), write_photos(tmp_path / "photos"))

    assert code == USABLE
    assert "Person 2/1.png: 1\n" in report
    assert "12 photos, 0 without a face" in report
    assert re.search(r"detect +\d+\.\d +\d+\.\d", report)
    assert "area under the curve: 1.0000" in report
    assert "(12 pairs)" in report
    assert "(54 pairs)" in report
    assert "licence MIT, from made by a test" in report


def test_without_photos_it_says_that_the_pack_can_be_served_and_what_photos_would_show(tmp_path: Path) -> None:
    code, report = check(write_pack(tmp_path / "pack"), None)

    assert code == NOT_JUDGED
    assert "licence MIT, from made by a test" in report
    assert "give --photos DIR" in report and "nothing" not in report


def test_a_folder_without_photos_is_named(tmp_path: Path) -> None:
    with pytest.raises(PackError) as refused:
        check(write_pack(tmp_path / "pack"), tmp_path)

    assert refused.value.mistakes == [f"--photos: no folder with photos as Name/*.jpg in {tmp_path}"]


def test_calibration_can_be_pasted_into_the_pack(tmp_path: Path) -> None:
    photos = write_photos(tmp_path / "photos")
    _, report = check(write_pack(tmp_path / "pack", calibration=None), photos)
    pasted = yaml.safe_load(report[report.index("calibration:\n") :])

    pack = read_pack(write_pack(tmp_path / "pack", **pasted), precision="int8")

    assert pack.require_curve().measure(np.array([1.0]))[0] > 99
    assert "with the pack's calibration" in check(tmp_path / "pack", photos)[1]


def test_few_photos_are_called_few(tmp_path: Path) -> None:
    _, report = check(write_pack(tmp_path / "pack"), write_photos(tmp_path / "photos"))

    assert "WARNING: these are few: 4 people" in report
    assert "true accepts at 0.001 false accepts: needs 1000 pairs of two people" in report


def test_photos_without_a_face_and_unreadable_ones_are_named(tmp_path: Path) -> None:
    photos = write_photos(tmp_path / "photos")
    (photos / "Person 0" / "broken.jpg").write_bytes(b"no picture")
    (photos / "Person 0" / "note.txt").write_text("no photo")

    _, report = check(write_pack(tmp_path / "pack"), photos)
    code, blind = check(write_pack(tmp_path / "blind", detector__score_threshold=0.95), photos)

    assert "Person 0/broken.jpg: not read" in report
    assert "13 photos, 1 without a face" in report
    assert "Person 1/0.png: 0, MISSED" in blind
    assert code == NOT_JUDGED


def test_people_who_cannot_be_told_apart_get_no_calibration(tmp_path: Path) -> None:
    photos = write_photos(tmp_path / "photos", people=1)
    (photos / "Twin").mkdir()
    for path in (photos / "Person 0").iterdir():
        (photos / "Twin" / path.name).write_bytes(path.read_bytes())

    code, report = check(write_pack(tmp_path / "pack"), photos)

    assert code == NOT_JUDGED
    assert "calibration cannot be given" in report


def test_mistakes_of_description_models_and_photos_are_told_together(tmp_path: Path) -> None:
    changes: dict[str, Any] = {"detector__licence": None, "detector__family": "scrfd", "embedder__dimension": 128}

    with pytest.raises(PackError) as refused:
        check(write_pack(tmp_path, **changes), tmp_path / "nowhere")

    assert [text.partition(":")[0] for text in refused.value.mistakes] == [
        "detector.licence",
        "detector.onnx",
        "embedder.onnx",
        "--photos",
    ]


def test_consequences_of_a_mistake_are_not_told(tmp_path: Path) -> None:
    photos = write_photos(tmp_path / "photos")

    with pytest.raises(PackError) as refused:
        check(write_pack(tmp_path / "pack", detector__family="mtcnn", embedder__file="gone.onnx"), photos)

    assert [text.partition(":")[0] for text in refused.value.mistakes] == ["detector.family", "embedder.file"]


def test_command_ends_with_a_code_and_a_line_for_each_mistake(tmp_path: Path) -> None:
    folder = write_pack(tmp_path, name=None, embedder__licence=None)
    command = [sys.executable, "-m", "face_engine", "check-pack", str(folder), "--photos", str(tmp_path)]

    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)

    assert ended.returncode == WRONG
    assert [line.partition(": ")[2].partition(":")[0] for line in ended.stderr.splitlines()] == [
        "name",
        "embedder.licence",
        "--photos",
    ]


def test_every_pair_is_counted_once() -> None:
    faceprints = np.array([[1, 0], [0, 1], [-1, 0]], np.float32)

    found = make_pairs(faceprints, ["a", "a", "b"])

    assert found.genuine.tolist() == pytest.approx([2**0.5])
    assert found.impostor.tolist() == pytest.approx([2**0.5, 2])


@pytest.mark.parametrize(
    ("genuine", "impostor", "area"),
    [([0.1, 0.2], [0.5, 0.6], 1), ([0.5, 0.6], [0.1, 0.2], 0), ([0.3], [0.3], 0.5), ([0.1, 0.4], [0.3, 0.5], 0.75)],
)
def test_area_is_the_chance_that_one_person_is_nearer(genuine: list[float], impostor: list[float], area: float) -> None:
    assert area_under_curve(pairs(genuine, impostor)) == pytest.approx(area)


def test_true_accepts_are_those_below_the_allowed_false_accepts() -> None:
    found = pairs([0.1, 0.25, 0.35, 0.9], [0.2, 0.3, 0.5, *[1.0] * 97])

    assert true_accept_rate(found, false_accept_rate=0.01) == 0.5
    assert true_accept_rate(found, false_accept_rate=0.02) == 0.75
    assert true_accept_rate(found, false_accept_rate=0.001) is None


def test_calibration_lies_below_one_in_a_thousand_and_at_the_middle() -> None:
    found = calibrate(pairs([0.2, 0.25, 0.5], [0.3, 0.4, *[0.9] * 1998]))

    assert found is not None
    assert (found.at_80, found.at_99) == (pytest.approx(0.8999), 0.25)


def test_calibration_of_few_pairs_is_more_careful_than_the_nearest_of_them() -> None:
    impostor = [0.5, 0.52, 0.54, 0.56, 0.58, 0.6]

    found = calibrate(pairs([0.2, 0.25, 0.5], impostor))

    assert found is not None
    assert found.at_80 == pytest.approx(0.55 - 3.09 * np.std(impostor), abs=1e-4)


def test_folder_without_a_description_is_told(tmp_path: Path) -> None:
    with pytest.raises(PackError, match=r"there is no pack\.yaml"):
        check(tmp_path, write_photos(tmp_path / "photos"))
