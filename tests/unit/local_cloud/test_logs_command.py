"""`python -m local_cloud logs`: lines of gateway and functions in the order of their time, those of one photo alone."""

import json
from pathlib import Path
from typing import Any

import pytest

from local_cloud.__main__ import main
from local_cloud.commands.logs import Chosen, LogReader


def access(second: int, request: str) -> str:
    return json.dumps({"requestTime": f"2026-01-02T03:04:{second:02}Z", "requestId": request, "status": 200})


def own(second: float, message: str, correlation: str, **fields: str) -> str:
    moment = f"2026-01-02 03:04:{int(second):02},{int(second % 1 * 1000):03}+0000"
    return json.dumps({"message": message, "timestamp": moment, "correlation_id": correlation, **fields})


@pytest.fixture
def data(tmp_path: Path) -> Path:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "gateway-access.log").write_text("\n".join([access(1, "r-1"), access(3, "r-2"), ""]))
    (logs / "rekognition_upload.log").write_text(
        "\n".join(
            ["START", own(2.5, "served", "order-7", requestId="r-1"), own(3.5, "served", "r-2", requestId="r-2"), ""]
        )
    )
    (logs / "rekognition_index.log").write_text(
        "\n".join([own(2.1, "reconciled", "order-7"), '{"_aws": {"Timestamp": 1}}', "{broken", ""])
    )
    return tmp_path


def shown(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str]]:
    pairs = [text.split(" ", 1) for text in capsys.readouterr().out.splitlines()]
    found: list[tuple[str, dict[str, Any]]] = [(source, json.loads(fields)) for source, fields in pairs]
    return [(source, fields.get("correlation_id") or fields["requestId"]) for source, fields in found]


def test_all_lines_are_shown_in_the_order_of_their_time(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs", "--data", str(data)]) == 0

    assert shown(capsys) == [
        ("gateway-access", "r-1"),
        ("rekognition_index", "order-7"),
        ("rekognition_upload", "order-7"),
        ("gateway-access", "r-2"),
        ("rekognition_upload", "r-2"),
    ]


def test_a_photos_way_is_shown_with_the_gateways_line(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs", "--data", str(data), "--correlation-id", "order-7"]) == 0

    assert shown(capsys) == [
        ("gateway-access", "r-1"),
        ("rekognition_index", "order-7"),
        ("rekognition_upload", "order-7"),
    ]


def test_an_id_of_a_request_is_a_correlation_id_too(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs", "--data", str(data), "--correlation-id", "r-2"]) == 0

    assert shown(capsys) == [("gateway-access", "r-2"), ("rekognition_upload", "r-2")]


def test_one_functions_lines_alone(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs", "--data", str(data), "--function", "index"]) == 0

    assert shown(capsys) == [("rekognition_index", "order-7")]


def test_without_logs_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs", "--data", str(tmp_path)]) == 1
    assert "--data" in capsys.readouterr().err


def test_lines_that_are_written_later_follow_whichever_comes_first(data: Path) -> None:
    reader, chosen = LogReader(data / "logs"), Chosen("order-9")
    assert chosen.of(reader.new_lines()) == []
    with (data / "logs/gateway-access.log").open("a") as file:
        file.write(access(5, "r-3") + "\n" + access(5, "r-4") + "\n")
    assert chosen.of(reader.new_lines()) == []
    with (data / "logs/rekognition_upload.log").open("a") as file:
        file.write(own(5.5, "served", "order-9", requestId="r-3") + "\n")

    found = chosen.of(reader.new_lines())

    assert [line.source for line in found] == ["gateway-access", "rekognition_upload"]
    assert chosen.of(reader.new_lines()) == []
