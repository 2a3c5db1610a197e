"""The gateway on the real contract: routes, what a function is told, what is refused and how."""

import base64
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local_cloud.blueprint import read_blueprint, read_contract
from local_cloud.gateway.access_log import AccessLog
from local_cloud.gateway.app import Gateway
from local_cloud.gateway.definition import ApiDefinition, read_definition
from local_cloud.gateway.domains import BasePathMapping, DomainsFirst, NoDomains
from local_cloud.gateway.refusals import FunctionThrottledError, render_refusal
from local_cloud.gateway.steps import BODY_LIMIT, Deployed
from local_cloud.gateway.usage import Limit, MethodThrottles, Usage, UsagePlan
from local_cloud.http_server import OVERFLOW, PRESERVED_NAMES
from local_cloud.lambda_runtime.model import (
    PayloadTooLargeError,
    Result,
    StillRunningError,
    TooManyRequestsError,
)
from local_cloud.provision.api_definition import api_definition

KEY = "a-key"
ARN = "arn:aws:lambda:us-east-1:123456789012:function:{}"


@pytest.fixture(scope="session")
def definition() -> ApiDefinition:
    functions = read_blueprint().functions
    document = api_definition(
        read_contract(),
        title="faceprint",
        function_arns={plan.name: ARN.format(plan.name) for plan in functions},
        functions_by_operation={operation: plan.name for plan in functions for operation in plan.operations},
        region="us-east-1",
        cross_origin=False,
    )
    return read_definition(json.loads(json.dumps(document)), api_id="api", stage="v1")


@dataclass
class FakeFunctions:
    """Records invocations and answers `payload`, or raises `failure`."""

    payload: Any = field(default_factory=lambda: {"statusCode": 200, "body": "{}"})
    failed: bool = False
    failure: Exception | None = None
    invoked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def invoke(self, function: str, payload: bytes, **_: Any) -> Result:
        self.invoked.append((function, json.loads(payload)))
        if self.failure:
            raise self.failure
        return Result(json.dumps(self.payload).encode(), self.failed)


@dataclass
class FakeObserver:
    statuses: list[int] = field(default_factory=list)

    def answered(self, status: int, *, seconds: float) -> None:
        assert seconds >= 0
        self.statuses.append(status)


@dataclass
class FakeDomains:
    """api.example.com, with these mappings."""

    found: list[BasePathMapping]

    def mappings(self, name: str) -> list[BasePathMapping] | None:
        return self.found if name == "api.example.com" else None


@dataclass
class Response:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Client:
    """Calls the gateway as `http_server` would."""

    gateway: Gateway
    functions: FakeFunctions
    log: Path

    def send(self, method: str, uri: str, body: bytes = b"", *, key: str | None = KEY, **headers: str) -> Response:
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "REQUEST_URI": uri,
            "SERVER_PROTOCOL": "HTTP/1.1",
            "SERVER_PORT": "8000",
            "wsgi.url_scheme": "http",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "localhost:8000",
            "wsgi.input": io.BytesIO(body),
            PRESERVED_NAMES: {},
            OVERFLOW: len(body) > BODY_LIMIT,
        }
        environ["CONTENT_TYPE"] = headers.pop("content_type", "")
        environ |= {f"HTTP_{name.upper()}": value.encode().decode("latin-1") for name, value in headers.items()}
        if key is not None:
            environ["HTTP_X_API_KEY"] = key.encode().decode("latin-1")
        answered: list[Any] = []
        content = b"".join(self.gateway(environ, lambda status, fields: answered.append((status, fields))))
        status, fields = answered[0]
        return Response(int(status.split()[0]), dict(fields), content)

    @property
    def event(self) -> dict[str, Any]:
        return self.functions.invoked[-1][1]


@pytest.fixture
def make_client(definition: ApiDefinition, tmp_path: Path) -> Iterator[Callable[..., Client]]:
    path = tmp_path / "access.log"
    access_log = AccessLog(path)

    def make(
        plan: UsagePlan | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        domains: FakeDomains | None = None,
    ) -> Client:
        functions = FakeFunctions()
        usage = Usage({KEY: plan or UsagePlan()}, clock=now)
        deployed = Deployed(definition, usage, functions, "123456789012", domains=domains or NoDomains())
        return Client(Gateway(deployed, access_log), functions, path)

    yield make
    access_log.close()


