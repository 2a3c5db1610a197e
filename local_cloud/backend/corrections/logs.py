"""CloudWatch Logs: the saved queries of Logs Insights, which moto does not have."""

import json
import uuid
from typing import Any

from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.models import LogsBackend
from moto.logs.responses import LogsResponse


def save_query_definitions() -> None:
    """PutQueryDefinition, DescribeQueryDefinitions and DeleteQueryDefinition; queries are kept, not run."""
    LogsResponse.put_query_definition = _put  # type: ignore[attr-defined]  # moto dispatches by name
    LogsResponse.describe_query_definitions = _describe  # type: ignore[attr-defined]
    LogsResponse.delete_query_definition = _delete  # type: ignore[attr-defined]


def _definitions(backend: LogsBackend) -> dict[str, dict[str, Any]]:
    """By their ids; kept on the backend, so that snapshots have them."""
    found: dict[str, dict[str, Any]] = backend.__dict__.setdefault("local_query_definitions", {})
    return found


def _put(response: LogsResponse) -> str:
    """Without an id a new one; with an id that one changes, and there must be one."""
    definitions = _definitions(response.logs_backend)
    given = response._get_param("queryDefinitionId")
    if given and given not in definitions:
        raise ResourceNotFoundException(msg=f"The specified query definition does not exist: {given}")
    identifier = given or str(uuid.uuid4())
    definitions[identifier] = {
        "queryDefinitionId": identifier,
        "queryLanguage": response._get_param("queryLanguage") or "CWLI",
        "name": response._get_param("name"),
        "queryString": response._get_param("queryString"),
        "logGroupNames": response._get_param("logGroupNames") or [],
    }
    return json.dumps({"queryDefinitionId": identifier})


def _describe(response: LogsResponse) -> str:
    prefix = response._get_param("queryDefinitionNamePrefix") or ""
    found = [each for each in _definitions(response.logs_backend).values() if each["name"].startswith(prefix)]
    return json.dumps({"queryDefinitions": sorted(found, key=lambda each: str(each["name"]))})


def _delete(response: LogsResponse) -> str:
    removed = _definitions(response.logs_backend).pop(response._get_param("queryDefinitionId"), None)
    if removed is None:
        raise ResourceNotFoundException(msg="The specified query definition does not exist.")
    return json.dumps({"success": True})
