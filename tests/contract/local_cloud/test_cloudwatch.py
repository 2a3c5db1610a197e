"""CloudWatch over the backend: datapoints as clients see them, and what alarms do."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from alarms import Alarmed, in_alarm, put_alarms
from local_cloud.backend import snapshot
from local_cloud.backend.cloudwatch import RETENTION_SECONDS, BackendCloudWatch
from local_cloud.backend.corrections.functions import announce_reserved_concurrency
from local_cloud.backend.overview import overview
from local_cloud.monitoring.metrics import Recorder
from local_cloud.monitoring.monitor import Monitor
from local_cloud.monitoring.services import GatewayMetrics, LambdaMetrics
from tests.contract.local_cloud.conftest import ACCOUNT, REGION, World

ALARMED = Alarmed("x", ("index",), dead_letter_queue="x-dead", api_name="x", stage="v1")
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"


@dataclass
class Clock:
    """Stands still until it is told to go on; begins with a minute."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Monitored:
    """A monitor that ticks when told, and what feeds it."""

    world: World
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        recorder = Recorder(self.clock)
        self.functions = LambdaMetrics(recorder)
        self.gateway = GatewayMetrics(recorder, api_name="x", stage="v1")
        cloudwatch = BackendCloudWatch(self.world.backend, REGION)
        self.monitor = Monitor(recorder, cloudwatch, seconds=5, clock=self.clock)
        self.client = self.world.aws.client("cloudwatch")

    def tick(self, *, after: float = 0) -> None:
        self.clock.now += after
        self.monitor.tick()

    def fail(self) -> None:
        self.functions.invoked("x_index", seconds=0.1, failed=True)

    def statistics(self, namespace: str, name: str, **dimensions: str) -> list[dict[str, Any]]:
        now = datetime.fromtimestamp(self.clock.now, UTC)
        found = self.client.get_metric_statistics(
            Namespace=namespace,
            MetricName=name,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=now - timedelta(hours=12),
            EndTime=now + timedelta(minutes=1),
            Period=60,
            Statistics=["Sum", "SampleCount", "Maximum"],
        )["Datapoints"]
        return sorted(found, key=lambda each: each["Timestamp"])

    def alarm(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]
        return found


@pytest.fixture
def monitored(world: World) -> Monitored:
    return Monitored(world)


def test_a_functions_metrics_are_lambdas(monitored: Monitored) -> None:
    monitored.functions.invoked("f", seconds=0.25, failed=False)
    monitored.tick()
    monitored.functions.invoked("f", seconds=0.75, failed=True)
    monitored.functions.throttled("f")
    monitored.tick(after=5)

    shown = {
        name: [
            (each["Sum"], each["SampleCount"], each["Maximum"], each["Unit"])
            for each in monitored.statistics("AWS/Lambda", name, FunctionName="f")
        ]
        for name in ("Invocations", "Errors", "Throttles", "Duration")
    }

    assert shown == {
        "Invocations": [(2.0, 2.0, 1.0, "Count")],
        "Errors": [(1.0, 2.0, 1.0, "Count")],
        "Throttles": [(1.0, 3.0, 1.0, "Count")],
        "Duration": [(1000.0, 2.0, 750.0, "Milliseconds")],
    }


def test_an_apis_metrics_are_those_of_api_gateway(monitored: Monitored) -> None:
    for status in (200, 403, 502, 504):
        monitored.gateway.answered(status, seconds=0.01)
    monitored.tick()

    sums = {
        name: monitored.statistics("AWS/ApiGateway", name, ApiName="x", Stage="v1")[0]["Sum"]
        for name in ("Count", "4XXError", "5XXError", "Latency")
    }

    assert sums == {"Count": 4.0, "4XXError": 1.0, "5XXError": 2.0, "Latency": pytest.approx(40.0)}
    assert monitored.statistics("AWS/ApiGateway", "Count", ApiName="x")[0]["Sum"] == 4.0


