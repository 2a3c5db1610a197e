"""The functions behind API Gateway: routes, statuses, the shape of every answer, what the log tells."""

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import botocore
import pytest
import yaml
from jsonschema import Draft202012Validator

from faceprint.aws.call_counter import CallCounter
from faceprint.handlers import api_gateway, index, info, library, search, upload
from faceprint.model.errors import InvalidParameterError, MisconfiguredError, NoFaceError, ThrottledError
from faceprint.observability import logger
from faceprint.settings import load_settings
from faceprint.use_cases.create_upload import CreateUpload
from faceprint.use_cases.detect_faces import DetectFaces
from fakes.pictures import make_image
from fakes.stores import PlainLinks
from fakes.world import World

ROOT = Path(__file__).parents[3]
CONTRACT = yaml.safe_load((ROOT / "api/openapi.yaml").read_text())
FUNCTIONS = yaml.safe_load((ROOT / "lambdas/functions.yaml").read_text())["functions"]
HANDLERS = {"upload": upload, "search": search, "library": library, "info": info}
ROUTES = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, methods in CONTRACT["paths"].items()
    for method, operation in methods.items()
}
UNKNOWN_FACE = "2f4d8f4e-7c0e-4c1c-8f0a-0f6d1b6a9c11"
PHOTO = make_image(1)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    world = World()
    world.collection.show(PHOTO, "ana")
    wiring = SimpleNamespace(
        settings=load_settings({"AWS_S3_BUCKET_NAME": "bucket", "STAGE": "v1"}),
        counter=CallCounter(),
        upload_image=world.upload_image,
        index_image=world.index_image,
        search_faces=world.search_faces,
        identify_faces=world.identify_faces,
        detect_faces=DetectFaces(world.collection),
        compare_faces=world.compare_faces,
        erase_image=world.erase_image,
        read_image=world.read_image,
        list_images=world.list_images,
        create_upload=CreateUpload(PlainLinks(), 900),
        keep_faces=world.keep_faces,
        index_queue=SimpleNamespace(returned=[], deleted=[], hidden=[]),
    )
    wiring.index_queue.return_later = lambda *message: wiring.index_queue.returned.append(message)
    wiring.index_queue.hide = lambda handles, seconds: wiring.index_queue.hidden.append((handles, seconds))
    wiring.index_queue.return_at_once = lambda handle: wiring.index_queue.returned.append((handle, "at once"))
    wiring.index_queue.delete = wiring.index_queue.deleted.append
    world.wiring = wiring
    monkeypatch.setattr(world.clock, "sleep", lambda seconds: _pass(world, seconds))
    for module in (api_gateway, index):
        monkeypatch.setattr(module, "get_wiring", lambda: wiring)
    yield world


def _pass(world: World, seconds: float) -> None:
    world.clock.time += seconds
    for key in list(world.store.versions):
        world.index(key)


class Context:
    """Lambda's context, as far as it is looked at."""

    function_name, memory_limit_in_mb, aws_request_id = "faceprint", "1536", "request"
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:faceprint"
    seconds = 30

    def get_remaining_time_in_millis(self) -> int:
        return self.seconds * 1000


def call(operation: str, body: bytes = b"", **request: Any) -> tuple[int, Any]:
    """Sends a request to the function that serves this operation, and holds the answer to the contract."""
    answer = invoke(operation, body, **request)
    contract = ROUTES[operation][2]
    headers = answer.get("multiValueHeaders") or answer["headers"]
    if "image/jpeg" in str(headers):
        return answer["statusCode"], base64.b64decode(answer["body"])
    parsed = json.loads(answer["body"])
    _hold_to_contract(contract, str(answer["statusCode"]), parsed)
    return answer["statusCode"], parsed


