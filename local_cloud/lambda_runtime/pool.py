"""The execution environments of one function: started on demand, kept warm, ended when idle."""

import threading
import time
import uuid

from local_cloud.lambda_runtime.concurrency import Concurrency
from local_cloud.lambda_runtime.environment import Place
from local_cloud.lambda_runtime.function_log import FunctionLog
from local_cloud.lambda_runtime.model import Function, Observer, Result, StillRunningError, TooManyRequestsError
from local_cloud.lambda_runtime.worker import Worker, WorkerDiedError, new_trace_id

# An environment beyond the first that did nothing for this long is ended.
IDLE_SECONDS = 60.0

# Why an invocation is throttled that found no free environment: on AWS that can only be the account's limit.
_NO_TURN = "ConcurrentInvocationLimitExceeded"


class Pool:
    """At most `size` environments. Invocations that the concurrency allows, and that find none free, wait for a turn.

    Waiting is ours: Lambda would start environments up to the concurrency, of which one machine cannot start so many.
    """

    def __init__(
        self,
        function: Function,
        place: Place,
        log: FunctionLog,
        *,
        size: int,
        concurrency: Concurrency,
        observer: Observer | None = None,
    ) -> None:
        self.function = function
        self.log = log
        self._place = place
        self._size = size
        self._concurrency = concurrency
        self._observer = observer
        self._changed = threading.Condition()
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._starting = 0
        self._closed = False

    def prewarm(self) -> None:
        """Have one environment ready; a failing initialisation is reported by the first invocation, not here."""
        if self._concurrency.is_stopped(self.function.name):
            return
        worker = Worker(self.function, self._place, self.log)
        if worker.initialise() is None:
            self._give_back(worker)

    def pids(self) -> list[int]:
        with self._changed:
            return [worker.pid for worker in (*self._idle, *self._busy)]

    def find(self, name: str) -> Worker | None:
        """The environment of this name, if it is one of these."""
        with self._changed:
            return next((worker for worker in (*self._idle, *self._busy) if worker.name == name), None)

    def invoke(self, payload: bytes, *, wait_until: float, answer_by: float | None = None) -> Result:
        """Run the function once; `wait_until` (time.monotonic) limits the wait for a free environment.

        After `answer_by` the caller gets StillRunningError, and the function its own time to finish.
        """
        self._begin()
        goes_on = False
        try:
            return self._run(payload, wait_until, answer_by)
        except StillRunningError:
            goes_on = True
            raise
        finally:
            if not goes_on:
                self._concurrency.end(self.function.name)

    def _begin(self) -> None:
        try:
            self._concurrency.begin(self.function.name)
        except TooManyRequestsError as exc:
            raise self._throttled(str(exc)) from exc

    def _run(self, payload: bytes, wait_until: float, answer_by: float | None) -> Result:
        request_id, trace_id = str(uuid.uuid4()), new_trace_id()
        while True:
            worker = self._take(wait_until)
            if isinstance(worker, Result):
                self._observe(worker, seconds=0.0)
                return worker
            started = time.monotonic()
            try:
                worker.hand_over(payload, request_id=request_id, trace_id=trace_id)
            except WorkerDiedError:
                self._give_back(worker)
                continue
            try:
                return self._finish(worker, started, answer_by)
            except StillRunningError:
                threading.Thread(target=self._outlive, args=(worker, started), daemon=True).start()
                raise

    def _outlive(self, worker: Worker, started: float) -> None:
        """The function goes on without its caller, and counts as long."""
        try:
            self._finish(worker, started)
        finally:
            self._concurrency.end(self.function.name)

    def _finish(self, worker: Worker, started: float, answer_by: float | None = None) -> Result:
        result = worker.result(answer_by=answer_by)
        self._observe(result, seconds=time.monotonic() - started)
        self._give_back(worker)
        return result

    def _observe(self, result: Result, *, seconds: float) -> None:
        if self._observer:
            self._observer.invoked(self.function.name, seconds=seconds, failed=result.failed)

    def reap(self) -> None:
        """End environments that were idle too long, but for one."""
        now = time.monotonic()
        with self._changed:
            surplus = [worker for worker in self._idle[:-1] if now - worker.idle_since > IDLE_SECONDS]
            self._idle = [worker for worker in self._idle if worker not in surplus]
        for worker in surplus:
            worker.kill()

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
            while len(self._busy) + self._starting >= self._size and not self._closed:
                if not self._changed.wait(wait_until - time.monotonic()):
                    raise self._throttled(_NO_TURN)
            if self._closed:
                raise TooManyRequestsError(_NO_TURN)
            if self._idle:
                worker = self._idle.pop()
                self._busy.add(worker)
                return worker
            self._starting += 1
        return self._start()

    def _throttled(self, reason: str) -> TooManyRequestsError:
        if self._observer:
            self._observer.throttled(self.function.name)
        return TooManyRequestsError(reason)

    def _start(self) -> Worker | Result:
        failure: Result | None = None
        worker: Worker | None = None
        try:
            worker = Worker(self.function, self._place, self.log)
            failure = worker.initialise()
        finally:
            with self._changed:
                self._starting -= 1
                if worker is not None and worker.alive:
                    self._busy.add(worker)
                self._changed.notify()
        return worker if failure is None else failure

    def _give_back(self, worker: Worker) -> None:
        with self._changed:
            self._busy.discard(worker)
            if worker.alive and not self._closed:
                self._idle.append(worker)
            elif worker.alive:
                worker.kill()
            self._changed.notify()
