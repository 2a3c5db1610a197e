"""The contract as API Gateway imports it: routes with their integrations. terraform/api_body.tf makes the same.

Schemas stay out: API Gateway knows a part of OpenAPI only, and the functions check what they get.
"""

import re
from collections.abc import Mapping
from typing import Any

METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
PREFLIGHT_FUNCTION = "info"
_NOT_ALLOWED = (
    '{"error": "MethodNotAllowed", "description": "This route has no $context.httpMethod; it has %s.", '
    '"requestId": "$context.requestId"}'
)
_KEPT = ("x-amazon-apigateway-api-key-source", "x-amazon-apigateway-binary-media-types")
_REFUSALS = "x-amazon-apigateway-gateway-responses"
_SECURITY_HEADERS = "x-security-headers"
_REFUSED_MEDIA_TYPES = "x-refused-media-types"


def api_definition(
    contract: Mapping[str, Any],
    *,
    title: str,
    function_arns: Mapping[str, str],
    functions_by_operation: Mapping[str, str],
    region: str,
    cross_origin: bool,
) -> dict[str, Any]:
    """`function_arns` maps a function's name to its ARN; an operation nobody runs is a KeyError."""
    proxies = {name: _proxy(arn, region) for name, arn in function_arns.items()}
    greedy, security = _greedy_parameters(contract), contract[_SECURITY_HEADERS]
    paths = {}
    for path, item in contract["paths"].items():
        operations = {
            method: _operation(item[method], contract, proxies[functions_by_operation[item[method]["operationId"]]])
            for method in METHODS
            if method in item
        }
        allowed = ", ".join(method.upper() for method in operations)
        if cross_origin:
            operations["options"] = _preflight(proxies[PREFLIGHT_FUNCTION])
        operations["x-amazon-apigateway-any-method"] = _refuse_other_methods(allowed, contract)
        parameters = _path_parameters(path)
        paths[_deployed_path(path, greedy)] = {
            method: {**operation, "parameters": parameters} for method, operation in operations.items()
        }
    return {
        "openapi": contract["openapi"],
        "info": {
            "title": title,
            "version": contract["info"]["version"],
            "description": "Finds people on photos by faceprint",
        },
        "components": {"securitySchemes": contract["components"]["securitySchemes"]},
        "paths": paths,
        **{name: contract[name] for name in _KEPT},
        _REFUSALS: {kind: _refusal(found, security, cross_origin) for kind, found in contract[_REFUSALS].items()},
    }


def _greedy_parameters(contract: Mapping[str, Any]) -> set[str]:
    """Parameters that span segments. OpenAPI cannot say so; API Gateway spells them `{name+}`."""
    parameters = contract["components"]["parameters"].values()
    return {parameter["name"] for parameter in parameters if parameter.get("x-greedy")}


def _deployed_path(path: str, greedy: set[str]) -> str:
    for name in greedy:
        path = path.replace(f"{{{name}}}", f"{{{name}+}}")
    return path


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", path)
    ]


def _operation(operation: Mapping[str, Any], contract: Mapping[str, Any], proxy: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "operationId": operation["operationId"],
        "security": operation.get("security", contract["security"]),
        "responses": {
            status: {"description": response["description"]}
            for status, response in operation["responses"].items()
            if status != "default"
        },
        "x-amazon-apigateway-integration": proxy,
    }


def _preflight(proxy: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "security": [],
        "responses": {"204": {"description": "What pages of other origins may do"}},
        "x-amazon-apigateway-integration": proxy,
    }


def _proxy(function_arn: str, region: str) -> dict[str, Any]:
    return {
        "type": "aws_proxy",
        "httpMethod": "POST",
        "uri": f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function_arn}/invocations",
        "passthroughBehavior": "when_no_match",
        "timeoutInMillis": 29000,
    }


def _refuse_other_methods(allowed: str, contract: Mapping[str, Any]) -> dict[str, Any]:
    """Without it API Gateway answers 403 (or what MISSING_AUTHENTICATION_TOKEN is mapped to) to a wrong method."""
    headers = {"Allow": allowed, **contract[_SECURITY_HEADERS]}
    declared = {name: {"schema": {"type": "string"}} for name in headers}
    return {
        "security": [],
        "responses": {"405": {"description": "This route has other methods", "headers": declared}},
        "x-amazon-apigateway-integration": {
            "type": "mock",
            "contentHandling": "CONVERT_TO_TEXT",
            "requestTemplates": dict.fromkeys(contract[_REFUSED_MEDIA_TYPES], '{"statusCode": 405}'),
            "passthroughBehavior": "when_no_templates",
            "responses": {
                "default": {
                    "statusCode": "405",
                    "contentHandling": "CONVERT_TO_TEXT",
                    "responseParameters": {f"method.response.header.{name}": f"'{headers[name]}'" for name in headers},
                    "responseTemplates": {"application/json": _NOT_ALLOWED % allowed},
                }
            },
        },
    }


def _refusal(response: Mapping[str, Any], security: Mapping[str, str], cross_origin: bool) -> dict[str, Any]:
    """API Gateway's own refusals hold nothing that a page of any origin might not read."""
    headers = {**security, "Access-Control-Allow-Origin": "*"} if cross_origin else security
    added = {f"gatewayresponse.header.{name}": f"'{value}'" for name, value in headers.items()}
    return {**response, "responseParameters": {**response.get("responseParameters", {}), **added}}
