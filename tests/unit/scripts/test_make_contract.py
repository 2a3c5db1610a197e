"""The contract that the functions answer is what is public of api/openapi.yaml."""

import json

from scripts.make_contract import public_contract


def test_what_only_the_gateway_reads_is_left_out() -> None:
    contract = {"openapi": "3.0.3", "servers": [], "x-amazon-apigateway-api-key-source": "HEADER", "paths": {}}

    assert json.loads(public_contract(contract)) == {"openapi": "3.0.3", "paths": {}}
