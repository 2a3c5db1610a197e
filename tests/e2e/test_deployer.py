"""The rights of docs/deploy.md's deployer: with them alone Terraform applies, plans and destroys, and none is idle."""

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from local_cloud.provision.terraform import Terraform, variables_of
from local_cloud.settings import Settings
from local_world import LocalCloud, start_cloud
from terraform_world import ROOT

pytestmark = pytest.mark.e2e

POLICY = ROOT / "terraform" / "deployer-policy.json"
ROLE = "arn:aws:iam::123456789012:role/deployer"
ON_CHANGE = "for a change that this test does not make"
TAGS = "AWS asks for it where something is created with tags; here creation alone is asked"
# Statements for inputs that this test leaves out, and for a question whose refusal is a warning.
OF_OTHER_INPUTS = ("QuotaOfFunctions", "TopicOfAlarmEmail", "MonthlyBudget")
# Rights that nothing asks for here, and why they are in the policy.
UNSEEN = {
    "acm:AddTagsToCertificate": TAGS,
    "cloudwatch:TagResource": TAGS,
    "dynamodb:TagResource": TAGS,
    "iam:TagRole": TAGS,
    "lambda:TagResource": TAGS,
    "logs:TagResource": TAGS,
    "rekognition:TagResource": TAGS,
    "sqs:TagQueue": TAGS,
    "acm:RemoveTagsFromCertificate": ON_CHANGE,
    "cloudwatch:UntagResource": ON_CHANGE,
    "dynamodb:UntagResource": ON_CHANGE,
    "iam:UntagRole": ON_CHANGE,
    "iam:UpdateAssumeRolePolicy": ON_CHANGE,
    "iam:UpdateRoleDescription": ON_CHANGE,
    "lambda:UntagResource": ON_CHANGE,
    "lambda:UpdateEventSourceMapping": ON_CHANGE,
    "logs:UntagResource": ON_CHANGE,
    "rekognition:UntagResource": ON_CHANGE,
    "sqs:SetQueueAttributes": ON_CHANGE,
    "sqs:UntagQueue": ON_CHANGE,
    "iam:CreateServiceLinkedRole": "API Gateway makes a role of its own with an account's first custom domain",
    "s3:DeleteObject": "for markers of deleted photos, of which there are none here",
}


@pytest.fixture
def cloud(terraform: None, tmp_path: Path) -> Any:
    running = start_cloud(tmp_path / "data")
    yield running
    running.stop()


def deployer(cloud: LocalCloud) -> dict[str, str]:
    """Credentials of a role that may do what the policy says and nothing else."""
    iam, trust = cloud.client("iam"), {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=document)
    iam.put_role_policy(RoleName="deployer", PolicyName="deploy", PolicyDocument=rights())
    keys = cloud.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="terraform")["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        "AWS_SESSION_TOKEN": keys["SessionToken"],
    }


class TerraformAs(Terraform):
    """Terraform with somebody's credentials."""

    def __init__(self, credentials: dict[str, str], folder: Path, endpoint: str, variables: dict[str, str]) -> None:
        super().__init__(folder, aws_endpoint=endpoint, variables=variables, region="us-east-1")
        self._environment |= credentials


def test_terraform_needs_the_rights_of_the_policy_and_no_others(cloud: LocalCloud, tmp_path: Path) -> None:
    """Made, then changed in code and settings, then destroyed with a photo in the bucket."""
    cloud.client("route53").create_hosted_zone(Name="example.com", CallerReference="test")
    settings = Settings(shared_resource_identifier="second", cors_allowed_origins="https://photos.example.com")
    domain = {"aws_apigateway_create_custom_domain": "true", "aws_apigateway_root_domain": "example.com"}
    credentials, endpoint = deployer(cloud), cloud.addresses["awsEndpoint"]
    inputs = variables_of(settings) | domain

    first = TerraformAs(credentials, tmp_path / "tf", endpoint, inputs | {"force_destroy": "false"})
    first.apply()
    cloud.client("s3").put_object(Bucket="second-123456789012", Key="a.jpg", Body=b"")
    second = TerraformAs(credentials, tmp_path / "tf", endpoint, inputs | {"debug_mode": "true"})
    source = second.folder.parent / "lambdas/faceprint/handlers/info.py"
    source.write_text(source.read_text() + "# changed\n")
    second.apply()
    second.destroy()

    used = {call["action"] for call in calls(cloud) if call["role"] == ROLE}
    statements = [each for each in json.loads(rights())["Statement"] if each["Sid"] not in OF_OTHER_INPUTS]
    allowed = {action for statement in statements for action in statement["Action"]}
    assert second.resources() == []
    assert sorted(allowed - used - UNSEEN.keys()) == []
    assert sorted(UNSEEN.keys() & used) == []


def rights() -> str:
    """The policy as a person with another identifier writes it."""
    return POLICY.read_text().replace("role/rekognition_*", "role/second_*")


def calls(cloud: LocalCloud) -> list[dict[str, Any]]:
    return requests.get(f"{cloud.addresses['awsEndpoint']}/_local/calls", timeout=10).json()
