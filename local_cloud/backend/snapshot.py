"""The backend's state in one file, so that a restart continues where it stopped, however that came about.

The file is a snapshot of the whole state, followed by a record for each change since then. A record is appended under
the backend's lock before the change is answered; so whatever was answered is in the file, and a kill -9 loses nothing.
A record holds what the changed parts are now, not how they came to be so: replaying needs neither clock nor dice.
A new snapshot is written beside and renamed, under the lock: records can never meet a snapshot they do not follow.

Object bytes are not in it: they are in files of their own before the record (`corrections.object_bytes`).
"""

import io
import logging
import os
import pickle
import platform
import threading
import time
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

import moto

from local_cloud.backend.application import AwsBackend
from local_cloud.backend.corrections.object_bytes import ObjectFolder
from local_cloud.backend.journal import Journal, records
from local_cloud.backend.moto_state import backends_of, each_backend_of, services_in_use
from local_cloud.backend.parts import (
    MessageState,
    Part,
    Place,
    changed_messages,
    cut_off,
    empty_holder,
    holders,
    message_states,
    put_back,
    touched_parts,
    whole,
)
from local_cloud.backend.pickling import Unpickler, pickled_parts, pickled_state
from local_cloud.backend.touched import touched
from local_cloud.errors import StartupError

log = logging.getLogger(__name__)

# The file is bound to the classes it was written with; it says which, and no other version reads it.
VERSIONS = {"format": "2", "moto": moto.__version__, "python": ".".join(platform.python_version_tuple()[:2])}
_WITHOUT_RECORDS = VERSIONS | {"format": "1"}  # the same in all else

# Datapoints change all the time and are of use for hours: a snapshot that had them would never be up to date.
_NOT_KEPT: dict[str, dict[str, Any]] = {"cloudwatch": {"metric_data": [], "paged_metric_data": {}}}


