"""Runs the unmodified terraform/ against this cloud, as a person runs it against AWS.

Terraform works on a copy, so that state, provider and archives lie in the data directory, and neither a person's own
terraform.tfvars nor backend takes part.
"""

import contextlib
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from local_cloud.errors import StartupError
from local_cloud.provision.progress import Counter, Progress, silent
from local_cloud.settings import (
    ACCESS_KEY_ID,
    REPOSITORY,
    SECRET_ACCESS_KEY,
    Settings,
    environment_for_children,
    provider_folders,
)

SOURCES = ("terraform", "lambdas", "api/openapi.yaml", "scripts/package_lambdas.py")
_OWN = ("terraform.tfvars", "*.auto.tfvars", "backend.tf", "*.tfstate*", ".terraform", "build", "__pycache__")
_ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
_PROVIDER = "registry.terraform.io/hashicorp/aws"  # the provider's address, which names its folder in every mirror
_ADDRESS = re.compile(r'[a-z]\w*(?:\.\w+|\["[^"]*"\]|\[\d+\])+')
_INTERRUPT_SECONDS = 60.0
_CHANGES = 2  # `plan -detailed-exitcode`


@dataclass(frozen=True)
class Run:
    """A finished command: seconds, and what it printed on standard output."""

    seconds: float
    output: str


class Terraform:
    """One deployment: its copy of the sources, its variables and its state, below `folder`."""

    def __init__(
        self,
        folder: Path,
        *,
        aws_endpoint: str,
        variables: Mapping[str, str],
        region: str,
        progress: Progress = silent,
    ) -> None:
        self._progress = progress
        self.folder = folder / "terraform"
        self.log = folder / "terraform.log"
        self._environment = terraform_environment(aws_endpoint, region) | {
            f"TF_VAR_{name}": value for name, value in variables.items()
        }
        _copy_sources(folder)

    def apply(self) -> Run:
        """Bring the cloud in line with the sources."""
        self._init()
        return self._run("apply", "-auto-approve", "-parallelism=30")

    def plan_is_clean(self) -> tuple[bool, Run]:
        """Whether a plan finds nothing to do."""
        started = time.monotonic()
        status, output, errors = self._call("plan", "-detailed-exitcode")
        if status not in (0, _CHANGES):
            raise _failure("plan", output + errors)
        return status == 0, Run(time.monotonic() - started, output)

    def destroy(self) -> Run:
        """Remove everything it made."""
        return self._run("destroy", "-auto-approve", "-parallelism=30")

    def resources(self) -> list[str]:
        """Addresses of what the state holds, data sources left out, and what Terraform warns of as well."""
        lines = self._run("state", "list").output.splitlines()
        return [line for line in lines if _ADDRESS.fullmatch(line) and ".data." not in f".{line}"]

    def _init(self) -> None:
        mirror = find_provider(provider_folders())
        offline = [f"-plugin-dir={mirror}"] if mirror else []
        self._run("init", "-lockfile=readonly", *offline)

    def _run(self, command: str, *options: str) -> Run:
        started = time.monotonic()
        status, output, errors = self._call(command, *options)
        if status:
            raise _failure(command, output + errors)
        return Run(time.monotonic() - started, output)

    def _call(self, command: str, *options: str) -> tuple[int, str, str]:
        """Exit status and both outputs; an interruption is passed on, and Terraform saves its state before it ends."""
        plain = [] if command == "state" else ["-input=false", "-no-color"]
        process = subprocess.Popen(  # noqa: S603  # our own arguments
            [require_terraform(), command, *options[:1], *plain, *options[1:]],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        counter = Counter(command, self._progress if command in ("apply", "destroy") else silent)
        with _interrupted_in_order(process), _read_while_it_runs(process, counter.read) as outputs:
            process.wait()
        output, errors = ("".join(lines) for lines in outputs)
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"$ terraform {command} {' '.join(options)}\n{output}{errors}\n")
        return process.returncode, output, errors


def _failure(command: str, output: str) -> StartupError:
    _, _, errors = output.partition("Error: ")
    said = f"Error: {errors}" if errors else output[-2000:]
    return StartupError(f"terraform {command} failed (with --data DIR, terraform.log there has it all)\n{said.strip()}")


@contextlib.contextmanager
def _read_while_it_runs(
    process: subprocess.Popen[str], tell: Callable[[str], None]
) -> Iterator[tuple[list[str], list[str]]]:
    """Lines of both outputs, complete at the end; each of standard output is told at once."""
    assert process.stdout is not None and process.stderr is not None
    output: list[str] = []
    errors: list[str] = []
    readers = [
        threading.Thread(target=_read_lines, args=(process.stdout, output, tell), daemon=True),
        threading.Thread(target=_read_lines, args=(process.stderr, errors, None), daemon=True),
    ]
    for reader in readers:
        reader.start()
    yield output, errors
    for reader in readers:
        reader.join()


