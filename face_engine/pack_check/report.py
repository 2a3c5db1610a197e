"""The report as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from face_engine.model_packs.pack import Pack
from face_engine.pack_check.accuracy import (
    Calibration,
    Pairs,
    area_under_curve,
    calibrate,
    make_pairs,
    true_accept_rate,
)
from face_engine.pack_check.photos import Finding, Stopwatch
from face_engine.similarity import SimilarityCurve, curve_through

LEVELS = (80, 90, 95, 99)
RATES = (1e-2, 1e-3)
FEW_PEOPLE, FEW_GENUINE, FEW_IMPOSTOR = 30, 300, 10_000


def describe_pack(pack: Pack) -> Iterator[str]:
    yield f"pack       {pack.name}, FaceModelVersion {pack.face_model_version}"
    spec = pack.detector_spec
    yield f"detector   {pack.detector.path.name}: {spec.family}, {spec.side} px, {spec.pixels.colours}"
    yield f"           licence {pack.detector.licence}, from {pack.detector.source}"
    chips = pack.embedder_spec
    yield (
        f"embedder   {pack.embedder.path.name}: chips of {chips.template.side} px, {chips.pixels.colours}, "
        f"{chips.dimension} numbers"
    )
    yield f"           licence {pack.embedder.licence}, from {pack.embedder.source}"


def report_findings(pack: Pack, findings: Sequence[Finding], stopwatch: Stopwatch) -> tuple[list[str], bool]:
    """Lines, and whether the photos show that the pack tells people apart."""
    lines = ["", "photos     faces", *_list_photos(findings), "", *_list_times(stopwatch), ""]
    seen = [(finding.photo.person, finding.faceprint) for finding in findings if finding.faceprint is not None]
    faceprints = np.array([faceprint for _, faceprint in seen], np.float32).reshape(-1, pack.embedder_spec.dimension)
    pairs = make_pairs(faceprints, [person for person, _ in seen])
    if not pairs.can_be_judged:
        return [
            *lines,
            "accuracy   cannot be judged: it takes two people, and two photos of one, with a face each",
        ], False
    people = len({person for person, _ in seen})
    lines += [*_list_accuracy(pairs), *_list_warnings(pairs, people), ""]
    found = calibrate(pairs)
    if pack.curve:
        lines += [*_list_levels("with the pack's calibration", pairs, pack.curve), ""]
    return lines + list(_list_calibration(found, pairs)), found is not None


def _list_photos(findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings:
        what = str(finding.faces)
        if finding.problem:
            what = f"not read: {finding.problem}"
        elif finding.faces == 0:
            what = "0, MISSED"
        elif finding.faces > 1:
            what = f"{finding.faces}, the largest is taken"
        yield f"           {finding.photo.person}/{finding.photo.path.name}: {what}"
    missed = sum(finding.faceprint is None for finding in findings)
    yield f"           {len(findings)} photos, {missed} without a face"


def _list_times(stopwatch: Stopwatch) -> Iterator[str]:
    yield "speed      median     p95   (ms, one thread, one face)"
    for stage, times in stopwatch.times.items():
        median, slow = np.percentile(times, [50, 95])
        yield f"  {stage:8} {median:7.1f} {slow:7.1f}"


def _list_accuracy(pairs: Pairs) -> Iterator[str]:
    yield "accuracy   distances of normalised faceprints: 5 %, median, 95 %"
    for name, distances in (("one person", pairs.genuine), ("two people", pairs.impostor)):
        low, middle, high = np.percentile(distances, [5, 50, 95])
        yield f"  {name}: {low:.3f} {middle:.3f} {high:.3f} ({len(distances)} pairs)"
    yield f"  area under the curve: {area_under_curve(pairs):.4f}"
    for rate in RATES:
        accepted = true_accept_rate(pairs, false_accept_rate=rate)
        said = f"needs {1 / rate:.0f} pairs of two people" if accepted is None else f"{100 * accepted:.1f} %"
        yield f"  true accepts at {rate:g} false accepts: {said}"


def _list_warnings(pairs: Pairs, people: int) -> Iterator[str]:
    few = [
        f"{count} {what} (want {want})"
        for count, what, want in (
            (people, "people", FEW_PEOPLE),
            (len(pairs.genuine), "pairs of one person", FEW_GENUINE),
            (len(pairs.impostor), "pairs of two people", FEW_IMPOSTOR),
        )
        if count < want
    ]
    if few:
        yield f"  WARNING: these are few: {', '.join(few)}."
        yield "  Rates and calibration are rough; pairs that share a photo or a person are not independent either."


def _list_levels(title: str, pairs: Pairs, curve: SimilarityCurve) -> Iterator[str]:
    yield f"{title}: similarity, false accepts, false rejects"
    same, different = (curve.measure(1 - distances**2 / 2) for distances in (pairs.genuine, pairs.impostor))
    for level in LEVELS:
        accepts, rejects = np.sum(different >= level), np.sum(same < level)
        yield f"  {level}: {accepts} of {len(different)}, {rejects} of {len(same)}"


def _list_calibration(found: Calibration | None, pairs: Pairs) -> Iterator[str]:
    if found is None:
        yield "calibration cannot be given: on these photos, people do not lie farther apart than photos of one person"
        return
    yield from _list_levels("with the calibration below", pairs, curve_through(at_80=found.at_80, at_99=found.at_99))
    yield ""
    yield "# for pack.yaml: 80 where one in a thousand pairs of two people matches, 99 where half of one person's do"
    if len(pairs.impostor) < FEW_IMPOSTOR or len(pairs.genuine) < FEW_GENUINE:
        yield f"# ROUGH: from {len(pairs.genuine)} pairs of one person and {len(pairs.impostor)} of two"
    yield "calibration:"
    yield "  metric: euclidean"
    yield f"  80: {found.at_80}"
    yield f"  99: {found.at_99}"
