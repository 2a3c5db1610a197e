"""One HTTP request from its headers to its answer, as WSGI: sign, target, quota, turn, body, operation, log line."""

from __future__ import annotations

import json
import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from face_engine.browsers import SECURITY_HEADERS, refuse_pages
from face_engine.constraints import too_long_blob
from face_engine.errors import (
    InternalServerError,
    SerializationError,
    ServiceError,
    ThrottlingError,
    UnknownOperationError,
    ValidationError,
)
from face_engine.operations import OPERATIONS, PICTURE_OPERATIONS
from face_engine.operations.context import Call, Engine
from face_engine.protocol import (
    CONTENT_TYPE,
    RekognitionModel,
    Values,
    read_authorization,
    write_answer,
    write_error,
)
from face_engine.quotas import Quotas

log = logging.getLogger(__name__)

MAX_INLINE_BYTES = 5 * 1024 * 1024
MAX_BODY_BYTES = 16 * 1024 * 1024
"""Two images of 5 MB as base64 make 14 MB, the most that a valid request can hold."""

REASONS = {200: "200 OK", 400: "400 Bad Request", 500: "500 Internal Server Error"}
FACE_LISTS = ("FaceRecords", "FaceDetails", "FaceMatches", "Faces", "DeletedFaces")

Environment = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class Workshop:
    """Threads of its own for work on pictures: `workers` at a time, `queue` waiting, the rest refused at once.

    Few threads rather than the many that wait for requests: each thread that once held a picture keeps its memory.
    """

    def __init__(self, *, workers: int, queue: int) -> None:
        self._places = threading.Semaphore(workers + queue)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="picture")

    def run(self, work: Callable[[], Values]) -> Values:
        """Raises `ThrottlingError` when the queue is full, and whatever the work raises."""
        if not self._places.acquire(blocking=False):
            raise ThrottlingError
        try:
            return self._pool.submit(work).result()
        finally:
            self._places.release()


class Application:
    """The WSGI application; bodies with pictures stay unread, on disk, until the workshop takes them."""

    def __init__(
        self,
        engine: Engine,
        model: RekognitionModel,
        workshop: Workshop,
        host_names: frozenset[str] = frozenset(),
        quotas: Quotas | None = None,
    ) -> None:
        self._host_names = host_names
        self._quotas = quotas or Quotas()
        self._engine = engine
        self._model = model
        self._workshop = workshop

    def __call__(self, environment: Environment, start_response: StartResponse) -> list[bytes]:
        if (environment["REQUEST_METHOD"], environment["PATH_INFO"]) == ("GET", "/health"):
            return _respond(start_response, 200, self._report_health(), str(uuid.uuid4()), "application/json")
        started = time.perf_counter()
        request_id = str(uuid.uuid4())
        line: Values = {"requestId": request_id}
        try:
            answer = self._answer(environment, line)
            status, body = 200, write_answer(answer)
            line["faces"] = sum(len(answer.get(name, ())) for name in FACE_LISTS)
        except ServiceError as exc:
            status, body = exc.status, write_error(exc, request_id)
            line["error"] = exc.code
        except Exception:
            log.exception("request %s failed", request_id)
            failure = InternalServerError()
            status, body = failure.status, write_error(failure, request_id)
            line["error"] = failure.code
        line |= {"status": status, "ms": round(1000 * (time.perf_counter() - started), 1)}
        log.info(json.dumps(line))
        return _respond(start_response, status, body, request_id, CONTENT_TYPE)

    def _answer(self, environment: Environment, line: Values) -> Values:
        """The operation's answer; puts what is known of the request into `line` as soon as it is known."""
        refuse_pages(environment, self._host_names)
        if (environment["REQUEST_METHOD"], environment["PATH_INFO"]) != ("POST", "/"):
            raise UnknownOperationError("Requests to Rekognition are POST /.")
        caller = read_authorization(environment.get("HTTP_AUTHORIZATION"))
        name = self._model.read_target(environment.get("HTTP_X_AMZ_TARGET"))
        if not self._model.is_operation(name):
            raise UnknownOperationError("The operation is not one of Amazon Rekognition.")
        line["operation"] = name
        if name not in OPERATIONS:
            raise UnknownOperationError(f"{name} is not offered by this engine.")
        self._quotas.take(name, caller.region)

        def work() -> Values:
            values = self._model.read_request(name, _read_body(environment, name))
            log.debug(json.dumps(line | {"region": caller.region, "members": sorted(values)}))
            return OPERATIONS[name](self._engine, Call(values, caller.region))

        return self._workshop.run(work) if name in PICTURE_OPERATIONS else work()

    def _report_health(self) -> bytes:
        return write_answer(
            {
                "status": "ok",
                "faceModelVersion": self._engine.vision.version,
                "collections": self._engine.library.store.count_collections(),
            }
        )


def refuse_unreadable(status: int, _: Mapping[str, str]) -> tuple[str, bytes]:
    """Content type and body of the answer to what is not an HTTP request; `status` says which 4xx it gets."""
    error = SerializationError(f"The request cannot be read as HTTP/1.1 (status {status}).")
    return CONTENT_TYPE, write_error(error, str(uuid.uuid4()))


def _read_body(environment: Environment, operation: str) -> bytes:
    """So large a body can only hold a picture of too many bytes; it stays unread."""
    length = int(environment.get("CONTENT_LENGTH") or 0)
    if length > MAX_BODY_BYTES:
        path = "sourceImage.bytes" if operation == "CompareFaces" else "image.bytes"
        raise ValidationError(too_long_blob(path, MAX_INLINE_BYTES))
    return bytes(environment["wsgi.input"].read(length))


def _respond(
    start_response: StartResponse, status: int, body: bytes, request_id: str, content_type: str
) -> list[bytes]:
    headers = [("Content-Type", content_type), ("Content-Length", str(len(body))), ("x-amzn-RequestId", request_id)]
    start_response(REASONS[status], [*headers, *SECURITY_HEADERS])
    return [body]
