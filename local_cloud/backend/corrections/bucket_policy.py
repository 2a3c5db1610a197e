"""A bucket policy's Condition decides whether a statement applies at all.

moto ignores conditions, so the usual `Deny s3:* if aws:SecureTransport is false` denies every request.
"""

import json
from typing import Any

from moto.s3.models import FakeBucket

from local_cloud.backend.corrections.replacing import wrap
from local_cloud.iam.conditions import holds

# The local endpoints speak plain HTTP on the loopback interface. AWS's clients speak TLS, and a policy that
# insists on it must hold here as it does there, so requests count as secure.
REQUEST_CONTEXT = {"aws:securetransport": "true"}


def evaluate_conditions() -> None:
    """Drop statements whose Condition does not hold before moto looks at the policy."""

    def get_permission(original: Any, bucket: FakeBucket, action: str, resource: str) -> Any:
        if bucket.policy is None:
            return original(bucket, action, resource)
        stored = bucket.policy
        bucket.policy = applicable_policy(stored, REQUEST_CONTEXT)
        try:
            return original(bucket, action, resource)
        finally:
            bucket.policy = stored

    wrap(FakeBucket, "get_permission", get_permission)


def applicable_policy(policy: bytes, context: dict[str, str]) -> bytes:
    """The policy reduced to statements that apply to `context`, without their Condition."""
    document = json.loads(policy)
    statements = document.get("Statement", [])
    statements = statements if isinstance(statements, list) else [statements]
    document["Statement"] = [
        {name: value for name, value in statement.items() if name != "Condition"}
        for statement in statements
        if holds(statement.get("Condition", {}), context)
    ]
    return json.dumps(document).encode()
