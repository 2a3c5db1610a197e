"""Pages of other origins: nothing unless the deployment names them."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from faceprint.aws.call_counter import CallCounter
from faceprint.handlers import api_gateway, info
from faceprint.handlers.security_headers import SECURITY_HEADERS, secure
from faceprint.settings import load_settings

PAGE = "https://photos.example.com"


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    settings = load_settings({"CORS_ALLOWED_ORIGINS": f"{PAGE},http://localhost:3000"})
    wiring = SimpleNamespace(settings=settings, counter=CallCounter())
    monkeypatch.setattr(api_gateway, "get_wiring", lambda: wiring)
    return wiring


def send(method: str, **headers: str) -> tuple[int, dict[str, str], str]:
    event = {"httpMethod": method, "path": "/health", "resource": "/health", "headers": headers, "requestContext": {}}
    context: Any = SimpleNamespace(
        function_name="info", memory_limit_in_mb=1, aws_request_id="r", invoked_function_arn="arn:aws:lambda"
    )
    answer = info.lambda_handler(event, context)
    multiple = {name: value for name, (value,) in answer.get("multiValueHeaders", {}).items()}
    return answer["statusCode"], {**answer.get("headers", {}), **multiple}, answer["body"]


@pytest.mark.parametrize("origin", [PAGE, "http://localhost:3000"])
def test_a_named_origin_may_read_answers(deployed: SimpleNamespace, origin: str) -> None:
    status, headers, body = send("GET", Origin=origin)

    assert (status, json.loads(body)) == (200, {"status": "ok"})
    assert headers["Access-Control-Allow-Origin"] == origin
    assert headers["Vary"] == "Origin"


def test_a_preflight_of_a_named_origin_allows_what_it_asks_for(deployed: SimpleNamespace) -> None:
    wanted = {"Origin": PAGE, "Access-Control-Request-Headers": "x-api-key, x-amz-meta-name"}

    status, headers, body = send("OPTIONS", **wanted)

    assert (status, body) == (204, "")
    assert headers["Access-Control-Allow-Headers"] == "x-api-key, x-amz-meta-name"
    assert "PUT" in headers["Access-Control-Allow-Methods"]


def test_a_preflight_echoes_header_names_only(deployed: SimpleNamespace) -> None:
    _, headers, _ = send("OPTIONS", **{"Origin": PAGE, "Access-Control-Request-Headers": "a\r\nSet-Cookie: b"})

    assert headers["Access-Control-Allow-Headers"] == ""


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
@pytest.mark.parametrize("origin", ["https://photos.example.com.evil.org", "null", ""])
def test_another_origin_gets_no_leave(deployed: SimpleNamespace, method: str, origin: str) -> None:
    _, headers, _ = send(method, Origin=origin)

    assert "Access-Control-Allow-Origin" not in headers
    assert headers["Vary"] == "Origin"


def test_without_origins_nothing_speaks_of_them(deployed: SimpleNamespace) -> None:
    deployed.settings = replace(deployed.settings, cors_allowed_origins=())

    _, headers, _ = send("GET", Origin=PAGE)

    assert not {"Vary", "Access-Control-Allow-Origin"} & headers.keys()


def test_functions_and_api_gateway_send_the_same_security_headers() -> None:
    contract = yaml.safe_load((Path(__file__).parents[3] / "api/openapi.yaml").read_text())

    # A directive without sources is one with 'none'.
    sent = {name: value.replace(" 'none'", "") for name, value in SECURITY_HEADERS.items()}

    assert sent == contract["x-security-headers"]


def test_no_header_of_a_function_stands_in_their_place() -> None:
    answer = secure({"statusCode": 200, "headers": {"X-Frame-Options": "ALLOW", "Vary": "Origin"}})

    assert answer["headers"] == {**SECURITY_HEADERS, "Vary": "Origin"}
