"""A file that records are appended to, each whole or not at all.

A record is its length, its CRC-32 (4 bytes each, big-endian) and its bytes, written in one call. A process that is
killed leaves everything it has written, and at most the last record torn; that one was never answered for, and is
dropped. There is no fsync: what the operating system still holds is lost when the machine dies, not with the process.
"""

import contextlib
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

_HEAD = struct.Struct(">II")


class Journal:
    """Appends to `path`, which exists and ends with a whole record, or with what comes before the first."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        self._begin = self._end = os.fstat(self._file).st_size

    @property
    def size(self) -> int:
        """Bytes appended here."""
        return self._end - self._begin

    def append(self, record: bytes) -> None:
        """OSError when the disk refuses; the file is then as it was."""
        frame = _HEAD.pack(len(record), zlib.crc32(record)) + record
        try:
            written = os.write(self._file, frame)
            if written < len(frame):
                raise OSError(f"only {written} of {len(frame)} bytes could be written")
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._end)
            raise
        self._end += len(frame)

    def close(self) -> None:
        os.close(self._file)


def records(file: IO[bytes]) -> Iterator[bytes]:
    """The whole records from here on. Afterwards `file` stands behind the last of them, where a torn one may begin."""
    while True:
        begin = file.tell()
        head = file.read(_HEAD.size)
        if len(head) == _HEAD.size:
            length, checksum = _HEAD.unpack(head)
            record = file.read(length)
            if len(record) == length and zlib.crc32(record) == checksum:
                yield record
                continue
        file.seek(begin)
        return
