"""Carries out what a rule says, to one call."""

import json
import time
from collections.abc import Callable
from io import BytesIO
from typing import Any, Protocol

from local_cloud.faults.answers import Answer, Application, Environ, ask, cancelled, failed, throttled
from local_cloud.faults.deletions import delete_a_part
from local_cloud.faults.plan import Call, CallRule
from local_cloud.http_server import CLIENT_GONE, NoAnswerError

# A client with more patience than this is let go, so that the door keeps its threads.
_LONGEST_SILENCE_SECONDS = 120.0
_LOOK_EVERY_SECONDS = 0.05


class Workers(Protocol):
    """The execution environments, by the names they give themselves in their calls."""

    def function_of(self, worker: str) -> str | None: ...

    def kill(self, worker: str) -> None: ...


class Strikes:
    """One method per fault; raises NoAnswerError where the client hears nothing."""

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep
        self.workers: Workers | None = None

    def strike(self, rule: CallRule, call: Call, environ: Environ, inner: Application) -> Answer:
        """The answer to a struck call; `inner` carries calls out."""
        if rule.fault == "throttle":
            return throttled(environ, call.service)
        if rule.fault == "error":
            return failed(environ, call.service)
        if rule.fault == "unprocessed":
            return _do_a_part(environ, call, inner)
        if rule.fault == "kill":
            self._kill(rule, call, environ, inner)
        if rule.fault == "timeout":
            self._say_nothing(environ)
        raise NoAnswerError

    def wait(self, seconds: float) -> None:
        """Latency."""
        self._sleep(seconds)

    def _kill(self, rule: CallRule, call: Call, environ: Environ, inner: Application) -> None:
        if rule.when == "after":
            ask(inner, environ)
        if self.workers is not None:
            self.workers.kill(call.worker)

    def _say_nothing(self, environ: Environ) -> None:
        deadline = time.monotonic() + _LONGEST_SILENCE_SECONDS
        while time.monotonic() < deadline and not environ[CLIENT_GONE]():
            self._sleep(_LOOK_EVERY_SECONDS)


def _do_a_part(environ: Environ, call: Call, inner: Application) -> Answer:
    """The first half of a batch is done. DynamoDB refuses a batch of which it can do nothing."""
    if call.operation == "DeleteObjects":
        return delete_a_part(environ, inner)
    if call.operation == "TransactWriteItems":
        return cancelled(environ)
    document = json.loads(environ["wsgi.input"].read())
    items = [(table, item) for table, batch in document["RequestItems"].items() for item in _items(batch)]
    if len(items) < 2:
        return throttled(environ, call.service)
    half = len(items) // 2
    done, left = (_gather(document["RequestItems"], part) for part in (items[:half], items[half:]))
    body = json.dumps({**document, "RequestItems": done}).encode()
    answer = ask(inner, {**environ, "wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))})
    if not answer.is_success:
        return answer
    name = "UnprocessedItems" if call.operation == "BatchWriteItem" else "UnprocessedKeys"
    return answer.with_document({**json.loads(answer.body), name: left})


def _items(batch: Any) -> list[Any]:
    """Of one table: a list of writes, or the keys to be read with how to read them."""
    return list(batch if isinstance(batch, list) else batch["Keys"])


def _gather(tables: dict[str, Any], items: list[tuple[str, Any]]) -> dict[str, Any]:
    """These items as RequestItems, the rest of each table's request with them."""
    by_table: dict[str, list[Any]] = {}
    for table, item in items:
        by_table.setdefault(table, []).append(item)
    return {
        table: found if isinstance(tables[table], list) else {**tables[table], "Keys": found}
        for table, found in by_table.items()
    }
