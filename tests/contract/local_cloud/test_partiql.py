"""PartiQL statements by boto3 over HTTP get what DynamoDB answers: partiql_statements.yaml."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError

from tests.contract.local_cloud.conftest import World
from tests.contract.local_cloud.partiql_rows import FACES, make_tables

STATEMENTS = yaml.safe_load(Path(__file__).with_name("partiql_statements.yaml").read_text())


@pytest.fixture(autouse=True)
def tables(world: World) -> None:
    make_tables(world)


def select(world: World, statement: str, *parameters: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    if parameters:
        options["Parameters"] = list(parameters)
    return world.dynamodb.execute_statement(Statement=statement, **options)["Items"]


def face_ids(items: list[dict[str, Any]]) -> list[str]:
    return sorted(item["FaceId"]["S"] for item in items)


@pytest.mark.parametrize(("condition", "found"), STATEMENTS["conditions"], ids=lambda value: str(value)[:60])
def test_a_condition_finds(world: World, condition: str, found: list[str]) -> None:
    items = select(world, f"SELECT FaceId FROM faces WHERE {condition}")

    assert face_ids(items) == found


@pytest.mark.parametrize(("statement", "expected"), STATEMENTS["items"], ids=lambda value: str(value)[:60])
def test_a_statement_gives(world: World, statement: str, expected: list[dict[str, Any]]) -> None:
    items = select(world, statement)

    assert items == expected


@pytest.mark.parametrize(("statement", "code", "message"), STATEMENTS["refusals"], ids=lambda value: str(value)[:60])
def test_a_statement_is_refused(world: World, statement: str, code: str, message: str) -> None:
    before = world.dynamodb.scan(TableName="faces")["Items"]

    with pytest.raises(ClientError) as refused:
        world.dynamodb.execute_statement(Statement=statement)

    error = refused.value.response["Error"]
    assert (error["Code"], error["Message"]) == (code, message)
    assert world.dynamodb.scan(TableName="faces")["Items"] == before


def test_the_table_is_long_enough() -> None:
    assert sum(map(len, STATEMENTS.values())) >= 60


def test_items_of_every_type_come_back_as_they_went_in(world: World) -> None:
    (item,) = select(world, "SELECT * FROM faces WHERE FaceId = 'f1'")

    assert item | {"tags": {"SS": sorted(item["tags"]["SS"])}} == FACES[0] | {"tags": {"SS": ["blue", "red"]}}


@pytest.mark.parametrize(
    ("condition", "value", "found"),
    [
        ("FaceId = ?", {"S": "f2"}, ["f2"]),
        ("Confidence > ?", {"N": "80.00"}, ["f1"]),
        ("photo = ?", {"B": b"\x00\xff"}, ["f1"]),
        ("photo > ?", {"B": b"\x00"}, ["f1"]),
        ("begins_with(photo, ?)", {"B": b"\x00"}, ["f1"]),
        ("tags = ?", {"SS": ["blue", "red"]}, ["f1"]),
        ("name IN [?, 'ann']", {"S": "Ann"}, ["f1", "f4"]),
        ("metadata = ?", {"M": {}}, ["f2"]),
        ("ok = ?", {"BOOL": False}, ["f2"]),
        ("void = ?", {"NULL": True}, ["f1"]),
    ],
)
def test_a_parameter_stands_for_a_value(world: World, condition: str, value: dict[str, Any], found: list[str]) -> None:
    items = select(world, f"SELECT FaceId FROM faces WHERE {condition}", value)

    assert face_ids(items) == found


@pytest.mark.parametrize(
    ("statement", "parameters", "message"),
    [
        ("SELECT * FROM faces WHERE name = ?", [{"S": "a"}, {"S": "b"}], "Number of parameters in request"),
        ("SELECT * FROM faces", [{"S": "a"}], "Number of parameters in request"),
        ("SELECT * FROM faces WHERE", [{"SS": ["a", "a"]}], r"\[a, a\] contains duplicates"),
        ("SELECT * FROM faces WHERE metadata = {'a': ?}", [{"S": "a"}], "Parameter under key root.a at 1:44:1"),
        ("SELECT * FROM faces WHERE FaceId = ?", [{"N": "1"}], "data type should match"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(
    world: World, statement: str, parameters: list[dict[str, Any]], message: str
) -> None:
    with pytest.raises(ClientError, match=message) as refused:
        select(world, statement, *parameters)

    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_a_global_index_cannot_be_read_consistently(world: World) -> None:
    with pytest.raises(ClientError, match="Strongly consistent read is not supported on Global Secondary Indexes"):
        select(world, "SELECT * FROM faces.by_key WHERE \"key\" = 'a.jpg'", ConsistentRead=True)


def test_more_than_fifty_keys_are_too_many_reads(world: World) -> None:
    few, many = (", ".join(f"'f{number}'" for number in range(1, count + 1)) for count in (50, 51))

    assert len(select(world, f"SELECT * FROM faces WHERE FaceId IN [{few}]")) == 4
    with pytest.raises(ClientError, match="Too many decomposed read operations for a given query"):
        select(world, f"SELECT * FROM faces WHERE FaceId IN [{many}]")
