"""What a data directory holds (photos, keys, the state that is read back by pickle) is its owner's alone."""

import os
from pathlib import Path

from local_cloud.errors import StartupError

OTHERS_NOTHING = 0o077
"""A umask: files are 0600 and folders 0700, those of the engine and the functions too, which inherit it."""


def make_private(folder: Path) -> Path:
    """The folder, made if need be, with mode 0700. Raises StartupError where it is somebody else's."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
    except OSError as exc:
        raise StartupError(f"{folder} cannot be made private ({exc.strerror}): choose a directory of your own") from exc
    return folder.resolve()


def require_own(file: Path) -> None:
    """Raises StartupError for a file that another user owns; `OSError` where there is none."""
    if file.stat().st_uid != os.getuid():
        raise StartupError(f"{file} belongs to another user: what it says is not believed")
