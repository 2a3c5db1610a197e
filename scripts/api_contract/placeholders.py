"""Makes recorded answers the same at every recording: ids, times, addresses and links become placeholders.

Values too long to read are cut, and "…" stands for the rest.
"""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

LONGEST_TEXT = 300
SHOWN_TEXT = 24
SHOWN_LANDMARKS = 2
DECIMALS = 3
API_ORIGIN = "http://127.0.0.1:8000"
API_URL = f"{API_ORIGIN}/v1"
AWS_ORIGIN = "http://127.0.0.1:8001"

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?\+00:00")
_FIXED = {
    "requestId": "7d1f5a52-6b1e-4a0c-9d0a-3f9b3f0f1c55",
    "python_version": "3.13.0",
    "boto3_version": "1.40.4",
    "botocore_version": "1.40.4",
}
_NOT_SHOWN = ("paths", "components")


@dataclass
class Placeholders:
    """Of one recording, so that the same id is the same placeholder in all its answers."""

    api_origin: str
    numbers: dict[str, int] = field(default_factory=dict)

    def normalise(self, value: Any, name: str = "") -> Any:
        """An answer without anything that changes, identifies the machine or gives access."""
        if name in _FIXED:
            return _FIXED[name]
        if isinstance(value, dict):
            return {key: self._member(key, item) for key, item in value.items() if not _is_raced(key, item)}
        if isinstance(value, list):
            return self._list(value, name)
        if isinstance(value, float):
            return round(value, DECIMALS)
        return self.text(value) if isinstance(value, str) else value

    def text(self, value: str) -> str:
        """One text; a link keeps its path only."""
        if value.startswith(("http://127.0.0.1", "http://localhost")):
            value = self._address(value)
        value = _TIME.sub("2026-01-01T00:00:00+00:00", value)
        value = _UUID.sub(lambda match: self._id(match.group()), value)
        return value if len(value) <= LONGEST_TEXT else f"{value[:SHOWN_TEXT]}…"

    def _member(self, name: str, value: Any) -> Any:
        return {"…": "…"} if name in _NOT_SHOWN and isinstance(value, dict) else self.normalise(value, name)

    def _list(self, value: list[Any], name: str) -> list[Any]:
        if name == "Landmarks" and len(value) > SHOWN_LANDMARKS:
            return [*(self.normalise(item) for item in value[:SHOWN_LANDMARKS]), {"Type": "…"}]
        return [self.normalise(item) for item in value]

    def _address(self, url: str) -> str:
        parts = urlsplit(url)
        origin = API_ORIGIN if f"{parts.scheme}://{parts.netloc}" == self.api_origin else AWS_ORIGIN
        return f"{origin}{parts.path}{'?…' if parts.query else ''}"

    def _id(self, found: str) -> str:
        number = self.numbers.setdefault(found, len(self.numbers) + 1)
        return f"00000000-0000-4000-8000-{number:012d}"


def shorten(text: str, shown: int = SHOWN_TEXT) -> str:
    """The beginning of a text that need not be read."""
    return text if len(text) <= shown else f"{text[:shown]}…"


def _is_raced(name: str, value: Any) -> bool:
    """The faces of an erased photo are removed by the request or by the object's event; only the first tells it."""
    return name == "usage" and isinstance(value, dict) and set(value["calls"]) == {"DeleteFaces"}
