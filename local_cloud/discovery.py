"""What is deployed, read back through the AWS APIs: whoever provisioned it, this is what runs.

Functions with code, environment and limits; event source mappings; the stage's definition, keys and plans.
"""

import hashlib
import io
import json
import shutil
import urllib.request
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_cloud.aws import Aws
from local_cloud.errors import StartupError
from local_cloud.gateway.definition import ApiDefinition, read_definition
from local_cloud.gateway.usage import Limit, UsagePlan
from local_cloud.lambda_runtime.model import Function

# Lambda's default when a mapping has no ScalingConfig is a thousand; one machine starts fewer processes.
_DEFAULT_CONCURRENCY = 5


@dataclass(frozen=True)
class EventSource:
    """An SQS event source mapping."""

    queue_arn: str
    function: str
    batch_size: int
    maximum_concurrency: int
    reports_failures: bool  # the function answers `batchItemFailures`


def api_id_of(aws: Aws, name: str) -> str:
    """The REST API of this name."""
    found = [api["id"] for api in aws.client("apigateway").get_rest_apis()["items"] if api["name"] == name]
    if len(found) != 1:
        raise StartupError(f"{len(found)} REST APIs have the name {name}: nothing or something else was deployed")
    return str(found[0])


@dataclass(frozen=True)
class Deployment:
    """Everything that gateway, runtime and pollers need."""

    functions: tuple[Function, ...]
    event_sources: tuple[EventSource, ...]
    definition: ApiDefinition
    plans_by_key: Mapping[str, UsagePlan]
    limits: Mapping[str, Limit]  # by the stage's names of methods
    api_key: str
    api_name: str  # metrics go by it, not by the id


def discover(aws: Aws, *, name: str, stage: str, code_folder: Path, layer: Path) -> Deployment:
    """Read the deployment whose API and key have this name; functions without a layer of their own get `layer`.

    Archives are unpacked below `code_folder` under the name of their hash.
    """
    api_id = api_id_of(aws, name)
    functions = aws.client("lambda").list_functions()["Functions"]
    keys = aws.client("apigateway").get_api_keys(includeValues=True)["items"]
    document = json.loads(
        aws.client("apigateway").get_export(restApiId=api_id, stageName=stage, exportType="oas30")["body"].read()
    )
    return Deployment(
        functions=tuple(_function(aws, entry, code_folder, layer) for entry in functions),
        event_sources=tuple(_event_sources(aws)),
        definition=read_definition(document, api_id=api_id, stage=stage),
        plans_by_key=_plans_by_key(aws.client("apigateway"), api_id, stage, keys),
        limits=_limits(aws.client("apigateway"), api_id, stage),
        api_key=next(key["value"] for key in keys if key["name"] == name),
        api_name=name,
    )


def _function(aws: Aws, entry: Mapping[str, Any], code_folder: Path, layer: Path) -> Function:
    answer = aws.client("lambda").get_function(FunctionName=entry["FunctionName"])
    configuration = answer["Configuration"]
    return Function(
        name=configuration["FunctionName"],
        arn=configuration["FunctionArn"],
        role=configuration["Role"],
        policy=_resource_policy(aws, entry["FunctionName"]),
        handler=configuration["Handler"],
        memory=configuration["MemorySize"],
        timeout=configuration["Timeout"],
        environment=configuration.get("Environment", {}).get("Variables", {}),
        code=_unpacked(aws.endpoint + answer["Code"]["Location"], configuration["CodeSha256"], code_folder),
        layers=tuple(_layer(aws, entry["Arn"], code_folder) for entry in configuration.get("Layers", [])) or (layer,),
        reserved_concurrency=answer.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
    )


def _resource_policy(aws: Aws, function: str) -> str:
    client = aws.client("lambda")
    try:
        return str(client.get_policy(FunctionName=function)["Policy"])
    except client.exceptions.ResourceNotFoundException:
        return '{"Statement": []}'


def _layer(aws: Aws, arn: str, code_folder: Path) -> Path:
    """The folder of a layer's version that Python looks in, /opt/python in Lambda."""
    name, version = arn.rsplit(":", 2)[1:]
    content = aws.client("lambda").get_layer_version(LayerName=name, VersionNumber=int(version))["Content"]
    return _unpacked(aws.endpoint + content["Location"], content["CodeSha256"], code_folder) / "python"


def _unpacked(url: str, sha256: str, code_folder: Path) -> Path:
    """The folder of this code; functions that share a zip share the folder, and a start without change makes none."""
    folder = code_folder / hashlib.sha256(sha256.encode()).hexdigest()[:16]
    if not folder.exists():
        with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 # nosec B310  # the door's own address
            content = answer.read()
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            archive.extractall(partial)
        partial.rename(folder)
    return folder


def _event_sources(aws: Aws) -> list[EventSource]:
    mappings = aws.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    return [
        EventSource(
            queue_arn=mapping["EventSourceArn"],
            function=mapping["FunctionArn"],
            batch_size=mapping["BatchSize"],
            maximum_concurrency=mapping.get("ScalingConfig", {}).get("MaximumConcurrency") or _DEFAULT_CONCURRENCY,
            reports_failures="ReportBatchItemFailures" in mapping.get("FunctionResponseTypes", []),
        )
        for mapping in mappings
        if mapping["State"] in ("Enabled", "Creating") and ":sqs:" in mapping["EventSourceArn"]
    ]


def _limits(client: Any, api_id: str, stage: str) -> dict[str, Limit]:
    settings = client.get_stage(restApiId=api_id, stageName=stage).get("methodSettings", {})
    return {
        name: Limit(rate=chosen["throttlingRateLimit"], burst=chosen["throttlingBurstLimit"])
        for name, chosen in settings.items()
    }


def _plans_by_key(client: Any, api_id: str, stage: str, keys: Iterable[Mapping[str, Any]]) -> dict[str, UsagePlan]:
    """The value of every key whose plan includes this stage; a key without a plan opens nothing, as on AWS."""
    values = {key["id"]: key["value"] for key in keys if key["enabled"]}
    plans = {}
    for plan in client.get_usage_plans()["items"]:
        if {"apiId": api_id, "stage": stage} not in [
            {name: found[name] for name in ("apiId", "stage")} for found in plan.get("apiStages", [])
        ]:
            continue
        for key in client.get_usage_plan_keys(usagePlanId=plan["id"])["items"]:
            if key["id"] in values:
                plans[values[key["id"]]] = _usage_plan(plan)
    return plans


def _usage_plan(plan: Mapping[str, Any]) -> UsagePlan:
    throttle, quota = plan.get("throttle", {}), plan.get("quota", {})
    return UsagePlan(
        rate=throttle.get("rateLimit"),
        burst=throttle.get("burstLimit"),
        quota=quota.get("limit"),
        period=quota.get("period", "DAY"),
    )
