"""The command line from start to end: one line when healthy, everything gone after, everything back with --data."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
PHOTO = (ROOT / "samples" / "grace-hopper.jpg").read_bytes()
START_SECONDS = 60

Start = Callable[..., tuple[subprocess.Popen[str], dict[str, str]]]


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "local_cloud", *arguments]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Runs `up --json` on free ports with data in tmp_path; returns the process and its line."""
    running: list[subprocess.Popen[str]] = []

    def up(*arguments: str) -> tuple[subprocess.Popen[str], dict[str, str]]:
        line = command("up", "--json", "--port", "0", "--data", str(tmp_path / "data"), *arguments)
        process = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        running.append(process)
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first, process.communicate()[1]
        return process, json.loads(first)

    yield up
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def status(tmp_path: Path) -> dict[str, Any]:
    answer = subprocess.run(
        command("status", "--json", "--data", str(tmp_path / "data")), cwd=ROOT, capture_output=True, text=True
    )
    return dict(json.loads(answer.stdout))


def upload(cloud: dict[str, str], name: str) -> requests.Response:
    headers = {"x-api-key": cloud["apiKey"], "Content-Type": "image/jpeg"}
    return requests.put(f"{cloud['url']}/index/{name}", data=PHOTO, headers=headers, timeout=40)


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "not within the time"
        time.sleep(0.02)


def children(facts: dict[str, Any]) -> list[int]:
    return [facts["engine"]["pid"], *(pid for pids in facts["workers"].values() for pid in pids)]


def test_ctrl_c_and_a_restart_keep_everything(start: Start, tmp_path: Path) -> None:
    process, first = start()
    indexed = upload(first, "grace.jpg").json()
    pids = children(status(tmp_path))
    process.send_signal(signal.SIGINT)
    rest = process.communicate(timeout=30)

    assert (process.returncode, *rest) == (130, "", "")
    assert all(map(gone, pids))

    process, second = start()
    again = requests.get(f"{second['url']}/index/grace.jpg", headers={"x-api-key": second["apiKey"]}, timeout=30).json()

    assert set(second) == {
        *("url", "apiKey", "awsEndpoint", "rekognitionEndpoint", "bucket", "table", "imagesTable", "collection")
    }
    assert second["apiKey"] == first["apiKey"]
    assert [face["Face"]["FaceId"] for face in again["FaceRecords"]] == [
        face["Face"]["FaceId"] for face in indexed["FaceRecords"]
    ]
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=30) == ("", "")  # a second start warns of nothing either


def test_status_logs_and_verify_find_a_cloud_whose_directory_they_are_not_told(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))  # where no other cloud of this machine is seen
    before = ask("status")
    process, cloud = start()
    upload(cloud, "grace.jpg")

    status, logs, verify = ask("status", "--json"), ask("logs"), ask("verify", "--settle", "0")
    second, _ = start("--data", str(tmp_path / "other"))
    of_two = ask("status")
    second.terminate()
    second.wait(timeout=30)
    again = ask("status", "--json")

    assert (before.returncode, before.stderr) == (1, "no local cloud is running here\n")
    assert json.loads(status.stdout)["url"] == cloud["url"]
    assert (logs.returncode, "grace.jpg" in logs.stdout) == (0, True)
    assert (verify.returncode, "the stores agree" in verify.stdout) == (0, True)
    assert of_two.returncode == 2 and str(tmp_path / "other") in of_two.stderr and "--data DIR" in of_two.stderr
    assert json.loads(again.stdout)["pid"] == process.pid


def ask(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_sigterm_ends_with_zero(start: Start, tmp_path: Path) -> None:
    process, _ = start()

    process.terminate()

    assert process.wait(timeout=30) == 0
    assert status(tmp_path) == {"up": False}


def test_no_child_outlives_a_killed_parent(start: Start, tmp_path: Path) -> None:
    process, _ = start()
    pids = children(status(tmp_path))

    process.kill()

    wait_until(lambda: all(map(gone, pids)))


def test_a_killed_engine_comes_back_and_uploads_go_on(start: Start, tmp_path: Path) -> None:
    _, cloud = start()
    engine = status(tmp_path)["engine"]["pid"]

    os.kill(engine, signal.SIGKILL)
    answer = upload(cloud, "after.jpg")

    assert answer.status_code in (200, 201)
    wait_until(lambda: status(tmp_path)["engine"]["health"] == "healthy")
    assert status(tmp_path)["engine"]["pid"] != engine


def test_a_port_in_use_is_one_line_and_status_two(start: Start, tmp_path: Path) -> None:
    _, cloud = start()
    port = cloud["url"].split(":")[2].split("/")[0]

    second = subprocess.run(command("up", "--port", port), cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert (second.returncode, second.stdout) == (2, "")
    assert len(second.stderr.strip().splitlines()) == 1 and f"127.0.0.1:{port}" in second.stderr


def test_a_second_cloud_on_the_same_data_is_refused_in_one_line(start: Start, tmp_path: Path) -> None:
    process, _ = start()
    data = str(tmp_path / "data")

    second = subprocess.run(
        command("up", "--port", "0", "--data", data), cwd=ROOT, capture_output=True, text=True, timeout=60
    )

    assert (second.returncode, second.stdout) == (2, "")
    assert second.stderr.count("\n") == 1 and f"process {process.pid}" in second.stderr


def test_reset_empties_a_directory_but_not_a_running_cloud(start: Start, tmp_path: Path) -> None:
    process, _ = start()
    (tmp_path / "data" / "mine.txt").write_text("stays")
    reset = command("reset", "--yes", "--data", str(tmp_path / "data"))

    while_running = subprocess.run(reset, cwd=ROOT, capture_output=True, text=True)
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=30)
    afterwards = subprocess.run(reset, cwd=ROOT, capture_output=True, text=True)

    assert (while_running.returncode, afterwards.returncode) == (2, 0)
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["mine.txt"]
