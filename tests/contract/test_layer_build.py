"""Terraform's own commands build the same bytes twice, within Lambda's limits and ours."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from local_cloud.provision.terraform import copy_source
from terraform_world import ROOT, unavailable

MAX_CODE_BYTES = 100_000
MAX_LAYER_BYTES_WITHOUT_PILLOW = 2_000_000


def build(checkout: Path, *arguments: str) -> tuple[bytes, str]:
    """The archive that a checkout of its own builds, and what was said about it."""
    for name in ("lambdas", "scripts/package_lambdas.py"):
        copy_source(ROOT / name, checkout / name)
    command = [sys.executable, "scripts/package_lambdas.py", arguments[0], "out.zip", *arguments[1:]]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    if done.returncode and "pip could not install" in done.stderr:
        unavailable(f"pip reaches no registry: {done.stderr}")
    assert done.returncode == 0, done.stderr
    return (checkout / "out.zip").read_bytes(), done.stdout


@pytest.mark.parametrize("architecture", ["arm64", "x86_64"])
def test_layer_for_python_3_13_is_the_same_twice_and_small(tmp_path: Path, architecture: str) -> None:
    options = ("layer", "--python", "3.13", "--architecture", architecture)

    first, said = build(tmp_path / "one", *options)
    second, _ = build(tmp_path / "two" / "deeper", *options)

    print(said)
    without_pillow = re.search(r"([\d.]+) kB without Pillow", said)
    assert first == second
    assert without_pillow is not None
    assert float(without_pillow[1]) * 1000 <= MAX_LAYER_BYTES_WITHOUT_PILLOW


def test_code_is_the_same_twice_and_small(tmp_path: Path) -> None:
    first, said = build(tmp_path / "one", "code")
    second, _ = build(tmp_path / "two" / "deeper", "code")

    print(said)
    assert first == second
    assert len(first) <= MAX_CODE_BYTES
