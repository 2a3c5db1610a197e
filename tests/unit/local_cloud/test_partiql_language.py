"""PartiQL's parser reads what DynamoDB's does, and refuses the rest in its words whatever it is given."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_cloud.partiql.errors import NotWellFormedError, PartiqlError
from local_cloud.partiql.nodes import All, Binary, Literal, Not, Parameter, Path, Select, Some
from local_cloud.partiql.statements import Parsed, parse
from local_cloud.partiql.tokens import Kind, tokenize

WORDS = """
SELECT * FROM t WHERE a . b [ 0 ] = 'x' ( ) , ? 1 -1 1e5 + - < >= <> BETWEEN AND OR NOT IN IS MISSING NULL LIKE ORDER
BY DESC INSERT INTO VALUE { 'k' : } << >> UPDATE SET REMOVE RETURNING ALL OLD MODIFIED NEW DELETE EXISTS size
begins_with list_append set_add COUNT "q" key ; -- /* */ true [ ] LIMIT GROUP JOIN AS
"""


def condition(text: str) -> object:
    statement = parse(f"SELECT * FROM t WHERE {text}").statement
    assert isinstance(statement, Select)
    return statement.where


def equals(name: str, value: str) -> Binary:
    return Binary("=", Path((name,)), Literal({"S": value}))


def test_and_binds_stronger_than_or_and_not_stronger_than_both() -> None:
    a, b, c = (equals(name, "x") for name in "abc")

    assert condition("a='x' OR b='x' AND NOT c='x'") == Some((a, All((b, Not(c)))))
    assert condition("(a='x' OR b='x') AND c='x'") == All((Some((a, b)), c))


def test_question_marks_are_counted_in_order() -> None:
    parsed = parse("SELECT * FROM t WHERE a = ? AND b = '?' AND c IN [?, 1]")

    assert parsed.parameters == 2
    assert isinstance(parsed.statement, Select)
    assert "Parameter(number=1)" in str(parsed.statement.where)
    assert condition("a = ?") == Binary("=", Path(("a",)), Parameter(0))


@pytest.mark.parametrize(
    ("text", "elements"),
    [
        ("a", ("a",)),
        ('"a.b"', ("a.b",)),
        ('"say ""hi"""', ('say "hi"',)),
        ("a.b[0].c", ("a", "b", 0, "c")),
        ('a . "b"\n[ 12 ]', ("a", "b", 12)),
        ("$a_1", ("$a_1",)),
    ],
)
def test_a_path_is_read(text: str, elements: tuple[str | int, ...]) -> None:
    assert condition(f"{text} = 'x'") == Binary("=", Path(elements), Literal({"S": "x"}))


def test_a_token_knows_its_place() -> None:
    tokens = tokenize("SELECT a -- comment\n FROM \"t\" /* more\n */ WHERE a = 'it''s'")

    assert [token.place for token in tokens if token.kind is not Kind.SYMBOL] == [
        *("1:1:6", "1:8:1", "2:2:4", "2:7:3", "3:5:5", "3:11:1", "3:15:7", "")
    ]


@pytest.mark.parametrize(
    "text", ["(" * 3000, "SELECT * FROM t WHERE " + "(" * 3000, "SELECT * FROM t WHERE " + "NOT " * 3000]
)
def test_endless_nesting_is_refused(text: str) -> None:
    with pytest.raises(NotWellFormedError):
        parse(text)


@settings(max_examples=500, deadline=None)
@given(
    st.lists(st.sampled_from(WORDS.split()), max_size=20),
    st.sampled_from(["", "SELECT", "SELECT * FROM t WHERE", "UPDATE t"]),
)
def test_whatever_is_written_is_read_or_refused(words: list[str], start: str) -> None:
    text = " ".join([start, *words])

    try:
        read: object = parse(text)
    except PartiqlError as refused:
        read = refused

    assert isinstance(read, Parsed | PartiqlError)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read: object = parse(text)
    except PartiqlError as refused:
        read = refused

    assert isinstance(read, Parsed | PartiqlError)
