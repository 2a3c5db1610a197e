"""One pace for all workers: when one is told to wait, all of them wait, and go slower from then on."""

import threading
import time
from collections.abc import Callable

from faceprint_client import ApiError, BusyError, Pace, ThrottledError

_FIRST_RATE = 10.0  # requests per second after the first refusal
_LOWEST_RATE = 0.2
_SLOWER, _FASTER = 0.7, 1.02  # for each refusal, and for each answer
_UNLIMITED_FROM = 200.0  # who recovers so far needs no limit any more
_LONGEST_BLOCK_SECONDS = 30.0


class StoppedError(Exception):
    """The run is being stopped: what waits does not begin."""


class SharedPace(Pace):
    """A refusal (429, 503) takes 30 % off the rate and holds all requests for its Retry-After; an answer adds 2 %.

    A refusal of a request that began before the rate was last lowered is no news, and does not lower it again.
    """

    def __init__(
        self,
        stop: threading.Event,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], bool] | None = None,
    ) -> None:
        self.throttled = 0
        self.rate: float | None = None
        """Requests per second; None is without limit."""
        self._stop, self._wait = stop, sleep or stop.wait
        self._lock, self._began = threading.Lock(), threading.local()
        self._next = self._lowered = clock()
        self.now, self.sleep = clock, self._sleep

    def start(self) -> None:
        """Raises StoppedError when the run is stopped while a request waits for its turn."""
        while (pause := self._take_turn()) > 0:
            self._sleep(pause)

    def learn(self, error: ApiError | None) -> None:
        with self._lock:
            if isinstance(error, ThrottledError | BusyError):
                self._slow_down(error.retry_after)
            elif error is None and self.rate is not None:
                faster = self.rate * _FASTER
                self.rate = faster if faster < _UNLIMITED_FROM else None

    def _take_turn(self) -> float:
        """Seconds until it is worth asking again; 0 when the turn is taken."""
        with self._lock:
            now = self.now()
            if now < self._next:
                return self._next - now
            self._next = now + (1 / self.rate if self.rate else 0.0)
            self._began.at = now
            return 0.0

    def _slow_down(self, retry_after: float) -> None:
        now = self.now()
        self.throttled += 1
        self._next = max(self._next, now + min(retry_after, _LONGEST_BLOCK_SECONDS))
        if self._began.at >= self._lowered:
            self._lowered = now
            self.rate = _FIRST_RATE if self.rate is None else max(_LOWEST_RATE, self.rate * _SLOWER)

    def _sleep(self, seconds: float) -> None:
        if self._wait(seconds) or self._stop.is_set():
            raise StoppedError
