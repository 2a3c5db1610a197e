"""Lets a role's requests through that its policies allow, refuses the others, and remembers both."""

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from local_cloud.iam.conditions import Context
from local_cloud.iam.policy import Decision, decide
from local_cloud.iam.requests import Need
from local_cloud.iam.roles import Credentials, Roles


class AccessDeniedError(PermissionError):
    """The message is AWS's."""

    def __init__(self, message: str, action: str) -> None:
        super().__init__(message)
        self.action = action


@dataclass(frozen=True)
class Call:
    """What a role asked for; of objects the bucket alone, since there are many."""

    role: str
    action: str
    resource: str
    allowed: bool


class Gate:
    """Whoever is no role (a developer, Terraform, the engine) may do everything, and never comes here."""

    def __init__(self, roles: Roles) -> None:
        self._roles = roles
        self._calls: Counter[Call] = Counter()
        self._lock = threading.Lock()

    def check(self, caller: Credentials, needs: Sequence[Need], context: Context) -> None:
        """Raises AccessDeniedError with the first need that is not allowed."""
        policies = self._roles.policies(caller.role)
        own = {**context, "aws:principalarn": caller.role, "aws:securetransport": "true"}
        for need in needs:
            decision = decide(policies, need.action, need.resource, {**own, **need.context})
            self._remember(caller, need, decision is Decision.ALLOWED)
            if decision is not Decision.ALLOWED:
                why = decision.value.format(action=need.action)
                on = f" on resource: {need.resource}" if need.resource != "*" else ""
                raise AccessDeniedError(
                    f"User: {caller.principal} is not authorized to perform: {need.action}{on} {why}", need.action
                )

    def calls(self) -> list[dict[str, object]]:
        """Everything asked for since the start, with counts."""
        with self._lock:
            return [
                {
                    "role": call.role,
                    "action": call.action,
                    "resource": call.resource,
                    "allowed": call.allowed,
                    "count": count,
                }
                for call, count in self._calls.items()
            ]

    def _remember(self, caller: Credentials, need: Need, allowed: bool) -> None:
        bucket, slash, _ = need.resource.partition("/")
        resource = f"{bucket}/*" if slash and need.resource.startswith("arn:aws:s3:::") else need.resource
        with self._lock:
            self._calls[Call(caller.role, need.action, resource, allowed)] += 1
