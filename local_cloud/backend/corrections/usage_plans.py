"""Usage plans of API Gateway: what AWS refuses, and numbers that stay numbers."""

import copy
from typing import Any

from moto.apigateway.exceptions import BadRequestException
from moto.apigateway.models import APIGatewayBackend, UsagePlan

from local_cloud.backend.corrections.replacing import wrap

# The greatest offset of each period, and how the provider and AWS say it.
_LAST_OFFSET = {"DAY": 0, "WEEK": 6, "MONTH": 27}
_BOUNDS = {"DAY": "zero", "WEEK": "between zero and six inclusive", "MONTH": "between zero and 27 inclusive"}


def refuse_offsets_beyond_the_period() -> None:
    """A quota's offset is bounded by its period, when a plan is made and when it is changed; moto takes any."""

    def create_usage_plan(original: Any, backend: APIGatewayBackend, payload: dict[str, Any]) -> Any:
        _check_quota(payload.get("quota") or {})
        return original(backend, payload)

    def apply_patch_operations(original: Any, plan: UsagePlan, patch_operations: list[dict[str, Any]]) -> None:
        changed = copy.deepcopy(plan)
        original(changed, [{**operation, **_whole(operation)} for operation in patch_operations])
        _make_numbers(changed, patch_operations)
        _check_quota(changed.quota)
        plan.__dict__.update(changed.__dict__)

    wrap(APIGatewayBackend, "create_usage_plan", create_usage_plan)
    wrap(UsagePlan, "apply_patch_operations", apply_patch_operations)


def _whole(operation: dict[str, Any]) -> dict[str, Any]:
    """A rate may be a fraction, which moto cannot read."""
    return {"value": "0"} if operation["path"] == "/throttle/rateLimit" else {}


def _make_numbers(plan: UsagePlan, patch_operations: list[dict[str, Any]]) -> None:
    """Patches are texts, and moto keeps a quota's as such."""
    for operation in patch_operations:
        if operation["path"] == "/throttle/rateLimit":
            plan.throttle["rateLimit"] = float(operation["value"])
    plan.quota.update({name: int(plan.quota[name]) for name in ("limit", "offset") if name in plan.quota})


def _check_quota(quota: dict[str, Any]) -> None:
    period, offset = quota.get("period", "DAY"), int(quota.get("offset") or 0)
    if not 0 <= offset <= _LAST_OFFSET.get(period, 0):
        raise BadRequestException(f"Usage Plan quota offset must be {_BOUNDS[period]} in the {period} period")
