"""Starts and stops the whole: engine, door, deployment, functions, pollers, gateway."""

import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from local_cloud.aws import Aws
from local_cloud.backend.application import AwsBackend
from local_cloud.backend.cloudwatch import BackendCloudWatch
from local_cloud.backend.corrections.functions import announce_reserved_concurrency
from local_cloud.backend.corrections.object_bytes import keep_objects_in
from local_cloud.backend.corrections.quotas import tell_concurrency
from local_cloud.backend.corrections.s3_events import send_events_through
from local_cloud.backend.domains import BackendDomains
from local_cloud.backend.moto_state import ACCOUNT_ID
from local_cloud.backend.overview import overview
from local_cloud.backend.queues import BackendQueues
from local_cloud.backend.snapshot import Keeper, SnapshotTimer
from local_cloud.blueprint import Names
from local_cloud.callers import NoPages, OwnHostOnly, refuse_unread
from local_cloud.data_lock import DataLock
from local_cloud.discovery import Deployment, discover
from local_cloud.door import CALLS_PATH, STATUS_PATH, Door
from local_cloud.engine import Engine, free_port
from local_cloud.events import EventPollers
from local_cloud.faults.plan import Plan
from local_cloud.faults.reading import read_plan_file
from local_cloud.gateway.access_log import AccessLog
from local_cloud.gateway.app import Gateway
from local_cloud.gateway.contract_page import ContractPage
from local_cloud.gateway.domains import DomainsFirst
from local_cloud.gateway.steps import Deployed
from local_cloud.gateway.usage import MethodThrottles, Usage
from local_cloud.guard import Guard
from local_cloud.http_server import HttpServer
from local_cloud.iam.gate import Gate
from local_cloud.iam.invocation import gateway_permission
from local_cloud.iam.role_queues import RoleQueues
from local_cloud.iam.roles import Roles
from local_cloud.lambda_runtime.environment import Place
from local_cloud.lambda_runtime.runtime import LambdaRuntime
from local_cloud.monitoring.embedded_metrics import EmbeddedMetrics
from local_cloud.monitoring.metrics import Recorder
from local_cloud.monitoring.monitor import Monitor
from local_cloud.monitoring.services import GatewayMetrics, LambdaMetrics
from local_cloud.prerequisites import require_free_ports, require_packages
from local_cloud.private_files import make_private
from local_cloud.provision.domain import ensure_zone
from local_cloud.provision.progress import Progress, silent
from local_cloud.provision.storage import ensure_collection
from local_cloud.provision.terraform import Run, Terraform, require_terraform, variables_of
from local_cloud.provision.world import build_code, provision
from local_cloud.settings import ACCESS_KEY_ID, REPOSITORY, SECRET_ACCESS_KEY, Settings, environment_for_children

_ENGINE_SECONDS = 60.0
_GATEWAY_THREADS = 256  # uploads wait for their faceprint, up to 10 s each
_DOOR_THREADS = 48  # calls of workers, and long polls
_DRAIN_SECONDS = 10.0


@dataclass(frozen=True)
class Addresses:
    """What `up --json` prints, in its names."""

    url: str
    apiKey: str  # noqa: N815  # the names of the JSON line
    awsEndpoint: str  # noqa: N815
    rekognitionEndpoint: str  # noqa: N815
    bucket: str
    table: str
    imagesTable: str  # noqa: N815
    collection: str

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


