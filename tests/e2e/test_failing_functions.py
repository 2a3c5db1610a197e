"""Functions that fail, behind the gateway and behind a queue: what callers get, what is kept, which alarm trips.

Small real functions in real processes, deployed through the APIs as anybody would, with the real gateway, pollers
and CloudWatch; only the clock of the alarms does not run by itself.
"""

import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from alarms import Alarmed, in_alarm, put_alarms
from local_cloud.aws import Aws
from local_cloud.backend.application import AwsBackend
from local_cloud.backend.cloudwatch import BackendCloudWatch
from local_cloud.backend.corrections.functions import announce_reserved_concurrency
from local_cloud.backend.moto_state import ACCOUNT_ID, services_in_use
from local_cloud.backend.queues import BackendQueues
from local_cloud.blueprint import read_contract
from local_cloud.cloud import require_packages
from local_cloud.commands.status import screen
from local_cloud.discovery import Deployment, discover
from local_cloud.door import Door
from local_cloud.events import EventPollers
from local_cloud.gateway.access_log import AccessLog
from local_cloud.gateway.app import Gateway
from local_cloud.gateway.steps import Deployed
from local_cloud.gateway.usage import Usage
from local_cloud.http_server import HttpServer
from local_cloud.lambda_runtime.environment import Place
from local_cloud.lambda_runtime.runtime import LambdaRuntime
from local_cloud.monitoring.metrics import Recorder
from local_cloud.monitoring.monitor import Monitor
from local_cloud.monitoring.services import GatewayMetrics, LambdaMetrics
from local_cloud.provision.api import ensure_api
from local_cloud.provision.api_definition import with_integrations
from local_cloud.settings import ACCESS_KEY_ID, SECRET_ACCESS_KEY, Settings
from local_world import start_cloud, wait_until

pytestmark = pytest.mark.e2e

SHARED = "tiny"
STAGE = "v1"
QUEUE, DEAD_LETTER_QUEUE = f"{SHARED}-index", f"{SHARED}-index-dead"
MAX_RECEIVE_COUNT = 2
CODE = """
import os, time

def works(event, context):
    return {"statusCode": 200, "body": "{}"}

def throws(event, context):
    raise ValueError("a secret detail")

def sleeps(event, context):
    time.sleep(30)

def malformed(event, context):
    return {"status": 200}

def index(event, context):
    failures = []
    for record in event["Records"]:
        if record["body"] == "poison":
            failures.append({"itemIdentifier": record["messageId"]})
        else:
            with open(os.environ["DONE"], "a") as done:
                done.write(record["body"] + "\\n")
    return {"batchItemFailures": failures}
"""
ROUTES = ("works", "throws", "sleeps", "malformed")


def zipped_code() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", CODE)
    return buffer.getvalue()


@dataclass
class World:
    """The running parts, and what tests do with them."""

    aws: Aws
    runtime: LambdaRuntime
    monitor: Monitor
    url: str
    done: Path

    def call(self, route: str) -> requests.Response:
        return requests.get(f"{self.url}/{STAGE}/{route}", timeout=20)

    def queue_url(self, name: str) -> str:
        url: str = self.aws.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
        return url

    def send(self, *bodies: str) -> None:
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
        self.aws.client("sqs").send_message_batch(QueueUrl=self.queue_url(QUEUE), Entries=entries)

    def depth(self, name: str) -> int:
        """Messages of a queue, visible or in flight."""
        answer = self.aws.client("sqs").get_queue_attributes(QueueUrl=self.queue_url(name), AttributeNames=["All"])
        shown = answer["Attributes"]
        return int(shown["ApproximateNumberOfMessages"]) + int(shown["ApproximateNumberOfMessagesNotVisible"])

    def dead(self, *, seconds: float = 30) -> list[tuple[str, int]]:
        """Body and receive count of the dead letters, once there are any and the queue itself is empty."""
        wait_until(lambda: self.depth(DEAD_LETTER_QUEUE) and not self.depth(QUEUE), seconds=seconds)
        received = self.aws.client("sqs").receive_message(
            QueueUrl=self.queue_url(DEAD_LETTER_QUEUE),
            MaxNumberOfMessages=10,
            AttributeNames=["ApproximateReceiveCount"],
            VisibilityTimeout=0,
        )["Messages"]
        return [(each["Body"], int(each["Attributes"]["ApproximateReceiveCount"])) for each in received]

    def done_bodies(self) -> list[str]:
        return sorted(self.done.read_text().splitlines()) if self.done.exists() else []

    def reserve(self, function: str, concurrency: int) -> None:
        self.aws.client("lambda").put_function_concurrency(
            FunctionName=f"{SHARED}_{function}", ReservedConcurrentExecutions=concurrency
        )

    def alarms(self) -> set[str]:
        """Names of the alarms in ALARM after the next look at them, without what they all begin with."""
        self.monitor.tick()
        return {name.removeprefix(SHARED)[1:] for name in in_alarm(self.aws.client("cloudwatch"))}


