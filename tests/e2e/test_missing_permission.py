"""A permission that a role lacks: an error with our body at once, nothing about the account in it, and no harm kept."""

import json

import pytest

from local_world import LocalCloud, sample, wait_until

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(
    ("function", "action", "request_line", "status"),
    [
        ("search", "rekognition:SearchFacesByImage", ("POST", "/search"), 500),
        ("upload", "s3:PutObject", ("PUT", "/index/denied.jpg"), 500),
        ("index", "rekognition:IndexFaces", ("PUT", "/index/denied.jpg"), 201),
    ],
)
def test_a_permission_that_is_missing_fails_the_request_and_its_return_heals(
    cloud: LocalCloud, function: str, action: str, request_line: tuple[str, str], status: int
) -> None:
    iam, name = cloud.client("iam"), {"RoleName": f"rekognition_{function}", "PolicyName": "permissions"}
    policy = iam.get_role_policy(**name)["PolicyDocument"]
    document = json.dumps(policy)
    iam.put_role_policy(**name, PolicyDocument=document.replace(f'"{action}"', '"none:Nothing"'))
    try:
        refused = cloud.send(*request_line, sample("grace-hopper"))
    finally:
        iam.put_role_policy(**name, PolicyDocument=document)

    assert refused.status_code == status, refused.text
    assert "arn:" not in refused.text
    assert f"is not authorized to perform: {action}" in (cloud.data / f"logs/rekognition_{function}.log").read_text()
    wait_until(lambda: cloud.send(*request_line, sample("grace-hopper")).status_code == 200)
    if request_line[0] == "PUT":
        wait_until(lambda: cloud.send("GET", "/index/denied.jpg").json()["image"]["status"] == "INDEXED", seconds=90)
        cloud.send("DELETE", "/index/denied.jpg")
