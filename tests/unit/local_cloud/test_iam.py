"""Policies, conditions, and what a request needs: by AWS's rules."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config

from local_cloud.iam.conditions import holds
from local_cloud.iam.invocation import API_GATEWAY, gateway_permission
from local_cloud.iam.policy import Decision, decide
from local_cloud.iam.requests import AwsRequest, Need, needs_of, reads_body
from local_cloud.lambda_runtime.model import Function

TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/faces"
OBJECT = "arn:aws:s3:::photos/a/b.jpg"
ALLOW = {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": TABLE}
IMAGE = {"S3Object": {"Bucket": "photos", "Name": "a.jpg", "Version": "v1"}}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.mark.parametrize(
    ("statement", "action", "resource", "allowed"),
    [
        (ALLOW, "dynamodb:GetItem", TABLE, True),
        (ALLOW, "dynamodb:PutItem", TABLE, False),
        (ALLOW, "dynamodb:GetItem", f"{TABLE}-images", False),
        (ALLOW, "dynamodb:GetItem", f"{TABLE}/index/by_key", False),
        (ALLOW | {"Action": "DynamoDB:getitem"}, "dynamodb:GetItem", TABLE, True),
        (ALLOW | {"Action": ["s3:*", "dynamodb:Get*"]}, "dynamodb:GetItem", TABLE, True),
        (ALLOW | {"Action": "dynamodb:?etItem"}, "dynamodb:GetItem", TABLE, True),
        (ALLOW | {"Action": "*"}, "dynamodb:GetItem", TABLE, True),
        (ALLOW | {"Resource": TABLE.upper()}, "dynamodb:GetItem", TABLE, False),
        (ALLOW | {"Resource": f"{TABLE}/*"}, "dynamodb:GetItem", TABLE, False),
        (ALLOW | {"Resource": "*"}, "dynamodb:GetItem", TABLE, True),
        (
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::photos/*"},
            "s3:GetObject",
            OBJECT,
            True,
        ),
        (
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::photos"},
            "s3:GetObject",
            OBJECT,
            False,
        ),
        (
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::photos/[a]/*"},
            "s3:GetObject",
            OBJECT,
            False,
        ),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, "dynamodb:GetItem", TABLE, True),
        ({"Effect": "Allow", "NotAction": "dynamodb:*", "Resource": "*"}, "dynamodb:GetItem", TABLE, False),
        ({"Effect": "Allow", "Action": "*", "NotResource": TABLE}, "dynamodb:GetItem", TABLE, False),
        (ALLOW | {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}, "dynamodb:GetItem", TABLE, True),
        (ALLOW | {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}, "dynamodb:GetItem", TABLE, False),
        (ALLOW | {"Resource": "arn:aws:*:table/${aws:username}"}, "dynamodb:GetItem", TABLE, False),
        (ALLOW | {"Resource": "arn:aws:*:table/${aws:Name}"}, "dynamodb:GetItem", TABLE, True),
    ],
)
def test_a_statement_allows(statement: dict[str, Any], action: str, resource: str, allowed: bool) -> None:
    context = {"aws:securetransport": "true", "aws:name": "faces"}

    assert (decide([policy(statement)], action, resource, context) is Decision.ALLOWED) is allowed


def test_a_deny_wins_wherever_it_stands() -> None:
    deny = {"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*"}

    for policies in ([policy(ALLOW, deny)], [policy(deny), policy(ALLOW)]):
        assert decide(policies, "dynamodb:GetItem", TABLE, {}) is Decision.EXPLICITLY_DENIED


def test_nothing_is_allowed_by_no_policy() -> None:
    assert decide([], "s3:GetObject", OBJECT, {}) is Decision.NOT_ALLOWED


INVOKE = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Principal": {"Service": API_GATEWAY}}
STAGE = "arn:aws:execute-api:us-east-1:123456789012:api/v1"


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        (INVOKE, True),
        (INVOKE | {"Condition": {"ArnLike": {"AWS:SourceArn": f"{STAGE}/*"}}}, True),
        (INVOKE | {"Condition": {"ArnLike": {"AWS:SourceArn": f"{STAGE}x/*"}}}, False),
        (INVOKE | {"Condition": {"ArnLike": {"AWS:SourceArn": f"{STAGE}/POST/*"}}}, False),
        (INVOKE | {"Principal": {"Service": "events.amazonaws.com"}}, False),
        (INVOKE | {"Principal": {"AWS": "arn:aws:iam::123456789012:root"}}, False),
        (INVOKE | {"Principal": "*"}, False),
    ],
)
def test_api_gateway_invokes_what_lets_it(statement: dict[str, Any], allowed: bool) -> None:
    arn = "arn:aws:lambda:us-east-1:123456789012:function:f"
    function = Function("f", arn, "a.b", 128, 3, {}, Path(), policy=policy(statement))

    assert gateway_permission([function])(arn, f"{STAGE}/GET/info") is allowed


@pytest.mark.parametrize(
    ("operator", "wanted", "actual", "result"),
    [
        ("StringEquals", ["a", "b"], "b", True),
        ("StringEquals", "a", "A", False),
        ("StringEqualsIgnoreCase", "a", "A", True),
        ("StringNotEquals", ["a", "b"], "b", False),
        ("StringNotEquals", "a", None, True),
        ("StringLike", "pho*s", "photos", True),
        ("StringNotLike", "pho*s", "photos", False),
        ("ArnLike", "arn:aws:s3:::*", OBJECT, True),
        ("ArnEquals", OBJECT, OBJECT, True),
        ("ArnNotEquals", OBJECT, OBJECT, False),
        ("Bool", True, "true", True),
        ("Bool", "true", None, False),
        ("BoolIfExists", "true", None, True),
        ("Null", "true", None, True),
        ("Null", "false", None, False),
        ("NumericLessThan", "10", "9", True),
        ("NumericLessThan", "10", "10", False),
        ("NumericNotEquals", "10", "10", False),
        ("NumericGreaterThanEquals", 10, "10", True),
        ("DateLessThan", "2030-01-01T00:00:00Z", "2026-11-25T06:00:00+00:00", True),
        ("DateGreaterThan", "2030-01-01", "2026-11-25T06:00:00+00:00", False),
        ("IpAddress", "10.0.0.0/8", "10.1.2.3", True),
        ("NotIpAddress", "10.0.0.0/8", "10.1.2.3", False),
        ("ForAnyValue:StringEquals", ["a", "b"], "b", True),
        ("ForAllValues:StringEquals", "a", None, True),
        ("ForAnyValue:StringEquals", "a", None, False),
        ("NobodyKnowsThis", "a", "a", False),
    ],
)
def test_a_condition_holds(operator: str, wanted: Any, actual: str | None, result: bool) -> None:
    context = {} if actual is None else {"aws:key": actual}

    assert holds({operator: {"aws:Key": wanted}}, context) is result


def sent(service: str, operation: str, **parameters: Any) -> AwsRequest:
    """The request that boto3 would send."""
    kept: list[AWSPreparedRequest] = []

    class CaughtError(Exception):
        pass

    def catch(request: AWSPreparedRequest, **_: Any) -> None:
        kept.append(request)
        raise CaughtError

    config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
    client = boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url="http://127.0.0.1:1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=config,
    )
    client.meta.events.register("before-send", catch)
    with pytest.raises(CaughtError):
        getattr(client, operation)(**parameters)
    (request,) = kept
    path, _, query = request.url.removeprefix("http://127.0.0.1:1").partition("?")
    headers = {
        name.lower(): value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()
    }
    body = request.body.read() if hasattr(request.body, "read") else request.body or b""
    return AwsRequest(
        service=service,
        region="us-east-1",
        method=request.method,
        path=path,
        query=query,
        target=headers.get("x-amz-target", ""),
        copy_source=headers.get("x-amz-copy-source", ""),
        body=body.encode() if isinstance(body, str) else body,
    )


QUEUE = {"QueueUrl": "http://127.0.0.1:1/123456789012/index"}
KEY = {"FaceId": {"S": "f"}}


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "needs"),
    [
        ("dynamodb", "get_item", {"TableName": "faces", "Key": KEY}, [("dynamodb:GetItem", TABLE)]),
        ("dynamodb", "get_item", {"TableName": TABLE, "Key": KEY}, [("dynamodb:GetItem", TABLE)]),
        ("dynamodb", "list_tables", {}, [("dynamodb:ListTables", "*")]),
        (
            "dynamodb",
            "query",
            {"TableName": "faces", "IndexName": "by_key"},
            [("dynamodb:Query", f"{TABLE}/index/by_key")],
        ),
        (
            "dynamodb",
            "batch_get_item",
            {"RequestItems": {"faces": {"Keys": [KEY]}}},
            [("dynamodb:BatchGetItem", TABLE)],
        ),
        (
            "dynamodb",
            "transact_write_items",
            {
                "TransactItems": [
                    {"Put": {"TableName": "faces", "Item": KEY}},
                    {"Delete": {"TableName": "faces", "Key": KEY}},
                    {"ConditionCheck": {"TableName": "faces", "Key": KEY, "ConditionExpression": "x"}},
                ]
            },
            [("dynamodb:PutItem", TABLE), ("dynamodb:DeleteItem", TABLE), ("dynamodb:ConditionCheckItem", TABLE)],
        ),
        (
            "dynamodb",
            "execute_statement",
            {"Statement": "SELECT * FROM \"faces\" WHERE FaceId='x'"},
            [("dynamodb:PartiQLSelect", TABLE)],
        ),
        (
            "dynamodb",
            "execute_statement",
            {"Statement": 'SELECT key FROM "faces"."by_key"'},
            [("dynamodb:PartiQLSelect", f"{TABLE}/index/by_key")],
        ),
        (
            "dynamodb",
            "execute_statement",
            {"Statement": "UPDATE faces SET name='x' WHERE FaceId='f'"},
            [("dynamodb:PartiQLUpdate", TABLE)],
        ),
        (
            "dynamodb",
            "execute_statement",
            {"Statement": "INSERT INTO faces VALUE {'FaceId': 'f'}"},
            [("dynamodb:PartiQLInsert", TABLE)],
        ),
        (
            "dynamodb",
            "execute_statement",
            {"Statement": "DELETE FROM \"faces\" WHERE FaceId='f'"},
            [("dynamodb:PartiQLDelete", TABLE)],
        ),
        ("s3", "get_object", {"Bucket": "photos", "Key": "a/b.jpg"}, [("s3:GetObject", OBJECT)]),
        ("s3", "head_object", {"Bucket": "photos", "Key": "a/b.jpg"}, [("s3:GetObject", OBJECT)]),
        (
            "s3",
            "get_object",
            {"Bucket": "photos", "Key": "a/b.jpg", "VersionId": "v"},
            [("s3:GetObjectVersion", OBJECT)],
        ),
        (
            "s3",
            "get_object",
            {"Bucket": "photos", "Key": "José +&.jpg"},
            [("s3:GetObject", "arn:aws:s3:::photos/José +&.jpg")],
        ),
        ("s3", "put_object", {"Bucket": "photos", "Key": "a/b.jpg", "Body": b"x"}, [("s3:PutObject", OBJECT)]),
        (
            "s3",
            "copy_object",
            {"Bucket": "photos", "Key": "a/b.jpg", "CopySource": "other/c d.jpg?versionId=v"},
            [("s3:PutObject", OBJECT), ("s3:GetObjectVersion", "arn:aws:s3:::other/c d.jpg")],
        ),
        (
            "s3",
            "delete_objects",
            {
                "Bucket": "photos",
                "Delete": {"Objects": [{"Key": "a/b.jpg", "VersionId": "v"}, {"Key": "c"}]},
            },
            [("s3:DeleteObjectVersion", OBJECT), ("s3:DeleteObject", "arn:aws:s3:::photos/c")],
        ),
        ("s3", "delete_object", {"Bucket": "photos", "Key": "a/b.jpg"}, [("s3:DeleteObject", OBJECT)]),
        ("s3", "get_object_tagging", {"Bucket": "photos", "Key": "a/b.jpg"}, [("s3:GetObjectTagging", OBJECT)]),
        ("s3", "list_objects_v2", {"Bucket": "photos", "Prefix": "a"}, [("s3:ListBucket", "arn:aws:s3:::photos")]),
        ("s3", "list_objects", {"Bucket": "photos"}, [("s3:ListBucket", "arn:aws:s3:::photos")]),
        ("s3", "head_bucket", {"Bucket": "photos"}, [("s3:ListBucket", "arn:aws:s3:::photos")]),
        ("s3", "list_object_versions", {"Bucket": "photos"}, [("s3:ListBucketVersions", "arn:aws:s3:::photos")]),
        ("s3", "get_bucket_policy", {"Bucket": "photos"}, [("s3:GetBucketPolicy", "arn:aws:s3:::photos")]),
        ("sqs", "receive_message", QUEUE, [("sqs:ReceiveMessage", "arn:aws:sqs:us-east-1:123456789012:index")]),
        (
            "sqs",
            "delete_message_batch",
            QUEUE | {"Entries": [{"Id": "1", "ReceiptHandle": "r"}]},
            [("sqs:DeleteMessage", "arn:aws:sqs:us-east-1:123456789012:index")],
        ),
        ("sqs", "list_queues", {}, [("sqs:ListQueues", "*")]),
        (
            "rekognition",
            "index_faces",
            {"CollectionId": "faces", "Image": IMAGE},
            [
                ("rekognition:IndexFaces", "arn:aws:rekognition:us-east-1:123456789012:collection/faces"),
                ("s3:GetObjectVersion", "arn:aws:s3:::photos/a.jpg"),
            ],
        ),
        ("rekognition", "detect_faces", {"Image": {"Bytes": b"x"}}, [("rekognition:DetectFaces", "*")]),
        (
            "lambda",
            "invoke",
            {"FunctionName": "index"},
            [("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:123456789012:function:index")],
        ),
        ("iam", "list_roles", {}, [("iam:ListRoles", "*")]),
        ("logs", "describe_log_groups", {}, [("logs:DescribeLogGroups", "*")]),
    ],
)
def test_a_request_needs(
    service: str, operation: str, parameters: dict[str, Any], needs: list[tuple[str, str]]
) -> None:
    request = sent(service, operation, **parameters)
    if not reads_body(service, request.method, request.query):
        request = AwsRequest(**{**vars(request), "body": b""})

    assert needs_of(request) == [Need(action, resource) for action, resource in needs]
