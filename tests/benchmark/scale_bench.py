"""A million faces in figures: search, changes, restart and memory.

The faceprints are drawn from a seed, shaped like those of faces: about a common mean, so that strangers' inner products
are 0.84 at the median and 0.76 to 0.89 in 98 of 100 cases, and those of one person's photos 0.97 (measured on the
photos of ten people). Four photos of each person; each query is a fifth one.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from engine_process import running_engine
from face_engine.face_library import FaceLibrary
from face_engine.face_store import FaceStore
from face_engine.matching import FaceMatrix, to_similarity
from face_engine.records import Box, Collection, ImageOfFaces, NewFace

MEAN = 0.92
BETWEEN, WITHIN = 0.124, 0.026
"""Variance of a person's mean about the common one, and of a photo about the person's."""

DECAY = 14
"""Of the variance along the principal axes: the spread of strangers' inner products tells how many axes matter."""

PHOTOS = 4
QUERIES = 200
CHUNK = 40_000
SEED = 11
LIMITS = ((10, 80.0), (100, 80.0), (100, 0.0), (4096, 0.0))
"""`MaxFaces` and `FaceMatchThreshold`: the higher and the lower, the more is left to verify."""

Row = tuple[str, str]


@dataclass(frozen=True)
class People:
    """Faceprints [n, 128], and faceprints [200, 128] of other photos of the same people."""

    vectors: np.ndarray
    queries: np.ndarray