def invoke(operation: str, body: bytes = b"", **request: Any) -> dict[str, Any]:
    """Sends a request to the function that serves this operation, by a custom domain if a `base_path` is given."""
    method, path, _ = ROUTES[operation]
    values = {"filename": request.pop("filename", "a.jpg"), "faceId": request.pop("faceId", UNKNOWN_FACE)}
    url = path.format(**values)
    base_path = request.pop("base_path", None)
    event = {
        "httpMethod": method,
        "resource": path.replace("filename", "filename+"),
        "path": url if base_path is None else base_path + url,
        "pathParameters": {name: value for name, value in values.items() if f"{{{name}}}" in path},
        "queryStringParameters": request.pop("query", None),
        "multiValueQueryStringParameters": None,
        "headers": request.pop("headers", {}),
        "multiValueHeaders": {},
        "requestContext": {
            "requestId": "r-1",
            "path": f"{'/v1' if base_path is None else base_path}{url}",
            "stage": "v1",
            "httpMethod": method,
            "domainName": request.pop("domain", "api.example.com"),
        },
        "body": base64.b64encode(body).decode() or None,
        "isBase64Encoded": True,
    }
    function = next(name for name, each in FUNCTIONS.items() if operation in each.get("operations", []))
    answer: dict[str, Any] = HANDLERS[function].lambda_handler(event, Context())
    return answer


def _hold_to_contract(operation: dict[str, Any], status: str, body: Any) -> None:
    response = operation["responses"].get(status) or operation["responses"]["default"]
    reference = response.get("$ref")
    response = CONTRACT["components"]["responses"][reference.rpartition("/")[2]] if reference else response
    schema = response["content"]["application/json"]["schema"]
    Draft202012Validator(_as_json_schema({**schema, "components": CONTRACT["components"]})).validate(body)


