"""Child processes: in a process group of their own, and never outliving this process."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

_WATCH = Path(__file__).with_name("parent_watch.py")


def start_module(
    module: str,
    *arguments: str,
    env: Mapping[str, str],
    cwd: Path,
    output: IO[bytes],
    flags: Sequence[str] = (),
    inherited: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Run `python -m module arguments` with exactly `env`; both output streams go to `output`.

    `inherited` are open files that the process gets too, besides its streams.
    Modules are found through PYTHONPATH and site-packages only (-P), not beside the script that watches.
    """
    return subprocess.Popen(  # noqa: S603  # our own interpreter and our own module names
        [sys.executable, "-P", *flags, str(_WATCH), module, *arguments],
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=output,
        env=dict(env),
        cwd=cwd,
        start_new_session=True,
        pass_fds=inherited,
    )


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """End the process and all it started, at once, and collect it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin:
        process.stdin.close()


def stop(process: subprocess.Popen[bytes], *, seconds: float) -> None:
    """Ask the process to end; after `seconds`, end it."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=seconds)
    kill_group(process)
