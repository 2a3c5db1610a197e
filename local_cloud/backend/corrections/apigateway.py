"""API Gateway: the imported OpenAPI definition is the API; moto keeps only routes and integrations of it."""

import json
from typing import Any
from urllib.parse import unquote

from moto.apigateway.exceptions import BadRequestException
from moto.apigateway.models import Account, APIGatewayBackend
from moto.apigateway.responses import APIGatewayResponse

from local_cloud.backend.corrections.replacing import wrap


def keep_deployed_definition() -> None:
    """GetExport of a stage answers the OpenAPI definition that its deployment froze, integrations included.

    moto forgets security, gateway responses and binary types on import and exports an empty Swagger file.
    """

    def put_rest_api(
        original: Any, backend: APIGatewayBackend, function_id: str, api_doc: Any, *args: Any, **kw: Any
    ) -> Any:
        api = original(backend, function_id, _methods_only(api_doc), *args, **kw)
        api.local_definition = api_doc
        return api

    def create_deployment(original: Any, backend: APIGatewayBackend, function_id: str, *args: Any, **kw: Any) -> Any:
        deployment = original(backend, function_id, *args, **kw)
        api = backend.get_rest_api(function_id)
        deployment.local_definition = getattr(api, "local_definition", None)
        return deployment

    def get_export(original: Any, response: APIGatewayResponse) -> Any:
        _, _, api_id, _, stage_name, _, export_type = response.path.split("/")
        api = response.backend.get_rest_api(api_id)
        stage = api.stages.get(stage_name)
        deployment = api.deployments.get(stage.deployment_id or "") if stage else None
        definition = getattr(deployment, "local_definition", None)
        if definition is None or export_type != "oas30":
            return original(response)
        return 200, {"Content-Type": "application/json"}, json.dumps(definition)

    wrap(APIGatewayBackend, "put_rest_api", put_rest_api)
    wrap(APIGatewayBackend, "create_deployment", create_deployment)
    wrap(APIGatewayResponse, "get_export", get_export)


def _methods_only(definition: dict[str, Any]) -> dict[str, Any]:
    """moto takes whatever stands in a path item for a method, and does not know the one that means any."""
    paths = {
        path: {
            method.replace("x-amazon-apigateway-any-method", "any"): operation
            for method, operation in item.items()
            if isinstance(operation, dict)
        }
        for path, item in definition["paths"].items()
    }
    return {**definition, "paths": paths}


def accept_mock_integration_without_uri() -> None:
    """A MOCK integration has neither a uri nor an HTTP method; moto answers 500 to such a definition."""

    def put_integration(original: Any, backend: APIGatewayBackend, *args: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("uri", "")
        kwargs.setdefault("integration_method", "POST")
        return original(backend, *args, **kwargs)

    wrap(APIGatewayBackend, "put_integration", put_integration)


def forget_logging_role() -> None:
    """UpdateAccount may remove the role for logs, by a patch without a value; moto answers 500 to that."""

    def apply_patch_operations(original: Any, account: Account, patch_operations: list[dict[str, Any]]) -> Any:
        return original(account, [{"value": "", **operation} for operation in patch_operations])

    wrap(Account, "apply_patch_operations", apply_patch_operations)


def begin_domains_without_mappings() -> None:
    """A new domain name has no base path mappings; moto fails to list none, and keeps those of a deleted domain."""

    def create_domain_name(original: Any, backend: APIGatewayBackend, domain_name: str, *args: Any, **kw: Any) -> Any:
        domain = original(backend, domain_name, *args, **kw)
        backend.base_path_mappings[domain_name] = {}
        return domain

    wrap(APIGatewayBackend, "create_domain_name", create_domain_name)


def decode_domain_names() -> None:
    """SDKs encode the `*` of a wildcard domain in the path; moto looks for it as it came."""

    def decoded(original: Any, backend: APIGatewayBackend, domain_name: str, *args: Any, **kw: Any) -> Any:
        return original(backend, unquote(domain_name), *args, **kw)

    for name in ("get_domain_name", "delete_domain_name", "get_base_path_mappings", "create_base_path_mapping"):
        wrap(APIGatewayBackend, name, decoded)
    for name in ("get_base_path_mapping", "delete_base_path_mapping", "update_base_path_mapping"):
        wrap(APIGatewayBackend, name, decoded)


def tag_everything_that_has_tags() -> None:
    """APIs, keys, usage plans and domains have tags as stages do; moto takes every tagged ARN for a stage's."""

    def get_tags(_: Any, response: APIGatewayResponse) -> str:
        return json.dumps({"tags": _tagged(response).tags or {}})

    def tag_resource(_: Any, response: APIGatewayResponse) -> Any:
        resource = _tagged(response)
        resource.tags = {**(resource.tags or {}), **(response._get_param("tags") or {})}
        return 204, {"status": 204}, ""

    def untag_resource(_: Any, response: APIGatewayResponse) -> Any:
        resource, names = _tagged(response), response.querystring.get("tagKeys") or []
        resource.tags = {name: value for name, value in (resource.tags or {}).items() if name not in names}
        return 204, {"status": 204}, ""

    for operation in (get_tags, tag_resource, untag_resource):
        wrap(APIGatewayResponse, operation.__name__, operation)


def _tagged(response: APIGatewayResponse) -> Any:
    """The resource of the request's ARN, `arn:aws:apigateway:us-east-1::/restapis/{id}/stages/{name}` for example."""
    backend: APIGatewayBackend = response.backend
    arn = unquote(response.path.split("/tags/", 1)[1])
    match arn.partition("::/")[2].split("/"):
        case ["restapis", api_id, "stages", stage_name]:
            return backend.get_stage(api_id, stage_name)
        case ["restapis", api_id]:
            return backend.get_rest_api(api_id)
        case ["apikeys", key_id]:
            return backend.get_api_key(key_id)
        case ["usageplans", plan_id]:
            return backend.get_usage_plan(plan_id)
        case ["domainnames", name]:
            return backend.get_domain_name(name)
    raise BadRequestException(f"Invalid ARN specified in the request: {arn}")


def refuse_logs_without_a_role() -> None:
    """A stage may log only where the account names a role for it; moto never asks."""

    def update_stage(
        original: Any, backend: APIGatewayBackend, function_id: str, stage_name: str, patch_operations: Any
    ) -> Any:
        if any(_logs(operation) for operation in patch_operations) and not backend.account.cloudwatch_role_arn:
            raise BadRequestException("CloudWatch Logs role ARN must be set in account settings to enable logging")
        return original(backend, function_id, stage_name, patch_operations)

    wrap(APIGatewayBackend, "update_stage", update_stage)


def _logs(operation: dict[str, Any]) -> bool:
    """Whether the patch turns a log on: the access log, or the execution log of methods."""
    path, value = operation["path"], str(operation.get("value", ""))
    if operation["op"] == "remove":
        return False
    return path.startswith("/accessLogSettings/") or (path.endswith("/logging/loglevel") and value != "OFF")
