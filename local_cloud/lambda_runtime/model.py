"""What a function is, and what an invocation gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

# Lambda's limits for a synchronous invocation, in bytes: of the request, and a little above it of the response.
PAYLOAD_LIMIT = 6_291_456
RESPONSE_LIMIT = 6_291_556


@dataclass(frozen=True)
class Function:
    """A deployed function, as GetFunction describes it."""

    name: str
    arn: str
    handler: str
    memory: int  # MB; a function that uses more is ended (`memory`)
    timeout: int  # seconds
    environment: Mapping[str, str]
    code: Path  # the unpacked zip
    layers: tuple[Path, ...] = ()  # folders that can be imported from
    reserved_concurrency: int | None = None
    role: str = ""  # ARN; a function without one runs with the cloud's own credentials
    policy: str = ""  # its resource policy: who may invoke it


@dataclass(frozen=True)
class Result:
    """The payload a function answered; `failed` is what Lambda calls FunctionError: Unhandled."""

    payload: bytes
    failed: bool = False


class Observer(Protocol):
    """Is told what became of every call; must not take long, nor fail."""

    def invoked(self, function: str, *, seconds: float, failed: bool) -> None: ...

    def throttled(self, function: str) -> None: ...


class TooManyRequestsError(Exception):
    """The invocation exceeds the concurrency (429 TooManyRequestsException); its text is Lambda's reason."""


class StillRunningError(Exception):
    """The caller's patience ended before the function did; the function goes on."""


class PayloadTooLargeError(Exception):
    """The event exceeds PAYLOAD_LIMIT (413 RequestTooLargeException)."""


class FunctionNotFoundError(Exception):
    """No such function (404 ResourceNotFoundException)."""
