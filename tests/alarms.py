"""The alarms of a deployment as Terraform defines them (a test holds the two equal), to be put by boto3."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Alarmed:
    """What the alarms are about."""

    shared: str
    functions: tuple[str, ...]  # short names: `{shared}_{name}` is the function
    dead_letter_queue: str
    api_name: str
    stage: str


def alarm_definitions(alarmed: Alarmed) -> list[dict[str, Any]]:
    """Parameters of PutMetricAlarm, but for the actions."""
    api = {"ApiName": alarmed.api_name, "Stage": alarmed.stage}
    queue = {"QueueName": alarmed.dead_letter_queue}
    depth = "ApproximateNumberOfMessagesVisible"
    return [
        _above_zero(f"{alarmed.shared}-dead-letter", "AWS/SQS", depth, "Maximum", queue),
        _above_zero(f"{alarmed.shared}-api-5xx", "AWS/ApiGateway", "5XXError", "Sum", api),
        *(
            _above_zero(f"{function}-{metric.lower()}", "AWS/Lambda", metric, "Sum", {"FunctionName": function})
            for function in (f"{alarmed.shared}_{name}" for name in alarmed.functions)
            for metric in ("Errors", "Throttles")
        ),
    ]


def cost_alarm(shared: str) -> dict[str, Any]:
    """The alarm on what Rekognition's calls cost in an hour, likewise."""
    above_zero = _above_zero(f"{shared}-cost", "Faceprint", "EstimatedUsd", "Sum", {"service": shared})
    return {**above_zero, "Threshold": 10, "Period": 3600}


def _above_zero(name: str, namespace: str, metric: str, statistic: str, dimensions: dict[str, str]) -> dict[str, Any]:
    return {
        "AlarmName": name,
        "Namespace": namespace,
        "MetricName": metric,
        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
        "Statistic": statistic,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 0,
        "Period": 60,
        "EvaluationPeriods": 1,
        "TreatMissingData": "notBreaching",
    }


def put_alarms(cloudwatch: Any, alarmed: Alarmed, *, actions: Iterable[str] = ()) -> None:
    """By boto3; `actions` are topics that hear of every change."""
    for definition in alarm_definitions(alarmed):
        cloudwatch.put_metric_alarm(**definition, AlarmActions=list(actions), OKActions=list(actions))


def in_alarm(cloudwatch: Any) -> set[str]:
    """Names of the alarms in ALARM."""
    return {alarm["AlarmName"] for alarm in cloudwatch.describe_alarms(StateValue="ALARM")["MetricAlarms"]}
