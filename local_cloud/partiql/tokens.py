"""A statement's tokens. White space and comments (`--` to the end of the line, `/* */`) separate and mean nothing."""

import re
from dataclasses import dataclass
from enum import StrEnum

from local_cloud.partiql.errors import NotWellFormedError
from local_cloud.partiql.keywords import KEYWORDS


class Kind(StrEnum):
    """What a token is."""

    NAME = "name"
    QUOTED = "quoted"
    KEYWORD = "keyword"
    STRING = "string"
    NUMBER = "number"
    SYMBOL = "symbol"
    END = "end"


@dataclass(frozen=True)
class Token:
    """`text` is without quotes, and in capitals for a keyword; `place` is line:column:length, counted from 1."""

    kind: Kind
    text: str
    place: str = ""


_TOKEN = re.compile(
    r"""
    (?P<blank>   \s+ | --[^\n]* | /\*.*?\*/ )
  | (?P<string>  '(?:[^']|'')*' )
  | (?P<quoted>  "(?:[^"]|"")+" )
  | (?P<number>  (?:\d+(?:\.\d*)?|\.\d+) (?:[eE][+-]?\d+)? )
  | (?P<name>    [A-Za-z_$][A-Za-z0-9_$]* )
  | (?P<symbol>  <<|>>|<>|<=|>=|!=|\|\||/(?!\*)|[-+*%=<>()\[\]{},.:;?] )
    """,
    re.VERBOSE | re.DOTALL,
)


def tokenize(statement: str) -> list[Token]:
    """All tokens, and one of kind END. Raises NotWellFormedError at a character that starts none."""
    tokens, position = [], 0
    while position < len(statement):
        found = _TOKEN.match(statement, position)
        if found is None:
            raise NotWellFormedError
        if found.lastgroup != "blank":
            tokens.append(_token(found, statement))
        position = found.end()
    return [*tokens, Token(Kind.END, "")]


def _token(found: re.Match[str], statement: str) -> Token:
    kind, text = Kind(found.lastgroup or ""), found.group()
    column = found.start() - statement.rfind("\n", 0, found.start())
    place = f"{statement.count(chr(10), 0, found.start()) + 1}:{column}:{len(text)}"
    if kind in (Kind.STRING, Kind.QUOTED):
        quote = text[0]
        text = text[1:-1].replace(quote * 2, quote)
    elif kind is Kind.NAME and text.upper() in KEYWORDS:
        kind, text = Kind.KEYWORD, text.upper()
    return Token(kind, text, place)
