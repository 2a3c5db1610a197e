"""An alarm as PutMetricAlarm defines it, and what its parameters mean for a single value."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from local_cloud.monitoring.metrics import Metric

OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
# Statistics that more values can only raise, or only lower.
_GROWING, _SHRINKING = {"Sum", "SampleCount", "Maximum"}, {"Minimum"}
# CloudWatch looks a little further back than EvaluationPeriods, for periods without data.
_EXTRA_PERIODS = 2


@dataclass(frozen=True)
class Alarm:
    """Of one metric; times are in seconds, `statistic` is Statistic or ExtendedStatistic."""

    name: str
    arn: str
    metric: Metric
    statistic: str
    period: int
    evaluation_periods: int
    datapoints_to_alarm: int
    threshold: float
    comparison_operator: str
    configured: datetime
    treat_missing_data: str = "missing"
    unit: str | None = None
    description: str | None = None
    actions_enabled: bool = True
    alarm_actions: tuple[str, ...] = ()
    ok_actions: tuple[str, ...] = ()
    insufficient_data_actions: tuple[str, ...] = ()
    state: str = INSUFFICIENT_DATA

    @property
    def periods(self) -> int:
        """How many complete periods are looked at."""
        return self.evaluation_periods + _EXTRA_PERIODS

    @property
    def look_back(self) -> int:
        """Seconds before now whose data matter, the running period included."""
        return (self.periods + 1) * self.period

    @property
    def is_percentile(self) -> bool:
        return self.statistic.startswith("p")

    def breached_by(self, value: float) -> bool:
        return _OPERATORS[self.comparison_operator](value, self.threshold)

    def is_final(self) -> bool:
        """Whether a breach of a running period stays one, whatever else comes until the period ends."""
        above = self.comparison_operator.startswith("Greater")
        return self.statistic in (_GROWING if above else _SHRINKING)

    def actions_for(self, state: str) -> tuple[str, ...]:
        if not self.actions_enabled:
            return ()
        return {OK: self.ok_actions, ALARM: self.alarm_actions}.get(state, self.insufficient_data_actions)


def is_supported(comparison_operator: str | None) -> bool:
    """Anomaly detection has operators of its own."""
    return comparison_operator in _OPERATORS
