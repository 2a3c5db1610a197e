"""A client of Faceprint's HTTP API in one file: copy it into your project. It needs `requests` and nothing else.

    client = FaceprintClient("https://faces.example.com/v1", "the API key")
    client.index("team/ada.jpg", Path("ada.jpg"), name="Ada Lovelace")
    print(client.search(Path("who-is-it.jpg"))["matchedFaces"])

A photo is bytes or the path of a JPEG or PNG; files are streamed. Answers are the JSON of api/openapi.yaml. Every
operation may be repeated without harm, so what fails in passing (no connection, a timeout, 429, 500, 502, 503, 504) is
tried again within `retries` and `deadline`. One client serves any number of threads: each has its own connection.

    FaceprintError ─┬─ PhotoError, ConnectionFailedError         what they say is meant for people,
                    └─ ApiError ─┬─ InvalidRequestError          and never holds the API key
                                 └─ ForbiddenError, NotFoundError, ThrottledError, BusyError
"""

import io
import json
import os
import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from email.header import Header
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote, urlsplit

import requests

MAX_REQUEST_BYTES = 4_400_000  # of a photo in a request: Lambda takes 6 MB, and base64 costs a third
MAX_UPLOAD_BYTES = 15 * 1024 * 1024  # of a photo by presigned upload: what Rekognition reads from S3
_CONNECT_SECONDS, _FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 0.5, 20.0  # seconds

Photo = bytes | str | os.PathLike[str]
Texts = Mapping[str, str] | None
Number = float | None
Answer = dict[str, Any]


class FaceprintError(Exception):
    """All errors of this client; the text says what to do. `retry_after` is in seconds."""

    repeatable, retry_after = False, 0.0


class PhotoError(FaceprintError):
    """The photo cannot be sent; nothing was."""


class ConnectionFailedError(FaceprintError):
    """Nobody answered."""

    repeatable = True


class ApiError(FaceprintError):
    """The service's own error; `code` is stable."""

    def __init__(self, status: int, *, code: str, description: str, request_id: str, retry_after: float = 0.0) -> None:
        super().__init__(f"{description} ({status} {code}{', request ' if request_id else ''}{request_id})")
        self.status, self.code, self.description, self.request_id = status, code, description, request_id
        self.repeatable, self.retry_after = status in (429, 500, 502, 503, 504), retry_after


class InvalidRequestError(ApiError):
    """The request or its photo is refused."""


class ForbiddenError(ApiError):
    """Not with this key, or no longer by this link."""


class NotFoundError(ApiError):
    """There is no such image, face or route."""


class ThrottledError(ApiError):
    """Too much at once, or the quota is used up."""


class BusyError(ApiError):
    """No room for more calls at once in the account, or AWS cannot be reached (503)."""


class Pace:
    """How a client waits; one that is shared and learns slows many threads together."""

    now: Callable[[], float] = staticmethod(time.monotonic)
    sleep: Callable[[float], None] = staticmethod(time.sleep)
    uniform: Callable[[float, float], float] = staticmethod(random.uniform)

    def start(self) -> None:
        """Called before every request; returns when it may start."""

    def learn(self, error: ApiError | None) -> None:
        """Called after every answer."""


_PACE = Pace()


