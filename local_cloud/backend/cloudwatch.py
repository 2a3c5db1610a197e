"""CloudWatch's datapoints and alarms as the monitor reads and writes them, beside the queues and topics it needs."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from botocore.loaders import create_loader
from moto.cloudwatch.models import MetricAggregatedDatum, MetricDatum

from local_cloud.backend.application import AwsBackend
from local_cloud.backend.moto_state import ACCOUNT_ID, backends_of
from local_cloud.iam.policy import Decision, decide, granted_to
from local_cloud.monitoring.alarm import Alarm, is_supported
from local_cloud.monitoring.metrics import RESOLUTION_SECONDS, Datum, Distribution, Metric
from local_cloud.monitoring.monitor import QueueDepth

# AWS keeps minutes for fifteen days. moto looks through all it has at every question, so here it is not much.
RETENTION_SECONDS = 3 * 3600


class BackendCloudWatch:
    """`local_cloud.monitoring.monitor.CloudWatch` over the backend, in its region."""

    def __init__(self, backend: AwsBackend, region: str) -> None:
        self._backend, self._region = backend, region
        self._recent: dict[tuple[Metric, int], _Minute] = {}

    @cached_property
    def region_name(self) -> str:
        """From botocore's list of regions; read when the first alarm changes."""
        partitions = create_loader().load_data("partitions")["partitions"]
        regions: dict[str, dict[str, str]] = partitions[0]["regions"]
        return regions.get(self._region, {}).get("description", self._region)

    def queues(self) -> list[QueueDepth]:
        with self._backend.lock:
            return [_depth(queue) for queue in self._service("sqs").queues.values()]

    def write(self, data: Iterable[Datum]) -> None:
        """Adds to the minute's datapoint. Not counted as a change: no snapshot is due, and none has datapoints."""
        with self._backend.lock:
            kept = self._service("cloudwatch").metric_data
            for datum in data:
                minute = self._recent.get((datum.metric, datum.start))
                if minute is not None:
                    minute.add(datum.distribution)
                else:
                    self._begin(datum, kept)

    def data_since(self, moment: float) -> dict[Metric, list[Datum]]:
        """Of every metric, also those that others put; of none longer ago than RETENTION_SECONDS."""
        since = datetime.fromtimestamp(moment, UTC).replace(tzinfo=None)  # moto's times are naive, in UTC
        found: dict[Metric, list[Datum]] = {}
        with self._backend.lock:
            for entry in self._service("cloudwatch").metric_data:
                if entry.timestamp >= since:
                    datum = _datum(entry)
                    found.setdefault(datum.metric, []).append(datum)
        return found

    def alarms(self) -> list[Alarm]:
        """Of single metrics: metric math and composite alarms are kept, but not evaluated."""
        with self._backend.lock:
            found = self._service("cloudwatch").alarms.values()
            return [_alarm(each) for each in found if each.metric_name and is_supported(each.comparison_operator)]

    def set_state(self, alarm: str, *, state: str, reason: str, data: str) -> None:
        """SetAlarmState, unless the alarm was deleted meanwhile."""
        with self._backend.lock:
            cloudwatch = self._service("cloudwatch")
            if alarm in cloudwatch.alarms:
                cloudwatch.set_alarm_state(alarm, reason, data, state)
                self._backend.changed(parts_only=False)

    def publish(self, topic_arn: str, *, alarm_arn: str, subject: str, message: str) -> None:
        """Raises PermissionError where the topic does not let CloudWatch publish."""
        with self._backend.lock:
            sns = backends_of("sns")[ACCOUNT_ID][topic_arn.split(":")[3]]
            _insist_that_it_may_publish(sns.get_topic(topic_arn), alarm_arn)
            sns.publish(message, arn=topic_arn, subject=subject)
            self._backend.changed(parts_only=False)

    def _service(self, name: str) -> Any:
        return backends_of(name)[ACCOUNT_ID][self._region]

    def _begin(self, datum: Datum, kept: list[Any]) -> None:
        """A metric's first value of a minute; the first of all is the time to forget what is old."""
        if all(start < datum.start for _, start in self._recent):
            horizon = datetime.fromtimestamp(datum.start - RETENTION_SECONDS, UTC).replace(tzinfo=None)
            kept[:] = [entry for entry in kept if entry.timestamp >= horizon]
            previous = datum.start - RESOLUTION_SECONDS
            self._recent = {key: minute for key, minute in self._recent.items() if key[1] >= previous}
        minute = _Minute(datum)
        self._recent[datum.metric, datum.start] = minute
        kept.append(minute)


