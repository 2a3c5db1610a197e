#!/usr/bin/env python3
"""Makes lambdas/faceprint/openapi.json, the contract that GET /openapi.json answers, of api/openapi.yaml."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "api" / "openapi.yaml"
TARGET = ROOT / "lambdas" / "faceprint" / "openapi.json"


def public_contract(contract: dict[str, Any]) -> str:
    """JSON of the contract without what only API Gateway reads, and without servers: the function knows its own."""
    kept = {name: part for name, part in contract.items() if not name.startswith("x-") and name != "servers"}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":")) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """0; with --check 1 when the file is not what the contract makes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail when the file is stale")
    options = parser.parse_args(arguments)
    made = public_contract(yaml.safe_load(SOURCE.read_text(encoding="utf-8")))
    if not options.check:
        TARGET.write_text(made, encoding="utf-8")
    elif not TARGET.is_file() or TARGET.read_text(encoding="utf-8") != made:
        print(f"{TARGET.relative_to(ROOT)} is stale: run scripts/make_contract.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
