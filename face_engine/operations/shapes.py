"""Faces in Rekognition's own words; what the models cannot see (age, gender, emotions) is left out, never guessed."""

from __future__ import annotations

from face_engine.protocol import Values
from face_engine.records import Box, StoredFace, User
from face_engine.vision.arrays import Picture
from face_engine.vision.faces import SeenFace

LANDMARKS = ("eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight")


def to_box(face: SeenFace, picture: Picture) -> Box:
    """The box as ratios of the picture's sides."""
    rows, columns = picture.shape[:2]
    left, top, width, height = face.detection.box
    return Box(left / columns, top / rows, width / columns, height / rows)


def to_confidence(face: SeenFace) -> float:
    """0..100: the detector's score as it is."""
    return 100 * face.detection.score


def show_box(box: Box) -> Values:
    return {"Width": box.width, "Height": box.height, "Left": box.left, "Top": box.top}


def show_seen_face(face: SeenFace, picture: Picture) -> Values:
    """The members that `FaceDetail` and `ComparedFace` share."""
    rows, columns = picture.shape[:2]
    points = face.detection.landmarks
    return {
        "BoundingBox": show_box(to_box(face, picture)),
        "Confidence": to_confidence(face),
        "Landmarks": [
            {"Type": name, "X": float(x) / columns, "Y": float(y) / rows}
            for name, (x, y) in zip(LANDMARKS, points, strict=True)
        ],
        "Pose": {"Roll": face.pose.roll, "Yaw": face.pose.yaw, "Pitch": face.pose.pitch},
        "Quality": {"Brightness": face.quality.brightness, "Sharpness": face.quality.sharpness},
    }


def show_stored_face(face: StoredFace, model_version: str) -> Values:
    shown: Values = {
        "FaceId": face.face_id,
        "BoundingBox": show_box(face.box),
        "ImageId": face.image_id,
        "Confidence": face.confidence,
        "IndexFacesModelVersion": model_version,
    }
    if face.external_image_id is not None:
        shown["ExternalImageId"] = face.external_image_id
    if face.user_id is not None:
        shown["UserId"] = face.user_id
    return shown


def show_status(user: User) -> str:
    """`UserStatus`; changes are complete when they are answered, so nothing is ever CREATING or UPDATING."""
    return "ACTIVE" if user.face_count else "CREATED"


def show_user(user: User) -> Values:
    return {"UserId": user.user_id, "UserStatus": show_status(user)}
