"""The REST API: definition, stage, key and usage plan."""

import json
import secrets
from collections.abc import Mapping
from math import ceil
from typing import Any

from local_cloud.aws import Aws
from local_cloud.settings import Settings


def ensure_api(aws: Aws, name: str, definition: Mapping[str, Any], settings: Settings) -> str:
    """Deploy `definition` to the stage and return the API's id; the key is made once and kept."""
    client = aws.client("apigateway")
    body = json.dumps(definition).encode()
    found = [api["id"] for api in client.get_rest_apis()["items"] if api["name"] == name]
    api_id = found[0] if found else client.create_rest_api(name=name)["id"]
    client.put_rest_api(restApiId=api_id, mode="overwrite", body=body)
    client.create_deployment(restApiId=api_id, stageName=settings.stage)
    _limit_methods(client, api_id, definition, settings)
    _ensure_plan(client, name, api_id, _ensure_key(client, name), settings)
    return str(api_id)


def _limit_methods(client: Any, api_id: str, definition: Mapping[str, Any], settings: Settings) -> None:
    """Each route has the key's limits, those without a key less: their function shares the account's concurrency."""
    limits = {"*/*": (settings.throttle_rate_limit, settings.throttle_burst_limit)} | {
        f"{path.lstrip('/').replace('/', '~1')}/{method.upper()}": (
            settings.keyless_rate_limit,
            ceil(settings.keyless_rate_limit),
        )
        for path, operations in definition["paths"].items()
        for method, operation in operations.items()
        if "operationId" in operation and not operation["security"]
    }
    client.update_stage(
        restApiId=api_id,
        stageName=settings.stage,
        patchOperations=[
            {"op": "replace", "path": f"/{name}/throttling/{kind}", "value": str(value)}
            for name, limit in limits.items()
            for kind, value in zip(("rateLimit", "burstLimit"), limit, strict=True)
        ],
    )


def _ensure_key(client: Any, name: str) -> str:
    """Returns its id."""
    for key in client.get_api_keys()["items"]:
        if key["name"] == name:
            return str(key["id"])
    return str(client.create_api_key(name=name, enabled=True, value=secrets.token_urlsafe(30))["id"])


def _ensure_plan(client: Any, name: str, api_id: str, key_id: str, settings: Settings) -> None:
    """Made anew at every start: moto cannot update one, and nothing refers to it."""
    for plan in client.get_usage_plans()["items"]:
        if plan["name"] == name:
            for key in client.get_usage_plan_keys(usagePlanId=plan["id"])["items"]:
                client.delete_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"])
            client.delete_usage_plan(usagePlanId=plan["id"])
    plan = client.create_usage_plan(
        name=name,
        apiStages=[{"apiId": api_id, "stage": settings.stage}],
        throttle={"rateLimit": settings.throttle_rate_limit, "burstLimit": settings.throttle_burst_limit},
        quota={"limit": settings.quota_limit, "period": settings.quota_period},
    )
    client.create_usage_plan_key(usagePlanId=plan["id"], keyId=key_id, keyType="API_KEY")
