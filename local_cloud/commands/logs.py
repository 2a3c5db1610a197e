"""`logs`: the lines of gateway and functions, merged in the order of their time."""

import json
import time
from argparse import Namespace
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from local_cloud.commands.terminal import answer, tell
from local_cloud.log_files import LogFiles
from local_cloud.state import find_running

_ACCESS_LOG = "gateway-access"
_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Line:
    """A structured line. `moment` is in seconds since 1970, `source` the name of its log."""

    moment: float
    source: str
    fields: dict[str, Any]


def run_logs(options: Namespace) -> int:
    """0, and 1 when there is no such log."""
    folder = _folder(options.data)
    if folder is None:
        tell("no local cloud is running here; name its data directory with --data")
        return 1
    reader = LogReader(folder, function=options.function)
    chosen = Chosen(options.correlation_id)
    _print(chosen.of(reader.new_lines()))
    try:
        while options.follow:
            time.sleep(_POLL_SECONDS)
            _print(chosen.of(reader.new_lines()))
    except KeyboardInterrupt:
        pass
    return 0


def _folder(data: Path | None) -> Path | None:
    if data is None:
        state = find_running(None)
        data = Path(state.data) if state else None
    folder = data / "logs" if data else None
    return folder if folder and folder.is_dir() else None


def _print(lines: Iterable[Line]) -> None:
    for line in lines:
        answer(f"{line.source} {json.dumps(line.fields, ensure_ascii=False, separators=(',', ':'))}")


class LogReader:
    """Reads on in the logs of a data directory; with a function in its log alone, by its name or the end of it."""

    def __init__(self, folder: Path, *, function: str | None = None) -> None:
        self._function = function
        self._files = LogFiles(folder, from_start=True, wanted=self._wanted)

    def new_lines(self) -> list[Line]:
        """What was written since the last time, the oldest first. Lines of metrics are for CloudWatch and left out."""
        found = []
        for path, text in self._files.new_lines():
            fields = _fields(text)
            moment = _moment(fields)
            if moment is not None:
                found.append(Line(moment, path.stem, fields))
        return sorted(found, key=lambda line: line.moment)

    def _wanted(self, path: Path) -> bool:
        return self._function is None or path.stem == self._function or path.stem.endswith(f"_{self._function}")


def _fields(text: bytes) -> dict[str, Any]:
    if not text.startswith(b"{"):
        return {}
    try:
        found: dict[str, Any] = json.loads(text)
    except ValueError:
        return {}
    return found


def _moment(fields: dict[str, Any]) -> float | None:
    """By the functions' timestamp, or by the gateway's: the second in which a request came."""
    written, received = fields.get("timestamp"), fields.get("requestTime")
    try:
        if written:
            return datetime.strptime(written, "%Y-%m-%d %H:%M:%S,%f%z").timestamp()
        return datetime.fromisoformat(received).timestamp() if received else None
    except (TypeError, ValueError):
        return None


class Chosen:
    """The lines of one correlation id, or all.

    The gateway knows no correlation id but its own request id, so the functions' lines say which requests are meant.
    """

    def __init__(self, correlation_id: str | None) -> None:
        self._meant = {correlation_id} if correlation_id else set()
        self._correlation_id = correlation_id
        self._waiting: list[Line] = []

    def of(self, lines: list[Line]) -> list[Line]:
        """Those of them, and of the access log's lines before, that belong to it."""
        if self._correlation_id is None:
            return lines
        self._meant |= {
            line.fields["requestId"]
            for line in lines
            if line.fields.get("correlation_id") == self._correlation_id and "requestId" in line.fields
        }
        lines, self._waiting = [*self._waiting, *lines], []
        found = [line for line in lines if self._belongs(line)]
        # The gateway writes after the function, so a request of the last lines may yet turn out to be meant.
        self._waiting = [line for line in lines if line.source == _ACCESS_LOG and not self._belongs(line)][-1000:]
        return sorted(found, key=lambda line: line.moment)

    def _belongs(self, line: Line) -> bool:
        if line.source == _ACCESS_LOG:
            return line.fields.get("requestId") in self._meant
        return line.fields.get("correlation_id") == self._correlation_id
