"""Each correction of the backend, by the AWS behaviour it restores."""

import gc
import io
import json
import threading
import time
import urllib.request
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.core.common_models import BaseModel

from local_cloud.iam.conditions import holds
from tests.contract.local_cloud.conftest import ACCOUNT, REGION, World

BUCKET = "photos"


def sends_from(bucket: str) -> str:
    """A queue's policy that lets one bucket of this account send."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": f"arn:aws:sqs:{REGION}:{ACCOUNT}:events",
        "Condition": {
            "ArnEquals": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"},
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
        },
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize("attributes", [{}, {"Policy": sends_from("another")}])
def test_a_queue_that_does_not_let_the_bucket_send_is_refused(world: World, attributes: dict[str, str]) -> None:
    world.sqs.create_queue(QueueName="events", Attributes=attributes)
    world.s3.create_bucket(Bucket=BUCKET)
    queue = {"QueueArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:events", "Events": ["s3:ObjectCreated:*"]}

    with pytest.raises(ClientError) as failure:
        world.s3.put_bucket_notification_configuration(
            Bucket=BUCKET, NotificationConfiguration={"QueueConfigurations": [queue]}
        )

    assert failure.value.response["Error"]["Code"] == "InvalidArgument"


@pytest.fixture
def notified(world: World) -> str:
    """A versioned bucket that announces everything to a queue; returns the queue's URL."""
    url: str = world.sqs.create_queue(QueueName="events", Attributes={"Policy": sends_from(BUCKET)})["QueueUrl"]
    world.s3.create_bucket(Bucket=BUCKET)
    world.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    configuration = {
        "QueueArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:events",
        "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"],
    }
    world.s3.put_bucket_notification_configuration(
        Bucket=BUCKET, NotificationConfiguration={"QueueConfigurations": [configuration]}
    )
    return url


def drain(world: World, url: str) -> list[dict[str, Any]]:
    """The S3 records in the queue; the test event has none."""
    found: list[dict[str, Any]] = []
    while messages := world.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        found += [record for message in messages for record in json.loads(message["Body"]).get("Records", [])]
    return found


@pytest.mark.parametrize("asked", ["bytes=0-65535", "bytes=0-", "bytes=0-0", "bytes=-1", "bytes=-0", "bytes=5-9"])
def test_no_range_of_an_empty_object_can_be_answered(world: World, asked: str) -> None:
    world.s3.create_bucket(Bucket=BUCKET)
    world.s3.put_object(Bucket=BUCKET, Key="empty.jpg", Body=b"")

    for operation, code in ((world.s3.get_object, "InvalidRange"), (world.s3.head_object, "416")):
        with pytest.raises(ClientError) as failure:
            operation(Bucket=BUCKET, Key="empty.jpg", Range=asked)
        assert failure.value.response["Error"]["Code"] == code
        assert failure.value.response["ResponseMetadata"]["HTTPStatusCode"] == 416


@pytest.mark.parametrize("asked", ["bytes=5-2", "bytes=20-15", "bytes=-", "bytes=0-1,3-4", "bytes=a-b", "lines=0-1"])
@pytest.mark.parametrize("content", [b"", b"0123456789"])
def test_what_is_no_range_is_answered_with_the_whole_object(world: World, asked: str, content: bytes) -> None:
    world.s3.create_bucket(Bucket=BUCKET)
    world.s3.put_object(Bucket=BUCKET, Key="a", Body=content)

    answer = world.s3.get_object(Bucket=BUCKET, Key="a", Range=asked)

    assert (answer["ResponseMetadata"]["HTTPStatusCode"], answer["Body"].read()) == (200, content)


def test_putting_a_notification_sends_the_test_event(world: World, notified: str) -> None:
    message = world.sqs.receive_message(QueueUrl=notified)["Messages"][0]

    assert json.loads(message["Body"])["Event"] == "s3:TestEvent"