@pytest.fixture
def client(make_client: Callable[..., Client]) -> Client:
    return make_client()


@pytest.mark.parametrize(
    ("method", "uri", "resource", "parameters", "function"),
    [
        ("GET", "/v1/index", "/index", None, "library"),
        ("GET", "/v1/index/", "/index", None, "library"),
        ("PUT", "/v1/index/a.jpg", "/index/{filename+}", {"filename": "a.jpg"}, "upload"),
        ("PUT", "/v1/index/a%20b/%C3%BC.jpg", "/index/{filename+}", {"filename": "a%20b/%C3%BC.jpg"}, "upload"),
        ("PUT", "/v1/index/a%2Fb", "/index/{filename+}", {"filename": "a%2Fb"}, "upload"),
        ("GET", "/v1/index/%F0%9F%98%80", "/index/{filename+}", {"filename": "%F0%9F%98%80"}, "library"),
        ("PUT", "/v1/search/", "/search", None, "search"),
        ("POST", "/v1/search/a/b.jpg", "/search/{filename+}", {"filename": "a/b.jpg"}, "search"),
        ("GET", "/v1/faces/1-2", "/faces/{faceId}", {"faceId": "1-2"}, "library"),
    ],
)
def test_a_path_finds_its_resource(
    client: Client, method: str, uri: str, resource: str, parameters: dict[str, str] | None, function: str
) -> None:
    assert client.send(method, uri).status == 200

    assert client.functions.invoked[0][0] == ARN.format(function)
    assert (client.event["resource"], client.event["pathParameters"]) == (resource, parameters)
    assert client.event["path"] == uri.removeprefix("/v1")


@pytest.mark.parametrize(
    ("base_path", "stage", "uri", "resource", "told"),
    [
        ("v1", "v1", "/v1/health", "/health", "/v1/health"),
        ("faces", "v1", "/faces/index/a%20b/c.jpg", "/index/{filename+}", "/faces/index/a%20b/c.jpg"),
        ("index", "v1", "/index/index", "/index", "/index/index"),
        ("search", "v1", "/search/search/a.jpg", "/search/{filename+}", "/search/search/a.jpg"),
        ("", "v1", "/index/a.jpg", "/index/{filename+}", "/index/a.jpg"),
        ("", "v1", "/info/", "/info", "/info/"),
        ("faces", None, "/faces/v1/info", "/info", "/faces/info"),
        ("", None, "/v1/info", "/info", "/info"),
    ],
)
def test_by_a_custom_domain_functions_are_told_the_base_path(
    make_client: Callable[..., Client], base_path: str, stage: str | None, uri: str, resource: str, told: str
) -> None:
    client = make_client(domains=FakeDomains([BasePathMapping(base_path, "api", stage)]))

    answer = client.send("GET" if "search" not in uri else "PUT", uri, host="API.example.com")

    assert answer.status == 200
    context = client.event["requestContext"]
    assert (client.event["path"], client.event["resource"]) == (told, resource)
    assert (context["path"], context["resourcePath"], context["stage"]) == (uri, resource, "v1")
    assert context["domainName"] == "API.example.com"


def test_the_longest_base_path_decides_and_without_one_the_empty_one(make_client: Callable[..., Client]) -> None:
    mappings = [BasePathMapping(base_path, "api", "v1") for base_path in ("", "index", "index/more")]
    client = make_client(domains=FakeDomains(mappings))
    asked = {"/index/info": "/info", "/index/more/health": "/health", "/indexes": None, "/info": "/info"}

    for uri, resource in asked.items():
        answer = client.send("GET", uri, host="api.example.com")

        assert (answer.status, client.event["resource"] if resource else None) == (200 if resource else 404, resource)


@pytest.mark.parametrize("mapping", [BasePathMapping("v1", "api", "v1"), BasePathMapping("", "another", "v1")])
@pytest.mark.parametrize("uri", ["/", "/v2/info", "/v1x/info", "/info"])
def test_a_domain_without_such_a_base_path_is_forbidden_as_aws_says_it(
    make_client: Callable[..., Client], mapping: BasePathMapping, uri: str
) -> None:
    client = make_client(domains=FakeDomains([mapping]))

    answer = client.send("GET", uri, host="api.example.com")

    assert (answer.status, answer.json) == (403, {"message": "Forbidden"})
    assert answer.headers["x-amzn-ErrorType"] == "ForbiddenException"


