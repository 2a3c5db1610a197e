"""The queue of S3 events."""

import json
import math
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

from faceprint.aws.failures import aws_failures
from faceprint.model.records import ObjectVersion

_MOST_SECONDS = 60
_USUAL_TIMEOUT_SECONDS = 30
"""Of the index function: with it the pauses are 1, 2, 4 … 60 s, and longer in proportion for a longer one."""


@dataclass(frozen=True)
class IndexQueue:
    """Messages come by the event source mapping, which deletes them as well; their return is ours.

    Nearly all are S3's own. One of ours stands for an event that may have been lost, or changes nothing.
    """

    client: Any
    url: str

    def hide(self, receipt_handles: list[str], seconds: int) -> None:
        """Shows up to ten messages again in so many seconds, unless they are deleted before.

        The queue hides them far longer, as their function may be throttled; whoever works on them ends much sooner.
        """
        entries = [
            {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": seconds}
            for number, handle in enumerate(receipt_handles)
        ]
        with aws_failures():
            # What fails here stays hidden as long as the queue says.
            self.client.change_message_visibility_batch(QueueUrl=self.url, Entries=entries)

    def return_later(self, receipt_handle: str, receive_count: int, timeout: float) -> None:
        """Shows a message again after a pause, longer each time.

        All pauses together outlast the lease of a worker that was killed, which ends with the function's `timeout`
        (seconds).
        """
        pause = min(2 ** max(receive_count - 1, 0), _MOST_SECONDS)
        self._show_in(receipt_handle, math.ceil(pause * max(1.0, timeout / _USUAL_TIMEOUT_SECONDS)))

    def return_at_once(self, receipt_handle: str) -> None:
        """Shows a message again now: one that no waiting mends is soon received so often that it is given up."""
        self._show_in(receipt_handle, 0)

    def delete(self, receipt_handle: str) -> None:
        """Removes a message that is dealt with, before the event source does so for the whole batch."""
        with aws_failures():
            self.client.delete_message(QueueUrl=self.url, ReceiptHandle=receipt_handle)

    def announce(self, bucket: str, key: str, version: ObjectVersion) -> None:
        """Sends the event that S3 sends of a new object."""
        body = json.dumps(event_of(bucket, key, version))
        with aws_failures():
            self.client.send_message(QueueUrl=self.url, MessageBody=body)

    def _show_in(self, receipt_handle: str, seconds: int) -> None:
        with aws_failures():
            self.client.change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
            )


def event_of(bucket: str, key: str, version: ObjectVersion | None = None) -> dict[str, Any]:
    """S3's event of a new object; without a version the index function looks what is there."""
    told = {"eTag": version.etag, "versionId": version.version_id} if version else {}
    described = {"bucket": {"name": bucket}, "object": {"key": quote_plus(key, safe="/"), **told}}
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "responseElements": {"x-amz-request-id": f"faceprint-{uuid.uuid4()}"},
        "s3": {"s3SchemaVersion": "1.0", **described},
    }
    return {"Records": [record]}
