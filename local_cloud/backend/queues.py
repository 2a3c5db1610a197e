"""The queues as pollers read them: without HTTP in between, since they read all the time."""

import threading
import time
from typing import Any

from local_cloud.backend.application import AwsBackend
from local_cloud.backend.corrections.queues import seconds_until_visible
from local_cloud.backend.moto_state import backends_of
from local_cloud.events import Message


class BackendQueues:
    """`local_cloud.events.Queues` over the backend."""

    def __init__(self, backend: AwsBackend) -> None:
        self._backend = backend
        self._closing = threading.Event()

    def receive(self, queue_arn: str, *, limit: int, wait_seconds: float) -> list[Message]:
        """Up to `limit` messages, at once when there are any; none after `wait_seconds` or `close`."""
        deadline = time.monotonic() + wait_seconds
        with self._backend.lock:
            while not self._closing.is_set():
                _, queue = _find(queue_arn)
                found = _take(queue, limit)
                self._backend.changed(parts_only=True)
                if found:
                    return [_message(message) for message in found]
                remaining = min(deadline - time.monotonic(), seconds_until_visible(queue))
                if deadline <= time.monotonic():
                    return []
                self._backend.arrivals.wait(max(remaining, 0.001))
            return []

    def delete(self, queue_arn: str, receipt_handles: list[str]) -> None:
        with self._backend.lock:
            backend, queue = _find(queue_arn)
            for receipt_handle in receipt_handles:
                backend.delete_message(queue.name, receipt_handle)
            self._backend.changed(parts_only=True)

    def visibility_seconds(self, queue_arn: str) -> float:
        with self._backend.lock:
            return float(_find(queue_arn)[1].visibility_timeout)

    def close(self) -> None:
        """Wake every receiver; nothing is received any more."""
        self._closing.set()
        with self._backend.lock:
            self._backend.arrivals.notify_all()


def _find(queue_arn: str) -> tuple[Any, Any]:
    _, _, _, region, account, name = queue_arn.split(":")
    backend = backends_of("sqs")[account][region]
    return backend, backend.get_queue(name)


def _take(queue: Any, limit: int) -> list[Any]:
    """What ReceiveMessage does: hides messages for the visibility timeout, and redrives those that came too often.

    moto's own copies every message and goes through the queue again and again, a millisecond for each.
    """
    taken: list[Any] = []
    for message in list(queue._messages):
        if not message.visible or message.delayed:
            continue
        if queue.redrive_policy and message.approximate_receive_count >= queue.redrive_policy["maxReceiveCount"]:
            queue._messages.remove(message)
            queue.dead_letter_queue.add_message(message)
            continue
        message.mark_received(visibility_timeout=queue.visibility_timeout)
        queue.pending_messages.add(message)
        taken.append(message)
        if len(taken) == limit:
            break
    return taken


def _message(message: Any) -> Message:
    return Message(
        id=message.id,
        receipt_handle=message.receipt_handle,
        body=message.body,
        md5=message.body_md5,
        attributes={
            "ApproximateReceiveCount": str(message.approximate_receive_count),
            "SentTimestamp": str(message.sent_timestamp),
            "SenderId": message.sender_id,
            "ApproximateFirstReceiveTimestamp": str(message.approximate_first_receive_timestamp),
        },
    )
