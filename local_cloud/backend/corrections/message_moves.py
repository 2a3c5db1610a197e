"""SQS: message move tasks, by which a dead-letter queue is redriven. moto has none.

A task is done when it is started: no queue here is long.
"""

import secrets
import time
from typing import Any

from moto.core.responses import ActionResult
from moto.sqs.exceptions import SQSException
from moto.sqs.models import Queue, SQSBackend
from moto.sqs.responses import SQSResponse

_REMEMBERED = 10  # as many as ListMessageMoveTasks answers at most


def move_messages_from_dead_letter_queues() -> None:
    """StartMessageMoveTask to the source queue or another, and ListMessageMoveTasks."""
    moto: Any = SQSResponse
    moto.start_message_move_task, moto.list_message_move_tasks = _start, _list


class _NotFound(SQSException):
    code = "ResourceNotFoundException"


class _Unsupported(SQSException):
    code = "AWS.SimpleQueueService.UnsupportedOperation"


def _start(response: SQSResponse) -> ActionResult:
    source = _dead_letter_queue(response.sqs_backend, response._get_param("SourceArn"))
    destination = _destination(response.sqs_backend, source, response._get_param("DestinationArn"))
    movable = source.messages
    for message in movable:
        response.sqs_backend.send_message(destination.name, message.body, message.message_attributes)
    source._messages = [message for message in source._messages if message not in movable]
    task = {
        "Status": "COMPLETED",
        "SourceArn": source.queue_arn,
        "DestinationArn": destination.queue_arn,
        "ApproximateNumberOfMessagesMoved": len(movable),
        "ApproximateNumberOfMessagesToMove": len(movable),
        "StartedTimestamp": int(time.time() * 1000),
    }
    vars(source)["move_tasks"] = [task, *_tasks(source)][:_REMEMBERED]
    return ActionResult({"TaskHandle": secrets.token_urlsafe(32)})


def _list(response: SQSResponse) -> ActionResult:
    """The newest first; only running tasks would have a handle."""
    source = _dead_letter_queue(response.sqs_backend, response._get_param("SourceArn"))
    most = response._get_param("MaxResults") or 1
    return ActionResult({"Results": _tasks(source)[:most]})


def _tasks(queue: Queue) -> list[dict[str, Any]]:
    tasks: list[dict[str, Any]] = vars(queue).get("move_tasks", [])
    return tasks


def _queue(backend: SQSBackend, arn: str) -> Queue:
    found = [queue for queue in backend.queues.values() if queue.queue_arn == arn]
    if not found:
        raise _NotFound("The resource that you specified for the SourceArn parameter doesn't exist.")
    return found[0]


def _dead_letter_queue(backend: SQSBackend, arn: str) -> Queue:
    queue = _queue(backend, arn)
    if not _sources(backend, queue):
        raise _Unsupported("Source queue must be configured as a Dead Letter Queue.")
    return queue


def _sources(backend: SQSBackend, queue: Queue) -> list[Queue]:
    return [other for other in backend.queues.values() if other.dead_letter_queue is queue]


def _destination(backend: SQSBackend, source: Queue, arn: str | None) -> Queue:
    """Without a destination AWS sends every message back to the queue it came from: one here, as the queue has one."""
    return _queue(backend, arn) if arn else _sources(backend, source)[0]