def _read_lines(stream: IO[str], lines: list[str], tell: Callable[[str], None] | None) -> None:
    with stream:
        for line in stream:
            lines.append(line)
            if tell:
                tell(line)


@contextlib.contextmanager
def _interrupted_in_order(process: subprocess.Popen[str]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_INTERRUPT_SECONDS)
        process.kill()
        process.wait()
        raise


def require_terraform() -> str:
    """The program, or a StartupError that says where to get it."""
    found = shutil.which("terraform")
    if found is None:
        raise StartupError("there is no terraform on PATH: install Terraform 1.11 or later, or leave --terraform out")
    return found


def terraform_environment(aws_endpoint: str, region: str) -> dict[str, str]:
    """A developer's environment with our endpoint and credentials, and our Python first: it builds the archives."""
    environment = environment_for_children()
    return environment | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", os.defpath)]),
        "AWS_ENDPOINT_URL": aws_endpoint,
        "AWS_REGION": region,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CHECKPOINT_DISABLE": "1",  # asks nobody for news of Terraform
    }


def variables_of(settings: Settings) -> dict[str, str]:
    """Terraform's variables for the local cloud's settings; runtime and architecture are this machine's."""
    url = settings.rekognition_endpoint_url
    elsewhere = {"rekognition_endpoint_url": url} if url else {}
    origins = [origin for origin in settings.cors_allowed_origins.split(",") if origin]
    domain = {
        "aws_apigateway_create_custom_domain": "true",
        "aws_apigateway_root_domain": settings.root_domain,
    }
    return {
        **(domain if settings.create_custom_domain else {}),
        "aws_region": settings.region,
        "shared_resource_identifier": settings.shared_resource_identifier,
        "stage": settings.stage,
        "debug_mode": str(settings.debug_mode).lower(),
        "aws_rekognition_max_faces_count": str(settings.max_faces_count),
        "aws_rekognition_face_detect_threshold": str(settings.face_detect_threshold),
        "aws_rekognition_face_detect_quality_filter": settings.face_detect_quality_filter,
        "aws_rekognition_face_detect_attributes": settings.face_detect_attributes,
        "aws_rekognition_price_per_image": settings.price_per_image,
        "aws_rekognition_search_concurrency": str(settings.search_concurrency),
        "upload_wait_seconds": str(settings.upload_wait_seconds),
        "link_expiry_seconds": str(settings.link_expiry_seconds),
        "cors_allowed_origins": "[" + ", ".join(f'"{origin}"' for origin in origins) + "]",
        "metrics_namespace": settings.metrics_namespace,
        "throttle_settings_rate_limit": str(settings.throttle_rate_limit),
        "throttle_settings_burst_limit": str(settings.throttle_burst_limit),
        "keyless_rate_limit": str(settings.keyless_rate_limit),
        "quota_settings_limit": str(settings.quota_limit),
        "quota_settings_period": settings.quota_period,
        "lambda_python_runtime": f"python{sys.version_info.major}.{sys.version_info.minor}",
        "compatible_architectures": f'["{this_architecture()}"]',
        "force_destroy": "true",
        **elsewhere,
    }


def this_architecture() -> str:
    """Lambda's name of this machine's processor."""
    return _ARCHITECTURES.get(platform.machine().lower(), "x86_64")


def find_provider(folders: list[Path]) -> Path | None:
    """A mirror on this machine that holds the locked provider for this system; None: ask the registry."""
    system = platform.system().lower()
    machine = "arm64" if this_architecture() == "arm64" else "amd64"
    pattern = f"{_PROVIDER}/{_locked_version()}/{system}_{machine}/terraform-provider-aws_v*"
    return next((folder for folder in folders if any(folder.glob(pattern))), None)


def _locked_version() -> str:
    lock = (REPOSITORY / "terraform" / ".terraform.lock.hcl").read_text(encoding="utf-8")
    return lock.partition('version     = "')[2].partition('"')[0]


def _copy_sources(folder: Path) -> None:
    """Anew at every start. State, provider and archives lie in the same folder and stay; what is gone goes."""
    folder.mkdir(parents=True, exist_ok=True)
    for stale in (folder / "terraform").glob("*.tf"):
        stale.unlink()
    shutil.rmtree(folder / "lambdas", ignore_errors=True)
    for name in SOURCES:
        copy_source(REPOSITORY / name, folder / name)


def copy_source(source: Path, target: Path) -> None:
    """A file, or a folder without what belongs to a person or a machine; what is in the target stays."""
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(*_OWN), dirs_exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
