"""API keys, usage plans and the limits of methods: who may call, how fast, and how often per period."""

import hashlib
import hmac
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from local_cloud.gateway.refusals import InvalidApiKeyError, QuotaExceededError, ThrottledError


@dataclass(frozen=True)
class UsagePlan:
    """A plan as GetUsagePlans describes it; None means without limit."""

    rate: float | None = None  # requests per second, steadily
    burst: int | None = None  # requests at once
    quota: int | None = None  # requests per period
    period: str = "DAY"


@dataclass(frozen=True)
class Limit:
    """A stage's throttle of one method, for all callers together."""

    rate: float  # requests per second, steadily
    burst: int  # requests at once


class _Meter:
    """What one key or method has used: a token bucket, and a count that starts anew each period (UTC)."""

    def __init__(self, burst: int | None) -> None:
        self.tokens, self.refilled = float(burst or 0), None
        self.period_start: datetime | None = None
        self.used = 0

    tokens: float
    refilled: float | None


class MethodThrottles:
    """Holds each method to its own limit, or to that of `*/*`; names are those of a stage's method settings."""

    def __init__(
        self, limits: Mapping[str, Limit], *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._limits, self._clock = limits, clock
        self._meters: dict[str, _Meter] = {}
        self._lock = threading.Lock()

    def spend(self, resource: str, method: str) -> None:
        """Count one request, or refuse it; `method` is ANY where the resource says so."""
        name = f"{resource.lstrip('/').replace('/', '~1')}/{method}"
        limit = self._limits.get(name) or self._limits.get("*/*")
        if limit is None:
            return
        with self._lock:
            meter = self._meters.setdefault(name, _Meter(limit.burst))
            _take_token(meter, limit.rate, limit.burst, self._clock().timestamp())


class Usage:
    """Checks keys against plans. Counts live in memory: a restart starts the period anew."""

    def __init__(
        self,
        plans_by_key: Mapping[str, UsagePlan],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._plans = {_digest(key): plan for key, plan in plans_by_key.items()}
        self._meters = {digest: _Meter(plan.burst) for digest, plan in self._plans.items()}
        self._clock = clock
        self._lock = threading.Lock()

    def authenticate(self, key: str) -> str:
        """The key's digest, for `spend`. Every known key is compared, each in constant time."""
        digest = _digest(key)
        found = [known for known in self._plans if hmac.compare_digest(known, digest)]
        if not found:
            raise InvalidApiKeyError
        return found[0]

    def spend(self, digest: str) -> None:
        """Count one request, or refuse it."""
        plan, meter, now = self._plans[digest], self._meters[digest], self._clock()
        with self._lock:
            if plan.rate is not None and plan.burst is not None:
                _take_token(meter, plan.rate, plan.burst, now.timestamp())
            if plan.quota is not None:
                _count(meter, plan.quota, _period_start(plan.period, now))


def _take_token(meter: _Meter, rate: float, burst: int, now: float) -> None:
    elapsed = now - meter.refilled if meter.refilled is not None else 0.0
    meter.tokens, meter.refilled = min(burst, meter.tokens + elapsed * rate), now
    if meter.tokens < 1:
        raise ThrottledError
    meter.tokens -= 1


def _count(meter: _Meter, quota: int, period_start: datetime) -> None:
    if meter.period_start != period_start:
        meter.period_start, meter.used = period_start, 0
    if meter.used >= quota:
        raise QuotaExceededError
    meter.used += 1


def _period_start(period: str, now: datetime) -> datetime:
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "MONTH":
        return day.replace(day=1)
    return day - timedelta(days=(day.weekday() + 1) % 7) if period == "WEEK" else day


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
