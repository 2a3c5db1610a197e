"""`check-pack`: everything that is wrong with a pack, or how good it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import cv2

from face_engine.model_packs.description import PACK_FILE, draft_pack
from face_engine.model_packs.errors import PackError
from face_engine.model_packs.pack import Pack
from face_engine.pack_check.photos import Photo, Stopwatch, list_photos, look_at
from face_engine.pack_check.report import describe_pack, report_findings
from face_engine.vision.detector import FaceDetector
from face_engine.vision.embedder import FaceEmbedder
from face_engine.vision.model_files import MANIFEST_FILE, ModelsMissingError, Precision

USABLE, WRONG, NOT_JUDGED = 0, 1, 3
"""Exit codes; 2 is that of wrong arguments. NOT_JUDGED: the pack runs, but the photos do not show that it is good."""

_NO_PHOTOS = """
The pack can be served. How well it tells people apart shows on photos alone: give --photos DIR, a folder with a folder
for each person, as DIR/Ann Lee/1.jpg. Two people and two photos of one are the least; thirty with four each say much.
"""


def check_pack(folder: Path, photos: Path | None, *, precision: Precision, say: Callable[[str], None]) -> int:
    """Tell, line by line, what the pack in `folder` is worth on `photos`; answers the exit code.

    Without photos it tells of mistakes in description and models, and that nothing more can be said.
    Raises `PackError` with all mistakes of pack and photos together.
    """
    pack, detector, embedder, listed = _open_all(folder, photos, precision)
    for line in describe_pack(pack):
        say(line)
    if photos is None:
        say(_NO_PHOTOS.rstrip())
        return NOT_JUDGED
    cv2.setNumThreads(1)
    look_at(listed[0], detector, embedder, Stopwatch())  # the first run of a model allocates
    stopwatch = Stopwatch()
    findings = [look_at(photo, detector, embedder, stopwatch) for photo in listed]
    lines, is_judged = report_findings(pack, findings, stopwatch)
    for line in lines:
        say(line)
    return USABLE if is_judged else NOT_JUDGED


def _open_all(
    folder: Path, photos: Path | None, precision: Precision
) -> tuple[Pack, FaceDetector, FaceEmbedder, list[Photo]]:
    listed = list_photos(photos) if photos else []
    mistakes = [] if listed or not photos else [f"--photos: no folder with photos as Name/*.jpg in {photos}"]
    try:
        if not (folder / PACK_FILE).exists() and not (folder / MANIFEST_FILE).exists():
            raise PackError(folder, [f"there is no {PACK_FILE} in {folder}"])
        pack, wrong = draft_pack(folder, precision=precision)
    except PackError as exc:
        raise PackError(folder, exc.mistakes + mistakes) from exc
    except ModelsMissingError as exc:
        raise PackError(folder, [str(exc), *mistakes]) from exc
    detector, embedder, failed = pack.try_models()
    mistakes = wrong + list(_unexplained(failed, wrong, pack)) + mistakes
    if mistakes or detector is None or embedder is None:
        raise PackError(folder, mistakes)
    return pack, detector, embedder, listed


def _unexplained(failed: Iterable[str], wrong: list[str], pack: Pack) -> Iterator[str]:
    """What models do wrong that is no consequence of a mistake in their section; a missing licence has none."""
    formal = (".licence", ".source")
    broken = {text.partition(".")[0] for text in wrong if not text.partition(":")[0].endswith(formal)}
    sections = {pack.detector.path.name: "detector", pack.embedder.path.name: "embedder"}
    for text in failed:
        if sections.get(text.partition(":")[0]) not in broken:
            yield text
