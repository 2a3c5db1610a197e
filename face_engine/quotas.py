"""How many requests per second each operation takes, as Amazon Rekognition counts them; off unless it is asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Literal

from face_engine.errors import ProvisionedThroughputExceededError

QuotaChoice = float | Literal["aws"] | None
"""Requests per second of each operation; `aws`: the defaults of the region that a request is signed for; None: off."""

LARGE_REGIONS = frozenset({"us-east-1", "us-west-2", "eu-west-1"})
OTHER_OPERATIONS = 5.0
TAGGING = 10.0
_DEFAULTS: dict[str, tuple[float, float]] = {
    **dict.fromkeys(
        ("IndexFaces", "ListFaces", "SearchFaces", "SearchFacesByImage", "SearchUsers", "SearchUsersByImage"), (50, 5)
    ),
    **dict.fromkeys(("DetectFaces", "CompareFaces"), (100, 25)),
    **dict.fromkeys(("TagResource", "UntagResource", "ListTagsForResource"), (TAGGING, TAGGING)),
}
"""In the large regions and in all others, by AWS's table "Amazon Rekognition endpoints and quotas"."""


def aws_default(operation: str, region: str) -> float:
    """Requests per second that a new account has."""
    large, other = _DEFAULTS.get(operation, (OTHER_OPERATIONS, OTHER_OPERATIONS))
    return large if region in LARGE_REGIONS else other


class Quotas:
    """A token bucket for each operation. Its burst is one second's worth: AWS documents none.

    A refused request takes nothing, so that whoever waits long enough is served.
    """

    def __init__(self, choice: QuotaChoice = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._choice, self._clock = choice, clock
        self._buckets: dict[tuple[str, float], tuple[float, float]] = {}
        self._lock = threading.Lock()

    def take(self, operation: str, region: str) -> None:
        """Count one request. Raises `ProvisionedThroughputExceededError` when it is one too many."""
        if self._choice is None:
            return
        rate = aws_default(operation, region) if self._choice == "aws" else self._choice
        burst = max(rate, 1.0)
        with self._lock:
            now = self._clock()
            tokens, counted_at = self._buckets.get((operation, rate), (burst, now))
            tokens = min(burst, tokens + (now - counted_at) * rate)
            is_over = tokens < 1
            self._buckets[operation, rate] = (tokens if is_over else tokens - 1, now)
        if is_over:
            raise ProvisionedThroughputExceededError