def test_a_queues_depth_and_age_are_read_at_every_tick(monitored: Monitored) -> None:
    url = monitored.world.sqs.create_queue(QueueName="q")["QueueUrl"]
    monitored.tick()
    monitored.world.sqs.send_message(QueueUrl=url, MessageBody="m")
    monitored.tick(after=60)

    depths = monitored.statistics("AWS/SQS", "ApproximateNumberOfMessagesVisible", QueueName="q")
    ages = monitored.statistics("AWS/SQS", "ApproximateAgeOfOldestMessage", QueueName="q")

    assert [each["Maximum"] for each in depths] == [0.0, 1.0]
    assert (ages[1]["Unit"], ages[1]["Maximum"] < 60) == ("Seconds", True)


def test_a_new_alarm_has_no_data_and_a_changed_one_keeps_its_state(monitored: Monitored) -> None:
    put_alarms(monitored.client, ALARMED)
    before = monitored.alarm("x_index-errors")["StateValue"]
    monitored.fail()
    monitored.tick()

    put_alarms(monitored.client, ALARMED)

    assert before == "INSUFFICIENT_DATA"
    assert in_alarm(monitored.client) == {"x_index-errors"}


def test_an_alarm_trips_at_the_next_tick_and_ends_when_the_breach_is_out_of_sight(monitored: Monitored) -> None:
    put_alarms(monitored.client, ALARMED)
    monitored.tick()
    quiet = in_alarm(monitored.client)
    monitored.fail()
    monitored.tick(after=5)
    tripped = monitored.alarm("x_index-errors")
    monitored.tick(after=180)
    still = in_alarm(monitored.client)
    monitored.tick(after=60)
    ended = monitored.alarm("x_index-errors")

    assert (quiet, still) == (set(), {"x_index-errors"})
    assert tripped["StateReason"].startswith(
        "Threshold Crossed: 1 out of the last 1 datapoints [1.0 (15/01/27 08:00:00)]"
    )
    assert (ended["StateValue"], ended["StateReason"].count("[NonBreaching]")) == ("OK", 1)


def test_a_message_that_stays_keeps_its_alarm(monitored: Monitored) -> None:
    url = monitored.world.sqs.create_queue(QueueName="x-dead")["QueueUrl"]
    put_alarms(monitored.client, ALARMED)
    monitored.world.sqs.send_message(QueueUrl=url, MessageBody="poison")

    states = []
    for _ in range(10):
        monitored.tick(after=60)
        states.append(in_alarm(monitored.client))
    monitored.world.sqs.purge_queue(QueueUrl=url)
    monitored.tick(after=60)
    monitored.tick(after=60)

    assert states == [{"x-dead-letter"}] * 10
    assert in_alarm(monitored.client) == set()


def test_an_alarm_on_anybodys_metric_is_evaluated(monitored: Monitored) -> None:
    moment = datetime.fromtimestamp(monitored.clock.now - 30, UTC)
    datum = {"MetricName": "m", "Value": 9.0, "Timestamp": moment}
    monitored.client.put_metric_data(Namespace="Mine", MetricData=[datum])
    monitored.client.put_metric_alarm(
        AlarmName="mine",
        Namespace="Mine",
        MetricName="m",
        ExtendedStatistic="p90",
        Period=60,
        EvaluationPeriods=1,
        Threshold=8,
        ComparisonOperator="GreaterThanThreshold",
    )

    monitored.tick()

    assert in_alarm(monitored.client) == {"mine"}


def test_alarms_of_metric_math_are_left_alone(monitored: Monitored) -> None:
    monitored.client.put_metric_alarm(
        AlarmName="math",
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        Metrics=[{"Id": "e", "Expression": "1+1", "Period": 60}],
    )

    monitored.tick()

    assert monitored.alarm("math")["StateValue"] == "INSUFFICIENT_DATA"


