"""What is to be deployed: the names and facts of a deployment, and the functions of lambdas/functions.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from local_cloud.errors import StartupError
from local_cloud.settings import REPOSITORY, Settings

FUNCTIONS_FILE = REPOSITORY / "lambdas" / "functions.yaml"
CONTRACT_FILE = REPOSITORY / "api" / "openapi.yaml"


@dataclass(frozen=True)
class Names:
    """The deployment's resources, all derived from the shared identifier, as in terraform/."""

    shared: str
    account_id: str

    @property
    def bucket(self) -> str:
        return f"{self.shared}-{self.account_id}"

    @property
    def table(self) -> str:
        return self.shared

    @property
    def images_table(self) -> str:
        return f"{self.shared}-images"

    @property
    def collection(self) -> str:
        return f"{self.shared}-collection"

    @property
    def queue(self) -> str:
        return f"{self.shared}-index"

    @property
    def dead_letter_queue(self) -> str:
        return f"{self.shared}-index-dead"

    def function(self, name: str) -> str:
        return f"{self.shared}_{name}"


@dataclass(frozen=True)
class FunctionPlan:
    """One entry of functions.yaml."""

    name: str
    handler: str
    description: str
    memory: int  # MB
    timeout: int  # seconds
    operations: tuple[str, ...]
    environment: tuple[str, ...]
    permissions: Mapping[str, tuple[str, ...]]  # resource (a word of `resource_arns`) → actions
    batch_size: int | None = None
    maximum_concurrency: int | None = None


@dataclass(frozen=True)
class Blueprint:
    """functions.yaml, read."""

    variables: Mapping[str, str]  # environment variable → name of the fact it carries
    functions: tuple[FunctionPlan, ...]

    def environment_of(self, function: FunctionPlan, facts: Mapping[str, str]) -> dict[str, str]:
        return {variable: facts[self.variables[variable]] for variable in function.environment}


def read_blueprint(path: Path = FUNCTIONS_FILE) -> Blueprint:
    """From functions.yaml."""
    document = _read_yaml(path)
    functions = [_function_plan(name, entry) for name, entry in document["functions"].items()]
    return Blueprint(variables=document["environment"], functions=tuple(functions))


def _function_plan(name: str, entry: Mapping[str, Any]) -> FunctionPlan:
    return FunctionPlan(
        name=name,
        handler=entry["handler"],
        description=entry["description"],
        memory=entry["memory"],
        timeout=entry["timeout"],
        operations=tuple(entry.get("operations", ())),
        environment=tuple(entry["environment"]),
        permissions={resource: tuple(actions) for resource, actions in entry["permissions"].items()},
        batch_size=entry.get("batch_size"),
        maximum_concurrency=entry.get("maximum_concurrency"),
    )


def facts_of(settings: Settings, names: Names, index_queue_url: str) -> dict[str, str]:
    """The facts functions.yaml refers to, as environment variables hold them."""
    return {
        "shared_resource_identifier": names.shared,
        "stage": settings.stage,
        "debug_mode": str(settings.debug_mode).lower(),
        "bucket": names.bucket,
        "table": names.table,
        "images_table": names.images_table,
        "collection": names.collection,
        "max_faces_count": str(settings.max_faces_count),
        "face_detect_threshold": str(settings.face_detect_threshold),
        "face_detect_quality_filter": settings.face_detect_quality_filter,
        "face_detect_attributes": settings.face_detect_attributes,
        "price_per_image": settings.price_per_image,
        "search_concurrency": str(settings.search_concurrency),
        "index_queue_url": index_queue_url,
        "upload_wait_seconds": str(settings.upload_wait_seconds),
        "link_expiry_seconds": str(settings.link_expiry_seconds),
        "cors_allowed_origins": settings.cors_allowed_origins,
        "metrics_namespace": settings.metrics_namespace,
        "rekognition_endpoint_url": settings.rekognition_endpoint_url,
    }


def resource_arns(names: Names, region: str, function: str) -> dict[str, str]:
    """What functions.yaml calls the resources of a permission."""
    at = f"{region}:{names.account_id}"
    return {
        "bucket": f"arn:aws:s3:::{names.bucket}",
        "objects": f"arn:aws:s3:::{names.bucket}/*",
        "table": f"arn:aws:dynamodb:{at}:table/{names.table}",
        "table_index": f"arn:aws:dynamodb:{at}:table/{names.table}/index/by_key",
        "images_table": f"arn:aws:dynamodb:{at}:table/{names.images_table}",
        "collection": f"arn:aws:rekognition:{at}:collection/{names.collection}",
        "index_queue": f"arn:aws:sqs:{at}:{names.queue}",
        "log_group": f"arn:aws:logs:{at}:log-group:/aws/lambda/{function}:*",
        "any": "*",
    }


def policy_of(plan: FunctionPlan, arns: Mapping[str, str]) -> dict[str, Any]:
    """The one policy of a function's role."""
    statements = [
        {"Effect": "Allow", "Action": list(actions), "Resource": arns[resource]}
        for resource, actions in plan.permissions.items()
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def read_contract(path: Path = CONTRACT_FILE) -> dict[str, Any]:
    """api/openapi.yaml."""
    return _read_yaml(path)


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one reads the contract ten times as fast
        with path.open(encoding="utf-8") as file:
            document: dict[str, Any] = yaml.load(file, loader)  # noqa: S506 # nosec B506  # both are safe loaders
            return document
    except OSError as exc:
        raise StartupError(f"cannot read {path.name}: {exc.strerror}") from exc