def draw_people(count: int, *, seed: int = SEED) -> People:
    random = np.random.default_rng(seed)
    axes = np.linalg.qr(random.normal(size=(128, 128)))[0].astype(np.float32)
    decay = np.exp(-np.arange(127) / DECAY)
    decay /= decay.sum()
    between = np.sqrt(BETWEEN * decay).astype(np.float32)
    within = np.sqrt(WITHIN * (decay + 1 / 127) / 2).astype(np.float32)

    def photograph(people: np.ndarray) -> np.ndarray:
        offsets = people + within * random.standard_normal(people.shape, np.float32)
        vectors = np.column_stack([np.full(len(people), MEAN, np.float32), offsets]) @ axes.T
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    vectors = np.empty((count, 128), np.float32)
    for start in range(0, count, CHUNK):
        size = min(CHUNK, count - start)
        people = between * random.standard_normal((size // PHOTOS + 1, 127), np.float32)
        vectors[start : start + size] = photograph(np.repeat(people, PHOTOS, axis=0)[:size])
    queries = photograph(people[random.choice(size // PHOTOS, QUERIES)])
    return People(vectors[random.permutation(count)], queries)


def measure_scale(count: int = 1_000_000) -> list[Row]:
    """Search in memory among a tenth and all of `count`, then the whole way through the store and a server."""
    with threadpool_limits(1, user_api="blas"):
        rows = measure_search(draw_people(count // 10))
        people = draw_people(count)
        rows += measure_search(people)
        with tempfile.TemporaryDirectory() as folder:
            with running_engine(Path(folder)) as engine:
                engine.client().create_collection(CollectionId="bench")
            rows += measure_store(people, Path(folder))
            rows += measure_restart(Path(folder))
    return rows


def measure_search(people: People) -> list[Row]:
    """Against brute force in float64, and in turns with numpy's plain product."""
    matrix = FaceMatrix()
    count = len(people.vectors)
    added: list[float] = []
    before = resident_megabytes()
    time_into(added, lambda: matrix.add(range(count), people.vectors))
    memory = resident_megabytes() - before
    rows = [("into memory", f"{added[0] / 1000:.2f} s, {memory:.0f} MB")]
    rows += [measure_limit(matrix, people, limit, threshold) for limit, threshold in LIMITS]
    rows += [measure_threads(matrix, people, threads) for threads in (1, 2, 4)]
    return [(f"among {count:,}: {name}", value) for name, value in rows]


def measure_limit(matrix: FaceMatrix, people: People, limit: int, threshold: float) -> Row:
    ours: list[float] = []
    plain: list[float] = []
    busy: list[float] = []
    for query in people.queries[:100]:
        started = time.thread_time()
        time_into(ours, partial(matrix.search, query, limit=limit, threshold=threshold))
        busy.append(1000 * (time.thread_time() - started))
        time_into(plain, partial(search_plainly, people.vectors, query, limit=limit))
    figures = f"{percentiles(ours)}, of the processor {np.median(busy):.1f} and {np.percentile(busy, 95):.1f}"
    ratio = np.median(plain) / np.median(ours)
    recall = measure_recall(matrix, people, limit=limit)
    return f"{limit} best of similarity {threshold:.0f}", f"{figures}; {recall}; numpy's product takes {ratio:.1f} x"


def search_plainly(vectors: np.ndarray, query: np.ndarray, *, limit: int) -> np.ndarray:
    scores = vectors @ query
    return np.flatnonzero(scores >= np.partition(scores, -limit)[-limit])


def measure_recall(matrix: FaceMatrix, people: People, *, limit: int) -> str:
    """Share of the best 1 and the best `limit` by brute force in float64 that is found with the same similarity."""
    first, all_of_them, queries = 0, 0, people.queries[:10]
    for query in queries:
        parts = np.array_split(people.vectors, max(1, len(people.vectors) // CHUNK))
        cosines = np.concatenate([part.astype(np.float64) @ query.astype(np.float64) for part in parts])
        best = np.argsort(-cosines)[:limit]
        exact = dict(zip(best.tolist(), to_similarity(cosines[best]).tolist(), strict=True))
        found = {match.row: match.similarity for match in matrix.search(query, limit=limit, threshold=0)}
        first += next(iter(found.items())) == next(iter(exact.items()))
        all_of_them += len(found.items() & exact.items())
    return f"recall@1 {first / len(queries):.3f}, @{limit} {all_of_them / limit / len(queries):.4f}"


def measure_threads(matrix: FaceMatrix, people: People, threads: int) -> Row:
    """Several threads search while one adds and removes, for two seconds."""
    spent: list[float] = []
    end = time.perf_counter() + 2

    def search(turn: int) -> None:
        while time.perf_counter() < end:
            turn = (turn + 1) % QUERIES
            time_into(spent, partial(matrix.search, people.queries[turn], limit=100, threshold=80))

    def change() -> None:
        row = len(people.vectors)
        while time.perf_counter() < end:
            row += 1
            matrix.add([row], people.vectors[:1])
            matrix.remove([row])

    workers = [threading.Thread(target=search, args=(7 * number,)) for number in range(threads)]
    workers.append(threading.Thread(target=change))
    started = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    rate = len(spent) / (time.perf_counter() - started)
    return f"{threads} threads beside constant changes", f"{rate:.0f} searches/s, {percentiles(spent)}"


def measure_store(people: People, folder: Path) -> list[Row]:
    """Faces through the store as IndexFaces puts them, 100 of a picture; then single ones beside all others."""
    store = FaceStore(folder)
    collection, library = store.get_collection("bench"), FaceLibrary(store)
    count = len(people.vectors)
    started = time.perf_counter()
    for start in range(0, count, 100):
        add_picture(library, collection, people.vectors[start : start + 100])
    seconds = time.perf_counter() - started
    disk = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    rows = [(f"store {count:,} faces, 100 of a picture", f"{seconds:.0f} s, {disk:.0f} MB of disk")]
    rows += measure_changes(library, collection, people)
    store.close()
    return rows


def measure_changes(library: FaceLibrary, collection: Collection, people: People) -> list[Row]:
    """Raises `RuntimeError` when a face is not found after it was stored, or found after it was deleted."""
    loaded: list[float] = []
    stored: list[float] = []
    deleted: list[float] = []
    time_into(loaded, partial(library.search, collection, people.queries[0], limit=1, threshold=80))
    for query in people.queries:
        face_id = time_into(stored, partial(add_picture, library, collection, query[None]))
        found = library.search(collection, query, limit=1, threshold=99.99)
        time_into(deleted, partial(library.delete_faces, collection, [face_id]))
        left = library.search(collection, query, limit=1, threshold=99.99)
        if [match.face.face_id for match in found] != [face_id] or left:
            raise RuntimeError("memory does not follow the store")
    return [
        ("read all into memory at the first search", f"{loaded[0] / 1000:.2f} s"),
        ("store one face of one picture more", percentiles(stored)),
        ("delete one face and erase it from disk", percentiles(deleted)),
    ]


def measure_restart(folder: Path) -> list[Row]:
    """A server's start and its first answer, with the file in and out of the page cache; then SearchFaces over HTTP."""
    rows = []
    for state in ("cached", "on disk alone"):
        if state != "cached":
            drop_from_cache(folder / "faces.sqlite")
        started = time.perf_counter()
        with running_engine(folder) as engine:
            client = engine.client()
            face_id = client.list_faces(CollectionId="bench", MaxResults=1)["Faces"][0]["FaceId"]
            client.search_faces(CollectionId="bench", FaceId=face_id)
            rows.append(
                (f"restart until the first search is answered, {state}", f"{time.perf_counter() - started:.2f} s")
            )
            for matches, threshold in ((100, 80), (4096, 0)):
                spent: list[float] = []
                request = {"MaxFaces": matches, "FaceMatchThreshold": threshold}
                for _ in range(30):
                    time_into(spent, partial(client.search_faces, CollectionId="bench", FaceId=face_id, **request))
                rows.append((f"SearchFaces over HTTP, {matches} best of {threshold}", percentiles(spent)))
            rows.append(("memory of the server", f"{resident_megabytes(engine.process.pid):.0f} MB"))
    return rows


def drop_from_cache(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def add_picture(library: FaceLibrary, collection: Collection, vectors: np.ndarray) -> str:
    """Stores faces of one picture; answers the id of the first."""
    faces = [
        NewFace(str(uuid.uuid4()), Box(place / 100, 0.1, 0.2, 0.3), 90.0, vector)
        for place, vector in enumerate(vectors)
    ]
    image = ImageOfFaces(
        str(uuid.uuid4()), hashlib.sha256(faces[0].face_id.encode()).digest(), f"photos/{faces[0].face_id}.jpg"
    )
    return library.add_faces(collection, image, faces)[0].face_id


def resident_megabytes(process: int | str = "self") -> float:
    """Of a process, on Linux alone."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def time_into(into: list[float], work: Callable[[], Any]) -> Any:
    started = time.perf_counter()
    result = work()
    into.append(1000 * (time.perf_counter() - started))
    return result


def percentiles(milliseconds: Sequence[float]) -> str:
    return "p50 {:.1f} ms, p95 {:.1f}, p99 {:.1f}".format(*np.percentile(milliseconds, [50, 95, 99]))
