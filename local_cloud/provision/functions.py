"""Roles, functions and the event source mapping."""

import contextlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local_cloud.aws import Aws
from local_cloud.blueprint import Blueprint, FunctionPlan, Names, policy_of, resource_arns

_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def ensure_functions(
    aws: Aws, names: Names, blueprint: Blueprint, facts: Mapping[str, str], code: Path, queue_arn: str
) -> dict[str, str]:
    """Bring every function up to date with `code` (a zip); returns function name → ARN."""
    client, zipped = aws.client("lambda"), code.read_bytes()
    existing = {function["FunctionName"] for function in client.list_functions()["Functions"]}
    arns = {}
    for plan in blueprint.functions:
        name = names.function(plan.name)
        role = _ensure_role(aws.client("iam"), name, policy_of(plan, resource_arns(names, aws.region, name)))
        configuration = _configuration(plan, role, blueprint, facts)
        if name in existing:
            client.update_function_code(FunctionName=name, ZipFile=zipped)
            answer = client.update_function_configuration(FunctionName=name, **configuration)
        else:
            answer = client.create_function(FunctionName=name, Code={"ZipFile": zipped}, **configuration)
        arns[plan.name] = answer["FunctionArn"]
        if plan.batch_size is not None:
            _ensure_mapping(client, plan, name, queue_arn)
    return arns


def _configuration(plan: FunctionPlan, role: str, blueprint: Blueprint, facts: Mapping[str, str]) -> dict[str, Any]:
    return {
        "Handler": plan.handler,
        "Description": plan.description,
        "Runtime": f"python{sys.version_info.major}.{sys.version_info.minor}",
        "Role": role,
        "MemorySize": plan.memory,
        "Timeout": plan.timeout,
        "Environment": {"Variables": blueprint.environment_of(plan, facts)},
    }


def _ensure_role(iam: Any, name: str, policy: Mapping[str, Any]) -> str:
    try:
        role = iam.get_role(RoleName=name)["Role"]
    except iam.exceptions.NoSuchEntityException:
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(_TRUST))["Role"]
    iam.put_role_policy(RoleName=name, PolicyName="permissions", PolicyDocument=json.dumps(policy))
    arn: str = role["Arn"]
    return arn


def _ensure_mapping(client: Any, plan: FunctionPlan, function: str, queue_arn: str) -> None:
    settings = {
        "BatchSize": plan.batch_size,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "ScalingConfig": {"MaximumConcurrency": plan.maximum_concurrency},
    }
    found = client.list_event_source_mappings(EventSourceArn=queue_arn, FunctionName=function)["EventSourceMappings"]
    if found:
        client.update_event_source_mapping(UUID=found[0]["UUID"], FunctionName=function, **settings)
    else:
        client.create_event_source_mapping(EventSourceArn=queue_arn, FunctionName=function, **settings)


def let_api_invoke(aws: Aws, function: str, source: str) -> None:
    """API Gateway may invoke the function for `source`, the ARN of a stage's methods."""
    client = aws.client("lambda")
    with contextlib.suppress(client.exceptions.ResourceNotFoundException):
        client.remove_permission(FunctionName=function, StatementId="api")
    client.add_permission(
        FunctionName=function,
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=source,
    )
