"""A SELECT comes in pages, in order, and costs what it reads."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.local_cloud.conftest import World
from tests.contract.local_cloud.partiql_rows import make_tables

ALL = "SELECT FaceId FROM faces"


@pytest.fixture(autouse=True)
def tables(world: World) -> None:
    make_tables(world)


def page(world: World, statement: str, **options: Any) -> dict[str, Any]:
    return world.dynamodb.execute_statement(Statement=statement, **options)


def pages(world: World, statement: str, **options: Any) -> list[dict[str, Any]]:
    found = [page(world, statement, **options)]
    while "NextToken" in found[-1]:
        assert len(found) < 100
        found.append(page(world, statement, NextToken=found[-1]["NextToken"], **options))
    return found


def values(found: list[dict[str, Any]], name: str = "FaceId") -> list[str]:
    return [next(iter(item[name].values())) for one in found for item in one["Items"]]


def write(world: World, face_id: str, **attributes: dict[str, Any]) -> None:
    world.dynamodb.put_item(TableName="faces", Item={"FaceId": {"S": face_id}, **attributes})


def test_the_limit_counts_rows_that_are_looked_at(world: World) -> None:
    found = pages(world, "SELECT FaceId FROM faces WHERE name = 'ann'", Limit=1)

    assert [len(one["Items"]) for one in found] == [0, 0, 0, 1, 0]
    assert [one.get("LastEvaluatedKey") for one in found] == [
        *({"FaceId": {"S": f"f{number}"}} for number in (1, 2, 3, 4)),
        None,
    ]


def test_a_key_needs_no_second_page(world: World) -> None:
    found = page(world, "SELECT FaceId FROM faces WHERE FaceId = 'f1'", Limit=1)

    assert "NextToken" not in found
    assert values([found]) == ["f1"]


@pytest.mark.parametrize(
    ("statement", "times"),
    [
        ("SELECT \"at\" FROM visits WHERE person = 'ann'", ["9", "10", "200"]),
        ('SELECT "at" FROM visits WHERE person = \'ann\' ORDER BY "at" DESC', ["200", "10", "9"]),
        (
            "SELECT \"at\" FROM visits WHERE person IN ['ann', 'ben'] ORDER BY person DESC, \"at\" ASC",
            ["5", "9", "10", "200"],
        ),
        ('SELECT "at" FROM visits WHERE person = \'ann\' AND "at" BETWEEN 10 AND 200', ["10", "200"]),
        ('SELECT "at" FROM visits.by_place', ["10", "5"]),
    ],
)
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_keep_the_order(world: World, statement: str, times: list[str], limit: int) -> None:
    found = pages(world, statement, Limit=limit)

    assert values(found, "at") == times


def test_a_query_reads_only_its_range(world: World) -> None:
    found = page(world, 'SELECT "at" FROM visits WHERE person = \'ann\' AND "at" >= 10', Limit=1)

    assert values([found], "at") == ["10"]


def test_every_row_comes_once_while_the_table_changes(world: World) -> None:
    for number in range(20):
        write(world, f"n{number:02}")
    seen = [page(world, ALL, Limit=3)]

    while "NextToken" in seen[-1]:
        turn = len(seen)
        write(world, f"a{turn:02}")  # before where the reader is
        write(world, f"n{turn:02}", changed={"N": "1"})
        world.dynamodb.delete_item(TableName="faces", Key={"FaceId": {"S": values(seen)[-1]}})
        seen.append(page(world, ALL, Limit=3, NextToken=seen[-1]["NextToken"]))

    assert values(seen) == ["f1", "f2", "f3", "f4", *(f"n{number:02}" for number in range(20))]


def test_a_page_ends_after_a_megabyte(world: World) -> None:
    for number in range(4):
        write(world, f"n{number}", big={"S": "x" * 390_000})

    found = pages(world, "SELECT FaceId FROM faces WHERE begins_with(FaceId, 'n')")

    assert [values([one]) for one in found] == [["n0", "n1"], ["n2", "n3"]]


def test_a_token_belongs_to_its_statement_and_its_parameters(world: World) -> None:
    statement = "SELECT FaceId FROM faces WHERE Confidence > ?"
    token = page(world, statement, Parameters=[{"N": "1"}], Limit=1)["NextToken"]

    for other, value in (("SELECT FaceId FROM faces WHERE Confidence >= ?", "1"), (statement, "2")):
        with pytest.raises(ClientError, match=r"ValidationException.*NextToken does not match request"):
            page(world, other, Parameters=[{"N": value}], NextToken=token)
    rest = page(world, statement, Parameters=[{"N": "1"}], NextToken=token, Limit=50)
    assert values([rest]) == ["f2", "f3"]


@pytest.mark.parametrize("token", ["garbage", "e30=", "bnVsbA=="])
def test_a_token_that_is_none_is_refused(world: World, token: str) -> None:
    with pytest.raises(ClientError, match=r"ValidationException.*Invalid NextToken"):
        page(world, ALL, NextToken=token)


def consumed(world: World, statement: str, **options: Any) -> dict[str, Any]:
    return page(world, statement, ReturnConsumedCapacity="INDEXES", **options)["ConsumedCapacity"]


def test_a_scan_costs_the_whole_table_and_a_key_its_row(world: World) -> None:
    for number in range(10):
        write(world, f"n{number}", key={"S": "n.jpg"}, big={"S": "x" * 8000})

    scan = consumed(world, "SELECT FaceId FROM faces WHERE name = 'Ann'")
    key = consumed(world, "SELECT FaceId FROM faces WHERE FaceId = 'n1'")
    index = consumed(world, "SELECT FaceId FROM faces.by_key WHERE \"key\" = 'b.jpg'")

    assert scan == {"TableName": "faces", "CapacityUnits": 10.0, "Table": {"CapacityUnits": 10.0}}  # 80 kB
    assert key["CapacityUnits"] == 1.0  # 8 kB
    assert index["GlobalSecondaryIndexes"] == {"by_key": {"CapacityUnits": 0.5}}


@pytest.mark.parametrize(
    ("statement", "options", "units"),
    [
        ("SELECT * FROM faces WHERE FaceId = 'f1'", {}, 0.5),
        ("SELECT * FROM faces WHERE FaceId = 'f1'", {"ConsistentRead": True}, 1.0),
        ("SELECT * FROM faces WHERE FaceId = 'nobody'", {}, 0.5),
        ("SELECT * FROM faces WHERE FaceId IN ['f1', 'f2', 'nobody']", {}, 1.5),
        ("INSERT INTO faces VALUE {'FaceId': 'new'}", {}, 1.0),
        ("INSERT INTO faces VALUE {'FaceId': 'new', 'key': 'x'}", {}, 2.0),
        ("UPDATE faces SET \"key\" = 'other' WHERE FaceId = 'f1'", {}, 3.0),
        ("DELETE FROM faces WHERE FaceId = 'f4'", {}, 1.0),
    ],
)
def test_a_statement_costs(world: World, statement: str, options: dict[str, Any], units: float) -> None:
    assert consumed(world, statement, **options)["CapacityUnits"] == units


def test_groups_of_statements_tell_their_costs_by_table(world: World) -> None:
    statements = [{"Statement": f"SELECT * FROM faces WHERE FaceId = 'f{number}'"} for number in (1, 2)]

    batch = world.dynamodb.batch_execute_statement(Statements=statements, ReturnConsumedCapacity="TOTAL")
    transaction = world.dynamodb.execute_transaction(TransactStatements=statements, ReturnConsumedCapacity="TOTAL")

    assert batch["ConsumedCapacity"] == [{"TableName": "faces", "CapacityUnits": 1.0}]
    assert transaction["ConsumedCapacity"] == [{"TableName": "faces", "CapacityUnits": 2.0}]


def test_a_token_of_a_table_that_was_made_anew_is_refused(world: World) -> None:
    token = page(world, "SELECT * FROM visits", Limit=1)["NextToken"]
    world.dynamodb.delete_table(TableName="visits")
    world.dynamodb.create_table(
        TableName="visits",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )

    with pytest.raises(ClientError, match=r"ValidationException.*Invalid NextToken"):
        page(world, "SELECT * FROM visits", NextToken=token)


def test_an_index_leaves_out_items_whose_key_has_another_type(world: World) -> None:
    write(world, "odd", key={"N": "7"})

    assert values(pages(world, "SELECT FaceId FROM faces.by_key")) == ["f1", "f2", "f3"]
