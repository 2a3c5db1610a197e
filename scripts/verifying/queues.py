"""The queue that the bucket's events go to, and its dead-letter queue."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from command_line import UsageError
from faceprint.aws.index_queue import event_of
from verifying.deployment import Deployment

_MOST_ENTRIES = 10
"""SendMessageBatch takes no more."""


@dataclass(frozen=True)
class Depth:
    """Messages, by SQS's own approximate count: `waiting` also those that are delayed."""

    waiting: int
    in_flight: int
    dead_letters: int

    @property
    def busy(self) -> bool:
        """Whether the index function has something to do."""
        return bool(self.waiting or self.in_flight)


@dataclass(frozen=True)
class IndexQueue:
    """`patience_seconds` is how long a message may take: all its deliveries; `retention_seconds` how long it waits."""

    client: Any
    bucket: str
    url: str
    dead_letter_url: str
    patience_seconds: float
    retention_seconds: float

    def depth(self) -> Depth:
        """As of about now."""
        own, dead = _attributes(self.client, self.url), _attributes(self.client, self.dead_letter_url)
        delayed = int(own.get("ApproximateNumberOfMessagesDelayed", 0))
        return Depth(
            waiting=int(own["ApproximateNumberOfMessages"]) + delayed,
            in_flight=int(own["ApproximateNumberOfMessagesNotVisible"]),
            dead_letters=int(dead["ApproximateNumberOfMessages"]) + int(dead["ApproximateNumberOfMessagesNotVisible"]),
        )

    def announce(self, keys: Sequence[str]) -> None:
        """Sends for each key the event that S3 would send. Raises OSError where SQS refuses one."""
        for start in range(0, len(keys), _MOST_ENTRIES):
            entries = [
                {"Id": str(number), "MessageBody": json.dumps(event_of(self.bucket, key))}
                for number, key in enumerate(keys[start : start + _MOST_ENTRIES])
            ]
            answer = self.client.send_message_batch(QueueUrl=self.url, Entries=entries)
            if answer.get("Failed"):
                raise OSError(f"SQS did not take an event: {answer['Failed'][0].get('Message', 'no reason given')}")


def find_queue(deployment: Deployment) -> IndexQueue:
    """Asks the bucket where its events go. Raises UsageError when they go nowhere."""
    configured = deployment.s3.get_bucket_notification_configuration(Bucket=deployment.bucket)
    arns = [entry["QueueArn"] for entry in configured.get("QueueConfigurations", [])]
    if not arns:
        raise UsageError(f"The bucket {deployment.bucket} announces its objects to no queue; deploy it anew.")
    url = _url(deployment.sqs, arns[0])
    attributes = _attributes(deployment.sqs, url)
    redrive = json.loads(attributes["RedrivePolicy"])
    return IndexQueue(
        client=deployment.sqs,
        bucket=deployment.bucket,
        url=url,
        dead_letter_url=_url(deployment.sqs, redrive["deadLetterTargetArn"]),
        patience_seconds=float(attributes["VisibilityTimeout"]) * int(redrive["maxReceiveCount"]),
        retention_seconds=float(attributes["MessageRetentionPeriod"]),
    )


def _url(client: Any, arn: str) -> str:
    account, name = arn.split(":")[4:6]
    return str(client.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"])


def _attributes(client: Any, url: str) -> dict[str, str]:
    attributes: dict[str, str] = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return attributes
