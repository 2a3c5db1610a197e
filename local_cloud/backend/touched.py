"""What calls have looked up, and may therefore have changed."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Touched:
    """Since the last `clear`. One per process, as moto's state is."""

    rows: set[tuple[tuple[str, ...], Any]] = field(default_factory=set)  # place of the table, hash key
    objects: dict[int, set[str]] = field(default_factory=dict)  # by id() of the bucket's keys
    messages: bool = False  # any at all

    def clear(self) -> None:
        self.rows.clear()
        self.objects.clear()
        self.messages = False


touched = Touched()
