"""The gateway as a WSGI application: run the steps, render refusals, write one line per request."""

import logging
import time
import traceback
import uuid
from collections.abc import Callable, Iterable, Mapping
from http.client import responses
from typing import Any, Protocol

from local_cloud.gateway.access_log import AccessLog
from local_cloud.gateway.exchange import Answer, Exchange, read_exchange
from local_cloud.gateway.refusals import (
    ConfigurationError,
    GatewayError,
    UnmappedError,
    UnreadableError,
    render_refusal,
)
from local_cloud.gateway.steps import STEPS, Deployed, body_limit
from local_cloud.http_server import OVERFLOW, PRESERVED_NAMES

log = logging.getLogger(__name__)

# Not over plain HTTP: RFC 6797, 7.2.
_OF_HTTPS = "strict-transport-security"


class Observer(Protocol):
    """Is told of every answer; must not take long, nor fail."""

    def answered(self, status: int, *, seconds: float) -> None: ...


class Gateway:
    """Serves one deployed stage."""

    def __init__(self, deployed: Deployed, access_log: AccessLog, observer: Observer | None = None) -> None:
        self._deployed, self._access_log, self._observer = deployed, access_log, observer

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        started = time.perf_counter()
        exchange = read_exchange(environ)
        refusal: GatewayError | None = None
        try:
            for step in STEPS:
                step(exchange, self._deployed)
            assert exchange.answer is not None
        except GatewayError as exc:
            refusal = exc
        except Exception:
            log.error("request %s failed: %s", exchange.request_id, traceback.format_exc())
            refusal = ConfigurationError()
        answer = self._refused(exchange, refusal) if refusal else exchange.answer
        assert answer is not None
        self._send(exchange, answer, start_response)
        seconds = time.perf_counter() - started
        self._access_log.write(exchange, answer, refusal, seconds=seconds)
        if self._observer:
            self._observer.answered(answer.status, seconds=seconds)
        return [b"" if exchange.method == "HEAD" else answer.body]

    def body_limit(self, headers: dict[str, str], uri: str, method: str) -> int:
        """For `http_server`: bytes of this request's body to keep while it arrives."""
        environ: dict[str, Any] = {f"HTTP_{name}": value for name, value in headers.items()}
        environ |= {
            "REQUEST_URI": uri,
            "REQUEST_METHOD": method,
            "REMOTE_ADDR": "",
            OVERFLOW: False,
            PRESERVED_NAMES: {},
        }
        try:
            return body_limit(read_exchange(environ), self._deployed)
        except GatewayError:
            return 0

    def refuse_unreadable(self, status: int, _request: Mapping[str, str]) -> tuple[str, bytes]:
        """For `http_server`: content type and body of the answer to what is not an HTTP request."""
        context = {"requestId": str(uuid.uuid4())}
        _, headers, body = render_refusal(UnreadableError(), self._deployed.definition.refusals, context)
        log.info("refused what is not HTTP with %d", status)
        return headers["Content-Type"], body

    def _refused(self, exchange: Exchange, refusal: GatewayError) -> Answer:
        context = {
            "requestId": exchange.request_id,
            "httpMethod": exchange.method,
            "path": exchange.path,
            "stage": self._deployed.definition.stage,
            "resourcePath": exchange.resource,
        }
        templates = {} if isinstance(refusal, UnmappedError) else self._deployed.definition.refusals
        status, headers, body = render_refusal(refusal, templates, context)
        return Answer(status, list(headers.items()), body)

    def _send(self, exchange: Exchange, answer: Answer, start_response: Callable[..., Any]) -> None:
        sent = [(name, value) for name, value in answer.headers if name.lower() != _OF_HTTPS]
        own = [("x-amzn-RequestId", exchange.request_id), ("Content-Length", str(len(answer.body)))]
        start_response(f"{answer.status} {responses.get(answer.status, 'Unknown')}", [*sent, *own])
