"""All deployed functions: invoke one by name or ARN."""

import contextlib
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local_cloud.lambda_runtime.concurrency import Concurrency
from local_cloud.lambda_runtime.environment import Place
from local_cloud.lambda_runtime.function_log import FunctionLog
from local_cloud.lambda_runtime.model import (
    PAYLOAD_LIMIT,
    Function,
    FunctionNotFoundError,
    Observer,
    PayloadTooLargeError,
    Result,
)
from local_cloud.lambda_runtime.pool import Pool

_REAP_EVERY_SECONDS = 15.0


class LambdaRuntime:
    """Functions as deployed; the same `invoke` serves gateway, event pollers and the Lambda API."""

    def __init__(
        self,
        place: Place,
        *,
        logs: Path,
        workers_per_function: int,
        concurrency: int = 1000,
        observer: Observer | None = None,
    ) -> None:
        self._place, self._logs, self._size = place, logs, workers_per_function
        self._concurrency = Concurrency(concurrency)
        self._observer = observer
        self._pools: dict[str, Pool] = {}
        self._closing = threading.Event()
        self._reaper = threading.Thread(target=self._reap, name="lambda-reaper", daemon=True)

    def deploy(self, functions: Iterable[Function]) -> None:
        """Take over these functions and start one environment of each, in parallel."""
        for function in functions:
            self._concurrency.reserve(function.name, function.reserved_concurrency)
            self._pools[function.name] = Pool(
                function,
                self._place,
                FunctionLog(self._logs, function.name),
                size=self._size,
                concurrency=self._concurrency,
                observer=self._observer,
            )
        with ThreadPoolExecutor(max_workers=len(self._pools) or 1) as starters:
            list(starters.map(Pool.prewarm, self._pools.values()))
        self._reaper.start()

    def invoke(
        self, function: str, payload: bytes, *, wait_seconds: float = 60.0, answer_seconds: float | None = None
    ) -> Result:
        """Invoke synchronously, as RequestResponse does; `answer_seconds` is the caller's own time limit."""
        if len(payload) > PAYLOAD_LIMIT:
            raise PayloadTooLargeError(function)
        now = time.monotonic()
        answer_by = None if answer_seconds is None else now + answer_seconds
        return self.pool(function).invoke(payload, wait_until=now + wait_seconds, answer_by=answer_by)

    def reserve(self, function: str, concurrency: int | None) -> None:
        """PutFunctionConcurrency and, with None, its deletion; a function that does not run here is left alone."""
        with contextlib.suppress(FunctionNotFoundError):
            self._concurrency.reserve(self.pool(function).function.name, concurrency)

    def pool(self, function: str) -> Pool:
        """The function named, or meant by the ARN."""
        name = function.split(":function:")[-1].split(":")[0]
        if name not in self._pools:
            raise FunctionNotFoundError(name)
        return self._pools[name]

    def pids(self) -> dict[str, list[int]]:
        return {name: pool.pids() for name, pool in self._pools.items()}

    def function_of(self, worker: str) -> str | None:
        """The function whose execution environment bears this name."""
        return next((name for name, pool in self._pools.items() if pool.find(worker)), None)

    def kill(self, worker: str) -> None:
        """SIGKILL, as from anybody: nobody here knows of it before the environment does not answer."""
        for pool in self._pools.values():
            if found := pool.find(worker):
                found.process.kill()

    def close(self) -> None:
        """End every function's processes."""
        self._closing.set()
        for pool in self._pools.values():
            pool.close()
            pool.log.close()

    def _reap(self) -> None:
        while not self._closing.wait(_REAP_EVERY_SECONDS):
            for pool in self._pools.values():
                pool.reap()
