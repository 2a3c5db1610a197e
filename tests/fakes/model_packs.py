"""Whole packs of generated models: a detector that sees one face in the middle, and a coarse embedder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from fakes.onnx_models import PlantedFace, write_detector, write_embedder

SIDE = 320
FACE = PlantedFace(110, 90, 100, 120, 0.9, stride=16)


def describe(**changes: Any) -> dict[str, Any]:
    """The settings of a pack of 512 numbers; `changes` are `section__key` to the value, None takes it away."""
    content: dict[str, Any] = {
        "name": "generated",
        "version": "3.1",
        "detector": {
            "file": "detector.onnx",
            "family": "yunet",
            "colours": "BGR",
            "side": SIDE,
            "fill": "square",
            "licence": "MIT",
            "source": "made by a test",
        },
        "embedder": {
            "file": "embedder.onnx",
            "side": 112,
            "colours": "RGB",
            "mean": 127.5,
            "scale": "1/127.5",
            "template": "arcface",
            "dimension": 512,
            "licence": "MIT",
            "source": "made by a test",
        },
        "calibration": {"metric": "cosine", 80: 0.8, 99: 0.95},
    }
    for key, value in changes.items():
        *sections, name = key.split("__")
        place = content
        for section in sections:
            place = place[section]
        key_of_file = int(name) if name.isdecimal() else name
        place[key_of_file] = value
        if value is None:
            del place[key_of_file]
    return content


def write_pack(folder: Path, **changes: Any) -> Path:
    """A pack that works unless `changes` break it."""
    folder.mkdir(parents=True, exist_ok=True)
    write_detector(folder / "detector.onnx", "yunet", [FACE], size=(SIDE, SIDE), fixed=True)
    write_embedder(folder / "embedder.onnx")
    (folder / "pack.yaml").write_text(yaml.safe_dump(describe(**changes), sort_keys=False))
    return folder
