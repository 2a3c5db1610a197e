"""Terraform in tests: whether it is here, and the deployment of a running local cloud."""

import os
import shutil
from collections.abc import Mapping

import pytest

from local_cloud.provision.terraform import Terraform, variables_of
from local_cloud.settings import Settings
from local_world import LocalCloud

ABSENT = "terraform is not on PATH: what is deployed by it is not tested"


def require_terraform() -> None:
    """Skips the test where there is no Terraform; fails it in CI, where nothing may be skipped."""
    if shutil.which("terraform") is None:
        if os.environ.get("CI"):
            pytest.fail(ABSENT)
        pytest.skip(ABSENT)


def deployment_of(cloud: LocalCloud, shared: str = "rekognition", **variables: str) -> Terraform:
    """The deployment that `up --terraform` made in this cloud, to plan and destroy it from outside."""
    settings = Settings(shared_resource_identifier=shared, debug_mode=True)
    given: Mapping[str, str] = variables_of(settings) | variables
    return Terraform(
        cloud.data / "terraform" / shared,
        aws_endpoint=cloud.addresses["awsEndpoint"],
        variables=given,
        region=settings.region,
    )
