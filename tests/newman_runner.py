"""Newman, Postman's runner for the command line, on the collection of this repository."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_world import ROOT, LocalCloud
from terraform_world import unavailable

PROGRAM = ROOT / "build" / "newman" / "node_modules" / ".bin" / "newman"
COLLECTION = ROOT / "postman" / "faceprint.postman_collection.json"
ENVIRONMENT = ROOT / "postman" / "faceprint.postman_environment.json"


@dataclass(frozen=True)
class NewmanRun:
    """What Newman reports."""

    requests: int
    assertions: int
    failures: list[str]


def require_newman() -> None:
    """Skips the test where Newman cannot be had; fails it in CI."""
    if not (shutil.which("node") and shutil.which("npm")):
        unavailable("Node.js with npm is needed for newman")
    if not PROGRAM.exists():
        unavailable("newman is not installed: `make test` installs it")


def run_newman(
    cloud: LocalCloud, folder: Path, *parts: str, collection: Path = COLLECTION, **variables: str
) -> NewmanRun:
    """Runs the named folders of the collection, or all of it, and keeps its report in `folder`.

    `variables` stand in for this cloud's base_url and api_key.
    """
    report = folder / "report.json"
    given = {"base_url": cloud.addresses["url"], "api_key": cloud.addresses["apiKey"], **variables}
    command = [PROGRAM, "run", collection, "--environment", ENVIRONMENT, "--working-dir", ROOT]
    command += ["--reporters", "json", "--reporter-json-export", report]
    for name, value in given.items():
        command += ["--env-var", f"{name}={value}"]
    for part in parts:
        command += ["--folder", part]
    environment = os.environ | ({"HTTP_PROXY": cloud.proxy, "NO_PROXY": "127.0.0.1"} if cloud.proxy else {})
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False, env=environment)
    assert report.is_file(), done.stdout + done.stderr
    return _read(json.loads(report.read_text())["run"])


def _read(run: dict[str, Any]) -> NewmanRun:
    failures = [f"{failure['source'].get('name', '')}: {failure['error']['message']}" for failure in run["failures"]]
    made = NewmanRun(run["stats"]["requests"]["total"], run["stats"]["assertions"]["total"], failures)
    print(f"newman: requests={made.requests} assertions={made.assertions} failed={len(failures)}")
    return made
