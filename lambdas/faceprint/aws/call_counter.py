"""Count and time of the calls to AWS. No boto3 in here: not every function calls AWS, and importing it takes 0.2 s."""

import threading
import time
from collections import Counter, defaultdict
from typing import Any

_STARTED, _ATTEMPTS, _NAME = "faceprint-started", "faceprint-attempts", "faceprint-name"
"""What a call keeps in botocore's context of it, which all its events carry."""

THROTTLING_CODES = frozenset(
    (
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "LimitExceededException",
        "SlowDown",
    )
)
"""How AWS says that it was asked too often."""


class CallCounter:
    """Calls by "service.Operation" since the last `reset`. A retry is not a new call, it is counted beside them.

    A call that AWS was throttling to the end is none, as it costs nothing: its attempts are retries of one to come.

    Several threads may make calls at a time: the sum of their milliseconds can then exceed the time of the request.
    """

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.retries: Counter[str] = Counter()
        self._milliseconds: defaultdict[str, list[float]] = defaultdict(list)
        self._lock = threading.Lock()

    def reset(self) -> None:
        """Forgets all calls; a function does this at the beginning of each request."""
        with self._lock:
            self.calls.clear()
            self.retries.clear()
            self._milliseconds.clear()

    def of(self, service: str) -> dict[str, int]:
        """Calls of one service by operation."""
        return {name.split(".")[1]: count for name, count in self.calls.items() if name.startswith(f"{service}.")}

    def summary(self) -> dict[str, dict[str, Any]]:
        """For the log: calls, the milliseconds that all of an operation took with their retries, and the retries."""
        with self._lock:
            spent = {name: round(sum(each), 1) for name, each in self._milliseconds.items()}
            return {"calls": dict(self.calls), "callMilliseconds": spent, "retries": dict(self.retries)}

    def milliseconds_of(self, service: str) -> list[float]:
        """How long each call of one service took, retries and the pauses before them included."""
        with self._lock:
            found = [each for name, each in self._milliseconds.items() if name.startswith(f"{service}.")]
        return [round(value, 1) for each in found for value in each]

    def attach(self, client: Any) -> None:
        """Counts the calls of this client from now on."""
        events = client.meta.events
        events.register("before-call", self._begin)
        events.register("request-created", self._attempt)
        events.register("after-call", self._end)
        events.register("after-call-error", self._end)

    def _begin(self, model: Any, context: dict[str, Any], **_: Any) -> None:
        name = f"{model.service_model.endpoint_prefix}.{model.name}"
        context |= {_NAME: name, _STARTED: time.monotonic(), _ATTEMPTS: 0}
        with self._lock:
            self.calls[name] += 1

    def _attempt(self, request: Any, **_: Any) -> None:
        """Botocore makes a request for each attempt."""
        if _ATTEMPTS in request.context:
            request.context[_ATTEMPTS] += 1

    def _end(self, context: dict[str, Any], parsed: dict[str, Any] | None = None, **_: Any) -> None:
        name = context[_NAME]
        refused = (parsed or {}).get("Error", {}).get("Code") in THROTTLING_CODES
        with self._lock:
            self._milliseconds[name].append((time.monotonic() - context[_STARTED]) * 1000)
            self.calls -= Counter({name: int(refused)})
            self.retries += Counter({name: context[_ATTEMPTS] - (not refused)})
