"""The state file: what a running cloud tells `status`."""

import contextlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_cloud.errors import StartupError
from local_cloud.private_files import require_own
from local_cloud.settings import state_file


@dataclass(frozen=True)
class RunningState:
    """Written when healthy, removed at the end; after a kill -9 it stays, and its pid is gone."""

    pid: int
    data: str
    addresses: dict[str, str]


def state_path(data: Path | None) -> Path:
    """Beside the data that is kept, or in a well-known place."""
    return data / "state.json" if data is not None else state_file()


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


def remove_state(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
