"""Custom domains: which stage of which API a host and the beginning of a path mean.

A path below a domain begins with the base path of a mapping, or with nothing where the mapping has none; a mapping
without a stage has the stage's name behind it. Functions are told the path with the base path: so does AWS.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True)
class BasePathMapping:
    """`base_path` is empty for what AWS calls (none); without a `stage` the path names it."""

    base_path: str
    api_id: str
    stage: str | None


class Domains(Protocol):
    """The domain names that are registered now."""

    def mappings(self, name: str) -> Sequence[BasePathMapping] | None:
        """Those of a name in lower case; None: it is no custom domain."""


class NoDomains:
    """Nothing is registered."""

    def mappings(self, _: str) -> None:
        return None


@dataclass(frozen=True)
class StagePath:
    """Where a path leads: below `stage` of `api_id`, to `rest`; `told` is what functions see as `path`."""

    api_id: str
    stage: str
    rest: str
    told: str


def resolve(path: str, mappings: Sequence[BasePathMapping]) -> StagePath | None:
    """The longest base path that the path begins with decides; None: there is none."""
    for mapping in sorted(mappings, key=lambda each: -len(each.base_path)):
        prefix = f"/{mapping.base_path}" if mapping.base_path else ""
        if not f"{path}/".startswith(f"{prefix}/"):
            continue
        rest = path[len(prefix) :]
        if mapping.stage is not None:
            return StagePath(mapping.api_id, mapping.stage, rest or "/", path)
        stage, _, rest = rest.lstrip("/").partition("/")
        return StagePath(mapping.api_id, stage, f"/{rest}", f"{prefix}/{rest}")
    return None


def host_name(header: str) -> str:
    """The name in a Host header, in lower case and without the port; empty where it cannot be read."""
    try:
        return (urlsplit(f"//{header}").hostname or "").lower()
    except ValueError:
        return ""


class DomainsFirst:
    """A WSGI application: what is asked by a custom domain goes to the gateway, and the rest elsewhere.

    Such a host needs no other permission. Only who may call the AWS endpoint registers one, and no web page may, so
    a page that rebinds a name of its own (DNS rebinding) does not get in by this.
    """

    def __init__(self, domains: Domains, gateway: Application, otherwise: Application) -> None:
        self._domains, self._gateway, self._otherwise = domains, gateway, otherwise

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        is_domain = self._domains.mappings(host_name(environ.get("HTTP_HOST", ""))) is not None
        return (self._gateway if is_domain else self._otherwise)(environ, start_response)
