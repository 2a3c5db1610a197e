"""AWS Budgets: tags, subscribers and changes, which moto does not have and Terraform asks for."""

import json
from typing import Any

from moto.budgets.exceptions import NotFoundException
from moto.budgets.models import Budget, Notification
from moto.budgets.responses import BudgetsResponse
from moto.core.utils import unix_time


def answer_what_terraform_asks() -> None:
    """UpdateBudget, UpdateNotification, subscribers and tags; nobody is mailed and nothing is counted."""
    for name, method in {
        "update_budget": _update_budget,
        "describe_subscribers_for_notification": _describe_subscribers,
        "create_subscriber": _create_subscriber,
        "delete_subscriber": _delete_subscriber,
        "list_tags_for_resource": _list_tags,
        "tag_resource": _tag,
        "untag_resource": _untag,
        "create_budget": _create_budget,
    }.items():
        setattr(BudgetsResponse, name, method)


def _create_budget(response: BudgetsResponse) -> str:
    response.backend.create_budget(
        account_id=response._get_param("AccountId"),
        budget=response._get_param("Budget"),
        notifications=response._get_param("NotificationsWithSubscribers", []),
    )
    _tags(_budget(response, response._get_param("Budget")["BudgetName"])).update(
        {tag["Key"]: tag["Value"] for tag in response._get_param("ResourceTags", [])}
    )
    return json.dumps({})


def _update_budget(response: BudgetsResponse) -> str:
    """What the request does not name keeps its value."""
    wanted = response._get_param("NewBudget")
    _budget(response, wanted["BudgetName"]).budget.update(wanted, LastUpdatedTime=unix_time())
    return json.dumps({})


def _describe_subscribers(response: BudgetsResponse) -> str:
    return json.dumps({"Subscribers": _notification(response).subscribers})


def _create_subscriber(response: BudgetsResponse) -> str:
    _subscribers(response).append(response._get_param("Subscriber"))
    return json.dumps({})


def _delete_subscriber(response: BudgetsResponse) -> str:
    _subscribers(response).remove(response._get_param("Subscriber"))
    return json.dumps({})


def _subscribers(response: BudgetsResponse) -> list[dict[str, str]]:
    subscribers: Any = _notification(response).subscribers
    found: list[dict[str, str]] = subscribers
    return found


def _list_tags(response: BudgetsResponse) -> str:
    tags = [{"Key": name, "Value": value} for name, value in _tags(_tagged(response)).items()]
    return json.dumps({"ResourceTags": tags})


def _tag(response: BudgetsResponse) -> str:
    _tags(_tagged(response)).update({tag["Key"]: tag["Value"] for tag in response._get_param("ResourceTags")})
    return json.dumps({})


def _untag(response: BudgetsResponse) -> str:
    for name in response._get_param("ResourceTagKeys"):
        _tags(_tagged(response)).pop(name, None)
    return json.dumps({})


def _tagged(response: BudgetsResponse) -> Budget:
    """arn:aws:budgets::ACCOUNT:budget/NAME."""
    return _budget(response, response._get_param("ResourceARN").partition("/")[2])


def _tags(budget: Budget) -> dict[str, str]:
    found: dict[str, str] = budget.__dict__.setdefault("local_tags", {})
    return found


def _budget(response: BudgetsResponse, name: str) -> Budget:
    budgets = response.backend.budgets[response.current_account]
    if name not in budgets:
        raise NotFoundException(f"Unable to get budget: {name} - the budget doesn't exist.")
    return budgets[name]


def _notification(response: BudgetsResponse) -> Notification:
    wanted = response._get_param("Notification")
    for found in _budget(response, response._get_param("BudgetName")).notifications:
        if all(found.details.get(name) == value for name, value in wanted.items() if name != "NotificationState"):
            return found
    raise NotFoundException("Unable to find the notification.")
