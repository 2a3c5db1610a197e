"""Lets a role's requests through that its policies allow, refuses the others, and remembers both."""

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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
        # The hundred items of a transaction need the same few things.
        for (action, resource, asked), count in Counter(map(_question, needs)).items():
            decision = decide(policies, action, resource, {**own, **dict(asked)})
            self._remember(caller, action, resource, count, allowed=decision is Decision.ALLOWED)
            if decision is not Decision.ALLOWED:
                why = decision.value.format(action=action)
                on = f" on resource: {resource}" if resource != "*" else ""
                message = f"User: {caller.principal} is not authorized to perform: {action}{on} {why}"
                raise AccessDeniedError(message, action)

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

    def _remember(self, caller: Credentials, action: str, resource: str, count: int, *, allowed: bool) -> None:
        bucket, slash, _ = resource.partition("/")
        if slash and resource.startswith("arn:aws:s3:::"):
            resource = f"{bucket}/*"
        with self._lock:
            self._calls[Call(caller.role, action, resource, allowed)] += count


def _question(need: Need) -> tuple[str, str, tuple[tuple[str, Any], ...]]:
    return need.action, need.resource, tuple(need.context.items())
