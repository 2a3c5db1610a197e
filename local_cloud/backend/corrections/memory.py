"""moto keeps a list of all instances of its models, for its own dashboard, and so none is ever freed.

A process that lives for hours grows by every message, row version and copy of an object's description there ever was.
"""

from typing import Any

from moto.core.common_models import BaseModel


def forget_instances() -> None:
    """Instances are kept by whoever uses them, and by nobody else. Safe to repeat."""

    def new(cls: type[BaseModel], *_: Any, **__: Any) -> BaseModel:
        return object.__new__(cls)

    setattr(BaseModel, "__new__", staticmethod(new))  # noqa: B010  # mypy takes no assignment to __new__