class Keeper:
    """Keeps what happens in `backend` in the file `path`. All methods take the backend's lock."""

    def __init__(self, backend: AwsBackend, path: Path) -> None:
        self._backend, self._path = backend, path
        self._journal: Journal | None = None
        self._messages: dict[Place, dict[str, MessageState]] = {}  # as they are in the file
        self._places: set[Place] = set()
        self._rest = b""  # digest of all that is no part, as it is in the file

    def start(self) -> None:
        """Continue from the file when it exists, and write down every change from now on."""
        with self._backend.lock:
            load(self._backend, self._path)
            self.save()
            self._backend.keep = self.record

    @property
    def journal_size(self) -> int:
        """Bytes of records since the last snapshot; at least one when that has failed."""
        return self._journal.size if self._journal else 1

    def record(self, *, parts_only: bool) -> None:
        """Append what was changed. When that fails, OSError, and the next attempt is a whole snapshot."""
        if self._journal is None:
            self.save()
            return
        try:
            self._append(parts_only=parts_only)
        except BaseException:
            self._close_journal()
            raise

    def save(self) -> None:
        """Write the whole state and begin a new journal; object files that nothing names any more are removed."""
        with self._backend.lock:
            self._close_journal()
            files = save(self._path)
            found = holders()
            self._remember(found, _messages_in(found))
            self._rest = sha256(self._rest_of(found)).digest()
            self._journal = Journal(self._path)
        _remove_objects_except(files, older_than=time.time() - 60)

    def close(self) -> None:
        """Take a last snapshot; nothing is to be written down any more."""
        with self._backend.lock:
            if self._backend.keep is not None and self.journal_size:
                self.save()
            self._backend.keep = None
            self._close_journal()

    def _append(self, *, parts_only: bool) -> None:
        assert self._journal is not None
        found = holders()
        rest = None if parts_only else self._changed_rest(found)
        parts = [*touched_parts(found), *self._new_holders(found)]
        messages = {} if parts_only and not touched.messages else _messages_in(found)
        for place, content in messages.items():
            parts += changed_messages(place, content, self._messages.get(place, {}))
        if rest is not None or parts:
            self._journal.append(pickled_parts((rest, parts)))
            self._remember(found, messages)

    def _changed_rest(self, found: dict[Place, Any]) -> bytes | None:
        rest = self._rest_of(found)
        digest = sha256(rest).digest()
        if digest == self._rest:
            return None
        self._rest = digest
        return rest

    def _new_holders(self, found: dict[Place, Any]) -> Iterable[Part]:
        """All of a table or bucket that was not there before: it can be a restored one."""
        for place in found.keys() - self._places:
            if place[0] != "sqs":
                yield from whole(place, found[place])

    def _remember(self, found: dict[Place, Any], messages: dict[Place, Any]) -> None:
        self._places = set(found)
        self._messages |= {place: message_states(content) for place, content in messages.items()}
        self._messages = {place: states for place, states in self._messages.items() if place in found}

    def _rest_of(self, found: dict[Place, Any]) -> bytes:
        return pickled_state(_state(), cut_off(found))[0]

    def _close_journal(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None


def save(path: Path) -> set[str]:
    """Write the whole state to `path`; returns the names of the object files it names. Under the backend's lock."""
    content, files = pickled_state(_state(), {})
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        pickle.dump(VERSIONS, file)
        file.write(content)
    partial.replace(path)
    return files


def load(backend: AwsBackend, path: Path) -> None:
    """Continue from `path` when it exists. Only this program writes the file: pickle runs what it reads."""
    if not path.exists():
        return
    with path.open("rb") as file, backend.lock:
        versions = pickle.load(file)  # noqa: S301  # our own file, in the user's own data directory
        if versions not in (VERSIONS, _WITHOUT_RECORDS):
            raise StartupError(f"{path.parent} was written with {versions}, this is {VERSIONS}: use those, or `reset`")
        _restore(Unpickler(file, empty_holder).load())
        for record in records(file):
            _replay(record)
        if torn := os.fstat(file.fileno()).st_size - file.tell():
            log.warning("%s ends with %d bytes of a change that was never answered: dropped", path, torn)
        _forget_receivers()


def _replay(record: bytes) -> None:
    rest, parts = Unpickler(io.BytesIO(record), empty_holder).load()
    if rest is not None:
        known = holders()
        _restore(Unpickler(io.BytesIO(rest), lambda place: known.get(place) or empty_holder(place)).load())
    found = holders()
    for part in parts:
        put_back(part, found)


def _messages_in(found: dict[Place, Any]) -> dict[Place, Any]:
    return {place: content for place, content in found.items() if place[0] == "sqs"}


def _state() -> dict[str, Any]:
    services = {
        found.service_name: {
            (account, region): vars(backend) | _NOT_KEPT.get(found.service_name, {})
            for account, region, backend in found.iter_backends()
        }
        for found in services_in_use()
    }
    return {"services": services, "bucket_accounts": backends_of("s3").bucket_accounts}


def _restore(state: dict[str, Any]) -> None:
    for service, regions in state["services"].items():
        for (account, region), attributes in regions.items():
            vars(backends_of(service)[account][region]).update(attributes)
    backends_of("s3").bucket_accounts = state["bucket_accounts"]


def _forget_receivers() -> None:
    """Whoever had received a message is gone. Like everywhere it comes back after its visibility timeout, not before.

    A photo's lease outlives the function that held it. Messages that came back at once would find it taken, again and
    again, and could end in the dead-letter queue before it ends; visibility timeouts are longer than leases.
    """
    for sqs in each_backend_of("sqs"):
        for queue in sqs.queues.values():
            queue._pending_messages.clear()


def _remove_objects_except(named: set[str], *, older_than: float) -> None:
    """Younger files may belong to an upload that came after the snapshot was taken."""
    if ObjectFolder.path is None:
        return
    for file in ObjectFolder.path.iterdir():
        if file.name not in named and file.stat().st_mtime < older_than:
            file.unlink()


class SnapshotTimer:
    """Takes a snapshot when there are many records, or some for a while.

    Rests the longer, the longer a snapshot takes: nobody is served meanwhile.
    """

    PAUSE_SECONDS = 1.0
    LOAD_FACTOR = 20  # at most a twentieth of the time goes into snapshots
    MOST_BYTES = 16 * 2**20  # replayed in about a second
    MOST_SECONDS = 60.0  # then deleted photos are erased

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._saved_at = time.monotonic()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="snapshots", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """No more snapshots by themselves."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        pause = self.PAUSE_SECONDS
        while not self._closing.wait(pause):
            try:
                pause = max(self.PAUSE_SECONDS, self.LOAD_FACTOR * self._save_when_due())
            except Exception:
                log.exception("the snapshot failed; trying again")

    def _save_when_due(self) -> float:
        """Seconds it took."""
        started, size = time.monotonic(), self._keeper.journal_size
        if size > self.MOST_BYTES or (size and started - self._saved_at > self.MOST_SECONDS):
            self._keeper.save()
            self._saved_at = time.monotonic()
        return time.monotonic() - started
