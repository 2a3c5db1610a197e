"""The whole deployment, in order."""

import subprocess
import sys
from pathlib import Path

from local_cloud.aws import Aws
from local_cloud.blueprint import Names, facts_of, read_blueprint, read_contract
from local_cloud.errors import StartupError
from local_cloud.provision.api import ensure_api
from local_cloud.provision.api_definition import api_definition
from local_cloud.provision.domain import ensure_domain
from local_cloud.provision.functions import ensure_functions, let_api_invoke
from local_cloud.provision.storage import ensure_storage
from local_cloud.settings import REPOSITORY, Settings, environment_for_children


def provision(aws: Aws, names: Names, settings: Settings, code: Path) -> None:
    """Make or update everything but the collection (`storage.ensure_collection`)."""
    origins = [origin for origin in settings.cors_allowed_origins.split(",") if origin]
    queue_url = ensure_storage(aws, names, origins)
    attributes = aws.client("sqs").get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
    blueprint = read_blueprint()
    facts = facts_of(settings, names, queue_url)
    arns = ensure_functions(aws, names, blueprint, facts, code, attributes["Attributes"]["QueueArn"])
    definition = api_definition(
        read_contract(),
        title=names.shared,
        function_arns={plan.name: arns[plan.name] for plan in blueprint.functions if plan.operations},
        functions_by_operation={operation: plan.name for plan in blueprint.functions for operation in plan.operations},
        region=settings.region,
        cross_origin=bool(origins),
    )
    api_id = ensure_api(aws, names.shared, definition, settings)
    if settings.create_custom_domain:
        ensure_domain(aws, names, settings, api_id)
    source = f"arn:aws:execute-api:{aws.region}:{names.account_id}:{api_id}/{settings.stage}/*"
    for plan in blueprint.functions:
        if plan.operations:
            let_api_invoke(aws, names.function(plan.name), source)


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