def test_a_tls_only_policy_lets_the_loopback_in(world: World) -> None:
    world.s3.create_bucket(Bucket=BUCKET)
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    deny["Condition"] = {"Bool": {"aws:SecureTransport": "false"}}  # type: ignore[assignment]
    world.s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))

    world.s3.put_object(Bucket=BUCKET, Key="a", Body=b"1")

    assert world.s3.get_object(Bucket=BUCKET, Key="a")["Body"].read() == b"1"


def test_a_policy_whose_condition_holds_denies(world: World) -> None:
    world.s3.create_bucket(Bucket=BUCKET)
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    deny["Condition"] = {"Bool": {"aws:SecureTransport": "true"}}  # type: ignore[assignment]
    world.s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))

    with pytest.raises(ClientError, match="AccessDenied"):
        world.s3.put_object(Bucket=BUCKET, Key="a", Body=b"1")


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({}, True),
        ({"Bool": {"aws:SecureTransport": True}}, True),
        ({"StringNotEquals": {"aws:SecureTransport": ["true", "x"]}}, False),
        ({"StringLike": {"aws:SecureTransport": "tr*"}}, True),
        ({"StringEquals": {"aws:username": "x"}}, False),
        ({"StringEqualsIfExists": {"aws:username": "x"}}, True),
        ({"StringNotEquals": {"aws:username": "x"}}, True),
        ({"Null": {"aws:username": "true"}}, True),
        ({"DateGreaterThan": {"aws:CurrentTime": "2020"}}, False),
    ],
)
def test_conditions_hold_as_iam_evaluates_them(condition: dict[str, Any], expected: bool) -> None:
    assert holds(condition, {"aws:securetransport": "true"}) is expected


def test_an_event_names_version_and_a_growing_sequencer_and_keeps_slashes(world: World, notified: str) -> None:
    answers = [world.s3.put_object(Bucket=BUCKET, Key="a b/ü.jpg", Body=body) for body in (b"1", b"22")]

    records = [record["s3"]["object"] for record in drain(world, notified)]

    assert [record["versionId"] for record in records] == [answer["VersionId"] for answer in answers]
    assert [record["key"] for record in records] == ["a+b/%C3%BC.jpg"] * 2
    assert [record["size"] for record in records] == [1, 2]
    assert records[0]["sequencer"] < records[1]["sequencer"]


def test_a_multipart_upload_is_announced_once(world: World, notified: str) -> None:
    upload = world.s3.create_multipart_upload(Bucket=BUCKET, Key="big")["UploadId"]
    part = world.s3.upload_part(Bucket=BUCKET, Key="big", UploadId=upload, PartNumber=1, Body=b"x")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    world.s3.complete_multipart_upload(Bucket=BUCKET, Key="big", UploadId=upload, MultipartUpload=parts)

    assert [record["eventName"] for record in drain(world, notified)] == ["ObjectCreated:CompleteMultipartUpload"]


def test_deleting_announces_the_marker_and_then_the_version(world: World, notified: str) -> None:
    version = world.s3.put_object(Bucket=BUCKET, Key="a", Body=b"1")["VersionId"]
    marker = world.s3.delete_object(Bucket=BUCKET, Key="a")["VersionId"]
    world.s3.delete_object(Bucket=BUCKET, Key="a", VersionId=version)

    removed = drain(world, notified)[1:]

    assert [(record["eventName"], record["s3"]["object"]["versionId"]) for record in removed] == [
        ("ObjectRemoved:DeleteMarkerCreated", marker),
        ("ObjectRemoved:Delete", version),
    ]


def test_metadata_names_are_lower_case_and_keep_underscores(world: World) -> None:
    world.s3.create_bucket(Bucket=BUCKET)
    world.s3.put_object(Bucket=BUCKET, Key="a", Body=b"1", Metadata={"My_Name": "x", "other-name": "y"})

    metadata = world.s3.get_object(Bucket=BUCKET, Key="a")["Metadata"]

    assert metadata == {"my_name": "x", "other-name": "y"}


