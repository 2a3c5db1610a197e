"""What boto3 sees of each fault that the local cloud makes on purpose."""

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any
from urllib.error import HTTPError

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from local_cloud.backend.corrections.s3_events import send_events_through
from local_cloud.faults.plan import Plan
from local_world import wait_until
from tests.contract.local_cloud.conftest import ACCOUNT, REGION, World

ONCE = Config(retries={"total_max_attempts": 1}, read_timeout=0.5)
BUCKET, QUEUE = "photos", "events"


@pytest.fixture(autouse=True)
def good_days_before_and_after(world: World) -> Iterator[None]:
    yield
    world.door.faults.replace(Plan())
    send_events_through(lambda event: [(event, 0.0)])


@pytest.fixture
def client(world: World) -> Callable[..., Any]:
    """Clients that do not try again, or do."""

    def make(service: str, config: Config = ONCE) -> Any:
        return boto3.client(
            service,
            endpoint_url=world.aws.endpoint,
            region_name=REGION,
            aws_access_key_id="any",
            aws_secret_access_key="any",
            config=config,
        )

    return make


@pytest.fixture
def table(world: World) -> str:
    world.dynamodb.create_table(
        TableName="rows",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return "rows"


@pytest.fixture
def queue(world: World) -> str:
    """The URL of a queue that hears of everything in the bucket."""
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{QUEUE}"
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    url = world.sqs.create_queue(QueueName=QUEUE, Attributes={"Policy": policy})["QueueUrl"]
    world.s3.create_bucket(Bucket=BUCKET)
    world.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    configuration = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]}
    world.s3.put_bucket_notification_configuration(
        Bucket=BUCKET, NotificationConfiguration={"QueueConfigurations": [configuration]}
    )
    world.sqs.purge_queue(QueueUrl=url)
    send_events_through(world.door.faults.send)
    return str(url)


def plan(world: World, **parts: Any) -> dict[str, Any]:
    """PUT /_local/faults."""
    return faults_page(world, "PUT", json.dumps(parts).encode())


def faults_page(world: World, method: str, body: bytes | None = None) -> dict[str, Any]:
    request = urllib.request.Request(f"{world.aws.endpoint}/_local/faults", data=body, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())


def rows_of(world: World, table: str) -> set[str]:
    return {item["id"]["S"] for item in world.dynamodb.scan(TableName=table)["Items"]}


def put_row(table: str, row: str) -> dict[str, Any]:
    return {"TableName": table, "Item": {"id": {"S": row}}}


def received(world: World, queue: str) -> list[dict[str, Any]]:
    answer = world.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


CALLS = {
    "dynamodb": lambda client: client.list_tables(),
    "rekognition": lambda client: client.list_collections(),
    "s3": lambda client: client.list_buckets(),
    "sqs": lambda client: client.list_queues(),
    "lambda": lambda client: client.list_functions(),
    "iam": lambda client: client.list_roles(),
}


@pytest.mark.parametrize(
    ("service", "code", "status"),
    [
        ("dynamodb", "ProvisionedThroughputExceededException", 400),
        ("rekognition", "ThrottlingException", 400),
        ("s3", "SlowDown", 503),
        ("sqs", "RequestThrottled", 403),
        ("lambda", "TooManyRequestsException", 429),
        ("iam", "ThrottlingException", 400),
    ],
)
def test_each_service_throttles_in_its_own_words(
    world: World, client: Callable[..., Any], service: str, code: str, status: int
) -> None:
    plan(world, calls=[{"fault": "throttle", "service": service}])

    with pytest.raises(ClientError) as refused:
        CALLS[service](client(service))

    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


@pytest.mark.parametrize("service", CALLS)
def test_each_service_fails_with_500(world: World, client: Callable[..., Any], service: str) -> None:
    plan(world, calls=[{"fault": "error", "service": service}])

    with pytest.raises(ClientError) as failed:
        CALLS[service](client(service))

    assert failed.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert failed.value.response["Error"]["Code"] in ("InternalServerError", "InternalError", "InternalFailure",
                                                      "ServiceException")  # fmt: skip


