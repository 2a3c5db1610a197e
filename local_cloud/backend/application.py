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
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Protocol
from xml.parsers.expat import ExpatError

from botocore.model import OperationNotFoundError
from moto import backend_index
from moto.core.request import Request
from werkzeug.exceptions import HTTPException

from local_cloud.backend.corrections import apply_corrections
from local_cloud.backend.moto_state import ACCOUNT_ID, backends_of, each_backend_of
from local_cloud.backend.operations import changes_parts_only, is_read
from local_cloud.backend.parts import mark_what_is_touched
from local_cloud.backend.touched import touched
from local_cloud.error_answers import REST_SERVICES, Failure, error_answer
from local_cloud.s3.cors import CorsRule

log = logging.getLogger(__name__)

Answer = tuple[int, dict[str, str], bytes]
Handler = Callable[[Any, str, Any], tuple[int, dict[str, Any], Any]]


class Keep(Protocol):
    """Writes down what was changed, before it is answered; `parts_only` when that can be parts alone (`parts`)."""

    def __call__(self, *, parts_only: bool) -> None: ...


# What moto says of a document that lacks something, or is none.
_UNREADABLE = (AttributeError, IndexError, KeyError, TypeError, ValueError, ExpatError)
_MALFORMED = "The XML you provided was not well-formed or did not validate against our published schema"
_RANGE = re.compile(r"bytes=[0-9]{0,18}-[0-9]{0,18}")


class _MotoRequest(Request):
    """A request that came through a real server: moto then leaves the Date header to that server."""

    from_wsgi_server = True


# What moto knows by a host without a region alone.
_WITHOUT_REGION = {"budgets"}


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
        return [] if status == HTTPStatus.NO_CONTENT else [body]  # of which moto writes one now and then

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
                return _internal_failure(service, request)
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
        except (NotImplementedError, OperationNotFoundError) as exc:
            return _unknown_operation(service, request, str(exc))
        except HTTPException as exc:
            status, headers, body = exc.code or 400, dict(exc.get_headers()), exc.get_body()
        except Exception as exc:
            log.error("%s failed: %s", service, traceback.format_exc())
            if isinstance(exc, _UNREADABLE) and _is_about_a_bucket(service, request):
                return _error(service, request, Failure(400, "MalformedXML", _MALFORMED))
            return _internal_failure(service, request)
        content = body.encode() if isinstance(body, str) else bytes(body or b"")
        return int(status), _wire_headers(headers, service, request), content

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

    def cors_rules(self, bucket: str) -> list[CorsRule]:
        """Of a bucket's CORS configuration; none where there is no such bucket."""
        with self.lock:
            found = next((each.buckets[bucket] for each in each_backend_of("s3") if bucket in each.buckets), None)
            return [_cors_rule(rule) for rule in found.cors] if found is not None else []

    def _handler(self, service: str, region: str, request: Request) -> Handler:
        host = (
            f"https://{service}.amazonaws.com"
            if service in _WITHOUT_REGION
            else f"https://{service}.{region}.amazonaws.com"
        )
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


def _cors_rule(rule: Any) -> CorsRule:
    """moto has one value, or a list of several."""

    def listed(value: Any) -> tuple[str, ...]:
        return tuple(value) if isinstance(value, list) else (value,) if value else ()

    return CorsRule(
        origins=listed(rule.allowed_origins),
        methods=listed(rule.allowed_methods),
        headers=listed(rule.allowed_headers),
        exposed=listed(rule.exposed_headers),
        max_age=str(rule.max_age_seconds or ""),
    )


def _wire_headers(headers: Any, service: str, request: Request) -> dict[str, str]:
    hidden = ("status", "server", "date")
    kept = {name: str(value) for name, value in dict(headers).items() if name.lower() not in hidden}
    if (_target(request) or service in REST_SERVICES) and "content-type" not in map(str.lower, kept):
        kept["Content-Type"] = "application/x-amz-json-1.1" if _target(request) else "application/json"
    return kept


def _is_about_a_bucket(service: str, request: Request) -> bool:
    """Whether the body is a document of S3's: of a part of a bucket, or of an object that is no content."""
    return service == "s3" and request.method in ("PUT", "POST") and bool(request.query_string)


def _target(request: Request) -> str:
    return str(request.headers.get("X-Amz-Target", ""))


def _unknown_operation(service: str, request: Request, detail: str) -> Answer:
    """AWS's answer to an operation it does not have. SDKs give up at once; a 500 they would retry for minutes."""
    log.warning("%s: not implemented: %s", service, detail)
    if service == "s3":
        text = "The specified method is not allowed against this resource."
        return _error(service, request, Failure(405, "MethodNotAllowed", text))
    text = f"{service} does not do this locally"
    return _error(service, request, Failure(400, "UnknownOperationException", text, "InvalidAction"))


def _internal_failure(service: str, request: Request) -> Answer:
    code = "InternalError" if service == "s3" else "InternalFailure"
    return _error(service, request, Failure(500, code, "The local backend failed; its log says why."))


def _error(service: str, request: Request, failure: Failure) -> Answer:
    status, headers, body = error_answer(service, _target(request), failure)
    return status, dict(headers), body
