"""One local cloud at a time on a data directory, and none blocked by one that was killed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from local_cloud.data_lock import DataLock
from local_cloud.errors import StartupError

HOLDS = """
import sys
from pathlib import Path
from local_cloud.data_lock import DataLock
lock = DataLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_cloud_is_refused_and_told_by_whom(tmp_path: Path) -> None:
    first = DataLock(tmp_path)

    with pytest.raises(
        StartupError, match=re.escape(f"{tmp_path} is in use by another local cloud (process {os.getpid()})")
    ):
        DataLock(tmp_path, patience=0)

    first.close()


def test_it_is_free_again_after_the_end(tmp_path: Path) -> None:
    DataLock(tmp_path).close()

    DataLock(tmp_path, patience=0).close()


def test_a_killed_holder_blocks_nobody(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDS, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
        with pytest.raises(StartupError, match=f"process {holder.pid}"):
            DataLock(tmp_path, patience=0)
        holder.kill()
        holder.wait()

    DataLock(tmp_path, patience=0).close()


def test_it_is_held_as_long_as_somebody_who_inherited_it_runs(tmp_path: Path) -> None:
    lock = DataLock(tmp_path)
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=[lock.descriptor]) as heir:
        lock.close()
        with pytest.raises(StartupError, match="is in use"):
            DataLock(tmp_path, patience=0)
        heir.kill()

    DataLock(tmp_path, patience=0).close()
