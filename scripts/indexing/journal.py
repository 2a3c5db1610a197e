"""What has been finished, a line per photo, so that a run that was killed goes on where it stopped."""

import json
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Self

from command_line import UsageError

JOURNAL_NAME = ".faceprint-index.jsonl"


@dataclass(frozen=True)
class Entry:
    """How one photo ended. A file is the same as long as its size (bytes) and time (nanoseconds) are."""

    key: str
    bytes: int
    mtime_ns: int
    name: str
    status: str
    etag: str = ""
    reason: str = ""


class Journal:
    """JSON Lines, appended to and flushed photo by photo; one file may serve several deployments.

    Lines that cannot be read are passed over: the last one is torn when the process was killed while it wrote.
    """

    def __init__(self, path: Path, *, url: str) -> None:
        self.path, self._url = path, url
        self._lock = threading.Lock()
        self._entries = _read(path, url)
        self._file: IO[bytes] | None = None

    def find(self, key: str, *, size: int, mtime_ns: int) -> Entry | None:
        """The last entry of a photo, if its file has not changed since."""
        entry = self._entries.get(key)
        return entry if entry and (entry.bytes, entry.mtime_ns) == (size, mtime_ns) else None

    def write(self, entry: Entry) -> None:
        """On return the line outlives this process."""
        line = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "url": self._url, **asdict(entry)}
        with self._lock:
            self._entries[entry.key] = entry
            self._file = self._file or self._open()
            self._file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            self._file.flush()

    def open(self) -> None:
        """Before anything is sent. Raises UsageError where the file cannot be written."""
        try:
            self._file = self._open()
        except OSError as exc:
            raise UsageError(f"{self.path} cannot be written ({exc.strerror}); give --state another file.") from exc

    def _open(self) -> IO[bytes]:
        file = self.path.open("ab+")
        if file.tell():
            file.seek(-1, 2)
            if file.read(1) != b"\n":
                file.write(b"\n")
        return file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()


def _read(path: Path, url: str) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    if not path.exists():
        return entries
    for line in path.read_bytes().splitlines():
        try:
            fields = json.loads(line)
            if fields.pop("url") == url and fields.pop("at"):
                entries[fields["key"]] = Entry(**fields)
        except (ValueError, TypeError, KeyError, AttributeError):
            continue
    return entries
