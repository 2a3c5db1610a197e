"""Starts the whole local cloud and drives it over HTTP as people do."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import requests

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "samples"

# Files of tests/e2e that look back at the tests before them, in this order.
LOOKING_BACK = ("test_least_privilege.py", "test_missing_permission.py", "test_deployed_by_terraform.py")

# What makes a cloud answer at a custom domain, too.
DOMAIN = "api.rekognition.example.com"
WITH_DOMAIN = {"AWS_APIGATEWAY_CREATE_CUSTOM_DOMAIN": "true", "AWS_APIGATEWAY_ROOT_DOMAIN": "example.com"}


@dataclass
class LocalCloud:
    """A running local cloud and the requests that people send to it."""

    process: subprocess.Popen[str]
    addresses: dict[str, str]
    data: Path
    environment: dict[str, str] = field(default_factory=dict)  # what it was started with besides this process's own
    proxy: str = ""  # what plays DNS: requests to the API go there, whatever their host

    def by_domain(self, name: str = DOMAIN, base_path: str = "v1") -> "LocalCloud":
        """The same cloud, asked by a custom domain of it."""
        url, address = f"http://{name}/{base_path}".rstrip("/"), urlsplit(self.addresses["url"]).netloc
        return replace(self, addresses={**self.addresses, "url": url}, proxy=f"http://{address}")

    def send(
        self, method: str, path: str, body: Any = None, *, key: str | None = None, **options: Any
    ) -> requests.Response:
        """One request with this cloud's key, or another, or none (an empty one)."""
        headers = options.pop("headers", {})
        sent = self.addresses["apiKey"] if key is None else key
        if sent:
            headers = {"x-api-key": sent, **headers}
        url = self.addresses["url"] + path
        proxies = {"http": self.proxy} if self.proxy else {}
        return requests.request(method, url, data=body, headers=headers, timeout=60, proxies=proxies, **options)

    def put(self, name: str, photo: bytes, person: str = "", **headers: str) -> dict[str, Any]:
        """Uploads a photo and insists that it is indexed."""
        named = {"x-amz-meta-name": person} if person else {}
        answer = self.send("PUT", f"/index/{name}", photo, headers={**named, **headers})
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def client(self, service: str) -> Any:
        """A boto3 client of the local AWS, as anybody would make it."""
        endpoint = self.addresses["rekognitionEndpoint" if service == "rekognition" else "awsEndpoint"]
        return boto3.client(
            service,
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="any",
            aws_secret_access_key="any",
        )

    def log(self, function: str) -> list[dict[str, Any]]:
        """The structured lines that a function has logged."""
        return [line for line in self._json_lines(function) if "_aws" not in line]

    def metrics(self, function: str) -> list[dict[str, Any]]:
        """The lines of metrics that a function has written."""
        return [line for line in self._json_lines(function) if "_aws" in line]

    def _json_lines(self, function: str) -> list[dict[str, Any]]:
        text = (self.data / "logs" / f"rekognition_{function}.log").read_text(errors="replace")
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    def status(self) -> dict[str, Any]:
        """What `status --json` tells."""
        command = [sys.executable, "-m", "local_cloud", "status", "--json", "--data", str(self.data)]
        return json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)

    def stop(self) -> int:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        with self.process:
            return self.process.wait(60)


def start_cloud(data: Path, *options: str, **environment: str) -> LocalCloud:
    """`python -m local_cloud up --json`, until it says that it is healthy; with --terraform that takes minutes."""
    process = subprocess.Popen(
        [sys.executable, "-m", "local_cloud", "up", "--json", "--port", "0", "--data", str(data), *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    said: list[str] = []
    threading.Thread(target=lambda: said.extend(process.stderr), daemon=True).start()
    watchdog = threading.Timer(300 if "--terraform" in options else 60, process.kill)
    watchdog.start()
    line = process.stdout.readline()
    watchdog.cancel()
    if not line:
        with process:
            process.wait(10)
        raise AssertionError("the local cloud did not start: " + "".join(said))
    return LocalCloud(process, json.loads(line), data, environment)


def wait_until(condition: Callable[[], Any], *, seconds: float = 60) -> Any:
    """The condition's first true value; fails when it takes too long."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.1)


def sample(name: str) -> bytes:
    """The bytes of a sample photo."""
    return (SAMPLES / f"{name}.jpg").read_bytes()


@contextmanager
def indexing_held_up(cloud: LocalCloud) -> Iterator[None]:
    """Meanwhile the index function is not run; messages wait."""
    functions, index = cloud.client("lambda"), {"FunctionName": "rekognition_index"}
    functions.put_function_concurrency(**index, ReservedConcurrentExecutions=0)
    try:
        yield
    finally:
        functions.delete_function_concurrency(**index)
