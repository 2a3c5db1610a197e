"""Metrics in the logs of functions become datapoints, each once."""

import json
from pathlib import Path
from typing import Any

import pytest

from local_cloud.monitoring.embedded_metrics import EmbeddedMetrics
from local_cloud.monitoring.metrics import Metric, Recorder

LATENCY = Metric("Photos", "Latency", (("Route", "PUT /search"), ("service", "team")))


def line(*, dimensions: list[list[str]] | None = None, **values: Any) -> str:
    directive = {
        "Namespace": "Photos",
        "Dimensions": dimensions or [["service", "Route"]],
        "Metrics": [{"Name": name, "Unit": "Milliseconds"} for name in values],
    }
    whole = {"_aws": {"Timestamp": 1, "CloudWatchMetrics": [directive]}, "service": "team", "Route": "PUT /search"}
    return json.dumps({**whole, **values}) + "\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "rekognition_search.log"


def recorded(recorder: Recorder) -> dict[Metric, list[float]]:
    return {datum.metric: sorted(datum.distribution.values) for datum in recorder.drain()}


def test_values_are_recorded_with_their_dimensions_and_unit(log: Path, tmp_path: Path) -> None:
    recorder = Recorder()
    embedded = EmbeddedMetrics(tmp_path, recorder)
    log.write_text("START\n" + line(Latency=[5.0, 7.0]))

    embedded.record_new_lines()

    (datum,) = recorder.drain()
    assert (datum.metric, datum.unit, sorted(datum.distribution.values)) == (LATENCY, "Milliseconds", [5.0, 7.0])


def test_a_single_number_and_several_sets_of_dimensions_are_understood(log: Path, tmp_path: Path) -> None:
    recorder = Recorder()
    embedded = EmbeddedMetrics(tmp_path, recorder)
    log.write_text(line(dimensions=[["service"], ["Route", "service"]], Latency=5))

    embedded.record_new_lines()

    assert recorded(recorder) == {LATENCY: [5.0], Metric("Photos", "Latency", (("service", "team"),)): [5.0]}


def test_what_was_logged_before_the_start_is_not_recorded_again(log: Path, tmp_path: Path) -> None:
    recorder = Recorder()
    log.write_text(line(Latency=5))
    embedded = EmbeddedMetrics(tmp_path, recorder)
    with log.open("a") as file:
        file.write(line(Latency=6))

    embedded.record_new_lines()
    embedded.record_new_lines()

    assert recorded(recorder) == {LATENCY: [6.0]}


def test_a_line_is_recorded_when_it_is_complete(log: Path, tmp_path: Path) -> None:
    recorder = Recorder()
    embedded = EmbeddedMetrics(tmp_path, recorder)
    text = line(Latency=5)
    log.write_text(text[:40])
    embedded.record_new_lines()
    log.write_text(text)

    embedded.record_new_lines()

    assert recorded(recorder) == {LATENCY: [5.0]}


@pytest.mark.parametrize(
    "malformed",
    [
        '{"_aws": {}}\n',
        '{"_aws"\n',
        '["_aws"]\n',
        line(Latency="fast"),
        line(dimensions=[["absent"]], Latency=5),
    ],
)
def test_a_malformed_line_is_passed_over(log: Path, tmp_path: Path, malformed: str) -> None:
    recorder = Recorder()
    embedded = EmbeddedMetrics(tmp_path, recorder)
    log.write_text(malformed + line(Latency=5))

    embedded.record_new_lines()

    assert recorded(recorder) == {LATENCY: [5.0]}
