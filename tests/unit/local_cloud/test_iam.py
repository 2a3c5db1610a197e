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
from local_cloud.iam.needs import needs_of
from local_cloud.iam.policy import Decision, decide
from local_cloud.iam.requests import AwsRequest, MalformedRequestError, Need, reads_body, without_image_bytes
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


@pytest.mark.parametrize(
    ("pattern", "resource", "matched"),
    [
        ("arn:aws:s3:::${aws:username}/*", "arn:aws:s3:::ann/x", True),
        ("arn:aws:s3:::${aws:PrincipalTag/team}/*", "arn:aws:s3:::a*b/x", True),
        ("arn:aws:s3:::${aws:PrincipalTag/team}/*", "arn:aws:s3:::aXb/x", False),
        ("arn:aws:s3:::${aws:nobody, 'all'}/*", "arn:aws:s3:::all/x", True),
        ("arn:aws:s3:::a${*}", "arn:aws:s3:::a*", True),
        ("arn:aws:s3:::a${*}", "arn:aws:s3:::ab", False),
    ],
)
def test_the_value_of_a_policy_variable_is_no_pattern(pattern: str, resource: str, matched: bool) -> None:
    context = {"aws:username": "ann", "aws:principaltag/team": "a*b"}
    statement = {"Effect": "Allow", "Action": "*", "Resource": pattern}

    assert (decide([policy(statement)], "s3:GetObject", resource, context) is Decision.ALLOWED) is matched


@pytest.mark.parametrize(
    ("operator", "wanted", "result"),
    [
        ("ForAnyValue:StringEquals", "a", True),
        ("ForAllValues:StringEquals", "a", False),
        ("ForAllValues:StringEquals", ["a", "b"], True),
        ("ForAnyValue:StringEquals", "c", False),
        ("ForAnyValue:StringNotEquals", "a", True),
        ("ForAllValues:StringNotEquals", "c", True),
        ("ForAnyValue:StringLike", "?", True),
    ],
)
def test_a_key_with_several_values_is_compared_value_by_value(operator: str, wanted: Any, result: bool) -> None:
    assert holds({operator: {"aws:Key": wanted}}, {"aws:key": ("a", "b")}) is result


