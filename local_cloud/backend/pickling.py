"""How moto's state becomes bytes, and state again: locks made anew, backends referred to, files by their names."""

import io
import pickle
import threading
from collections.abc import Callable
from typing import IO, Any
from weakref import WeakValueDictionary

import cloudpickle
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from moto.core.base_backend import BackendDict, BaseBackend
from moto.dynamodb.models.dynamo_type import LimitedSizeDict
from moto.s3.utils import _VersionedKeyStore

from local_cloud.backend.corrections.object_bytes import ObjectFile
from local_cloud.backend.moto_state import backends_of, services_in_use

_LOCKS: dict[type, Any] = {type(threading.Lock()): threading.Lock, type(threading.RLock()): threading.RLock}

# One shows the newest version of each key only; the other weighs its whole content whenever an attribute is set.
_RAW_DICTIONARIES = (_VersionedKeyStore, LimitedSizeDict)


class Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # cloudpickle is untyped
    """Locks are made anew; backends are referred to, not copied; `files` collects the object files it met.

    `references` are objects by their id() that are not pickled either, but referred to by the tuple given.
    """

    def __init__(self, buffer: IO[bytes], references: dict[int, tuple[str, ...]]) -> None:
        super().__init__(buffer, protocol=pickle.HIGHEST_PROTOCOL)
        self.files: set[str] = set()
        self._references = references

    def persistent_id(self, value: Any) -> Any:
        if id(value) in self._references:
            return ("reference", *self._references[id(value)])
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


class Unpickler(pickle.Unpickler):
    """`find` answers what a reference of the pickler stood for. Reads only what this program wrote."""

    def __init__(self, file: IO[bytes], find: Callable[[tuple[str, ...]], Any]) -> None:
        super().__init__(file)
        self._find = find

    def persistent_load(self, reference: Any) -> Any:
        kind, *place = reference
        if kind == "reference":
            return self._find(tuple(place))
        service = backends_of(place[0])
        return service if kind == "service" else service[place[1]][place[2]]


def pickled(value: Any, references: dict[int, tuple[str, ...]]) -> tuple[bytes, set[str]]:
    """The bytes, and the names of the object files that they name."""
    buffer = io.BytesIO()
    pickler = Pickler(buffer, references)
    pickler.dump(value)
    return buffer.getvalue(), pickler.files


def _object_file(name: str) -> ObjectFile:
    return ObjectFile(name=name)


def _raw_dictionary(kind: type[dict[str, Any]], items: list[tuple[str, Any]]) -> Any:
    """What the dictionary really holds, put back without its own ideas of reading and writing."""
    found = kind.__new__(kind)
    dict.update(found, items)
    return found


def _private_key(content: bytes) -> Any:
    return serialization.load_der_private_key(content, password=None)
