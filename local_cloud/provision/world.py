"""The whole deployment, in order."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from local_cloud.aws import Aws
from local_cloud.blueprint import Names, facts_of, read_blueprint, read_contract
from local_cloud.errors import StartupError
from local_cloud.provision.api import ensure_api
from local_cloud.provision.api_definition import with_integrations
from local_cloud.provision.functions import ensure_functions
from local_cloud.provision.storage import ensure_storage
from local_cloud.settings import REPOSITORY, Settings, environment_for_children


@dataclass(frozen=True)
class Provisioned:
    """What a user of the deployment needs to know."""

    names: Names
    api_id: str
    api_key: str
    queue_url: str


def provision(aws: Aws, names: Names, settings: Settings, code: Path) -> Provisioned:
    """Make or update everything but the collection (`storage.ensure_collection`)."""
    queue_url = ensure_storage(aws, names)
    attributes = aws.client("sqs").get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
    blueprint = read_blueprint()
    facts = facts_of(settings, names, queue_url)
    arns = ensure_functions(aws, names, blueprint, facts, code, attributes["Attributes"]["QueueArn"])
    by_operation = {operation: arns[plan.name] for plan in blueprint.functions for operation in plan.operations}
    definition = with_integrations(read_contract(), by_operation, settings.region)
    api = ensure_api(aws, names.shared, definition, settings)
    return Provisioned(names=names, api_id=api.api_id, api_key=api.key, queue_url=queue_url)


def build_code(out: Path) -> Path:
    """The zip that deploys, built by the script that Terraform runs."""
    script = REPOSITORY / "scripts" / "package_lambdas.py"
    if not script.exists():
        raise StartupError("scripts/package_lambdas.py is missing: is this a complete checkout?")
    command = [sys.executable, str(script), "code", str(out)]
    built = subprocess.run(command, capture_output=True, text=True, env=environment_for_children(), check=False)  # noqa: S603
    if built.returncode:
        raise StartupError(f"the functions cannot be packaged: {built.stderr.strip().splitlines()[-1:]}")
    return out
