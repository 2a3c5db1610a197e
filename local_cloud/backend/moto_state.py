"""Where moto keeps what it knows: backends by service, account and region. Untyped, as moto is inside."""

from collections.abc import Iterator
from typing import Any

from moto import backends
from moto.core.base_backend import BackendDict
from moto.core.models import DEFAULT_ACCOUNT_ID

ACCOUNT_ID: str = DEFAULT_ACCOUNT_ID


def backends_of(service: str) -> Any:
    """Of one service, as `[account][region]`."""
    find: Any = backends.get_backend
    return find(service)


def each_backend_of(service: str) -> Iterator[Any]:
    """Of one service, those of every account and region in use."""
    return (backend for _, _, backend in backends_of(service).iter_backends())


def services_in_use() -> list[Any]:
    """moto's own list of services that were called."""
    found: list[Any] = vars(BackendDict)["_instances"]
    return found