def _as_json_schema(node: Any) -> Any:
    """OpenAPI 3.0's `nullable` in JSON Schema's words."""
    if isinstance(node, list):
        return [_as_json_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    read = {name: _as_json_schema(value) for name, value in node.items()}
    return {**read, "type": [read["type"], "null"]} if read.pop("nullable", False) else read


JSON = {"content-type": "application/json"}


@pytest.mark.parametrize("operation", ROUTES)
def test_every_operation_of_the_contract_has_its_route(world: World, operation: str) -> None:
    _, body = call(operation, b"{}", headers=JSON)

    assert "no such route" not in str(body)


@pytest.mark.parametrize("base_path", ["", "/v1", "/index", "/search", "/faces", "/health"])
@pytest.mark.parametrize("operation", ROUTES)
def test_every_operation_is_served_under_every_base_path_of_a_custom_domain(
    world: World, operation: str, base_path: str
) -> None:
    world.put("a.jpg", PHOTO)
    by_stage = call(operation, b"{}", headers=JSON)
    world.put("a.jpg", PHOTO)

    by_domain = call(operation, b"{}", headers=JSON, base_path=base_path)

    assert "no such route" not in str(by_domain)
    assert by_domain[0] == by_stage[0]


@pytest.mark.parametrize(("base_path", "before"), [(None, "/v1"), ("", ""), ("/index", "/index"), ("/a", "/a")])
def test_addresses_in_answers_are_those_that_the_client_has_used(
    world: World, base_path: str | None, before: str
) -> None:
    later = invoke("uploadImage", PHOTO, headers={"Prefer": "respond-async"}, base_path=base_path)
    contract = json.loads(invoke("getContract", base_path=base_path)["body"])

    assert later["multiValueHeaders"]["Location"] == [f"{before}/index/a.jpg"]
    assert contract["servers"][0]["url"] == f"https://api.example.com{before}"


def test_an_upload_answers_the_faceprint(world: World) -> None:
    status, body = call("uploadImage", PHOTO, headers={"x-amz-meta-name": "Ana"})

    assert status == 200
    assert body["image"]["status"] == "INDEXED"
    assert body["usage"] == {"calls": {"IndexFaces": 1}, "estimatedUsd": 0.001}


def test_an_upload_that_need_not_wait_says_where_to_ask(world: World) -> None:
    status, body = call("uploadImage", PHOTO, filename="Jos%C3%A9.jpg", headers={"Prefer": "respond-async"})

    assert status == 201
    assert body["image"]["key"] == "José.jpg"


def test_the_whole_life_of_a_photo(world: World) -> None:
    world.put("a.jpg", PHOTO, name="Ana")
    face_id = next(iter(world.collection.faces))

    assert call("listImages")[1]["images"][0]["key"] == "a.jpg"
    assert call("getImage")[1]["image"]["status"] == "INDEXED"
    assert call("getFace", faceId=face_id)[1]["name"] == "Ana"
    for operation in ("searchFaces", "postSearchFaces", "searchFacesNamed", "postSearchFacesNamed"):
        assert call(operation, PHOTO)[1]["matchedFaces"] == ["Ana"]
    assert call("searchFacesByFaceId", query={"faceId": face_id})[1]["outcome"] == "unknown"
    assert len(call("detectFaces", PHOTO)[1]["FaceDetails"]) == 1
    assert call("compareFaces", _pair(PHOTO, {"key": "a.jpg"}), headers=JSON)[1]["outcome"] == "match"
    assert call("compareFaces", _pair(PHOTO, {"faceId": face_id}), headers=JSON)[1]["outcome"] == "match"
    assert call("compareFaces", _pair(PHOTO, base64.b64encode(PHOTO).decode()), headers=JSON)[1]["outcome"] == "match"
    assert call("identifyFaces", PHOTO, headers={"Accept": "image/jpeg"})[1][:3] == b"\xff\xd8\xff"
    assert call("deleteFace", faceId=face_id)[1]["deleted"]["FaceIds"] == [face_id]
    assert call("deleteImage")[1]["deleted"]["versions"] == 1
    assert call("getImage")[0] == 404


def _pair(source: bytes, target: Any) -> bytes:
    return json.dumps({"source": base64.b64encode(source).decode(), "target": target}).encode()


@pytest.mark.parametrize(
    ("operation", "request_", "status", "error"),
    [
        ("searchFaces", {}, 400, "MissingImage"),
        ("searchFaces", {"body": PHOTO, "query": {"threshold": "101"}}, 400, "InvalidParameter"),
        ("searchFaces", {"body": PHOTO, "query": {"maxFaces": "0"}}, 400, "InvalidParameter"),
        ("searchFaces", {"body": PHOTO, "query": {"qualityFilter": "BEST"}}, 400, "InvalidParameter"),
        ("searchFaces", {"body": b"%PDF-1.7"}, 415, "UnsupportedFormat"),
        ("searchFaces", {"body": make_image(1, size=(10_001, 20))}, 413, "ImageTooLarge"),
        ("searchFacesByFaceId", {"query": {"faceId": "x"}}, 400, "InvalidParameter"),
        ("searchFacesByFaceId", {"query": {"faceId": UNKNOWN_FACE}}, 404, "NotFound"),
        ("identifyFaces", {"body": PHOTO, "query": {"maxSearch": "x"}}, 400, "InvalidParameter"),
        ("detectFaces", {"body": PHOTO, "query": {"attributes": "MOOD"}}, 400, "InvalidParameter"),
        ("compareFaces", {"body": b"{}", "headers": JSON}, 400, "MissingImage"),
        ("compareFaces", {"body": _pair(PHOTO, {"url": "http://x"}), "headers": JSON}, 400, "InvalidParameter"),
        ("compareFaces", {"body": _pair(PHOTO, {"key": "b.jpg"}), "headers": JSON}, 404, "NotFound"),
        (
            "compareFaces",
            {"body": _pair(PHOTO, base64.b64encode(make_image(9)).decode()), "headers": JSON},
            422,
            "NoFace",
        ),
        ("uploadImage", {"body": PHOTO, "filename": "%2e%2e"}, 400, "InvalidParameter"),
        ("uploadImage", {"body": PHOTO, "headers": {"x-amz-meta-name": "x" * 300}}, 400, "InvalidParameter"),
        ("createUpload", {"body": b'{"filename": "a.jpg"}', "headers": JSON}, 400, "InvalidParameter"),
        ("createUpload", {"body": b'{"filename": "a.jpg", "bytes": 15728641}'}, 400, "InvalidParameter"),
        ("createUpload", {"body": b'{"bytes": 5}'}, 400, "InvalidParameter"),
        ("listImages", {"query": {"cursor": "%%"}}, 400, "InvalidParameter"),
        ("getFace", {"faceId": "x"}, 400, "InvalidParameter"),
        ("getFace", {}, 404, "NotFound"),
        ("deleteFace", {}, 404, "NotFound"),
        ("deleteImage", {}, 404, "NotFound"),
    ],
)
def test_bad_input_is_refused_with_the_error_body(
    world: World, operation: str, request_: dict[str, Any], status: int, error: str
) -> None:
    got, body = call(operation, **request_)

    assert (got, body["error"], body["requestId"]) == (status, error, "r-1")
    assert len(body["description"]) > 10


@pytest.mark.parametrize("operation", ["searchFaces", "detectFaces", "identifyFaces", "compareFaces"])
def test_small_pictures_are_left_to_rekognition_and_its_refusal_is_explained(world: World, operation: str) -> None:
    small = world.collection.show(make_image(1, size=(66, 79)), "ana")
    request = {"body": small}
    if operation == "compareFaces":
        request = {"body": _pair(small, base64.b64encode(small).decode()), "headers": JSON}
    assert call(operation, **request)[0] == 200

    refusal = NoFaceError if operation == "compareFaces" else InvalidParameterError
    world.collection.failures.append(refusal("Request has Invalid Parameters"))
    status, body = call(operation, **request)

    assert (status, body["error"]) == (422, "ImageTooSmall")
    assert "66 x 79" in body["description"]


@pytest.mark.parametrize(
    ("operation", "query", "used"),
    [
        ("searchFaces", {}, "AUTO"),
        ("searchFaces", {"qualityFilter": "NONE"}, "NONE"),
        ("compareFaces", {}, "NONE"),
        ("compareFaces", {"qualityFilter": "HIGH"}, "HIGH"),
    ],
)
def test_searches_use_the_filter_that_photos_are_indexed_with(
    world: World, operation: str, query: dict[str, str], used: str
) -> None:
    photo = world.collection.show(make_image(1), "ana")
    body = _pair(photo, base64.b64encode(photo).decode()) if operation == "compareFaces" else photo
    headers = JSON if operation == "compareFaces" else {}

    call(operation, body, query=query, headers=headers)

    assert world.collection.filters == [used]


def test_check_14_throttling_is_429_and_our_own_faults_tell_nothing(world: World) -> None:
    world.collection.failures.append(ThrottledError("wait"))
    assert call("searchFaces", PHOTO)[0] == 429

    world.collection.failures.append(MisconfiguredError("arn:aws:iam::1:role/x may not"))
    status, body = call("searchFaces", PHOTO)
    assert status == 500
    assert "arn" not in body["description"]

    world.collection.failures.append(RuntimeError("secret detail"))
    status, body = call("searchFaces", PHOTO)
    assert (status, body["error"]) == (500, "Internal")
    assert "secret" not in str(body)


def test_info_tells_names_and_settings_but_no_secrets(world: World) -> None:
    body = call("getInfo")[1]

    assert body["aws"]["s3"]["bucket_name"] == "bucket"
    assert body["settings"]["aws_rekognition"]["aws_rekognition_face_detect_threshold"] == 80.0
    assert body["settings"]["environment"]["boto3_version"] == boto3.__version__
    assert body["settings"]["environment"]["botocore_version"] == botocore.__version__
    assert "arn:" not in str(body)
    assert call("getHealth")[1] == {"status": "ok"}


@pytest.mark.parametrize(
    ("domain", "headers", "url"),
    [
        ("faces.example.com", {}, "https://faces.example.com/v1"),
        ("127.0.0.1:8000", {"X-Forwarded-Proto": "http"}, "http://127.0.0.1:8000/v1"),
        ("faces.example.com", {"Host": "evil.example"}, "https://faces.example.com/v1"),
        ("faces.example.com", {"X-Forwarded-Host": "evil.example"}, "https://faces.example.com/v1"),
        ("faces.example.com", {"Forwarded": "host=evil.example;proto=ftp"}, "https://faces.example.com/v1"),
        ("faces.example.com", {"X-Forwarded-Proto": "javascript"}, "https://faces.example.com/v1"),
    ],
)
def test_the_contract_has_every_route_and_the_address_that_api_gateway_tells(
    world: World, domain: str, headers: dict[str, str], url: str
) -> None:
    status, body = call("getContract", headers=headers, domain=domain)

    assert status == 200
    assert body["servers"] == [{"url": url}]
    assert body["paths"] == CONTRACT["paths"]
    assert body["components"] == CONTRACT["components"]
    assert [name for name in body if name.startswith("x-amazon")] == []


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What is logged during the test."""
    written = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", written)
    return written


def test_check_17_the_log_has_one_line_without_image_key_or_name(world: World, log: io.StringIO) -> None:
    world.wiring.settings = load_settings({"DEBUG_MODE": "true"})

    call(
        "uploadImage",
        PHOTO,
        headers={"x-api-key": "secret-key", "x-amz-meta-name": "Ana Secret"},
        query={"name": "Ana Secret"},
    )

    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [line["message"] for line in lines if line["level"] == "INFO"] == ["served"]
    text = json.dumps(lines)
    assert "secret-key" not in text
    assert "Ana Secret" not in text
    assert base64.b64encode(PHOTO).decode()[:40] not in text
    assert any(line["message"] == "event" for line in lines)


def sqs_event(*bodies: Any, receive_count: int = 1) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"m{place}",
                "receiptHandle": f"h{place}",
                "body": body if isinstance(body, str) else json.dumps(body),
                "attributes": {"ApproximateReceiveCount": str(receive_count)},
                "eventSource": "aws:sqs",
            }
            for place, body in enumerate(bodies)
        ]
    }


def s3_event(*keys: str) -> dict[str, Any]:
    return {
        "Records": [
            {
                "eventName": "ObjectCreated:Put",
                "responseElements": {"x-amz-request-id": "S3REQUEST"},
                "s3": {"object": {"key": key, "sequencer": "0A"}},
            }
            for key in keys
        ]
    }


def test_check_01_one_bad_record_does_not_retry_its_neighbours(world: World) -> None:
    for name in ("a b.jpg", "é.jpg"):
        world.store.put(name, PHOTO)
    world.store.put("bad.jpg", b"\xff\xd8\xff corrupt")

    answer = index.lambda_handler(
        sqs_event(s3_event("a+b.jpg"), "no JSON", s3_event("bad.jpg"), s3_event("%C3%A9.jpg")), Context()
    )

    assert [failure["itemIdentifier"] for failure in answer["batchItemFailures"]] == ["m1"]
    statuses = {key: world.records.read(key).status.value for key in world.store.versions}
    assert statuses == {"a b.jpg": "INDEXED", "é.jpg": "INDEXED", "bad.jpg": "FAILED"}


def test_a_failed_record_comes_back_soon_and_later_each_time(world: World) -> None:
    world.store.put("a.jpg", PHOTO)
    world.collection.failures.append(ThrottledError("wait"))

    answer = index.lambda_handler(sqs_event(s3_event("a.jpg"), receive_count=3), Context())

    assert [failure["itemIdentifier"] for failure in answer["batchItemFailures"]] == ["m0"]
    assert world.wiring.index_queue.returned == [("h0", 3, 30)]


def test_messages_come_back_as_soon_as_the_function_must_have_ended(world: World) -> None:
    index.lambda_handler(sqs_event(*[s3_event("gone.jpg")] * 12), Context())

    handles = [handle for hidden, _ in world.wiring.index_queue.hidden for handle in hidden]
    assert sorted(handles) == sorted(f"h{number}" for number in range(12))
    assert [(len(hidden), seconds) for hidden, seconds in world.wiring.index_queue.hidden] == [(10, 35), (2, 35)]


def test_messages_are_dealt_with_though_sqs_does_not_hide_them(world: World) -> None:
    def refuse(handles: list[str], seconds: int) -> None:
        raise ThrottledError("wait")

    world.wiring.index_queue.hide = refuse

    assert index.lambda_handler(sqs_event(s3_event("gone.jpg")), Context()) == {"batchItemFailures": []}


@pytest.mark.parametrize("seconds", [29, 300])
def test_an_erasures_lease_lasts_as_long_as_its_function(
    world: World, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    world.put("a.jpg", PHOTO)
    leases: list[float] = []
    claim_row = world.records.claim_row
    monkeypatch.setattr(
        world.records, "claim_row", lambda *key, **asked: (leases.append(asked["seconds"]), claim_row(*key, **asked))[1]
    )
    monkeypatch.setattr(Context, "seconds", seconds)
    face_id = next(iter(world.records.faces))

    call("deleteFace", faceId=face_id)
    call("deleteImage")

    assert leases == [seconds, seconds]


@pytest.mark.parametrize(
    "body", ["poison", "[]", '"text"', '{"Records": [{}]}', '{"Records": [{"s3": {"object": []}}]}']
)
def test_a_record_that_is_no_event_is_given_up_without_waiting(world: World, body: str) -> None:
    event = sqs_event(s3_event("a.jpg"), receive_count=3)
    event["Records"][0]["body"] = body

    answer = index.lambda_handler(event, Context())

    assert [failure["itemIdentifier"] for failure in answer["batchItemFailures"]] == ["m0"]
    assert world.wiring.index_queue.returned == [("h0", "at once")]


@pytest.mark.parametrize(("receive_count", "deleted"), [(1, []), (2, ["h0"])])
def test_a_record_that_came_again_is_deleted_as_soon_as_it_is_done(
    world: World, receive_count: int, deleted: list[str]
) -> None:
    world.store.put("a.jpg", PHOTO)

    index.lambda_handler(sqs_event(s3_event("a.jpg"), receive_count=receive_count), Context())

    assert world.wiring.index_queue.deleted == deleted


def test_records_that_came_before_are_taken_last_and_in_changing_order() -> None:
    messages = [
        {"messageId": number, "attributes": {"ApproximateReceiveCount": str(number % 2 + 1)}} for number in range(10)
    ]

    orders = [[message["messageId"] for message in index.suspects_last(messages)] for _ in range(20)]

    assert all(set(order[:5]) == {0, 2, 4, 6, 8} for order in orders)
    assert len({order[-1] for order in orders}) > 1


def test_debug_mode_logs_the_messages_without_their_receipt_handles(world: World, log: io.StringIO) -> None:
    world.wiring.settings = load_settings({"DEBUG_MODE": "true"})

    index.lambda_handler(sqs_event(s3_event("gone.jpg")), Context())

    (line,) = [entry for entry in map(json.loads, log.getvalue().splitlines()) if entry["message"] == "event"]
    assert json.loads(line["messages"][0]["body"]) == s3_event("gone.jpg")
    assert "h0" not in log.getvalue()


def test_s3s_test_event_is_part_of_life(world: World) -> None:
    answer = index.lambda_handler(sqs_event({"Service": "Amazon S3", "Event": "s3:TestEvent"}), Context())

    assert answer == {"batchItemFailures": []}


def test_a_record_is_not_begun_without_time_to_finish(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.store.put("a.jpg", PHOTO)
    monkeypatch.setattr(Context, "seconds", 5)

    answer = index.lambda_handler(sqs_event(s3_event("a.jpg")), Context())

    assert len(answer["batchItemFailures"]) == 1
    assert world.collection.calls == []


def lines(log: io.StringIO, message: str) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, log.getvalue().splitlines()) if line["message"] == message]


def test_the_line_of_a_request_tells_ids_route_status_time_calls_and_cost(world: World, log: io.StringIO) -> None:
    call("searchFaces", PHOTO)

    (line,) = lines(log, "served")
    assert (line["operation"], line["status"], line["requestId"]) == ("PUT /search", 200, "r-1")
    assert line["milliseconds"] >= 0
    assert (line["calls"], line["callMilliseconds"], line["retries"], line["estimatedUsd"]) == ({}, {}, {}, 0)


@pytest.mark.parametrize(
    ("sent", "used"),
    [
        ({"X-Correlation-Id": "order-7:a.b_c"}, "order-7:a.b_c"),
        ({}, "r-1"),
        ({"x-correlation-id": "x" * 129}, "r-1"),
        ({"x-correlation-id": 'a"} {"level":"INFO'}, "r-1"),
        ({"x-correlation-id": "two\nlines"}, "r-1"),
    ],
)
@pytest.mark.parametrize(("operation", "status"), [("searchFaces", 200), ("getImage", 404)])
def test_a_correlation_id_is_logged_and_answered_if_it_may_stand_in_logs(
    world: World, log: io.StringIO, operation: str, status: int, sent: dict[str, str], used: str
) -> None:
    answer = invoke(operation, PHOTO, headers=sent)

    (line,) = lines(log, "served")
    assert (answer["statusCode"], answer["multiValueHeaders"]["x-correlation-id"]) == (status, [used])
    assert (line["correlation_id"], line["requestId"]) == (used, "r-1")


def test_our_own_fault_answers_its_correlation_id_too(world: World, log: io.StringIO) -> None:
    world.collection.failures.append(RuntimeError("secret detail"))

    answer = invoke("searchFaces", PHOTO, headers={"x-correlation-id": "order-7"})

    assert (answer["statusCode"], answer["multiValueHeaders"]["x-correlation-id"]) == (500, ["order-7"])
    assert lines(log, "failed")[0]["correlation_id"] == lines(log, "served")[0]["correlation_id"] == "order-7"


def test_the_index_function_logs_under_the_id_of_the_upload(world: World, log: io.StringIO) -> None:
    invoke("uploadImage", PHOTO, headers={"x-correlation-id": "order-7", "Prefer": "respond-async"})
    world.records.rows.clear()

    index.lambda_handler(sqs_event(s3_event("a.jpg")), Context())

    (line,) = lines(log, "reconciled")
    assert (line["correlation_id"], line["messageId"], line["sequencer"]) == ("order-7", "m0", "0A")
    assert (line["s3RequestId"], line["status"]) == ("S3REQUEST", "INDEXED")
    assert line["estimatedUsd"] == 0
    assert line["milliseconds"] >= 0


def test_a_message_that_goes_back_is_logged_under_the_id_of_the_upload(world: World, log: io.StringIO) -> None:
    metadata = {"faceprint-correlation-id": "order-7"}
    world.store.put("a.jpg", PHOTO, metadata=metadata)
    world.collection.failures.append(ThrottledError("wait"))

    index.lambda_handler(sqs_event(s3_event("a.jpg")), Context())

    (line,) = lines(log, "returned")
    assert (line["correlation_id"], line["messageId"], line["sequencer"]) == ("order-7", "m0", "0A")
    assert "calls" in line


@pytest.mark.parametrize("metadata", [{}, {"faceprint-correlation-id": 'a"} {"level":"INFO'}])
def test_a_photo_without_a_correlation_id_has_that_of_the_request_to_s3(
    world: World, log: io.StringIO, metadata: dict[str, str]
) -> None:
    world.store.put("a.jpg", PHOTO, metadata=metadata)

    index.lambda_handler(sqs_event(s3_event("a.jpg")), Context())

    assert lines(log, "reconciled")[0]["correlation_id"] == "S3REQUEST"


def test_ids_of_one_message_do_not_stay_for_the_next(world: World, log: io.StringIO) -> None:
    index.lambda_handler(sqs_event(s3_event("gone.jpg"), "no JSON"), Context())

    (line,) = lines(log, "returned")
    assert line["messageId"] == "m1"
    assert not {"correlation_id", "sequencer", "s3RequestId"} & line.keys()


def test_a_presigned_upload_carries_the_correlation_id(world: World) -> None:
    _, body = call("createUpload", b'{"filename": "a.jpg", "bytes": 5}', headers={"x-correlation-id": "order-7"})

    assert body["headers"]["faceprint-correlation-id"] == "order-7"


def test_the_same_photo_of_another_request_is_a_duplicate(world: World) -> None:
    call("uploadImage", PHOTO, headers={"x-correlation-id": "first"})

    _, body = call("uploadImage", PHOTO, headers={"x-correlation-id": "second"})

    assert body["image"]["status"] == "DUPLICATE"
    assert len(world.store.versions["a.jpg"]) == 1


Measured = dict[tuple[str, str], list[float]]


def measured(capsys: pytest.CaptureFixture[str]) -> Measured:
    """Values by metric and second dimension, of what was written since the last time."""
    found: Measured = {}
    for line in map(json.loads, capsys.readouterr().out.splitlines()):
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        (names,) = directive["Dimensions"]
        assert (directive["Namespace"], line["service"]) == ("Photos", "team")
        (second,) = [line[name] for name in names if name != "service"] or [""]
        for metric in directive["Metrics"]:
            found.setdefault((metric["Name"], second), []).extend(line[metric["Name"]])
    return found


@pytest.fixture
def metered(world: World, capsys: pytest.CaptureFixture[str]) -> World:
    world.wiring.settings = load_settings({"METRICS_NAMESPACE": "Photos", "SHARED_RESOURCE_IDENTIFIER": "team"})
    return world


def test_metrics_tell_what_became_of_photos(metered: World, capsys: pytest.CaptureFixture[str]) -> None:
    for key, photo in (("face.jpg", PHOTO), ("empty.jpg", make_image(9)), ("bad.jpg", b"\xff\xd8\xff corrupt")):
        metered.store.put(key, photo)

    index.lambda_handler(sqs_event(*map(s3_event, ("face.jpg", "empty.jpg", "bad.jpg", "face.jpg"))), Context())
    metered.store.put("later.jpg", PHOTO)
    metered.collection.failures.append(ThrottledError("wait"))
    index.lambda_handler(sqs_event(s3_event("later.jpg"), "no JSON"), Context())

    found = measured(capsys)
    assert len(found.pop(("Latency", "index"))) == 4
    assert found == {
        ("IndexedImages", ""): [1],
        ("IndexedFaces", ""): [1],
        ("NoFaceImages", ""): [1],
        ("FailedImages", "UnsupportedFormat"): [1],
        ("RepeatedEvents", ""): [1],
        ("ReturnedMessages", "Throttled"): [1],
        ("ReturnedMessages", "UnreadableMessageError"): [1],
    }


def test_metrics_tell_outcomes_of_searches(metered: World, capsys: pytest.CaptureFixture[str]) -> None:
    call("searchFaces", PHOTO)
    metered.put("a.jpg", PHOTO, name="Ana")
    call("searchFaces", PHOTO)
    call("searchFaces", make_image(9))
    call("searchFacesByFaceId", query={"faceId": next(iter(metered.collection.faces))})
    call("identifyFaces", PHOTO)

    found = measured(capsys)
    assert {second: values for (name, second), values in found.items() if name == "SearchOutcomes"} == {
        "unknown": [1, 1],
        "match": [1],
        "no_face": [1],
        "low_quality": [1],  # the crop of a face is a photo that the fake does not know
    }
    assert {second: len(values) for (name, second), values in found.items() if name == "Latency"} == {
        "PUT /search": 3,
        "GET /search": 1,
        "POST /identify": 1,
    }


def test_metrics_tell_duplicates_and_erasures(metered: World, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        call("uploadImage", PHOTO)
    call("deleteImage")
    call("deleteImage")

    found = measured(capsys)
    assert (found["DuplicateUploads", ""], found["ErasedImages", ""]) == ([1], [1])


def test_metrics_tell_calls_retries_and_cost(metered: World, capsys: pytest.CaptureFixture[str]) -> None:
    counter = metered.wiring.counter

    def detect(data: bytes, attributes: object) -> dict[str, Any]:
        for service, operation in (("rekognition", "DetectFaces"), ("s3", "GetObject"), ("dynamodb", "GetItem")):
            model = SimpleNamespace(name=operation, service_model=SimpleNamespace(endpoint_prefix=service))
            context: dict[str, Any] = {}
            counter._begin(model=model, context=context)
            for _ in range(2):
                counter._attempt(SimpleNamespace(context=context))
            counter._end(context=context)
        return {"FaceDetails": []}

    metered.wiring.detect_faces = SimpleNamespace(detect=detect)
    call("detectFaces", PHOTO)

    found = measured(capsys)
    assert (found["CallRetries", ""], found["EstimatedUsd", ""]) == ([3], [0.001])
    assert {"S3CallLatency", "DynamoDBCallLatency", "RekognitionCallLatency"} <= {name for name, _ in found}


def test_without_a_namespace_there_are_no_metrics(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    call("searchFaces", PHOTO)
    index.lambda_handler(sqs_event(s3_event("gone.jpg")), Context())

    assert capsys.readouterr().out == ""


def test_each_request_counts_its_own_calls(world: World, log: io.StringIO) -> None:
    world.wiring.counter.calls["rekognition.DetectFaces"] += 1

    call("searchFaces", PHOTO)

    assert lines(log, "served")[0]["calls"] == {}