def create_functions(aws: Aws, handlers: dict[str, str], done: Path) -> dict[str, str]:
    """Function name → ARN."""
    role = aws.client("iam").create_role(RoleName=SHARED, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    return {
        name: aws.client("lambda").create_function(
            FunctionName=f"{SHARED}_{name}",
            Runtime="python3.11",
            Role=role,
            Handler=f"app.{handler}",
            Timeout=1 if handler == "sleeps" else 10,
            Environment={"Variables": {"DONE": str(done)}},
            Code={"ZipFile": zipped_code()},
        )["FunctionArn"]
        for name, handler in handlers.items()
    }


def create_queues(aws: Aws, visibility: int) -> None:
    sqs = aws.client("sqs")
    dead = sqs.create_queue(QueueName=DEAD_LETTER_QUEUE)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": MAX_RECEIVE_COUNT})
    attributes = {"VisibilityTimeout": str(visibility), "RedrivePolicy": redrive}
    sqs.create_queue(QueueName=QUEUE, Attributes=attributes)
    aws.client("lambda").create_event_source_mapping(
        EventSourceArn=arn.removesuffix("-dead"),
        FunctionName=f"{SHARED}_index",
        BatchSize=10,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )


def create_api(aws: Aws, functions: dict[str, str], settings: Settings) -> str:
    """One open route per function, with the error bodies of our contract."""
    paths = {f"/{route}": {"get": {"operationId": route, "security": []}} for route in ROUTES}
    responses = "x-amazon-apigateway-gateway-responses"
    contract = {"openapi": "3.0.3", "info": {"title": SHARED, "version": "1"}, "paths": paths}
    definition = with_integrations(contract | {responses: read_contract()[responses]}, functions, settings.region)
    return ensure_api(aws, SHARED, definition, settings).api_id


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as closing:
        yield closing


@pytest.fixture
def start(stack: ExitStack, tmp_path: Path) -> Callable[..., World]:
    """Deploys and runs everything; `index` is the handler behind the queue, `visibility` the queue's, in seconds."""
    settings = Settings(stage=STAGE)
    layer, packages = require_packages(settings.packages)

    def start_world(index: str = "index", visibility: int = 1) -> World:
        backend = AwsBackend()
        for service in list(services_in_use()):
            for region in service.values():
                region.reset()
        door = Door(
            backend, engine=("127.0.0.1", 9), region=settings.region, secrets={ACCESS_KEY_ID: SECRET_ACCESS_KEY}
        )
        server = HttpServer(door, host="127.0.0.1", port=0, threads=8)
        server.start()
        stack.callback(server.close)
        aws = Aws(f"http://127.0.0.1:{server.port}", settings.region)
        functions = create_functions(aws, {**dict(zip(ROUTES, ROUTES, strict=True)), "index": index}, tmp_path / "done")
        create_queues(aws, visibility)
        api_id = create_api(aws, functions, settings)
        deployment = discover(aws, api_id=api_id, stage=STAGE, code_folder=tmp_path / "code", layer=layer)
        return run(backend, aws, deployment, packages)

    def run(backend: AwsBackend, aws: Aws, deployment: Deployment, packages: Path) -> World:
        recorder = Recorder()
        place = Place(
            region=aws.region,
            aws_endpoint=aws.endpoint,
            rekognition_endpoint="http://127.0.0.1:9",
            access_key_id=ACCESS_KEY_ID,
            secret_access_key=SECRET_ACCESS_KEY,
            runtime=packages,
        )
        runtime = LambdaRuntime(place, logs=tmp_path / "logs", workers_per_function=2, observer=LambdaMetrics(recorder))
        stack.callback(runtime.close)
        runtime.deploy(deployment.functions)
        announce_reserved_concurrency(runtime.reserve)
        pollers = EventPollers(deployment.event_sources, BackendQueues(backend), runtime)
        pollers.start()
        stack.callback(pollers.close, seconds=5)
        access_log = AccessLog(tmp_path / "logs" / "access.log")
        stack.callback(access_log.close)
        deployed = Deployed(deployment.definition, Usage(deployment.plans_by_key), runtime, ACCOUNT_ID)
        gateway = Gateway(deployed, access_log, GatewayMetrics(recorder, api_name=deployment.api_name, stage=STAGE))
        server = HttpServer(gateway, host="127.0.0.1", port=0, threads=8, body_limit=gateway.body_limit)
        server.start()
        stack.callback(server.close)
        put_alarms(
            aws.client("cloudwatch"), Alarmed(SHARED, (*ROUTES, "index"), DEAD_LETTER_QUEUE, deployment.api_name, STAGE)
        )
        monitor = Monitor(recorder, BackendCloudWatch(backend, aws.region), seconds=60)
        return World(aws, runtime, monitor, f"http://127.0.0.1:{server.port}", tmp_path / "done")

    return start_world


@pytest.mark.parametrize(
    ("route", "status", "error", "alarms"),
    [
        ("works", 200, None, set()),
        ("throws", 502, "Internal", {"api-5xx", "throws-errors"}),
        ("sleeps", 502, "Internal", {"api-5xx", "sleeps-errors"}),
        ("malformed", 502, "Internal", {"api-5xx"}),
    ],
)
def test_what_a_caller_of_a_failing_function_gets_and_which_alarm_trips(
    start: Callable[..., World], route: str, status: int, error: str | None, alarms: set[str]
) -> None:
    world = start()

    answer = world.call(route)

    assert (answer.status_code, answer.json().get("error")) == (status, error)
    assert "secret" not in answer.text
    assert world.alarms() == alarms


def test_a_throttled_function_is_504_by_our_template_and_trips_throttles_but_not_errors(
    start: Callable[..., World],
) -> None:
    world = start()
    world.call("works")
    world.reserve("works", 0)

    refused = world.call("works")
    world.aws.client("lambda").delete_function_concurrency(FunctionName=f"{SHARED}_works")
    again = world.call("works")

    assert (refused.status_code, refused.json()["error"], again.status_code) == (504, "Upstream", 200)
    assert world.alarms() == {"api-5xx", "works-throttles"}


@pytest.mark.parametrize(("handler", "visibility"), [("throws", 1), ("sleeps", 2)])
def test_messages_of_a_failing_function_are_kept_as_dead_letters(
    start: Callable[..., World], handler: str, visibility: int
) -> None:
    world = start(index=handler, visibility=visibility)

    world.send("a", "b")

    count = MAX_RECEIVE_COUNT + 1  # the last of them is this look into the dead-letter queue
    assert sorted(world.dead()) == [("a", count), ("b", count)]
    assert world.alarms() == {"dead-letter", "index-errors"}


def test_a_poison_message_takes_none_of_its_batch_with_it(start: Callable[..., World]) -> None:
    world = start()

    world.send("a", "poison", "b")

    assert world.dead() == [("poison", MAX_RECEIVE_COUNT + 1)]
    assert world.done_bodies() == ["a", "b"]
    assert world.alarms() == {"dead-letter"}  # the function itself did not fail: it told which message did


def test_messages_of_a_function_that_stays_throttled_become_dead_letters_after_their_visibility_timeouts(
    start: Callable[..., World],
) -> None:
    world = start(visibility=2)
    world.reserve("index", 0)
    started = time.monotonic()

    world.send("a")

    assert world.dead() == [("a", MAX_RECEIVE_COUNT + 1)]
    assert time.monotonic() - started >= 2 * MAX_RECEIVE_COUNT - 0.5
    assert (world.done_bodies(), world.alarms()) == ([], {"dead-letter", "index-throttles"})


def test_nothing_is_lost_when_a_throttled_function_may_run_again(start: Callable[..., World]) -> None:
    world = start(visibility=20)
    world.reserve("index", 0)
    world.send("a", "b")
    wait_until(lambda: "index-throttles" in world.alarms(), seconds=10)

    world.reserve("index", 1)

    wait_until(lambda: not world.depth(QUEUE), seconds=15)
    assert (world.done_bodies(), world.depth(DEAD_LETTER_QUEUE)) == (["a", "b"], 0)


def test_more_reserved_than_this_machine_runs_refuses_nobody(start: Callable[..., World]) -> None:
    world = start()
    world.reserve("works", 100)

    assert world.call("works").status_code == 200
    assert world.runtime.pool(f"{SHARED}_works").pids()
    assert world.alarms() == set()


def test_the_whole_cloud_shows_its_alarms_and_a_restart_keeps_a_function_throttled(tmp_path: Path) -> None:
    options = {"LOCAL_CLOUD_ALARM_SECONDS": "0.2"}
    cloud = start_cloud(tmp_path, **options)
    try:
        alarmed = Alarmed("rekognition", ("library",), "rekognition-index-dead", "rekognition", "v1")
        put_alarms(cloud.client("cloudwatch"), alarmed)
        healthy = cloud.send("GET", "/index").status_code
        cloud.client("lambda").put_function_concurrency(
            FunctionName="rekognition_library", ReservedConcurrentExecutions=0
        )
        throttled = cloud.send("GET", "/index").status_code
        wait_until(lambda: cloud.status()["alarms"] == ["rekognition-api-5xx", "rekognition_library-throttles"])
        shown = screen(cloud.status())
    finally:
        cloud.stop()
    cloud = start_cloud(tmp_path, **options)
    try:
        after = cloud.send("GET", "/index").status_code
    finally:
        cloud.stop()

    assert (healthy, throttled, after) == (200, 504, 504)
    assert "alarms       rekognition-api-5xx, rekognition_library-throttles" in shown
