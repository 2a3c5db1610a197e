"""The whole pipeline in figures: PUT over HTTP until INDEXED, in turns with the engine alone on the same photos."""

from __future__ import annotations

import base64
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import requests

from local_world import LocalCloud, start_cloud, wait_until

CLIENTS = 8
TURNS = 2
SEARCHES = 40
COLLECTION = "engine-alone"
Row = tuple[str, str]


def measure_pipeline(photos: Sequence[bytes], *, count: int = 100) -> list[Row]:
    """Rates of `count` photos, half a turn each, and the latency of single requests."""
    sent = [photos[number % len(photos)] + number.to_bytes(4, "big") for number in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        cloud = start_cloud(Path(folder) / "data", KEYLESS_RATE_LIMIT="10000", QUOTA_SETTINGS_LIMIT="100000000")
        start_seconds = time.perf_counter() - started
        try:
            return [("from `up` to healthy", f"{start_seconds:.1f} s"), *_measure(cloud, sent)]
        finally:
            cloud.stop()


def _measure(cloud: LocalCloud, photos: Sequence[bytes]) -> list[Row]:
    cloud.client("rekognition").create_collection(CollectionId=COLLECTION)
    _upload(cloud, [photo + b"warm" for photo in photos[: 4 * CLIENTS]], "warm")
    alone, waiting, later = [], [], []
    for turn in range(TURNS):
        part = photos[turn::TURNS]
        alone.append(len(part) / _index_alone(cloud, part))
        waiting.append(len(part) / _upload(cloud, part, f"waiting-{turn}"))
        later.append(len(part) / _upload(cloud, part, f"later-{turn}", Prefer="respond-async"))
    ratios = [100 * np.mean(rates) / np.mean(alone) for rates in (waiting, later)]
    return [
        (f"engine alone, {CLIENTS} clients", _rates(alone)),
        (f"pipeline, {CLIENTS} clients that wait", f"{_rates(waiting)}, {ratios[0]:.0f} % of the engine alone"),
        ("pipeline, Prefer: respond-async", f"{_rates(later)}, {ratios[1]:.0f} % of the engine alone"),
        *_measure_latency(cloud, photos[0]),
    ]


def _rates(rates: Sequence[float]) -> str:
    return f"{np.mean(rates):.1f} images/s ({', '.join(f'{rate:.1f}' for rate in rates)})"


def _index_alone(cloud: LocalCloud, photos: Sequence[bytes]) -> float:
    """Seconds for IndexFaces of all photos, straight at the engine."""
    url = cloud.addresses["rekognitionEndpoint"]
    headers = {
        "X-Amz-Target": "RekognitionService.IndexFaces",
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": "AWS4-HMAC-SHA256 Credential=b/20260101/us-east-1/rekognition/aws4_request, "
        "SignedHeaders=host, Signature=0",
    }

    def index(photo: bytes) -> None:
        body = {"CollectionId": COLLECTION, "Image": {"Bytes": base64.b64encode(photo).decode()}}
        requests.post(url, json=body, headers=headers, timeout=60).raise_for_status()

    return _run(index, photos)


def _upload(cloud: LocalCloud, photos: Sequence[bytes], folder: str, **headers: str) -> float:
    """Seconds until all photos are indexed."""

    def upload(photo: tuple[int, bytes]) -> None:
        cloud.put(f"{folder}/{photo[0]}.jpg", photo[1], **headers)

    def pending() -> bool:
        images = cloud.send("GET", f"/index?limit=100&prefix={folder}/").json()["images"]
        return any(image["status"] == "PENDING" for image in images)

    seconds = _run(upload, list(enumerate(photos)))
    started = time.perf_counter()
    wait_until(lambda: not pending())
    return seconds + time.perf_counter() - started


def _run(work: Callable[[Any], None], items: Sequence[Any]) -> float:
    started = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(work, items))
    return time.perf_counter() - started


def _measure_latency(cloud: LocalCloud, photo: bytes) -> list[Row]:
    """Searches one after another, and what the function adds to its two AWS calls, by its own log."""
    spent = []
    for _ in range(SEARCHES):
        started = time.perf_counter()
        cloud.send("PUT", "/search", photo).raise_for_status()
        spent.append(1000 * (time.perf_counter() - started))
    health = []
    for _ in range(SEARCHES):
        started = time.perf_counter()
        cloud.send("GET", "/health").raise_for_status()
        health.append(1000 * (time.perf_counter() - started))
    return [
        ("one search over HTTP", _percentiles(spent)),
        ("gateway and a warm function (GET /health)", _percentiles(health)),
    ]


def _percentiles(milliseconds: Sequence[float]) -> str:
    low, high = np.percentile(milliseconds, [50, 95])
    return f"p50 {low:.1f} ms, p95 {high:.1f} ms"
