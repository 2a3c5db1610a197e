"""BatchExecuteStatement: up to 25 statements, each by itself; what is wrong with one stands in its own response."""

from typing import Any

from moto.core.exceptions import JsonRESTError

from local_cloud.backend.partiql.capacity import Consumed
from local_cloud.backend.partiql.execution import (
    EXISTS_ALONE,
    Answer,
    FindTable,
    Member,
    Request,
    capacity_detail,
    described,
    member_of,
)
from local_cloud.backend.partiql.keys import partitions, split_read
from local_cloud.backend.partiql.reading import read_page
from local_cloud.backend.partiql.tables import Source
from local_cloud.backend.partiql.values import Item
from local_cloud.backend.partiql.writing import prepare
from local_cloud.partiql.errors import PartiqlError
from local_cloud.partiql.nodes import Exists, Select

MAX_STATEMENTS = 25
_NO_KEY = "Select statements within BatchExecuteStatement must specify the primary key in the where clause."
_MIXED = "BatchExecuteStatement API does not support both read and write operations in the same request."
Outcome = tuple[Item | None, Consumed]


def batch_execute_statement(request: Request, find_table: FindTable) -> Answer:
    """Raises PartiqlError where the request as a whole is refused."""
    statements = request["Statements"]
    check_count(statements, "statements", MAX_STATEMENTS)
    detail = capacity_detail(request)
    members = [_read(options) for options in statements]
    if len({member.select is not None for member in members if isinstance(member, Member)}) > 1:
        raise PartiqlError(_MIXED)
    responses, consumed = [], []
    for member in members:
        response, units = _response(member, find_table)
        responses.append(response)
        consumed += units
    answer: Answer = {"Responses": responses}
    return answer if detail == "NONE" else answer | {"ConsumedCapacity": described(consumed, detail)}


def check_count(statements: list[Any], name: str, most: int) -> None:
    """Raises PartiqlError for none, or too many."""
    if not 1 <= len(statements) <= most:
        bound = f"less than or equal to {most}" if statements else "greater than or equal to 1"
        raise PartiqlError(
            f"1 validation error detected: Value at '{name}' failed to satisfy constraint: "
            f"Member must have length {bound}"
        )


def _read(options: dict[str, Any]) -> Member | PartiqlError:
    try:
        return member_of(options)
    except PartiqlError as exc:
        return exc


def _response(member: Member | PartiqlError, find_table: FindTable) -> tuple[Answer, list[Consumed]]:
    if isinstance(member, PartiqlError):
        return {"Error": {"Code": "ValidationError", "Message": str(member)}}, []
    try:
        item, consumed = _run(member, find_table)
    except PartiqlError as exc:
        return {"Error": {"Code": "ValidationError", "Message": str(exc)}}, []
    except JsonRESTError as exc:
        return {"Error": error_of(exc), "TableName": member.table}, []
    return {"TableName": member.table} | ({"Item": item} if item else {}), [consumed]


def error_of(exc: JsonRESTError) -> dict[str, Any]:
    """A code of BatchStatementError and CancellationReason, the message, the item that failed its condition."""
    code = str(exc.error_type).rpartition("#")[2].removesuffix("Exception")
    error = {"Code": "ValidationError" if code == "Validation" else code, "Message": exc.message}
    item = getattr(exc, "item", None)
    return error | ({"Item": item} if item else {})


def _run(member: Member, find_table: FindTable) -> Outcome:
    statement = member.statement
    if isinstance(statement, Exists):
        raise PartiqlError(EXISTS_ALONE)
    if isinstance(statement, Select):
        return read_one(member, find_table, refusal=_NO_KEY)
    write = prepare(statement, find_table(statement.table), on_failure=member.on_failure)
    write.apply()
    return write.returned, write.consumed


def read_one(member: Member, find_table: FindTable, *, refusal: str) -> Outcome:
    """The one item of a SELECT, which must name a whole primary key and nothing else."""
    select = member.select
    assert select is not None
    source = Source(find_table(select.table))
    key, rest = split_read(source.table, select.where)
    if key is None or rest or select.index is not None:
        partitions(source, select.where)  # too many keys, or one twice, is what DynamoDB names first
        raise PartiqlError(refusal)
    page = read_page(select, source, consistent=bool(member.options.get("ConsistentRead")))
    return (page.items[0] if page.items else None), page.consumed
