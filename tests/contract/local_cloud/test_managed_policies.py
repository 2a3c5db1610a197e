"""Policies that AWS manages can be attached to roles of the local cloud, and decide what these may do."""

import json

import pytest
from botocore.exceptions import ClientError

from local_cloud.backend.moto_state import backends_of
from local_cloud.iam.gate import AccessDeniedError
from local_cloud.iam.requests import Need
from tests.contract.local_cloud.conftest import ACCOUNT, REGION, World

OF_AWS = "arn:aws:iam::aws:policy"
COLLECTION = f"arn:aws:rekognition:{REGION}:{ACCOUNT}:collection/faces"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@pytest.fixture
def role(world: World) -> str:
    arn: str = world.aws.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"][
        "Arn"
    ]
    return arn


def may(world: World, role: str, action: str, resource: str = COLLECTION) -> bool:
    try:
        world.gate.check(world.roles.assume(role, "s"), [Need(action, resource)], {})
    except AccessDeniedError:
        return False
    return True


@pytest.mark.parametrize(
    ("policy", "allowed", "refused"),
    [
        ("AmazonRekognitionFullAccess", "rekognition:IndexFaces", "s3:GetObject"),
        ("AmazonRekognitionReadOnlyAccess", "rekognition:SearchFacesByImage", "rekognition:IndexFaces"),
        ("service-role/AmazonRekognitionServiceRole", None, "rekognition:SearchFaces"),
        ("AmazonS3FullAccess", "s3:DeleteObject", "dynamodb:GetItem"),
        ("AmazonS3ReadOnlyAccess", "s3:GetObject", "s3:PutObject"),
        ("AmazonDynamoDBFullAccess", "dynamodb:PutItem", "s3:GetObject"),
        ("AmazonDynamoDBReadOnlyAccess", "dynamodb:Query", "dynamodb:PutItem"),
        ("AmazonSQSFullAccess", "sqs:SendMessage", "s3:GetObject"),
        ("CloudWatchLogsFullAccess", "logs:PutLogEvents", "s3:GetObject"),
        ("service-role/AWSLambdaBasicExecutionRole", "logs:PutLogEvents", "logs:DeleteLogGroup"),
        ("service-role/AWSLambdaSQSQueueExecutionRole", "sqs:ReceiveMessage", "sqs:SendMessage"),
        ("AdministratorAccess", "iam:CreateRole", None),
        ("ReadOnlyAccess", "rekognition:ListFaces", "rekognition:DeleteFaces"),
    ],
)
def test_an_attached_policy_of_aws_decides(
    world: World, role: str, policy: str, allowed: str | None, refused: str | None
) -> None:
    iam, arn = world.aws.client("iam"), f"{OF_AWS}/{policy}"

    before = allowed is not None and may(world, role, allowed)
    iam.attach_role_policy(RoleName="r", PolicyArn=arn)

    assert not before
    assert allowed is None or may(world, role, allowed)
    assert refused is None or not may(world, role, refused)
    iam.detach_role_policy(RoleName="r", PolicyArn=arn)
    assert allowed is None or not may(world, role, allowed)


def test_a_policy_of_aws_is_read_and_listed_the_same_each_time(world: World, role: str) -> None:
    iam, arn = world.aws.client("iam"), f"{OF_AWS}/AmazonRekognitionFullAccess"

    first, second = (iam.get_policy(PolicyArn=arn)["Policy"] for _ in range(2))
    listed = {
        policy["Arn"]: policy
        for page in iam.get_paginator("list_policies").paginate(Scope="AWS")
        for policy in page["Policies"]
    }
    version = iam.get_policy_version(PolicyArn=arn, VersionId=first["DefaultVersionId"])["PolicyVersion"]

    assert first == second
    assert listed[arn]["PolicyId"] == first["PolicyId"]
    assert version["Document"]["Statement"][0]["Action"] == ["rekognition:*"]
    assert len(listed) > 1000
    assert iam.list_policies(Scope="Local")["Policies"] == []


def test_only_what_is_attached_is_kept(world: World, role: str) -> None:
    iam, kept = world.aws.client("iam"), backends_of("iam")[ACCOUNT]["aws"].managed_policies
    iam.get_policy(PolicyArn=f"{OF_AWS}/AmazonS3FullAccess")
    iam.list_policies(MaxItems=1)
    iam.attach_role_policy(RoleName="r", PolicyArn=f"{OF_AWS}/AmazonRekognitionFullAccess")

    attached = iam.list_attached_role_policies(RoleName="r")["AttachedPolicies"]

    assert list(kept) == [f"{OF_AWS}/AmazonRekognitionFullAccess"]
    assert [policy["PolicyName"] for policy in attached] == ["AmazonRekognitionFullAccess"]


def test_a_policy_that_aws_does_not_have_is_refused(world: World, role: str) -> None:
    with pytest.raises(ClientError, match="NoSuchEntity"):
        world.aws.client("iam").attach_role_policy(RoleName="r", PolicyArn=f"{OF_AWS}/AmazonRekognitionMagic")
