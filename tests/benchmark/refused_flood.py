"""Refused calls by the hundred: how much slower a good client gets while strangers try keys.

The strangers are one asyncio process with raw sockets, on connections that they keep and on a new one for each call;
the good client is another, so that neither waits for the other's interpreter.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from face_engine.bench.figures import Row, show_percentiles
from local_world import start_cloud

SETTLE_SECONDS = 1.0
PAUSE_SECONDS = 0.02
"""Of the good client between two requests: it is a client, not a load."""

KINDS = {"keep-alive": "keep-alive", "close": "a new connection each"}


def measure_refused_flood(*, seconds: float, rate: int) -> Iterator[Row]:
    """Rows of a good client's GET /info before and during `rate` refused calls a second; raises when one was let in."""
    with tempfile.TemporaryDirectory() as folder:
        cloud = start_cloud(Path(folder) / "data")
        try:
            url, key = cloud.addresses["url"], cloud.addresses["apiKey"]
            ask_for(SETTLE_SECONDS, url, key)
            for kind, name in KINDS.items():
                before = ask_for(max(2.0, seconds / 3), url, key)
                flood = start_flood(url, kind=kind, seconds=seconds + SETTLE_SECONDS, rate=rate)
                time.sleep(SETTLE_SECONDS / 2)
                during = ask_for(seconds, url, key)
                said = json.loads(flood.communicate(timeout=seconds + 60)[0])
                assert set(said["statuses"]) == {"403"}, said
                yield f"GET /info alone ({name})", show_percentiles(before)
                yield f"  during {said['rate']:.0f} refused calls a second", show_percentiles(during)
                yield "  slower by (median, p95)", " and ".join(f"{ratio:.2f} x" for ratio in slowdown(before, during))
        finally:
            cloud.stop()


def slowdown(before: list[float], during: list[float]) -> tuple[float, float]:
    """Ratios of the medians and of the 95th percentiles."""
    return middle(during, 0.5) / middle(before, 0.5), middle(during, 0.95) / middle(before, 0.95)


def middle(values: list[float], share: float) -> float:
    return sorted(values)[int(share * (len(values) - 1))]


def ask_for(seconds: float, url: str, key: str) -> list[float]:
    """Milliseconds of each request of a good client that keeps its connection."""
    address, spent = urlsplit(url), list[float]()
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        started = time.perf_counter()
        connection.request("GET", f"{address.path}/info", headers={"x-api-key": key})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        spent.append(1000 * (time.perf_counter() - started))
        time.sleep(PAUSE_SECONDS)
    connection.close()
    return spent


def start_flood(url: str, *, kind: str, seconds: float, rate: int) -> subprocess.Popen[str]:
    """Tells what it was answered on its standard output when it is over."""
    command = [sys.executable, str(Path(__file__).with_name("flood_client.py")), url, kind, str(seconds), str(rate)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
