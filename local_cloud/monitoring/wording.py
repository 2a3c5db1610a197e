"""What CloudWatch says about a change of state: StateReason, StateReasonData and the message to a topic."""

import json
from datetime import UTC, datetime
from typing import Any

from local_cloud.monitoring.alarm import ALARM, INSUFFICIENT_DATA, OK, Alarm
from local_cloud.monitoring.evaluation import Datapoint, Verdict

_SUBJECT_LIMIT = 100  # characters, SNS's
_COMPARISONS = {
    "GreaterThanThreshold": "greater than",
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
}


def state_reason(alarm: Alarm, verdict: Verdict) -> str:
    """The sentence that consoles and mails show."""
    if verdict.state == INSUFFICIENT_DATA:
        were = "datapoint was" if verdict.missing == 1 else "datapoints were"
        return f"Insufficient Data: {verdict.missing} {were} unknown."
    counted = [found for found in verdict.datapoints if alarm.breached_by(found.value) == (verdict.state == ALARM)]
    crossed = _crossed(alarm, verdict, counted) if counted else _nothing_received(verdict.missing)
    filled = alarm.treat_missing_data in ("breaching", "notBreaching") and verdict.missing
    return f"Threshold Crossed: {crossed}{_filled(alarm, verdict.missing) if filled else ''}."


def _crossed(alarm: Alarm, verdict: Verdict, counted: list[Datapoint]) -> str:
    values = ", ".join(f"{found.value} ({_short_time(found.start)})" for found in counted)
    was = ("was" if len(counted) == 1 else "were") + ("" if verdict.state == ALARM else " not")
    least, change = _transition(alarm, verdict.state)
    return (
        f"{len(counted)} out of the last {len(verdict.datapoints)} datapoints [{values}] {was} "
        f"{_COMPARISONS[alarm.comparison_operator]} the threshold ({alarm.threshold}) "
        f"(minimum {least} {_datapoints(least)} for {change} transition)"
    )


def _transition(alarm: Alarm, state: str) -> tuple[int, str]:
    if state == ALARM:
        return alarm.datapoints_to_alarm, "OK -> ALARM"
    return alarm.evaluation_periods - alarm.datapoints_to_alarm + 1, "ALARM -> OK"


def _nothing_received(periods: int) -> str:
    return f"no datapoints were received for {periods} period{'' if periods == 1 else 's'}"


def _filled(alarm: Alarm, missing: int) -> str:
    treated = "Breaching" if alarm.treat_missing_data == "breaching" else "NonBreaching"
    return f" and {missing} missing {_datapoints(missing)} {'was' if missing == 1 else 'were'} treated as [{treated}]"


def _datapoints(number: int) -> str:
    return "datapoint" if number == 1 else "datapoints"


def _short_time(start: int) -> str:
    return datetime.fromtimestamp(start, UTC).strftime("%d/%m/%y %H:%M:%S")


def _long_time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}+0000"


def state_reason_data(alarm: Alarm, verdict: Verdict, now: datetime) -> str:
    """For programs: the values behind the sentence, the oldest first."""
    values = [found.value for found in reversed(verdict.datapoints)]
    data: dict[str, Any] = {
        "version": "1.0",
        "queryDate": _long_time(now),
        "statistic": alarm.statistic,
        "period": alarm.period,
        "recentDatapoints": values,
        "threshold": alarm.threshold,
    }
    if verdict.datapoints:
        data["startDate"] = _long_time(datetime.fromtimestamp(verdict.datapoints[-1].start, UTC))
    return json.dumps(data)


def subject(alarm: Alarm, state: str, region: str) -> str:
    """`region` is its long name, such as US East (N. Virginia)."""
    return f'{state}: "{alarm.name}" in {region}'[:_SUBJECT_LIMIT]


def message(alarm: Alarm, verdict: Verdict, region: str, now: datetime) -> str:
    """The JSON that a subscriber of the topic gets."""
    return json.dumps(
        {
            "AlarmName": alarm.name,
            "AlarmDescription": alarm.description,
            "AWSAccountId": alarm.arn.split(":")[4],
            "AlarmConfigurationUpdatedTimestamp": _long_time(alarm.configured),
            "NewStateValue": verdict.state,
            "NewStateReason": state_reason(alarm, verdict),
            "StateChangeTime": _long_time(now),
            "Region": region,
            "AlarmArn": alarm.arn,
            "OldStateValue": alarm.state,
            "OKActions": alarm.actions_for(OK),
            "AlarmActions": alarm.actions_for(ALARM),
            "InsufficientDataActions": alarm.actions_for(INSUFFICIENT_DATA),
            "Trigger": _trigger(alarm),
        }
    )


def _trigger(alarm: Alarm) -> dict[str, Any]:
    """Here CloudWatch spells its own parameters differently: statistics in capitals, dimensions in lower case."""
    statistic = (
        {"StatisticType": "ExtendedStatistic", "ExtendedStatistic": alarm.statistic}
        if alarm.is_percentile
        else {"StatisticType": "Statistic", "Statistic": _capitals(alarm.statistic)}
    )
    return {
        "MetricName": alarm.metric.name,
        "Namespace": alarm.metric.namespace,
        **statistic,
        "Unit": alarm.unit,
        "Dimensions": [{"value": value, "name": name} for name, value in alarm.metric.dimensions],
        "Period": alarm.period,
        "EvaluationPeriods": alarm.evaluation_periods,
        "DatapointsToAlarm": alarm.datapoints_to_alarm,
        "ComparisonOperator": alarm.comparison_operator,
        "Threshold": alarm.threshold,
        "TreatMissingData": alarm.treat_missing_data,
        "EvaluateLowSampleCountPercentile": "",
    }


def _capitals(statistic: str) -> str:
    return "SAMPLE_COUNT" if statistic == "SampleCount" else statistic.upper()
