"""Walk, recorded answers, Postman collection and docs/api.md tell what the contract tells, and nothing secret."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from api_contract.api_page import ERRORS_FILE, PAGE_FILE, api_page_files
from api_contract.examples import EXAMPLES_FILE, Example, load_examples
from api_contract.generated import stale
from api_contract.openapi import gateway_errors, load_contract
from api_contract.postman import COLLECTION_FILE, ENVIRONMENT_FILE, postman_files
from api_contract.walk import load_walk
from faceprint.model.errors import FaceprintError
from scripts import make_api_docs, make_contract, make_postman, make_settings_docs
from shell_blocks import blocks

CONTRACT = load_contract()
WALK = load_walk(CONTRACT)
STEPS = {step.step_id: step for way in WALK for step in way.steps}
EXAMPLES = load_examples()
COLLECTION = json.loads(COLLECTION_FILE.read_text())
PAGE = PAGE_FILE.read_text()
IMAGE_BODY = CONTRACT.resolve({"$ref": "#/components/requestBodies/Image"})
SECRETS = {
    "a signature": r"X-Amz-|Signature=|AKIA|ASIA",
    "a key": r"\b(?=[\w-]*[A-Z])(?=[\w-]*[0-9])[\w-]{40}\b",
    "an address of a run": r"(?:127\.0\.0\.1|localhost):(?!800[01]\b)\d+",
}

COLLECTION_FORM: dict[str, Any] = {
    "type": "object",
    "required": ["info", "item", "auth", "variable"],
    "properties": {
        "info": {
            "type": "object",
            "required": ["name", "schema"],
            "properties": {"schema": {"const": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}},
        },
        "auth": {"type": "object", "required": ["type", "apikey"]},
        "variable": {"type": "array", "items": {"type": "object", "required": ["key", "value"]}},
        "item": {"type": "array", "items": {"$ref": "#/definitions/folder"}},
    },
    "definitions": {
        "folder": {
            "type": "object",
            "required": ["name", "item"],
            "properties": {"item": {"type": "array", "items": {"$ref": "#/definitions/request"}}},
        },
        "request": {
            "type": "object",
            "required": ["name", "request", "event", "response"],
            "properties": {
                "request": {
                    "type": "object",
                    "required": ["method", "url", "header"],
                    "properties": {"url": {"type": "object", "required": ["raw", "host"]}},
                },
                "event": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "required": ["listen", "script"],
                        "properties": {"listen": {"enum": ["test", "prerequest"]}},
                    },
                },
                "response": {
                    "type": "array",
                    "minItems": 1,
                    "items": {"type": "object", "required": ["name", "originalRequest", "code", "header", "body"]},
                },
            },
        },
    },
}


def requests_of_the_collection() -> list[dict[str, Any]]:
    return [item for folder in COLLECTION["item"] for item in folder["item"]]


@pytest.mark.parametrize(
    "files", [postman_files, api_page_files, make_contract.contract_files, make_settings_docs.settings_files]
)
def test_what_is_made_is_fresh(files: Callable[[], dict[Path, str]]) -> None:
    assert stale(files()) == []


@pytest.mark.parametrize("script", [make_postman, make_api_docs, make_contract, make_settings_docs])
def test_check_names_what_is_stale(
    script: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = next(name for name in vars(script) if name.endswith("_files"))
    old = tmp_path / "old.md"
    old.write_text("older")
    monkeypatch.setattr("api_contract.generated.ROOT", tmp_path)
    monkeypatch.setattr(script, name, lambda: {old: "newer"})

    stale_code, _ = script.main(["--check"]), script.main([])

    assert (stale_code, script.main(["--check"])) == (1, 0)
    assert "old.md is stale: run scripts/make_" in capsys.readouterr().err


@pytest.mark.parametrize("operation_id", CONTRACT.operations)
def test_every_operation_is_walked_recorded_in_postman_and_on_the_page(operation_id: str) -> None:
    steps = {step.step_id for step in STEPS.values() if step.operation_id == operation_id and step.status < 400}
    operation = CONTRACT.operations[operation_id]

    assert steps
    assert steps <= EXAMPLES.keys()
    assert {STEPS[step].name for step in steps} <= {item["name"] for item in requests_of_the_collection()}
    assert f"### {operation_id}\n\n`{operation.method} {operation.path}`" in PAGE


def test_every_way_to_send_an_image_is_walked_for_every_operation_that_takes_one() -> None:
    takers = {name for name, operation in CONTRACT.operations.items() if operation.body == IMAGE_BODY}

    walked = {(step.operation_id, step.body.kind) for step in STEPS.values()}

    assert len(takers) == 7
    assert {(name, kind) for name in takers for kind in ("file", "base64", "json", "form")} <= walked
    assert {("compareFaces", "json"), ("compareFaces", "form")} <= walked


def test_recorded_are_the_steps_of_the_walk_in_their_order() -> None:
    assert list(EXAMPLES) == list(STEPS)


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES.keys())
def test_recorded_answer_is_one_of_the_contract(example: Example) -> None:
    step, body = STEPS[example.step], example.answer.body

    assert (example.answer.status, example.operation_id) == (step.status, step.operation_id)
    if isinstance(body, str):
        assert body in ("", "(a JPEG)…")
    else:
        schema = CONTRACT.json_schema(CONTRACT.answer_schema(step.operation_id, step.status))
        jsonschema.validate(body, schema)


def test_contract_schemas_refuse_an_answer_without_a_required_field() -> None:
    with pytest.raises(jsonschema.ValidationError, match="'status' is a required property"):
        jsonschema.validate({}, CONTRACT.json_schema("Health"))


def test_collection_has_the_form_of_postman_2_1() -> None:
    jsonschema.validate(COLLECTION, COLLECTION_FORM)

    ids = [item["id"] for item in [*COLLECTION["item"], *requests_of_the_collection()]]
    assert len(ids) == len(set(ids))


def test_every_request_of_the_collection_has_a_test_of_its_own_and_its_recorded_answer() -> None:
    untested = [
        item["name"]
        for item in requests_of_the_collection()
        if not any("pm.test(" in line for event in item["event"] for line in event["script"]["exec"])
    ]
    codes = {item["name"]: item["response"][0]["code"] for item in requests_of_the_collection()}

    assert untested == []
    assert codes == {step.name: EXAMPLES[step.step_id].answer.status for step in STEPS.values()}


def test_two_variables_lead_the_collection_anywhere_with_or_without_the_environment() -> None:
    used = set(re.findall(r"\{\{(\w+)\}\}", COLLECTION_FILE.read_text()))
    own = {variable["key"]: variable["value"] for variable in COLLECTION["variable"]}
    saved = {name for step in STEPS.values() for name in step.save} | {"zeros"}

    assert used - saved <= own.keys()
    assert (own["base_url"], own["api_key"]) == ("http://127.0.0.1:8000/v1", "")


def test_collection_sends_the_key_of_the_environment_and_the_environment_holds_none() -> None:
    environment = {value["key"]: value for value in json.loads(ENVIRONMENT_FILE.read_text())["values"]}
    sent = {part["key"]: part["value"] for part in COLLECTION["auth"]["apikey"]}

    assert sent == {"key": "x-api-key", "value": "{{api_key}}", "in": "header"}
    assert {name: value["value"] for name, value in environment.items()} == {
        "base_url": "http://127.0.0.1:8000/v1",
        "api_key": "",
    }
    assert environment["api_key"]["type"] == "secret"


def test_photos_inside_the_collection_are_small_jpegs_and_stand_there_once() -> None:
    variables = {variable["key"]: variable["value"] for variable in COLLECTION["variable"]}
    photos = [value for name, value in variables.items() if name.endswith("photo_base64")]

    assert [photo[:4] for photo in photos] == ["/9j/", "/9j/"]
    assert max(map(len, photos)) < 15_000
    assert [COLLECTION_FILE.read_text().count(photo) for photo in photos] == [1, 1]


@pytest.mark.parametrize("file", [EXAMPLES_FILE, COLLECTION_FILE, ENVIRONMENT_FILE, PAGE_FILE], ids=lambda f: f.name)
@pytest.mark.parametrize("what", SECRETS)
def test_nothing_that_is_shown_holds(what: str, file: Path) -> None:
    text = re.sub(r'"/9j/[^"]{200,}"|iVBOR[\w+/=]+', "", file.read_text())

    assert re.findall(SECRETS[what], text) == []


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a signature", "photo.jpg?X-Amz-Signature=0"),
        ("a key", '"x-api-key": "' + "Zh6RwZpczU" * 4 + '"'),
        ("an address of a run", "http://127.0.0.1:40807/v1"),
    ],
)
def test_the_search_for_secrets_finds(what: str, text: str) -> None:
    assert re.search(SECRETS[what], text)


def test_the_page_tells_every_error_of_functions_gateway_and_contract() -> None:
    listed = [(error["status"], error["error"]) for error in yaml.safe_load(ERRORS_FILE.read_text())]
    raised = {(kind.status, kind.code) for kind in [FaceprintError, *FaceprintError.__subclasses__()]}
    said = CONTRACT.document["components"]["responses"]["Error"]["description"]

    assert len(listed) == len(set(listed))
    assert raised | gateway_errors(CONTRACT.document) | {(405, "MethodNotAllowed")} == set(listed)
    assert {code for _, code in listed} == set(re.findall(r"\b[A-Z][a-z]+(?:[A-Z\d]\w+)?\b", said)) - {"Retry", "After"}
    assert [error for error in listed if f"| {error[0]} | `{error[1]}` |" not in PAGE] == []


def test_the_page_shows_a_command_and_an_answer_for_every_step_that_is_not_refused() -> None:
    shown = [step for way in WALK if way.name != "refused" for step in way.steps]

    assert sum(block.count("curl ") for block in blocks(PAGE)) == len(shown)
    assert [operation for operation in CONTRACT.operations if f"](#{operation.lower()})" not in PAGE] == []
    anchors = {heading.lower() for heading in re.findall(r"^#+ (\w+)$", PAGE, re.MULTILINE)}
    assert [link for link in re.findall(r"\]\(#([\w-]+)\)", PAGE) if link not in anchors] == []