class _Minute(MetricAggregatedDatum):
    """A metric's values of one minute, as moto shows statistic sets."""

    def __init__(self, datum: Datum) -> None:
        self.distribution = Distribution()
        super().__init__(
            datum.metric.namespace,
            datum.metric.name,
            *(0.0, 0.0, 0.0, 0.0),
            dimensions=[{"Name": name, "Value": value} for name, value in datum.metric.dimensions],
            timestamp=datetime.fromtimestamp(datum.start, UTC).replace(tzinfo=None),
            unit=datum.unit,
        )
        self.add(datum.distribution)

    def add(self, values: Distribution) -> None:
        self.distribution.merge(values)
        merged = self.distribution
        self.sum, self.sample_count, self.min, self.max = merged.total, merged.count, merged.minimum, merged.maximum


def _datum(entry: Any) -> Datum:
    dimensions = tuple(sorted((dimension.name, dimension.value) for dimension in entry.dimensions))
    start = int(entry.timestamp.replace(tzinfo=UTC).timestamp())
    return Datum(Metric(entry.namespace, entry.name, dimensions), entry.unit, start, _distribution(entry))


def _distribution(entry: Any) -> Distribution:
    if isinstance(entry, _Minute):
        return entry.distribution
    if isinstance(entry, MetricDatum):
        single = Distribution()
        single.add(entry.value)
        return single
    return Distribution(entry.sample_count, entry.sum, entry.min, entry.max)


def _depth(queue: Any) -> QueueDepth:
    sent = [message.sent_timestamp for message in queue._messages]
    oldest = max(time.time() - min(sent) / 1000, 0.0) if sent else 0.0
    return QueueDepth(queue.name, visible=queue.approximate_number_of_messages, oldest_seconds=oldest)


def _alarm(alarm: Any) -> Alarm:
    dimensions = tuple(sorted((dimension.name, dimension.value) for dimension in alarm.dimensions))
    return Alarm(
        name=alarm.name,
        arn=alarm.alarm_arn,
        metric=Metric(alarm.namespace, alarm.metric_name, dimensions),
        statistic=alarm.statistic or alarm.extended_statistic,
        period=int(alarm.period),
        evaluation_periods=int(alarm.evaluation_periods),
        datapoints_to_alarm=int(alarm.datapoints_to_alarm or alarm.evaluation_periods),
        threshold=float(alarm.threshold),
        comparison_operator=alarm.comparison_operator,
        configured=alarm.configuration_updated_timestamp,
        treat_missing_data=alarm.treat_missing_data or "missing",
        unit=alarm.unit,
        description=alarm.description,
        actions_enabled=alarm.actions_enabled,
        alarm_actions=tuple(alarm.alarm_actions or ()),
        ok_actions=tuple(alarm.ok_actions),
        insufficient_data_actions=tuple(alarm.insufficient_data_actions),
        state=alarm.state_value,
    )


def _insist_that_it_may_publish(topic: Any, alarm_arn: str) -> None:
    """As AWS does: by the topic's policy, and never where AWS's own key encrypts, whose policy CloudWatch is not in."""
    if topic.kms_master_key_id.endswith("alias/aws/sns"):
        raise PermissionError("CloudWatch may not use the key alias/aws/sns")
    context = {"aws:sourceaccount": ACCOUNT_ID, "aws:sourceowner": ACCOUNT_ID, "aws:sourcearn": alarm_arn}
    granted = granted_to(topic.policy, "cloudwatch.amazonaws.com", as_anybody=True)
    if decide([granted], "sns:Publish", topic.arn, context) is not Decision.ALLOWED:
        raise PermissionError("the topic's policy does not let cloudwatch.amazonaws.com publish")