def test_ranges_versions_and_conditional_writes(world: World) -> None:
    world.s3.create_bucket(Bucket=BUCKET)
    world.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    first = world.s3.put_object(Bucket=BUCKET, Key="a", Body=b"0123456789")["VersionId"]
    world.s3.put_object(Bucket=BUCKET, Key="a", Body=b"new")

    part = world.s3.get_object(Bucket=BUCKET, Key="a", VersionId=first, Range="bytes=2-4")

    assert (part["Body"].read(), part["ContentRange"]) == (b"234", "bytes 2-4/10")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        world.s3.put_object(Bucket=BUCKET, Key="a", Body=b"x", IfNoneMatch="*")


def test_an_unknown_operation_is_a_client_error(world: World) -> None:
    with pytest.raises(ClientError, match="UnknownOperationException"):
        world.dynamodb.list_contributor_insights()


def test_a_waiting_receiver_gets_a_message_at_once_and_holds_up_nobody(world: World) -> None:
    url = world.sqs.create_queue(QueueName="slow")["QueueUrl"]
    received: list[float] = []
    waiting = threading.Thread(
        target=lambda: received.append(
            len(world.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10).get("Messages", [])) and time.monotonic()
        )
    )
    waiting.start()
    sent = time.monotonic()
    world.sqs.send_message(QueueUrl=url, MessageBody="hello")
    waiting.join(timeout=9)

    assert received[0] - sent < 1


def test_a_mapped_queue_invokes_nothing_by_itself(world: World) -> None:
    url = world.sqs.create_queue(QueueName="mapped")["QueueUrl"]
    from local_cloud.backend.moto_state import backends_of

    queue = backends_of("sqs")[ACCOUNT][REGION].queues["mapped"]
    queue.lambda_event_source_mappings["arn"] = object()

    world.sqs.send_message(QueueUrl=url, MessageBody="x")

    assert queue.approximate_number_of_messages == 1


def test_the_stage_exports_the_definition_that_was_deployed(world: World) -> None:
    client = world.aws.client("apigateway")
    operation = {"x-amazon-apigateway-integration": {"type": "mock"}, "security": [], "responses": {}}
    definition = {
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "1"},
        "paths": {"/a": {"parameters": [], "get": operation, "x-amazon-apigateway-any-method": operation}},
    }
    api = client.create_rest_api(name="t")["id"]
    client.put_rest_api(restApiId=api, mode="overwrite", body=json.dumps(definition).encode())
    client.create_deployment(restApiId=api, stageName="v1")
    client.put_rest_api(restApiId=api, mode="overwrite", body=json.dumps({**definition, "paths": {}}).encode())

    exported = json.loads(client.get_export(restApiId=api, stageName="v1", exportType="oas30")["body"].read())

    assert exported == definition


def test_a_redrive_policy_is_answered_without_spaces(world: World) -> None:
    dead = world.sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = world.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = f'{{"deadLetterTargetArn":"{arn}","maxReceiveCount":5}}'

    url = world.sqs.create_queue(QueueName="live", Attributes={"RedrivePolicy": policy})["QueueUrl"]

    attributes = world.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["RedrivePolicy"] == policy
    assert "RedrivePolicy" not in world.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["All"])["Attributes"]


