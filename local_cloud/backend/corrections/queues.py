"""SQS: a waiting receiver must neither hold up the world nor sleep through a message."""

import json
import threading
import time
from typing import Any

from moto.sqs.models import Queue, SQSBackend

from local_cloud.backend.corrections.replacing import wrap
from local_cloud.backend.touched import touched


def wait_without_holding_the_lock(arrivals: threading.Condition) -> None:
    """Long polling releases the backend's lock while it waits; moto would wait inside it, on its own."""

    def wait_for_messages(_: Any, queue: Queue, timeout: float) -> None:
        arrivals.wait(min(timeout, seconds_until_visible(queue)))

    wrap(Queue, "wait_for_messages", wait_for_messages)


def announce_arrivals(arrivals: threading.Condition) -> None:
    """A message sent wakes every receiver at once."""

    def add_message(original: Any, queue: Queue, message: Any) -> None:
        original(queue, message)
        touched.messages = True
        with arrivals:
            arrivals.notify_all()

    wrap(Queue, "add_message", add_message)


def answer_redrive_policy_without_spaces() -> None:
    """GetQueueAttributes answers the redrive policy as it was put; moto spaces it, and Terraform sees a change."""

    def get_queue_attributes(original: Any, backend: SQSBackend, *args: Any, **kwargs: Any) -> dict[str, Any]:
        found: dict[str, Any] = original(backend, *args, **kwargs)
        if found.get("RedrivePolicy"):
            found["RedrivePolicy"] = json.dumps(json.loads(found["RedrivePolicy"]), separators=(",", ":"))
        return found

    wrap(SQSBackend, "get_queue_attributes", get_queue_attributes)


def seconds_until_visible(queue: Queue) -> float:
    """Seconds until a message in flight or delayed can be received again; infinite when there is none."""
    now = time.time() * 1000
    due = [max(message.visible_at, message.delayed_until) - now for message in queue._messages]
    return max(min(due, default=float("inf")), 0.0) / 1000 + 0.001
