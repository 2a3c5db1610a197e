"""Archives a photo and waits for its faceprint."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

from faceprint.model.errors import ConflictError, FaceprintError, NotFoundError, from_reason
from faceprint.model.images import read_image_info
from faceprint.model.names import CORRELATION_METADATA, RESERVED_METADATA
from faceprint.model.records import ImageRecord, ObjectVersion, Status, StoredObject
from faceprint.use_cases.describe_image import DescribeImage, is_whole
from faceprint.use_cases.ports import Answer, Clock, ImageRecords, ImageStore

_DIGEST = f"{RESERVED_METADATA}sha256"
"""Metadata of ours: an ETag says nothing of the content where the bucket encrypts with KMS."""

_SHORTEST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 2.0

_MOST_WRITES = 4
"""Where so many others write the same name meanwhile, the client should know."""

_OVERTAKEN = "Another request of the same name replaced or erased this photo; send it again if it is the right one."


@dataclass
class Patience:
    """How long a photo's status is not asked for: each question is a call, each pause is the client's time.

    Learns from the photos before: one takes 0.2 s on one machine and about a second on AWS, and longer in a crowd.
    """

    usual_seconds: float = 0.25

    def pause(self, asked: int) -> float:
        """Seconds until the next question, when so many have been asked."""
        share = 0.8 if asked == 0 else 0.25 * 1.3**asked
        return min(max(share * self.usual_seconds, _SHORTEST_PAUSE_SECONDS), _LONGEST_PAUSE_SECONDS)

    def learn(self, seconds: float) -> None:
        """Takes into account how long one photo took."""
        self.usual_seconds += 0.3 * (seconds - self.usual_seconds)


@dataclass(frozen=True)
class UploadImage:
    """`wait_seconds` is how long a photo's status is waited for.

    `announce` sends the event of a version that S3 should have sent: a lost one would leave its photo PENDING for ever.
    """

    store: ImageStore
    images: ImageRecords
    describe: DescribeImage
    announce: Callable[[str, ObjectVersion], None]
    clock: Clock
    wait_seconds: float
    patience: Patience = field(default_factory=Patience)

    def upload(
        self, key: str, data: bytes, *, name: str, metadata: dict[str, str], correlation_id: str, wait: bool
    ) -> Answer:
        """Stores a photo under its key; the same photo under the same key is not stored again.

        Raises the errors of `read_image_info`, ConflictError when another upload of the key overtook this one, and
        what made the indexing of the photo fail.
        """
        info = read_image_info(data)
        ours = {_DIGEST: hashlib.sha256(data).hexdigest(), CORRELATION_METADATA: correlation_id}
        metadata = metadata | ({"name": name} if name else {}) | ours
        version, known = self._store(key, data, info.content_type, metadata)
        record = self._await_record(key, version, known=known, wait=wait)
        if record is None:
            return self.describe.pending(
                StoredObject(key, version, len(data), self.clock.datetime(), metadata), info.width, info.height
            )
        if record.status is Status.FAILED:
            raise from_reason(record.reason)
        answer = self.describe.answer(record, duplicate=known)
        if is_whole(answer):
            return answer
        record = self.images.read(key)
        if record is None or not record.is_final_for(version):
            raise ConflictError(_OVERTAKEN)
        return self.describe.answer(record, duplicate=known)

    def _store(self, key: str, data: bytes, content_type: str, metadata: dict[str, str]) -> tuple[ObjectVersion, bool]:
        """The photo's version, and whether it was there before. A new name, the usual case, takes one call.

        Each write is for what was there when it was decided on. One that arrives late, sent by a process that is dead
        or a client that has repeated itself since, finds something else and changes nothing.
        """
        replaced: ObjectVersion | None = None
        for _ in range(_MOST_WRITES):
            try:
                written = self.store.write(key, data, content_type=content_type, metadata=metadata, replaces=replaced)
            except (ConflictError, NotFoundError):
                stored = self._find(key)
                if stored is not None and self._is_kept(stored, data, metadata):
                    return stored.version, True
                replaced = stored.version if stored else None
            else:
                return written, False
        raise ConflictError(_OVERTAKEN)

    def _find(self, key: str) -> StoredObject | None:
        try:
            return self.store.read_head(key)
        except NotFoundError:
            return None

    def _is_kept(self, stored: StoredObject, data: bytes, metadata: dict[str, str]) -> bool:
        """Whether it has the same content and metadata, whoever sent it, and its indexing has not failed."""
        # Photos that came by other means carry no digest, but mostly an ETag that is one.
        digest = {_DIGEST: metadata[_DIGEST]} if stored.version.etag == _md5(data) else {}
        if _without_origin(digest | stored.metadata) != _without_origin(metadata):
            return False
        record = self.images.read(stored.key)
        return not (record is not None and record.status is Status.FAILED and record.is_final_for(stored.version))

    def _await_record(self, key: str, version: ObjectVersion, *, known: bool, wait: bool) -> ImageRecord | None:
        """The row once it is final for this version, None when that takes too long.

        Then its event may be lost (S3's notifications take some minutes to begin to work), and the version is announced
        anew: at once when somebody sends it again, else when all waiting was in vain.
        """
        started = self.clock.now()
        deadline = started + (self.wait_seconds if wait else 0)
        for asked in count():
            pause = 0.0 if known and asked == 0 else self.patience.pause(asked)
            if self.clock.now() + pause > deadline:
                break
            self.clock.sleep(pause)
            record = self.images.read(key)
            if record is not None and record.is_final_for(version):
                if not known:
                    self.patience.learn(self.clock.now() - started)
                return record
            if known and asked == 0:
                self._announce(key, version)
        if wait and not self._is_newest(key, version):
            raise ConflictError(_OVERTAKEN)
        if wait and not known:
            self._announce(key, version)
        return None

    def _announce(self, key: str, version: ObjectVersion) -> None:
        # The photo is stored, whatever becomes of this; S3's own event mostly comes.
        with suppress(FaceprintError):
            self.announce(key, version)

    def _is_newest(self, key: str, version: ObjectVersion) -> bool:
        stored = self._find(key)
        return stored is not None and stored.version == version


def _without_origin(metadata: dict[str, str]) -> dict[str, str]:
    """A photo that is sent again is the same one, though the request is another."""
    return {name: value for name, value in metadata.items() if name != CORRELATION_METADATA}


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
