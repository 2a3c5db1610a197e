"""The work itself: a pool of workers that index, and the wait for faces that follow later."""

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from faceprint_client import (
    MAX_REQUEST_BYTES,
    Answer,
    BusyError,
    ConnectionFailedError,
    FaceprintClient,
    FaceprintError,
    ForbiddenError,
    NotFoundError,
    ThrottledError,
)
from indexing.journal import Entry, Journal
from indexing.plan import PhotoFile
from shared_pace import StoppedError

_HOPELESS = (ForbiddenError, ThrottledError, BusyError, ConnectionFailedError)
"""What these say after all retries is true of every other photo as well."""

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.3, 5.0


@dataclass(frozen=True)
class Outcome:
    """How a photo ended: INDEXED, NO_FACE, DUPLICATE, PENDING or FAILED with its reason."""

    photo: PhotoFile
    status: str
    etag: str = ""
    reason: str = ""


@dataclass
class IndexRun:
    """One run. Every outcome is in the journal before it is reported, from the thread that calls.

    Uploads wait for their faces until one of them has waited in vain. Then indexing is behind, and uploads that wait
    would only take what it needs of the account's concurrency: the rest does not wait, `settle` asks for their faces.
    """

    client: FaceprintClient
    journal: Journal
    stop: threading.Event
    report: Callable[[Outcome], None]
    halted: str = ""
    """Why the run stopped by itself."""
    is_behind: bool = False
    """Whether a photo's faces came later than its upload waits for them."""

    def index(self, photos: Sequence[PhotoFile], *, workers: int) -> list[PhotoFile]:
        """Sends the photos; answers those whose faces are still to come. What `stop` kept back has no outcome."""
        pending = []
        pool = ThreadPoolExecutor(workers)
        try:
            for done in as_completed([pool.submit(self._index_one, photo) for photo in photos]):
                outcome = done.result()
                if outcome and outcome.status == "PENDING":
                    pending.append(outcome.photo)
                elif outcome:
                    self.report(outcome)
        finally:
            pool.shutdown(cancel_futures=True)
        return pending

    def settle(self, waiting: Iterable[PhotoFile], *, seconds: float, now: Callable[[], float]) -> None:
        """Asks for photos whose faces are to come, until none has come for so long; the rest is reported as PENDING."""
        waiting, end, pause = list(waiting), now() + seconds, _FIRST_PAUSE_SECONDS
        while True:
            still = [photo for photo in waiting if not self._settle_one(photo)]
            if len(still) < len(waiting):
                end = now() + seconds
            waiting = still
            if not waiting or now() > end or self.stop.wait(pause):
                break
            pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)
        for photo in waiting:
            self.report(Outcome(photo, "PENDING", reason="Its faces are not there yet; ask again later."))

    def _index_one(self, photo: PhotoFile) -> Outcome | None:
        if self.stop.is_set():
            return None
        try:
            answer = self._send(photo)
        except StoppedError:
            return None
        except FaceprintError as error:
            if isinstance(error, _HOPELESS):
                self.halted = self.halted or str(error)
                self.stop.set()
            return self._record(Outcome(photo, "FAILED", reason=str(error)))
        except OSError as error:
            return self._record(Outcome(photo, "FAILED", reason=f"It cannot be read: {error.strerror or error}."))
        outcome = _outcome(photo, answer)
        self.is_behind = self.is_behind or outcome.status == "PENDING"
        return self._record(outcome)

    def _send(self, photo: PhotoFile) -> Answer:
        if photo.bytes > MAX_REQUEST_BYTES:
            return self.client.upload_large(photo.key, photo.path, name=photo.name, wait=0)
        return self.client.index(photo.key, photo.path, name=photo.name, respond_async=self.is_behind)

    def _settle_one(self, photo: PhotoFile) -> bool:
        """Whether the photo has an outcome now."""
        try:
            outcome = _outcome(photo, self.client.get_image(photo.key))
        except NotFoundError:
            outcome = Outcome(photo, "FAILED", reason="It was removed meanwhile.")
        except (StoppedError, FaceprintError):
            return False
        if outcome.status != "PENDING":
            self.report(self._record(outcome))
        return outcome.status != "PENDING"

    def _record(self, outcome: Outcome) -> Outcome:
        photo = outcome.photo
        entry = Entry(photo.key, photo.bytes, photo.mtime_ns, photo.name, outcome.status, outcome.etag, outcome.reason)
        self.journal.write(entry)
        return outcome


def _outcome(photo: PhotoFile, answer: Answer) -> Outcome:
    image = answer["image"]
    return Outcome(photo, image["status"], etag=image.get("etag", ""), reason=image.get("reason", ""))
