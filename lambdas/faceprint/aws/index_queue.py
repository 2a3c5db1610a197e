"""The queue of S3 events."""

from dataclasses import dataclass
from typing import Any

from faceprint.aws.failures import aws_failures

_MOST_SECONDS = 60


@dataclass(frozen=True)
class IndexQueue:
    """Messages come by the event source mapping; only their return is ours."""

    client: Any
    url: str

    def return_later(self, receipt_handle: str, receive_count: int) -> None:
        """Shows a message again after 1, 2, 4 … 60 seconds: sooner than the visibility timeout, later each time."""
        seconds = min(2 ** max(receive_count - 1, 0), _MOST_SECONDS)
        with aws_failures():
            self.client.change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
            )