@pytest.mark.parametrize("service", ["dynamodb", "s3", "sqs"])
@pytest.mark.parametrize("fault", ["throttle", "error", "reset"])
def test_boto3_tries_again_after(world: World, client: Callable[..., Any], fault: str, service: str) -> None:
    plan(world, calls=[{"fault": fault, "service": service, "count": 2}])

    CALLS[service](client(service, Config(retries={"mode": "standard", "total_max_attempts": 3})))

    (rule,) = faults_page(world, "GET")["calls"]
    assert (rule["met"], rule["struck"]) == (3, 2)


def test_a_reset_call_is_closed_without_an_answer_and_not_carried_out(
    world: World, client: Callable[..., Any], table: str
) -> None:
    plan(world, calls=[{"fault": "reset", "operation": "PutItem"}])

    with pytest.raises(ConnectionClosedError):
        client("dynamodb").put_item(**put_row(table, "a"))

    assert rows_of(world, table) == set()


def test_a_call_that_is_not_answered_ends_by_the_clients_own_timeout(
    world: World, client: Callable[..., Any], table: str
) -> None:
    plan(world, calls=[{"fault": "timeout", "operation": "PutItem"}])

    with pytest.raises(ReadTimeoutError):
        client("dynamodb").put_item(**put_row(table, "a"))

    assert rows_of(world, table) == set()


def test_latency_is_added_and_the_call_carried_out(world: World, client: Callable[..., Any], table: str) -> None:
    plan(world, calls=[{"fault": "latency", "operation": "PutItem", "seconds": 0.3}])
    started = time.monotonic()

    client("dynamodb").put_item(**put_row(table, "a"))

    assert time.monotonic() - started >= 0.3
    assert rows_of(world, table) == {"a"}


def test_a_batch_of_writes_is_done_in_part_and_the_rest_handed_back(
    world: World, client: Callable[..., Any], table: str
) -> None:
    plan(world, calls=[{"fault": "unprocessed"}])
    requests = [{"PutRequest": {"Item": {"id": {"S": row}}}} for row in "abcde"]

    answer = client("dynamodb").batch_write_item(RequestItems={table: requests})

    assert rows_of(world, table) == {"a", "b"}
    assert answer["UnprocessedItems"] == {table: requests[2:]}


def test_a_batch_of_reads_is_done_in_part_and_the_rest_handed_back(
    world: World, client: Callable[..., Any], table: str
) -> None:
    for row in "abc":
        world.dynamodb.put_item(**put_row(table, row))
    plan(world, calls=[{"fault": "unprocessed"}])
    keys = [{"id": {"S": row}} for row in "abc"]

    answer = client("dynamodb").batch_get_item(RequestItems={table: {"Keys": keys, "ConsistentRead": True}})

    assert answer["Responses"] == {table: [keys[0]]}
    assert answer["UnprocessedKeys"] == {table: {"Keys": keys[1:], "ConsistentRead": True}}


def test_a_batch_of_one_is_refused_as_dynamodb_does(world: World, client: Callable[..., Any], table: str) -> None:
    plan(world, calls=[{"fault": "unprocessed"}])

    with pytest.raises(ClientError, match="ProvisionedThroughputExceededException"):
        client("dynamodb").batch_write_item(RequestItems={table: [{"DeleteRequest": {"Key": {"id": {"S": "a"}}}}]})


def test_a_transaction_is_cancelled_because_of_too_much_load(
    world: World, client: Callable[..., Any], table: str
) -> None:
    plan(world, calls=[{"fault": "unprocessed"}])

    with pytest.raises(ClientError, match="TransactionCanceledException") as refused:
        client("dynamodb").transact_write_items(TransactItems=[{"Put": put_row(table, row)} for row in "ab"])

    assert [reason["Code"] for reason in refused.value.response["CancellationReasons"]] == ["ThrottlingError", "None"]
    assert rows_of(world, table) == set()


def test_a_lost_event_never_comes(world: World, queue: str) -> None:
    plan(world, events=[{"fault": "duplicate"}, {"fault": "lost", "key": "a", "count": 1}])

    for key in ("a", "b", "a"):
        world.s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")

    found = [body["Records"][0]["s3"]["object"]["key"] for body in received(world, queue)]
    assert sorted(found) == ["a", "a", "b", "b"]


