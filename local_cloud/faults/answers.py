"""Failures in the words of each service, as its SDK reads them."""

import http.client
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from local_cloud.error_answers import Failure, error_answer

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

# By the services' own lists of errors, which botocore's retry handler knows as well.
_THROTTLED = {
    "dynamodb": ("ProvisionedThroughputExceededException", 400),
    "lambda": ("TooManyRequestsException", 429),
    "s3": ("SlowDown", 503),
    "sqs": ("RequestThrottled", 403),
}
_FAILED = {
    "dynamodb": ("InternalServerError", 500),
    "rekognition": ("InternalServerError", 500),
    "lambda": ("ServiceException", 500),
    "s3": ("InternalError", 500),
}


@dataclass(frozen=True)
class Answer:
    """What a WSGI application said."""

    status: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def is_success(self) -> bool:
        return self.status.startswith("2")

    def with_document(self, document: dict[str, Any]) -> "Answer":
        """The same with another JSON body; what was said of the old one's bytes goes."""
        stale = ("content-length", "x-amz-crc32")
        kept = [(name, value) for name, value in self.headers if name.lower() not in stale]
        body = json.dumps(document).encode()
        return Answer(self.status, (*kept, ("Content-Length", str(len(body)))), body)


def ask(application: Application, environ: Environ) -> Answer:
    """The application's whole answer."""
    said: list[tuple[str, list[tuple[str, str]]]] = []
    body = b"".join(application(environ, lambda status, headers, _=None: said.append((status, headers))))
    return Answer(said[0][0], tuple(said[0][1]), body)


def throttled(environ: Environ, service: str) -> Answer:
    """Too much: ThrottlingException, ProvisionedThroughputExceededException, SlowDown, RequestThrottled …"""
    code, status = _THROTTLED.get(service, ("ThrottlingException", 400))
    return _failure(environ, service, code, status, "Rate exceeded")


def cancelled(environ: Environ) -> Answer:
    """A transaction of DynamoDB that is cancelled because there is too much to do: nothing of it is done."""
    items = json.loads(environ["wsgi.input"].read())["TransactItems"]
    reasons = [{"Code": "ThrottlingError", "Message": "Throughput exceeds the current capacity of your table."}]
    reasons += [{"Code": "None"} for _ in items[1:]]
    told = ", ".join(reason["Code"] for reason in reasons)
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{told}]"
    answer = _failure(environ, "dynamodb", "TransactionCanceledException", 400, message)
    return answer.with_document({**json.loads(answer.body), "CancellationReasons": reasons})


def failed(environ: Environ, service: str) -> Answer:
    """The service's own fault: 500."""
    code, status = _FAILED.get(service, ("InternalFailure", 500))
    return _failure(environ, service, code, status, "We encountered an internal error. Please try again.")


def _failure(environ: Environ, service: str, code: str, status: int, message: str) -> Answer:
    _, headers, body = error_answer(service, environ.get("HTTP_X_AMZ_TARGET", ""), Failure(status, code, message))
    if environ["REQUEST_METHOD"] == "HEAD":
        body = b""
    headers = [*headers, ("Content-Length", str(len(body)))]
    return Answer(f"{status} {http.client.responses[status]}", tuple(headers), body)
