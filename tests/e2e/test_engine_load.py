"""Many clients at once, many connections, and what the engine says about collections of another face model."""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing
from pathlib import Path

import pytest

from benchmark.load_bench import LoadReport, prepare_requests, put_under_load
from engine_process import MODELS, REPOSITORY, RunningEngine, running_engine
from face_engine.bench.photos import SAMPLES
from face_engine.model_setup.build import set_up_models

pytestmark = pytest.mark.e2e

CLIENTS, SECONDS = 40, 4
CONNECTIONS = 200
FILES = 500


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    set_up_models(MODELS)
    with running_engine(tmp_path_factory.mktemp("data"), "--queue", "8") as running:
        yield running


@pytest.fixture(scope="module")
def report(engine: RunningEngine) -> LoadReport:
    return put_under_load(engine, prepare_requests(engine), clients=CLIENTS, seconds=SECONDS)


def test_every_answer_under_load_is_the_one_given_alone(report: LoadReport) -> None:
    answered = {operation for operation, spent in report.spent.items() if spent}

    assert report.faults == []
    assert answered == {"DetectFaces", "IndexFaces", "SearchFaces", "SearchFacesByImage"}


def test_only_throttling_refuses_what_is_too_much(report: LoadReport) -> None:
    assert set(report.refused) == {"ThrottlingException"}


def test_idle_connections_keep_nobody_out(engine: RunningEngine) -> None:
    with ExitStack() as stack:
        idle = [stack.enter_context(connect(engine)) for _ in range(CONNECTIONS)]

        statuses = [ask_health(connection) for connection in idle]
        again = [ask_health(connection) for connection in idle]

    assert statuses == again == [200] * CONNECTIONS


def connect(engine: RunningEngine) -> AbstractContextManager[http.client.HTTPConnection]:
    return closing(http.client.HTTPConnection("127.0.0.1", engine.port, timeout=5))


def ask_health(connection: http.client.HTTPConnection) -> int:
    connection.request("GET", "/health")
    answer = connection.getresponse()
    answer.read()
    return answer.status


def test_limit_of_open_files_bounds_the_connections() -> None:
    program = (
        f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (200, {FILES}));"
        "from http_limits.server import allow_connections;"
        "print(allow_connections(1000, other_files=100), resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )

    done = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["200", str(FILES)]


def test_start_tells_which_collections_another_model_made_and_how_to_use_them(tmp_path: Path) -> None:
    with running_engine(tmp_path, "--precision", "fp32") as made:
        made.client().create_collection(CollectionId="people")

    with running_engine(tmp_path, "--precision", "int8") as other:
        other.client().describe_collection(CollectionId="people")
    with running_engine(tmp_path, "--precision", "fp32") as same:
        same.client().describe_collection(CollectionId="people")

    [told] = find_events(other.lines)
    assert (told["event"], told["faceModelVersion"], told["first"]) == ("otherFaceModel", "1.0.32", ["people"])
    assert "--precision fp32" in told["advice"]
    assert find_events(same.lines) == []


def find_events(lines: list[str]) -> list[dict[str, str]]:
    """What the engine said besides its requests."""
    return [line for line in map(json.loads, lines) if "event" in line]


def test_bench_prints_every_part_of_the_table(tmp_path: Path) -> None:
    shutil.copy(SAMPLES / "eileen-collins.jpg", tmp_path)
    command = [sys.executable, "-m", "face_engine", "bench", "--seconds", "0.3", "--models", str(MODELS)]

    done = subprocess.run([*command, "--photos", tmp_path], cwd=REPOSITORY, capture_output=True, text=True, check=True)

    names = [line.split("  ")[0] for line in done.stdout.splitlines()]
    assert names[:6] == [
        "photos",
        "precision that auto takes here",
        "load detector and both embedders",
        "decode",
        "detect",
        "detect, with a closer look",
    ]
    assert {"search among 100,000", "IndexFaces over HTTP, 4 clients", "memory of the server"} <= set(names)
    assert any(name.startswith("face_recognition's way") for name in names)


def test_bench_without_photos_says_so(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "face_engine", "bench", "--models", str(MODELS), "--photos", str(tmp_path)]

    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (1, f"face_engine: no JPEG or PNG files in {tmp_path}\n")
