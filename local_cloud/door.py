"""The one AWS endpoint: every service behind one address, told apart as AWS's SDKs sign for them.

    rekognition           → face_engine, over HTTP
    lambda … /invocations → the Lambda runtime
    everything else       → the backend, in this process

The guard looks at each request first. Functions have what their role's policies allow; any other credentials are taken
as they come, and may do everything.
"""

import http.client
import json
import re
import threading
from collections.abc import Callable, Iterable
from typing import Any, Protocol
from urllib.parse import unquote

from local_cloud.faults.faults import Faults, answer_page
from local_cloud.guard import HOP_BY_HOP, Guard, request_headers
from local_cloud.iam.refusals import Refusal, refuse_s3
from local_cloud.lambda_runtime.model import (
    FunctionNotFoundError,
    PayloadTooLargeError,
    Result,
    TooManyRequestsError,
)
from local_cloud.s3.bodies import receive_body
from local_cloud.s3.refusal import S3Error

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

HEALTH_PATH = "/_local/health"
STATUS_PATH = "/_local/status"
CALLS_PATH = "/_local/calls"
FAULTS_PATH = "/_local/faults"
_ARCHIVE_PATH = re.compile(r"/_local/(functions|layers)/([^/]+)/(.+)")
_INVOCATION = re.compile(r"/2015-03-31/functions/([^/]+)/invocations/?")
_OF_THIS_ADDRESS = ("host", "origin")  # the door has judged them, and the engine has an address of its own
_SCOPE = re.compile(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request")


class Backend(Protocol):
    """What the door needs of `backend`: a WSGI application, and the archives of functions and layers."""

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]: ...

    def archive(self, kind: str, name: str, version: str) -> bytes | None: ...


class Invoker(Protocol):
    def invoke(self, function: str, payload: bytes) -> Result: ...


