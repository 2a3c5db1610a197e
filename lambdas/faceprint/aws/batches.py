"""Batches: what AWS leaves undone is asked for again, with a pause that grows, and not for ever."""

import random
import time
from collections.abc import Iterator, Sized
from typing import Any

from faceprint.aws.failures import aws_failures
from faceprint.aws.items import Item
from faceprint.model.errors import FaceprintError, ThrottledError

_MOST_TRIES = 5
_THROTTLED = ThrottledError("DynamoDB is throttling; wait a second and try again.")
_WRITE_ITEMS = 25
"""BatchWriteItem takes no more."""


def read_batch(client: Any, table: str, keys: list[Item], **options: Any) -> list[Item]:
    """BatchGetItem of up to 100 keys, in no order; what does not exist is absent. Raises ThrottledError."""
    items: list[Item] = []
    left = {table: {"Keys": keys, **options}} if keys else {}
    for _ in tries(left, _THROTTLED):
        with aws_failures():
            answer = client.batch_get_item(RequestItems=left)
        items += answer["Responses"].get(table, [])
        left.clear()
        left.update(answer.get("UnprocessedKeys", {}))
    return items


def write_batch(client: Any, table: str, requests: list[Item]) -> None:
    """BatchWriteItem of any number of PutRequests and DeleteRequests. Raises ThrottledError."""
    for start in range(0, len(requests), _WRITE_ITEMS):
        left = {table: requests[start : start + _WRITE_ITEMS]}
        for _ in tries(left, _THROTTLED):
            with aws_failures():
                answer = client.batch_write_item(RequestItems=left)
            left.clear()
            left.update(answer.get("UnprocessedItems", {}))


def tries(left: Sized, failure: FaceprintError) -> Iterator[int]:
    """Goes on while something is left to do. Raises `failure` when that is so after several tries."""
    for attempt in range(_MOST_TRIES):
        if not left:
            return
        if attempt:
            time.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 # nosec B311  # jitter spreads load, it guards nothing
        yield attempt
    if left:
        raise failure
