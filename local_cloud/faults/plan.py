"""The rules of a plan of faults."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

CALL_FAULTS = ("throttle", "error", "latency", "reset", "unprocessed", "timeout", "kill")
EVENT_FAULTS = ("duplicate", "delay", "reorder", "test_event", "stale", "lost")
MOMENTS = ("before", "after")
_BATCHES = ("BatchWriteItem", "BatchGetItem", "DeleteObjects", "TransactWriteItems")


@dataclass(frozen=True)
class Call:
    """A request at the door."""

    service: str  # as it is signed for: s3, dynamodb, sqs, rekognition
    operation: str
    function: str  # that made it; empty: nobody's
    worker: str  # which of the function's environments
    text: str  # path, query and body; of photos only path and query


@dataclass(frozen=True)
class Odds:
    """How often a rule strikes: every call from number `after` + 1 on, with a chance, and `count` times at most."""

    rate: float = 1.0  # 0 to 1
    count: int | None = None
    after: int = 0


@dataclass(frozen=True)
class CallRule:
    """What happens to calls; patterns are those of file names (`*`, `?`, `[…]`)."""

    fault: str  # of CALL_FAULTS
    service: str = "*"
    operation: str = "*"
    function: str = ""  # a pattern: calls of such functions; empty: anybody's
    mentions: str = ""  # only requests with this in path, query or body
    rate: float = 1.0
    count: int | None = None
    after: int = 0
    seconds: float = 1.0  # of latency
    when: str = "before"  # of MOMENTS: is the caller killed before the call is carried out, or after

    @property
    def odds(self) -> Odds:
        return Odds(self.rate, self.count, self.after)

    def meets(self, call: Call) -> bool:
        """Whether the rule is about this call."""
        if self.fault == "kill" and not call.worker:
            return False
        if self.fault == "unprocessed" and call.operation not in _BATCHES:
            return False
        return (
            fnmatchcase(call.service, self.service)
            and fnmatchcase(call.operation, self.operation)
            and (not self.function or (bool(call.function) and fnmatchcase(call.function, self.function)))
            and self.mentions in call.text
        )


@dataclass(frozen=True)
class EventRule:
    """What happens to the events of S3."""

    fault: str  # of EVENT_FAULTS
    key: str = "*"  # a pattern
    rate: float = 1.0
    count: int | None = None
    after: int = 0
    times: int = 1  # duplicates
    seconds: float = 1.0  # of delay; the longest where order is lost

    @property
    def odds(self) -> Odds:
        return Odds(self.rate, self.count, self.after)


@dataclass(frozen=True)
class Plan:
    """Everything that goes wrong; an empty one is a good day."""

    calls: tuple[CallRule, ...] = ()
    events: tuple[EventRule, ...] = ()
    invisible_seconds: float = 0.0  # how long Rekognition does not find a face that it has just indexed
    seed: int = 0  # of the dice

    @property
    def is_empty(self) -> bool:
        return not (self.calls or self.events or self.invisible_seconds)