def test_no_such_route_of_a_domain_is_refused_in_our_error_body(make_client: Callable[..., Client]) -> None:
    client = make_client(domains=FakeDomains([BasePathMapping("faces", "api", "v1")]))

    answer = client.send("GET", "/faces/nothing", host="api.example.com")

    assert (answer.status, answer.json["error"]) == (404, "NotFound")


@pytest.mark.parametrize(
    ("host", "served"),
    [("api.example.com", b"gateway"), ("API.Example.com:80", b"gateway"), ("localhost", b"page"), ("[x", b"page")],
)
def test_requests_by_a_custom_domain_pass_the_page_and_its_judgement_of_hosts(host: str, served: bytes) -> None:
    front = DomainsFirst(FakeDomains([]), lambda *_: [b"gateway"], lambda *_: [b"page"])

    assert list(front({"HTTP_HOST": host}, lambda *_: None)) == [served]


@pytest.mark.parametrize("uri", ["/v1", "/v1/nothing", "/v1/faces/a/b"])
def test_no_such_route_is_404_in_our_error_body(client: Client, uri: str) -> None:
    answer = client.send("GET", uri)

    assert (answer.status, answer.json["error"]) == (404, "NotFound")
    assert answer.json["requestId"] == answer.headers["x-amzn-RequestId"]


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "image/jpeg",
        "IMAGE/PNG",
        "image/heic",
        "text/plain;charset=utf-8",
        "application/octet-stream",
    ],
)
@pytest.mark.parametrize("accept", [None, "*/*", "image/jpeg", "text/html,application/xhtml+xml;q=0.9"])
def test_another_method_is_405_and_says_which_there_are_whatever_is_sent_and_wanted(
    client: Client, content_type: str | None, accept: str | None
) -> None:
    headers = {"accept": accept, "content_type": content_type}
    given = {name: value for name, value in headers.items() if value is not None}

    answer = client.send("POST", "/v1/index/a.jpg", b"\xff\xd8\xff photo", key=None, **given)

    assert (answer.status, answer.headers["Allow"]) == (405, "GET, PUT, DELETE")
    assert answer.json["error"] == "MethodNotAllowed"


@pytest.mark.parametrize("content_type", ["application/x-photo", "nonsense"])
def test_another_method_with_a_body_of_an_unknown_type_is_405_too(client: Client, content_type: str) -> None:
    answer = client.send("POST", "/v1/index/a.jpg", b"x", key=None, content_type=content_type)

    assert (answer.status, answer.json["error"]) == (405, "MethodNotAllowed")
    assert answer.headers["x-amzn-ErrorType"] == "BadRequestException"


MOCK = {"type": "mock", "contentHandling": "CONVERT_TO_TEXT", "requestTemplates": {"text/plain": '{"statusCode": 204}'}}
MOCKED = {"statusCode": "200", "contentHandling": "CONVERT_TO_TEXT", "responseTemplates": {"application/json": "{}"}}


@pytest.mark.parametrize(
    ("mock", "content_type", "body", "status"),
    [
        ({"passthroughBehavior": "when_no_templates"}, "text/plain", b"x", 200),
        ({"passthroughBehavior": "when_no_templates"}, "image/jpeg", b"x", 415),
        ({"passthroughBehavior": "when_no_templates"}, "", b"", 415),
        ({"passthroughBehavior": "when_no_templates", "requestTemplates": {}}, "image/jpeg", b'{"statusCode": 1}', 200),
        ({"passthroughBehavior": "WHEN_NO_MATCH"}, "image/jpeg", b'{"statusCode": 200}', 200),
        ({"passthroughBehavior": "WHEN_NO_MATCH"}, "image/jpeg", b"\xff\xd8", 500),
        ({}, "image/jpeg", b"", 500),
        ({"passthroughBehavior": "never", "requestTemplates": {}}, "image/jpeg", b"", 415),
        ({"contentHandling": None}, "text/plain", b"x", 500),
        ({"contentHandling": None}, "text/plain", b"", 200),
        ({"responses": {}}, "text/plain", b"", 500),
        ({"responses": {"default": {**MOCKED, "contentHandling": None}}}, "text/plain", b"", 500),
    ],
)
def test_a_mock_integration_goes_by_the_content_type_as_api_gateway_does(
    tmp_path: Path, mock: dict[str, Any], content_type: str, body: bytes, status: int
) -> None:
    integration = {**MOCK, "responses": {"default": MOCKED}, **mock}
    document = {
        "paths": {"/a": {"x-amazon-apigateway-any-method": {"x-amazon-apigateway-integration": integration}}},
        "x-amazon-apigateway-binary-media-types": ["*/*"],
    }
    definition, log = read_definition(document, api_id="api", stage="v1"), AccessLog(tmp_path / "log")
    client = Client(Gateway(Deployed(definition, Usage({}), FakeFunctions(), "1"), log), FakeFunctions(), tmp_path)

    answer = client.send("POST", "/v1/a", body, content_type=content_type)
    log.close()

    assert answer.status == status


