"""Reads the sections of a YAML file and collects every mistake instead of stopping at the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_ABSENT = object()


class Section:
    """One mapping of the file; whoever has read all they know of calls `finish`, which reports what is left.

    After a mistake a reader answers something of the right kind, so that reading goes on; the caller must look at
    `mistakes` before it uses anything.
    """

    def __init__(self, values: Mapping[object, object], name: str, mistakes: list[str]) -> None:
        self._values = {str(key): value for key, value in values.items()}
        self._name = name
        self.mistakes = mistakes

    def report(self, key: object, problem: str) -> None:
        place = f"{self._name}.{key}" if self._name else str(key)
        self.mistakes.append(f"{place}: {problem}")

    def take(self, key: object, default: object = _ABSENT) -> object:
        value = self._values.pop(str(key), None)
        if value is not None:
            return value
        if default is _ABSENT:
            self.report(key, "is missing")
            return None
        return default

    def section(self, key: str) -> Section:
        value = self.take(key)
        if value is not None and not isinstance(value, Mapping):
            self.report(key, f"must hold settings, not {value!r}")
        name = f"{self._name}.{key}" if self._name else key
        inner: list[str] = self.mistakes if isinstance(value, Mapping) else []  # what is missing was reported once
        return Section(value if isinstance(value, Mapping) else {}, name, inner)

    def has(self, key: str) -> bool:
        return self._values.get(key) is not None

    def text(self, key: str) -> str:
        value = self.take(key)
        if value is not None and (not isinstance(value, str) or not value.strip()):
            self.report(key, f"must be text, not {value!r} (write it in quotes)")
            return ""
        return str(value or "")

    def choice(self, key: str, options: Sequence[str], default: str | None = None) -> str:
        value = self.take(key, _ABSENT if default is None else default)
        if value is not None and value not in options:
            self.report(key, f"must be one of {', '.join(options)}, not {value!r}")
        return value if isinstance(value, str) and value in options else options[0]

    def switch(self, key: str, *, default: bool) -> bool:
        value = self.take(key, default)
        if not isinstance(value, bool):
            self.report(key, f"must be true or false, not {value!r}")
        return bool(value)

    def number(self, key: object, *, low: float, high: float, default: float | None = None) -> float:
        """A number above `low` and up to `high`; also as a fraction such as 1/127.5."""
        value = self.take(key, _ABSENT if default is None else default)
        number = _to_number(value)
        if value is not None and (number is None or not low < number <= high):
            self.report(key, f"must be a number above {low:g} and up to {high:g}, not {value!r}")
        return low if number is None else number

    def whole(self, key: str, *, low: int, high: int, default: int | None = None) -> int:
        value = self.take(key, _ABSENT if default is None else default)
        good = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        if value is not None and not good:
            self.report(key, f"must be a whole number from {low} to {high}, not {value!r}")
        return value if isinstance(value, int) and good else low

    def finish(self) -> None:
        for key in self._values:
            self.report(key, "is not a setting")


def _to_number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    numerator, _, denominator = str(value).partition("/")
    try:
        return float(numerator) / float(denominator)
    except (ValueError, ZeroDivisionError):
        return None
