"""PartiQL: SELECT by equality is right, and what would come out wrong is refused.

moto's parser depends on white space, crashes on what it does not know, and silently answers the wrong rows to
`<>`, IN, BETWEEN, NOT, nested paths and functions. INSERT, UPDATE and DELETE are left to it as they are.
"""

import re
from typing import Any

from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models import DynamoDBBackend

from local_cloud.backend.corrections.replacing import wrap

_NAME = r'(?:"[^"]+"|[A-Za-z_]\w*)'
_VALUE = r"(?:'(?:[^']|'')*'|\?|-?\d+(?:\.\d+)?|true|false)"
_EQUALITY = rf"({_NAME})\s*=\s*({_VALUE})"
_SELECT = re.compile(
    rf"\s*(SELECT\s+(?:\*|{_NAME}(?:\s*,\s*{_NAME})*)\s+FROM\s+{_NAME})"
    rf"(?:\s+WHERE\s+({_EQUALITY}(?:\s+AND\s+{_EQUALITY})*))?\s*;?\s*",
    re.IGNORECASE,
)
_REFUSAL = (
    "Statement wasn't well formed, or is beyond this local DynamoDB, which understands "
    "SELECT … FROM table [WHERE attribute = value [AND …]]"
)


def select_by_equality() -> None:
    """`FaceId='x'` is `"FaceId" = 'x'`; anything else in a SELECT is a ValidationException."""

    def execute_statement(original: Any, backend: DynamoDBBackend, statement: str, parameters: Any) -> Any:
        if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            return original(backend, statement, parameters)
        return original(backend, canonical_select(statement), parameters)

    wrap(DynamoDBBackend, "execute_statement", execute_statement)


def canonical_select(statement: str) -> str:
    """The statement as moto's parser needs it: names quoted, one space around each operator."""
    found = _SELECT.fullmatch(statement)
    if found is None:
        raise MockValidationException(_REFUSAL)
    equalities = re.findall(_EQUALITY, found[2] or "", re.IGNORECASE)
    where = " AND ".join(f"{_quoted(name)} = {value}" for name, value in equalities)
    return f"{found[1]} WHERE {where}" if where else found[1]


def _quoted(name: str) -> str:
    return name if name.startswith('"') else f'"{name}"'
