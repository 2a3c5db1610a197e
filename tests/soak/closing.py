"""What is there in the end, compared with what was answered."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import Any

from faceprint.model.names import external_image_id
from local_world import LocalCloud
from soak.photos import make_corrupt_photo, make_photo
from soak.workload import Workload
from soak.world import World
from stores import current_etags, face_ids_of, rows_of

# The cloud keeps its tables in memory, on purpose: this much for each photo, versions and rows with it; and a
# process breathes. Measured between the middle and the end.
_KILOBYTES_PER_UPLOAD = 30
_BREATH_MEGABYTES = 40

Memory = tuple[float, float]
"""Resident megabytes of cloud and engine."""


@dataclass(frozen=True)
class Closing:
    """The figures that must be 0, and those that must be equal."""

    lost: tuple[str, ...]
    undeleted: tuple[str, ...]
    doubled: tuple[str, ...]
    disagreements: tuple[dict[str, Any], ...]
    dead_letters: tuple[str, ...]
    statuses: dict[str, int]

    def is_well(self, workload: Workload) -> bool:
        """Whether nothing was lost, nothing is twice, and only the poison was given up."""
        wrong = (*self.lost, *self.undeleted, *self.doubled, *self.disagreements)
        return not wrong and set(self.dead_letters) == set(workload.poison)


def close_books(world: World, workload: Workload) -> Closing:
    """Reads every store once."""
    cloud = world.cloud
    etags, rows = current_etags(cloud), {row["key"]["S"]: row for row in rows_of(cloud, "imagesTable")}
    faces = Counter(face["ExternalImageId"] for face in face_ids_of(cloud).values())
    photos = {key: make_photo(photo) for key, photo in workload.expected.items()}
    corrupt = {step.key: make_corrupt_photo(step.photo) for step in workload.steps if step.kind == "corrupt"}
    lost = [key for key, data in photos.items() if not _is_there(data, etags.get(key), rows.get(key), _WELL)]
    lost += [key for key, data in corrupt.items() if not _is_there(data, etags.get(key), rows.get(key), {"FAILED"})]
    lost = [f"{key}: {_what_is_there(workload, key, etags.get(key))}" for key in lost]
    gone = workload.deleted
    return Closing(
        lost=tuple(lost),
        undeleted=tuple(key for key in gone if key in etags or key in rows or faces[external_image_id(key)]),
        doubled=tuple(key for key in rows if faces[external_image_id(key)] > int(rows[key]["FaceCount"]["N"])),
        disagreements=tuple(world.verify()["disagreements"]),
        dead_letters=tuple(_dead_letters(cloud)),
        statuses=dict(Counter(row["status"]["S"] for row in rows.values())),
    )


_WELL = {"INDEXED", "NO_FACE"}


def _is_there(data: bytes, etag: str | None, row: dict[str, Any] | None, statuses: set[str]) -> bool:
    """These bytes, indexed in this state."""
    wanted = hashlib.md5(data).hexdigest()
    return etag == wanted and row is not None and row["ETag"]["S"] == wanted and row["status"]["S"] in statuses


def _what_is_there(workload: Workload, key: str, etag: str | None) -> str:
    """Which of the photos that were sent under this name, in the order of their sending."""
    photos = [step.photo for step in workload.steps if step.key == key and step.kind not in ("delete", "corrupt")]
    held = [str(photo) for photo in photos if hashlib.md5(make_photo(photo)).hexdigest() == etag]
    return f"wanted the last of {photos}, holds {held or etag}"


def _dead_letters(cloud: LocalCloud) -> list[str]:
    """Their bodies; they stay hidden for a while."""
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName="rekognition-index-dead")["QueueUrl"]
    bodies: list[str] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=120).get("Messages"):
        bodies += [message["Body"] for message in messages]
    return bodies


def is_flat(middle: Memory, end: Memory, *, uploads: int) -> bool:
    """Whether the second half of so many uploads took no more memory than their rows."""
    allowed = _BREATH_MEGABYTES + uploads / 2 * _KILOBYTES_PER_UPLOAD / 1024
    return all(after - before <= allowed for before, after in zip(middle, end, strict=True))
