"""DetectFaces, CompareFaces: about pictures alone, nothing is kept."""

from __future__ import annotations

from face_engine.errors import NothingToCompareError
from face_engine.images import LEAST_SIDE, LoadedImage
from face_engine.matching import compare
from face_engine.operations.context import Call, Engine, read_image
from face_engine.operations.quality_filter import choose_largest, keep_good
from face_engine.operations.search import DEFAULT_THRESHOLD
from face_engine.operations.shapes import show_box, show_seen_face, to_box, to_confidence
from face_engine.protocol import Values
from face_engine.vision.faces import SeenFace

MAX_FACES = 100
"""Rekognition's limit of faces in one answer: the largest."""


def detect_faces(engine: Engine, call: Call) -> Values:
    image = read_image(engine, call, least_side=LEAST_SIDE)
    faces = engine.vision.find_faces(image.picture)[:MAX_FACES]
    return {"FaceDetails": [show_seen_face(face, image.picture) for face in faces]}


def compare_faces(engine: Engine, call: Call) -> Values:
    source, target = read_image(engine, call, "SourceImage"), read_image(engine, call, "TargetImage")
    face = choose_largest(_find_good(engine, call, source, closer=False))
    others = _find_good(engine, call, target, closer=True)[:MAX_FACES]
    if face is None or not others:
        raise NothingToCompareError
    faceprints = engine.vision.describe([face, *others])
    similarities = compare(faceprints[0], faceprints[1:], engine.curve)
    pairs = sorted(zip(similarities.tolist(), others, strict=True), key=lambda pair: -pair[0])
    threshold = call.get("SimilarityThreshold", DEFAULT_THRESHOLD)
    return {
        "SourceImageFace": {
            "BoundingBox": show_box(to_box(face, source.picture)),
            "Confidence": to_confidence(face),
        },
        "FaceMatches": [
            {"Similarity": similarity, "Face": show_seen_face(other, target.picture)}
            for similarity, other in pairs
            if similarity >= threshold
        ],
        "UnmatchedFaces": [
            show_seen_face(other, target.picture) for similarity, other in pairs if similarity < threshold
        ],
    }


def _find_good(engine: Engine, call: Call, image: LoadedImage, *, closer: bool) -> list[SeenFace]:
    return keep_good(engine.vision.find_faces(image.picture, closer=closer), call.get("QualityFilter", "NONE"))