@pytest.mark.parametrize("key", [None, "", "wrong", KEY + " ", "ключ"])
def test_a_missing_or_wrong_key_is_403_and_invokes_nothing(client: Client, key: str | None) -> None:
    answer = client.send("GET", "/v1/info", key=key)

    assert (answer.status, answer.json["error"], client.functions.invoked) == (403, "Forbidden", [])


def test_health_needs_no_key(client: Client) -> None:
    assert client.send("GET", "/v1/health", key=None).status == 200


def test_the_event_is_a_rest_api_proxy_event(client: Client) -> None:
    client.send("PUT", "/v1/search?threshold=9%200&threshold=2&x=", b"\xff\xd8photo", x_amz_meta_name="José")

    event = client.event
    assert base64.b64decode(event["body"]) == b"\xff\xd8photo"
    assert event["isBase64Encoded"] is True
    assert event["queryStringParameters"] == {"threshold": "2", "x": ""}
    assert event["multiValueQueryStringParameters"] == {"threshold": ["9 0", "2"], "x": [""]}
    assert event["headers"]["x-amz-meta-name"] == "José"
    context = event["requestContext"]
    assert (context["stage"], context["path"], context["resourcePath"]) == ("v1", "/v1/search", "/search")
    assert context["identity"]["sourceIp"] == "127.0.0.1"


def test_the_event_tells_how_the_client_came_whatever_it_says_itself(client: Client) -> None:
    client.send("GET", "/v1/info", x_forwarded_for="10.0.0.9", x_forwarded_proto="gopher", x_forwarded_port="70")

    told = {name: value for name, value in client.event["headers"].items() if name.startswith("x-forwarded-")}
    assert told == {
        "x-forwarded-for": "10.0.0.9, 127.0.0.1",
        "x-forwarded-port": "8000",
        "x-forwarded-proto": "http",
    }


def test_a_request_without_body_or_query_has_null_there(client: Client) -> None:
    client.send("GET", "/v1/info")

    assert (client.event["body"], client.event["queryStringParameters"]) == (None, None)
    assert client.event["isBase64Encoded"] is False


def test_a_binary_answer_is_decoded_and_headers_of_both_kinds_are_sent(client: Client) -> None:
    client.functions.payload = {
        "statusCode": 201,
        "headers": {"Content-Type": "image/jpeg", "Location": "/a\r\nX-Evil: 1"},
        "multiValueHeaders": {"location": ["/b"]},
        "body": base64.b64encode(b"\xff\xd8").decode(),
        "isBase64Encoded": True,
    }

    answer = client.send("POST", "/v1/identify", b"x")

    assert (answer.status, answer.body, answer.headers["Content-Type"]) == (201, b"\xff\xd8", "image/jpeg")
    assert (answer.headers["location"], "X-Evil" in answer.headers) == ("/b", False)


@pytest.mark.parametrize("uri", ["/health", "/index/a.jpg", "/v2/health", "/v1x/health", "/"])
def test_a_path_without_the_stage_is_forbidden_as_on_aws_and_the_stage_is_told(client: Client, uri: str) -> None:
    answer = client.send("GET", uri)

    assert (answer.status, answer.json["message"]) == (403, "Forbidden")
    assert "write /v1 before it" in answer.json["description"]


