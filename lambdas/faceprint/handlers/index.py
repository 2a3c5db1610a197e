"""S3 events from the queue."""

import json
import random
from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from faceprint.model.errors import UnavailableError, UnreadableMessageError
from faceprint.observability import logger, set_log_level
from faceprint.wiring import get_wiring

_ENOUGH_SECONDS = 8
"""Less time than this is not begun with: the record goes back to the queue instead of being cut off half-way."""

_processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def index_record(record: SQSRecord, lambda_context: LambdaContext) -> None:
    """One message: all its S3 records. Raises to have the message delivered again."""
    try:
        for key, sequencer in read_s3_events(record.body):
            _index_object(key, sequencer, f"{lambda_context.aws_request_id}:{record.message_id}", lambda_context)
    except Exception as exc:
        logger.error("returned", messageId=record.message_id, error=repr(exc), cause=repr(exc.__cause__))
        queue = get_wiring().index_queue
        if isinstance(exc, UnreadableMessageError):
            queue.return_at_once(record.receipt_handle)
        else:
            queue.return_later(record.receipt_handle, _receive_count(record))
        raise
    if _receive_count(record) > 1:
        # Whatever ends this process later takes the batch with it: this message need not go along once more.
        get_wiring().index_queue.delete(record.receipt_handle)


def suspects_last(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Messages that came before after the others, in an order that changes.

    One of them may end the process each time: a photo that takes too much memory, say. All of its batch come back at
    the same moment, and would meet the same end again.
    """

    def place(message: dict[str, Any]) -> tuple[bool, float]:
        count = int(message.get("attributes", {}).get("ApproximateReceiveCount") or 1)
        return count > 1, random.random()  # noqa: S311  # spreads, guards nothing

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


def read_s3_events(body: str) -> list[tuple[str, str]]:
    """Key and sequencer of each record; S3's test event has none. Raises UnreadableMessageError."""
    try:
        objects = [entry["s3"]["object"] for entry in json.loads(body).get("Records", [])]
        return [(unquote_plus(found["key"]), str(found.get("sequencer", ""))) for found in objects]
    except (ValueError, LookupError, TypeError, AttributeError) as exc:
        raise UnreadableMessageError("This message is no event of S3.") from exc


def _index_object(key: str, sequencer: str, owner: str, context: LambdaContext) -> None:
    seconds = context.get_remaining_time_in_millis() / 1000
    if seconds < _ENOUGH_SECONDS:
        raise UnavailableError("There is not enough time left in this invocation.")
    wiring = get_wiring()
    wiring.counter.reset()
    outcome = wiring.index_image.reconcile(key, sequencer=sequencer, owner=owner, seconds=seconds)
    logger.info("reconciled", **outcome, calls=dict(wiring.counter.calls))


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """An SQS batch in, the messages that failed out."""
    set_log_level(debug_mode=get_wiring().settings.debug_mode)
    logger.debug("event", messages=describe_messages(event))
    event = {**event, "Records": suspects_last(event["Records"])}
    return dict(
        process_partial_response(event=event, record_handler=index_record, processor=_processor, context=context)
    )
