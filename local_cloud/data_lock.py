"""One local cloud at a time on a data directory.

The lock is the kernel's, on an open file: it goes with the last process that has it open, however that ends, so that a
killed cloud blocks nobody. The engine inherits it, since it writes into the directory too and ends a moment later.
"""

import fcntl
import os
import time
from pathlib import Path

from local_cloud.errors import StartupError

FILE_NAME = "lock"
# An engine whose cloud was killed ends at once (`parent_watch`); longer than that, somebody is at work.
_PATIENCE_SECONDS = 3.0


class DataLock:
    """Held until `close`, and by every process that inherited `descriptor`. StartupError when another cloud has it."""

    def __init__(self, folder: Path, *, patience: float = _PATIENCE_SECONDS) -> None:
        self.descriptor = os.open(folder / FILE_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + patience
        while not self._is_taken():
            if time.monotonic() > deadline:
                holder = os.pread(self.descriptor, 32, 0).decode() or "unknown"
                self.close()
                raise StartupError(f"{folder} is in use by another local cloud (process {holder}); stop that first")
            time.sleep(0.05)
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, str(os.getpid()).encode(), 0)

    def close(self) -> None:
        os.close(self.descriptor)

    def _is_taken(self) -> bool:
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
