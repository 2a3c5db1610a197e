"""Readers of settings: text in, checked value out. Each raises ValueError that says what must be written instead.

The ranges are those that the functions check in AWS and that terraform/variables.tf refuses beyond; a contract test
holds the three to one another.
"""

import importlib.util
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

Reader = Callable[[str], Any]

_SWITCH = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")
_MOST_METRICS_NAME = 255


def whole_number(low: int, high: int | None = None) -> Reader:
    """A whole number from low to high, or without an upper end."""
    wanted = f"a whole number from {low} to {high}" if high is not None else f"a whole number, at least {low}"

    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", text.strip()) or not low <= int(text) <= (high or math.inf):
            raise ValueError(wanted)
        return int(text)

    return read


def number(low: float, high: float, *, above: bool = False) -> Reader:
    """A number from low to high; with `above`, low itself is too little. A whole number stays one."""
    wanted = f"a number {'above' if above else 'from'} {low:g} {'and at most' if above else 'to'} {high:g}"

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high or (above and value == low):  # also true of nan
            raise ValueError(wanted)
        return int(text) if re.fullmatch(r"[0-9]+", text.strip()) else value

    return read


def amount(high: float) -> Reader:
    """A number that is not negative, as it is written."""
    check = number(0, high)

    def read(text: str) -> str:
        check(text)
        return text.strip()

    return read


def one_of(*choices: str) -> Reader:
    """One of these words, in capitals or not."""

    def read(text: str) -> str:
        if text.strip().upper() not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return text.strip().upper()

    return read


def pattern(expression: str, wanted: str) -> Reader:
    """Text that matches all of the expression."""

    def read(text: str) -> str:
        if not re.fullmatch(expression, text):
            raise ValueError(wanted)
        return text

    return read


def switch(text: str) -> bool:
    """true or false, in the ways that people write them."""
    if text.strip().lower() not in _SWITCH:
        raise ValueError("true or false")
    return _SWITCH[text.strip().lower()]


def anything(text: str) -> str:
    return text


def origins(text: str) -> str:
    """Origins of web pages, comma-separated; none is a choice."""
    found = [origin.strip() for origin in text.split(",") if origin.strip()]
    if not all(map(_ORIGIN.fullmatch, found)):
        raise ValueError("scheme, host and port of each origin, comma-separated, such as https://photos.example.com")
    return ",".join(found)


def metrics_name(text: str) -> str:
    """CloudWatch's rules for a namespace; none is a choice."""
    if not re.fullmatch(rf"[A-Za-z0-9_./#-]{{0,{_MOST_METRICS_NAME}}}", text) or text.startswith("AWS/"):
        raise ValueError(f"at most {_MOST_METRICS_NAME} letters, digits and _ . / # -, not beginning with AWS/")
    return text


def requests_per_second(text: str) -> str:
    """The engine's quota in its own words; nothing is none."""
    if text and text not in ("off", "aws"):
        try:
            number(0.1, 100_000)(text)
        except ValueError as exc:
            raise ValueError(f"{exc}, or aws, or off") from None
    return text


def module(text: str) -> str:
    """The name of a module that Python finds."""
    try:
        found = importlib.util.find_spec(text)
    except (ImportError, ValueError):
        found = None
    if found is None:
        raise ValueError("a module that Python finds, such as face_engine")
    return text


def folder(text: str) -> Path:
    return Path(text).expanduser()


def first_port(text: str) -> int:
    """The first of three ports in a row, or 0 for any free ones."""
    return int(whole_number(0, 65_533)(text))
