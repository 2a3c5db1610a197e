"""A WSGI application that hands AWS requests to moto's handlers, one at a time.

moto keeps its state in plain dictionaries and is not safe under concurrent writes: a conditional
update could read, be interrupted, and write over somebody else's. Every call therefore runs under
one lock. moto is pure Python, so the interpreter's own lock already lets only one call compute;
this one makes conditional writes and transactions atomic, and snapshots consistent.
"""

import http.client
import logging
import re
import threading
import traceback
import uuid
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from moto import backend_index
from moto.core.request import Request
from werkzeug.exceptions import HTTPException

from local_cloud.backend.corrections import apply_corrections
from local_cloud.backend.moto_state import ACCOUNT_ID, backends_of, each_backend_of
from local_cloud.backend.operations import changes_parts_only, is_read
from local_cloud.backend.parts import mark_what_is_touched
from local_cloud.backend.touched import touched

log = logging.getLogger(__name__)

Answer = tuple[int, dict[str, str], bytes]
Handler = Callable[[Any, str, Any], tuple[int, dict[str, Any], Any]]


class Keep(Protocol):
    """Writes down what was changed, before it is answered; `parts_only` when that can be parts alone (`parts`)."""

    def __call__(self, *, parts_only: bool) -> None: ...


_RANGE = re.compile(r"bytes=[0-9]{0,18}-[0-9]{0,18}")


class _MotoRequest(Request):
    """A request that came through a real server: moto then leaves the Date header to that server."""

    from_wsgi_server = True


class AwsBackend:
    """All services of one account in this process."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.arrivals = threading.Condition(self.lock)
        self.writes = 0
        self.keep: Keep | None = None
        self._routes: dict[str, list[tuple[re.Pattern[str], Handler]]] = {}
        apply_corrections(self.arrivals)
        mark_what_is_touched()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        service, region = environ["local_cloud.service"], environ["local_cloud.region"]
        status, headers, body = self.answer(environ, service=service, region=region)
        start_response(f"{status} {http.client.responses.get(status, 'Unknown')}", list(headers.items()))
        return [body]

    def answer(self, environ: dict[str, Any], *, service: str, region: str) -> Answer:
        """Run one request; an operation moto does not know is a 400, as a service answers, not a 500."""
        if not _RANGE.fullmatch(environ.get("HTTP_RANGE", "")):
            environ.pop("HTTP_RANGE", None)  # S3 takes a range it cannot read for none; moto fails
        request = _MotoRequest(environ)
        environ["RAW_URI"] = environ.get("REQUEST_URI", "")
        request.get_data(parse_form_data=False)  # outside the lock: the client may be slow
        with self.lock:
            answer = self._handled(service, region, request)
            try:
                if not is_read(request):
                    self.changed(parts_only=changes_parts_only(service, request))
            except Exception:
                log.exception("a change could not be written down")
                return _internal_failure()
            finally:
                touched.clear()
        return answer

    def changed(self, *, parts_only: bool) -> None:
        """To be called under the lock after every change, before anybody hears of it; OSError when the disk is full."""
        self.writes += 1
        if self.keep is not None:
            self.keep(parts_only=parts_only)
        touched.clear()

    def _handled(self, service: str, region: str, request: Request) -> Answer:
        try:
            status, headers, body = self._handler(service, region, request)(request, request.raw_url, request.headers)
        except NotImplementedError as exc:
            return _unknown_operation(service, str(exc))
        except HTTPException as exc:
            status, headers, body = exc.code or 400, dict(exc.get_headers()), exc.get_body()
        except Exception:
            log.error("%s failed: %s", service, traceback.format_exc())
            return _internal_failure()
        return int(status), _wire_headers(headers), body.encode() if isinstance(body, str) else bytes(body or b"")

    def archive(self, kind: str, name: str, version: str) -> bytes | None:
        """The zip of a function's code (`functions`), or of a layer's version (`layers`); None where there is none."""
        with self.lock:
            for backend in each_backend_of("lambda"):
                for function in backend.list_functions() if kind == "functions" else ():
                    if function.function_name == name:
                        return bytes(function.code_bytes)
                for layer in backend.list_layers() if kind == "layers" else ():
                    if layer["LayerName"] == name:
                        return bytes(backend.get_layer_version(name, version).code_bytes)
        return None

    def _handler(self, service: str, region: str, request: Request) -> Handler:
        host = f"https://{service}.{region}.amazonaws.com"
        if request.headers.get("X-Amz-Target", "").startswith("DynamoDBStreams"):
            host = f"https://streams.dynamodb.{region}.amazonaws.com"
        if host not in self._routes:
            self._routes[host] = _routes_of(host)
        url = host + request.raw_path
        for pattern, handler in self._routes[host]:
            if pattern.match(url):
                return handler
        raise NotImplementedError(f"no {service} operation at {request.method} {request.raw_path}")


def _routes_of(host: str) -> list[tuple[re.Pattern[str], Handler]]:
    for name, base in backend_index.backend_url_patterns:
        if base.match(host):
            by_region = backends_of(name)[ACCOUNT_ID]
            backend = by_region["us-east-1" if "us-east-1" in by_region else "aws"]
            return [(re.compile(url), handler) for url, handler in backend.urls.items() if re.match(_base(url), host)]
    return []


def _base(url: str) -> str:
    """The host part of one of moto's URL patterns (`https?://sqs.…/path` → `https?://sqs.…`)."""
    scheme, rest = url.split("://", 1)
    return f"{scheme}://{rest.split('/', 1)[0]}"


def _wire_headers(headers: Any) -> dict[str, str]:
    hidden = ("status", "server", "date")
    return {name: str(value) for name, value in dict(headers).items() if name.lower() not in hidden}


def _unknown_operation(service: str, detail: str) -> Answer:
    """AWS's answer to an operation it does not have. SDKs give up at once; a 500 they would retry for minutes."""
    log.warning("%s: not implemented: %s", service, detail)
    body = f'{{"__type":"UnknownOperationException","message":"{service} does not do this locally"}}'
    return 400, {"Content-Type": "application/json", "x-amzn-errortype": "UnknownOperationException"}, body.encode()


def _internal_failure() -> Answer:
    headers = {"Content-Type": "application/json", "x-amzn-requestid": str(uuid.uuid4())}
    return 500, headers, b'{"__type":"InternalFailure","message":"The local backend failed; its log says why."}'
