"""A whole small cloud in this process: tiny real functions, deployed through the APIs as anybody would.

Real processes, gateway, pollers and CloudWatch; only the clock of the alarms does not run by itself.
"""

import io
import json
import zipfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import requests

from alarms import Alarmed, in_alarm, put_alarms
from local_cloud.aws import Aws
from local_cloud.backend.application import AwsBackend
from local_cloud.backend.cloudwatch import BackendCloudWatch
from local_cloud.backend.corrections.functions import announce_reserved_concurrency
from local_cloud.backend.moto_state import ACCOUNT_ID, services_in_use
from local_cloud.backend.queues import BackendQueues
from local_cloud.blueprint import read_contract
from local_cloud.discovery import Deployment, discover
from local_cloud.door import Door
from local_cloud.events import EventPollers
from local_cloud.gateway.access_log import AccessLog
from local_cloud.gateway.app import Gateway
from local_cloud.gateway.steps import Deployed
from local_cloud.gateway.usage import Usage
from local_cloud.guard import Guard
from local_cloud.http_server import HttpServer
from local_cloud.iam.gate import Gate
from local_cloud.iam.roles import Roles
from local_cloud.lambda_runtime.environment import Place
from local_cloud.lambda_runtime.runtime import LambdaRuntime
from local_cloud.monitoring.metrics import Recorder
from local_cloud.monitoring.monitor import Monitor
from local_cloud.monitoring.services import GatewayMetrics, LambdaMetrics
from local_cloud.prerequisites import require_packages
from local_cloud.provision.api import ensure_api
from local_cloud.provision.api_definition import api_definition
from local_cloud.settings import ACCESS_KEY_ID, SECRET_ACCESS_KEY, Settings
from local_world import wait_until

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
class TinyCloud:
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


def create_api(aws: Aws, functions: dict[str, str], settings: Settings) -> None:
    """One open route per function, with the error bodies of our contract."""
    responses = {"200": {"description": "It works"}}
    paths = {f"/{route}": {"get": {"operationId": route, "security": [], "responses": responses}} for route in ROUTES}
    definition = api_definition(
        read_contract() | {"paths": paths},
        title=SHARED,
        function_arns=functions,
        functions_by_operation={route: route for route in ROUTES},
        region=settings.region,
        cross_origin=False,
    )
    ensure_api(aws, SHARED, definition, settings)


def start_tiny_cloud(stack: ExitStack, folder: Path, *, index: str = "index", visibility: int = 1) -> TinyCloud:
    """Runs until `stack` is closed; `index` is the handler behind the queue, `visibility` the queue's, in seconds."""
    settings = Settings(stage=STAGE)
    layer, packages = require_packages(settings.packages)
    backend = empty_backend()
    aws = open_door(stack, backend, settings)
    handlers = {**dict(zip(ROUTES, ROUTES, strict=True)), "index": index}
    functions = create_functions(aws, handlers, folder / "done")
    create_queues(aws, visibility)
    create_api(aws, functions, settings)
    deployment = discover(aws, name=SHARED, stage=STAGE, code_folder=folder / "code", layer=layer)
    alarmed = Alarmed(SHARED, (*ROUTES, "index"), DEAD_LETTER_QUEUE, deployment.api_name, STAGE)
    put_alarms(aws.client("cloudwatch"), alarmed)
    recorder = Recorder()
    runtime = start_runtime(stack, aws, deployment, folder, packages, recorder)
    pollers = EventPollers(deployment.event_sources, BackendQueues(backend), runtime)
    pollers.start()
    stack.callback(pollers.close, seconds=5)
    url = start_gateway(stack, deployment, runtime, folder, recorder)
    monitor = Monitor(recorder, BackendCloudWatch(backend, aws.region), seconds=60)
    return TinyCloud(aws, runtime, monitor, url, folder / "done")


def empty_backend() -> AwsBackend:
    backend = AwsBackend()
    for service in list(services_in_use()):
        for region in service.values():
            region.reset()
    return backend


def open_door(stack: ExitStack, backend: AwsBackend, settings: Settings) -> Aws:
    roles = Roles(backend)
    guard = Guard(roles, Gate(roles), {ACCESS_KEY_ID: SECRET_ACCESS_KEY})
    door = Door(backend, engine=("127.0.0.1", 9), region=settings.region, guard=guard)
    server = HttpServer(door, host="127.0.0.1", port=0, threads=8)
    server.start()
    stack.callback(server.close)
    return Aws(f"http://127.0.0.1:{server.port}", settings.region)


def start_runtime(
    stack: ExitStack, aws: Aws, deployment: Deployment, folder: Path, packages: Path, recorder: Recorder
) -> LambdaRuntime:
    place = Place(
        region=aws.region,
        aws_endpoint=aws.endpoint,
        access_key_id=ACCESS_KEY_ID,
        secret_access_key=SECRET_ACCESS_KEY,
        runtime=packages,
    )
    observer = LambdaMetrics(recorder)
    runtime = LambdaRuntime(place, logs=folder / "logs", workers_per_function=2, observer=observer)
    stack.callback(runtime.close)
    runtime.deploy(deployment.functions)
    announce_reserved_concurrency(runtime.reserve)
    return runtime


def start_gateway(
    stack: ExitStack, deployment: Deployment, runtime: LambdaRuntime, folder: Path, recorder: Recorder
) -> str:
    """Returns its URL, without the stage."""
    access_log = AccessLog(folder / "logs" / "access.log")
    stack.callback(access_log.close)
    deployed = Deployed(deployment.definition, Usage(deployment.plans_by_key), runtime, ACCOUNT_ID)
    gateway = Gateway(deployed, access_log, GatewayMetrics(recorder, api_name=deployment.api_name, stage=STAGE))
    server = HttpServer(gateway, host="127.0.0.1", port=0, threads=8, body_limit=gateway.body_limit)
    server.start()
    stack.callback(server.close)
    return f"http://127.0.0.1:{server.port}"
