"""Alarms by CloudWatch's rules: the tables of its documentation, and what it says about a change."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from local_cloud.monitoring.alarm import Alarm
from local_cloud.monitoring.evaluation import Datapoint, Verdict, Window, evaluate, window_of
from local_cloud.monitoring.metrics import Datum, Distribution, Metric
from local_cloud.monitoring.wording import message, state_reason, state_reason_data, subject

METRIC = Metric.of("AWS/Lambda", "Errors", FunctionName="f")
CONFIGURED = datetime(2026, 1, 1, tzinfo=UTC)
NOW = 1_800_000_000  # 2027-01-15T08:00:00Z, the beginning of a minute
ONE_OF_ONE = Alarm(
    name="f-errors",
    arn="arn:aws:cloudwatch:us-east-1:123456789012:alarm:f-errors",
    metric=METRIC,
    statistic="Sum",
    period=60,
    evaluation_periods=1,
    datapoints_to_alarm=1,
    threshold=0.0,
    comparison_operator="GreaterThanThreshold",
    configured=CONFIGURED,
    treat_missing_data="notBreaching",
)
STAY = "stay"


def window(drawn: str) -> Window:
    """From a row of the documentation, the oldest period first: `X` breaches, `0` does not, `-` is missing."""
    found = [
        None if mark == "-" else Datapoint(NOW - 60 * age, float(mark == "X"))
        for age, mark in enumerate(reversed(drawn.replace(" ", "")), 1)
    ]
    return tuple(found)


@pytest.mark.parametrize(
    ("datapoints_to_alarm", "drawn", "missing", "ignore", "breaching", "not_breaching"),
    [
        (3, "0 - X - X", "OK", "OK", "OK", "OK"),
        (3, "- - - - 0", "OK", "OK", "OK", "OK"),
        (3, "- - - - -", "INSUFFICIENT_DATA", STAY, "ALARM", "OK"),
        (3, "0 X X - X", "ALARM", "ALARM", "ALARM", "ALARM"),
        (3, "- - X - -", "ALARM", STAY, "ALARM", "OK"),
        (3, "- - - - X", STAY, STAY, "ALARM", "OK"),
        (2, "0 - X - X", "ALARM", "ALARM", "ALARM", "ALARM"),
        (2, "0 0 X 0 X", "ALARM", "ALARM", "ALARM", "ALARM"),
        (2, "0 - X - -", "OK", "OK", "ALARM", "OK"),
        (2, "- - - - 0", "OK", "OK", "ALARM", "OK"),
        (2, "- - - X -", "ALARM", STAY, "ALARM", "OK"),
    ],
)
def test_of_three_periods_as_aws_documents(
    datapoints_to_alarm: int, drawn: str, missing: str, ignore: str, breaching: str, not_breaching: str
) -> None:
    alarm = replace(ONE_OF_ONE, evaluation_periods=3, datapoints_to_alarm=datapoints_to_alarm)

    states = []
    for treatment in ("missing", "ignore", "breaching", "notBreaching"):
        verdict = evaluate(replace(alarm, treat_missing_data=treatment), window(drawn))
        states.append(verdict.state if verdict else STAY)

    assert states == [missing, ignore, breaching, not_breaching]


@pytest.mark.parametrize(
    ("operator", "value", "state"),
    [
        ("GreaterThanThreshold", 5.0, "OK"),
        ("GreaterThanOrEqualToThreshold", 5.0, "ALARM"),
        ("LessThanThreshold", 5.0, "OK"),
        ("LessThanOrEqualToThreshold", 5.0, "ALARM"),
        ("GreaterThanThreshold", 5.1, "ALARM"),
        ("LessThanThreshold", 4.9, "ALARM"),
    ],
)
def test_comparisons(operator: str, value: float, state: str) -> None:
    alarm = replace(ONE_OF_ONE, threshold=5.0, comparison_operator=operator)

    verdict = evaluate(alarm, (Datapoint(NOW - 60, value),))

    assert verdict is not None and verdict.state == state


def datum(start: int, *values: float, unit: str = "Count") -> Datum:
    found = Datum(METRIC, unit, start)
    for value in values:
        found.distribution.add(value)
    return found


@pytest.mark.parametrize(
    ("statistic", "value"),
    [("Sum", 10.0), ("Average", 2.5), ("Minimum", 1.0), ("Maximum", 4.0), ("SampleCount", 4.0), ("p50", 2.0)],
)
def test_statistics_of_a_period_span_its_minutes(statistic: str, value: float) -> None:
    alarm = replace(ONE_OF_ONE, statistic=statistic, period=300)

    seen = window_of(alarm, [datum(NOW - 300, 1.0, 2.0), datum(NOW - 120, 3.0, 4.0)], NOW + 30)

    assert seen[0] == Datapoint(NOW - 300, value)


def test_a_percentile_of_foreign_statistic_sets_is_unknown() -> None:
    foreign = Datum(METRIC, "Count", NOW - 60, Distribution(2.0, 3.0, 1.0, 2.0))

    assert window_of(replace(ONE_OF_ONE, statistic="p99"), [foreign], NOW)[0] is None


@pytest.mark.parametrize(
    ("statistic", "operator", "at_once"),
    [
        ("Sum", "GreaterThanThreshold", True),
        ("Maximum", "GreaterThanOrEqualToThreshold", True),
        ("Minimum", "LessThanThreshold", True),
        ("Sum", "LessThanThreshold", False),
        ("Minimum", "GreaterThanThreshold", False),
        ("Average", "GreaterThanThreshold", False),
    ],
)
def test_a_running_period_counts_when_nothing_can_undo_its_breach(statistic: str, operator: str, at_once: bool) -> None:
    threshold = 0.0 if operator.startswith("Greater") else 2.0
    alarm = replace(ONE_OF_ONE, statistic=statistic, comparison_operator=operator, threshold=threshold)
    running = datum(NOW, 1.0)

    early, late = window_of(alarm, [running], NOW + 5), window_of(alarm, [running], NOW + 60)

    assert (early[0] is not None, late[0] is not None) == (at_once, True)


def test_a_running_period_that_is_fine_so_far_ends_no_alarm() -> None:
    seen = window_of(ONE_OF_ONE, [datum(NOW - 60, 1.0), datum(NOW, 0.0)], NOW + 5)

    verdict = evaluate(ONE_OF_ONE, seen)

    assert verdict is not None and verdict.state == "ALARM"


def test_data_of_another_unit_are_not_looked_at() -> None:
    alarm = replace(ONE_OF_ONE, unit="Bytes")

    assert window_of(alarm, [datum(NOW - 60, 1.0)], NOW)[0] is None


CROSSED = "Threshold Crossed: 1 out of the last 1 datapoints "
LEAST = "(0.0) (minimum 1 datapoint for "


@pytest.mark.parametrize(
    ("alarm", "seen", "said"),
    [
        (
            ONE_OF_ONE,
            window("X"),
            f"{CROSSED}[1.0 (15/01/27 07:59:00)] was greater than the threshold {LEAST}OK -> ALARM transition).",
        ),
        (
            ONE_OF_ONE,
            window("0"),
            f"{CROSSED}[0.0 (15/01/27 07:59:00)] was not greater than the threshold {LEAST}ALARM -> OK transition).",
        ),
        (
            replace(ONE_OF_ONE, evaluation_periods=3, datapoints_to_alarm=2),
            window("X 0 X"),
            "Threshold Crossed: 2 out of the last 3 datapoints [1.0 (15/01/27 07:59:00), 1.0 (15/01/27 07:57:00)] were "
            "greater than the threshold (0.0) (minimum 2 datapoints for OK -> ALARM transition).",
        ),
        (
            ONE_OF_ONE,
            window("-"),
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as "
            "[NonBreaching].",
        ),
        (
            replace(ONE_OF_ONE, treat_missing_data="missing"),
            window("-"),
            "Insufficient Data: 1 datapoint was unknown.",
        ),
    ],
)
def test_reasons_are_in_the_words_of_aws(alarm: Alarm, seen: Window, said: str) -> None:
    verdict = evaluate(alarm, seen)

    assert verdict is not None and state_reason(alarm, verdict) == said


def test_the_message_is_the_json_of_aws() -> None:
    verdict = Verdict("ALARM", (Datapoint(NOW, 1.0),), 0)
    now = datetime.fromtimestamp(NOW + 5, UTC)
    alarm = replace(ONE_OF_ONE, state="OK", alarm_actions=("arn:aws:sns:us-east-1:123456789012:t",))

    told = json.loads(message(alarm, verdict, "US East (N. Virginia)", now))

    assert (told["AlarmName"], told["OldStateValue"], told["NewStateValue"]) == ("f-errors", "OK", "ALARM")
    assert (told["AWSAccountId"], told["StateChangeTime"]) == ("123456789012", "2027-01-15T08:00:05.000+0000")
    assert told["Trigger"] == {
        "MetricName": "Errors",
        "Namespace": "AWS/Lambda",
        "StatisticType": "Statistic",
        "Statistic": "SUM",
        "Unit": None,
        "Dimensions": [{"value": "f", "name": "FunctionName"}],
        "Period": 60,
        "EvaluationPeriods": 1,
        "DatapointsToAlarm": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 0.0,
        "TreatMissingData": "notBreaching",
        "EvaluateLowSampleCountPercentile": "",
    }
    assert subject(alarm, "ALARM", "US East (N. Virginia)") == 'ALARM: "f-errors" in US East (N. Virginia)'
    assert json.loads(state_reason_data(alarm, verdict, now))["recentDatapoints"] == [1.0]
