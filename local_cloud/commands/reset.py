"""`reset`: empty a data directory."""

import shutil
import sys
from argparse import Namespace
from pathlib import Path

from local_cloud.commands.terminal import tell
from local_cloud.errors import StartupError
from local_cloud.state import read_state, state_path

# What a cloud writes into its directory. Nothing else there is touched.
OURS = (
    "aws.snapshot",
    "aws.partial",
    "code",
    "code.zip",
    "engine",
    "lock",
    "logs",
    "objects",
    "state.json",
    "terraform",
)


def run_reset(options: Namespace) -> int:
    """1 when the answer is no."""
    folder: Path = options.data
    if read_state(state_path(folder)):
        raise StartupError(f"a local cloud is running on {folder}; stop it first")
    found = [folder / name for name in OURS if (folder / name).exists()]
    if not found:
        tell(f"{folder} holds nothing of a local cloud")
        return 0
    if not options.yes:
        tell(f"Erase all photos, tables, queues and faces in {folder}? [y/N] ", end="")
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            return 1
    for path in found:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return 0
