"""The only room that reads the environment: arguments first, then FACE_ENGINE_* variables, then defaults."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from face_engine.processor import PrecisionChoice
from face_engine.quotas import QuotaChoice

PREFIX = "FACE_ENGINE_"
REPOSITORY = Path(__file__).resolve().parents[1]
LAST_PORT = 65535
LOWEST_TPS, HIGHEST_TPS = 0.1, 100_000


class SettingsError(ValueError):
    """One or more settings are wrong; the message lists them all."""


@dataclass(frozen=True)
class Settings:
    """`workers`: pictures worked on at a time. `queue`: pictures that may wait; more are told to slow down.

    `tps` is the quota of requests per second, see `face_engine.quotas`.

    `min_confidence` is 0..100, `min_frontality` a ratio of lengths, `min_face_area` 0..1 of the picture; 0 is off.
    """

    host: str
    host_names: frozenset[str]
    port: int
    data: Path
    models: Path
    pack: Path | None
    workers: int
    queue: int
    tps: QuotaChoice
    account_id: str
    precision: PrecisionChoice
    min_confidence: float
    min_frontality: float
    min_face_area: float
    debug: bool

    @property
    def pack_folder(self) -> Path:
        """The chosen model pack, or the one that set-up makes."""
        return self.pack or self.models

    @property
    def is_loopback(self) -> bool:
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


DEFAULTS: dict[str, object] = {
    "host": "127.0.0.1",
    "host_names": "",
    "port": 8002,
    "data": ".data/face_engine",
    "models": REPOSITORY / "models",
    "pack": "",
    "workers": os.cpu_count() or 1,
    "queue": 32,
    "tps": "off",
    "account_id": "123456789012",
    "precision": "auto",
    "min_confidence": 0,
    "min_frontality": 0,
    "min_face_area": 0,
    "debug": "0",
}


def read_settings(arguments: Mapping[str, object], environment: Mapping[str, str] = os.environ) -> Settings:
    """`arguments` holds settings by name; None means not given. Raises `SettingsError` naming every mistake."""
    values: dict[str, Any] = {}
    mistakes = []
    for name, parse in PARSERS.items():
        variable = f"{PREFIX}{name.upper()}"
        given = arguments.get(name)
        text = str(given if given is not None else environment.get(variable) or DEFAULTS[name])
        try:
            values[name] = parse(text)
        except ValueError as exc:
            mistakes.append(f"--{name.replace('_', '-')} or {variable}: {exc}, not {text!r}")
    if mistakes:
        raise SettingsError("; ".join(mistakes))
    return Settings(**values)


def _whole_number(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(text)

    return parse


def _number(low: float, high: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        complaint = f"must be a number from {low:g} to {high:g}"
        try:
            number = float(text)
        except ValueError:
            raise ValueError(complaint) from None
        if not low <= number <= high:  # also true of nan
            raise ValueError(complaint)
        return number

    return parse


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return text

    return parse


def _quota(text: str) -> QuotaChoice:
    if text in ("off", "aws"):
        return None if text == "off" else "aws"
    try:
        return _number(LOWEST_TPS, HIGHEST_TPS)(text)
    except ValueError as exc:
        raise ValueError(f"{exc}, or aws, or off") from None


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip().lower() for name in text.split(",") if name.strip())


def _optional_path(text: str) -> Path | None:
    return Path(text) if text else None


def _parse_account(text: str) -> str:
    if not re.fullmatch(r"\d{12}", text):
        raise ValueError("must be 12 digits")
    return text


def _parse_switch(text: str) -> bool:
    if text.lower() not in SWITCH:
        raise ValueError(f"must be one of {', '.join(SWITCH)}")
    return SWITCH[text.lower()]


SWITCH = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
PARSERS: dict[str, Callable[[str], object]] = {
    "host": str,
    "host_names": _names,
    "port": _whole_number(0, LAST_PORT),
    "data": Path,
    "models": Path,
    "pack": _optional_path,
    "workers": _whole_number(1, 64),
    "queue": _whole_number(0, 1000),
    "tps": _quota,
    "account_id": _parse_account,
    "precision": _one_of("auto", "int8", "fp32"),
    "min_confidence": _number(0, 100),
    "min_frontality": _number(0, 1),
    "min_face_area": _number(0, 1),
    "debug": _parse_switch,
}
