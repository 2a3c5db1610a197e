"""The execution environments of one function: started on demand, kept warm, ended when idle."""

import threading
import time
import uuid

from local_cloud.lambda_runtime.environment import Place
from local_cloud.lambda_runtime.function_log import FunctionLog
from local_cloud.lambda_runtime.model import Function, Result, StillRunningError, TooManyRequestsError
from local_cloud.lambda_runtime.worker import Worker, WorkerDiedError, new_trace_id

# An environment beyond the first that did nothing for this long is ended.
IDLE_SECONDS = 60.0


class Pool:
    """At most `size` invocations at once. Further ones wait for a turn; with reserved concurrency they are refused.

    Waiting is ours: Lambda would start environments up to the account's thousand, which one machine cannot.
    """

    def __init__(self, function: Function, place: Place, log: FunctionLog, *, size: int) -> None:
        reserved = function.reserved_concurrency
        self.function = function
        self.log = log
        self._place = place
        self._size = size if reserved is None else min(size, reserved)
        self._refuses = reserved is not None
        self._changed = threading.Condition()
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._starting = 0
        self._closed = False

    def prewarm(self) -> None:
        """Have one environment ready; a failing initialisation is reported by the first invocation, not here."""
        worker = Worker(self.function, self._place, self.log)
        if worker.initialise() is None:
            self._give_back(worker)

    def pids(self) -> list[int]:
        with self._changed:
            return [worker.pid for worker in (*self._idle, *self._busy)]

    def invoke(self, payload: bytes, *, wait_until: float, answer_by: float | None = None) -> Result:
        """Run the function once; `wait_until` (time.monotonic) limits the wait for a free environment.

        After `answer_by` the caller gets StillRunningError, and the function its own time to finish.
        """
        request_id, trace_id = str(uuid.uuid4()), new_trace_id()
        while True:
            worker = self._take(wait_until)
            if isinstance(worker, Result):
                return worker
            try:
                worker.hand_over(payload, request_id=request_id, trace_id=trace_id)
            except WorkerDiedError:
                self._give_back(worker)
                continue
            return self._finish(worker, answer_by)

    def _finish(self, worker: Worker, answer_by: float | None = None) -> Result:
        try:
            result = worker.result(answer_by=answer_by)
        except StillRunningError:
            threading.Thread(target=self._finish, args=(worker,), daemon=True).start()
            raise
        self._give_back(worker)
        return result

    def reap(self) -> None:
        """End environments that were idle too long, but for one."""
        now = time.monotonic()
        with self._changed:
            surplus = [worker for worker in self._idle[:-1] if now - worker.idle_since > IDLE_SECONDS]
            self._idle = [worker for worker in self._idle if worker not in surplus]
        for worker in surplus:
            worker.stop()

    def close(self) -> None:
        """End all environments, also those at work."""
        with self._changed:
            self._closed = True
            workers = [*self._idle, *self._busy]
            self._idle.clear()
            self._changed.notify_all()
        for worker in workers:
            worker.kill()

    def _take(self, wait_until: float) -> Worker | Result:
        with self._changed:
            while not self._idle and len(self._busy) + self._starting >= self._size and not self._closed:
                if self._refuses or not self._changed.wait(wait_until - time.monotonic()):
                    raise TooManyRequestsError(self.function.name)
            if self._closed:
                raise TooManyRequestsError(self.function.name)
            if self._idle:
                worker = self._idle.pop()
                self._busy.add(worker)
                return worker
            self._starting += 1
        return self._start()

    def _start(self) -> Worker | Result:
        try:
            worker = Worker(self.function, self._place, self.log)
            failure = worker.initialise()
        finally:
            with self._changed:
                self._starting -= 1
                self._changed.notify()
        if failure is not None:
            return failure
        with self._changed:
            self._busy.add(worker)
        return worker

    def _give_back(self, worker: Worker) -> None:
        with self._changed:
            self._busy.discard(worker)
            if worker.alive and not self._closed:
                self._idle.append(worker)
            elif worker.alive:
                worker.kill()
            self._changed.notify()