@pytest.fixture
def heard(world: World) -> str:
    """The URL of a queue that hears what is published to the alarms' topic."""
    sns = world.aws.client("sns")
    sns.create_topic(Name="alarms")
    url: str = world.sqs.create_queue(QueueName="heard")["QueueUrl"]
    sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:heard")
    return url


def messages(world: World, url: str) -> list[dict[str, Any]]:
    received = world.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"]) for message in received]


def test_a_topic_hears_of_alarm_and_ok(monitored: Monitored, heard: str) -> None:
    put_alarms(monitored.client, ALARMED)
    monitored.tick()
    put_alarms(monitored.client, ALARMED, actions=[TOPIC])
    monitored.fail()
    monitored.tick(after=1)
    monitored.tick(after=1)
    monitored.tick(after=300)

    told = messages(monitored.world, heard)

    assert [each["Subject"] for each in told] == [
        'ALARM: "x_index-errors" in US East (N. Virginia)',
        'OK: "x_index-errors" in US East (N. Virginia)',
    ]
    first = json.loads(told[0]["Message"])
    assert (first["OldStateValue"], first["NewStateValue"], first["Trigger"]["Statistic"]) == ("OK", "ALARM", "SUM")


def test_nobody_hears_of_an_alarm_whose_actions_are_disabled(monitored: Monitored, heard: str) -> None:
    put_alarms(monitored.client, ALARMED, actions=[TOPIC])
    monitored.client.disable_alarm_actions(AlarmNames=["x_index-errors", "x_index-throttles"])
    monitored.client.disable_alarm_actions(AlarmNames=["x-dead-letter", "x-api-5xx"])
    monitored.fail()

    monitored.tick()

    assert in_alarm(monitored.client) == {"x_index-errors"}
    assert messages(monitored.world, heard) == []


def test_an_action_that_fails_hinders_nothing(monitored: Monitored, heard: str) -> None:
    gone = TOPIC.replace("alarms", "gone")
    put_alarms(monitored.client, ALARMED)
    monitored.tick()
    put_alarms(monitored.client, ALARMED, actions=[gone, "arn:aws:automate:us-east-1:ec2:stop", TOPIC])
    monitored.fail()

    monitored.tick()

    assert len(messages(monitored.world, heard)) == 1


def test_an_idle_cloud_changes_nothing(monitored: Monitored) -> None:
    monitored.world.sqs.create_queue(QueueName="q")
    put_alarms(monitored.client, ALARMED)
    monitored.tick()
    before = monitored.world.backend.writes

    for _ in range(20):
        monitored.tick(after=30)

    assert monitored.world.backend.writes == before


def test_datapoints_are_forgotten_after_a_while(monitored: Monitored) -> None:
    monitored.fail()
    monitored.tick()
    monitored.tick(after=RETENTION_SECONDS + 60)
    monitored.fail()
    monitored.tick()

    assert len(monitored.statistics("AWS/Lambda", "Errors", FunctionName="x_index")) == 1


def test_a_snapshot_has_the_alarms_and_no_datapoints(monitored: Monitored, tmp_path: Path) -> None:
    put_alarms(monitored.client, ALARMED)
    monitored.fail()
    monitored.tick()

    snapshot.save(tmp_path / "snapshot")
    snapshot.load(monitored.world.backend, tmp_path / "snapshot")

    assert in_alarm(monitored.client) == {"x_index-errors"}
    assert monitored.statistics("AWS/Lambda", "Errors", FunctionName="x_index") == []


def test_the_overview_names_alarms_in_alarm(monitored: Monitored) -> None:
    monitored.world.s3.create_bucket(Bucket="photos")
    key = {"AttributeName": "k", "AttributeType": "S"}, {"AttributeName": "k", "KeyType": "HASH"}
    monitored.world.dynamodb.create_table(
        TableName="t", AttributeDefinitions=[key[0]], KeySchema=[key[1]], BillingMode="PAY_PER_REQUEST"
    )
    put_alarms(monitored.client, ALARMED)
    monitored.fail()
    monitored.tick()

    assert overview(monitored.world.backend, bucket="photos", table="t")["alarms"] == ["x_index-errors"]