def test_the_role_for_logs_can_be_forgotten(world: World) -> None:
    client = world.aws.client("apigateway")
    role = "arn:aws:iam::123456789012:role/logs"
    client.update_account(patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": role}])

    client.update_account(patchOperations=[{"op": "remove", "path": "/cloudwatchRoleArn"}])

    assert not client.get_account().get("cloudwatchRoleArn")


def test_a_stage_may_log_only_where_the_account_has_a_role_for_it(world: World) -> None:
    client = world.aws.client("apigateway")
    api = client.create_rest_api(name="t")["id"]
    operation = {"x-amazon-apigateway-integration": {"type": "mock"}, "security": [], "responses": {}}
    definition = {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {"/a": {"get": operation}}}
    client.put_rest_api(restApiId=api, mode="overwrite", body=json.dumps(definition).encode())
    client.create_deployment(restApiId=api, stageName="v1")
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:access"
    access = [{"op": "replace", "path": "/accessLogSettings/destinationArn", "value": group}]

    def level(value: str) -> list[dict[str, str]]:
        return [{"op": "replace", "path": "/*/*/logging/loglevel", "value": value}]

    for patch in (access, level("ERROR")):
        with pytest.raises(ClientError, match="CloudWatch Logs role ARN must be set in account settings"):
            client.update_stage(restApiId=api, stageName="v1", patchOperations=patch)
    client.update_stage(restApiId=api, stageName="v1", patchOperations=level("OFF"))
    role = "arn:aws:iam::123456789012:role/logs"
    client.update_account(patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": role}])
    client.update_stage(restApiId=api, stageName="v1", patchOperations=access + level("ERROR"))


@pytest.mark.parametrize(("period", "greatest"), [("DAY", 0), ("WEEK", 6), ("MONTH", 27)])
def test_a_quotas_offset_is_bounded_by_its_period(world: World, period: str, greatest: int) -> None:
    client = world.aws.client("apigateway")
    quota = {"limit": 100, "period": period}

    with pytest.raises(ClientError, match=f"Usage Plan quota offset must be .* in the {period} period"):
        client.create_usage_plan(name="t", quota={**quota, "offset": greatest + 1})
    plan = client.create_usage_plan(name="t", quota={**quota, "offset": greatest})
    patch = {"op": "replace", "path": "/quota/offset", "value": str(greatest + 1)}
    with pytest.raises(ClientError, match="Usage Plan quota offset must be"):
        client.update_usage_plan(usagePlanId=plan["id"], patchOperations=[patch])

    assert client.get_usage_plan(usagePlanId=plan["id"])["quota"] == {**quota, "offset": greatest}


def test_a_changed_usage_plan_keeps_numbers(world: World) -> None:
    client = world.aws.client("apigateway")
    plan = client.create_usage_plan(
        name="t", quota={"limit": 100, "period": "DAY"}, throttle={"rateLimit": 2.0, "burstLimit": 3}
    )["id"]
    changes = {"/quota/limit": "7", "/throttle/rateLimit": "0.5", "/throttle/burstLimit": "9"}

    client.update_usage_plan(
        usagePlanId=plan,
        patchOperations=[{"op": "replace", "path": path, "value": value} for path, value in changes.items()],
    )

    (changed,) = client.get_usage_plans()["items"]
    assert (changed["quota"]["limit"], changed["throttle"]) == (7, {"rateLimit": 0.5, "burstLimit": 9})


def test_names_of_a_roles_tags_differ_by_more_than_case(world: World) -> None:
    tags = [{"Key": name, "Value": "x"} for name in ("project", "Project")]

    with pytest.raises(ClientError, match="Duplicate tag keys found"):
        world.aws.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}", Tags=tags)


def test_a_layers_content_can_be_downloaded(world: World) -> None:
    client = world.aws.client("lambda")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr("python/a.py", "x = 1")
    made = client.publish_layer_version(LayerName="layer", Content={"ZipFile": archive.getvalue()})

    content = client.get_layer_version(LayerName="layer", VersionNumber=made["Version"])["Content"]

    with urllib.request.urlopen(world.aws.endpoint + content["Location"], timeout=5) as answer:
        assert answer.read() == archive.getvalue()


@pytest.fixture
def queues(world: World) -> dict[str, str]:
    """A queue and its dead-letter queue, by name; returns their URLs."""
    urls = {"dead": world.sqs.create_queue(QueueName="dead")["QueueUrl"]}
    redrive = json.dumps({"deadLetterTargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead", "maxReceiveCount": 2})
    urls["index"] = world.sqs.create_queue(QueueName="index", Attributes={"RedrivePolicy": redrive})["QueueUrl"]
    return urls


def test_dead_letters_go_back_to_their_queue_as_new_messages(world: World, queues: dict[str, str]) -> None:
    dead = f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"
    for body in ("one", "two"):
        world.sqs.send_message(QueueUrl=queues["dead"], MessageBody=body)
    world.sqs.receive_message(QueueUrl=queues["dead"], VisibilityTimeout=0)

    handle = world.sqs.start_message_move_task(SourceArn=dead)["TaskHandle"]

    found = world.sqs.receive_message(QueueUrl=queues["index"], MaxNumberOfMessages=10, AttributeNames=["All"])
    (task,) = world.sqs.list_message_move_tasks(SourceArn=dead)["Results"]
    assert handle
    assert sorted(message["Body"] for message in found["Messages"]) == ["one", "two"]
    assert {message["Attributes"]["ApproximateReceiveCount"] for message in found["Messages"]} == {"1"}
    assert "Messages" not in world.sqs.receive_message(QueueUrl=queues["dead"])
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 2)


