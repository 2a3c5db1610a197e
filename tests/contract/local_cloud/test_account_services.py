"""What Terraform asks of services of the account: budgets, quotas, tags of API Gateway."""

import pytest
from botocore.exceptions import ClientError

from local_cloud.backend.corrections.quotas import tell_concurrency
from tests.contract.local_cloud.conftest import ACCOUNT, World

ARN = f"arn:aws:budgets::{ACCOUNT}:budget/monthly"
BUDGET = {
    "BudgetName": "monthly",
    "BudgetLimit": {"Amount": "50", "Unit": "USD"},
    "TimeUnit": "MONTHLY",
    "BudgetType": "COST",
}
USED_UP = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 100.0}
NOBODY = {"SubscriptionType": "EMAIL", "Address": "nobody@example.com"}
SOMEBODY = {"SubscriptionType": "EMAIL", "Address": "somebody@example.com"}


def test_a_budget_keeps_its_tags_subscribers_and_changes(world: World) -> None:
    budgets = world.aws.client("budgets")
    told = {"Notification": USED_UP, "Subscribers": [NOBODY]}
    tags = [{"Key": "project", "Value": "x"}]
    budgets.create_budget(AccountId=ACCOUNT, Budget=BUDGET, NotificationsWithSubscribers=[told], ResourceTags=tags)
    named = {"AccountId": ACCOUNT, "BudgetName": "monthly", "Notification": USED_UP}

    budgets.update_budget(AccountId=ACCOUNT, NewBudget={**BUDGET, "BudgetLimit": {"Amount": "60", "Unit": "USD"}})
    budgets.create_subscriber(**named, Subscriber=SOMEBODY)
    budgets.delete_subscriber(**named, Subscriber=NOBODY)
    budgets.tag_resource(ResourceARN=ARN, ResourceTags=[{"Key": "owner", "Value": "me"}])
    budgets.untag_resource(ResourceARN=ARN, ResourceTagKeys=["project"])

    budget = budgets.describe_budget(AccountId=ACCOUNT, BudgetName="monthly")["Budget"]
    assert budget["BudgetLimit"]["Amount"] == "60"
    assert budgets.describe_subscribers_for_notification(**named)["Subscribers"] == [SOMEBODY]
    assert budgets.list_tags_for_resource(ResourceARN=ARN)["ResourceTags"] == [{"Key": "owner", "Value": "me"}]


def test_a_budget_that_is_not_there_has_no_tags(world: World) -> None:
    with pytest.raises(ClientError, match="NotFoundException"):
        world.aws.client("budgets").list_tags_for_resource(ResourceARN=ARN)


@pytest.mark.parametrize("limit", [10, 1000])
def test_the_account_tells_how_many_functions_may_run_at_once(world: World, limit: int) -> None:
    tell_concurrency(limit)
    quotas = world.aws.client("service-quotas")
    asked = {"ServiceCode": "lambda", "QuotaCode": "L-B99A9384"}

    applied, default = quotas.get_service_quota(**asked), quotas.get_aws_default_service_quota(**asked)

    assert applied["Quota"] == default["Quota"]
    assert applied["Quota"]["Value"] == limit
    with pytest.raises(ClientError, match="NoSuchResource"):
        quotas.get_service_quota(ServiceCode="lambda", QuotaCode="L-00000000")


def test_what_api_gateway_tags_keeps_its_changed_tags(world: World) -> None:
    client = world.aws.client("apigateway")
    api = client.create_rest_api(name="faces", tags={"project": "x"})["id"]
    key = client.create_api_key(name="client")["id"]
    plan = client.create_usage_plan(name="client")["id"]
    client.create_domain_name(domainName="tags.example.com")
    paths = [f"restapis/{api}", f"apikeys/{key}", f"usageplans/{plan}", "domainnames/tags.example.com"]

    found = {}
    for path in paths:
        arn = f"arn:aws:apigateway:us-east-1::/{path}"
        client.tag_resource(resourceArn=arn, tags={"Owner": "me", "old": "1"})
        client.untag_resource(resourceArn=arn, tagKeys=["old", "project"])
        found[path] = client.get_tags(resourceArn=arn)["tags"]

    assert found == {path: {"Owner": "me"} for path in paths}
    assert client.get_rest_api(restApiId=api)["tags"] == {"Owner": "me"}
    with pytest.raises(ClientError, match="BadRequestException"):
        client.tag_resource(resourceArn="arn:aws:apigateway:us-east-1::/nothing/x", tags={"a": "b"})
    client.delete_domain_name(domainName="tags.example.com")
