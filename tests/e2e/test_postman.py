"""The Postman collection passes against the running service, and its saved answers are still what it answers."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from api_contract.examples import Example, load_examples
from api_contract.openapi import load_contract
from api_contract.recorder import Recorder
from api_contract.walk import load_walk
from local_world import LocalCloud
from newman_runner import COLLECTION, require_newman, run_newman
from tiny_http_server import Reply, tiny_server

FOLDERS = {folder["name"]: len(folder["item"]) for folder in json.loads(COLLECTION.read_text())["item"]}


by_both_ways = pytest.mark.parametrize("way", ["address", "domain"], indirect=True, scope="session")


@pytest.fixture
def newman() -> None:
    require_newman()


@by_both_ways
@pytest.mark.parametrize("folder", FOLDERS)
def test_each_folder_of_the_collection_is_a_whole_life(
    newman: None, cloud: LocalCloud, tmp_path: Path, folder: str
) -> None:
    run = run_newman(cloud, tmp_path, folder)

    assert run.failures == []
    assert run.requests >= FOLDERS[folder]
    assert run.assertions >= 2 * FOLDERS[folder] - 1
    assert cloud.send("GET", "/index?prefix=postman/").json() == {"images": []}


def test_the_collection_runs_after_a_run_that_was_interrupted(newman: None, cloud: LocalCloud, tmp_path: Path) -> None:
    photo = (COLLECTION.parents[1] / "samples" / "grace-hopper.jpg").read_bytes()
    cloud.put("postman/file/grace-hopper.jpg", photo)

    run = run_newman(cloud, tmp_path, "1 File bodies")

    assert run.failures == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"api_key": ""}, "api_key is empty: paste the API key that `make run` printed"),
        ({"api_key": "wrong"}, "does not know this api_key"),
        ({"base_url": ""}, "base_url is empty: write the address with its stage"),
        ({"base_url": "127.0.0.1:8000/v1"}, "base_url is 127.0.0.1:8000/v1: write the address"),
        ({"base_url": "http://127.0.0.1:1/v1"}, "Nobody answers at http://127.0.0.1:1/v1 (ECONNREFUSED)"),
        ({"base_url": "{origin}"}, "base_url must end with the stage"),
        ({"base_url": "{origin}/v9/"}, "base_url must end with the stage"),
        ({"base_url": "{other}"}, "and not as Faceprint does"),
    ],
)
def test_the_first_request_says_which_variable_is_wrong_and_the_run_ends(
    newman: None, cloud: LocalCloud, tmp_path: Path, wrong: dict[str, str], said: str
) -> None:
    with tiny_server(Reply({"message": "another service"})) as other:
        places = {"origin": cloud.addresses["url"].rpartition("/")[0], "other": other.url}
        given = {name: value.format(**places) for name, value in wrong.items()}

        for folder in ("1 File bodies", "2 Base64 bodies"):
            run = run_newman(cloud, tmp_path, folder, **given)

            assert said in run.failures[-1]
            assert run.failures[:-1] in ([], [": connect ECONNREFUSED 127.0.0.1:1"])  # Newman's own word
            assert (run.requests, run.assertions) <= (1, 1)


def test_an_address_with_a_slash_and_a_key_with_spaces_do_as_well(
    newman: None, cloud: LocalCloud, tmp_path: Path
) -> None:
    given = {"base_url": f" {cloud.addresses['url']}/ ", "api_key": f" {cloud.addresses['apiKey']} "}

    assert run_newman(cloud, tmp_path, "2 Base64 bodies", **given).failures == []


def test_an_answer_of_another_shape_fails_the_collection(newman: None, cloud: LocalCloud, tmp_path: Path) -> None:
    changed = json.loads(COLLECTION.read_text())
    (schemas,) = [variable for variable in changed["variable"] if variable["key"] == "schemas"]
    schemas["value"] = schemas["value"].replace('["FaceDetails"]', '["FaceDetails","Owner"]')
    (tmp_path / "changed.json").write_text(json.dumps(changed))

    run = run_newman(cloud, tmp_path, "2 Base64 bodies", collection=tmp_path / "changed.json")

    assert len(run.failures) == 1
    assert "should have required property 'Owner'" in run.failures[0]


@by_both_ways
def test_recorded_answers_are_still_true(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    walk = load_walk(load_contract())
    for name, value in {"HTTP_PROXY": cloud.proxy, "NO_PROXY": "127.0.0.1"}.items():
        monkeypatch.setenv(name, value)

    now = list(Recorder(cloud.addresses["url"], cloud.addresses["apiKey"]).record(walk))

    recorded = load_examples()
    assert [example.step for example in now] == list(recorded)
    assert [example.step for example in now if shape(example) != shape(recorded[example.step])] == []


def shape(example: Example) -> tuple[Any, ...]:
    """Request, status, headers and the answer's fields and types; other people in the library may add matches."""
    request, answer = example.request, example.answer
    headers = {name: re.sub(r"[0-9a-f-]{36}", "an id", value) for name, value in request.headers.items()}
    return (request.method, headers, answer.status, sorted(answer.headers), _fields(answer.body))


def _fields(value: Any, path: str = "") -> set[tuple[str, str]]:
    """Path and type of every value; null stands for any type."""
    if isinstance(value, dict):
        inner = [_fields(item, f"{path}.{name}") for name, item in value.items()]
        return {(path, "object")}.union(*inner)
    if isinstance(value, list):
        return {(path, "list")}.union(*(_fields(item, f"{path}[]") for item in value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {(path, "number")}
    return set() if value is None else {(path, type(value).__name__)}
