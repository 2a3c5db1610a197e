"""S3 events from the queue."""

import json
import math
import random
import time
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from faceprint.handlers.measurements import Measurements, describe_calls
from faceprint.model.errors import FaceprintError, UnavailableError, UnreadableMessageError
from faceprint.model.records import ObjectEvent, ObjectVersion, Status
from faceprint.observability import logger, set_log_level
from faceprint.wiring import Wiring, get_wiring

_ENOUGH_SECONDS = 8
"""Less time than this is not begun with: the record goes back to the queue instead of being cut off half-way."""

_GRACE_SECONDS = 5
"""How long after its function's end a message comes back: the event source deletes those that were dealt with."""

_MOST_ENTRIES = 10
"""ChangeMessageVisibilityBatch takes no more."""

_processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def index_record(record: SQSRecord, lambda_context: LambdaContext, *, timeout: float) -> None:
    """One message: all its S3 records. Raises to have the message delivered again. `timeout` (seconds) is Lambda's."""
    wiring = get_wiring()
    wiring.counter.reset()
    logger.append_keys(messageId=record.message_id, sequencer=None, s3RequestId=None, correlation_id=None)
    try:
        for event in read_s3_events(record.body):
            _index_object(event, f"{lambda_context.aws_request_id}:{record.message_id}", lambda_context)
    except Exception as exc:
        _report_return(exc)
        if isinstance(exc, UnreadableMessageError):
            wiring.index_queue.return_at_once(record.receipt_handle)
        else:
            wiring.index_queue.return_later(record.receipt_handle, _receive_count(record), timeout)
        raise
    if _receive_count(record) > 1:
        # Whatever ends this process later takes the batch with it: this message need not go along once more.
        wiring.index_queue.delete(record.receipt_handle)


def suspects_last(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Messages that came before after the others, in an order that changes.

    One of them may end the process each time: a photo that takes too much memory, say. All of its batch come back at
    the same moment, and would meet the same end again.
    """

    def place(message: dict[str, Any]) -> tuple[bool, float]:
        return _receive_count(SQSRecord(message)) > 1, random.random()  # noqa: S311 # nosec B311  # spreads, guards nothing

    return sorted(records, key=place)


def _receive_count(record: SQSRecord) -> int:
    return int(record.attributes.approximate_receive_count or 1)


def describe_messages(event: dict[str, Any]) -> list[dict[str, Any]]:
    """What debug_mode logs of a batch: no receipt handles, by which messages can be deleted."""
    return [
        {
            "messageId": message["messageId"],
            "receiveCount": message.get("attributes", {}).get("ApproximateReceiveCount"),
            "body": message["body"],
        }
        for message in event.get("Records", [])
    ]


def read_s3_events(body: str) -> list[ObjectEvent]:
    """What happened to which object; S3's test event tells of none. Raises UnreadableMessageError."""
    try:
        return [_read_record(record) for record in json.loads(body).get("Records", [])]
    except (ValueError, LookupError, TypeError, AttributeError) as exc:
        raise UnreadableMessageError("This message is no event of S3.") from exc


def _read_record(record: dict[str, Any]) -> ObjectEvent:
    told = record["s3"]["object"]
    created = record.get("eventName", "").startswith("ObjectCreated") and {"eTag", "versionId"} <= told.keys()
    return ObjectEvent(
        key=unquote_plus(told["key"]),
        sequencer=str(told.get("sequencer", "")),
        version=ObjectVersion(told["eTag"], told["versionId"]) if created else None,
        request_id=record.get("responseElements", {}).get("x-amz-request-id", ""),
    )


def _index_object(event: ObjectEvent, owner: str, context: LambdaContext) -> None:
    # An object that did not come through the API has no correlation id; the request to S3 stands for it.
    logger.append_keys(
        sequencer=event.sequencer or None, s3RequestId=event.request_id or None, correlation_id=event.request_id or None
    )
    seconds = context.get_remaining_time_in_millis() / 1000
    if seconds < _ENOUGH_SECONDS:
        raise UnavailableError("There is not enough time left in this invocation.")
    wiring, started = get_wiring(), time.monotonic()
    wiring.counter.reset()
    outcome = wiring.index_image.reconcile(
        event,
        owner=owner,
        seconds=seconds,
        notice=lambda correlation_id: logger.append_keys(correlation_id=correlation_id),
    )
    _report(outcome, wiring, milliseconds=round((time.monotonic() - started) * 1000, 1))


def _report(outcome: dict[str, Any], wiring: Wiring, *, milliseconds: float) -> None:
    """The line of a record, and its metrics."""
    logger.info("reconciled", **outcome, milliseconds=milliseconds, **describe_calls(wiring))
    measured = Measurements()
    measured.add("Latency", milliseconds, of="index")
    if outcome.get("unchanged"):
        measured.add("RepeatedEvents", 1)
    elif outcome.get("status") == Status.INDEXED:
        measured.add("IndexedImages", 1)
        measured.add("IndexedFaces", outcome["faces"])
    elif outcome.get("status") == Status.NO_FACE:
        measured.add("NoFaceImages", 1)
    elif outcome.get("status") == Status.FAILED:
        measured.add("FailedImages", 1, of=outcome["reason"])
    measured.add_calls(wiring)
    measured.write(wiring)


def _reason(error: Exception) -> str:
    """A name for metrics; errors that no client sees have no code of their own."""
    if isinstance(error, FaceprintError) and not isinstance(error, UnreadableMessageError):
        return error.code
    return type(error).__name__


def _report_return(error: Exception) -> None:
    """The line of a message that goes back to the queue, and its metrics."""
    wiring = get_wiring()
    logger.error("returned", error=repr(error), cause=repr(error.__cause__), **describe_calls(wiring))
    measured = Measurements()
    measured.add("ReturnedMessages", 1, of=_reason(error))
    measured.add_calls(wiring)
    measured.write(wiring)


def _hide(messages: list[dict[str, Any]], timeout: float) -> None:
    """Has the messages come back soon when this process is killed; without it they come as the queue says."""
    handles = [message["receiptHandle"] for message in messages]
    for start in range(0, len(handles), _MOST_ENTRIES):
        with suppress(FaceprintError):
            get_wiring().index_queue.hide(handles[start : start + _MOST_ENTRIES], math.ceil(timeout) + _GRACE_SECONDS)


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """An SQS batch in, the messages that failed out."""
    set_log_level(debug_mode=get_wiring().settings.debug_mode)
    logger.debug("event", messages=describe_messages(event))
    event = {**event, "Records": suspects_last(event["Records"])}
    timeout = context.get_remaining_time_in_millis() / 1000
    _hide(event["Records"], timeout)
    handler = partial(index_record, timeout=timeout)
    return dict(process_partial_response(event=event, record_handler=handler, processor=_processor, context=context))
