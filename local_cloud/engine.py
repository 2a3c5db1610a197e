"""Keeps `face_engine` running: starts it, watches its health, starts it again when it dies."""

import contextlib
import http.client
import logging
import secrets
import socket
import subprocess
import threading
import time
from pathlib import Path

from local_cloud.children import kill_group, start_module, stop
from local_cloud.errors import StartupError

log = logging.getLogger(__name__)

_CHECK_EVERY_SECONDS = 0.2
_HEALTH_EVERY_CHECKS = 25  # every 5 s
_UNHEALTHY_LIMIT = 6  # 30 s without an answer: it hangs
_BACKOFF_SECONDS = (0.0, 0.5, 1.0, 2.0, 5.0)
_STABLE_SECONDS = 30.0


class Engine:
    """Owns the engine's process; `command` is its module and arguments, `inherited` the files that it keeps open."""

    def __init__(
        self,
        *command: str,
        port: int,
        env: dict[str, str],
        cwd: Path,
        log_file: Path,
        inherited: tuple[int, ...] = (),
    ) -> None:
        self._command, self._env, self._cwd, self._inherited = command, env, cwd, inherited
        self.port = port
        log_file.parent.mkdir(parents=True, exist_ok=True)
        self._log_path, self._log = log_file, log_file.open("ab", buffering=0)
        self._closing = threading.Event()
        self._process = self._start()
        self._thread = threading.Thread(target=self._supervise, name="engine-supervisor", daemon=True)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_until_healthy(self, seconds: float) -> None:
        """Return when it answers; an engine that ends instead cannot start, and its last line says why."""
        deadline = time.monotonic() + seconds
        while not self.is_healthy():
            if self._process.poll() is not None:
                raise StartupError(f"face_engine did not start: {self._last_line()}")
            if time.monotonic() > deadline:
                raise StartupError(f"face_engine did not answer within {seconds:g} s; see {self._log_path}")
            time.sleep(0.02)
        self._thread.start()

    def is_healthy(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def close(self) -> None:
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()
        stop(self._process, seconds=5)
        self._log.close()

    def _start(self) -> subprocess.Popen[bytes]:
        module, *arguments = self._command
        return start_module(
            module, *arguments, env=self._env, cwd=self._cwd, output=self._log, inherited=self._inherited
        )

    def _supervise(self) -> None:
        failures, unhealthy, checks, started = 0, 0, 0, time.monotonic()
        while not self._closing.wait(_CHECK_EVERY_SECONDS):
            checks += 1
            if checks % _HEALTH_EVERY_CHECKS == 0:
                unhealthy = 0 if self.is_healthy() else unhealthy + 1
            if self._process.poll() is None and unhealthy < _UNHEALTHY_LIMIT:
                continue
            failures = 0 if time.monotonic() - started > _STABLE_SECONDS else failures + 1
            log.warning("face_engine ended with status %s; starting it again", self._process.poll())
            kill_group(self._process)
            if self._closing.wait(_BACKOFF_SECONDS[min(failures, len(_BACKOFF_SECONDS) - 1)]):
                return
            self._process, unhealthy, started = self._start(), 0, time.monotonic()

    def _last_line(self) -> str:
        lines = self._log_path.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"status {self._process.returncode}"


def free_port() -> int:
    """A port nobody listens on now, for the engine, which binds it a moment later.

    From below the ranges that systems hand out by themselves, so that no outgoing connection takes it meanwhile.
    """
    while True:
        port = 20_000 + secrets.randbelow(10_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
