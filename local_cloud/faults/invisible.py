"""A collection that is consistent in the end only: faces are not found at once after they were indexed.

In front of the engine, which stays exact.
"""

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from io import BytesIO
from typing import Any

from local_cloud.faults.answers import Answer, Application, Environ, ask

_MOST_FACES = 100_000
_WATCHED = ("IndexFaces", "ListFaces", "SearchFaces", "SearchFacesByImage", "SearchUsers", "DeleteFaces")


class InvisibleFaces:
    """Knows which faces are younger than `seconds`."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._lock = threading.Lock()
        self._indexed: OrderedDict[str, float] = OrderedDict()

    def ask(self, environ: Environ, operation: str, inner: Application) -> Answer:
        """The engine's answer as if the youngest faces were not there yet."""
        if not self._seconds or operation not in _WATCHED:
            return ask(inner, environ)
        if operation == "IndexFaces":
            return self._remember(ask(inner, environ))
        body = environ["wsgi.input"].read()
        request, environ = json.loads(body or b"{}"), {**environ, "wsgi.input": BytesIO(body)}
        if operation == "DeleteFaces":
            return self._delete(request, environ, inner)
        if self._is_hidden(request.get("FaceId", "")):
            return _not_found(ask(inner, environ))
        return self._filter(ask(inner, environ))

    def _remember(self, answer: Answer) -> Answer:
        if answer.is_success:
            with self._lock:
                for record in json.loads(answer.body).get("FaceRecords", []):
                    self._indexed.setdefault(record["Face"]["FaceId"], self._clock())
                while len(self._indexed) > _MOST_FACES:
                    self._indexed.popitem(last=False)
        return answer

    def _is_hidden(self, face_id: str) -> bool:
        with self._lock:
            indexed = self._indexed.get(face_id)
        return indexed is not None and self._clock() - indexed < self._seconds

    def _filter(self, answer: Answer) -> Answer:
        if not answer.is_success:
            return answer
        document = json.loads(answer.body)
        for name in ("Faces", "FaceMatches"):
            if name in document:
                document[name] = [entry for entry in document[name] if not self._is_hidden(_face_id(entry))]
        return answer.with_document(document)

    def _delete(self, request: dict[str, Any], environ: Environ, inner: Application) -> Answer:
        """Hidden faces are not deleted, and the answer says so."""
        hidden = [face_id for face_id in request["FaceIds"] if self._is_hidden(face_id)]
        # The engine wants at least one: a face that never was.
        others = [face_id for face_id in request["FaceIds"] if face_id not in hidden] or [_NOBODY]
        body = json.dumps({**request, "FaceIds": others}).encode()
        answer = ask(inner, {**environ, "wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))})
        if not answer.is_success:
            return answer
        document = json.loads(answer.body)
        kept = [entry for entry in document.get("UnsuccessfulFaceDeletions", []) if entry["FaceId"] != _NOBODY]
        kept += [{"FaceId": face_id, "Reasons": ["FACE_NOT_FOUND"]} for face_id in hidden]
        return answer.with_document({**document, "UnsuccessfulFaceDeletions": kept})


_NOBODY = "00000000-0000-0000-0000-000000000000"


def _face_id(entry: dict[str, Any]) -> str:
    """Of a face listed, or of a match."""
    return str(entry.get("Face", entry)["FaceId"])


def _not_found(answer: Answer) -> Answer:
    """What SearchFaces and SearchUsers answer for a face that the collection does not have."""
    text = {"__type": "InvalidParameterException", "message": "faceId was not found in the collection"}
    headers = [each for each in answer.headers if each[0].lower() != "x-amzn-errortype"]
    headers.append(("x-amzn-ErrorType", "InvalidParameterException"))
    return Answer("400 Bad Request", tuple(headers), b"").with_document(text)
