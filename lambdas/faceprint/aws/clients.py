"""The boto3 clients of a function, each made once, and a count of the calls that they make."""

from collections import Counter
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config

_CONFIG = Config(
    # "standard" backs off with jitter; the sum of tries stays below API Gateway's 29 s.
    retries={"mode": "standard", "total_max_attempts": 4},
    connect_timeout=2,
    read_timeout=12,
    # One identify searches several faces at a time.
    max_pool_connections=16,
)


class CallCounter:
    """Counts calls by "service.Operation" since the last `reset`. A retry is not a new call."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()

    def reset(self) -> None:
        """Forgets all calls; a function does this at the beginning of each request."""
        self.calls.clear()

    def of(self, service: str) -> dict[str, int]:
        """Calls of one service by operation."""
        return {name.split(".")[1]: count for name, count in self.calls.items() if name.startswith(f"{service}.")}

    def attach(self, client: Any) -> None:
        """Counts the calls of this client from now on."""
        client.meta.events.register("before-call", self._count)

    def _count(self, model: Any, **_: Any) -> None:
        self.calls[f"{model.service_model.endpoint_prefix}.{model.name}"] += 1


class Clients:
    """Makes clients on one session. Region, credentials and endpoints are boto3's own business."""

    def __init__(self) -> None:
        self.counter = CallCounter()
        self._session = boto3.session.Session()

    def make(self, service: str) -> Any:
        """A client of this service whose calls are counted."""
        client = self._session.client(service, config=_CONFIG)
        self.counter.attach(client)
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
