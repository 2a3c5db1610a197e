"""The Postman collection and its environment."""

import json
from pathlib import Path
from typing import Any

from api_contract.examples import load_examples
from api_contract.openapi import ROOT, Contract, load_contract
from api_contract.placeholders import API_URL
from api_contract.postman_requests import BASE64_VARIABLES, folder, stable_id
from api_contract.postman_scripts import SCHEMAS_VARIABLE, check_script
from api_contract.recorder import encoded
from api_contract.walk import load_walk

COLLECTION_FILE = ROOT / "postman" / "faceprint.postman_collection.json"
ENVIRONMENT_FILE = ROOT / "postman" / "faceprint.postman_environment.json"
COLLECTION_SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
API_KEY_VARIABLE = "{{api_key}}"
_TWO_VARIABLES = {"base_url": (API_URL, "default"), "api_key": ("", "secret")}
_HOW_TO_RUN = """
**To begin**: two variables say where everything goes. Paste the key that `make run` prints into `api_key`. `base_url`
is the address with its stage, here `http://127.0.0.1:8000/v1`, in AWS `terraform output -raw api_apigateway_url`. Set
them in the environment that comes with this collection, or in the collection itself. Where one of them does not fit,
the first request says why, and the run ends there.

**Files**: Postman reads files from its working directory (Settings > General). Choose the repository's folder there,
or choose a photo in each request that sends one.

**Base64**: `photo_base64` and `library_photo_base64` hold two small photos of one person. For a photo of yours paste
the output of `base64encode.sh` there.

Each folder is a whole life of a photo, from indexing to erasing. Run a folder, or the whole collection, as often as
you like: it works under the prefix `postman/` and leaves the library as it found it. The saved answers were recorded
from the real service; "…" stands for what was cut."""


def postman_files() -> dict[Path, str]:
    """Both files by their path."""
    files = {COLLECTION_FILE: _collection(load_contract()), ENVIRONMENT_FILE: _environment()}
    return {path: json.dumps(made, ensure_ascii=False, indent=2) + "\n" for path, made in files.items()}


def _collection(contract: Contract) -> dict[str, Any]:
    info, examples = contract.document["info"], load_examples()
    return {
        "info": {
            "_postman_id": stable_id("collection"),
            "name": info["title"],
            "description": f"{info['description'].strip()}\n{_HOW_TO_RUN}",
            "schema": COLLECTION_SCHEMA,
        },
        "auth": {
            "type": "apikey",
            "apikey": [
                _text("key", contract.document["components"]["securitySchemes"]["api_key"]["name"]),
                _text("value", API_KEY_VARIABLE),
                _text("in", "header"),
            ],
        },
        "event": [{"listen": "prerequest", "script": {"type": "text/javascript", "exec": check_script(API_URL)}}],
        "item": [folder(way, number, contract, examples) for number, way in enumerate(load_walk(contract), 1)],
        "variable": [
            *(_text(name, value) for name, (value, _) in _TWO_VARIABLES.items()),
            *(_text(name, encoded(photo)) for photo, name in BASE64_VARIABLES.items()),
            _text(SCHEMAS_VARIABLE, json.dumps(contract.json_schemas, separators=(",", ":"))),
        ],
    }


def _environment() -> dict[str, Any]:
    return {
        "id": stable_id("environment"),
        "name": "Faceprint on this machine",
        "values": [
            {"key": name, "value": value, "type": kind, "enabled": True}
            for name, (value, kind) in _TWO_VARIABLES.items()
        ],
        "_postman_variable_scope": "environment",
    }


def _text(key: str, value: str) -> dict[str, str]:
    return {"key": key, "value": value, "type": "string"}
