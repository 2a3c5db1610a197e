"""The gateway sees custom domains as API Gateway's own calls have registered them, at once."""

import json

import pytest

from local_cloud.backend.domains import BackendDomains
from local_cloud.gateway.domains import BasePathMapping
from tests.contract.local_cloud.conftest import REGION, World

MOCK = {"type": "mock", "requestTemplates": {"application/json": '{"statusCode": 200}'}}
DEFINITION = {
    "openapi": "3.0.1",
    "info": {"title": "faces", "version": "1"},
    "paths": {"/": {"get": {"responses": {"200": {}}, "x-amazon-apigateway-integration": MOCK}}},
}


def test_a_domain_is_there_from_its_making_to_its_end(world: World) -> None:
    client, domains = world.aws.client("apigateway"), BackendDomains(REGION)
    api = client.create_rest_api(name="faces")["id"]
    client.put_rest_api(restApiId=api, body=json.dumps(DEFINITION).encode())
    client.create_deployment(restApiId=api, stageName="v1")
    assert domains.mappings("api.example.com") is None

    client.create_domain_name(domainName="api.example.com")
    unmapped = domains.mappings("api.example.com")
    client.create_base_path_mapping(domainName="api.example.com", basePath="faces", restApiId=api, stage="v1")
    client.create_base_path_mapping(domainName="api.example.com", restApiId=api)
    mapped = domains.mappings("api.example.com")
    client.delete_base_path_mapping(domainName="api.example.com", basePath="faces")
    left = domains.mappings("api.example.com")
    client.delete_domain_name(domainName="api.example.com")
    gone = domains.mappings("api.example.com")
    client.create_domain_name(domainName="api.example.com")
    again = client.get_base_path_mappings(domainName="api.example.com").get("items", [])
    client.delete_domain_name(domainName="api.example.com")

    assert (unmapped, gone, again) == ([], None, [])
    assert mapped == [BasePathMapping("faces", api, "v1"), BasePathMapping("", api, None)]
    assert left == mapped[1:]


@pytest.mark.parametrize(
    ("name", "is_there"),
    [("a.faces.example.com", True), ("faces.example.com", False), ("a.b.faces.example.com", False), ("", False)],
)
def test_a_wildcard_is_every_name_right_below_it(world: World, name: str, is_there: bool) -> None:
    client = world.aws.client("apigateway")
    client.create_domain_name(domainName="*.faces.example.com")

    found = BackendDomains(REGION).mappings(name)
    client.delete_domain_name(domainName="*.faces.example.com")

    assert (found is not None) is is_there
