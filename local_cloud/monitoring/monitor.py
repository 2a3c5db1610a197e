"""The clock of CloudWatch: every few seconds, write what was measured and look at every alarm.

An idle cloud stays idle: datapoints are no change of the account's state, only an alarm that changes is.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from local_cloud.monitoring.alarm import Alarm
from local_cloud.monitoring.evaluation import Verdict, evaluate, window_of
from local_cloud.monitoring.metrics import Datum, Metric, Recorder
from local_cloud.monitoring.services import QueueMetrics
from local_cloud.monitoring.wording import message, state_reason, state_reason_data, subject

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class QueueDepth:
    """What SQS tells of a queue; `oldest_seconds` is 0 when it is empty."""

    name: str
    visible: int
    oldest_seconds: float


class CloudWatch(Protocol):
    """Where datapoints and alarms are kept, and the services beside it that monitoring needs."""

    @property
    def region_name(self) -> str:
        """The long one, as messages have it."""

    def queues(self) -> Iterable[QueueDepth]: ...

    def write(self, data: Iterable[Datum]) -> None: ...

    def data_since(self, moment: float) -> Mapping[Metric, Sequence[Datum]]: ...

    def alarms(self) -> Sequence[Alarm]: ...

    def set_state(self, alarm: str, *, state: str, reason: str, data: str) -> None: ...

    def publish(self, topic_arn: str, *, alarm_arn: str, subject: str, message: str) -> None: ...


class Monitor:
    """A thread that ticks; tests call `tick` themselves, with a clock of their own."""

    def __init__(
        self,
        recorder: Recorder,
        cloudwatch: CloudWatch,
        *,
        seconds: float,
        sources: Iterable[Callable[[], None]] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._recorder, self._cloudwatch, self._seconds, self._clock = recorder, cloudwatch, seconds, clock
        self._sources = tuple(sources)  # each records what it has found since the last tick
        self._queues = QueueMetrics(recorder)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cloudwatch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join()

    def tick(self) -> None:
        """Write what came since the last time, then judge by everything that is known."""
        for queue in self._cloudwatch.queues():
            self._queues.seen(queue.name, visible=queue.visible, oldest_seconds=queue.oldest_seconds)
        for record in self._sources:
            record()
        self._cloudwatch.write(self._recorder.drain())
        if alarms := self._cloudwatch.alarms():
            self._evaluate(alarms, self._clock())

    def _run(self) -> None:
        while not self._closing.wait(self._seconds):
            try:
                self.tick()
            except Exception:
                log.exception("CloudWatch's tick failed; going on with the next")

    def _evaluate(self, alarms: Sequence[Alarm], now: float) -> None:
        data = self._cloudwatch.data_since(now - max(alarm.look_back for alarm in alarms))
        for alarm in alarms:
            verdict = evaluate(alarm, window_of(alarm, data.get(alarm.metric, ()), now))
            if verdict is not None and verdict.state != alarm.state:
                self._change(alarm, verdict, datetime.fromtimestamp(now, UTC))

    def _change(self, alarm: Alarm, verdict: Verdict, now: datetime) -> None:
        reason = state_reason(alarm, verdict)
        log.info("alarm %s: %s -> %s. %s", alarm.name, alarm.state, verdict.state, reason)
        self._cloudwatch.set_state(
            alarm.name, state=verdict.state, reason=reason, data=state_reason_data(alarm, verdict, now)
        )
        for action in alarm.actions_for(verdict.state):
            self._act(action, alarm, verdict, now)

    def _act(self, action: str, alarm: Alarm, verdict: Verdict, now: datetime) -> None:
        """One action that fails keeps none of the others from being done."""
        if ":sns:" not in action:
            log.warning("alarm %s: the action %s is not done locally", alarm.name, action)
            return
        region = self._cloudwatch.region_name
        try:
            self._cloudwatch.publish(
                action,
                alarm_arn=alarm.arn,
                subject=subject(alarm, verdict.state, region),
                message=message(alarm, verdict, region, now),
            )
        except Exception:
            log.exception("alarm %s: cannot publish to %s", alarm.name, action)
