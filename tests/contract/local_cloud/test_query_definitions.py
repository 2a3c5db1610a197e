"""Saved queries of Logs Insights, which moto lacks, as Terraform makes, reads, changes and removes them."""

import pytest
from botocore.exceptions import ClientError

from tests.contract.local_cloud.conftest import World


def test_a_saved_query_is_told_as_it_was_put(world: World) -> None:
    logs = world.aws.client("logs")

    identifier = logs.put_query_definition(name="team/slow", queryString="limit 1", logGroupNames=["a", "b"])[
        "queryDefinitionId"
    ]

    (found,) = logs.describe_query_definitions(queryDefinitionNamePrefix="team/")["queryDefinitions"]
    assert (found["queryDefinitionId"], found["name"], found["queryString"]) == (identifier, "team/slow", "limit 1")
    assert found["logGroupNames"] == ["a", "b"]
    assert logs.describe_query_definitions(queryDefinitionNamePrefix="other")["queryDefinitions"] == []


def test_a_put_with_the_id_changes_the_query(world: World) -> None:
    logs = world.aws.client("logs")
    identifier = logs.put_query_definition(name="slow", queryString="limit 1")["queryDefinitionId"]

    logs.put_query_definition(queryDefinitionId=identifier, name="slow", queryString="limit 2")

    (found,) = logs.describe_query_definitions()["queryDefinitions"]
    assert found["queryString"] == "limit 2"


def test_a_removed_query_is_gone(world: World) -> None:
    logs = world.aws.client("logs")
    identifier = logs.put_query_definition(name="slow", queryString="limit 1")["queryDefinitionId"]

    assert logs.delete_query_definition(queryDefinitionId=identifier)["success"] is True

    assert logs.describe_query_definitions()["queryDefinitions"] == []


@pytest.mark.parametrize("operation", ["put", "delete"])
def test_a_query_that_is_not_there_is_not_found(world: World, operation: str) -> None:
    logs = world.aws.client("logs")
    unknown = "11111111-2222-3333-4444-555555555555"

    with pytest.raises(ClientError) as failure:
        if operation == "put":
            logs.put_query_definition(queryDefinitionId=unknown, name="slow", queryString="limit 1")
        else:
            logs.delete_query_definition(queryDefinitionId=unknown)

    assert failure.value.response["Error"]["Code"] == "ResourceNotFoundException"
