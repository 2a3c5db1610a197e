"""Reads `pack.yaml`: every mistake in it is reported together."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TypeGuard, cast

import yaml

from face_engine.model_packs.errors import PackError
from face_engine.model_packs.pack import ModelFile, Pack, fingerprint
from face_engine.model_packs.sections import Section
from face_engine.similarity import SimilarityCurve, curve_through
from face_engine.vision.alignment import TEMPLATES, Template
from face_engine.vision.model_files import (
    DETECTOR_FILE,
    EMBEDDER_FILES,
    MANIFEST_FILE,
    MODEL_VERSIONS,
    Precision,
    require_models,
)
from face_engine.vision.specs import (
    CENTERFACE,
    COLOURS,
    DLIB,
    FAMILIES,
    FILLS,
    Colours,
    DetectorSpec,
    EmbedderSpec,
    Family,
    Fill,
    Pixels,
)

PACK_FILE = "pack.yaml"
DEFAULT_DESCRIPTION = Path(__file__).parent / "default_pack.yaml"
MIN_DIMENSION, MAX_DIMENSION = 32, 4096
METRICS = ("euclidean", "cosine")
LANDMARKS = 5


def read_pack(folder: Path, *, precision: Precision) -> Pack:
    """The pack in `folder`; the models that set-up made there are one, with or without its `pack.yaml`.

    Raises `PackError` with all mistakes of its description, or `ModelsMissingError` when set-up's models are not there,
    or not whole.
    """
    pack, mistakes = draft_pack(folder, precision=precision)
    if mistakes:
        raise PackError(folder, mistakes)
    return pack


def draft_pack(folder: Path, *, precision: Precision) -> tuple[Pack, list[str]]:
    """As `read_pack`, with the mistakes beside what could be understood; such a pack has no version.

    Raises `PackError` when `pack.yaml` cannot be read at all, and `ModelsMissingError`.
    """
    description = folder / PACK_FILE
    is_made_by_setup = (folder / MANIFEST_FILE).exists() or not description.exists()
    if is_made_by_setup:
        require_models(folder)
    mistakes: list[str] = []
    root = _parse(description if description.exists() else DEFAULT_DESCRIPTION, mistakes)
    name, version = root.text("name"), _read_version(root)
    detector, detector_spec = _read_detector(root.section("detector"), folder)
    embedder, embedder_spec = _read_embedder(root.section("embedder"), folder, precision)
    curve = _read_curve(root.section("calibration")) if root.has("calibration") else None
    root.finish()
    pack = Pack(name, folder, "", detector, detector_spec, embedder, embedder_spec, curve)
    if mistakes:
        return pack, mistakes
    if is_made_by_setup and _is_default(pack, precision):
        return replace(pack, face_model_version=MODEL_VERSIONS[precision]), []
    return replace(pack, face_model_version=f"{version}.{fingerprint(pack)}"), []


def _is_default(pack: Pack, precision: Precision) -> bool:
    files = (pack.detector.path.name, pack.embedder.path.name)
    return files == (DETECTOR_FILE, EMBEDDER_FILES[precision]) and pack.use == (CENTERFACE.use, DLIB.use)


def _parse(path: Path, mistakes: list[str]) -> Section:
    try:
        content = yaml.safe_load(path.read_text())
    except (OSError, ValueError, yaml.YAMLError) as exc:
        raise PackError(path.parent, [f"{path.name} cannot be read: {' '.join(str(exc).split())}"]) from exc
    if not isinstance(content, Mapping):
        raise PackError(path.parent, [f"{path.name} must hold settings"])
    return Section(content, "", mistakes)


def _read_version(root: Section) -> str:
    version = root.text("version")
    if version and not re.fullmatch(r"\d{1,4}(\.\d{1,4}){0,2}", version):
        root.report("version", f'must be one to three numbers with dots, like "1.0", not {version!r}')
    return version


def _read_detector(section: Section, folder: Path) -> tuple[ModelFile, DetectorSpec]:
    model = _read_model(section, folder, section.take("file"))
    side = section.whole("side", low=64, high=4096, default=640)
    spec = DetectorSpec(
        family=cast(Family, section.choice("family", FAMILIES)),
        pixels=_read_pixels(section),
        side=side,
        closer_side=section.whole("closer_side", low=64, high=8192, default=side * 3 // 2),
        fill=cast(Fill, section.choice("fill", FILLS, "multiple")),
        score_threshold=section.number("score_threshold", low=0, high=1, default=0.5),
        overlap_threshold=section.number("overlap_threshold", low=0, high=1, default=0.3),
    )
    if spec.fill == "square" and side % 32:
        section.report("side", "must be a multiple of 32 with fill: square")
    section.finish()
    return model, spec


def _read_embedder(section: Section, folder: Path, precision: Precision) -> tuple[ModelFile, EmbedderSpec]:
    model = _read_model(section, folder, _choose_variant(section, precision))
    side = section.whole("side", low=16, high=1024, default=None)
    spec = EmbedderSpec(
        pixels=_read_pixels(section),
        template=_read_template(section, side),
        flip=section.switch("flip", default=True),
        dimension=section.whole("dimension", low=MIN_DIMENSION, high=MAX_DIMENSION),
    )
    section.finish()
    return model, spec


def _choose_variant(section: Section, precision: Precision) -> object:
    file = section.take("file")
    if not isinstance(file, Mapping):
        return file
    if precision not in file:
        section.report("file", f"has no {precision} variant, only {', '.join(map(str, file))}; choose with --precision")
    return file.get(precision)


def _read_model(section: Section, folder: Path, file: object) -> ModelFile:
    name = file if isinstance(file, str) else ""
    path = folder / name
    if file is not None and (not name or Path(name).is_absolute() or ".." in Path(name).parts):
        section.report("file", f"must be the name of a file in the pack, not {file!r}")
    elif name and not path.is_file():
        section.report("file", f"there is no {name} in the pack")
    return ModelFile(path, section.text("licence"), section.text("source"))


def _read_pixels(section: Section) -> Pixels:
    colours = cast(Colours, section.choice("colours", COLOURS, "RGB"))
    scale = section.number("scale", low=0, high=1000, default=1.0)
    given = section.take("mean", 0)
    values: list[object] = given if isinstance(given, list) else [given] * 3
    means = [float(value) for value in values if _is_number(value)]
    if len(means) != 3:
        section.report("mean", f"must be a number or three, in the order of colours, not {given!r}")
        means = [0.0, 0.0, 0.0]
    return Pixels(colours, (means[0], means[1], means[2]), scale)


def _read_template(section: Section, side: int) -> Template:
    given = section.take("template")
    if isinstance(given, str) and given in TEMPLATES:
        return TEMPLATES[given].scaled_to(side)
    if isinstance(given, list) and len(given) == LANDMARKS and all(_is_point(point) for point in given):
        return Template(tuple((float(x), float(y)) for x, y in given), side)
    if given is not None:
        section.report(
            "template", f"must be {' or '.join(TEMPLATES)}, or five points [x, y] on the chip, not {given!r}"
        )
    return TEMPLATES["arcface"]


def _is_point(point: object) -> bool:
    return isinstance(point, list) and len(point) == 2 and all(map(_is_number, point))


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _read_curve(section: Section) -> SimilarityCurve | None:
    known = len(section.mistakes)
    metric = section.choice("metric", METRICS)
    low, high = (0.0, 2.0) if metric == "euclidean" else (-1.0, 1.0)
    at_80, at_99 = (section.number(level, low=low, high=high) for level in (80, 99))
    section.finish()
    if len(section.mistakes) > known:
        return None
    if metric == "cosine":
        at_80, at_99 = (math.sqrt(2 - 2 * cosine) for cosine in (at_80, at_99))
    try:
        return curve_through(at_80=at_80, at_99=at_99)
    except ValueError:
        section.report("99", "must be nearer than 80: a smaller distance or a larger cosine, and no distance of 0")
        return None


@cache
def default_description() -> str:
    """The `pack.yaml` that set-up writes."""
    return DEFAULT_DESCRIPTION.read_text()
