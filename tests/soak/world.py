"""The cloud of a soak: under a plan of faults, killed and started again, measured."""

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import requests

from fault_plans import fault_report
from local_world import ROOT, LocalCloud, start_cloud
from stores import index_queue_url

THROTTLED = ("dynamodb", "rekognition", "s3", "sqs")


def fault_plan(seed: int, *, rate: float) -> dict[str, Any]:
    """Throttling of every call of the functions, a worker killed at a call now and then, and events as they come."""
    kills = [{"fault": "kill", "function": "*", "when": when, "rate": 0.0005} for when in ("before", "after")]
    throttles = [{"fault": "throttle", "service": name, "function": "*", "rate": rate} for name in THROTTLED]
    events = [
        {"fault": "duplicate", "rate": 0.1},
        {"fault": "stale", "rate": 0.1, "seconds": 2},
        {"fault": "test_event", "rate": 0.02},
        {"fault": "delay", "rate": 0.05, "seconds": 4},
        {"fault": "reorder", "rate": 0.2, "seconds": 2},
    ]
    return {"seed": seed, "calls": kills + throttles, "events": events, "invisible_seconds": 1}


@dataclass
class World:
    """`cloud` is the one that runs now; after a kill it is another process at another address."""

    data: Path
    plan: dict[str, Any]
    seed: int
    visibility_seconds: int | None = None  # of the index queue; None: as deployed
    struck: dict[str, int] = field(default_factory=dict)
    kills: dict[str, int] = field(default_factory=lambda: {"worker": 0, "engine": 0, "cloud": 0})

    def __post_init__(self) -> None:
        self._dice, self._lock = Random(self.seed), threading.Lock()
        self._before: dict[str, int] = {}
        self._plan_file = self.data / "faults.json"
        self.data.mkdir(parents=True, exist_ok=True)
        self._plan_file.write_text(json.dumps(self.plan))
        self.cloud = self._start()

    def _start(self) -> LocalCloud:
        cloud = start_cloud(self.data, "--faults", str(self._plan_file), QUOTA_SETTINGS_LIMIT="100000000")
        if self.visibility_seconds is not None:
            attributes = {"VisibilityTimeout": str(self.visibility_seconds)}
            cloud.client("sqs").set_queue_attributes(QueueUrl=index_queue_url(cloud), Attributes=attributes)
        return cloud

    def observe(self) -> None:
        """Takes down how often each fault has struck; a killed cloud takes the last moment's count with it."""
        with self._lock, suppress(requests.RequestException):
            report = fault_report(self.cloud)
            now = {"events": report["events"][0]["met"]}
            for rule in report["calls"] + report["events"]:
                now[rule["fault"]] = now.get(rule["fault"], 0) + rule["struck"]
            self.struck = {name: count + self._before.get(name, 0) for name, count in now.items()}

    def kill(self, what: str) -> None:
        """SIGKILL to a worker, to the engine, or to the whole cloud, which is started again."""
        self.observe()
        if what == "cloud":
            self._kill_cloud()
            return
        with suppress(subprocess.CalledProcessError, ProcessLookupError):
            status = self.cloud.status()
            workers = [pid for pids in status["workers"].values() for pid in pids]
            os.kill(status["engine"]["pid"] if what == "engine" else self._dice.choice(workers), signal.SIGKILL)
            self.kills[what] += 1

    def _kill_cloud(self) -> None:
        with self._lock:
            self._before = dict(self.struck)
            self.cloud.process.kill()
            with self.cloud.process as process:
                process.wait(30)
            self.cloud = self._start()
            self.kills["cloud"] += 1

    def waiting(self) -> int:
        """Messages of the index queue, also those in flight."""
        queue = self.cloud.status()["queues"]["rekognition-index"]
        return int(queue["visible"]) + int(queue["inFlight"])

    def megabytes(self) -> tuple[float, float]:
        """Resident memory of the cloud's process and the engine's."""
        pids = (self.cloud.process.pid, self.cloud.status()["engine"]["pid"])
        command = ["ps", "-o", "rss="]
        rss = [subprocess.run([*command, "-p", str(pid)], capture_output=True, text=True).stdout for pid in pids]
        return tuple(float(text.strip() or 0) / 1024 for text in rss)  # type: ignore[return-value]

    def verify(self) -> dict[str, Any]:
        """What `python -m local_cloud verify --json` says."""
        command = [sys.executable, "-m", "local_cloud", "verify", "--json", "--settle", "1", "--data", str(self.data)]
        said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert said.returncode in (0, 1), said.stderr
        document: dict[str, Any] = json.loads(said.stdout)
        return document

    def stop(self) -> None:
        self.cloud.stop()