def test_objects_are_deleted_in_part_and_the_answer_is_200(
    world: World, client: Callable[..., Any], queue: str
) -> None:
    for key in "abcde":
        world.s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    plan(world, calls=[{"fault": "unprocessed"}])
    every = [{"Key": entry["Key"], "VersionId": entry["VersionId"]}
             for entry in world.s3.list_object_versions(Bucket=BUCKET)["Versions"]]  # fmt: skip

    for quiet, names in ((True, every[:1]), (False, every)):
        answer = client("s3").delete_objects(Bucket=BUCKET, Delete={"Objects": names, "Quiet": quiet})

    assert [entry["Key"] for entry in answer["Deleted"]] == ["a", "b"]
    assert [(entry["Key"], entry["VersionId"], entry["Code"]) for entry in answer["Errors"]] == [
        (name["Key"], name["VersionId"], "InternalError") for name in every[2:]
    ]
    assert [entry["Key"] for entry in world.s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == ["c", "d", "e"]


def test_a_rule_strikes_after_so_many_calls_and_so_many_times(
    world: World, client: Callable[..., Any], table: str
) -> None:
    plan(world, calls=[{"fault": "throttle", "operation": "PutItem", "after": 1, "count": 2}])

    for row in "abcde":
        try:
            client("dynamodb").put_item(**put_row(table, row))
        except ClientError:
            continue

    assert rows_of(world, table) == {"a", "d", "e"}


def test_a_rule_strikes_at_its_rate_and_by_its_seed_alike(world: World, client: Callable[..., Any], table: str) -> None:
    def struck(seed: int) -> list[int]:
        plan(world, seed=seed, calls=[{"fault": "throttle", "operation": "GetItem", "rate": 0.3}])
        refused, dynamodb = [], client("dynamodb")
        for number in range(60):
            try:
                dynamodb.get_item(TableName=table, Key={"id": {"S": "a"}})
            except ClientError:
                refused.append(number)
        return refused

    assert struck(1) == struck(1) != struck(2)
    assert 8 <= len(struck(1)) <= 30


def test_a_rule_strikes_only_what_it_is_about(world: World, client: Callable[..., Any], table: str) -> None:
    plan(
        world,
        calls=[
            {"fault": "throttle", "service": "dynamodb", "operation": "Put*", "mentions": "poïson"},
            {"fault": "throttle", "function": "*"},
            {"fault": "kill"},
        ],
    )

    client("dynamodb").put_item(**put_row(table, "a"))
    with pytest.raises(ClientError, match="Throughput"):
        client("dynamodb").put_item(**put_row(table, "poïson"))

    assert rows_of(world, table) == {"a"}
    assert [rule["struck"] for rule in faults_page(world, "GET")["calls"]] == [1, 0, 0]


@pytest.mark.parametrize(
    ("operation", "call"),
    [
        ("PutObject", lambda s3: s3.put_object(Bucket=BUCKET, Key="a/b", Body=b"x")),
        ("CopyObject", lambda s3: s3.copy_object(Bucket=BUCKET, Key="b", CopySource=f"{BUCKET}/a")),
        ("GetObject", lambda s3: s3.get_object(Bucket=BUCKET, Key="a")),
        ("HeadObject", lambda s3: s3.head_object(Bucket=BUCKET, Key="a")),
        ("DeleteObject", lambda s3: s3.delete_object(Bucket=BUCKET, Key="a")),
        ("DeleteObjects", lambda s3: s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "a"}]})),
        ("ListObjectsV2", lambda s3: s3.list_objects_v2(Bucket=BUCKET)),
        ("ListObjects", lambda s3: s3.list_objects(Bucket=BUCKET)),
        ("ListObjectVersions", lambda s3: s3.list_object_versions(Bucket=BUCKET)),
        ("CreateMultipartUpload", lambda s3: s3.create_multipart_upload(Bucket=BUCKET, Key="a")),
        ("UploadPart", lambda s3: s3.upload_part(Bucket=BUCKET, Key="a", UploadId="u", PartNumber=1, Body=b"x")),
        ("GetBucketVersioning", lambda s3: s3.get_bucket_versioning(Bucket=BUCKET)),
        ("ListBuckets", lambda s3: s3.list_buckets()),
    ],
)
def test_operations_of_s3_are_told_apart(
    world: World, client: Callable[..., Any], operation: str, call: Callable[[Any], Any]
) -> None:
    plan(world, calls=[{"fault": "throttle", "service": "s3", "operation": operation}])

    with pytest.raises(ClientError, match=r"SlowDown|503"):
        call(client("s3"))


