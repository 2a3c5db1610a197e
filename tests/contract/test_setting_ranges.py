"""One setting has one range: local cloud, functions and Terraform accept and refuse the same values."""

import re
from math import floor
from typing import Any

import pytest

from faceprint.model.errors import MisconfiguredError
from faceprint.settings import load_settings
from local_cloud.errors import StartupError
from local_cloud.settings import SETTINGS, read_settings
from scripts.make_settings_docs import ROOT

VARIABLES = (ROOT / "terraform" / "variables.tf").read_text()
BLOCKS = dict(re.findall(r'^variable "(\w+)" \{\n(.*?)^\}', VARIABLES, re.MULTILINE | re.DOTALL))
NUMBERS = ["-1", "0", "0.0001", "0.5", "1", "1.5", "16", "17", "20", "20.5", "80", "100", "100.5", "101", "500"]
NUMBERS += ["5000", "5001", "10000", "10001", "3600", "3601", "43200", "abc", "nan"]
WORDS = [
    "",
    "DAY",
    "YEAR",
    "AUTO",
    "BEST",
    "DEFAULT",
    "ALL",
    "v1",
    "a/b",
    "my-faces",
    "My_Faces",
    "us-east-1",
    "Frankfurt",
]
WORDS += [
    "Faceprint",
    "AWS/Mine",
    "https://photos.example.com",
    "example.com",
    "http://localhost:3000",
    "true",
    "maybe",
]
ABOUT_ANOTHER = {"AWS_APIGATEWAY_CREATE_CUSTOM_DOMAIN"}  # its condition is that there is a root domain
SHARED = sorted(name for name in SETTINGS if name.lower() in BLOCKS and name not in ABOUT_ANOTHER)
OF_FUNCTIONS = sorted(name for name in SETTINGS if name in (ROOT / "lambdas/functions.yaml").read_text())


def is_taken_here(name: str, text: str) -> bool:
    try:
        read_settings({}, {".env": {name: text}})
    except StartupError:
        return False
    return True


def is_taken_by_functions(name: str, text: str) -> bool:
    try:
        load_settings({name: text})
    except MisconfiguredError:
        return False
    return True


def regex(expression: str, text: str) -> bool:
    if not re.search(expression, text):
        raise ValueError(text)
    return True


def is_taken_by_terraform(name: str, text: str) -> bool:
    """By its condition, whose language is nearly Python."""
    block = BLOCKS[name.lower()]
    kind = re.search(r"^  type\s+= (.+)$", block, re.MULTILINE)[1]
    value: Any = text
    try:
        if kind == "number":
            value = float(text) if text != "nan" else float("a number")
        elif kind == "bool":
            value = {"true": True, "false": False}[text]
        elif kind.startswith("list"):
            value = [part for part in text.split(",") if part]
    except (KeyError, ValueError):
        return False
    condition = re.search(r"^    condition     = (.+)$", block, re.MULTILINE)
    if not condition:
        return True
    python = condition[1].replace(f"var.{name.lower()}", "value").replace("&&", " and ").replace("||", " or ")
    python = re.sub(r"alltrue\(\[for (\w+) in value : (.+)\]\)", r"all([\2 for \1 in value])", python)
    python = re.sub(r"can\((regex\(.*?\))\)(?= |$)", r"can(lambda: \1)", python).replace(" !", " not ")
    names = {"value": value, "null": None, "floor": floor, "regex": regex, "can": can, "all": all}
    names |= {"contains": lambda some, one: one in some, "startswith": str.startswith}
    return bool(eval(python, {"__builtins__": {}, **names}))


def can(attempt: Any) -> bool:
    try:
        return bool(attempt())
    except ValueError:
        return False


@pytest.mark.parametrize("name", SHARED)
def test_the_local_cloud_takes_what_terraform_takes(name: str) -> None:
    assert len(SHARED) >= 15
    # An empty line in .env stands for the default where nothing is no choice; words may be in small letters there.
    switches = {"0", "1"}  # Terraform writes true and false alone
    texts = [text for text in [*NUMBERS, *WORDS] if text and not (name == "DEBUG_MODE" and text in switches)]

    disagree = [text for text in texts if is_taken_here(name, text) != is_taken_by_terraform(name, text)]

    assert disagree == []


@pytest.mark.parametrize("name", OF_FUNCTIONS)
def test_the_functions_refuse_nothing_that_the_local_cloud_takes(name: str) -> None:
    assert len(OF_FUNCTIONS) >= 10

    taken = [text for text in [*NUMBERS, *WORDS] if is_taken_here(name, text)]

    assert [text for text in taken if not is_taken_by_functions(name, text)] == []
    assert taken