def test_a_policy_variable_stands_in_a_condition_too() -> None:
    condition = {"StringEquals": {"aws:PrincipalArn": "arn:aws:iam::1:role/${aws:Name}"}}

    assert holds(condition, {"aws:principalarn": "arn:aws:iam::1:role/index", "aws:name": "index"})
    assert not holds(condition, {"aws:principalarn": "arn:aws:iam::1:role/index", "aws:name": "other"})


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
        ("ForAnyValue:StringNotEquals", "a", None, False),
        ("ArnLike", "arn:aws:*:123456789012:*", "arn:aws:sqs:r:123456789012:q", False),
        ("ArnLike", "arn:aws:*:*:123456789012:*", "arn:aws:sqs:r:123456789012:q", True),
        ("NumericLessThan", "10", "many", False),
        ("IpAddress", "10.0.0.0/8", "", False),
        ("DateLessThan", "1900000000", "2026-11-25T06:00:00+00:00", True),
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
        service=headers["authorization"].split("/")[3],
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
            {"Statement": "select /* FROM other */ FaceId from faces . by_key -- FROM other"},
            [("dynamodb:PartiQLSelect", f"{TABLE}/index/by_key")],
        ),
        (
            "dynamodb",
            "execute_transaction",
            {
                "TransactStatements": [
                    {"Statement": "EXISTS(SELECT * FROM faces WHERE FaceId='f' AND name IS MISSING)"},
                    {"Statement": "DELETE FROM \"faces\" WHERE FaceId='g'"},
                ]
            },
            [("dynamodb:PartiQLSelect", TABLE), ("dynamodb:PartiQLDelete", TABLE)],
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
        ("s3", "list_buckets", {}, [("s3:ListAllMyBuckets", "*")]),
        ("s3", "create_bucket", {"Bucket": "photos"}, [("s3:CreateBucket", "arn:aws:s3:::photos")]),
        (
            "s3",
            "get_bucket_lifecycle_configuration",
            {"Bucket": "photos"},
            [("s3:GetLifecycleConfiguration", "arn:aws:s3:::photos")],
        ),
        ("s3", "create_multipart_upload", {"Bucket": "photos", "Key": "a/b.jpg"}, [("s3:PutObject", OBJECT)]),
        (
            "s3",
            "upload_part",
            {"Bucket": "photos", "Key": "a/b.jpg", "UploadId": "u", "PartNumber": 1, "Body": b"x"},
            [("s3:PutObject", OBJECT)],
        ),
        (
            "s3",
            "list_parts",
            {"Bucket": "photos", "Key": "a/b.jpg", "UploadId": "u"},
            [("s3:ListMultipartUploadParts", OBJECT)],
        ),
        (
            "s3",
            "abort_multipart_upload",
            {"Bucket": "photos", "Key": "a/b.jpg", "UploadId": "u"},
            [("s3:AbortMultipartUpload", OBJECT)],
        ),
        (
            "s3",
            "get_object_attributes",
            {"Bucket": "photos", "Key": "a/b.jpg", "ObjectAttributes": ["ETag"]},
            [("s3:GetObject", OBJECT), ("s3:GetObjectAttributes", OBJECT)],
        ),
        (
            "s3",
            "delete_object",
            {"Bucket": "photos", "Key": "a/b.jpg", "VersionId": "v"},
            [("s3:DeleteObjectVersion", OBJECT)],
        ),
        ("s3", "list_objects_v2", {"Bucket": "photos", "Prefix": "a"}, [("s3:ListBucket", "arn:aws:s3:::photos")]),
        ("s3", "list_objects", {"Bucket": "photos"}, [("s3:ListBucket", "arn:aws:s3:::photos")]),
        ("s3", "head_bucket", {"Bucket": "photos"}, [("s3:ListBucket", "arn:aws:s3:::photos")]),
        ("s3", "list_object_versions", {"Bucket": "photos"}, [("s3:ListBucketVersions", "arn:aws:s3:::photos")]),
        ("s3", "get_bucket_policy", {"Bucket": "photos"}, [("s3:GetBucketPolicy", "arn:aws:s3:::photos")]),
        (
            "s3",
            "delete_bucket_lifecycle",
            {"Bucket": "photos"},
            [("s3:PutLifecycleConfiguration", "arn:aws:s3:::photos")],
        ),
        ("s3", "delete_bucket_policy", {"Bucket": "photos"}, [("s3:DeleteBucketPolicy", "arn:aws:s3:::photos")]),
        (
            "s3",
            "get_public_access_block",
            {"Bucket": "photos"},
            [("s3:GetBucketPublicAccessBlock", "arn:aws:s3:::photos")],
        ),
        ("iam", "get_role", {"RoleName": "search"}, [("iam:GetRole", "arn:aws:iam::123456789012:role/search")]),
        ("lambda", "get_function", {"FunctionName": "search"}, [("lambda:GetFunction", "*")]),
        ("lambda", "list_functions", {}, [("lambda:ListFunctions", "*")]),
        (
            "lambda",
            "update_function_configuration",
            {"FunctionName": "search", "Role": "arn:aws:iam::123456789012:role/search", "Layers": ["layer:1"]},
            [
                ("lambda:UpdateFunctionConfiguration", "*"),
                ("iam:PassRole", "arn:aws:iam::123456789012:role/search"),
                ("lambda:GetLayerVersion", "layer:1"),
            ],
        ),
        ("apigateway", "get_rest_apis", {}, [("apigateway:GET", "arn:aws:apigateway:us-east-1::/restapis")]),
        (
            "apigateway",
            "update_account",
            {"patchOperations": [{"op": "replace", "path": "/cloudwatchRoleArn", "value": "arn:aws:iam::1:role/x"}]},
            [("apigateway:PATCH", "arn:aws:apigateway:us-east-1::/account"), ("iam:PassRole", "arn:aws:iam::1:role/x")],
        ),
        ("route53", "get_hosted_zone", {"Id": "Z1"}, [("route53:GetHostedZone", "*")]),
        ("route53", "list_hosted_zones", {}, [("route53:ListHostedZones", "*")]),
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
        (
            "rekognition",
            "create_user",
            {"CollectionId": "faces", "UserId": "ann"},
            [("rekognition:CreateUser", "arn:aws:rekognition:us-east-1:123456789012:collection/faces")],
        ),
        (
            "rekognition",
            "associate_faces",
            {"CollectionId": "faces", "UserId": "ann", "FaceIds": ["x" * 36]},
            [("rekognition:AssociateFaces", "arn:aws:rekognition:us-east-1:123456789012:collection/faces")],
        ),
        (
            "rekognition",
            "search_users_by_image",
            {"CollectionId": "faces", "Image": {"S3Object": {"Bucket": "photos", "Name": "a.jpg"}}},
            [
                ("rekognition:SearchUsersByImage", "arn:aws:rekognition:us-east-1:123456789012:collection/faces"),
                ("s3:GetObject", "arn:aws:s3:::photos/a.jpg"),
            ],
        ),
        ("rekognition", "detect_faces", {"Image": {"Bytes": b"x"}}, [("rekognition:DetectFaces", "*")]),
        (
            "lambda",
            "invoke",
            {"FunctionName": "index"},
            [("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:123456789012:function:index")],
        ),
        (
            "rekognition",
            "compare_faces",
            {"SourceImage": {"Bytes": b"x"}, "TargetImage": IMAGE},
            [("rekognition:CompareFaces", "*"), ("s3:GetObjectVersion", "arn:aws:s3:::photos/a.jpg")],
        ),
        (
            "dynamodb",
            "batch_execute_statement",
            {"Statements": [{"Statement": "SELECT * FROM faces WHERE FaceId='f'"}]},
            [("dynamodb:PartiQLSelect", TABLE)],
        ),
        (
            "dynamodb",
            "execute_statement",
            {"Statement": "UPDATE \"faces\" SET name='from other ' WHERE FaceId='f'"},
            [("dynamodb:PartiQLUpdate", TABLE)],
        ),
        (
            "dynamodb",
            "execute_statement",
            {"Statement": 'SELECT "from" FROM "faces.old"'},
            [("dynamodb:PartiQLSelect", f"{TABLE}.old")],
        ),
        (
            "sns",
            "publish",
            {"TopicArn": "arn:aws:sns:us-east-1:123456789012:alarms", "Message": "m"},
            [("sns:Publish", "arn:aws:sns:us-east-1:123456789012:alarms")],
        ),
        (
            "logs",
            "create_log_stream",
            {"logGroupName": "/aws/lambda/f", "logStreamName": "s"},
            [
                (
                    "logs:CreateLogStream",
                    "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/f:log-stream:s",
                )
            ],
        ),
        (
            "cloudwatch",
            "put_metric_data",
            {"Namespace": "n", "MetricData": [{"MetricName": "m", "Value": 1}]},
            [("cloudwatch:PutMetricData", "*")],
        ),
        (
            "sts",
            "assume_role",
            {"RoleArn": "arn:aws:iam::123456789012:role/other", "RoleSessionName": "ann"},
            [("sts:AssumeRole", "arn:aws:iam::123456789012:role/other")],
        ),
        ("sts", "get_caller_identity", {}, []),
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


def asked(service: str, target: str, body: str, path: str = "/") -> AwsRequest:
    return AwsRequest(service, "us-east-1", "POST", path, "", target, "", body.encode())


@pytest.mark.parametrize(
    ("body", "needed"),
    [
        ('{"TableName": "faces", "RequestItems": {}}', ("dynamodb:Scan", TABLE)),
        ('{"TableName": "faces", "RequestItems": {"other": {}}}', ("dynamodb:Scan", TABLE)),
        ('{"TableName": "faces", "TransactItems": []}', ("dynamodb:Scan", TABLE)),
        ('{"TableName": "faces", "Statement": "SELECT * FROM other"}', ("dynamodb:Scan", TABLE)),
    ],
)
def test_what_an_operation_does_not_know_changes_nothing(body: str, needed: tuple[str, str]) -> None:
    assert needs_of(asked("dynamodb", "DynamoDB_20120810.Scan", body)) == [Need(*needed)]


def test_an_empty_batch_still_needs_its_action() -> None:
    request = asked("dynamodb", "DynamoDB_20120810.BatchGetItem", '{"RequestItems": {}}')

    assert needs_of(request) == [Need("dynamodb:BatchGetItem", "*")]


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("Scan", "{"),
        ("Scan", "[]"),
        ("BatchGetItem", "{}"),
        ("TransactWriteItems", '{"TransactItems": [{"Drop": {"TableName": "faces"}}]}'),
        ("ExecuteStatement", '{"Statement": "DROP TABLE faces"}'),
        ("ExecuteStatement", '{"Statement": "SELECT"}'),
    ],
)
def test_what_cannot_be_read_is_malformed(operation: str, body: str) -> None:
    with pytest.raises(MalformedRequestError):
        needs_of(asked("dynamodb", f"DynamoDB_20120810.{operation}", body))


