"""Many clients at once with mixed operations: what they are answered, how fast, and whether memory grows.

Every answer is compared with the one that the engine gave before the load, when it was alone; and those are compared
with what `samples/samples.yaml` says about who is on which photo.
"""

from __future__ import annotations

import base64
import json
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from engine_process import MODELS
from face_engine.bench.engine_process import EngineProcess, KeptConnection, RefusedError, start_engine
from face_engine.bench.figures import Row, read_memory, show_percentiles
from face_engine.bench.photos import SAMPLES, enlarge

PLAN = yaml.safe_load((SAMPLES / "samples.yaml").read_text())
PEOPLE, INDEXED = "people", "indexed"
FIRST_BACKOFF_SECONDS, LAST_BACKOFF_SECONDS = 0.1, 5.0
"""As botocore's standard mode waits after a refusal, but never the 20 s that it goes up to."""

MEMORY_EVERY_SECONDS = 1.0
WARM_SHARE = 0.25
"""Part of the time after which memory counts as warm."""


@dataclass(frozen=True)
class Request:
    """One kind of request and what is right for it."""

    operation: str
    body: str
    expected: object


@dataclass
class LoadReport:
    """Milliseconds of answered requests by operation, refusals by code, what was wrong, megabytes by second."""

    spent: dict[str, list[float]] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    memory: list[tuple[float, float]] = field(default_factory=list)

    def grown(self) -> float:
        """Megabytes (10^6 bytes) between the median of the time around the warm mark and of the last of the load."""
        seconds, amounts = np.array(self.memory).T
        warm, end = WARM_SHARE * seconds[-1], 0.1 * seconds[-1]
        early = amounts[(seconds >= warm) & (seconds <= warm + end)]
        return float(np.median(amounts[seconds >= seconds[-1] - end]) - np.median(early))


def measure_load(*, clients: int, seconds: float) -> Iterator[Row]:
    """Photos of 1.4 megapixels; raises `AssertionError` when an answer was wrong or a refusal was not throttling."""
    with tempfile.TemporaryDirectory() as data, start_engine(Path(data), models=MODELS) as engine:
        requests = prepare_requests(engine, change=enlarge)
        report = put_under_load(engine, requests, clients=clients, seconds=seconds)
    answered = sum(map(len, report.spent.values()))
    yield f"load of {clients} clients", f"{seconds:g} s, {answered} answers, {answered / seconds:.1f} a second"
    for operation, spent in sorted(report.spent.items()):
        yield f"  {operation}", f"{len(spent)} answers, {show_percentiles(spent)}"
    yield "  refused", ", ".join(f"{count} {code}" for code, count in report.refused.items()) or "none"
    yield "  wrong answers and other errors", str(len(report.faults))
    if report.memory:
        most = max(amount for _, amount in report.memory)
        yield "  memory", f"at most {most:.0f} MB, {report.grown():+.0f} MB from warm to the end"
    assert not report.faults, report.faults[:5]


def prepare_requests(engine: EngineProcess, *, change: Callable[[bytes], bytes] = bytes) -> list[Request]:
    """Fills a collection with the sample people and asks for everything once; `change` alters each photo."""
    connection = KeptConnection(engine.port)
    images = {path.name: encode(change(path.read_bytes())) for path in sorted(SAMPLES.glob("*.jpg"))}
    for collection in (PEOPLE, INDEXED):
        connection.call("CreateCollection", json.dumps({"CollectionId": collection}))
    face_ids = [index(connection, images[photo["file"]], photo["name"])[0] for photo in PLAN["index"]]
    wanted = [
        *(("DetectFaces", {"Image": image}) for image in images.values()),
        *(("IndexFaces", {"CollectionId": INDEXED, "Image": image}) for image in images.values()),
        *(("SearchFacesByImage", search_by(images[photo["file"]])) for photo in PLAN["search"]),
        *(("SearchFaces", {"CollectionId": PEOPLE, "FaceId": face_id}) for face_id in face_ids),
    ]
    requests = [
        Request(operation, json.dumps(values), ask(connection, operation, json.dumps(values)))
        for operation, values in wanted
    ]
    found = [request.expected for request in requests if request.operation == "SearchFacesByImage"]
    assert [name_of(answer) for answer in found] == [photo.get("name") for photo in PLAN["search"]]
    connection.close()
    return requests


def encode(photo: bytes) -> dict[str, str]:
    return {"Bytes": base64.b64encode(photo).decode()}


def search_by(image: dict[str, str]) -> dict[str, Any]:
    return {"CollectionId": PEOPLE, "Image": image}


def index(connection: KeptConnection, image: dict[str, str], name: str) -> list[str]:
    values = {"CollectionId": PEOPLE, "Image": image, "ExternalImageId": name.replace(" ", "_")}
    answer = connection.call("IndexFaces", json.dumps(values))
    return [record["Face"]["FaceId"] for record in answer["FaceRecords"]]


def ask(connection: KeptConnection, operation: str, body: str) -> object:
    """The answer, or the words of the refusal of a photo without a face; raises every other refusal."""
    try:
        return connection.call(operation, body)
    except RefusedError as exc:
        if "no faces in the image" in str(exc):
            return str(exc)
        raise


def name_of(answer: object) -> str | None:
    """Who a search found first."""
    matches = answer["FaceMatches"] if isinstance(answer, dict) else []
    return matches[0]["Face"]["ExternalImageId"].replace("_", " ") if matches else None


def put_under_load(engine: EngineProcess, requests: list[Request], *, clients: int, seconds: float) -> LoadReport:
    """`clients` connections that send requests in an order of their own until `seconds` are over."""
    report = LoadReport({request.operation: [] for request in requests})
    over = threading.Event()
    threads = [threading.Thread(target=_send, args=(engine.port, requests, report, over, n)) for n in range(clients)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    while (passed := time.monotonic() - started) < seconds:
        _note_memory(engine, report, passed)
        over.wait(min(MEMORY_EVERY_SECONDS, seconds - passed))
    over.set()
    for thread in threads:
        thread.join()
    return report


def _note_memory(engine: EngineProcess, report: LoadReport, passed: float) -> None:
    try:
        report.memory.append((passed, read_memory(engine.process.pid)[0]))
    except FileNotFoundError:  # only Linux tells
        return


def _send(port: int, requests: list[Request], report: LoadReport, over: threading.Event, seed: int) -> None:
    """One client: repeats what was throttled, after a pause that grows, as SDKs do."""
    order = random.Random(seed)
    connection = KeptConnection(port)
    attempt, request = 0, order.choice(requests)
    while not over.is_set():
        started = time.perf_counter()
        try:
            answer = ask(connection, request.operation, request.body)
        except RefusedError as exc:
            report.refused[exc.code] += 1
            if exc.code != "ThrottlingException":
                report.faults.append(str(exc))
            over.wait(order.random() * min(FIRST_BACKOFF_SECONDS * 2**attempt, LAST_BACKOFF_SECONDS))
            attempt += 1
            continue
        except Exception as exc:
            report.faults.append(f"{request.operation}: {exc!r}")
            connection.close()
            continue
        report.spent[request.operation].append(1000 * (time.perf_counter() - started))
        if answer != request.expected:
            report.faults.append(f"{request.operation} answered otherwise than alone")
        attempt, request = 0, order.choice(requests)
    connection.close()
