"""The backend's state in one file, so that a restart continues where it stopped.

Taken under the backend's lock, written beside and renamed: it is always whole. Object bytes are not in it
(`corrections.object_bytes`). What a kill -9 of this process loses is what happened since the last snapshot,
a few seconds; photos uploaded in that time lie in the object folder without anything that names them.
"""

import io
import logging
import pickle
import platform
import threading
import time
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import cloudpickle
import moto
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from moto.core.base_backend import BackendDict, BaseBackend
from moto.dynamodb.models.dynamo_type import LimitedSizeDict
from moto.s3.utils import _VersionedKeyStore

from local_cloud.backend.application import AwsBackend
from local_cloud.backend.corrections.object_bytes import ObjectFile, ObjectFolder
from local_cloud.backend.moto_state import backends_of, each_backend_of, services_in_use
from local_cloud.errors import StartupError
from local_cloud.private_files import require_own

log = logging.getLogger(__name__)

# The file is bound to the classes it was written with; it says which, and no other version reads it.
VERSIONS = {"format": "1", "moto": moto.__version__, "python": ".".join(platform.python_version_tuple()[:2])}

_LOCKS: dict[type, Any] = {type(threading.Lock()): threading.Lock, type(threading.RLock()): threading.RLock}

# Datapoints change all the time and are of use for hours: a snapshot that had them would never be up to date.
_NOT_KEPT: dict[str, dict[str, Any]] = {"cloudwatch": {"metric_data": [], "paged_metric_data": {}}}

# One shows the newest version of each key only; the other weighs its whole content whenever an attribute is set.
_RAW_DICTIONARIES = (_VersionedKeyStore, LimitedSizeDict)


def save(backend: AwsBackend, path: Path) -> None:
    """Write the whole state; object files that no state names any more are removed afterwards."""
    with backend.lock:
        buffer = io.BytesIO()
        pickler = _Pickler(buffer)
        pickler.dump(_state())
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        pickle.dump(VERSIONS, file)
        file.write(buffer.getbuffer())
    partial.replace(path)
    _remove_objects_except(pickler.files, older_than=time.time() - 60)


def load(backend: AwsBackend, path: Path) -> None:
    """Continue from `path` when it exists. Only this program writes the file: pickle runs what it reads."""
    if not path.exists():
        return
    require_own(path)
    with path.open("rb") as file, backend.lock:
        versions = pickle.load(file)  # noqa: S301 # nosec B301  # our own file, in the user's own data directory
        if versions != VERSIONS:
            raise StartupError(f"{path.parent} was written with {versions}, this is {VERSIONS}: use those, or `reset`")
        state = _Unpickler(file).load()
        for service, regions in state["services"].items():
            for (account, region), attributes in regions.items():
                vars(backends_of(service)[account][region]).update(attributes)
        backends_of("s3").bucket_accounts = state["bucket_accounts"]
        _return_messages_in_flight()


def _state() -> dict[str, Any]:
    services = {
        found.service_name: {
            (account, region): vars(backend) | _NOT_KEPT.get(found.service_name, {})
            for account, region, backend in found.iter_backends()
        }
        for found in services_in_use()
    }
    return {"services": services, "bucket_accounts": backends_of("s3").bucket_accounts}


def _return_messages_in_flight() -> None:
    """Whoever had received them is gone: they are visible again, and their receive counts stand."""
    for sqs in each_backend_of("sqs"):
        for queue in sqs.queues.values():
            queue._pending_messages.clear()
            for message in queue._messages:
                message.visible_at = 0.0


def _remove_objects_except(named: set[str], *, older_than: float) -> None:
    """Younger files may belong to an upload that came after the snapshot was taken."""
    if ObjectFolder.path is None:
        return
    for file in ObjectFolder.path.iterdir():
        if file.name not in named and file.stat().st_mtime < older_than:
            file.unlink()


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # cloudpickle is untyped
    """Locks are made anew; backends are referred to, not copied; `files` collects the object files it met."""

    def __init__(self, buffer: io.BytesIO) -> None:
        super().__init__(buffer, protocol=pickle.HIGHEST_PROTOCOL)
        self.files: set[str] = set()

    def persistent_id(self, value: Any) -> Any:
        if isinstance(value, BackendDict):
            return ("service", value.service_name)
        if isinstance(value, BaseBackend):
            service = next(found.service_name for found in services_in_use() if isinstance(value, found.backend))
            return ("backend", service, value.account_id, value.region_name)
        return None

    def reducer_override(self, value: Any) -> Any:
        if type(value) in _LOCKS:
            return _LOCKS[type(value)], ()
        if isinstance(value, threading.Condition):
            return threading.Condition, ()
        if isinstance(value, ObjectFile):
            self.files.add(value.name)
            return _object_file, (value.name,)
        if isinstance(value, _RAW_DICTIONARIES):
            return _raw_dictionary, (type(value), list(dict.items(value)))
        if isinstance(value, WeakValueDictionary):
            return WeakValueDictionary, (dict(value),)
        if isinstance(value, RSAPrivateKey):
            encoding, form = serialization.Encoding.DER, serialization.PrivateFormat.PKCS8
            return _private_key, (value.private_bytes(encoding, form, serialization.NoEncryption()),)
        return super().reducer_override(value)


def _object_file(name: str) -> ObjectFile:
    return ObjectFile(name=name)


def _raw_dictionary(kind: type[dict[str, Any]], items: list[tuple[str, Any]]) -> Any:
    """What the dictionary really holds, put back without its own ideas of reading and writing."""
    found = kind.__new__(kind)
    dict.update(found, items)
    return found


def _private_key(content: bytes) -> Any:
    return serialization.load_der_private_key(content, password=None)


class _Unpickler(pickle.Unpickler):
    def persistent_load(self, reference: Any) -> Any:
        kind, service, *place = reference
        return backends_of(service) if kind == "service" else backends_of(service)[place[0]][place[1]]


class SnapshotTimer:
    """Saves a few seconds after a change, and at the end; rests the longer, the longer a snapshot takes."""

    PAUSE_SECONDS = 3.0
    LOAD_FACTOR = 20  # at most a twentieth of the time goes into snapshots

    def __init__(self, backend: AwsBackend, path: Path) -> None:
        self._backend, self._path = backend, path
        self._saved = backend.writes
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="snapshots", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Save what changed, and stop."""
        self._closing.set()
        self._thread.join()
        self._save_changes()

    def _run(self) -> None:
        pause = self.PAUSE_SECONDS
        while not self._closing.wait(pause):
            try:
                pause = max(self.PAUSE_SECONDS, self.LOAD_FACTOR * self._save_changes())
            except Exception:
                log.exception("the snapshot failed; trying again")

    def _save_changes(self) -> float:
        """Seconds it took."""
        started, writes = time.monotonic(), self._backend.writes
        if writes != self._saved:
            save(self._backend, self._path)
            self._saved = writes
        return time.monotonic() - started
