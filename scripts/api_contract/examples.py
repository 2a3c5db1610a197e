"""api/examples.json: one recorded request and answer for each step of the walk."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from api_contract.openapi import ROOT
from api_contract.readable_json import readable_json

EXAMPLES_FILE = ROOT / "api" / "examples.json"


@dataclass(frozen=True)
class Request:
    """As it was sent, without the address and with "@" before the name of a file."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class Answer:
    """`body` is JSON, or a text that says what came."""

    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class Example:
    """`step` is the walk's step_id."""

    step: str
    operation_id: str
    request: Request
    answer: Answer


def load_examples(file: Path = EXAMPLES_FILE) -> dict[str, Example]:
    """By step."""
    examples = [
        Example(given["step"], given["operation_id"], Request(**given["request"]), Answer(**given["answer"]))
        for given in json.loads(file.read_text(encoding="utf-8"))
    ]
    return {example.step: example for example in examples}


def examples_text(examples: Iterable[Example]) -> str:
    """What the file holds."""
    return readable_json([asdict(example) for example in examples]) + "\n"
