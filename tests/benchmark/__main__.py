"""All benchmarks in one table: `python -m tests.benchmark [--photos DIR] [--people DIR]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "tests")]

from benchmark import engine_bench  # noqa: E402 - the path comes first
from benchmark.handlers_bench import measure_handlers  # noqa: E402
from benchmark.pipeline_bench import measure_pipeline  # noqa: E402
from benchmark.scale_bench import measure_scale  # noqa: E402
from benchmark.users_bench import measure_users  # noqa: E402


def main() -> None:
    """Prints each part as soon as it is measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark", description=__doc__)
    parser.add_argument("--photos", type=Path, help="folder of JPEG files; without it samples/, enlarged to 1.4 MP")
    parser.add_argument("--rounds", type=int, default=3, help="turns of engine and baseline")
    parser.add_argument("--people", type=Path, help="folder with a folder of photos for each person, beside samples/")
    parser.add_argument("--faces", type=int, default=1_000_000, help="how many the largest collection has")
    arguments = parser.parse_args()
    photos = engine_bench.read_photos(arguments.photos)
    print_table(engine_bench.measure_engine(photos, rounds=arguments.rounds))
    print_table(measure_scale(arguments.faces))
    print_table(measure_pipeline(photos))
    print_table(measure_handlers())
    print_table(measure_users(arguments.people))


def print_table(rows: list[tuple[str, str]]) -> None:
    width = max(len(name) for name, _ in rows)
    print("\n".join(f"{name:<{width}}  {value}" for name, value in rows), flush=True)


if __name__ == "__main__":
    main()
