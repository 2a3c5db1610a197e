"""All benchmarks in one table: `python -m tests.benchmark [--photos DIR] [--people DIR] [--seconds N]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "tests")]

from benchmark.handlers_bench import measure_handlers  # noqa: E402 - the path comes first
from benchmark.load_bench import measure_load  # noqa: E402
from benchmark.pipeline_bench import measure_pipeline  # noqa: E402
from benchmark.refused_flood import measure_refused_flood  # noqa: E402
from benchmark.scale_bench import measure_scale  # noqa: E402
from benchmark.users_bench import measure_users  # noqa: E402
from engine_process import MODELS  # noqa: E402
from face_engine.bench.photos import read_photos  # noqa: E402
from face_engine.bench.table import DEFAULT_SECONDS, measure_engine, show_row  # noqa: E402

PARTS = ("engine", "scale", "load", "pipeline", "handlers", "users", "refused")


def main() -> None:
    """Prints each row as soon as it is measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark", description=__doc__)
    parser.add_argument("--photos", type=Path, help="folder of JPEG files; without it samples/, enlarged to 1.4 MP")
    parser.add_argument("--people", type=Path, help="folder with a folder of photos for each person, beside samples/")
    parser.add_argument("--faces", type=int, default=1_000_000, help="how many the largest collection has")
    parser.add_argument("--seconds", type=float, default=DEFAULT_SECONDS, help="for each part of the engine's rows")
    parser.add_argument("--clients", type=int, default=200, help="clients of the load")
    parser.add_argument("--load-seconds", type=float, default=60, help="how long the load lasts")
    parser.add_argument("--refused", type=int, default=500, help="refused calls a second")
    parser.add_argument("--flood-seconds", type=float, default=30, help="how long they come")
    parser.add_argument("--only", choices=PARTS, action="append", help="these parts alone")
    arguments = parser.parse_args()
    photos = read_photos(arguments.photos)
    parts = {
        "engine": lambda: measure_engine(photos, seconds=arguments.seconds, models=MODELS),
        "scale": lambda: measure_scale(arguments.faces),
        "load": lambda: measure_load(clients=arguments.clients, seconds=arguments.load_seconds),
        "pipeline": lambda: measure_pipeline(photos),
        "handlers": measure_handlers,
        "refused": lambda: measure_refused_flood(seconds=arguments.flood_seconds, rate=arguments.refused),
        "users": lambda: measure_users(arguments.people),
    }
    for name in arguments.only or PARTS:
        for row in parts[name]():
            print(show_row(row), flush=True)


if __name__ == "__main__":
    main()
