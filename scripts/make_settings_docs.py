#!/usr/bin/env python3
"""Makes docs/settings.md of the files that define every setting: terraform/, lambdas/functions.yaml, .env.example."""

import plain_shell  # noqa: F401  # before what it speaks of

import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from api_contract.generated import write_or_check
from api_contract.openapi import ROOT

TARGET = ROOT / "docs" / "settings.md"

_HCL_BLOCK = re.compile(r'^(?:variable|output) "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
_HCL_ARGUMENT = re.compile(r"^  (\w+)\s+= (.+)$", re.MULTILINE)
_ENV_SETTING = re.compile(r"^# ([A-Z][A-Z0-9_]*)=(.*)$")

INTRODUCTION = """# Settings

Made by `scripts/make_settings_docs.py` of the files that define them: change those, not this page.

What an input of Terraform sets in AWS, its name in capitals sets on one machine.
"""
INPUTS = """
## Terraform inputs

Of [`terraform/variables.tf`](../terraform/variables.tf), which refuses what makes no sense and says what to write.
[`terraform.tfvars.example`](../terraform/terraform.tfvars.example) is where to begin.
"""
OUTPUTS = """
## Terraform outputs

`terraform output` lists them, `terraform output -raw NAME` prints one.
"""
MACHINE = """
## On one machine

In the environment or in `.env`, which [`.env.example`](../.env.example) is the pattern of; options of the commands win
over both.
"""
FUNCTIONS = """
## Environment of the functions

What a deployment gives each function, by [`lambdas/functions.yaml`](../lambdas/functions.yaml). Nobody sets these by
hand.
"""


def read_hcl(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Name and plain arguments of each variable or output, values as HCL writes them."""
    for name, body in _HCL_BLOCK.findall(path.read_text(encoding="utf-8")):
        yield name, dict(_HCL_ARGUMENT.findall(body))


def read_env_example(path: Path) -> Iterator[tuple[str, str, str]]:
    """Name, default and meaning of each setting: the comment above a name belongs to it and to those right after it."""
    comment: list[str] = []
    followed = False
    for line in path.read_text(encoding="utf-8").splitlines():
        if found := _ENV_SETTING.match(line):
            yield found[1], found[2], " ".join(comment)
            followed = True
        elif line.startswith("# "):
            comment = [line[2:]] if followed else [*comment, line[2:]]
            followed = False
        else:
            comment, followed = [], False


def settings_page() -> str:
    """The whole page."""
    variables = read_hcl(ROOT / "terraform" / "variables.tf")
    inputs = [(f"`{name}`", _code(of["default"]), _text(of["description"])) for name, of in variables]
    outputs = read_hcl(ROOT / "terraform" / "outputs.tf")
    results = [(f"`{name}`", _text(of["description"])) for name, of in outputs]
    machine = [
        (f"`{name}`", _code(default), meaning) for name, default, meaning in read_env_example(ROOT / ".env.example")
    ]
    return "".join(
        [
            INTRODUCTION,
            INPUTS,
            _table(("input", "default", "meaning"), inputs),
            OUTPUTS,
            _table(("output", "meaning"), results),
            MACHINE,
            _table(("setting", "default", "meaning"), machine),
            FUNCTIONS,
            _table(("variable", "functions"), list(_environment())),
        ]
    )


def _environment() -> Iterator[tuple[str, str]]:
    plan = yaml.safe_load((ROOT / "lambdas" / "functions.yaml").read_text(encoding="utf-8"))
    for variable in plan["environment"]:
        users = [name for name, function in plan["functions"].items() if variable in function["environment"]]
        yield f"`{variable}`", ", ".join(users)


def _text(literal: str) -> str:
    """A string of HCL, which escapes as JSON does."""
    return str(json.loads(literal))


def _code(value: str) -> str:
    return f"`{value.strip(chr(34))}`" if value not in ("", "null", '""') else ""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n" + "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def settings_files() -> dict[Path, str]:
    """The page and its text."""
    return {TARGET: settings_page()}


def main(arguments: list[str] | None = None) -> int:
    """0; with --check 1 when the page is stale."""
    command = "scripts/make_settings_docs.py"
    return write_or_check(settings_files, what=str(__doc__), command=command, arguments=arguments)


if __name__ == "__main__":
    sys.exit(main())
