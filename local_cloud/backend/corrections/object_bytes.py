"""S3: the bytes of an object lie in a file of their own.

moto keeps them in memory, or in an open temporary file each. In files, a snapshot need not carry them, memory
does not grow with the library, and they are on disk before PutObject is answered.
"""

import os
import threading
import uuid
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from moto.s3 import models
from moto.s3.models import FakeKey

from local_cloud.backend.corrections.replacing import wrap


class ObjectFolder:
    """Where the files lie; chosen once the data directory is known."""

    path: Path | None = None


class ObjectFile:
    """The part of a file object that moto's FakeKey uses, over a file that is written whole.

    Closing keeps the file: the last snapshot may still name it. `backend.snapshot` removes what none names.
    """

    def __init__(self, _max_size: int = 0, *, name: str | None = None) -> None:
        self.name = name or uuid.uuid4().hex
        self._position = 0
        self._length = self._path().stat().st_size if name else 0

    def _path(self) -> Path:
        if ObjectFolder.path is None:
            raise RuntimeError("no folder for objects: call keep_objects_in() first")
        return ObjectFolder.path / self.name

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._position = offset + (self._length if whence == os.SEEK_END else 0)
        return self._position

    def read(self, size: int = -1) -> bytes:
        if self._position >= self._length:
            return b""
        with self._path().open("rb") as file:
            file.seek(self._position)
            content = file.read(size)
        self._position += len(content)
        return content

    def truncate(self) -> None:
        self._length = self._position
        if self._length or self._path().exists():
            os.truncate(self._path(), self._length)

    def write(self, content: bytes) -> int:
        with self._path().open("r+b" if self._path().exists() else "wb") as file:
            file.seek(self._position)
            file.write(content)
        self._position += len(content)
        self._length = max(self._length, self._position)
        return len(content)

    def close(self) -> None:
        self._position = 0


def keep_objects_in(folder: Path) -> None:
    """Use `folder` for objects from now on; it is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    ObjectFolder.path = folder


def write_objects_to_files() -> None:
    """Objects are written to `ObjectFolder.path`, and pickled as the name of their file."""
    vars(models)["tempfile"] = SimpleNamespace(SpooledTemporaryFile=ObjectFile)

    def get_state(_: Any, key: FakeKey) -> dict[str, Any]:
        return {name: value for name, value in vars(key).items() if name != "lock"}

    def set_state(_: Any, key: FakeKey, state: dict[str, Any]) -> None:
        vars(key).update(state, lock=threading.Lock())

    wrap(FakeKey, "__getstate__", get_state)
    wrap(FakeKey, "__setstate__", set_state)
    wrap(FakeKey, "__del__", lambda _, __: None)  # moto warns of a temporary file left open; there is none
