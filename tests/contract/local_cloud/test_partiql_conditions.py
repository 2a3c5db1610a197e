"""Whatever a condition is put together from, a SELECT finds the rows that it describes."""

import operator
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.local_cloud.conftest import World
from tests.contract.local_cloud.partiql_rows import make_tables

# Items of small values, so that conditions meet often; and conditions, as text and as what they mean in Python.
Row = dict[str, Any]
Meaning = Callable[[Row], bool]
NAMES = ["n", "s", "m.n"]
LITERALS = [0, 1, 2.5, -1, "a", "ab", "b", "", "it's"]
OPERATORS = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

literals = st.sampled_from(LITERALS)
rows = st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, literals))


def written(value: Any) -> str:
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


def attribute(value: Any) -> dict[str, Any]:
    return {"S": value} if isinstance(value, str) else {"N": str(value)}


def compares(left: Any, sign: str, right: Any) -> bool:
    comparable = left is not None and isinstance(left, str) == isinstance(right, str)
    return OPERATORS[sign](left, right) if comparable else sign == "<>"


@st.composite
def comparisons(draw: st.DrawFn) -> tuple[str, Meaning]:
    name, sign, value = draw(st.sampled_from(NAMES)), draw(st.sampled_from(list(OPERATORS))), draw(literals)
    return f"{name} {sign} {written(value)}", lambda row: compares(row.get(name), sign, value)


@st.composite
def presences(draw: st.DrawFn) -> tuple[str, Meaning]:
    name, word = draw(st.sampled_from(NAMES)), draw(st.sampled_from(["", "NOT "]))
    return f"{name} IS {word}MISSING", lambda row: (row.get(name) is None) == (word == "")


@st.composite
def ranges(draw: st.DrawFn) -> tuple[str, Meaning]:
    name, low, high = draw(st.sampled_from(NAMES)), draw(literals), draw(literals)
    return (
        f"{name} BETWEEN {written(low)} AND {written(high)}",
        lambda row: compares(row.get(name), ">=", low) and compares(row.get(name), "<=", high),
    )


@st.composite
def choices(draw: st.DrawFn) -> tuple[str, Meaning]:
    name, options = draw(st.sampled_from(NAMES)), draw(st.lists(literals, min_size=1, max_size=3))
    listed = ", ".join(map(written, options))
    return f"{name} IN [{listed}]", lambda row: any(compares(row.get(name), "=", option) for option in options)


@st.composite
def prefixes(draw: st.DrawFn) -> tuple[str, Meaning]:
    name, start = draw(st.sampled_from(NAMES)), draw(st.sampled_from(["a", "ab", "it'"]))
    return f"begins_with({name}, {written(start)})", lambda row: str(row.get(name, "")).startswith(start)


def joined(parts: st.SearchStrategy[tuple[str, Meaning]]) -> st.SearchStrategy[tuple[str, Meaning]]:
    pairs = st.tuples(parts, parts)
    return st.one_of(
        parts.map(lambda part: (f"NOT ({part[0]})", lambda row: not part[1](row))),
        pairs.map(lambda pair: (f"({pair[0][0]}) AND {pair[1][0]}", lambda row: pair[0][1](row) and pair[1][1](row))),
        pairs.map(lambda pair: (f"(({pair[0][0]}) OR ({pair[1][0]}))", lambda row: pair[0][1](row) or pair[1][1](row))),
    )


conditions = st.recursive(st.one_of(comparisons(), presences(), ranges(), choices(), prefixes()), joined, max_leaves=8)


def item(face_id: str, row: Row) -> dict[str, Any]:
    found = {name: attribute(value) for name, value in row.items() if "." not in name}
    nested = {"m": {"M": {"n": attribute(row["m.n"])}}} if "m.n" in row else {}
    return {"FaceId": {"S": face_id}, **found, **nested}


def matching(world: World, condition: str, limit: int) -> list[str]:
    request = {
        "Statement": f"SELECT FaceId FROM faces WHERE ({condition}) AND begins_with(FaceId, 'p')",
        "Limit": limit,
    }
    found, token = [], {}
    while True:
        page = world.dynamodb.execute_statement(**request, **token)
        found += [item["FaceId"]["S"] for item in page["Items"]]
        if "NextToken" not in page:
            return found
        token = {"NextToken": page["NextToken"]}


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=st.lists(rows, min_size=1, max_size=6), condition=conditions, limit=st.sampled_from([2, 100]))
def test_a_condition_means_what_it_says(
    world: World, table: list[Row], condition: tuple[str, Meaning], limit: int
) -> None:
    text, meaning = condition
    for name in world.dynamodb.list_tables()["TableNames"]:
        world.dynamodb.delete_table(TableName=name)
    make_tables(world)
    for number, row in enumerate(table):
        world.dynamodb.put_item(TableName="faces", Item=item(f"p{number}", row))

    found = matching(world, text, limit)

    assert found == [f"p{number}" for number, row in enumerate(table) if meaning(row)]


PIECES = """
SELECT
*
FaceId
name, tags
FROM faces
FROM faces.by_key
FROM visits
WHERE
FaceId = 'f1'
"key" = 'a.jpg'
name
tags
metadata.camera
"list"[0]
=
<>
<
>=
'Ann'
1
<<'red'>>
['a', 1]
{'a': 1}
true
null
AND
OR
NOT
(
)
IS MISSING
IS NOT NULL
BETWEEN 1 AND 2
IN ['Ann', 1]
size(tags)
contains(name, 'n')
begins_with(name, 'A')
person = 'ann'
ORDER BY FaceId
ORDER BY "at" DESC
UPDATE faces
SET n =
SET tags =
set_add(tags, <<'x'>>)
list_append("list", [1])
+
Confidence
REMOVE name
REMOVE metadata.camera
DELETE FROM faces
INSERT INTO faces VALUE
{'FaceId': 'f9'}
{'FaceId': 'f8', 'n':
}
RETURNING ALL OLD *
RETURNING MODIFIED NEW *
;
""".strip().splitlines()
STARTS = [
    "",
    "SELECT * FROM faces WHERE",
    "UPDATE faces SET n =",
    "UPDATE faces",
    "DELETE FROM faces WHERE FaceId = 'f1' AND",
]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.sampled_from(STARTS), pieces=st.lists(st.sampled_from(PIECES), min_size=1, max_size=8), end=st.booleans()
)
def test_whatever_is_asked_is_answered_or_refused(world: World, start: str, pieces: list[str], end: bool) -> None:
    if not world.dynamodb.list_tables()["TableNames"]:
        make_tables(world)
    statement = " ".join([start, *pieces, "WHERE FaceId = 'f1'" if end else ""])

    try:
        status = world.dynamodb.execute_statement(Statement=statement)["ResponseMetadata"]["HTTPStatusCode"]
    except ClientError as refused:
        status = refused.response["ResponseMetadata"]["HTTPStatusCode"]

    assert status in (200, 400)
