"""What the functions' roles may do against what they did while the end-to-end suite ran, in each world."""

import json
from collections import Counter
from typing import Any

import pytest
import requests

from local_world import LocalCloud

pytestmark = pytest.mark.e2e

FUNCTIONS = ("upload", "index", "search", "library", "info")

# Permissions that the suite cannot use, with the reason why the functions have them all the same.
UNUSED = {
    **{(name, "logs:CreateLogStream"): "Lambda itself opens the log stream; here it is a file" for name in FUNCTIONS},
    **{(name, "logs:PutLogEvents"): "Lambda itself writes the log; here it is a file" for name in FUNCTIONS},
    ("index", "dynamodb:BatchWriteItem"): "a photo with more than 99 faces: a transaction takes 100 changes",
    ("library", "dynamodb:BatchWriteItem"): "a photo with more than 99 faces: a transaction takes 100 changes",
    ("index", "rekognition:ListFaces"): "a photo that was replaced after a crash (test_faults has a cloud of its own)",
    ("library", "rekognition:ListFaces"): "a photo that is erased while its indexing is cut off",
    ("upload", "s3:ListBucket"): "a photo that is erased between the upload and its answer",
}


@pytest.fixture
def calls(cloud: LocalCloud) -> dict[str, Counter[tuple[str, str, bool]]]:
    """Recorded calls by function: (action, resource, allowed) and how often."""
    names = {}
    for function in cloud.client("lambda").list_functions()["Functions"]:
        names[function["Role"]] = function["FunctionName"].removeprefix("rekognition_")
    found: dict[str, Counter[tuple[str, str, bool]]] = {name: Counter() for name in names.values()}
    for call in requests.get(f"{cloud.addresses['awsEndpoint']}/_local/calls", timeout=10).json():
        found[names[call["role"]]][call["action"], call["resource"], call["allowed"]] += call["count"]
    if sum(len(counter) for counter in found.values()) < 30:
        pytest.skip("only a part of the end-to-end suite ran in this world: run all of tests/e2e")
    return found


@pytest.fixture
def permissions(cloud: LocalCloud) -> dict[str, set[tuple[str, str]]]:
    """Allowed (action, resource) by function, as the deployed policies have them."""
    iam, found = cloud.client("iam"), {}
    for function in cloud.client("lambda").list_functions()["Functions"]:
        role = function["Role"].rsplit("/", 1)[1]
        assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
        documents = [
            iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
        ]
        found[function["FunctionName"].removeprefix("rekognition_")] = {
            (action, resource)
            for document in documents
            for statement in document["Statement"]
            for action in _listed(statement["Action"])
            for resource in _listed(statement["Resource"])
        }
    return found


def test_no_function_was_refused_anything(calls: dict[str, Counter[tuple[str, str, bool]]]) -> None:
    refused = [(name, *call[:2]) for name, counter in calls.items() for call in counter if not call[2]]

    assert refused == []


def test_no_function_may_do_what_it_never_did(
    calls: dict[str, Counter[tuple[str, str, bool]]],
    permissions: dict[str, set[tuple[str, str]]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    with capsys.disabled():
        print(_table(calls, permissions))

    unused = {
        (name, action, resource)
        for name, allowed in permissions.items()
        for action, resource in allowed
        if not calls[name][action, resource, True]
    }
    assert {(name, action) for name, action, _ in unused} - UNUSED.keys() == set()


def test_only_what_looks_at_images_alone_is_allowed_on_everything(
    permissions: dict[str, set[tuple[str, str]]],
) -> None:
    everywhere = {action for allowed in permissions.values() for action, resource in allowed if resource == "*"}

    assert everywhere == {"rekognition:DetectFaces", "rekognition:CompareFaces"}


def test_every_reason_is_needed(permissions: dict[str, set[tuple[str, str]]]) -> None:
    assert UNUSED.keys() <= {(name, action) for name, allowed in permissions.items() for action, _ in allowed}


def _table(calls: dict[str, Counter[Any]], permissions: dict[str, set[tuple[str, str]]]) -> str:
    rows = [f"\n{'function':<9} {'allowed action':<36} {'resource':<52} recorded calls"]
    for name, allowed in sorted(permissions.items()):
        for action, resource in sorted(allowed):
            count = calls[name][action, resource, True]
            said = str(count) if count else f"none: {UNUSED.get((name, action), 'NO REASON')}"
            rows.append(f"{name:<9} {action:<36} {resource.split(':', 5)[-1]:<52} {said}")
    return "\n".join(rows)


def _listed(value: Any) -> list[Any]:
    return json.loads(json.dumps(value if isinstance(value, list) else [value]))
