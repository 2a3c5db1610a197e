"""DynamoDB as the functions use it, with the corrections that make it quick."""

import threading

import pytest
from botocore.exceptions import ClientError

from tests.contract.local_cloud.conftest import World

TABLE = "faces"


@pytest.fixture(autouse=True)
def table(world: World) -> None:
    world.dynamodb.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "FaceId", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("FaceId", "key")],
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_key",
                "KeySchema": [{"AttributeName": "key", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )


def put(world: World, face_id: str, **attributes: str) -> None:
    item = {"FaceId": {"S": face_id}} | {name: {"S": value} for name, value in attributes.items()}
    world.dynamodb.put_item(TableName=TABLE, Item=item)


def get(world: World, face_id: str) -> object:
    return world.dynamodb.get_item(TableName=TABLE, Key={"FaceId": {"S": face_id}}).get("Item")


def test_items_of_every_type_come_back_as_they_went_in(world: World) -> None:
    item = {
        "FaceId": {"S": "ü"},
        "n": {"N": "1.50"},
        "b": {"B": b"\x00\xff"},
        "bs": {"BS": [b"1", b"2"]},
        "ss": {"SS": ["a", "b"]},
        "l": {"L": [{"S": ""}, {"NULL": True}, {"M": {"x": {"BOOL": False}}}]},
        "m": {"M": {}},
    }

    world.dynamodb.put_item(TableName=TABLE, Item=item)

    found = world.dynamodb.get_item(TableName=TABLE, Key={"FaceId": {"S": "ü"}})["Item"]
    found["bs"]["BS"] = sorted(found["bs"]["BS"])
    assert found == item


def test_a_query_finds_by_index_and_only_what_has_the_key(world: World) -> None:
    for number in range(20):
        put(world, f"f{number}", key=f"k{number % 2}")
    put(world, "alone")

    found = world.dynamodb.query(
        TableName=TABLE,
        IndexName="by_key",
        KeyConditionExpression="#k = :k",
        ExpressionAttributeNames={"#k": "key"},
        ExpressionAttributeValues={":k": {"S": "k1"}},
    )

    assert sorted(item["FaceId"]["S"] for item in found["Items"]) == sorted(f"f{n}" for n in range(1, 20, 2))
    assert world.dynamodb.scan(TableName=TABLE, Select="COUNT")["Count"] == 21


def test_a_query_of_the_table_reads_one_item(world: World) -> None:
    put(world, "a")
    put(world, "b")

    found = world.dynamodb.query(
        TableName=TABLE, KeyConditionExpression="FaceId = :f", ExpressionAttributeValues={":f": {"S": "b"}}
    )

    assert [item["FaceId"]["S"] for item in found["Items"]] == ["b"]


def test_a_transaction_that_fails_changes_nothing(world: World) -> None:
    put(world, "old", state="before")
    items = [
        {"Put": {"TableName": TABLE, "Item": {"FaceId": {"S": "new"}}}},
        {"Delete": {"TableName": TABLE, "Key": {"FaceId": {"S": "old"}}}},
        {
            "Update": {
                "TableName": TABLE,
                "Key": {"FaceId": {"S": "third"}},
                "UpdateExpression": "SET a = :a",
                "ConditionExpression": "attribute_exists(FaceId)",
                "ExpressionAttributeValues": {":a": {"S": "x"}},
            }
        },
    ]

    with pytest.raises(ClientError, match="TransactionCanceledException"):
        world.dynamodb.transact_write_items(TransactItems=items)

    assert [get(world, face) is None for face in ("new", "old", "third")] == [True, False, True]


def test_a_transaction_that_succeeds_does_all_of_it(world: World) -> None:
    put(world, "old")
    put(world, "kept")
    items = [
        {"Put": {"TableName": TABLE, "Item": {"FaceId": {"S": "new"}}}},
        {"Delete": {"TableName": TABLE, "Key": {"FaceId": {"S": "old"}}}},
    ]

    world.dynamodb.transact_write_items(TransactItems=items)

    assert [get(world, face) is None for face in ("new", "old", "kept")] == [False, True, False]


def test_conditional_updates_are_atomic(world: World) -> None:
    put(world, "counter")
    wins: list[int] = []

    def claim(number: int) -> None:
        try:
            world.dynamodb.update_item(
                TableName=TABLE,
                Key={"FaceId": {"S": "counter"}},
                UpdateExpression="SET #o = :me",
                ConditionExpression="attribute_not_exists(#o)",
                ExpressionAttributeNames={"#o": "owner"},
                ExpressionAttributeValues={":me": {"N": str(number)}},
            )
            wins.append(number)
        except ClientError as exc:
            assert exc.response["Error"]["Code"] == "ConditionalCheckFailedException"

    threads = [threading.Thread(target=claim, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(wins) == 1


def test_an_update_that_is_refused_makes_no_item(world: World) -> None:
    update = {"UpdateExpression": "SET n = n + :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}

    with pytest.raises(ClientError, match="ValidationException"):
        world.dynamodb.update_item(TableName=TABLE, Key={"FaceId": {"S": "new"}}, **update)

    assert get(world, "new") is None


def test_an_update_makes_an_item_and_answers_what_was_there(world: World) -> None:
    request = {
        "TableName": TABLE,
        "Key": {"FaceId": {"S": "f"}},
        "UpdateExpression": "SET #s = :s ADD tries :t",
        "ExpressionAttributeNames": {"#s": "status"},
        "ReturnValues": "ALL_OLD",
    }

    answers = [
        world.dynamodb.update_item(**request, ExpressionAttributeValues={":s": {"S": state}, ":t": {"SS": [state]}})
        for state in ("one", "two")
    ]

    assert answers[0].get("Attributes") is None
    assert answers[1]["Attributes"] == {"FaceId": {"S": "f"}, "status": {"S": "one"}, "tries": {"SS": ["one"]}}
