"""The server as 1, 2 and 4 clients see it, in turns with the baseline, so that both meet the same machine."""

from __future__ import annotations

import base64
import itertools
import json
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from face_engine.bench.baseline import Baseline, is_baseline_installed
from face_engine.bench.engine_process import EngineProcess, KeptConnection, start_engine
from face_engine.bench.figures import Row, read_memory, show_percentiles, show_rates, time_into

CLIENTS = (1, 2, 4)
TURNS = 3
COLLECTION = "bench"


@dataclass
class Measured:
    """Milliseconds of single requests, and images a second of each turn."""

    spent: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)


def measure_server(photos: Sequence[bytes], *, seconds: float, models: Path) -> Iterator[Row]:
    """IndexFaces over HTTP, about `seconds` for each number of clients and for the baseline."""
    baseline = Baseline(photos) if is_baseline_installed() else None
    theirs: list[float] = []
    measured = {count: Measured() for count in CLIENTS}
    requests = itertools.cycle(
        [
            json.dumps({"CollectionId": COLLECTION, "Image": {"Bytes": base64.b64encode(photo).decode()}})
            for photo in photos
        ]
    )
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as data, start_engine(Path(data), models=models) as engine:
        yield "start until ready", f"{time.perf_counter() - started:.2f} s"
        connection = KeptConnection(engine.port)
        connection.call("CreateCollection", json.dumps({"CollectionId": COLLECTION}))
        _send_for(0.5, engine, requests, clients=max(CLIENTS))
        for _, count in itertools.product(range(TURNS), (*CLIENTS, None)):
            if count is not None:
                _measure_turn(measured[count], engine, requests, clients=count, seconds=seconds / TURNS)
            elif baseline:
                theirs.append(baseline.measure_rate(seconds / TURNS))
        yield from _show_clients(measured)
        yield "memory of the server", show_memory(engine)
    yield from _show_baseline(measured[2].rates, theirs)


def _measure_turn(
    measured: Measured, engine: EngineProcess, requests: Iterator[str], *, clients: int, seconds: float
) -> None:
    started = time.perf_counter()
    spent = _send_for(seconds, engine, requests, clients=clients)
    measured.rates.append(len(spent) / (time.perf_counter() - started))
    measured.spent += spent


def _send_for(seconds: float, engine: EngineProcess, requests: Iterator[str], *, clients: int) -> list[float]:
    """Milliseconds of each request of some clients that send one after another; raises what one of them met."""
    spent: list[float] = []
    failures: list[Exception] = []
    turn = threading.Lock()
    until = time.monotonic() + seconds

    def work() -> None:
        connection = KeptConnection(engine.port)
        try:
            while time.monotonic() < until:
                with turn:
                    request = next(requests)
                time_into(spent, connection.call, "IndexFaces", request)
        except Exception as exc:
            failures.append(exc)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return spent


def _show_clients(measured: dict[int, Measured]) -> Iterator[Row]:
    for count, each in measured.items():
        name = f"IndexFaces over HTTP, {count} client{'s' if count > 1 else ''}"
        yield name, f"{show_rates(each.rates)}; {show_percentiles(each.spent)}"


def show_memory(engine: EngineProcess) -> str:
    """Resident now and at its highest."""
    try:
        now, most = read_memory(engine.process.pid)
    except OSError:
        return "only Linux tells"
    return f"{now:.0f} MB, peak {most:.0f} MB"


def _show_baseline(ours: Sequence[float], theirs: Sequence[float]) -> Iterator[Row]:
    if not theirs:
        yield "face_recognition's way", "not measured: dlib is not installed (requirements-bench.txt)"
        return
    yield "face_recognition's way, in process", show_rates(theirs)
    yield "ratio, 2 clients to that", f"{np.median(ours) / np.median(theirs):.1f} x"
