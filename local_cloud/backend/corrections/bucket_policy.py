"""A bucket policy's Condition decides whether a statement applies at all.

moto ignores conditions, so the usual `Deny s3:* if aws:SecureTransport is false` denies every request.
"""

import json
from fnmatch import fnmatchcase
from typing import Any

from moto.s3.models import FakeBucket

from local_cloud.backend.corrections.replacing import wrap

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


def holds(condition: dict[str, dict[str, Any]], context: dict[str, str]) -> bool:
    """Whether every operator holds for every key; the values of one key are alternatives."""
    return all(
        _operator_holds(operator, key.lower(), values if isinstance(values, list) else [values], context)
        for operator, keys in condition.items()
        for key, values in keys.items()
    )


def _operator_holds(operator: str, key: str, values: list[Any], context: dict[str, str]) -> bool:
    name, if_exists = operator.removesuffix("IfExists"), operator.endswith("IfExists")
    actual = context.get(key)
    wanted = [str(value).lower() if isinstance(value, bool) else str(value) for value in values]
    if name == "Null":
        return (actual is None) == (wanted == ["true"])
    if actual is None:
        return if_exists or "Not" in name
    if name in ("Bool", "StringEquals", "ArnEquals"):
        return actual in wanted
    if name in ("StringNotEquals", "ArnNotEquals"):
        return actual not in wanted
    if name in ("StringLike", "ArnLike"):
        return any(fnmatchcase(actual, pattern) for pattern in wanted)
    if name in ("StringNotLike", "ArnNotLike"):
        return not any(fnmatchcase(actual, pattern) for pattern in wanted)
    return False  # an operator we cannot evaluate makes its statement inapplicable
