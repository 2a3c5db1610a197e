"""Metrics by CloudWatch's names, gathered per minute in memory: reporting a value costs no I/O."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

# AWS's own services report in minutes.
RESOLUTION_SECONDS = 60


@dataclass(frozen=True)
class Metric:
    """`dimensions` are sorted; a metric with other dimensions is another metric, as on AWS."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, namespace: str, name: str, **dimensions: str) -> "Metric":
        return cls(namespace, name, tuple(sorted(dimensions.items())))


@dataclass
class Distribution:
    """What CloudWatch keeps of many values: a statistic set, and the values to three digits for percentiles."""

    count: float = 0.0
    total: float = 0.0
    minimum: float = math.inf
    maximum: float = -math.inf
    values: dict[float, float] = field(default_factory=dict)

    def add(self, value: float) -> None:
        """Three digits keep the number of different values small, whatever is measured."""
        rounded = float(f"{value:.3g}")
        self.merge(Distribution(1.0, value, value, value, {rounded: 1.0}))

    def merge(self, other: "Distribution") -> None:
        self.count += other.count
        self.total += other.total
        self.minimum, self.maximum = min(self.minimum, other.minimum), max(self.maximum, other.maximum)
        for value, count in other.values.items():
            self.values[value] = self.values.get(value, 0.0) + count

    def statistic(self, name: str) -> float | None:
        """`name` as alarms spell it: Sum, Average, Minimum, Maximum, SampleCount or p99.9; None when unknown."""
        if name.startswith("p"):
            return self._percentile(float(name[1:]))
        return {
            "Sum": self.total,
            "Average": self.total / self.count if self.count else None,
            "Minimum": self.minimum,
            "Maximum": self.maximum,
            "SampleCount": self.count,
        }.get(name)

    def _percentile(self, percent: float) -> float | None:
        """None for statistic sets that others sent: their values are not known."""
        rank, seen = percent / 100 * sum(self.values.values()), 0.0
        for value in sorted(self.values):
            seen += self.values[value]
            if seen >= rank:
                return value
        return None


@dataclass
class Datum:
    """A metric's values of one minute; `start` is the minute's beginning in seconds since 1970."""

    metric: Metric
    unit: str
    start: int
    distribution: Distribution = field(default_factory=Distribution)


class Recorder:
    """Takes values from any thread, and hands them over a minute at a time."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._gathered: dict[tuple[Metric, int], Datum] = {}

    def record(self, metric: Metric, value: float, unit: str) -> None:
        start = int(self._clock()) // RESOLUTION_SECONDS * RESOLUTION_SECONDS
        with self._lock:
            datum = self._gathered.setdefault((metric, start), Datum(metric, unit, start))
            datum.distribution.add(value)

    def drain(self) -> list[Datum]:
        """What came since the last time."""
        with self._lock:
            gathered, self._gathered = self._gathered, {}
        return list(gathered.values())
