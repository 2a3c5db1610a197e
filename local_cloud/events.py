"""Event source mappings: carries messages from queues to functions, as Lambda's pollers do.

A message is deleted when the function dealt with it. One it reports in `batchItemFailures`, and every message
of a batch whose invocation failed, stays in flight and comes back after the visibility timeout; the queue
itself moves it to the dead-letter queue when it came back too often. Nothing is lost when a function, this
process or the machine dies in between: what was not deleted comes back.

A function that is throttled is tried again with the same batch, ever less often, as long as the batch is hidden
from others. Then the batch comes back to the queue and is received once more, so that a function which stays
throttled sends its messages to the dead-letter queue after maxReceiveCount visibility timeouts, as on AWS.
"""

import json
import logging
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from local_cloud.discovery import EventSource
from local_cloud.lambda_runtime.model import FunctionNotFoundError, PayloadTooLargeError, Result, TooManyRequestsError

log = logging.getLogger(__name__)

_WAIT_SECONDS = 20.0
_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 10.0
_SHORTEST_PAUSE_SECONDS = 0.05  # also for queues without a visibility timeout


@dataclass(frozen=True)
class Message:
    """A received SQS message."""

    id: str
    receipt_handle: str
    body: str
    md5: str
    attributes: Mapping[str, str]


class Queues(Protocol):
    """What a poller needs of SQS."""

    def receive(self, queue_arn: str, *, limit: int, wait_seconds: float) -> list[Message]: ...

    def delete(self, queue_arn: str, receipt_handles: list[str]) -> None: ...

    def visibility_seconds(self, queue_arn: str) -> float: ...

    def close(self) -> None: ...


class Invoker(Protocol):
    def invoke(self, function: str, payload: bytes) -> Result: ...


class EventPollers:
    """`maximum_concurrency` threads per mapping: each receives a batch, invokes, settles, and begins anew."""

    def __init__(self, sources: Iterable[EventSource], queues: Queues, invoker: Invoker) -> None:
        self._queues, self._invoker = queues, invoker
        self._closing = threading.Event()
        self._threads = [
            threading.Thread(target=self._poll, args=(source,), name=f"poller-{number}", daemon=True)
            for source in sources
            for number in range(source.maximum_concurrency)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def close(self, *, seconds: float) -> None:
        """Receive nothing more, and let batches in progress finish for up to `seconds`."""
        self._closing.set()
        self._queues.close()
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=max(deadline - time.monotonic(), 0))

    def _poll(self, source: EventSource) -> None:
        while not self._closing.is_set():
            try:
                messages = self._queues.receive(source.queue_arn, limit=source.batch_size, wait_seconds=_WAIT_SECONDS)
                if messages:
                    self.deliver(source, messages)
            except PermissionError as exc:
                log.error("nothing is delivered from %s: %s", source.queue_arn, exc)
                self._closing.wait(_PAUSE_SECONDS)
            except Exception:
                log.exception("polling %s failed; trying again", source.queue_arn)
                self._closing.wait(_PAUSE_SECONDS)

    def deliver(self, source: EventSource, messages: list[Message]) -> None:
        """One invocation with one batch, and what follows from its result."""
        hidden_until = time.monotonic() + self._queues.visibility_seconds(source.queue_arn)
        payload = json.dumps({"Records": [_record(source, message) for message in messages]}).encode()
        try:
            result = self._invoke(source.function, payload, hidden_until)
        except TooManyRequestsError:
            return
        except (FunctionNotFoundError, PayloadTooLargeError):
            log.exception("batch of %d messages cannot be delivered", len(messages))
            return
        failed = failed_messages(result, messages) if source.reports_failures else _all_if_error(result, messages)
        done = [message.receipt_handle for message in messages if message.id not in failed]
        if done:
            self._queues.delete(source.queue_arn, done)

    def _invoke(self, function: str, payload: bytes, hidden_until: float) -> Result:
        """Until it was not throttled; TooManyRequestsError when the batch is about to come back by itself."""
        pause = _PAUSE_SECONDS
        while True:
            try:
                return self._invoker.invoke(function, payload)
            except TooManyRequestsError:
                left = max(hidden_until - time.monotonic(), _SHORTEST_PAUSE_SECONDS)
                if self._closing.wait(min(pause, left)) or time.monotonic() >= hidden_until:
                    raise
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


def _record(source: EventSource, message: Message) -> dict[str, Any]:
    return {
        "messageId": message.id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": dict(message.attributes),
        "messageAttributes": {},
        "md5OfBody": message.md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": source.queue_arn,
        "awsRegion": source.queue_arn.split(":")[3],
    }


def _all_if_error(result: Result, messages: list[Message]) -> set[str]:
    return {message.id for message in messages} if result.failed else set()


def failed_messages(result: Result, messages: list[Message]) -> set[str]:
    """Ids of messages to keep. As AWS has it: no or empty list is success; anything malformed fails the batch."""
    everything = {message.id for message in messages}
    if result.failed:
        return everything
    try:
        answer = json.loads(result.payload) if result.payload else None
        failures = (answer or {}).get("batchItemFailures") or []
        identifiers = {failure["itemIdentifier"] for failure in failures}
    except (ValueError, AttributeError, TypeError, KeyError):
        return everything
    return identifiers if identifiers <= everything else everything
