"""Names everybody on a photo."""

import base64
import json
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from faceprint.model.boxes import BoundingBox, area
from faceprint.model.errors import FaceprintError, NoFaceError, ThrottledError, UnavailableError, as_reason
from faceprint.model.images import explaining_refusals
from faceprint.model.limits import MAX_ANSWER_BYTES
from faceprint.use_cases.join_matches import JoinMatches, Match
from faceprint.use_cases.pictures import Label, Picture, check_memory
from faceprint.use_cases.ports import Answer, Clock, FaceCollection, Means
from faceprint.use_cases.retry import PASSING_FAILURES, Retry
from faceprint.use_cases.search_faces import check_image

_CANDIDATES = 5
"""Matches per face: when somebody else on the photo has the better claim to a name, the next one counts."""

_ANSWER_SECONDS = 29.0
"""API Gateway waits no longer, whatever the function's own timeout."""

_CLOSING_SECONDS = 6.0
"""Of them for all that comes after the searches, and for a cold start before them."""

_SEARCH_SECONDS = 10.0
"""For the searches at least: when no detection has begun until then, it is given up."""

_LAST_CALL_SECONDS = 2.0
"""How long calls that began in time are waited for."""

_OTHER_BYTES = 16_384
"""Of an answer beside its body as JSON: headers, usage."""

_NO_TIME = ThrottledError("AWS is throttling, and the time of this request is over; ask again for this face.")
_LATE = UnavailableError("AWS did not answer in time; ask again for this face.")

Found = list[Answer] | FaceprintError | None
"""Rekognition's matches of a face; None when it sees no face on the crop; or why it could not be asked."""


@dataclass(frozen=True)
class IdentifyFaces:
    """One DetectFaces, then one search per face, on a crop: SearchFacesByImage looks at the largest face only.

    `collection` makes one attempt at a call, as repeating is done here; `concurrency` is how many searches go at once.
    """

    collection: FaceCollection
    matches: JoinMatches
    clock: Clock
    concurrency: int

    def identify(self, data: bytes, *, threshold: float, max_search: int, annotate: bool, means: Means) -> Answer:
        """Every face, left to right, named or unknown; with annotate the picture as a base64 JPEG.

        Faces for which AWS had no time are `not_searched`. When that is all of them, the failure is raised.
        Raises the errors of `check_image` and `check_memory`.
        """
        info = check_image(data)
        check_memory(data, means.memory)
        until = self.clock.now() + min(means.seconds, _ANSWER_SECONDS) - _CLOSING_SECONDS
        with explaining_refusals(info):
            details = self._detect(data, until=until - _SEARCH_SECONDS)["FaceDetails"]
        faces = [_describe(detail) for detail in sorted(details, key=lambda detail: detail["BoundingBox"]["Left"])]
        picture = Picture.open(data) if faces or annotate else None
        if picture is not None:
            self._search(picture, faces, threshold=threshold, max_search=max_search, until=until)
        answer: Answer = {
            "faces": faces,
            "matchedFaces": [face["name"] for face in faces if face["name"]],
            "notSearched": sum(face["outcome"] == "not_searched" for face in faces),
        }
        if annotate and picture is not None:
            drawn = picture.draw([_label(face) for face in faces], most=_room_for_picture(answer))
            answer["annotated"] = base64.b64encode(drawn).decode("ascii")
        return answer

    def _detect(self, data: bytes, *, until: float) -> Answer:
        return self._retry.repeat(lambda: self.collection.detect(data), until=until)

    @cached_property
    def _retry(self) -> Retry:
        return Retry(self.clock)

    def _search(
        self, picture: Picture, faces: list[Answer], *, threshold: float, max_search: int, until: float
    ) -> None:
        by_size = sorted(faces, key=lambda face: -area(face["BoundingBox"]))
        searched = by_size[:max_search]
        for face in by_size[max_search:]:
            face["reason"] = f"MaxSearch: only the {max_search} largest faces were searched; raise maxSearch."
        boxes: list[BoundingBox] = [face["BoundingBox"] for face in faces]
        found = self._find_all(picture, searched, boxes, threshold=threshold, until=until)
        _raise_if_all_failed(found)
        flat = [match for matches in found if isinstance(matches, list) for match in matches]
        joined = iter(self._retry.repeat(lambda: self.matches.join(flat), until=until + _LAST_CALL_SECONDS))
        claims = []
        for face, matches in zip(searched, found, strict=True):
            if isinstance(matches, FaceprintError):
                face["reason"] = as_reason(matches)
                continue
            face["outcome"] = "low_quality" if matches is None else "unknown"
            claims += [(face, next(joined)) for _ in matches or ()]
        _assign(claims)

    def _find_all(
        self, picture: Picture, faces: list[Answer], boxes: list[BoundingBox], *, threshold: float, until: float
    ) -> list[Found]:
        """In the order of the faces. A search that hangs is left to itself: the answer must not come too late."""
        pool = ThreadPoolExecutor(self.concurrency)
        searches = [
            pool.submit(self._find, picture, face["BoundingBox"], boxes, threshold=threshold, until=until)
            for face in faces
        ]
        wait(searches, timeout=max(0.0, until + _LAST_CALL_SECONDS - self.clock.now()))
        pool.shutdown(wait=False, cancel_futures=True)
        return [_result(search) for search in searches]

    def _find(
        self, picture: Picture, box: BoundingBox, others: list[BoundingBox], *, threshold: float, until: float
    ) -> Found:
        if self.clock.now() >= until:
            return _NO_TIME
        crop = picture.crop(box, others)
        try:
            found = self._retry.repeat(
                lambda: self.collection.search_by_image(crop, threshold=threshold, max_faces=_CANDIDATES), until=until
            )
        except NoFaceError:
            return None
        except PASSING_FAILURES as exc:
            return exc
        matches: list[Answer] = found["FaceMatches"]
        return matches


def _result(search: Future[Found]) -> Found:
    return search.result() if search.done() and not search.cancelled() else _LATE


def _raise_if_all_failed(found: list[Found]) -> None:
    failures = [each for each in found if isinstance(each, FaceprintError)]
    if failures and len(failures) == len(found):
        raise failures[0]


def _describe(detail: Answer) -> dict[str, Any]:
    return {
        "BoundingBox": detail["BoundingBox"],
        "Confidence": detail["Confidence"],
        "outcome": "not_searched",
        "name": None,
    }


def _label(face: Answer) -> Label:
    known = face["outcome"] == "match"
    text = face["name"] or {"match": "nameless", "not_searched": "not searched"}.get(face["outcome"], "unknown")
    return Label(face["BoundingBox"], text, known)


def _room_for_picture(answer: Answer) -> int:
    """Bytes that a picture may have whose base64 is answered with the rest: the function's answer is JSON in JSON."""
    rest = len(json.dumps(json.dumps(answer))) + _OTHER_BYTES
    return (MAX_ANSWER_BYTES - rest) * 3 // 4


def _assign(claims: list[tuple[Answer, Match]]) -> None:
    """Gives each name, and each nameless face of the collection, to the face that is most like it."""
    taken: set[str] = set()
    for face, match in sorted(claims, key=lambda claim: -claim[1]["Similarity"]):
        person = match["name"] or match["FaceId"]
        if person in taken or "match" in face:
            continue
        taken.add(person)
        face |= {"outcome": "match", "name": match["name"], "match": match}
