"""INSERT, UPDATE and DELETE by PartiQL leave in the table, and in its stream, what they do in DynamoDB."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.local_cloud.conftest import World
from tests.contract.local_cloud.partiql_rows import make_tables


@pytest.fixture(autouse=True)
def tables(world: World) -> None:
    make_tables(world)


def run(world: World, statement: str, *parameters: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    if parameters:
        options["Parameters"] = list(parameters)
    return world.dynamodb.execute_statement(Statement=statement, **options)["Items"]


def face(world: World, face_id: str) -> dict[str, Any] | None:
    return world.dynamodb.get_item(TableName="faces", Key={"FaceId": {"S": face_id}}).get("Item")


@pytest.mark.parametrize(
    ("literal", "stored"),
    [
        ("'it''s'", {"S": "it's"}),
        ("''", {"S": ""}),
        ("1E3", {"N": "1000"}),
        ("-1.5e-3", {"N": "-0.0015"}),
        ("2.50", {"N": "2.5"}),
        ("-0", {"N": "0"}),
        ("12345678901234567890123456789012345678", {"N": "12345678901234567890123456789012345678"}),
        ("true", {"BOOL": True}),
        ("null", {"NULL": True}),
        ("[1, 'a', []]", {"L": [{"N": "1"}, {"S": "a"}, {"L": []}]}),
        ("{'a': {'b c': 1}}", {"M": {"a": {"M": {"b c": {"N": "1"}}}}}),
        ("<<'a', 'b'>>", {"SS": ["a", "b"]}),
        ("<<1, 2.0>>", {"NS": ["1", "2"]}),
    ],
)
def test_an_inserted_literal_is_stored(world: World, literal: str, stored: dict[str, Any]) -> None:
    items = run(world, f"INSERT INTO faces VALUE {{'FaceId': 'new', 'value': {literal}}}")

    found = face(world, "new")
    assert items == []
    assert found == {"FaceId": {"S": "new"}, "value": stored}


@pytest.mark.parametrize(
    "value", [{"B": b"\x00\xff"}, {"BS": [b"1"]}, {"N": "0.1"}, {"L": [{"M": {"x": {"B": b"\x01"}}}]}]
)
def test_an_inserted_parameter_is_stored(world: World, value: dict[str, Any]) -> None:
    run(world, "INSERT INTO faces VALUE {'FaceId': ?, 'value': ?}", {"S": "new"}, value)

    assert face(world, "new") == {"FaceId": {"S": "new"}, "value": value}


@pytest.mark.parametrize(
    ("change", "attribute", "after"),
    [
        ("SET name = 'Ben'", "name", {"S": "Ben"}),
        ("SET fresh = Confidence", "fresh", {"N": "99.9"}),
        ("SET Confidence = Confidence + 0.1", "Confidence", {"N": "100"}),
        ("SET Confidence=Confidence-100", "Confidence", {"N": "-0.1"}),
        ("SET metadata.camera = 'door'", "metadata.camera", {"S": "door"}),
        ('SET metadata."new one" = 1', "metadata.new one", {"N": "1"}),
        ("SET \"list\"[0] = 'b'", "list", {"L": [{"S": "b"}, {"M": {"n": {"N": "5"}}}]}),
        (
            "SET \"list\"[9] = 'c' SET \"list\"[8] = 'b'",
            "list",
            {"L": [{"S": "a"}, {"M": {"n": {"N": "5"}}}, {"S": "b"}, {"S": "c"}]},
        ),
        ('SET "list" = list_append("list", [1])', "list", {"L": [{"S": "a"}, {"M": {"n": {"N": "5"}}}, {"N": "1"}]}),
        ('SET "list" = list_append([1], "list")', "list", {"L": [{"N": "1"}, {"S": "a"}, {"M": {"n": {"N": "5"}}}]}),
        ("SET tags = set_add(tags, <<'red', 'green'>>)", "tags", {"SS": ["blue", "green", "red"]}),
        ("SET tags = set_delete(tags, <<'red', 'pink'>>)", "tags", {"SS": ["blue"]}),
        ("SET tags = set_delete(tags, <<'red', 'blue'>>)", "tags", None),
        ("SET codes = set_delete(codes, <<2.50>>)", "codes", {"NS": ["1"]}),
        ("SET fresh = set_add(fresh, <<'a'>>)", "fresh", {"SS": ["a"]}),
        ("REMOVE name", "name", None),
        ("REMOVE nobody", "nobody", None),
        ("REMOVE metadata.camera", "metadata.camera", None),
        ('REMOVE "list"[0]', "list", {"L": [{"M": {"n": {"N": "5"}}}]}),
        ('REMOVE "list"[0], "list"[1]', "list", {"L": []}),
        ("SET name = 'Ben', fresh = name REMOVE ok SET Confidence = 1", "fresh", {"S": "Ann"}),
    ],
)
def test_an_update_changes_its_item(world: World, change: str, attribute: str, after: dict[str, Any] | None) -> None:
    run(world, f"UPDATE faces {change} WHERE FaceId = 'f1'")

    found: Any = face(world, "f1")
    head, _, rest = attribute.partition(".")
    value = found["metadata"]["M"].get(rest) if rest else found.get(head)
    for kind in (value or {}).keys() & {"SS", "NS"}:
        value[kind].sort()
    assert value == after


def test_an_update_touches_nothing_else(world: World) -> None:
    before: Any = face(world, "f2")

    run(world, "UPDATE faces SET name = 'Ben' WHERE FaceId = 'f2' AND Confidence = 80 AND begins_with(name, 'O')")

    assert face(world, "f2") == before | {"name": {"S": "Ben"}}


@pytest.mark.parametrize(
    ("change", "returning", "items"),
    [
        ("SET ok = true", "ALL NEW", [{"FaceId": {"S": "f5"}, "ok": {"BOOL": True}, "m": {"M": {"a": {"N": "1"}}}}]),
        ("SET ok = true", "ALL OLD", [{"FaceId": {"S": "f5"}, "ok": {"BOOL": False}, "m": {"M": {"a": {"N": "1"}}}}]),
        ("SET ok = true", "MODIFIED NEW", [{"ok": {"BOOL": True}}]),
        ("SET ok = true", "MODIFIED OLD", [{"ok": {"BOOL": False}}]),
        ("SET m.b = 2", "MODIFIED NEW", [{"m": {"M": {"b": {"N": "2"}}}}]),
        ("SET m.b = 2", "MODIFIED OLD", []),
        ("REMOVE ok", "MODIFIED OLD", [{"ok": {"BOOL": False}}]),
        ("REMOVE ok", "MODIFIED NEW", []),
    ],
)
def test_an_update_returns_what_it_is_asked_for(
    world: World, change: str, returning: str, items: list[dict[str, Any]]
) -> None:
    run(world, "INSERT INTO faces VALUE {'FaceId': 'f5', 'ok': false, 'm': {'a': 1}}")

    returned = run(world, f"UPDATE faces {change} WHERE FaceId = 'f5' RETURNING {returning} *")

    assert returned == items


@pytest.mark.parametrize(
    ("change", "old", "new"),
    [
        ("SET \"l\"[2] = 'y', \"l\"[0] = 'x'", ["a", "c"], ["x", "y"]),
        ("SET \"l\"[5] = 'd'", [], []),
        ("SET \"l\"[3] = 'd'", [], ["d"]),
        ('REMOVE "l"[1]', ["b"], ["c"]),
        ('REMOVE "l"[2]', ["c"], []),
    ],
)
def test_modified_elements_of_a_list_close_up(world: World, change: str, old: list[str], new: list[str]) -> None:
    for age, expected in (("OLD", old), ("NEW", new)):
        run(world, "DELETE FROM faces WHERE FaceId = 'f5'")
        run(world, "INSERT INTO faces VALUE {'FaceId': 'f5', 'l': ['a', 'b', 'c']}")

        returned = run(world, f"UPDATE faces {change} WHERE FaceId = 'f5' RETURNING MODIFIED {age} *")

        assert [value["S"] for item in returned for value in item["l"]["L"]] == expected


def test_a_deleted_item_is_gone_and_can_be_returned(world: World) -> None:
    before = face(world, "f3")

    returned = run(world, "DELETE FROM faces WHERE FaceId = 'f3' AND Confidence < 10 RETURNING ALL OLD *")

    assert returned == [before]
    assert face(world, "f3") is None


def test_to_delete_what_is_not_there_is_no_error(world: World) -> None:
    assert run(world, "DELETE FROM faces WHERE FaceId = 'nobody' AND name = 'x' RETURNING ALL OLD *") == []


def test_a_sort_key_is_part_of_the_key_of_a_write(world: World) -> None:
    run(world, "UPDATE visits SET mood = 'calm' WHERE person = 'ann' AND \"at\" = 9.0")
    run(world, "DELETE FROM visits WHERE (\"at\" = 200 AND person = 'ann')")

    found = run(world, "SELECT \"at\", mood FROM visits WHERE person = 'ann'")
    assert found == [{"at": {"N": "9"}, "mood": {"S": "calm"}}, {"at": {"N": "10"}, "mood": {"S": "good"}}]


def test_a_failed_condition_shows_the_item_to_who_asks(world: World) -> None:
    statement = "UPDATE faces SET name = 'x' WHERE FaceId = 'f3' AND name = 'Ann'"

    with pytest.raises(ClientError) as silent:
        run(world, statement)
    with pytest.raises(ClientError) as telling:
        run(world, statement, ReturnValuesOnConditionCheckFailure="ALL_OLD")

    assert "Item" not in silent.value.response
    assert telling.value.response["Item"] == face(world, "f3")


def test_overlapping_changes_are_refused(world: World) -> None:
    with pytest.raises(ClientError, match="Two document paths overlap"):
        run(world, "UPDATE faces SET metadata = {}, metadata.camera = 'x' WHERE FaceId = 'f1'")


def test_an_item_over_400_kb_is_refused(world: World) -> None:
    before = face(world, "f3")

    with pytest.raises(ClientError, match="Item size"):
        run(world, "UPDATE faces SET big = ? WHERE FaceId = 'f3'", {"S": "x" * 410_000})

    assert face(world, "f3") == before


def test_the_stream_hears_of_every_write(world: World) -> None:
    run(world, "INSERT INTO faces VALUE {'FaceId': 'new'}")
    run(world, "UPDATE faces SET name = 'x' WHERE FaceId = 'new'")
    run(world, "DELETE FROM faces WHERE FaceId = 'new'")

    streams = world.aws.client("dynamodbstreams")
    arn = world.dynamodb.describe_table(TableName="faces")["Table"]["LatestStreamArn"]
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    start = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    records = streams.get_records(ShardIterator=start["ShardIterator"])["Records"]
    assert [record["eventName"] for record in records[-3:]] == ["INSERT", "MODIFY", "REMOVE"]
    assert records[-2]["dynamodb"]["NewImage"] == {"FaceId": {"S": "new"}, "name": {"S": "x"}}
