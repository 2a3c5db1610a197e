"""The functions work with the SDK that an old Lambda runtime has, as well as with the newest."""

import os
import subprocess
import sys
from importlib.metadata import Distribution, distributions

import pytest

from local_world import ROOT
from terraform_world import unavailable

PACKAGES = ROOT / "build" / "oldest-boto3"
PINNED = (ROOT / "requirements-oldest-boto3.in").read_text().split()[0].removeprefix("boto3==")
SUITE = ("tests/unit/lambdas", "tests/contract/test_stores.py")


@pytest.fixture
def installed() -> dict[str, Distribution]:
    if not PACKAGES.is_dir():
        unavailable("the oldest boto3 is not installed: `make test` installs it")
    return {found.metadata["Name"]: found for found in distributions(path=[str(PACKAGES)])}


def test_the_functions_work_with_the_oldest_boto3(installed: dict[str, Distribution]) -> None:
    assert installed["boto3"].version == installed["botocore"].version == PINNED
    environment = {**os.environ, "PYTHONPATH": str(PACKAGES), "PYTHONDONTWRITEBYTECODE": "1"}

    told = subprocess.run(
        [sys.executable, "-c", "import boto3, botocore; print(boto3.__version__, botocore.__version__)"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--no-header", *SUITE],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.stdout.split() == [PINNED, PINNED]
    assert ran.returncode == 0, ran.stdout[-4000:]
    assert " passed" in ran.stdout.splitlines()[-1]
