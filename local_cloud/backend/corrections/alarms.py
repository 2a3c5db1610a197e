"""CloudWatch: the state of an alarm that was just put."""

from typing import Any

from moto.cloudwatch.models import CloudWatchBackend

from local_cloud.backend.corrections.replacing import wrap

_STATE = ("state_value", "state_reason", "state_reason_data", "state_updated_timestamp", "history")


def begin_without_data() -> None:
    """A new alarm is in INSUFFICIENT_DATA until it was evaluated, and a changed one keeps its state; moto says OK."""

    def put_metric_alarm(original: Any, cloudwatch: CloudWatchBackend, **parameters: Any) -> Any:
        before = cloudwatch.alarms.get(parameters["name"])
        alarm = original(cloudwatch, **parameters)
        alarm.state_value = "INSUFFICIENT_DATA"
        for attribute in _STATE if before else ():
            setattr(alarm, attribute, getattr(before, attribute))
        return alarm

    wrap(CloudWatchBackend, "put_metric_alarm", put_metric_alarm)
