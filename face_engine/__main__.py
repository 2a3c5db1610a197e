"""`python -m face_engine` serves; `setup` makes the models once; `bench` measures; `check-pack` judges a model pack."""

from __future__ import annotations

import prepared  # noqa: F401  # before what it speaks of

import argparse
import logging
import sys
from pathlib import Path

from face_engine.database import StoreLockedError
from face_engine.model_packs.errors import PackError
from face_engine.processor import choose_precision
from face_engine.settings import SettingsError, read_settings
from face_engine.vision.model_files import ModelsMissingError, Precision, require_models


def main() -> int:
    arguments = _parse_arguments()
    try:
        settings = read_settings(vars(arguments))
        _configure_logging(debug=settings.debug)
        if arguments.command == "setup":
            return _set_up(settings.models)
        if arguments.command == "bench":
            return _measure(settings.models, photos=arguments.photos, seconds=arguments.seconds)
        if arguments.command == "check-pack":
            precision = choose_precision(settings.precision)
            return _check_pack(arguments.folder or settings.pack_folder, arguments.photos, precision)
        from face_engine.server import serve

        serve(settings)
    except (SettingsError, ModelsMissingError, PackError, StoreLockedError, OSError) as exc:
        print(f"face_engine: {exc}", file=sys.stderr)
        return 1
    return 0


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m face_engine", description="A Rekognition endpoint with real face models on this machine."
    )
    parser.add_argument("command", nargs="?", choices=["serve", "setup", "bench", "check-pack"], default="serve")
    parser.add_argument("folder", nargs="?", type=Path, help="of check-pack: the pack (the one that would be served)")
    parser.add_argument("--models", type=Path, help="folder of the models (models/ in the repository)")
    parser.add_argument("--pack", type=Path, help="folder of a model pack to use instead; see face_engine/PACKS.md")
    parser.add_argument("--data", type=Path, help="folder of collections and faces (.data/face_engine)")
    parser.add_argument("--host", help="address to listen on (127.0.0.1)")
    parser.add_argument("--host-names", help="names of this machine that clients may use, comma-separated (none)")
    parser.add_argument("--port", help="port to listen on (8002); 0 takes a free one")
    parser.add_argument("--workers", help="pictures worked on at a time (number of processors)")
    parser.add_argument("--queue", help="pictures that may wait (32); more are told to slow down")
    parser.add_argument("--tps", help="requests per second of each operation; aws: AWS's default quotas (off)")
    parser.add_argument("--precision", help="int8, fp32 or auto: int8 where the processor has it fast (auto)")
    parser.add_argument("--min-confidence", help="0..100: faces that the detector is less sure of are refused (0)")
    parser.add_argument("--min-frontality", help="least distance of the eyes in widths of the face (0)")
    parser.add_argument("--min-face-area", help="0..1: least part of the picture that a face must fill (0)")
    parser.add_argument("--account-id", help="12 digits for ARNs (123456789012)")
    parser.add_argument("--debug", action="store_const", const="1", help="log more")
    measuring = parser.add_argument_group("bench and check-pack")
    measuring.add_argument("--photos", type=Path, help="folder of photos, for check-pack as Name/*.jpg")
    measuring.add_argument("--seconds", type=float, default=15, help="of bench, for each part (15)")
    return parser.parse_args()


def _set_up(models: Path) -> int:
    from face_engine.model_setup.build import set_up_models
    from face_engine.model_setup.packages import SetupError

    try:
        changed = set_up_models(models)
    except SetupError as exc:
        print(f"face_engine: {exc}", file=sys.stderr)
        return 1
    print(f"models {'written to' if changed else 'up to date in'} {models}", file=sys.stderr)
    return 0


def _check_pack(folder: Path, photos: Path | None, precision: Precision) -> int:
    from face_engine.pack_check.command import WRONG, check_pack

    try:
        return check_pack(folder, photos, precision=precision, say=print)
    except PackError as exc:
        print("\n".join(f"face_engine: {mistake}" for mistake in exc.mistakes), file=sys.stderr)
        return WRONG


def _measure(models: Path, *, photos: Path | None, seconds: float) -> int:
    """Prints each row as soon as it is measured."""
    from face_engine.bench.photos import read_photos
    from face_engine.bench.table import measure_engine, show_row

    require_models(models)
    for row in measure_engine(read_photos(photos), seconds=seconds, models=models):
        print(show_row(row), flush=True)
    return 0


def _configure_logging(*, debug: bool) -> None:
    """Our own lines on standard error; of other libraries only what went wrong."""
    logging.basicConfig(stream=sys.stderr, level=logging.ERROR, format="%(message)s")
    logging.getLogger("face_engine").setLevel(logging.DEBUG if debug else logging.INFO)


if __name__ == "__main__":
    sys.exit(main())
