"""What a collection must answer, as dictionaries: no store, no matrix, nothing cached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from face_engine.matching import compare
from face_engine.user_vectors import combine
from fakes.fake_vision import faceprint


@dataclass
class ModelFace:
    """`source`: the photo and the ExternalImageId that it came with."""

    person: int
    source: tuple[int, str | None]
    user: str | None = None


@dataclass
class ModelCollection:
    """`faces` by FaceId, in the order they came; users in the order they were made."""

    faces: dict[str, ModelFace] = field(default_factory=dict)
    users: list[str] = field(default_factory=list)

    def members(self, user: str) -> list[str]:
        return [face_id for face_id, face in self.faces.items() if face.user == user]

    def vector(self, user: str) -> np.ndarray | None:
        prints = [faceprint(self.faces[face_id].person) for face_id in self.members(user)]
        return combine(np.stack(prints)) if prints else None

    def faces_like(self, searched: np.ndarray, threshold: float) -> dict[str, Any]:
        """Similarities by FaceId."""
        return _alike(searched, {face_id: faceprint(face.person) for face_id, face in self.faces.items()}, threshold)

    def users_like(self, searched: np.ndarray, threshold: float) -> dict[str, Any]:
        """Similarities by UserId."""
        return _alike(searched, {user: self.vector(user) for user in self.users}, threshold)

    def why_not(self, user: str, face_id: str, threshold: float) -> str | None:
        """The reason against associating a face; "" when it fits, None when it is the user's already."""
        face, vector = self.faces.get(face_id), self.vector(user)
        if face is None:
            return "FACE_NOT_FOUND"
        if face.user is not None:
            return None if face.user == user else "ASSOCIATED_TO_A_DIFFERENT_USER"
        is_unlike = vector is not None and compare(vector, faceprint(face.person)[None])[0] < threshold
        return "LOW_MATCH_CONFIDENCE" if is_unlike else ""


def _alike(searched: np.ndarray, vectors: Mapping[str, np.ndarray | None], threshold: float) -> dict[str, Any]:
    similarities = {
        key: float(compare(searched, vector[None])[0]) for key, vector in vectors.items() if vector is not None
    }
    return {
        key: pytest.approx(similarity, abs=0.01) for key, similarity in similarities.items() if similarity >= threshold
    }
