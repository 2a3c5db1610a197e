"""One execution environment: a process running `awslambdaric`, serving one invocation at a time."""

import json
import os
import secrets
import selectors
import signal
import socket
import subprocess
import time
import uuid
from typing import Any

from local_cloud.children import kill_group, start_module
from local_cloud.lambda_runtime.environment import Place, environment_of
from local_cloud.lambda_runtime.function_log import FunctionLog
from local_cloud.lambda_runtime.memory import peak_memory
from local_cloud.lambda_runtime.model import RESPONSE_LIMIT, Function, Result, StillRunningError
from local_cloud.lambda_runtime.wire import ConnectionLostError, Message, Wire

# Lambda lets initialisation take 10 s, and then does it again within the first invocation's own timeout.
# One generous limit replaces both: on a busy laptop a cold start may take longer than in the cloud.
INIT_SECONDS = 30.0

_NEXT = "/2018-06-01/runtime/invocation/next"
_INIT_ERROR = "/2018-06-01/runtime/init/error"

# Between two looks at the memory of a function that runs. A peak between them is seen at the next one.
_LOOK_SECONDS = 0.1


class WorkerDiedError(Exception):
    """The process ended before it took the event: the invocation may be given to another worker."""


class OutOfMemoryError(Exception):
    """The process has used more memory than its function has."""


