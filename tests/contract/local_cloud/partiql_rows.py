"""Two small tables for statements: `faces`, by FaceId, and `visits`, by person and time."""

from typing import Any

from tests.contract.local_cloud.conftest import World

FACES: list[dict[str, Any]] = [
    {
        "FaceId": {"S": "f1"},
        "key": {"S": "a.jpg"},
        "name": {"S": "Ann"},
        "Confidence": {"N": "99.9"},
        "metadata": {"M": {"camera": {"S": "gate"}, "place name": {"S": "hall"}, "file": {"S": "a.jpg"}}},
        "BoundingBox": {"M": {"Width": {"N": "0.25"}, "Left": {"N": "0.1"}}},
        "tags": {"SS": ["red", "blue"]},
        "codes": {"NS": ["1", "2.5"]},
        "photo": {"B": b"\x00\xff"},
        "list": {"L": [{"S": "a"}, {"M": {"n": {"N": "5"}}}]},
        "ok": {"BOOL": True},
        "void": {"NULL": True},
    },
    {
        "FaceId": {"S": "f2"},
        "key": {"S": "a.jpg"},
        "name": {"S": "O'Hara"},
        "Confidence": {"N": "80"},
        "metadata": {"M": {}},
        "BoundingBox": {"M": {"Width": {"N": "0.05"}}},
        "tags": {"SS": ["blue"]},
        "ok": {"BOOL": False},
    },
    {"FaceId": {"S": "f3"}, "key": {"S": "b.jpg"}, "Confidence": {"N": "9.5"}},
    {"FaceId": {"S": "f4"}, "name": {"S": "ann"}, "Confidence": {"S": "99"}},
]
VISITS: list[dict[str, Any]] = [
    {"person": {"S": "ann"}, "at": {"N": "9"}, "mood": {"S": "bad"}},
    {"person": {"S": "ann"}, "at": {"N": "10"}, "place": {"S": "hall"}, "mood": {"S": "good"}, "note": {"S": "first"}},
    {"person": {"S": "ann"}, "at": {"N": "200"}},
    {"person": {"S": "ben"}, "at": {"N": "5"}, "place": {"S": "hall"}, "mood": {"S": "good"}},
]
STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}


def make_tables(world: World) -> None:
    """Both tables with their rows; `faces` has a stream."""
    create = world.dynamodb.create_table
    create(
        TableName="faces",
        KeySchema=_keys("FaceId"),
        AttributeDefinitions=_types(FaceId="S", key="S"),
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[
            {"IndexName": "by_key", "KeySchema": _keys("key"), "Projection": {"ProjectionType": "ALL"}}
        ],
        StreamSpecification=STREAM,
    )
    included = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["note"]}
    create(
        TableName="visits",
        KeySchema=_keys("person", "at"),
        AttributeDefinitions=_types(person="S", at="N", place="S", mood="S"),
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[{"IndexName": "by_place", "KeySchema": _keys("place"), "Projection": included}],
        LocalSecondaryIndexes=[
            {
                "IndexName": "by_mood",
                "KeySchema": _keys("person", "mood"),
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    )
    for table, rows in (("faces", FACES), ("visits", VISITS)):
        for row in rows:
            world.dynamodb.put_item(TableName=table, Item=row)


def _keys(*names: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=False)]


def _types(**types: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]
