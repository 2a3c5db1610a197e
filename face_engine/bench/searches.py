"""Single queries among many random faceprints, against brute force in float64."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from face_engine.bench.figures import Row, show_percentiles, time_into
from face_engine.matching import FaceMatrix
from face_engine.vision.arrays import FACEPRINT_SIZE, Floats

NEIGHBOURS = 10
QUERIES = 200
NOISE = 0.05
SEED = 7


def measure_search(count: int) -> Row:
    """Latency and recall among `count` faceprints."""
    random = np.random.default_rng(SEED)
    vectors = _normalise(random.normal(size=(count, FACEPRINT_SIZE)))
    matrix = FaceMatrix()
    matrix.add(range(count), vectors)
    noise = NOISE * random.normal(size=(QUERIES, FACEPRINT_SIZE))
    queries = _normalise(vectors[random.choice(count, QUERIES)] + noise)  # nosec B311  # of a benchmark
    spent: list[float] = []
    found = [time_into(spent, matrix.search, query, limit=NEIGHBOURS, threshold=0) for query in queries]
    exactly = vectors.astype(np.float64)
    hits = 0
    for query, matches in zip(queries, found, strict=True):
        nearest = np.argpartition(-(exactly @ query), NEIGHBOURS)[:NEIGHBOURS]
        hits += len({match.row for match in matches} & set(nearest.tolist()))
    recall = hits / (NEIGHBOURS * QUERIES)
    return f"search among {count:,}", f"{show_percentiles(spent)}, recall@{NEIGHBOURS} {recall:.3f}"


def _normalise(vectors: npt.NDArray[np.float64]) -> Floats:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)
