"""Tells the contract of the API: the routes that callers have, without what only API Gateway reads."""

import json
from pathlib import Path
from typing import Any

_CONTRACT = Path(__file__).parents[1] / "openapi.json"  # made of api/openapi.yaml by scripts/make_contract.py


def describe_contract(url: str) -> dict[str, Any]:
    """The OpenAPI document of this version with `url`, the address of its stage, as its one server."""
    contract: dict[str, Any] = json.loads(_CONTRACT.read_text(encoding="utf-8"))
    return contract | {"servers": [{"url": url}]}
