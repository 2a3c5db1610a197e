"""How many invocations run at once: in the account, and of functions that have reserved a part of it."""

import threading
from collections import Counter

from local_cloud.lambda_runtime.model import TooManyRequestsError


class Concurrency:
    """`limit` is the account's quota. What functions have reserved is theirs alone, and all others share the rest."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._reserved: dict[str, int] = {}
        self._running: Counter[str] = Counter()
        self._lock = threading.Lock()

    def reserve(self, function: str, concurrency: int | None) -> None:
        """Change a function's part, also while invocations run; 0 lets none begin, None reserves nothing."""
        with self._lock:
            if concurrency is None:
                self._reserved.pop(function, None)
            else:
                self._reserved[function] = concurrency

    def is_stopped(self, function: str) -> bool:
        with self._lock:
            return self._reserved.get(function) == 0

    def begin(self, function: str) -> None:
        """Count one more invocation, until `end`. TooManyRequestsError at once where that is one too many."""
        with self._lock:
            if function in self._reserved:
                if self._running[function] >= self._reserved[function]:
                    raise TooManyRequestsError("ReservedFunctionConcurrentInvocationLimitExceeded")
            elif self._unreserved_running() >= self._limit - sum(self._reserved.values()):
                raise TooManyRequestsError("ConcurrentInvocationLimitExceeded")
            self._running[function] += 1

    def end(self, function: str) -> None:
        with self._lock:
            self._running[function] -= 1

    def _unreserved_running(self) -> int:
        return sum(count for name, count in self._running.items() if name not in self._reserved)
