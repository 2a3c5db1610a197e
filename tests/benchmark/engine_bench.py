"""The engine in figures.

Measures the server as a client sees it (a process of its own, over HTTP, two clients), each stage on one thread, exact
search, start and memory. With dlib-bin installed (requirements-bench.txt) the way of the face_recognition package, HOG
and dlib's own network, is measured in turns with the engine, so that both meet the same machine; its two model files
come out of the package that set-up takes ours from.
"""

from __future__ import annotations

import base64
import dataclasses
import http.client
import importlib.util
import json
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from engine_process import MODELS, REPOSITORY, running_engine
from face_engine.images import load_image
from face_engine.matching import FaceMatrix
from face_engine.model_setup.packages import RESNET, fetch_file
from face_engine.vision.alignment import cut_chip
from face_engine.vision.detector import FaceDetector
from face_engine.vision.embedder import FaceEmbedder
from face_engine.vision.model_files import DETECTOR_FILE, EMBEDDER_FILES

CLIENTS = 2
NEIGHBOURS = 10
AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/rekognition/aws4_request, SignedHeaders=host, Signature=0"
)
SEED = 7
TYPICAL_PIXELS = 1_400_000
SUFFIXES = {".jpg", ".jpeg", ".png"}
FIVE_LANDMARKS = dataclasses.replace(
    RESNET,
    path=RESNET.path.replace("dlib_face_recognition_resnet_model_v1", "shape_predictor_5_face_landmarks"),
    file_hash="c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
)
Row = tuple[str, str]


def read_photos(folder: Path | None) -> list[bytes]:
    """The JPEG and PNG files of a folder; without one the samples, enlarged to what cameras and phones send."""
    if folder is not None:
        return [path.read_bytes() for path in sorted(folder.rglob("*")) if path.suffix.lower() in SUFFIXES]
    photos = []
    for path in sorted((REPOSITORY / "samples").glob("*.jpg")):
        picture = load_image(path.read_bytes()).picture
        scale = (TYPICAL_PIXELS / (picture.shape[0] * picture.shape[1])) ** 0.5
        large = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        photos.append(cv2.imencode(".jpg", cv2.cvtColor(large, cv2.COLOR_RGB2BGR))[1].tobytes())
    return photos


def measure_engine(photos: Sequence[bytes], *, rounds: int = 3, models: Path = MODELS) -> list[Row]:
    """Stages, search, server and baseline."""
    rows = [("photos", f"{len(photos)}, {np.mean([pixels(data) for data in photos]) / 1e6:.2f} megapixels on average")]
    rows += measure_stages(photos, models)
    rows += measure_search(10_000) + measure_search(100_000)
    return rows + measure_server(photos, rounds=rounds, models=models)


def pixels(data: bytes) -> int:
    return int(np.prod(load_image(data).picture.shape[:2]))


def measure_stages(photos: Sequence[bytes], models: Path) -> list[Row]:
    """Milliseconds on one thread, in process."""
    cv2.setNumThreads(1)
    started = time.perf_counter()
    detector = FaceDetector(models / DETECTOR_FILE)
    embedders = {precision: FaceEmbedder(models / file) for precision, file in EMBEDDER_FILES.items()}
    rows = [("load all models", f"{1000 * (time.perf_counter() - started):.0f} ms")]
    times: dict[str, list[float]] = {}

    def timed(stage: str, work: Callable[[], Any]) -> Any:
        return time_into(times.setdefault(stage, []), work)

    for data in photos:
        picture = timed("decode", lambda data=data: load_image(data).picture)
        for face in timed("detect", lambda picture=picture: detector.find(picture, closer=True)):
            chip = timed("align, per face", lambda picture=picture, face=face: cut_chip(picture, face.landmarks))
            for precision, embedder in embedders.items():
                describe = embedder.describe
                timed(f"embed {precision}, per face", lambda chip=chip, describe=describe: describe([chip]))
    return rows + [(stage, f"{np.median(ms):.1f} ms median, {np.mean(ms):.1f} mean") for stage, ms in times.items()]


def time_into(into: list[float], work: Callable[[], Any]) -> Any:
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
        found = time_into(spent, lambda query=query: matrix.search(query, limit=NEIGHBOURS, threshold=0))
        exact = np.argsort(-(vectors.astype(np.float64) @ query.astype(np.float64)))[:NEIGHBOURS]
        hits += len({match.row for match in found} & set(exact.tolist()))
    low, high = np.percentile(spent, [50, 95])
    recall = hits / (NEIGHBOURS * len(queries))
    return [(f"search among {count:,}", f"p50 {low:.2f} ms, p95 {high:.2f} ms, recall@10 {recall:.3f}")]


def measure_server(photos: Sequence[bytes], *, rounds: int, models: Path) -> list[Row]:
    bodies = [base64.b64encode(data).decode() for data in photos]
    baseline = Baseline() if importlib.util.find_spec("dlib") else None
    ours: list[float] = []
    theirs: list[float] = []
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as data, running_engine(Path(data), models=models) as engine:
        start_seconds = time.perf_counter() - started
        engine.client().create_collection(CollectionId="bench")
        send_all(engine.port, bodies[:CLIENTS])
        for turn in range(rounds):
            ours.append(len(bodies) / send_all(engine.port, bodies))
            if baseline:
                theirs.append(baseline.images_per_second(photos[turn::rounds]))
        peak = peak_memory(engine.process.pid)
    rows = [
        ("start until ready", f"{start_seconds:.2f} s"),
        (f"IndexFaces over HTTP, {CLIENTS} clients", f"{np.mean(ours):.1f} images/s {listed(ours)}"),
        ("peak memory of the server", peak),
    ]
    if theirs:
        rows.append(("face_recognition's way, in process", f"{np.mean(theirs):.2f} images/s {listed(theirs)}"))
        rows.append(("ratio", f"{np.mean(ours) / np.mean(theirs):.1f} x"))
    return rows


def listed(values: Sequence[float]) -> str:
    return f"({', '.join(f'{value:.2f}' for value in values)})"


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


def post(connection: http.client.HTTPConnection, operation: str, request: dict[str, Any]) -> None:
    headers = {"X-Amz-Target": f"RekognitionService.{operation}", "Authorization": AUTHORIZATION}
    connection.request("POST", "/", body=json.dumps(request), headers=headers)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != http.client.OK:
        raise RuntimeError(text.decode())


def peak_memory(process_id: int) -> str:
    status = Path(f"/proc/{process_id}/status")
    if not status.exists():
        return "only Linux tells"
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return f"{int(line.split()[1]) / 1024:.0f} MB"


class Baseline:
    """What `face_recognition.face_encodings(face_recognition.load_image_file(path))` does, with dlib itself."""

    def __init__(self) -> None:
        import dlib

        self._detect = dlib.get_frontal_face_detector()
        with tempfile.TemporaryDirectory() as folder:
            landmarks, network = Path(folder) / "landmarks.dat", Path(folder) / "network.dat"
            landmarks.write_bytes(fetch_file(FIVE_LANDMARKS))
            network.write_bytes(fetch_file(RESNET))
            self._landmarks = dlib.shape_predictor(str(landmarks))
            self._embed = dlib.face_recognition_model_v1(str(network))

    def images_per_second(self, photos: Sequence[bytes]) -> float:
        started = time.perf_counter()
        for data in photos:
            picture = np.ascontiguousarray(load_image(data).picture)
            for box in self._detect(picture, 1):
                self._embed.compute_face_descriptor(picture, self._landmarks(picture, box))
        return len(photos) / (time.perf_counter() - started)
