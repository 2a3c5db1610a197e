"""What the functions' roles may do against what they did while the end-to-end suite ran, in each world."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import requests

from local_world import LOOKING_BACK, LocalCloud

pytestmark = pytest.mark.e2e

FUNCTIONS = ("upload", "index", "search", "library", "info")

# Permissions that no test can use, with the reason why the functions have them all the same.
UNUSED = {
    **{(name, "logs:CreateLogStream"): "Lambda itself opens the log stream; here it is a file" for name in FUNCTIONS},
    **{(name, "logs:PutLogEvents"): "Lambda itself writes the log; here it is a file" for name in FUNCTIONS},
}


@pytest.fixture
def calls(cloud: LocalCloud, request: pytest.FixtureRequest) -> dict[str, Counter[tuple[str, str, bool]]]:
    """Recorded calls by function: (action, resource, allowed) and how often."""
    chosen = {item.path.name for item in request.session.items}
    if left_out := sorted({path.name for path in Path(__file__).parent.glob("test_*.py")} - chosen - {*LOOKING_BACK}):
        pytest.skip(f"only a part of the end-to-end suite was asked for, without {', '.join(left_out)}")
    names = {}
    for function in cloud.client("lambda").list_functions()["Functions"]:
        names[function["Role"]] = function["FunctionName"].removeprefix("rekognition_")
    found: dict[str, Counter[tuple[str, str, bool]]] = {name: Counter() for name in names.values()}
    for call in requests.get(f"{cloud.addresses['awsEndpoint']}/_local/calls", timeout=10).json():
        found[names[call["role"]]][call["action"], call["resource"], call["allowed"]] += call["count"]
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


def test_every_reason_is_needed(
    calls: dict[str, Counter[tuple[str, str, bool]]], permissions: dict[str, set[tuple[str, str]]]
) -> None:
    allowed_but_unused = {
        (name, action)
        for name, allowed in permissions.items()
        for action, resource in allowed
        if not calls[name][action, resource, True]
    }

    assert UNUSED.keys() == allowed_but_unused


def _table(calls: dict[str, Counter[Any]], permissions: dict[str, set[tuple[str, str]]]) -> str:
    rows = [f"\n{'function':<9} {'allowed action':<36} {'resource':<52} recorded calls"]
    for name, allowed in sorted(permissions.items()):
        for action, resource in sorted(allowed):
            count = calls[name][action, resource, True]
            said = str(count) if count else f"none: {UNUSED.get((name, action), 'NO REASON')}"
            rows.append(f"{name:<9} {action:<36} {resource.split(':', 5)[-1]:<52} {said}")
    return "\n".join(rows)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
