"""Names everybody on a photo."""

import base64
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from faceprint.model.boxes import BoundingBox, area
from faceprint.model.errors import NoFaceError
from faceprint.model.images import explaining_refusals
from faceprint.use_cases.join_matches import JoinMatches, Match
from faceprint.use_cases.pictures import Picture
from faceprint.use_cases.ports import Answer, FaceCollection
from faceprint.use_cases.search_faces import check_image

_CANDIDATES = 5
"""Matches per face: when somebody else on the photo has the better claim to a name, the next one counts."""

_PARALLEL_SEARCHES = 8


@dataclass(frozen=True)
class IdentifyFaces:
    """One DetectFaces, then one search per face, on a crop: SearchFacesByImage looks at the largest face only."""

    collection: FaceCollection
    matches: JoinMatches

    def identify(self, data: bytes, *, threshold: float, max_search: int, annotate: bool) -> Answer:
        """Every face, left to right, named or unknown; with annotate the picture as a base64 JPEG.

        Raises the errors of `check_image`.
        """
        with explaining_refusals(check_image(data)):
            details = self.collection.detect(data)["FaceDetails"]
        faces = [_describe(detail) for detail in sorted(details, key=lambda detail: detail["BoundingBox"]["Left"])]
        picture = Picture.open(data) if faces or annotate else None
        if picture is not None:
            self._search(picture, faces, threshold=threshold, max_search=max_search)
        answer: Answer = {"faces": faces, "matchedFaces": [face["name"] for face in faces if face["name"]]}
        if annotate and picture is not None:
            labels = [(face["BoundingBox"], face["name"], face["outcome"] == "match") for face in faces]
            answer["annotated"] = base64.b64encode(picture.draw(labels)).decode("ascii")
        return answer

    def _search(self, picture: Picture, faces: list[Answer], *, threshold: float, max_search: int) -> None:
        searched = sorted(faces, key=lambda face: -area(face["BoundingBox"]))[:max_search]
        boxes: list[BoundingBox] = [face["BoundingBox"] for face in faces]
        with ThreadPoolExecutor(_PARALLEL_SEARCHES) as pool:
            found = list(pool.map(lambda face: self._find(picture, face["BoundingBox"], boxes, threshold), searched))
        flat = [match for matches in found if matches for match in matches]
        joined = iter(self.matches.join(flat))
        claims = []
        for face, matches in zip(searched, found, strict=True):
            face["outcome"] = "low_quality" if matches is None else "unknown"
            claims += [(face, next(joined)) for _ in matches or ()]
        _assign(claims)

    def _find(
        self, picture: Picture, box: BoundingBox, others: list[BoundingBox], threshold: float
    ) -> list[Answer] | None:
        """Rekognition's matches of one face, None when it sees no face on the crop."""
        try:
            found = self.collection.search_by_image(
                picture.crop(box, others), threshold=threshold, max_faces=_CANDIDATES
            )
        except NoFaceError:
            return None
        matches: list[Answer] = found["FaceMatches"]
        return matches


def _describe(detail: Answer) -> dict[str, Any]:
    return {
        "BoundingBox": detail["BoundingBox"],
        "Confidence": detail["Confidence"],
        "outcome": "not_searched",
        "name": None,
    }


def _assign(claims: list[tuple[Answer, Match]]) -> None:
    """Gives each name, and each nameless face of the collection, to the face that is most like it."""
    taken: set[str] = set()
    for face, match in sorted(claims, key=lambda claim: -claim[1]["Similarity"]):
        person = match["name"] or match["FaceId"]
        if person in taken or "match" in face:
            continue
        taken.add(person)
        face |= {"outcome": "match", "name": match["name"], "match": match}