@pytest.mark.parametrize("payload", [None, [], "text", {}, {"statusCode": "x"}, {"statusCode": 200, "body": {"a": 1}}])
def test_a_malformed_answer_is_502(client: Client, payload: Any) -> None:
    client.functions.payload = payload

    assert client.send("GET", "/v1/info").status == 502


@pytest.mark.parametrize(
    ("failure", "status", "error"),
    [
        (PayloadTooLargeError(), 413, "ImageTooLarge"),
        (StillRunningError(), 504, "Upstream"),
        (TooManyRequestsError(), 503, "Upstream"),
        (RuntimeError("bug"), 503, "Upstream"),
    ],
)
def test_failures_of_the_runtime_are_refusals_in_our_error_body(
    client: Client, failure: Exception, status: int, error: str
) -> None:
    client.functions.failure = failure

    answer = client.send("GET", "/v1/info")

    assert (answer.status, answer.json["error"]) == (status, error)


def test_a_throttled_function_is_a_configuration_error_and_503_by_our_template(
    client: Client, definition: ApiDefinition
) -> None:
    client.functions.failure = TooManyRequestsError()
    untemplated = render_refusal(FunctionThrottledError(), {}, {})

    answer = client.send("GET", "/v1/info")

    assert untemplated[0] == 500 and json.loads(untemplated[2]) == {"message": "Internal server error"}
    assert answer.headers["x-amzn-ErrorType"] == "InternalServerErrorException"
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert definition.refusals["API_CONFIGURATION_ERROR"] == definition.refusals["DEFAULT_5XX"]


def test_a_function_that_does_not_let_the_api_invoke_it_is_not_called(
    definition: ApiDefinition, tmp_path: Path
) -> None:
    functions, asked = FakeFunctions(), []

    def may_invoke(function: str, source: str) -> bool:
        asked.append((function, source))
        return False

    deployed = Deployed(definition, Usage({KEY: UsagePlan()}), functions, "123456789012", may_invoke)
    log = AccessLog(tmp_path / "log")
    client = Client(Gateway(deployed, log), functions, tmp_path / "log")

    answer = client.send("GET", "/v1/index/a/b.jpg")
    log.close()

    assert (answer.status, answer.json["error"], functions.invoked) == (503, "Upstream", [])
    source = "arn:aws:execute-api:us-east-1:123456789012:api/v1/GET/index/{filename+}"
    assert asked == [(ARN.format("library"), source)]


def test_every_answer_is_observed(definition: ApiDefinition, tmp_path: Path) -> None:
    functions, log = FakeFunctions(), AccessLog(tmp_path / "log")
    observer = FakeObserver()
    gateway = Gateway(Deployed(definition, Usage({KEY: UsagePlan()}), functions, "1"), log, observer)
    client = Client(gateway, functions, tmp_path / "log")

    client.send("GET", "/v1/info")
    client.send("GET", "/v1/nowhere")
    functions.failed = True
    client.send("GET", "/v1/info")

    log.close()
    assert observer.statuses == [200, 404, 502]


def test_a_function_that_fails_is_502_without_its_message(client: Client) -> None:
    client.functions.failed, client.functions.payload = True, {"errorMessage": "secret"}

    answer = client.send("GET", "/v1/info")

    assert (answer.status, answer.json["error"], b"secret" in answer.body) == (502, "Upstream", False)


def test_a_body_over_ten_megabytes_is_413(client: Client) -> None:
    answer = client.send("PUT", "/v1/index/a", b"x" * (BODY_LIMIT + 1))

    assert (answer.status, answer.json["error"], client.functions.invoked) == (413, "ImageTooLarge", [])


def test_the_body_of_a_request_that_will_be_refused_is_not_kept(client: Client) -> None:
    limits = [
        client.gateway.body_limit({"X_API_KEY": key}, uri, "PUT")
        for key, uri in ((KEY, "/v1/index/a"), ("wrong", "/v1/index/a"), (KEY, "/v1/nothing"))
    ]

    assert limits == [BODY_LIMIT, 0, 0]


def test_the_burst_passes_then_429_then_the_rate_refills(make_client: Callable[..., Client]) -> None:
    seconds = [0.0]
    client = make_client(UsagePlan(rate=2, burst=3), lambda: datetime.fromtimestamp(seconds[0], UTC))

    statuses = [client.send("GET", "/v1/info").status for _ in range(4)]
    seconds[0] = 1.0
    statuses += [client.send("GET", "/v1/info").status for _ in range(3)]

    assert statuses == [200, 200, 200, 429, 200, 200, 429]


