"""The engine in figures: `python tests/benchmark/engine_bench.py --photos DIR` prints one table.

Measures the server as a client sees it (a process of its own, over HTTP, two clients), each stage on one thread, exact
search, start and memory. With dlib-bin installed (requirements-bench.txt) the way of the face_recognition package, HOG
and dlib's own network, is measured in turns with the engine, so that both meet the same machine.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from face_engine.images import load_image  # noqa: E402 - the path comes first
from face_engine.matching import FaceMatrix  # noqa: E402
from face_engine.vision.alignment import cut_chip  # noqa: E402
from face_engine.vision.detector import FaceDetector  # noqa: E402
from face_engine.vision.embedder import FaceEmbedder  # noqa: E402
from face_engine.vision.model_files import DETECTOR_FILE, EMBEDDER_FILES  # noqa: E402

CLIENTS = 2
NEIGHBOURS = 10
AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/rekognition/aws4_request, SignedHeaders=host, Signature=0"
)
SEED = 7
Row = tuple[str, str]


def main() -> None:
    arguments = parse_arguments()
    photos = [path.read_bytes() for path in sorted(arguments.photos.rglob("*")) if path.suffix.lower() in SUFFIXES]
    rows = [("photos", f"{len(photos)}, {np.mean([pixels(data) for data in photos]) / 1e6:.2f} megapixels on average")]
    rows += measure_stages(photos, arguments.models)
    rows += measure_search(10_000) + measure_search(100_000)
    rows += measure_server(photos, arguments)
    width = max(len(name) for name, _ in rows)
    print("\n".join(f"{name:<{width}}  {value}" for name, value in rows))


SUFFIXES = {".jpg", ".jpeg", ".png"}


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="folder of JPEG and PNG files")
    parser.add_argument("--models", type=Path, default=REPOSITORY / "models")
    parser.add_argument("--rounds", type=int, default=2, help="turns of engine and baseline")
    parser.add_argument(
        "--baseline-models", type=Path, help="folder with the two .dat files of face_recognition_models"
    )
    return parser.parse_args()


def pixels(data: bytes) -> int:
    return int(np.prod(load_image(data).picture.shape[:2]))


def measure_stages(photos: Sequence[bytes], models: Path) -> list[Row]:
    """Milliseconds on one thread, in process."""
    started = time.perf_counter()
    detector = FaceDetector(models / DETECTOR_FILE)
    embedder = FaceEmbedder(models / EMBEDDER_FILES["int8"])
    rows = [("load both models", f"{1000 * (time.perf_counter() - started):.0f} ms")]
    times: dict[str, list[float]] = {"decode": [], "detect": [], "align, per face": [], "embed, per face": []}
    for data in photos:
        picture = timed(times["decode"], lambda data=data: load_image(data).picture)
        found = timed(times["detect"], lambda picture=picture: detector.find(picture))
        for face in found:
            chip = timed(times["align, per face"], lambda picture=picture, face=face: cut_chip(picture, face.landmarks))
            timed(times["embed, per face"], lambda chip=chip: embedder.describe([chip]))
    return rows + [
        (stage, f"{np.median(spent):.1f} ms median, {np.mean(spent):.1f} mean") for stage, spent in times.items()
    ]


def timed(into: list[float], work: Callable[[], Any]) -> Any:
    started = time.perf_counter()
    result = work()
    into.append(1000 * (time.perf_counter() - started))
    return result


def measure_search(count: int) -> list[Row]:
    """Single queries among `count` random faceprints, against brute force in float64."""
    random = np.random.default_rng(SEED)
    vectors = random.normal(size=(count, 128)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    matrix = FaceMatrix()
    matrix.add(range(count), vectors)
    queries = vectors[random.choice(count, 200)] + 0.05 * random.normal(size=(200, 128)).astype(np.float32)
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    spent: list[float] = []
    hits = 0
    for query in queries:
        found = timed(spent, lambda query=query: matrix.search(query, limit=NEIGHBOURS, threshold=0))
        exact = np.argsort(-(vectors.astype(np.float64) @ query.astype(np.float64)))[:NEIGHBOURS]
        hits += len({match.row for match in found} & set(exact.tolist()))
    low, high = np.percentile(spent, [50, 95])
    recall = hits / (NEIGHBOURS * len(queries))
    return [(f"search among {count:,}", f"p50 {low:.2f} ms, p95 {high:.2f} ms, recall@10 {recall:.3f}")]


def measure_server(photos: Sequence[bytes], arguments: argparse.Namespace) -> list[Row]:
    bodies = [base64.b64encode(data).decode() for data in photos]
    baseline = Baseline(arguments.baseline_models) if arguments.baseline_models else None
    ours: list[float] = []
    theirs: list[float] = []
    with running_server(arguments.models) as (port, process_id, start_seconds):
        call(port, "CreateCollection", {"CollectionId": "bench"})
        send_all(port, bodies[:CLIENTS])
        for turn in range(arguments.rounds):
            ours.append(len(bodies) / send_all(port, bodies))
            if baseline:
                theirs.append(baseline.images_per_second(photos[turn :: arguments.rounds]))
        peak = peak_memory(process_id)
    rows = [
        ("start until healthy", f"{start_seconds:.2f} s"),
        (f"IndexFaces over HTTP, {CLIENTS} clients", f"{np.mean(ours):.1f} images/s {listed(ours)}"),
        ("peak memory of the server", f"{peak:.0f} MB"),
    ]
    if theirs:
        rows.append(("face_recognition's way, 1 process", f"{np.mean(theirs):.2f} images/s {listed(theirs)}"))
        rows.append(("ratio", f"{np.mean(ours) / np.mean(theirs):.1f} x"))
    return rows


def listed(values: Sequence[float]) -> str:
    return f"({', '.join(f'{value:.2f}' for value in values)})"


@contextmanager
def running_server(models: Path) -> Iterator[tuple[int, int, float]]:
    """Port, process id, and seconds from launch to the first healthy answer."""
    with tempfile.TemporaryDirectory() as data:
        command = [sys.executable, "-m", "face_engine", "--port", "0", "--data", data, "--models", str(models)]
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True)
        try:
            assert process.stderr is not None
            ready = json.loads(process.stderr.readline())
            port = int(ready["url"].rsplit(":", 1)[1])
            threading.Thread(target=process.stderr.read, daemon=True).start()
            connection = http.client.HTTPConnection("127.0.0.1", port)
            connection.request("GET", "/health")
            connection.getresponse().read()
            yield port, process.pid, time.perf_counter() - started
        finally:
            process.terminate()
            process.wait(timeout=30)


def send_all(port: int, bodies: Sequence[str]) -> float:
    """Seconds that two clients take to index all images."""
    waiting = list(bodies)
    failures: list[Exception] = []

    def work() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        try:
            while True:
                request = {"CollectionId": "bench", "Image": {"Bytes": waiting.pop()}}
                post(connection, "IndexFaces", request)
        except IndexError:
            return
        except Exception as exc:
            failures.append(exc)

    clients = [threading.Thread(target=work) for _ in range(CLIENTS)]
    started = time.perf_counter()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    if failures:
        raise failures[0]
    return time.perf_counter() - started


def call(port: int, operation: str, request: dict[str, Any]) -> None:
    post(http.client.HTTPConnection("127.0.0.1", port), operation, request)


def post(connection: http.client.HTTPConnection, operation: str, request: dict[str, Any]) -> None:
    headers = {"X-Amz-Target": f"RekognitionService.{operation}", "Authorization": AUTHORIZATION}
    connection.request("POST", "/", body=json.dumps(request), headers=headers)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != http.client.OK:
        raise RuntimeError(text.decode())


def peak_memory(process_id: int) -> float:
    """Megabytes; Linux tells it in /proc."""
    status = Path(f"/proc/{process_id}/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


class Baseline:
    """What `face_recognition.face_encodings(face_recognition.load_image_file(path))` does, with dlib itself."""

    def __init__(self, models: Path) -> None:
        import dlib

        self._detect = dlib.get_frontal_face_detector()
        self._landmarks = dlib.shape_predictor(str(models / "shape_predictor_5_face_landmarks.dat"))
        self._embed = dlib.face_recognition_model_v1(str(models / "dlib_face_recognition_resnet_model_v1.dat"))

    def images_per_second(self, photos: Sequence[bytes]) -> float:
        started = time.perf_counter()
        for data in photos:
            picture = np.ascontiguousarray(load_image(data).picture)
            for box in self._detect(picture, 1):
                self._embed.compute_face_descriptor(picture, self._landmarks(picture, box))
        return len(photos) / (time.perf_counter() - started)


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    main()
