"""Terraform in tests: whether it is here, a copy of what it deploys, and the deployment of a running local cloud.

It always works on a copy, so that the repository's own terraform/ stays as it is.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from local_cloud.provision.terraform import SOURCES, Terraform, copy_source, find_provider, variables_of
from local_cloud.settings import provider_folders, read_settings
from local_world import LocalCloud

ROOT = Path(__file__).resolve().parents[1]
FOREIGN = ("AWS_", "TF_VAR_", "TF_CLI_ARGS", "TF_WORKSPACE", "TF_DATA_DIR", "TF_LOG")
NO_REGISTRY = ("Failed to query available provider packages", "Failed to install provider")


@dataclass(frozen=True)
class TerraformCopy:
    """An initialised copy of what is deployed, and the terraform to run in it."""

    program: str
    folder: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = terraform_environment() | {"TF_DATA_DIR": str(self.folder.parent / "data")}
        return subprocess.run(
            [self.program, *arguments], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )


def unavailable(reason: str) -> NoReturn:
    """Skip the test; fail it in CI, where everything has to be there."""
    if os.environ.get("CI", "").lower() in ("", "0", "false"):
        pytest.skip(reason)
    pytest.fail(f"{reason} (CI is set: nothing may be skipped)")


def require_terraform() -> str:
    """The program; without it the test is skipped, and fails in CI."""
    return shutil.which("terraform") or unavailable("there is no terraform on PATH: install Terraform 1.11 or later")


def terraform_environment() -> dict[str, str]:
    """This process's environment without a person's own variables, options and credentials."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    if not Path(kept.get("TF_CLI_CONFIG_FILE", "")).is_file():
        kept.pop("TF_CLI_CONFIG_FILE", None)
    return kept | {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}


def terraform_copy(folder: Path) -> TerraformCopy:
    """Copy what is deployed below `folder` and initialise it, without its backend, from a mirror or the registry."""
    program = require_terraform()
    for name in SOURCES:
        copy_source(ROOT / name, folder / name)
    copy = TerraformCopy(program, folder / "terraform")
    mirror = find_provider(provider_folders())
    offline = [f"-plugin-dir={mirror}"] if mirror else []
    done = copy.run("init", "-input=false", "-no-color", "-backend=false", "-lockfile=readonly", *offline)
    if done.returncode and mirror is None and any(sign in done.stderr for sign in NO_REGISTRY):
        unavailable("there is neither a mirror of the AWS provider on this machine nor a Terraform registry")
    assert done.returncode == 0, done.stdout + done.stderr
    return copy


def deployment_of(cloud: LocalCloud, shared: str = "rekognition", **variables: str) -> Terraform:
    """The deployment that `up --terraform` made in this cloud, to plan and destroy it from outside."""
    own = cloud.environment if cloud.environment.get("SHARED_RESOURCE_IDENTIFIER", "rekognition") == shared else {}
    settings = read_settings({"shared_resource_identifier": shared, "debug_mode": True}, {"the environment": own})
    given: Mapping[str, str] = variables_of(settings) | variables
    return Terraform(
        cloud.data / "terraform" / shared,
        aws_endpoint=cloud.addresses["awsEndpoint"],
        variables=given,
        region=settings.region,
    )


def planned_changes(terraform: Terraform) -> dict[str, str]:
    """What a plan would do, by address: "updated in-place", "replaced", "created", "destroyed", "read during apply"."""
    _, plan = terraform.plan_is_clean()
    return dict(re.findall(r"^  # (\S.*?) (?:will|must) be (.+)$", plan.output, flags=re.MULTILINE))


def dependencies(copy: TerraformCopy) -> dict[str, set[str]]:
    """What each resource refers to or depends on, data sources left out."""
    graph = copy.run("graph").stdout
    nodes = re.findall(r'^\s*"([^"]+)" \[label', graph, flags=re.MULTILINE)
    found: dict[str, set[str]] = {node: set() for node in nodes if not _is_data(node)}
    for node, other in re.findall(r'"([^"]+)" -> "([^"]+)"', graph):
        found.setdefault(node, set()).add(other)
    return found


def _is_data(address: str) -> bool:
    return address.startswith("data.") or ".data." in address
