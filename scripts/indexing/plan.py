"""What there is to do: the photos below a folder, their keys and names, and which are in the library already."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from command_line import PHOTO_SUFFIXES
from faceprint_client import MAX_UPLOAD_BYTES, Answer
from indexing.journal import JOURNAL_NAME, Journal
from indexing.naming import MAX_NAME_CHARACTERS, Naming

MAX_KEY_BYTES = 1024
"""An S3 key as UTF-8."""

_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_DONE = ("INDEXED", "NO_FACE")


@dataclass(frozen=True)
class PhotoFile:
    """One photo to index. `bytes` and `mtime_ns` are those of the file when the plan was made."""

    path: Path
    shown: str
    key: str
    name: str
    bytes: int
    mtime_ns: int
    problem: str = ""
    """Why it cannot be sent; empty where it can."""


@dataclass
class Scan:
    """The photos below a folder by name, and what was passed over, by reason."""

    photos: list[PhotoFile] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)


@dataclass
class Plan:
    """What a run has to do with each photo."""

    new: list[PhotoFile] = field(default_factory=list)
    present: list[PhotoFile] = field(default_factory=list)
    """In the library, with these bytes and this name."""
    waiting: list[PhotoFile] = field(default_factory=list)
    """Stored with these bytes; their faces are not there yet."""
    impossible: list[PhotoFile] = field(default_factory=list)
    """Cannot be sent, for their `problem`."""


def scan_folder(root: Path, *, prefix: str, naming: Naming) -> Scan:
    """Walks once, through symbolic links as well, but through no folder twice."""
    scan = Scan()
    for path in _walk(root, scan.ignored, seen=set()):
        relative = PurePosixPath(path.relative_to(root).as_posix())
        try:
            if _is_photo(path):
                scan.photos.append(_describe(path, relative, prefix=prefix, naming=naming))
            else:
                scan.ignored[f"neither JPEG nor PNG ({path.suffix.lower() or 'no suffix'})"] += 1
        except OSError as exc:
            scan.photos.append(_unreadable(path, relative, prefix=prefix, reason=exc.strerror or str(exc)))
    return scan


def _walk(folder: Path, ignored: Counter[str], *, seen: set[tuple[int, int]]) -> Iterator[Path]:
    status = folder.stat()
    if (status.st_dev, status.st_ino) in seen:
        ignored["a folder again, by a symbolic link"] += 1
        return
    seen.add((status.st_dev, status.st_ino))
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name == JOURNAL_NAME:
            continue
        if entry.name.startswith("."):
            ignored["hidden"] += 1
        elif entry.is_dir():
            yield from _walk(folder / entry.name, ignored, seen=seen)
        elif entry.is_file():
            yield folder / entry.name
        else:
            ignored["a broken link or no file"] += 1


def _is_photo(path: Path) -> bool:
    """By its suffix, so that a damaged one is told, or by its first bytes."""
    if path.suffix.lower() in PHOTO_SUFFIXES:
        return True
    with path.open("rb") as file:
        return file.read(8).startswith(_SIGNATURES)


def _describe(path: Path, relative: PurePosixPath, *, prefix: str, naming: Naming) -> PhotoFile:
    status, key, name = path.stat(), f"{prefix}{relative}", naming(relative)
    problem = _problem_of(key, name, status.st_size) or ("" if os.access(path, os.R_OK) else "It may not be read.")
    return PhotoFile(path, str(relative), key, name, status.st_size, status.st_mtime_ns, problem)


def _unreadable(path: Path, relative: PurePosixPath, *, prefix: str, reason: str) -> PhotoFile:
    return PhotoFile(path, str(relative), f"{prefix}{relative}", "", 0, 0, f"It cannot be read: {reason}.")


def _problem_of(key: str, name: str, size: int) -> str:
    if not key.isprintable():
        return "Its name holds control characters or is not UTF-8; rename it."
    if len(key.encode()) > MAX_KEY_BYTES:
        return f"Its path is longer than {MAX_KEY_BYTES} bytes as UTF-8; shorten it."
    if len(name) > MAX_NAME_CHARACTERS:
        return f"The person's name is longer than {MAX_NAME_CHARACTERS} characters; shorten it."
    if not 0 < size <= MAX_UPLOAD_BYTES:
        return "It is empty." if not size else f"It is larger than 15 MB ({size / 2**20:.1f} MB); make it smaller."
    return ""


def common_prefix(keys: Iterable[str]) -> str:
    """What all keys begin with, so that no more than needed is listed."""
    return os.path.commonprefix(list(keys))  # noqa: RUF071  # keys are texts, no paths


def make_plan(photos: Iterable[PhotoFile], *, library: Mapping[str, Answer], journal: Journal) -> Plan:
    """Compares the photos with the library's images by key; reads only files that may be there already."""
    plan = Plan()
    for photo in photos:
        _list_for(plan, photo, library.get(photo.key), journal).append(photo)
    return plan


def _list_for(plan: Plan, photo: PhotoFile, stored: Answer | None, journal: Journal) -> list[PhotoFile]:
    if photo.problem:
        return plan.impossible
    if stored is None or not _is_same(photo, stored, journal):
        return plan.new
    if stored["status"] == "PENDING":
        return plan.waiting
    renamed = photo.name and photo.name != stored.get("name", "")
    return plan.present if stored["status"] in _DONE and not renamed else plan.new


def _is_same(photo: PhotoFile, stored: Answer, journal: Journal) -> bool:
    """The journal knows the ETag where it is no MD5, as in buckets that encrypt with KMS."""
    if stored.get("bytes") != photo.bytes:
        return False
    entry = journal.find(photo.key, size=photo.bytes, mtime_ns=photo.mtime_ns)
    return stored.get("etag") == (entry.etag if entry and entry.etag else md5_of(photo.path))


def md5_of(path: Path) -> str:
    """The ETag of a photo that S3 stored in one piece."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def price_per_image(info: Answer) -> float:
    """USD for one IndexFaces call, as `GET /info` of the deployment tells it."""
    return float(info["settings"]["aws_rekognition"]["aws_rekognition_price_per_image"])
