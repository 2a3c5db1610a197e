"""A function's log file: what it prints, between the START, END and REPORT lines that Lambda writes."""

import threading
from pathlib import Path
from typing import IO


class FunctionLog:
    """Appends to `logs/{function}.log`; worker processes write to the same file by its descriptor."""

    def __init__(self, folder: Path, function: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{function}.log"
        self.file: IO[bytes] = self.path.open("ab", buffering=0)
        self._lock = threading.Lock()

    def start(self, request_id: str) -> None:
        self._write(f"START RequestId: {request_id} Version: $LATEST")

    def note(self, request_id: str, text: str) -> None:
        self._write(f"RequestId: {request_id} {text}")

    def end(
        self,
        request_id: str,
        *,
        seconds: float,
        memory: int,
        used: int | None,
        init_seconds: float | None,
        status: str = "",
    ) -> None:
        """In Lambda's format; the time billed is rounded up to a millisecond, memory is in MB.

        `status` is that of an invocation that Lambda has ended, "timeout" for example.
        """
        milliseconds = seconds * 1000
        ended = f"\tStatus: {status}" if status else ""
        most = f"\tMax Memory Used: {used} MB" if used is not None else ""
        init = f"\tInit Duration: {init_seconds * 1000:.2f} ms" if init_seconds is not None else ""
        self._write(
            f"END RequestId: {request_id}\n"
            f"REPORT RequestId: {request_id}\tDuration: {milliseconds:.2f} ms\t"
            f"Billed Duration: {int(milliseconds) + 1} ms\tMemory Size: {memory} MB{most}{init}{ended}"
        )

    def close(self) -> None:
        with self._lock:
            self.file.close()

    def _write(self, text: str) -> None:
        with self._lock:
            if self.file.closed:
                return  # a function that outlived its caller ended after this cloud did
            self.file.write(text.encode() + b"\n")