def test_reserved_concurrency_is_announced_and_told_also_when_it_is_none_at_all(world: World) -> None:
    announced: list[tuple[str, int | None]] = []
    announce_reserved_concurrency(lambda name, reserved: announced.append((name, reserved)))
    role = world.aws.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    client = world.aws.client("lambda")
    client.create_function(
        FunctionName="f", Runtime="python3.11", Role=role, Handler="a.b", Code={"ZipFile": b"PK\5\6" + bytes(18)}
    )

    client.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    told = client.get_function(FunctionName="f")["Concurrency"]
    client.delete_function_concurrency(FunctionName="f")

    assert announced == [("f", 0), ("f", None)]
    assert told == {"ReservedConcurrentExecutions": 0}
    assert "Concurrency" not in client.get_function(FunctionName="f")


@pytest.mark.parametrize(("limit", "most"), [(1000, 900), (10, 0), (150, 50)])
def test_a_part_of_the_accounts_concurrency_stays_unreserved(world: World, limit: int, most: int) -> None:
    announced: list[tuple[str, int | None]] = []
    announce_reserved_concurrency(lambda name, reserved: announced.append((name, reserved)), limit=limit)
    role = world.aws.client("iam").create_role(RoleName=f"r{limit}", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    client, name = world.aws.client("lambda"), f"f{limit}"
    client.create_function(
        FunctionName=name, Runtime="python3.11", Role=role, Handler="a.b", Code={"ZipFile": b"PK\5\6" + bytes(18)}
    )

    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=most)
    with pytest.raises(client.exceptions.InvalidParameterValueException, match=f"minimum value of .{min(100, limit)}."):
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=most + 1)
    client.delete_function_concurrency(FunctionName=name)

    assert announced == [(name, most), (name, None)]


def may_publish(**condition: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": TOPIC,
        "Condition": {"StringEquals": {"aws:SourceAccount": condition["account"]}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize(
    ("attribute", "value", "hears"),
    [
        ("Policy", may_publish(account=ACCOUNT), True),
        ("Policy", may_publish(account="210987654321"), False),
        ("Policy", '{"Version": "2012-10-17", "Statement": []}', False),
        ("KmsMasterKeyId", "alias/aws/sns", False),
    ],
)
def test_a_topic_hears_only_what_it_lets_cloudwatch_publish(
    monitored: Monitored, heard: str, attribute: str, value: str, *, hears: bool
) -> None:
    monitored.world.aws.client("sns").set_topic_attributes(
        TopicArn=TOPIC, AttributeName=attribute, AttributeValue=value
    )
    put_alarms(monitored.client, ALARMED, actions=[TOPIC])
    monitored.tick()
    monitored.world.sqs.purge_queue(QueueUrl=heard)

    monitored.fail()
    monitored.tick()

    found = monitored.world.sqs.receive_message(QueueUrl=heard).get("Messages", [])
    assert bool(found) is hears
    assert "x_index-errors" in in_alarm(monitored.client)


@pytest.mark.parametrize(
    ("actions", "refusal"),
    [
        ([TOPIC.replace(REGION, "eu-west-1")], f"Invalid region eu-west-1 specified. Only {REGION} is supported."),
        ([f"{TOPIC}{number}" for number in range(6)], "length less than or equal to 5"),
    ],
)
def test_an_alarm_notifies_five_of_its_own_region(world: World, actions: list[str], refusal: str) -> None:
    with pytest.raises(ClientError, match=refusal):
        world.aws.client("cloudwatch").put_metric_alarm(
            AlarmName="a",
            Namespace="n",
            MetricName="m",
            ComparisonOperator="GreaterThanThreshold",
            Statistic="Sum",
            Threshold=0,
            Period=60,
            EvaluationPeriods=1,
            AlarmActions=actions,
        )
