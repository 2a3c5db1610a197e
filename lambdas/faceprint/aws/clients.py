"""The boto3 clients of a function, each made once."""

from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config

from faceprint.aws.call_counter import CallCounter
from faceprint.model.limits import MAX_SEARCH_CONCURRENCY

_ATTEMPTS = 4


def _config(attempts: int) -> Config:
    return Config(
        # "standard" backs off with jitter.
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=2,
        read_timeout=12,
        # One identify searches several faces at a time.
        max_pool_connections=MAX_SEARCH_CONCURRENCY,
    )


class Clients:
    """Makes clients on one session. Region, credentials and endpoints are boto3's own business."""

    def __init__(self, counter: CallCounter) -> None:
        self._counter = counter
        self._session = boto3.session.Session()

    def make(self, service: str, *, attempts: int = _ATTEMPTS) -> Any:
        """A client of this service whose calls are counted. It gives a call up after that many attempts."""
        client = self._session.client(service, config=_config(attempts))
        self._counter.attach(client)
        return client

    @cached_property
    def s3(self) -> Any:
        """The S3 client, which bucket and links share."""
        return self.make("s3")

    @cached_property
    def dynamodb(self) -> Any:
        """The DynamoDB client, which both tables share."""
        return self.make("dynamodb")

    def credentials(self) -> Any:
        """The session's credentials, for links that are signed without a call."""
        return self._session.get_credentials()
