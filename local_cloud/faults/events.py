"""S3's events on a bad day: twice, late, in another order, among test events, long outdated, and never."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import unquote_plus

from local_cloud.faults.dice import Dice
from local_cloud.faults.plan import EventRule

Event = dict[str, Any]
Sending = tuple[Event, float]
"""An event and in how many seconds it may be received."""

_MOST_KEYS = 10_000


class Events:
    """Remembers the first event of each of the last keys: it is what comes again as a stale one."""

    def __init__(self, dice: Sequence[Dice]) -> None:
        self._dice = dice
        self._lock = threading.Lock()
        self._first: OrderedDict[str, Event] = OrderedDict()

    def send(self, event: Event) -> list[Sending]:
        """What is sent in place of this event."""
        record = event["Records"][0]
        key = unquote_plus(record["s3"]["object"]["key"])
        earlier = self._earlier(key, event)
        sent: list[Sending] = [(event, 0.0)]
        for dice in self._dice:
            assert isinstance(dice.rule, EventRule)
            if fnmatchcase(key, dice.rule.key) and (dice.rule.fault != "stale" or earlier) and dice.strikes():
                sent = _struck(sent, dice.rule, share=dice.share(), stale=earlier or event)
        return sent

    def _earlier(self, key: str, event: Event) -> Event | None:
        with self._lock:
            earlier = self._first.get(key)
            if earlier is None:
                self._first[key] = event
                if len(self._first) > _MOST_KEYS:
                    self._first.popitem(last=False)
            return earlier


def _struck(sent: list[Sending], rule: EventRule, *, share: float, stale: Event) -> list[Sending]:
    if rule.fault == "lost" or not sent:
        return []
    if rule.fault == "duplicate":
        return sent + sent[:1] * rule.times
    if rule.fault == "test_event":
        return [(_test_event(sent[0][0]), 0.0), *sent]
    if rule.fault == "stale":
        return [*sent, (stale, rule.seconds)]
    seconds = rule.seconds * (share if rule.fault == "reorder" else 1.0)
    return [(event, due + seconds) for event, due in sent]


def _test_event(event: Event) -> Event:
    """What S3 sends to a new destination."""
    record = event["Records"][0]
    return {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": record["eventTime"],
        "Bucket": record["s3"]["bucket"]["name"],
        "RequestId": record["responseElements"]["x-amz-request-id"],
        "HostId": record["responseElements"]["x-amz-id-2"],
    }
