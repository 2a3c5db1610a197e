"""Every function answers at a custom domain, under any base path, from the moment the domain is made."""

from collections.abc import Iterator
from typing import Any

import pytest

from local_world import DOMAIN, LocalCloud, sample, wait_until

OWN = "faces.example.org"


@pytest.fixture
def domain(running: LocalCloud, base_path: str) -> Iterator[LocalCloud]:
    """A domain that is made by boto3 while the cloud runs."""
    client = running.client("apigateway")
    (api,) = client.get_rest_apis()["items"]
    client.create_domain_name(domainName=OWN, endpointConfiguration={"types": ["REGIONAL"]})
    client.create_base_path_mapping(domainName=OWN, basePath=base_path, restApiId=api["id"], stage="v1")
    yield running
    client.delete_domain_name(domainName=OWN)


@pytest.mark.parametrize("base_path", ["faces", "index", "search", ""])
def test_every_function_answers_under_the_base_path(domain: LocalCloud, base_path: str) -> None:
    cloud = domain.by_domain(OWN, base_path)
    named = {"x-amz-meta-name": "Grace Hopper", "Prefer": "respond-async"}
    before = f"/{base_path}".rstrip("/")

    later = cloud.send("PUT", "/index/a%20domain/hopper.jpg", sample("grace-hopper"), headers=named)
    stored = wait_until(lambda: _indexed(cloud, "a%20domain/hopper.jpg"))
    found = cloud.send("POST", "/search/any.jpg", sample("grace-hopper")).json()
    contract = cloud.send("GET", "/openapi.json", key="").json()
    face_id = stored["FaceRecords"][0]["Face"]["FaceId"]

    assert later.headers["Location"] == f"{before}/index/a%20domain/hopper.jpg"
    assert (stored["image"]["key"], found["matchedFaces"]) == ("a domain/hopper.jpg", ["Grace Hopper"])
    assert cloud.send("GET", f"/faces/{face_id}").json()["FaceId"] == face_id
    assert contract["servers"][0]["url"] == f"http://{OWN}{before}"
    assert cloud.send("GET", "/health", key="").json() == {"status": "ok"}
    assert cloud.send("DELETE", "/index/a%20domain/hopper.jpg").json()["deleted"]["FaceIds"] == [face_id]


def _indexed(cloud: LocalCloud, path: str) -> dict[str, Any] | None:
    answer: dict[str, Any] = cloud.send("GET", f"/index/{path}").json()
    return answer if answer["image"]["status"] == "INDEXED" else None


def test_the_deployments_own_domain_leads_to_its_stage_and_to_nothing_else(running: LocalCloud) -> None:
    served = running.by_domain(DOMAIN, "v1").send("GET", "/info")
    no_base_path = running.by_domain(DOMAIN, "v2").send("GET", "/info")
    no_route = running.by_domain(DOMAIN, "v1").send("GET", "/nothing")
    no_domain = running.by_domain("api.another.example.com", "v1").send("GET", "/info")

    assert served.status_code == 200
    assert (no_base_path.status_code, no_base_path.json()) == (403, {"message": "Forbidden"})
    assert (no_route.status_code, no_route.json()["error"]) == (404, "NotFound")
    assert (no_domain.status_code, no_domain.json()["error"]) == (403, "Forbidden")
    assert "<html" not in running.by_domain(DOMAIN, "").send("GET", "/").text