class Door:
    """A WSGI application; `invoker` and `pages` are set once there is something to invoke and to tell."""

    def __init__(self, backend: Backend, *, engine: tuple[str, int], region: str, guard: Guard) -> None:
        self._backend, self._engine, self._region, self._guard = backend, engine, region, guard
        self._connections = threading.local()
        self._opened: list[http.client.HTTPConnection] = []
        self.faults = Faults()
        self.invoker: Invoker | None = None
        self.pages: dict[str, Callable[[], Any]] = {HEALTH_PATH: lambda: {"status": "ok"}}

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["REQUEST_URI"].partition("?")[0]
        if path in self.pages:
            return _answer(start_response, 200, "application/json", json.dumps(self.pages[path]()).encode())
        if path == FAULTS_PATH:
            return answer_page(self.faults, environ, start_response)
        if archive := _ARCHIVE_PATH.fullmatch(path):
            return _answer_archive(self._backend.archive(*archive.groups()), start_response)
        region, service = self._scope(environ)
        if refusal := self._guard.examine(environ, service=service, region=region):
            return _refuse(start_response, refusal)
        environ["local_cloud.service"], environ["local_cloud.region"] = service, region
        return self.faults.serve(environ, start_response, self._serve)

    def close(self) -> None:
        """Let go of the connections to the engine."""
        for connection in self._opened:
            connection.close()

    def _serve(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Carries out what the guard has let through."""
        path, service = environ["REQUEST_URI"].partition("?")[0], environ["local_cloud.service"]
        if service == "rekognition":
            return self._forward_to_engine(environ, start_response)
        if service == "lambda" and (invocation := _INVOCATION.fullmatch(path)) and self.invoker:
            return self._invoke(unquote(invocation[1]), environ, start_response)
        if service == "s3":
            try:
                receive_body(environ)
            except S3Error as refused:
                return _refuse(start_response, refuse_s3(refused.status, refused.code, refused.message))
        return self._answer_by_backend(environ, start_response)

    def _answer_by_backend(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        answered: list[tuple[str, list[tuple[str, str]]]] = []
        body = self._backend(environ, lambda status, headers: answered.append((status, headers)))
        status, headers = answered[0]
        is_absence = environ["local_cloud.service"] == "s3" and status.startswith("404")
        if is_absence and not self._guard.may_know_of_absence(environ):
            return _refuse(start_response, refuse_s3(403, "AccessDenied", "Access Denied"))
        start_response(status, headers)
        return body

    def _scope(self, environ: Environ) -> tuple[str, str]:
        """Region and service of the signature; an unsigned request can only mean S3, as for moto."""
        scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", "")) or _SCOPE.search(
            "Credential=" + unquote(environ["QUERY_STRING"]).partition("X-Amz-Credential=")[2]
        )
        return (scope[1], scope[2]) if scope else (self._region, "s3")

    def _forward_to_engine(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read()
        headers = {name: value for name, value in request_headers(environ).items() if name not in _OF_THIS_ADDRESS}
        for attempt in (1, 2):  # a kept connection may have been closed by an engine that was restarted
            connection = self._engine_connection()
            try:
                connection.request(environ["REQUEST_METHOD"], environ["REQUEST_URI"], body, headers)
                answer = connection.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                if attempt == 2:
                    text = b'{"__type":"InternalServerError","message":"face_engine does not answer"}'
                    return _answer(start_response, 500, "application/x-amz-json-1.1", text)
            else:
                kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP]
                start_response(f"{answer.status} {answer.reason}", kept)
                return [content]
        raise AssertionError("the second attempt always returns")

    def _engine_connection(self) -> http.client.HTTPConnection:
        """One kept connection per thread."""
        if not hasattr(self._connections, "engine"):
            self._connections.engine = http.client.HTTPConnection(*self._engine, timeout=60)
            self._opened.append(self._connections.engine)
        connection: http.client.HTTPConnection = self._connections.engine
        return connection

    def _invoke(self, function: str, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """The Invoke operation, RequestResponse; `Event` is answered when the function is done, not before."""
        assert self.invoker is not None
        try:
            result = self.invoker.invoke(function, environ["wsgi.input"].read() or b"{}")
        except FunctionNotFoundError:
            return _refuse_json(start_response, 404, "ResourceNotFoundException", f"Function not found: {function}")
        except TooManyRequestsError:
            return _refuse_json(start_response, 429, "TooManyRequestsException", "Rate Exceeded.")
        except PayloadTooLargeError:
            return _refuse_json(
                start_response, 413, "RequestTooLargeException", "Request must be smaller than 6291456 bytes"
            )
        headers = [("Content-Type", "application/json"), ("X-Amz-Executed-Version", "$LATEST")]
        if result.failed:
            headers.append(("X-Amz-Function-Error", "Unhandled"))
        accepted = environ.get("HTTP_X_AMZ_INVOCATION_TYPE") == "Event"
        start_response("202 Accepted" if accepted else "200 OK", headers)
        return [b"" if accepted else result.payload]


def _answer_archive(content: bytes | None, start_response: StartResponse) -> Iterable[bytes]:
    if content is None:
        return _answer(start_response, 404, "application/json", b'{"message":"no such archive"}')
    return _answer(start_response, 200, "application/zip", content)


def _answer(start_response: StartResponse, status: int, content_type: str, body: bytes) -> Iterable[bytes]:
    headers = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
    start_response(f"{status} {http.client.responses[status]}", headers)
    return [body]


def _refuse_json(start_response: StartResponse, status: int, code: str, message: str) -> Iterable[bytes]:
    body = json.dumps({"Type": "User", "Message": message}).encode()
    start_response(
        f"{status} {http.client.responses[status]}", [("Content-Type", "application/json"), ("x-amzn-errortype", code)]
    )
    return [body]


def _refuse(start_response: StartResponse, refusal: Refusal) -> Iterable[bytes]:
    status, headers, body = refusal
    start_response(f"{status} {http.client.responses[status]}", [*headers, ("Content-Length", str(len(body)))])
    return [body]