class Worker:
    """Owns the process. After `alive` turns False it never serves again."""

    def __init__(self, function: Function, place: Place, log: FunctionLog) -> None:
        self.function, self.alive, self.idle_since = function, True, time.monotonic()
        self.log = log
        self._init_seconds: float | None = None
        self._used: int | None = None  # MB at most
        self._wire: Wire | None = None
        self._pending: Message | None = None
        self._request_id, self._invoked, self._deadline = str(uuid.uuid4()), 0.0, 0.0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._started = time.monotonic()
        self.name = secrets.token_hex(16)
        stream = time.strftime("%Y/%m/%d/[$LATEST]") + self.name
        self.process: subprocess.Popen[bytes] = start_module(
            "awslambdaric",
            function.handler,
            env=environment_of(
                function, place, runtime_api=f"127.0.0.1:{self._listener.getsockname()[1]}", log_stream=stream
            ),
            cwd=function.code,
            output=log.file,
            flags=("-S",),  # no site-packages: only what PYTHONPATH names can be imported
        )

    @property
    def pid(self) -> int:
        return self.process.pid

    def initialise(self) -> Result | None:
        """Wait until the handler is imported; a Result is what the failure answers, and the worker is gone."""
        deadline = self._started + INIT_SECONDS
        try:
            self._wire = Wire(self._accept(deadline))
            message = self._message(deadline)
        except TimeoutError:
            self.kill()
            return _failure("Sandbox.Timedout", f"initialisation took longer than {INIT_SECONDS:g} s")
        except (ConnectionLostError, OutOfMemoryError):
            return self._exited()
        if message.path == _INIT_ERROR:
            self._wire.answer("202 Accepted", {}, b"", deadline)
            self.kill()
            return Result(message.body, failed=True)
        self._pending, self._init_seconds = message, time.monotonic() - self._started
        return None

    def hand_over(self, payload: bytes, *, request_id: str, trace_id: str) -> None:
        """Give the event to the function; WorkerDiedError when the process is gone and never saw it."""
        self._request_id, self._invoked = request_id, time.monotonic()
        self._deadline = self._invoked + self.function.timeout
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + self.function.timeout) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": self.function.arn,
            "Lambda-Runtime-Trace-Id": trace_id,
        }
        assert self._wire is not None
        try:
            if self._pending is None:
                self._wire.read(self._deadline)  # the client's request for work, whose answer is the event
            self._pending = None
            if self.process.poll() is not None:
                raise ConnectionLostError
            self._wire.answer("200 OK", headers, payload, self._deadline)
        except (ConnectionLostError, TimeoutError) as exc:
            self.kill()
            raise WorkerDiedError from exc
        self.log.start(request_id)

    def result(self, *, answer_by: float | None = None) -> Result:
        """What the function answered; ended by force after its timeout.

        StillRunningError when `answer_by` (time.monotonic) comes first: then `result` must be asked again.
        """
        status = ""
        try:
            result = self._received(self._message(self._deadline, answer_by=answer_by))
        except TimeoutError:
            if time.monotonic() < self._deadline:
                raise StillRunningError from None
            self.kill()
            result, status = self._timed_out(), "timeout"
        except ConnectionLostError:
            result, status = self._exited(), "error\tError Type: Runtime.ExitError"
        except OutOfMemoryError:
            result, status = self._exited(), "error\tError Type: Runtime.OutOfMemory"
        self._report(status)
        return result

    def kill(self) -> None:
        """End the process at once; Lambda, too, shuts environments down without asking the function.

        It ends before its connection does, which it would report as an error of its own.
        """
        self.alive = False
        kill_group(self.process)
        self._listener.close()
        if self._wire:
            self._wire.close()

    def _message(self, deadline: float, *, answer_by: float | None = None) -> Message:
        """What the process says next. Its memory is looked at while it works, and when it has done."""
        assert self._wire is not None
        patience = min(deadline, answer_by or deadline)
        while True:
            self._check_memory()
            try:
                self._wire.wait(min(patience, time.monotonic() + _LOOK_SECONDS))
            except TimeoutError:
                if time.monotonic() >= patience:
                    raise
            else:
                message = self._wire.read(deadline)
                self._check_memory()
                return message

    def _check_memory(self) -> None:
        used = peak_memory(self.pid)
        if used is not None:
            self._used = used
            if used > self.function.memory:
                raise OutOfMemoryError

    def _report(self, status: str) -> None:
        init, self._init_seconds = self._init_seconds, None
        seconds, self.idle_since = time.monotonic() - self._invoked, time.monotonic()
        used = min(self._used, self.function.memory) if self._used is not None else None
        self.log.end(
            self._request_id,
            seconds=seconds,
            memory=self.function.memory,
            used=used,
            init_seconds=init,
            status=status,
        )

    def _accept(self, deadline: float) -> socket.socket:
        """The client's connection, or ConnectionLostError when the process ends without making one."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            while self.process.poll() is None:
                self._check_memory()
                if time.monotonic() > deadline:
                    raise TimeoutError
                if selector.select(timeout=0.05):
                    return self._listener.accept()[0]
        raise ConnectionLostError

    def _received(self, message: Message) -> Result:
        assert self._wire is not None
        self._wire.answer("202 Accepted", {"Content-Type": "application/json"}, b'{"status":"OK"}', self._deadline)
        if message.path.endswith("/error"):
            return Result(message.body, failed=True)
        if len(message.body) > RESPONSE_LIMIT:
            text = (
                f"Response payload size ({len(message.body)} bytes) exceeded "
                f"maximum allowed payload size ({RESPONSE_LIMIT} bytes)."
            )
            self.log.note(self._request_id, text)
            return _failure("Function.ResponseSizeTooLarge", text)
        return Result(message.body)

    def _timed_out(self) -> Result:
        text = f"Task timed out after {self.function.timeout:.2f} seconds"
        self.log.note(self._request_id, text)
        return _failure("Sandbox.Timedout", f"RequestId: {self._request_id} Error: {text}")

    def _exited(self) -> Result:
        """What Lambda says when the process is gone: of itself, or killed, for its memory too."""
        self.kill()
        status = self.process.returncode
        ended = f"signal: {(signal.strsignal(-status) or '').lower()}" if status < 0 else f"exit status {status}"
        text = f"Error: Runtime exited with error: {ended}"
        self.log.note(self._request_id, text)
        return _failure("Runtime.ExitError", f"RequestId: {self._request_id} {text}")


def _failure(error_type: str, message: str) -> Result:
    body: dict[str, Any] = {"errorType": error_type, "errorMessage": message}
    return Result(json.dumps(body).encode(), failed=True)


def new_trace_id() -> str:
    """An X-Ray trace header as Lambda sends it to the function; nothing is sampled locally."""
    return f"Root=1-{int(time.time()):08x}-{os.urandom(12).hex()};Parent={os.urandom(8).hex()};Sampled=0"
