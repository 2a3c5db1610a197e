"""How a correction replaces a method: once per process, and never on top of itself."""

import functools
from collections.abc import Callable
from typing import Any

_originals: dict[tuple[Any, str], Any] = {}


def wrap(owner: Any, name: str, replacement: Callable[..., Any]) -> None:
    """Replace `owner.name` by `replacement(original, *args, **kwargs)`; repeating replaces the replacement."""
    original = _originals.setdefault((owner, name), getattr(owner, name))

    @functools.wraps(original)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return replacement(original, *args, **kwargs)

    setattr(owner, name, wrapped)