@pytest.mark.parametrize(
    ("source", "code"),
    [("index", "AWS.SimpleQueueService.UnsupportedOperation"), ("none", "ResourceNotFoundException")],
)
def test_only_a_dead_letter_queue_is_redriven(world: World, queues: dict[str, str], source: str, code: str) -> None:
    with pytest.raises(ClientError) as failure:
        world.sqs.start_message_move_task(SourceArn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:{source}")

    assert failure.value.response["Error"]["Code"] == code


@pytest.fixture
def versioned(world: World) -> list[tuple[str, str]]:
    """A bucket with three versions of each of 12 photos, every fourth erased; key and VersionId of each version."""
    world.s3.create_bucket(Bucket=BUCKET)
    world.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    keys = [f"{folder}/{number}.jpg" for folder in ("a", "b") for number in range(6)]
    written = [
        (key, world.s3.put_object(Bucket=BUCKET, Key=key, Body=b"%d" % version)["VersionId"])
        for version in range(3)
        for key in keys
    ]
    for key in keys[::4]:
        world.s3.delete_object(Bucket=BUCKET, Key=key)
    return written


@pytest.mark.parametrize("size", [1, 2, 4, 1000])
@pytest.mark.parametrize("prefix", ["", "b/", "b/3.jpg"])
def test_pages_of_versions_are_the_whole(
    world: World, versioned: list[tuple[str, str]], size: int, prefix: str
) -> None:
    pages = list(
        world.s3.get_paginator("list_object_versions").paginate(
            Bucket=BUCKET, Prefix=prefix, PaginationConfig={"PageSize": size}
        )
    )

    listed = [entry for page in pages for entry in page.get("Versions", [])]
    markers = [entry["Key"] for page in pages for entry in page.get("DeleteMarkers", [])]
    assert sorted((entry["Key"], entry["VersionId"]) for entry in listed) == sorted(
        (key, version) for key, version in versioned if key.startswith(prefix)
    )
    assert markers == [key for key in ("a/0.jpg", "a/4.jpg", "b/2.jpg") if key.startswith(prefix)]
    assert all(entry["IsLatest"] is (entry["VersionId"] == newest_of(versioned, entry["Key"])) for entry in listed)


def newest_of(versions: list[tuple[str, str]], key: str) -> str | None:
    """The newest version of a photo, unless it is erased."""
    return (
        None if key in ("a/0.jpg", "a/4.jpg", "b/2.jpg") else [version for name, version in versions if name == key][-1]
    )


def test_what_is_answered_and_gone_leaves_nothing_in_memory(world: World, versioned: list[tuple[str, str]]) -> None:
    url = world.sqs.create_queue(QueueName="passing")["QueueUrl"]

    def come_and_go() -> int:
        for _ in range(5):
            world.s3.list_object_versions(Bucket=BUCKET)
            world.sqs.send_message(QueueUrl=url, MessageBody="x")
            (message,) = world.sqs.receive_message(QueueUrl=url)["Messages"]
            world.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        gc.collect()
        return sum(isinstance(each, BaseModel) for each in gc.get_objects())

    come_and_go()

    assert come_and_go() == come_and_go()
