"""Service Quotas: how many functions may run at once, which Terraform asks before it deploys."""

import json
from typing import Any

from moto.servicequotas.models import ServiceQuotasBackend
from moto.servicequotas.responses import ServiceQuotasResponse

from local_cloud.backend.corrections.replacing import wrap

_concurrency = {"limit": 1000}  # AWS's default; a new account may have 10


def tell_concurrency(limit: int) -> None:
    """What the account's functions are held to."""
    _concurrency["limit"] = limit


def answer_the_concurrency_of_functions() -> None:
    """GetServiceQuota and GetAWSDefaultServiceQuota of Lambda's concurrent executions; moto knows VPC's alone."""

    def get_service_quota(
        original: Any, backend: ServiceQuotasBackend, service_code: str, quota_code: str
    ) -> dict[str, Any]:
        if (service_code, quota_code) != ("lambda", "L-B99A9384"):
            found: dict[str, Any] = original(backend, service_code, quota_code)
            return found
        return {
            "ServiceCode": "lambda",
            "ServiceName": "AWS Lambda",
            "QuotaArn": f"arn:aws:servicequotas:{backend.region_name}:{backend.account_id}:lambda/L-B99A9384",
            "QuotaCode": "L-B99A9384",
            "QuotaName": "Concurrent executions",
            "Value": float(_concurrency["limit"]),
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": False,
        }

    wrap(ServiceQuotasBackend, "get_service_quota", get_service_quota)
    ServiceQuotasResponse.get_aws_default_service_quota = _default  # type: ignore[attr-defined]  # moto dispatches by name


def _default(response: ServiceQuotasResponse) -> str:
    asked = json.loads(response.body)
    quota = response.backend.get_service_quota(service_code=asked["ServiceCode"], quota_code=asked["QuotaCode"])
    return json.dumps({"Quota": quota})
