"""CloudWatch: the state of an alarm that was just put, and which datapoints are those of a metric."""

import copy
from typing import Any

from moto.cloudwatch.exceptions import ValidationError
from moto.cloudwatch.models import CloudWatchBackend

from local_cloud.backend.corrections.replacing import wrap

_MOST_ACTIONS = 5  # of each state
_STATE = ("state_value", "state_reason", "state_reason_data", "state_updated_timestamp", "history")


def _check_actions(actions: list[str], region: str) -> None:
    if len(actions) > _MOST_ACTIONS:
        raise ValidationError(f"Member must have length less than or equal to {_MOST_ACTIONS}")
    for arn in actions:
        elsewhere = (arn.split(":") + [""] * 4)[3]
        if elsewhere not in ("", region):
            raise ValidationError(f"Invalid region {elsewhere} specified. Only {region} is supported.")


def put_alarms_as_cloudwatch_does() -> None:
    """A new alarm is in INSUFFICIENT_DATA until it was evaluated, and a changed one keeps its state; moto says OK.

    It notifies at most five actions of each state, all in its own region; moto takes any.
    """

    def put_metric_alarm(original: Any, cloudwatch: CloudWatchBackend, **parameters: Any) -> Any:
        for name in ("alarm_actions", "ok_actions", "insufficient_data_actions"):
            _check_actions(parameters.get(name) or [], cloudwatch.region_name)
        before = cloudwatch.alarms.get(parameters["name"])
        alarm = original(cloudwatch, **parameters)
        alarm.state_value = "INSUFFICIENT_DATA"
        for attribute in _STATE if before else ():
            setattr(alarm, attribute, getattr(before, attribute))
        return alarm

    wrap(CloudWatchBackend, "put_metric_alarm", put_metric_alarm)


def tell_metrics_apart_by_all_their_dimensions() -> None:
    """An API's datapoints are not those of its stage: a metric is meant with these dimensions and no others.

    moto takes every metric that has these among its dimensions, and would count each request twice.
    """

    def get_metric_statistics(
        original: Any, cloudwatch: CloudWatchBackend, *args: Any, dimensions: list[dict[str, str]], **options: Any
    ) -> Any:
        meant = {(dimension["Name"], dimension["Value"]) for dimension in dimensions}
        narrowed = copy.copy(cloudwatch)
        narrowed.metric_data = [
            datum
            for datum in cloudwatch.metric_data
            if {(dimension.name, dimension.value) for dimension in datum.dimensions} == meant
        ]
        return original(narrowed, *args, dimensions=dimensions, **options)

    wrap(CloudWatchBackend, "get_metric_statistics", get_metric_statistics)
