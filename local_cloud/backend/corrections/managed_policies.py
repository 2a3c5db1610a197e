"""IAM: the policies that AWS manages, arn:aws:iam::aws:policy/…, can be attached, read and listed.

moto has the documents of all of them, and loads none or all: 1,500 in each snapshot. Here they are parsed when somebody
asks for the first, which takes 0.1 s, and only those that are attached become a part of the state.
"""

import json
from functools import cache
from hashlib import sha256
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend

from local_cloud.backend.corrections.replacing import wrap

_OF_AWS = "arn:aws:iam::aws:policy/"
_BY_ARN = (
    *("attach_role_policy", "attach_group_policy", "attach_user_policy"),
    *("get_policy", "get_policy_version", "list_policy_versions"),
)


def know_the_policies_of_aws() -> None:
    """Safe to repeat."""

    def by_arn(original: Any, backend: IAMBackend, policy_arn: str, *args: Any, **kwargs: Any) -> Any:
        known = backend.managed_policies
        policy = _policy(backend, policy_arn) if policy_arn not in known else None
        if policy is None:
            return original(backend, policy_arn, *args, **kwargs)
        known[policy_arn] = policy
        try:
            return original(backend, policy_arn, *args, **kwargs)
        finally:
            if not policy.attachment_count:
                del known[policy_arn]

    def list_policies(original: Any, backend: IAMBackend, *args: Any, **kwargs: Any) -> Any:
        known = backend.managed_policies
        backend.managed_policies = {**_unattached(backend.account_id, backend.region_name), **known}
        try:
            return original(backend, *args, **kwargs)
        finally:
            backend.managed_policies = known

    for name in _BY_ARN:
        wrap(IAMBackend, name, by_arn)
    wrap(IAMBackend, "list_policies", list_policies)


@cache
def _documents() -> dict[str, tuple[str, dict[str, Any]]]:
    """Name and description, by ARN."""
    described = json.loads(aws_managed_policies_data)
    return {f"{_OF_AWS.rstrip('/')}{each['Path']}{name}": (name, each) for name, each in described.items()}


@cache
def _unattached(account: str, region: str) -> dict[str, AWSManagedPolicy]:
    """All of them, for lists alone."""
    return {arn: _made(arn, account, region) for arn in _documents()}


def _policy(backend: IAMBackend, arn: str) -> AWSManagedPolicy | None:
    is_known = arn.startswith(_OF_AWS) and arn in _documents()
    return _made(arn, backend.account_id, backend.region_name) if is_known else None


def _made(arn: str, account: str, region: str) -> AWSManagedPolicy:
    """With the same id every time."""
    name, described = _documents()[arn]
    policy = AWSManagedPolicy.from_data(name, account, region, described)
    policy.id = f"ANPA{sha256(arn.encode()).hexdigest()[:17].upper()}"
    return policy
