"""The contract that the functions answer is the one of api/openapi.yaml."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import make_contract

ROOT = Path(__file__).resolve().parents[3]


def test_the_answered_contract_is_not_stale() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/make_contract.py", "--check"], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_a_stale_contract_is_told_and_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = tmp_path / "openapi.yaml", tmp_path / "openapi.json"
    source.write_text("openapi: 3.0.3\nservers: []\nx-amazon-apigateway-api-key-source: HEADER\n")
    for name, value in (("ROOT", tmp_path), ("SOURCE", source), ("TARGET", target)):
        monkeypatch.setattr(make_contract, name, value)

    before, made, after = (make_contract.main(arguments) for arguments in (["--check"], [], ["--check"]))

    assert (before, made, after) == (1, 0, 0)
    assert json.loads(target.read_text()) == {"openapi": "3.0.3"}
