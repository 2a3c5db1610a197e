"""One upload is found by its correlation id wherever it came by, and metrics of functions are CloudWatch's."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from local_world import ROOT, LocalCloud, sample, wait_until


def logs(cloud: LocalCloud, correlation_id: str) -> list[tuple[str, dict[str, Any]]]:
    """What `python -m local_cloud logs` shows: the name of the log, and the line."""
    command = [sys.executable, "-m", "local_cloud", "logs", "--data", str(cloud.data)]
    command += ["--correlation-id", correlation_id]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    pairs = [line.split(" ", 1) for line in done.stdout.splitlines()]
    return [(source, json.loads(fields)) for source, fields in pairs]


def statistics(cloud: LocalCloud, name: str, **dimensions: str) -> float:
    """The metric's sum over the last hour."""
    now = datetime.now(UTC)
    points = cloud.client("cloudwatch").get_metric_statistics(
        Namespace="Faceprint",
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in {"service": "rekognition", **dimensions}.items()],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=2),
        Period=60,
        Statistics=["Sum"],
    )["Datapoints"]
    return float(sum(point["Sum"] for point in points))


@pytest.mark.parametrize("presigned", [False, True])
def test_an_upload_is_found_by_its_correlation_id_from_gateway_to_index(cloud: LocalCloud, presigned: bool) -> None:
    key, correlation_id = f"observed/{presigned}.jpg", f"order-{presigned}"
    photo, headers = sample("grace-hopper"), {"x-correlation-id": f"order-{presigned}"}
    if presigned:
        request = json.dumps({"filename": key, "bytes": len(photo)})
        answer = cloud.send("POST", "/uploads", request, headers={**headers, "Content-Type": "application/json"})
        assert _put(answer.json(), photo) == 200
    else:
        answer = cloud.send("PUT", f"/index/{key}", photo, headers=headers)

    assert answer.headers["x-correlation-id"] == correlation_id
    shown = wait_until(lambda: _with_index(logs(cloud, correlation_id)))
    function = "rekognition_library" if presigned else "rekognition_upload"
    assert {"gateway-access", function, "rekognition_index"} <= {source for source, _ in shown}
    (access,) = [line for source, line in shown if source == "gateway-access"]
    (served,) = [line for source, line in shown if source == function and line["message"] == "served"]
    reconciled = next(line for source, line in shown if line.get("message") == "reconciled")
    assert access["requestId"] == served["requestId"] == answer.headers["x-amzn-RequestId"]
    assert reconciled["key"] == key
    assert reconciled["messageId"]
    assert reconciled["sequencer"]
    assert reconciled["callMilliseconds"].keys() == reconciled["calls"].keys()
    assert reconciled["estimatedUsd"] == 0.001


def _put(link: dict[str, Any], photo: bytes) -> int:
    return requests.put(link["url"], data=photo, headers=link["headers"], timeout=30).status_code


def _with_index(shown: list[tuple[str, dict[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
    return shown if any(line.get("message") == "reconciled" for _, line in shown) else []


def test_a_link_is_bound_to_its_correlation_id(cloud: LocalCloud) -> None:
    photo = sample("grace-hopper")
    request = json.dumps({"filename": "observed/forged.jpg", "bytes": len(photo)})
    link = cloud.send("POST", "/uploads", request, headers={"x-correlation-id": "order-8"}).json()
    link["headers"]["x-amz-meta-faceprint-correlation-id"] = "order-9"

    assert _put(link, photo) == 403


def test_the_id_is_no_metadata_of_the_user_and_sending_again_is_a_duplicate(cloud: LocalCloud) -> None:
    first = cloud.put("observed/twice.jpg", sample("grace-hopper"), **{"x-correlation-id": "one"})
    again = cloud.put("observed/twice.jpg", sample("grace-hopper"), **{"x-correlation-id": "two"})

    assert "metadata" not in first["image"]
    assert again["image"]["status"] == "DUPLICATE"


def test_metrics_of_the_functions_are_datapoints_of_cloudwatch(cloud: LocalCloud) -> None:
    before = statistics(cloud, "IndexedImages"), statistics(cloud, "SearchOutcomes", Outcome="match")
    cloud.put("observed/counted.jpg", sample("grace-hopper"), "Grace Hopper")
    assert cloud.send("PUT", "/search", sample("grace-hopper")).json()["outcome"] == "match"

    wait_until(lambda: statistics(cloud, "IndexedImages") > before[0], seconds=30)
    wait_until(lambda: statistics(cloud, "SearchOutcomes", Outcome="match") > before[1], seconds=30)
    assert statistics(cloud, "RekognitionCallLatency") > 0
    assert statistics(cloud, "EstimatedUsd") > 0
    assert statistics(cloud, "Latency", Route="PUT /search") > 0
