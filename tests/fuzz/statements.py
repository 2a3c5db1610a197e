"""(partiql) Statements: the parser in this process, and ExecuteStatement at the door."""

from __future__ import annotations

import json
import time

from hypothesis import strategies as st

from fuzz.tally import FoundError, Tally, explore
from fuzz.world import SIGNED_FOR_TABLES, World, exchange, post
from local_cloud.partiql.errors import PartiqlError
from local_cloud.partiql.statements import parse

WHOLE = [
    'SELECT * FROM "rekognition" WHERE "FaceId" = \'a\'',
    "SELECT a.b[0], c FROM rekognition.\"key\" WHERE begins_with(key, 'a') AND NOT x IN [1, 2] OR y BETWEEN 1 AND 2",
    "INSERT INTO t VALUE {'FaceId': 'a', 'b': [1, {'c': <<1, 2>>}], 'd': -1.5e3}",
    "UPDATE t SET a = list_append(a, [1]), b = b + 1 REMOVE c WHERE FaceId = 'a' RETURNING ALL NEW *",
    "DELETE FROM t WHERE FaceId = ? AND size(a) > 1",
    "EXISTS(SELECT * FROM t WHERE FaceId = 'a')",
]
TOKENS = [
    "SELECT",
    "*",
    "FROM",
    "rekognition",
    '"rekognition"',
    "WHERE",
    "FaceId",
    "=",
    "'a'",
    "?",
    "AND",
    "OR",
    "NOT",
    "IN",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    "<<",
    ">>",
    ",",
    ".",
    ":",
    "1",
    "-",
    "+",
    "IS",
    "MISSING",
    "NULL",
    "BETWEEN",
    "LIKE",
    "ORDER",
    "BY",
    "LIMIT",
    "INSERT",
    "INTO",
    "VALUE",
    "UPDATE",
    "SET",
    "REMOVE",
    "DELETE",
    "EXISTS",
    "RETURNING",
    "size",
    "begins_with",
    "'",
    '"',
    "--",
    "/*",
    "*/",
    ";",
    "||",
    "\n",
    "1e999999999999999999999",
    "9" * 5000,
    "a[" + "9" * 5000 + "]",
    "9" * 1200 + "e1000",
    ".5",
    "٣",
    "\ud800",
    "\0",
    "a" * 300,
]
DEEP = ["(", "[", "{'a':", "<<", "NOT ", "- ", "a.", "a[0]", "/*", "--\n", "'", '"', "SELECT * FROM (", "EXISTS("]


@st.composite
def statements(draw: st.DrawFn) -> str:
    """Whole statements with words replaced and pieces put in, pieces alone, and one piece a thousand times."""
    base = draw(st.sampled_from(WHOLE) | st.just(""))
    for old, new in draw(st.lists(st.tuples(st.integers(0, 30), st.sampled_from(TOKENS)), max_size=2)):
        words = base.split(" ")
        words[old % len(words)] = new
        base = " ".join(words)
    pieces = draw(st.just([]) | st.lists(st.sampled_from(TOKENS), max_size=8))
    place = draw(st.integers(0, len(base)))
    cut = draw(st.integers(0, 3))
    deep = draw(st.sampled_from(DEEP)) * draw(st.sampled_from([0, 0, 1, 33, 200, 4000]))
    return base[:place] + " ".join(pieces) + deep + base[place + cut :]


def fuzz_statements(world: World, tally: Tally) -> None:
    """A parser that raises anything but PartiqlError would be a 500; one in ten goes all the way."""

    def read(text: str) -> None:
        started = time.monotonic()
        try:
            parse(text)
        except PartiqlError:
            pass
        except Exception as exc:
            raise FoundError(f"the parser fails with {type(exc).__name__}", text) from exc
        finally:
            tally.took(time.monotonic() - started, text)

    def execute(text: str) -> None:
        body = json.dumps({"Statement": text}).encode()
        headers = {"X_Amz_Target": "DynamoDB_20120810.ExecuteStatement", "Authorization": SIGNED_FOR_TABLES}
        answer = exchange(world.door, post(world.door, "/", body, Content_Type="application/x-amz-json-1.0", **headers))
        tally.took(answer.seconds, text)
        tally.answered(answer.status, text)
        if answer.status not in (200, 400):
            raise FoundError(f"ExecuteStatement answers {answer.status}", text)

    explore(statements(), read, tally, share=0.9)
    explore(statements(), execute, tally, share=0.1)