class Cloud:
    """A running local cloud. `close` ends everything, in the reverse order of its start."""

    def __init__(self, settings: Settings, progress: Progress = silent) -> None:
        self.settings, self._progress = settings, progress
        self._stack = ExitStack()
        self._recorder = Recorder()
        self._lock: DataLock | None = None
        self.data = self._data_folder()
        self.logs = self.data / "logs"
        self.terraform: Terraform | None = None
        self.applied: Run | None = None
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._stack.close()

    def status(self, names: Names) -> dict[str, object]:
        """What `status` shows: processes, queues and counts."""
        return {
            "engine": {"pid": self.engine.pid, "health": "healthy" if self.engine.is_healthy() else "not answering"},
            "workers": self.runtime.pids(),
            **overview(self.backend, bucket=names.bucket, table=names.table),
        }

    def _start(self) -> None:
        settings, data = self.settings, self.data
        require_free_ports(settings)
        plan = read_plan_file(settings.faults) if settings.faults else Plan()
        layer, runtime = require_packages(settings.packages)
        names = Names(settings.shared_resource_identifier, ACCOUNT_ID)
        aws, door = self._provision_by_terraform() if settings.terraform else self._provision(names)
        deployment = discover(aws, name=names.shared, stage=settings.stage, code_folder=data / "code", layer=layer)
        door.invoker = self.runtime = self._start_runtime(aws, deployment, runtime)
        self._finish_collection(aws, names)
        self._start_monitor()
        self._plan_faults(door, plan)
        self._start_pollers(deployment)
        url = self._start_gateway(deployment)
        door.pages |= {STATUS_PATH: lambda: self.status(names), CALLS_PATH: self.gate.calls}
        self.addresses = Addresses(
            url=url,
            apiKey=deployment.api_key,
            awsEndpoint=aws.endpoint,
            rekognitionEndpoint=settings.rekognition_endpoint_url or self.engine.endpoint,
            bucket=names.bucket,
            table=names.table,
            imagesTable=names.images_table,
            collection=names.collection,
        )

    def _provision(self, names: Names) -> tuple[Aws, Door]:
        """By boto3, in about a second, while the engine starts."""
        with ThreadPoolExecutor(max_workers=1) as helper:
            code = helper.submit(build_code, self.data / "code.zip")
            aws, door = self._start_door()
            provision(aws, names, self.settings, code.result())
        return aws, door

    def _provision_by_terraform(self) -> tuple[Aws, Door]:
        """By the files that deploy to AWS, collection included."""
        require_terraform()
        aws, door = self._start_door()
        self.engine.wait_until_healthy(_ENGINE_SECONDS)
        if self.settings.create_custom_domain:
            ensure_zone(aws, self.settings.root_domain)
        variables = variables_of(self.settings)
        folder = self.data / "terraform" / self.settings.shared_resource_identifier
        self.terraform = Terraform(
            folder, aws_endpoint=aws.endpoint, variables=variables, region=aws.region, progress=self._progress
        )
        self.applied = self.terraform.apply()
        return aws, door

    def _finish_collection(self, aws: Aws, names: Names) -> None:
        """What boto3 has left for when the engine is up."""
        if self.terraform is None:
            self.engine.wait_until_healthy(_ENGINE_SECONDS)
            rekognition = Aws(self.settings.rekognition_endpoint_url or aws.endpoint, aws.region)
            ensure_collection(rekognition.client("rekognition"), names.collection)

    def _data_folder(self) -> Path:
        if self.settings.data is not None:
            folder = make_private(self.settings.data)
            self._lock = DataLock(folder)
            self._stack.callback(self._lock.close)
            return folder
        folder = Path(tempfile.mkdtemp(prefix="faceprint-"))
        self._stack.callback(shutil.rmtree, folder, ignore_errors=True)
        return folder

    def _start_door(self) -> tuple[Aws, Door]:
        """The backend behind its door, and the engine, which reads photos through the door."""
        settings = self.settings
        keep_objects_in(self.data / "objects")
        tell_concurrency(settings.concurrency)
        self.backend = AwsBackend()
        self._keeper = Keeper(self.backend, self.data / "aws.snapshot")
        self._stack.callback(self._keeper.close)  # last of all that can still change something
        self.roles = Roles(self.backend)
        self.gate = Gate(self.roles)
        engine_port = settings.engine_port or free_port()
        door = Door(
            self.backend,
            engine=("127.0.0.1", engine_port),
            region=settings.region,
            guard=Guard(self.roles, self.gate, {ACCESS_KEY_ID: SECRET_ACCESS_KEY}),
        )
        self._stack.callback(door.close)
        callers = NoPages(door, settings.own_names)
        server = HttpServer(
            callers, host=settings.host, port=settings.door_port, threads=_DOOR_THREADS, refuse=refuse_unread
        )
        self._stack.callback(server.close)
        aws = Aws(f"http://{settings.host}:{server.port}", settings.region)
        self.engine = self._start_engine(engine_port, aws.endpoint)
        self._restore()
        server.start()
        return aws, door

    def _start_engine(self, port: int, aws_endpoint: str) -> Engine:
        environment = environment_for_children() | {
            "AWS_ENDPOINT_URL": aws_endpoint,
            "AWS_REGION": self.settings.region,
            "AWS_DEFAULT_REGION": self.settings.region,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
            "FACE_ENGINE_TPS": self.settings.engine_tps,
        }
        engine = Engine(
            *(self.settings.engine_module, "--port", str(port), "--data", str(self.data / "engine")),
            port=port,
            env=environment,
            cwd=REPOSITORY,
            log_file=self.logs / "engine.log",
            inherited=(self._lock.descriptor,) if self._lock else (),
        )
        self._stack.callback(engine.close)
        return engine

    def _restore(self) -> None:
        """With a kept data directory: continue where the last cloud stopped, and write down every change."""
        if self.settings.data is not None:
            self._keeper.start()
            timer = SnapshotTimer(self._keeper)
            timer.start()
            self._stack.callback(timer.close)

    def _start_runtime(self, aws: Aws, deployment: Deployment, runtime_packages: Path) -> LambdaRuntime:
        place = Place(
            region=aws.region,
            aws_endpoint=aws.endpoint,
            access_key_id=ACCESS_KEY_ID,
            secret_access_key=SECRET_ACCESS_KEY,
            runtime=runtime_packages,
            assume=self.roles.assume,
        )
        runtime = LambdaRuntime(
            place,
            logs=self.logs,
            workers_per_function=self.settings.workers_per_function,
            concurrency=self.settings.concurrency,
            observer=LambdaMetrics(self._recorder),
        )
        self._stack.callback(runtime.close)
        runtime.deploy(deployment.functions)
        announce_reserved_concurrency(runtime.reserve, limit=self.settings.concurrency)
        return runtime

    def _plan_faults(self, door: Door, plan: Plan) -> None:
        """Only now: what was needed to start went well."""
        door.faults.know_workers(self.runtime)
        send_events_through(door.faults.send)
        door.faults.replace(plan)

    def _start_monitor(self) -> None:
        cloudwatch = BackendCloudWatch(self.backend, self.settings.region)
        embedded = EmbeddedMetrics(self.logs, self._recorder)
        monitor = Monitor(
            self._recorder, cloudwatch, seconds=self.settings.alarm_seconds, sources=[embedded.record_new_lines]
        )
        monitor.start()
        self._stack.callback(monitor.close)

    def _start_pollers(self, deployment: Deployment) -> None:
        roles = {name: function.role for function in deployment.functions for name in (function.name, function.arn)}
        callers = {
            source.queue_arn: self.roles.assume(roles[source.function], "event-source")
            for source in deployment.event_sources
        }
        queues = RoleQueues(BackendQueues(self.backend), self.gate, callers)
        pollers = EventPollers(deployment.event_sources, queues, self.runtime)
        pollers.start()
        self._stack.callback(pollers.close, seconds=_DRAIN_SECONDS)

    def _start_gateway(self, deployment: Deployment) -> str:
        """Returns the URL of the stage. Started last and closed first: it is where requests come in."""
        access_log = AccessLog(self.logs / "gateway-access.log")
        self._stack.callback(access_log.close)
        deployed = Deployed(
            definition=deployment.definition,
            usage=Usage(deployment.plans_by_key),
            invoker=self.runtime,
            account_id=ACCOUNT_ID,
            may_invoke=gateway_permission(deployment.functions),
            domains=BackendDomains(self.settings.region),
            throttles=MethodThrottles(deployment.limits),
        )
        metrics = GatewayMetrics(self._recorder, api_name=deployment.api_name, stage=self.settings.stage)
        gateway = Gateway(deployed, access_log, metrics)
        page = OwnHostOnly(ContractPage(gateway, stage=self.settings.stage), self.settings.own_names)
        server = HttpServer(
            DomainsFirst(deployed.domains, gateway, page),
            host=self.settings.host,
            port=self.settings.port,
            threads=_GATEWAY_THREADS,
            body_limit=gateway.body_limit,
            refuse=gateway.refuse_unreadable,
        )
        self._stack.callback(server.close)
        server.start()
        return f"http://{self.settings.host}:{server.port}/{self.settings.stage}"
