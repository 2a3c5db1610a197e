"""api/openapi.yaml as operations and as JSON schemas that any validator understands."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
CONTRACT_FILE = ROOT / "api" / "openapi.yaml"
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
_NOT_JSON_SCHEMA = ("example", "nullable", "format", "description", "default")


@dataclass(frozen=True)
class Operation:
    """One method of one route; `parameters`, `body` and `answers` hold no references."""

    operation_id: str
    method: str
    path: str
    tag: str
    summary: str
    description: str
    needs_key: bool
    parameters: tuple[Mapping[str, Any], ...]
    body: Mapping[str, Any]
    answers: Mapping[str, Mapping[str, Any]]

    def answer(self, status: int) -> Mapping[str, Any]:
        """The answer of this status, or what the contract says of all others."""
        return self.answers.get(str(status)) or self.answers.get("default", {})


@dataclass(frozen=True)
class Contract:
    """The contract as it was read."""

    document: Mapping[str, Any]

    @cached_property
    def operations(self) -> dict[str, Operation]:
        """By operationId, in the contract's order."""
        found = [
            self._operation(path, method, item[method])
            for path, item in self.document["paths"].items()
            for method in item
            if method in METHODS
        ]
        return {operation.operation_id: operation for operation in found}

    @property
    def schemas(self) -> Mapping[str, Mapping[str, Any]]:
        named: Mapping[str, Mapping[str, Any]] = self.document["components"]["schemas"]
        return named

    def answer_schema(self, operation_id: str, status: int) -> str:
        """The name of the schema that an answer in JSON has; Error for what belongs to no operation."""
        operation = self.operations.get(operation_id)
        answer = operation.answer(status) if operation else self.document["components"]["responses"]["Error"]
        return schema_name(answer["content"]["application/json"]["schema"])

    def json_schema(self, name: str) -> dict[str, Any]:
        """A schema of the contract with all that it refers to, as JSON Schema."""
        return {"$ref": f"#/components/schemas/{name}", **self.json_schemas}

    @cached_property
    def json_schemas(self) -> dict[str, Any]:
        """All schemas as JSON Schema, where the contract's references find them."""
        return {"components": {"schemas": {name: _as_json_schema(schema) for name, schema in self.schemas.items()}}}

    def resolve(self, part: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a reference points at; anything else as it is."""
        while "$ref" in part:
            found: Any = self.document
            for name in part["$ref"].removeprefix("#/").split("/"):
                found = found[name]
            part = found
        return part

    def _operation(self, path: str, method: str, given: Mapping[str, Any]) -> Operation:
        return Operation(
            operation_id=given["operationId"],
            method=method.upper(),
            path=path,
            tag=given["tags"][0],
            summary=given["summary"],
            description=given.get("description", "").strip(),
            needs_key=bool(given.get("security", self.document["security"])),
            parameters=tuple(self.resolve(parameter) for parameter in given.get("parameters", ())),
            body=self.resolve(given.get("requestBody", {})),
            answers={status: self.resolve(answer) for status, answer in given["responses"].items()},
        )


def load_contract(file: Path = CONTRACT_FILE) -> Contract:
    return Contract(yaml.safe_load(file.read_text(encoding="utf-8")))


def schema_name(schema: Mapping[str, Any]) -> str:
    """The name of a schema that is given by reference, else its type."""
    return str(schema["$ref"]).rpartition("/")[2] if "$ref" in schema else str(schema.get("type", "object"))


def gateway_errors(document: Mapping[str, Any]) -> set[tuple[int, str]]:
    """Status and code of every refusal that API Gateway words itself and to which the contract gives a status."""
    return {
        (int(response["statusCode"]), json.loads(response["responseTemplates"]["application/json"])["error"])
        for response in document["x-amazon-apigateway-gateway-responses"].values()
        if "statusCode" in response
    }


def _as_json_schema(schema: Any) -> Any:
    """OpenAPI 3.0 says `nullable` where JSON Schema says a type of null."""
    if isinstance(schema, list):
        return [_as_json_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("properties"), dict):
        properties = {name: _as_json_schema(value) for name, value in schema["properties"].items()}
        schema = {**schema, "properties": properties}
    made = {
        name: value if name == "properties" else _as_json_schema(value)
        for name, value in schema.items()
        if name not in _NOT_JSON_SCHEMA
    }
    return {**made, "type": [made["type"], "null"]} if schema.get("nullable") else made