def test_throttled_answers_say_when_to_come_back(make_client: Callable[..., Client]) -> None:
    client = make_client(UsagePlan(rate=1, burst=0))

    answer = client.send("GET", "/v1/info")

    assert (answer.status, answer.json["error"], answer.headers["Retry-After"]) == (429, "Throttled", "1")


@pytest.mark.parametrize(
    ("period", "same", "next_period"),
    [
        ("DAY", datetime(2026, 1, 31, 23, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)),
        ("WEEK", datetime(2026, 1, 31, 23, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)),
        ("MONTH", datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)),
    ],
)
def test_a_quota_is_used_up_and_starts_anew(
    make_client: Callable[..., Client], period: str, same: datetime, next_period: datetime
) -> None:
    now = [datetime(2026, 1, 31, 1, tzinfo=UTC)]
    client = make_client(UsagePlan(quota=1, period=period), lambda: now[0])

    statuses = [client.send("GET", "/v1/info").status]
    for now[0] in (same, next_period):
        statuses.append(client.send("GET", "/v1/info").status)

    assert statuses == [200, 429, 200]


def test_one_line_per_request_and_never_the_key_or_the_query(client: Client) -> None:
    client.send("GET", "/v1/info?name=Somebody")
    client.send("GET", "/v1/info", key="wrong-key")

    text = client.log.read_text()

    assert [json.loads(line)["status"] for line in text.splitlines()] == [200, 403]
    assert not any(secret in text for secret in (KEY, "wrong-key", "Somebody"))


def test_two_keys_do_not_share_a_bucket(definition: ApiDefinition, tmp_path: Path) -> None:
    plan, functions, log = UsagePlan(rate=1, burst=2), FakeFunctions(), AccessLog(tmp_path / "log")
    usage = Usage({"one": plan, "two": plan}, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    client = Client(Gateway(Deployed(definition, usage, functions, "1"), log), functions, tmp_path / "log")

    statuses = [client.send("GET", "/v1/info", key=key).status for key in ("one", "one", "one", "two", "two", "two")]

    log.close()
    assert statuses == [200, 200, 429, 200, 200, 429]


def test_a_route_without_a_key_is_held_to_the_limit_of_its_method(definition: ApiDefinition, tmp_path: Path) -> None:
    now = [datetime(2026, 1, 1, tzinfo=UTC)]
    limits = {"health/GET": Limit(rate=1, burst=2), "*/*": Limit(rate=1, burst=1)}
    throttles, functions, log = (
        MethodThrottles(limits, clock=lambda: now[0]),
        FakeFunctions(),
        AccessLog(tmp_path / "l"),
    )
    deployed = Deployed(definition, Usage({KEY: UsagePlan()}), functions, "1", throttles=throttles)
    client = Client(Gateway(deployed, log), functions, tmp_path / "l")

    statuses = [client.send("GET", "/v1/health", key=None).status for _ in range(3)]
    others = [client.send("GET", "/v1/info").status for _ in range(2)]
    wrong = [client.send("PATCH", "/v1/info").status for _ in range(2)]
    now[0] += timedelta(seconds=1)
    later = client.send("GET", "/v1/health", key=None).status

    log.close()
    assert (statuses, others, wrong, later) == ([200, 200, 429], [200, 429], [405, 429], 200)


@pytest.mark.parametrize("method", ['GET"x', "$CONTEXT.REQUESTID", "BREW", "TRACE", "CONNECT"])
def test_a_made_up_method_gets_into_no_template(client: Client, method: str) -> None:
    answer = client.send(method, "/v1/info")

    assert (answer.status, answer.json["error"], client.functions.invoked) == (404, "NotFound", [])


def test_a_template_in_a_request_is_text(client: Client) -> None:
    client.send(
        "PUT", "/v1/index/$context.requestId", b"x", x_amz_meta_name="$context.identity.apiKey #set($x=1) {{7*7}}"
    )

    assert client.event["pathParameters"] == {"filename": "$context.requestId"}
    assert client.event["headers"]["x-amz-meta-name"] == "$context.identity.apiKey #set($x=1) {{7*7}}"
