#!/usr/bin/env python3
"""Makes lambdas/faceprint/openapi.json, the contract that GET /openapi.json answers, of api/openapi.yaml."""

import plain_shell  # noqa: F401  # before what it speaks of

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from api_contract.generated import write_or_check
from api_contract.openapi import ROOT

SOURCE = ROOT / "api" / "openapi.yaml"
TARGET = ROOT / "lambdas" / "faceprint" / "openapi.json"


def contract_files() -> dict[Path, str]:
    """The file and its text."""
    return {TARGET: public_contract(yaml.safe_load(SOURCE.read_text(encoding="utf-8")))}


def public_contract(contract: dict[str, Any]) -> str:
    """JSON of the contract without what only API Gateway reads, and without servers: the function knows its own."""
    kept = {name: part for name, part in contract.items() if not name.startswith("x-") and name != "servers"}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":")) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """0; with --check 1 when the file is stale."""
    command = "scripts/make_contract.py"
    return write_or_check(contract_files, what=str(__doc__), command=command, arguments=arguments)


if __name__ == "__main__":
    sys.exit(main())
