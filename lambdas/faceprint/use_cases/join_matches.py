"""Joins Rekognition's matches with the names and places of the faces table."""

from dataclasses import dataclass
from typing import Any

from faceprint.model.records import FaceRow
from faceprint.use_cases.ports import Answer, FaceRecords, Links

Match = dict[str, Any]
"""The contract's Match: FaceId, Similarity, name, key, imageUrl, orphan."""


@dataclass(frozen=True)
class JoinMatches:
    """One read of the table, however many matches."""

    faces: FaceRecords
    links: Links

    def join(self, face_matches: list[Answer]) -> list[Match]:
        """The same matches in the same order, each with name and place where the table knows them."""
        rows = self.faces.read_names([match["Face"]["FaceId"] for match in face_matches]) if face_matches else {}
        return [self._join_one(match, rows.get(match["Face"]["FaceId"])) for match in face_matches]

    def _join_one(self, match: Answer, row: FaceRow | None) -> Match:
        joined: Match = {"FaceId": match["Face"]["FaceId"], "Similarity": match["Similarity"]}
        if row is None:
            return joined | {"name": None, "key": None, "orphan": True}
        return joined | {"name": row.get("name"), "key": row["key"], "imageUrl": self.links.download(row["key"])}


def names_of(matches: list[Match]) -> list[str]:
    """The names, best match first, each once."""
    return list(dict.fromkeys(match["name"] for match in matches if match["name"]))
