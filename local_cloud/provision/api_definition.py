"""The contract with API Gateway's integrations: what is imported as the REST API's body."""

from collections.abc import Mapping
from typing import Any

METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
_NOT_ALLOWED = (
    '{"error": "MethodNotAllowed", "description": "This route has no $context.httpMethod; it has %s.", '
    '"requestId": "$context.requestId"}'
)


def with_integrations(contract: Mapping[str, Any], function_arns: Mapping[str, str], region: str) -> dict[str, Any]:
    """`function_arns` maps operationId to function; an operation nobody runs is a KeyError."""
    greedy = _greedy_parameters(contract)
    paths = {
        _deployed_path(path, greedy): _with_integrations(operations, function_arns, region)
        for path, operations in contract["paths"].items()
    }
    return {**contract, "paths": paths}


def _greedy_parameters(contract: Mapping[str, Any]) -> set[str]:
    """Parameters that span segments. OpenAPI cannot say so; API Gateway spells them `{name+}`."""
    parameters = contract.get("components", {}).get("parameters", {}).values()
    return {parameter["name"] for parameter in parameters if parameter.get("x-greedy")}


def _deployed_path(path: str, greedy: set[str]) -> str:
    for name in greedy:
        path = path.replace(f"{{{name}}}", f"{{{name}+}}")
    return path


def _with_integrations(operations: Mapping[str, Any], function_arns: Mapping[str, str], region: str) -> dict[str, Any]:
    merged = {
        method: {
            **operation,
            "x-amazon-apigateway-integration": _proxy(function_arns[operation["operationId"]], region),
        }
        if method in METHODS
        else operation
        for method, operation in operations.items()
    }
    allowed = [method.upper() for method in operations if method in METHODS]
    return {**merged, "x-amazon-apigateway-any-method": _refuse_other_methods(allowed)}


def _proxy(function_arn: str, region: str) -> dict[str, Any]:
    return {
        "type": "aws_proxy",
        "httpMethod": "POST",
        "uri": f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function_arn}/invocations",
        "passthroughBehavior": "when_no_match",
        "timeoutInMillis": 29000,
    }


def _refuse_other_methods(allowed: list[str]) -> dict[str, Any]:
    """Without it API Gateway answers 403 (or what MISSING_AUTHENTICATION_TOKEN is mapped to) to a wrong method."""
    return {
        "security": [],
        "responses": {
            "405": {"description": "This route has other methods", "headers": {"Allow": {"schema": {"type": "string"}}}}
        },
        "x-amazon-apigateway-integration": {
            "type": "mock",
            "requestTemplates": {"application/json": '{"statusCode": 405}'},
            "passthroughBehavior": "when_no_templates",
            "responses": {
                "default": {
                    "statusCode": "405",
                    "responseParameters": {"method.response.header.Allow": f"'{', '.join(allowed)}'"},
                    "responseTemplates": {"application/json": _NOT_ALLOWED % ", ".join(allowed)},
                }
            },
        },
    }
