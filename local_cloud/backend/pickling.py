"""How moto's state becomes bytes, and state again: locks made anew, backends referred to, files by their names."""

import io
import pickle
import threading
from collections import defaultdict
from collections.abc import Callable
from typing import IO, Any
from weakref import WeakValueDictionary

import cloudpickle
from cryptography import x509
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


class _Reductions:
    """Locks are made anew; backends are referred to, not copied; `files` collects the object files it met."""

    def __init__(self, buffer: IO[bytes]) -> None:
        super().__init__(buffer, protocol=pickle.HIGHEST_PROTOCOL)  # type: ignore[call-arg]  # a pickler's
        self.files: set[str] = set()

    def reducer_override(self, value: Any) -> Any:
        if type(value) in _LOCKS:
            return _LOCKS[type(value)], ()
        if isinstance(value, ObjectFile):
            self.files.add(value.name)
            return _object_file, (value.name,)
        if isinstance(value, _RAW_DICTIONARIES):
            return _raw_dictionary, (type(value), list(dict.items(value)))
        return _reduced_backend(value)


class _PartsPickler(_Reductions, pickle.Pickler):
    """For rows, objects and messages: plain values of moto's own classes."""


class _StatePickler(_Reductions, cloudpickle.Pickler):  # type: ignore[misc]  # cloudpickle is untyped
    """For everything. `references` are objects by their id() that are referred to by the tuple given."""

    def __init__(self, buffer: IO[bytes], references: dict[int, tuple[str, ...]]) -> None:
        super().__init__(buffer)
        self._references = references

    def persistent_id(self, value: Any) -> Any:
        return self._references.get(id(value))

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, threading.Condition):
            return threading.Condition, ()
        if isinstance(value, WeakValueDictionary):
            return WeakValueDictionary, (dict(value),)
        if isinstance(value, defaultdict) and type(value) is not defaultdict:
            # Python would construct it with its factory, whatever its own constructor takes.
            return _own_defaultdict, (type(value), value.default_factory), vars(value), None, iter(value.items())
        if isinstance(value, RSAPrivateKey):
            encoding, form = serialization.Encoding.DER, serialization.PrivateFormat.PKCS8
            return _private_key, (value.private_bytes(encoding, form, serialization.NoEncryption()),)
        if isinstance(value, x509.Certificate):
            return _certificate, (value.public_bytes(serialization.Encoding.DER),)
        reduced = super().reducer_override(value)
        return cloudpickle.Pickler.reducer_override(self, value) if reduced is NotImplemented else reduced


class Unpickler(pickle.Unpickler):
    """`find` answers what a reference of the pickler stood for. Reads only what this program wrote."""

    def __init__(self, file: IO[bytes], find: Callable[[tuple[str, ...]], Any]) -> None:
        super().__init__(file)
        self._find = find

    def persistent_load(self, reference: Any) -> Any:
        return self._find(reference)


def pickled_state(value: Any, references: dict[int, tuple[str, ...]]) -> tuple[bytes, set[str]]:
    """The bytes, and the names of the object files that they name."""
    buffer = io.BytesIO()
    pickler = _StatePickler(buffer, references)
    pickler.dump(value)
    return buffer.getvalue(), pickler.files


def pickled_parts(value: Any) -> bytes:
    buffer = io.BytesIO()
    _PartsPickler(buffer).dump(value)
    return buffer.getvalue()


def _reduced_backend(value: Any) -> Any:
    if isinstance(value, BackendDict):
        return backends_of, (value.service_name,)
    if isinstance(value, BaseBackend):
        service = next(found.service_name for found in services_in_use() if isinstance(value, found.backend))
        return _backend, (service, value.account_id, value.region_name)
    return NotImplemented


def _backend(service: str, account: str, region: str) -> Any:
    return backends_of(service)[account][region]


def _object_file(name: str) -> ObjectFile:
    return ObjectFile(name=name)


def _raw_dictionary(kind: type[dict[str, Any]], items: list[tuple[str, Any]]) -> Any:
    """What the dictionary really holds, put back without its own ideas of reading and writing."""
    found = kind.__new__(kind)
    dict.update(found, items)
    return found


def _own_defaultdict(kind: type[defaultdict[Any, Any]], factory: Any) -> Any:
    found = kind.__new__(kind)
    defaultdict.__init__(found, factory)
    return found


def _certificate(content: bytes) -> Any:
    return x509.load_der_x509_certificate(content)


def _private_key(content: bytes) -> Any:
    return serialization.load_der_private_key(content, password=None)