class FaceprintClient:
    """One deployment. `timeout` is for one answer, `deadline` for one operation with all its retries, in seconds."""

    def __init__(
        self, url: str, api_key: str, *, timeout: float = 35, retries: int = 5, deadline: float = 90, pace: Pace = _PACE
    ) -> None:
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise FaceprintError(f"{url!r} is no address; one looks like https://faces.example.com/v1.")
        if not re.fullmatch(r"[!-~]+", api_key):
            raise FaceprintError("The API key is empty or holds characters that no key has; copy it again.")
        self.url, self._key, self._local = url.rstrip("/"), api_key, threading.local()
        self._timeout, self._retries, self._deadline, self._pace = timeout, retries, deadline, pace

    def index(
        self, key: str, photo: Photo, *, name: str = "", metadata: Texts = None, respond_async: bool = False
    ) -> Answer:
        """Stores a photo of at most MAX_REQUEST_BYTES; `image.status` is PENDING when its faces follow later."""
        headers = {"Prefer": "respond-async"} if respond_async else {}
        for field, value in {**(metadata or {}), "name": name}.items():  # other text than ASCII as RFC 2047 words
            text = value if value.isascii() else Header(value, "utf-8", maxlinelen=10_000).encode()
            headers |= {f"x-amz-meta-{field}": text} if text else {}
        return self._call("PUT", f"/index/{_path(key)}", photo=photo, headers=headers)

    def create_upload(
        self, key: str, *, size: int, content_type: str, name: str = "", metadata: Texts = None
    ) -> Answer:
        """A link that takes one PUT of exactly `size` bytes, at most MAX_UPLOAD_BYTES, of this type."""
        wanted = {"filename": key, "bytes": size, "contentType": content_type, "metadata": dict(metadata or {})}
        return self._call("POST", "/uploads", json=wanted | ({"name": name} if name else {}))

    def upload_large(
        self, key: str, photo: Photo, *, name: str = "", metadata: Texts = None, wait: float = 60
    ) -> Answer:
        """Stores a photo of at most MAX_UPLOAD_BYTES past the API; then `wait_for_image`, for so many seconds."""
        with _open(photo, most=MAX_UPLOAD_BYTES) as opened:
            kind, size = _content_type(opened), opened.seek(0, io.SEEK_END)
        link = self.create_upload(key, size=size, content_type=kind, name=name, metadata=metadata)
        self._send(link["method"], link["url"], photo=photo, headers=link["headers"], most=MAX_UPLOAD_BYTES)
        return self.wait_for_image(key, seconds=wait)

    def wait_for_image(self, key: str, *, seconds: float = 60.0) -> Answer:
        """The image once its faces are indexed; still PENDING when that takes longer."""
        end, pause = self._pace.now() + seconds, 0.2
        while (answer := self.get_image(key))["image"]["status"] == "PENDING" and self._pace.now() + pause < end:
            self._pace.sleep(pause)
            pause = min(pause * 1.5, 3.0)
        return answer

    def get_image(self, key: str) -> Answer:
        """Status, faces and a short-lived download link."""
        return self._call("GET", f"/index/{_path(key)}")

    def images(self, *, prefix: str = "", page_size: int = 100) -> Iterator[Answer]:
        """All images in the order of their keys' UTF-8, page by page as they are needed."""
        params: dict[str, Any] = {"limit": page_size, "prefix": prefix}
        while True:
            page = self._call("GET", "/index", params=params)
            yield from page["images"]
            if not page.get("nextCursor"):
                return
            params["cursor"] = page["nextCursor"]

    def delete_image(self, key: str) -> Answer:
        """Erases photo, faces and rows; answers what was removed."""
        return self._call("DELETE", f"/index/{_path(key)}")

    def search(self, photo: Photo, *, threshold: Number = None, max_faces: Number = None) -> Answer:
        """Who the largest face is. `threshold` is the least similarity in percent."""
        return self._call("POST", "/search", params={"threshold": threshold, "maxFaces": max_faces}, photo=photo)

    def search_by_face_id(self, face_id: str, *, threshold: Number = None, max_faces: Number = None) -> Answer:
        """The faces that look like an indexed one."""
        return self._call("GET", "/search", params={"faceId": face_id, "threshold": threshold, "maxFaces": max_faces})

    def identify(
        self, photo: Photo, *, threshold: Number = None, max_search: Number = None, annotate: bool = False
    ) -> Answer:
        """Everybody on a photo; `annotate` adds the picture with boxes and names, base64 under `annotated`."""
        params = {"threshold": threshold, "maxSearch": max_search, "annotate": "true" if annotate else None}
        return self._call("POST", "/identify", params=params, photo=photo)

    def identify_as_jpeg(self, photo: Photo, *, threshold: Number = None, max_search: Number = None) -> bytes:
        """The picture with boxes and names."""
        params, headers = {"threshold": threshold, "maxSearch": max_search}, {"Accept": "image/jpeg"}
        return self._send("POST", f"{self.url}/identify", params=params, photo=photo, headers=headers).content

    def detect(self, photo: Photo, *, attributes: str = "") -> Answer:
        """The faces without names; `attributes` is DEFAULT, ALL or Rekognition's single ones, comma-separated."""
        return self._call("POST", "/detect", params={"attributes": attributes or None}, photo=photo)

    def compare(self, source: Photo, target: Photo | Mapping[str, str], *, threshold: Number = None) -> Answer:
        """The largest face of `source` against a photo's, or {"faceId": …} or {"key": …}. Both are read whole."""
        other = json.dumps(dict(target)).encode() if isinstance(target, Mapping) else target
        with _open(source, most=MAX_REQUEST_BYTES) as first, _open(other, most=MAX_REQUEST_BYTES) as second:
            form = {"source": first.read(), "target": second.read()}
        return self._call("POST", "/compare", params={"threshold": threshold}, files=form)

    def get_face(self, face_id: str) -> Answer:
        return self._call("GET", f"/faces/{_path(face_id)}")

    def delete_face(self, face_id: str) -> Answer:
        """Removes one face; its photo stays."""
        return self._call("DELETE", f"/faces/{_path(face_id)}")

    def info(self) -> Answer:
        return self._call("GET", "/info")

    def health(self) -> Answer:
        return self._call("GET", "/health")

    def _call(self, method: str, path: str, **request: Any) -> Answer:
        answer = _json_of(self._send(method, self.url + path, **request))
        if not answer:
            raise FaceprintError(f"{self.url} does not answer as Faceprint does; check the address.")
        return answer

    def _send(self, method: str, url: str, **request: Any) -> requests.Response:
        """Tries until there is an answer, or none can be had within retries and deadline."""
        end = self._pace.now() + self._deadline
        for attempt in range(self._retries + 1):
            self._pace.start()
            try:
                return self._try(method, url, **request)
            except FaceprintError as error:
                # Full jitter: clients that failed together do not come back together.
                pause = error.retry_after + self._pace.uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt))
                if not error.repeatable or attempt == self._retries or self._pace.now() + pause > end:
                    raise
            self._pace.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _try(
        self, method: str, url: str, *, photo: Photo | None = None, most: int = MAX_REQUEST_BYTES, **options: Any
    ) -> requests.Response:
        headers = {"x-api-key": self._key} if url.startswith(f"{self.url}/") else {}  # a presigned link gets no key
        headers |= options.pop("headers", {})
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
        options |= {"timeout": (_CONNECT_SECONDS, self._timeout), "allow_redirects": False}  # those would leak the key
        try:
            with nullcontext() if photo is None else _open(photo, most=most) as data:
                headers |= {} if data is None else {"Content-Type": _content_type(data)}
                got: requests.Response = self._local.session.request(method, url, data=data, headers=headers, **options)
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as exc:
            said = f"{urlsplit(url).netloc} did not answer ({type(exc).__name__}); check the address and that it runs."
            # Without its cause, which names the URL: that of a presigned link is a secret.
            raise ConnectionFailedError(said) from None
        error = None if got.status_code < 300 else _error_of(got)
        self._pace.learn(error)
        if error:
            raise error
        return got


