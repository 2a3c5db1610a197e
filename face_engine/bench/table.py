"""All of it, row by row as it is measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from face_engine.bench.figures import Row
from face_engine.bench.http_rates import measure_server
from face_engine.bench.photos import count_megapixels
from face_engine.bench.searches import measure_search
from face_engine.bench.stages import measure_stages
from face_engine.processor import choose_precision

NAME_WIDTH = 34
DEFAULT_SECONDS = 15.0


def measure_engine(photos: Sequence[bytes], *, seconds: float, models: Path) -> Iterator[Row]:
    """Rows of name and figures; `seconds` for the stages, for each number of clients, and for the baseline."""
    size = np.mean([count_megapixels(photo) for photo in photos])
    yield "photos", f"{len(photos)}, {size:.2f} megapixels on average"
    yield "precision that auto takes here", choose_precision("auto")
    yield from measure_stages(photos, seconds=seconds, models=models)
    for count in (10_000, 100_000):
        yield measure_search(count)
    yield from measure_server(photos, seconds=seconds, models=models)


def show_row(row: Row) -> str:
    name, figures = row
    return f"{name:<{NAME_WIDTH}}  {figures}"
