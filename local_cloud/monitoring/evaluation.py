"""Whether an alarm is in ALARM: CloudWatch's rules, also for data that are missing.

A period counts when it has ended. AWS lets up to a minute pass until it sees a breach; here the running period
counts, too, as soon as it breaches the threshold in a way that nothing can undo.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from local_cloud.monitoring.alarm import ALARM, INSUFFICIENT_DATA, OK, Alarm
from local_cloud.monitoring.metrics import Datum, Distribution


@dataclass(frozen=True)
class Datapoint:
    """The alarm's statistic of one period that has data."""

    start: int
    value: float


@dataclass(frozen=True)
class Verdict:
    """The state to be in; `datapoints` it rests on are the newest first, `missing` were filled in."""

    state: str
    datapoints: tuple[Datapoint, ...]
    missing: int


Window = tuple[Datapoint | None, ...]  # the newest period first; None has no data


def window_of(alarm: Alarm, data: Iterable[Datum], now: float) -> Window:
    """The periods an evaluation looks at; periods begin at multiples of their length."""
    running = int(now) // alarm.period * alarm.period
    periods: dict[int, Distribution] = {}
    for datum in data:
        if alarm.unit in (None, datum.unit):
            start = datum.start // alarm.period * alarm.period
            periods.setdefault(start, Distribution()).merge(datum.distribution)
    complete = [_datapoint(alarm, periods, running - age * alarm.period) for age in range(1, alarm.periods + 1)]
    latest = _datapoint(alarm, periods, running)
    at_once = latest is not None and alarm.is_final() and alarm.breached_by(latest.value)
    return (latest, *complete) if at_once else tuple(complete)


def _datapoint(alarm: Alarm, periods: dict[int, Distribution], start: int) -> Datapoint | None:
    value = periods[start].statistic(alarm.statistic) if start in periods else None
    return None if value is None else Datapoint(start, value)


def evaluate(alarm: Alarm, window: Window) -> Verdict | None:
    """None: stay in the state you are in."""
    datapoints = tuple(found for found in window if found is not None)[: alarm.evaluation_periods]
    missing = alarm.evaluation_periods - len(datapoints)
    state = _state_of(alarm, window, datapoints, missing) if datapoints else _state_without_data(alarm)
    return None if state is None else Verdict(state, datapoints, missing)


def _state_without_data(alarm: Alarm) -> str | None:
    return {"breaching": ALARM, "notBreaching": OK, "ignore": None}.get(alarm.treat_missing_data, INSUFFICIENT_DATA)


def _state_of(alarm: Alarm, window: Window, datapoints: tuple[Datapoint, ...], missing: int) -> str | None:
    breaching = sum(alarm.breached_by(found.value) for found in datapoints)
    filled = missing if alarm.treat_missing_data == "breaching" else 0
    if breaching + filled >= alarm.datapoints_to_alarm:
        return ALARM
    only_breaches = breaching == len(datapoints) and missing > 0
    if not only_breaches or alarm.treat_missing_data in ("breaching", "notBreaching"):
        return OK
    return _state_of_few(alarm, window)


def _state_of_few(alarm: Alarm, window: Window) -> str | None:
    """Too few data, all of them breaching: a lone breach that has been the last word long enough is an alarm."""
    if alarm.treat_missing_data == "ignore":
        return None
    oldest = max(age for age, found in enumerate(window, 1) if found is not None)
    return ALARM if oldest >= alarm.datapoints_to_alarm else None
