"""The contract as the API answers it, and the page where people read it and try it."""

import re

import requests
from openapi_spec_validator import validate

from local_world import LocalCloud


def test_the_contract_needs_no_key_and_leads_back_to_this_api(cloud: LocalCloud) -> None:
    answer = cloud.send("GET", "/openapi.json", key="")

    contract = answer.json()
    validate(contract)
    assert answer.headers["Content-Type"] == "application/json"
    assert contract["servers"] == [{"url": cloud.addresses["url"]}]
    assert requests.get(contract["servers"][0]["url"] + "/health", timeout=30).json() == {"status": "ok"}


def test_the_page_loads_nothing_from_elsewhere(cloud: LocalCloud) -> None:
    root = cloud.addresses["url"].removesuffix("/v1")
    page = requests.get(root + "/", timeout=30)

    assets = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    answers = {asset: requests.get(root + asset, timeout=30) for asset in assets if asset.startswith("/")}
    assert page.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert answers.keys() == set(assets)
    assert {answer.status_code for answer in answers.values()} == {200}
    assert 'data-url="/v1/openapi.json"' in page.text


def test_what_is_not_of_the_page_is_the_gateways(cloud: LocalCloud) -> None:
    root = cloud.addresses["url"].removesuffix("/v1")

    missing = requests.get(root + "/swagger-ui/swagger-ui.js", timeout=30)
    posted = requests.post(root + "/", timeout=30)

    assert (missing.status_code, missing.json()["message"]) == (403, "Forbidden")
    assert (posted.status_code, posted.json()["message"]) == (403, "Forbidden")
