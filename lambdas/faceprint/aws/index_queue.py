"""The queue of S3 events."""

from dataclasses import dataclass
from typing import Any

from faceprint.aws.failures import aws_failures

_MOST_SECONDS = 60


@dataclass(frozen=True)
class IndexQueue:
    """Messages come by the event source mapping, which deletes them as well; their return is ours."""

    client: Any
    url: str

    def return_later(self, receipt_handle: str, receive_count: int) -> None:
        """Shows a message again after 1, 2, 4 … 60 seconds: sooner than the visibility timeout, later each time."""
        self._show_in(receipt_handle, min(2 ** max(receive_count - 1, 0), _MOST_SECONDS))

    def return_at_once(self, receipt_handle: str) -> None:
        """Shows a message again now: one that no waiting mends is soon received so often that it is given up."""
        self._show_in(receipt_handle, 0)

    def delete(self, receipt_handle: str) -> None:
        """Removes a message that is dealt with, before the event source does so for the whole batch."""
        with aws_failures():
            self.client.delete_message(QueueUrl=self.url, ReceiptHandle=receipt_handle)

    def _show_in(self, receipt_handle: str, seconds: int) -> None:
        with aws_failures():
            self.client.change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
            )
