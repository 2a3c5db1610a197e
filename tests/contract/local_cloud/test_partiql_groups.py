"""BatchExecuteStatement answers each statement by itself; ExecuteTransaction does all of them or none."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.local_cloud.conftest import World
from tests.contract.local_cloud.partiql_rows import make_tables

ANN = "SELECT name FROM faces WHERE FaceId = 'f1'"


@pytest.fixture(autouse=True)
def tables(world: World) -> None:
    make_tables(world)


def batch(world: World, *statements: str) -> list[dict[str, Any]]:
    requests = [{"Statement": statement} for statement in statements]
    return world.dynamodb.batch_execute_statement(Statements=requests)["Responses"]


def transact(world: World, *statements: str) -> list[dict[str, Any]]:
    requests = [{"Statement": statement} for statement in statements]
    return world.dynamodb.execute_transaction(TransactStatements=requests)["Responses"]


def names(world: World) -> dict[str, str]:
    items = world.dynamodb.scan(TableName="faces")["Items"]
    return {item["FaceId"]["S"]: item.get("name", {"S": ""})["S"] for item in items}


NAMES = {"f1": "Ann", "f2": "O'Hara", "f3": "", "f4": "ann"}


def test_a_batch_reads_items_by_key(world: World) -> None:
    responses = batch(
        world,
        ANN,
        "SELECT * FROM faces WHERE FaceId = 'nobody'",
        "SELECT note FROM visits WHERE person='ann' AND \"at\"=10",
    )

    assert responses == [
        {"TableName": "faces", "Item": {"name": {"S": "Ann"}}},
        {"TableName": "faces"},
        {"TableName": "visits", "Item": {"note": {"S": "first"}}},
    ]


def test_a_batch_goes_on_after_an_error(world: World) -> None:
    responses = batch(
        world,
        "INSERT INTO faces VALUE {'FaceId': 'f1'}",
        "UPDATE faces SET name = 'x' WHERE FaceId = 'f2' AND name = 'Ann'",
        "UPDATE faces SET name = 'x' WHERE name = 'Ann'",
        "DELETE FROM nothing_here WHERE FaceId = 'f1'",
        "UPDATE faces SETT name = 'x'",
        "UPDATE faces SET name = 'Ben' WHERE FaceId = 'f3' RETURNING MODIFIED NEW *",
    )

    codes = [response.get("Error", {}).get("Code") for response in responses]
    refused = ["DuplicateItem", "ConditionalCheckFailed", "ValidationError", "ResourceNotFound", "ValidationError"]
    assert codes == [*refused, None]
    assert responses[-1] == {"TableName": "faces", "Item": {"name": {"S": "Ben"}}}
    assert names(world) == NAMES | {"f3": "Ben"}


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM faces WHERE name = 'Ann'",
        "SELECT * FROM faces WHERE FaceId = 'f1' AND name = 'Ann'",
        "SELECT * FROM visits WHERE person = 'ann'",
        "SELECT * FROM faces.by_key WHERE \"key\" = 'a.jpg'",
    ],
)
def test_a_batch_reads_by_the_whole_key_only(world: World, statement: str) -> None:
    refused, read = batch(world, statement, ANN)

    assert refused["Error"] == {
        "Code": "ValidationError",
        "Message": "Select statements within BatchExecuteStatement must specify the primary key in the where clause.",
    }
    assert read["Item"] == {"name": {"S": "Ann"}}


def test_a_batch_either_reads_or_writes(world: World) -> None:
    with pytest.raises(ClientError, match="does not support both read and write operations"):
        batch(world, ANN, "DELETE FROM faces WHERE FaceId = 'f1'")

    assert names(world) == NAMES


def test_a_batch_has_25_statements_at_most(world: World) -> None:
    assert len(batch(world, *[ANN] * 25)) == 25
    with pytest.raises(ClientError, match="Member must have length less than or equal to 25"):
        batch(world, *[ANN] * 26)


def test_a_transaction_reads_all_its_items(world: World) -> None:
    responses = transact(world, ANN, "SELECT * FROM faces WHERE FaceId = 'nobody'")

    assert responses == [{"Item": {"name": {"S": "Ann"}}}, {}]


def test_a_transaction_does_everything(world: World) -> None:
    transact(
        world,
        "EXISTS(SELECT * FROM faces WHERE FaceId = 'f4' AND \"key\" IS MISSING)",
        "INSERT INTO faces VALUE {'FaceId': 'f5', 'name': 'Eve'}",
        "UPDATE faces SET name = 'Ben' WHERE FaceId = 'f3' AND name IS MISSING",
        "DELETE FROM faces WHERE FaceId = 'f1'",
    )

    assert names(world) == {"f2": "O'Hara", "f3": "Ben", "f4": "ann", "f5": "Eve"}


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("INSERT INTO faces VALUE {'FaceId': 'f2'}", "DuplicateItem"),
        ("UPDATE faces SET name = 'x' WHERE FaceId = 'nobody'", "ConditionalCheckFailed"),
        ("DELETE FROM faces WHERE FaceId = 'f2' AND name = 'Ann'", "ConditionalCheckFailed"),
        ("EXISTS(SELECT * FROM faces WHERE FaceId = 'f2' AND name IS MISSING)", "ConditionalCheckFailed"),
        ("EXISTS(SELECT * FROM faces WHERE FaceId = 'nobody' AND name IS MISSING)", "ConditionalCheckFailed"),
        ("UPDATE faces SET n = name + 1 WHERE FaceId = 'f2'", "ValidationError"),
        ("UPDATE faces SET name = 'x' WHERE name = 'Ann'", "ValidationError"),
        ("UPDATE visits SET note = 'x' WHERE person = 'ann' AND \"at\" = '9'", "ValidationError"),
        ("DELETE FROM nothing_here WHERE FaceId = 'f2'", "ResourceNotFound"),
    ],
)
def test_a_transaction_that_fails_changes_nothing_and_says_why(world: World, statement: str, code: str) -> None:
    with pytest.raises(ClientError) as cancelled:
        transact(world, "UPDATE faces SET name = 'Ben' WHERE FaceId = 'f3'", statement)

    error = cancelled.value.response
    assert error["Error"]["Code"] == "TransactionCanceledException"
    assert [reason["Code"] for reason in error["CancellationReasons"]] == ["None", code]
    assert f"[None, {code}]" in error["Error"]["Message"]
    assert names(world) == NAMES


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        ([ANN, "DELETE FROM faces WHERE FaceId = 'f2'"], "does not support both read and write operations"),
        ([ANN, "SELECT"], r"Validation failed in TransactStatements\[1\]: Statement wasn't well formed"),
        (["SELECT * FROM faces WHERE name = 'Ann'"], r"\[0\]: Select statements within ExecuteTransaction must"),
        (["SELECT * FROM faces.by_key WHERE FaceId = 'f1'"], "Reads on indices are not supported within transactions"),
        (["EXISTS(SELECT * FROM faces WHERE FaceId = 'f1')"], "must contain a single item read with additional"),
        (["DELETE FROM faces WHERE FaceId = 'f1' RETURNING ALL OLD *"], "RETURNING clause is not supported in"),
        ([ANN, ANN], "cannot include multiple operations on one item"),
        (
            ["DELETE FROM faces WHERE FaceId = 'f1'", "INSERT INTO faces VALUE {'FaceId': 'f1'}"],
            "cannot include multiple operations on one item",
        ),
    ],
)
def test_a_transaction_is_refused(world: World, statements: list[str], message: str) -> None:
    with pytest.raises(ClientError, match=message) as refused:
        transact(world, *statements)

    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert names(world) == NAMES


def test_a_checked_condition_is_no_write(world: World) -> None:
    streams = world.aws.client("dynamodbstreams")
    arn = world.dynamodb.describe_table(TableName="faces")["Table"]["LatestStreamArn"]
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]

    transact(
        world,
        "EXISTS(SELECT * FROM faces WHERE FaceId = 'f4' AND name = 'ann')",
        "DELETE FROM faces WHERE FaceId = 'f1'",
    )

    start = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    records = streams.get_records(ShardIterator=start["ShardIterator"])["Records"]
    assert [record["eventName"] for record in records] == ["INSERT"] * 4 + ["REMOVE"]


def test_the_item_that_failed_its_condition_is_shown_to_who_asks(world: World) -> None:
    statement = {
        "Statement": "DELETE FROM faces WHERE FaceId = 'f4' AND name = 'Ann'",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }

    (response,) = world.dynamodb.batch_execute_statement(Statements=[statement])["Responses"]
    with pytest.raises(ClientError) as cancelled:
        world.dynamodb.execute_transaction(TransactStatements=[statement])

    item = {"FaceId": {"S": "f4"}, "name": {"S": "ann"}, "Confidence": {"S": "99"}}
    assert response["Error"]["Item"] == item
    assert cancelled.value.response["CancellationReasons"][0]["Item"] == item