def test_the_plan_ends_with_delete(world: World, client: Callable[..., Any]) -> None:
    plan(world, calls=[{"fault": "throttle"}], invisible_seconds=1)

    ended = faults_page(world, "DELETE")

    assert ended == {"seed": 0, "calls": [], "events": [], "invisible_seconds": 0.0}
    assert client("dynamodb").list_tables()["TableNames"] == []


def test_a_plan_with_mistakes_is_refused_and_changes_nothing(world: World) -> None:
    before = plan(world, calls=[{"fault": "throttle"}])

    with pytest.raises(HTTPError) as refused:
        plan(world, calls=[{"fault": "thunder", "rate": 2}], weather="bad")

    assert refused.value.code == 400
    told = json.loads(refused.value.read())["message"]
    for mistake in ("'weather'", "calls[0]: fault is one of throttle", "calls[0]: rate is from 0 to 1"):
        assert mistake in told
    assert faults_page(world, "GET") == before


def test_events_come_twice(world: World, queue: str) -> None:
    plan(world, events=[{"fault": "duplicate", "times": 2, "key": "a*"}])

    world.s3.put_object(Bucket=BUCKET, Key="a", Body=b"a")
    world.s3.put_object(Bucket=BUCKET, Key="b", Body=b"b")

    assert [keys_of(event) for event in received(world, queue)] == [["a"], ["a"], ["a"], ["b"]]


def test_events_come_late(world: World, queue: str) -> None:
    plan(world, events=[{"fault": "delay", "seconds": 0.4, "count": 1}])

    world.s3.put_object(Bucket=BUCKET, Key="a", Body=b"a")
    world.s3.put_object(Bucket=BUCKET, Key="b", Body=b"b")

    assert [keys_of(event) for event in received(world, queue)] == [["b"]]
    assert wait_until(lambda: [keys_of(event) for event in received(world, queue)], seconds=5) == [["a"]]


def test_events_lose_their_order(world: World, queue: str) -> None:
    plan(world, seed=3, events=[{"fault": "reorder", "seconds": 0.5}])

    for key in "abcdefgh":
        world.s3.put_object(Bucket=BUCKET, Key=key, Body=b"a")
    came: list[str] = []
    wait_until(lambda: came.extend(key for event in received(world, queue) for key in keys_of(event)) or len(came) == 8)

    assert sorted(came) == list("abcdefgh") != came


def test_test_events_come_among_them(world: World, queue: str) -> None:
    plan(world, events=[{"fault": "test_event"}])

    world.s3.put_object(Bucket=BUCKET, Key="a", Body=b"a")

    announced, event = received(world, queue)
    assert announced["Event"] == "s3:TestEvent"
    assert keys_of(event) == ["a"]


def test_events_of_older_versions_and_of_deleted_objects_come_again(world: World, queue: str) -> None:
    plan(world, events=[{"fault": "stale", "seconds": 0}])

    first = world.s3.put_object(Bucket=BUCKET, Key="a", Body=b"1")["VersionId"]
    second = world.s3.put_object(Bucket=BUCKET, Key="a", Body=b"2")["VersionId"]
    world.s3.delete_object(Bucket=BUCKET, Key="a")

    told = [event["Records"][0] for event in received(world, queue)]
    created = [each["s3"]["object"]["versionId"] for each in told if each["eventName"] == "ObjectCreated:Put"]
    assert created == [first, second, first, first]
    assert told[3]["eventName"] == "ObjectRemoved:DeleteMarkerCreated"


def keys_of(event: dict[str, Any]) -> list[str]:
    return [record["s3"]["object"]["key"] for record in event["Records"]]