def _open(photo: Photo, *, most: int) -> BinaryIO:
    """The photo at its start. Raises PhotoError."""
    what = "The photo" if isinstance(photo, bytes) else str(photo)
    try:
        opened = io.BytesIO(photo) if isinstance(photo, bytes) else Path(photo).open("rb")  # noqa: SIM115  # handed over
    except OSError as exc:
        raise PhotoError(f"{what} cannot be read: {exc.strerror}.") from exc
    if not 0 < (size := opened.seek(0, io.SEEK_END)) <= most:
        opened.close()
        raise PhotoError(f"{what} has {size} bytes; it must have 1 to {most}.")
    opened.seek(0)
    return opened


def _content_type(opened: BinaryIO) -> str:
    """By the file's own first bytes; what is neither is refused by the service, which says what it saw."""
    start = opened.read(4)
    opened.seek(0)
    return "image/png" if start == b"\x89PNG" else "image/jpeg"


def _path(key: str) -> str:
    """The key in a URL. Raises PhotoError for what HTTP libraries would silently take for another path."""
    if any(part in ("", ".", "..") for part in key.split("/")):
        raise PhotoError(f"{key!r} is no name of a photo: no part of it may be empty, '.' or '..'.")
    return quote(key, safe="/~")


def _json_of(response: requests.Response) -> Answer:
    try:
        return dict(response.json())
    except (ValueError, TypeError):
        return {}


def _error_of(response: requests.Response) -> ApiError:
    """The service's error; what others answer on the way (a proxy, S3) is told by its status."""
    status, said = response.status_code, _json_of(response)
    message = said.get("message")
    if message == "Forbidden" and status == 403 and "error" not in said:  # API Gateway's own, of no stage
        message = "Forbidden: does the address end with its stage, as in http://127.0.0.1:8000/v1?"
    named = {403: ForbiddenError, 404: NotFoundError, 429: ThrottledError, 503: BusyError}
    retry_after = response.headers.get("Retry-After", "")
    return named.get(status, InvalidRequestError if status < 500 else ApiError)(
        status,
        code=str(said.get("error") or response.reason),
        description=str(said.get("description") or message or "The address answered so; check it."),
        request_id=str(said.get("requestId") or ""),
        retry_after=float(retry_after) if retry_after.isdecimal() else 0.0,
    )
