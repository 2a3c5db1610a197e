"""Reading on in the log files of a folder while others write them."""

from collections.abc import Callable, Iterator
from pathlib import Path


class LogFiles:
    """Remembers how far each `*.log` was read: from its end as it is now, or with `from_start` from its beginning."""

    def __init__(
        self, folder: Path, *, from_start: bool = False, wanted: Callable[[Path], bool] = lambda path: bool(path)
    ) -> None:
        self._folder, self._wanted = folder, wanted
        self._read = {} if from_start else {path: path.stat().st_size for path in self._paths()}

    def new_lines(self) -> Iterator[tuple[Path, bytes]]:
        """Each complete line since the last time, file by file."""
        for path in self._paths():
            with path.open("rb") as file:
                file.seek(self._read.get(path, 0))
                complete, end, _ = file.read().rpartition(b"\n")
            self._read[path] = self._read.get(path, 0) + len(complete) + len(end)
            yield from ((path, line) for line in complete.split(b"\n") if line)

    def _paths(self) -> list[Path]:
        return sorted(path for path in self._folder.glob("*.log") if self._wanted(path))