@pytest.mark.parametrize("path", ["/", "/123456789012/index"])
def test_sqs_is_understood_in_its_query_protocol_too(path: str) -> None:
    queue_url = "" if path != "/" else "&QueueUrl=http%3A%2F%2F127.0.0.1%2F123456789012%2Findex"
    request = asked("sqs", "", f"Action=ReceiveMessage{queue_url}", path)

    assert needs_of(request) == [Need("sqs:ReceiveMessage", "arn:aws:sqs:us-east-1:123456789012:index")]


def test_a_listing_tells_conditions_its_prefix() -> None:
    (need,) = needs_of(sent("s3", "list_objects_v2", Bucket="photos", Prefix="team/", MaxKeys=5))

    assert need.context == {"s3:prefix": "team/", "s3:max-keys": "5"}


@pytest.mark.parametrize(
    "document",
    [
        {"CollectionId": "c", "Image": {"Bytes": "QUJD"}},
        {"SourceImage": {"Bytes": "QUJD"}, "TargetImage": {"Bytes": "REVG"}, "SimilarityThreshold": 80},
        {"Image": {"S3Object": {"Bucket": 'a"Bytes": "b', "Name": "c"}}},
        {"Image": {"S3Object": {"Bucket": "Bytes", "Name": 'Bytes": "'}}, "CollectionId": "c"},
        {"Bytes": ["Bytes", "x"], "Image": {"Bytes": 'a\\"', "S3Object": {"Bucket": "b"}}},
        {"CollectionId": "Bytes"},
    ],
)
def test_leaving_out_the_bytes_of_images_changes_nothing_else(document: dict[str, Any]) -> None:
    def emptied(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: "" if key == "Bytes" and isinstance(each, str) else emptied(each) for key, each in value.items()}

    for text in (json.dumps(document), json.dumps(document, indent=1, separators=(" ,", " : "))):
        assert emptied(json.loads(without_image_bytes(text.encode()))) == emptied(document)


def test_images_as_boto3_sends_them_are_left_out() -> None:
    request = sent("rekognition", "detect_faces", Image={"Bytes": bytes(300_000)})

    assert len(request.body) > 400_000
    assert len(without_image_bytes(request.body)) < 100
    assert request.parameters == {"Image": {"Bytes": ""}}


@pytest.mark.parametrize("body", ['{"Bytes', '{"Bytes"', '{"Bytes":', '{"Bytes":"', '{"Image": {"Bytes": "QUJD}}'])
def test_a_body_that_ends_too_early_is_malformed(body: str) -> None:
    with pytest.raises(MalformedRequestError):
        needs_of(asked("rekognition", "RekognitionService.DetectFaces", body))
