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
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol
from urllib.parse import unquote

from local_cloud.error_answers import ErrorAnswer, Failure, error_answer, s3_error, s3_ids
from local_cloud.faults.faults import Faults, answer_page
from local_cloud.guard import HOP_BY_HOP, TRUSTED_PAGE, Guard, request_headers
from local_cloud.lambda_runtime.model import (
    FunctionNotFoundError,
    PayloadTooLargeError,
    Result,
    TooManyRequestsError,
)
from local_cloud.s3.answers import as_s3_answers
from local_cloud.s3.bodies import receive_body
from local_cloud.s3.cors import CorsRule, answer_preflight, with_cors
from local_cloud.s3.post_forms import as_put, form_answer, is_post_form, read_form
from local_cloud.s3.refusal import S3Error
from local_cloud.scope import scope_of

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


class Backend(Protocol):
    """What the door needs of `backend`: a WSGI application, archives of code, and the CORS rules of buckets."""

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]: ...

    def archive(self, kind: str, name: str, version: str) -> bytes | None: ...

    def cors_rules(self, bucket: str) -> Sequence[CorsRule]: ...


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
        region, service = scope_of(environ, self._region)
        if service == "s3" and (environ["REQUEST_METHOD"] == "OPTIONS" or "HTTP_ORIGIN" in environ):
            return self._serve_page(environ, start_response)
        return self._serve_checked(environ, start_response, service, region)

    def _serve_page(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """S3 for a web page, by the bucket's CORS configuration."""
        bucket = unquote(environ["REQUEST_URI"].partition("?")[0]).lstrip("/").partition("/")[0]
        rules = self._backend.cors_rules(bucket)
        if environ["REQUEST_METHOD"] == "OPTIONS":
            try:
                allowed = answer_preflight(environ, rules)
            except S3Error as refused:
                return _refuse(environ, start_response, s3_error(refused.status, refused.code, refused.message))
            start_response("200 OK", [*allowed, *s3_ids(uuid.uuid4().hex.upper()), ("Content-Length", "0")])
            return [b""]
        environ[TRUSTED_PAGE] = bool(with_cors(environ, [], rules))

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, with_cors(environ, headers, rules), *more)

        return self._serve_checked(environ, start, *reversed(scope_of(environ, self._region)))

    def _serve_checked(
        self, environ: Environ, start_response: StartResponse, service: str, region: str
    ) -> Iterable[bytes]:
        path = unquote(environ["REQUEST_URI"].partition("?")[0])
        is_unsigned = service == "s3" and "HTTP_AUTHORIZATION" not in environ
        if is_unsigned and is_post_form(environ["REQUEST_METHOD"], path, environ.get("CONTENT_TYPE", "")):
            return self._serve_form(environ, start_response, path.strip("/"))
        if refusal := self._guard.examine(environ, service=service, region=region):
            return _refuse(environ, start_response, refusal)
        environ["local_cloud.service"], environ["local_cloud.region"] = service, region
        return self.faults.serve(environ, start_response, self._serve)

    def _serve_form(self, environ: Environ, start_response: StartResponse, bucket: str) -> Iterable[bytes]:
        """An upload by a form (presigned POST) is a PutObject, answered otherwise."""
        try:
            form = read_form(environ["CONTENT_TYPE"], environ["wsgi.input"].read())
        except S3Error as refused:
            return _refuse(environ, start_response, s3_error(refused.status, refused.code, refused.message))
        put = as_put(environ, form, bucket)
        if refusal := self._guard.examine_form(form, bucket, put, self._region):
            return _refuse(environ, start_response, refusal)
        put["local_cloud.service"], put["local_cloud.region"] = "s3", self._region
        said: list[tuple[str, list[tuple[str, str]]]] = []
        body = self.faults.serve(put, lambda status, headers, _=None: said.append((status, headers)), self._serve)
        status, headers = said[0]
        if not status.startswith("200"):
            start_response(status, headers)
            return body
        status, headers, content = form_answer(form, bucket, headers)
        start_response(status, headers)
        return [content]

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
                return _refuse(environ, start_response, s3_error(refused.status, refused.code, refused.message))
        return self._answer_by_backend(environ, start_response)

    def _answer_by_backend(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        answered: list[tuple[str, list[tuple[str, str]]]] = []
        body = self._backend(environ, lambda status, headers: answered.append((status, headers)))
        status, headers = answered[0]
        is_absence = environ["local_cloud.service"] == "s3" and status.startswith("404")
        if is_absence and not self._guard.may_know_of_absence(environ):
            return _refuse(environ, start_response, s3_error(403, "AccessDenied", "Access Denied"))
        if environ["local_cloud.service"] == "s3":
            headers, body = as_s3_answers(environ["REQUEST_METHOD"], status, headers, body)
        start_response(status, headers)
        return body

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
                    failure = Failure(500, "InternalServerError", "face_engine does not answer")
                    target = environ.get("HTTP_X_AMZ_TARGET", "") or "RekognitionService"
                    return _refuse(environ, start_response, error_answer("rekognition", target, failure))
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
        except TooManyRequestsError as exc:
            return _refuse_json(start_response, 429, "TooManyRequestsException", "Rate Exceeded.", Reason=str(exc))
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


def _refuse_json(
    start_response: StartResponse, status: int, code: str, message: str, **members: str
) -> Iterable[bytes]:
    body = json.dumps({**members, "Type": "User", "Message": message}).encode()
    start_response(
        f"{status} {http.client.responses[status]}", [("Content-Type", "application/json"), ("x-amzn-errortype", code)]
    )
    return [body]


def _refuse(environ: Environ, start_response: StartResponse, refusal: ErrorAnswer) -> Iterable[bytes]:
    status, headers, body = refusal
    body = b"" if environ["REQUEST_METHOD"] == "HEAD" else body
    start_response(f"{status} {http.client.responses[status]}", [*headers, ("Content-Length", str(len(body)))])
    return [body]
