"""Whether policies allow an action: an explicit Deny wins, then an Allow, and what nobody allows is denied."""

import json
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from functools import lru_cache
from typing import Any

from local_cloud.iam.conditions import Context, holds, matches


class Decision(Enum):
    """AWS tells in its refusal which of the last two it was."""

    ALLOWED = "allowed"
    EXPLICITLY_DENIED = "with an explicit deny in an identity-based policy"
    NOT_ALLOWED = "because no identity-based policy allows the {action} action"


def decide(policies: Iterable[str], action: str, resource: str, context: Context) -> Decision:
    """`policies` are JSON documents; `action` is "service:Operation", `resource` an ARN or "*"."""
    applying = [
        statement["Effect"]
        for policy in policies
        for statement in _statements(policy)
        if _applies(statement, action, resource, context)
    ]
    if "Deny" in applying:
        return Decision.EXPLICITLY_DENIED
    return Decision.ALLOWED if "Allow" in applying else Decision.NOT_ALLOWED


@lru_cache(maxsize=256)
def granted_to(policy: str, service: str, *, as_anybody: bool = False) -> str:
    """Of a resource's policy (or a role's trust policy), what it grants to an AWS service, to be given to `decide`.

    `as_anybody`: with what it grants to everybody.
    """
    meant = {service, "*"} if as_anybody else {service}
    named = [statement for statement in _statements(policy) if meant & set(_services(statement.get("Principal", {})))]
    return json.dumps({"Statement": [{"Resource": "*", **statement} for statement in named]})


def _services(principal: Any) -> list[Any]:
    if not isinstance(principal, dict):
        return _listed(principal)
    return _listed(principal.get("Service", [])) + _listed(principal.get("AWS", []))


@lru_cache(maxsize=256)
def _statements(policy: str) -> list[Mapping[str, Any]]:
    """By the document's text: a changed policy is another text, so nothing is ever stale."""
    return _listed(json.loads(policy).get("Statement", []))


def _applies(statement: Mapping[str, Any], action: str, resource: str, context: Context) -> bool:
    return (
        _names(statement, "Action", lambda pattern: matches(pattern.lower(), action.lower(), {}))
        and _names(statement, "Resource", lambda pattern: matches(pattern, resource, context))
        and holds(statement.get("Condition", {}), context)
    )


def _names(statement: Mapping[str, Any], element: str, covers: Callable[[str], bool]) -> bool:
    """Whether one pattern of the element covers, or none of its opposite, NotAction and NotResource."""
    if element in statement:
        return any(map(covers, _listed(statement[element])))
    return not any(map(covers, _listed(statement[f"Not{element}"])))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
