"""What a running cloud tells `status`, `logs` and `verify`: a file beside its data, and where that is."""

import contextlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_cloud.errors import StartupError
from local_cloud.private_files import make_private, require_own
from local_cloud.settings import REPOSITORY, running_folder


@dataclass(frozen=True)
class RunningState:
    """Written when healthy, removed at the end; after a kill -9 it stays, and its pid is gone."""

    pid: int
    data: str
    addresses: dict[str, str]


def state_path(data: Path) -> Path:
    """Beside the data."""
    return data / "state.json"


def announce(state: RunningState) -> None:
    """Write the state, and where it lies, so that it is found by whoever does not know the directory."""
    write_state(state_path(Path(state.data)), state)
    with contextlib.suppress(StartupError, OSError):  # --data finds it all the same
        (make_private(running_folder()) / str(state.pid)).write_text(state.data)


def retract(state: RunningState) -> None:
    """Undo `announce`."""
    for path in (state_path(Path(state.data)), running_folder() / str(state.pid)):
        with contextlib.suppress(OSError):
            path.unlink()


def find_running(data: Path | None) -> RunningState | None:
    """The cloud on this directory, or without one the only cloud that runs. Raises StartupError where several do."""
    if data is not None:
        return read_state(state_path(data))
    found = {state.pid: state for folder in _folders() if (state := read_state(state_path(folder)))}
    if len(found) > 1:
        folders = "\n".join(f"  {state.data}" for state in found.values())
        raise StartupError(
            f"{len(found)} local clouds are running; choose one by its directory, --data DIR:\n{folders}"
        )
    return next(iter(found.values()), None)


def _folders() -> list[Path]:
    """Directories of clouds that run, or that were killed; the one of `make run` first."""
    folder, found = running_folder(), [REPOSITORY / ".data"]
    with contextlib.suppress(OSError, StartupError):
        require_own(folder)
        found += [Path(note.read_text()) for note in sorted(folder.iterdir())]
    return found


def write_state(path: Path, state: RunningState) -> None:
    """Readable by its owner alone: it holds the API key. What somebody else laid there before is not written into."""
    partial = path.with_suffix(f".{secrets.token_hex(8)}.partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(vars(state), file)
    partial.replace(path)


def read_state(path: Path) -> RunningState | None:
    """None when nothing runs there, or when the file is somebody else's: it says where requests are sent."""
    try:
        require_own(path)
        document: dict[str, Any] = json.loads(path.read_text())
        state = RunningState(**document)
        os.kill(state.pid, 0)
    except (OSError, ValueError, TypeError, StartupError):
        return None
    return state
