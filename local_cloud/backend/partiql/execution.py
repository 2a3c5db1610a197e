"""ExecuteStatement, and what the other two requests share with it: requests in wire form in, answers out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.dynamodb.models.table import Table

from local_cloud.backend.partiql.binding import read
from local_cloud.backend.partiql.capacity import Consumed
from local_cloud.backend.partiql.checks import check_condition
from local_cloud.backend.partiql.pages import last_key, next_token
from local_cloud.backend.partiql.reading import read_page
from local_cloud.backend.partiql.tables import source_of
from local_cloud.backend.partiql.writing import prepare
from local_cloud.partiql.errors import PartiqlError
from local_cloud.partiql.nodes import Exists, Expression, Insert, Select, Statement

Request = dict[str, Any]
Answer = dict[str, Any]
FindTable = Callable[[str], Table]
EXISTS_ALONE = "EXISTS can only be used in ExecuteTransaction write requests."
_DETAILS = ("INDEXES", "TOTAL", "NONE")


@dataclass(frozen=True)
class Member:
    """A statement of a request, with the options that stand beside it."""

    statement: Statement
    options: Mapping[str, Any]

    @property
    def select(self) -> Select | None:
        """What it reads: of EXISTS, what must be there."""
        if isinstance(self.statement, Exists):
            return self.statement.select
        return self.statement if isinstance(self.statement, Select) else None

    @property
    def table(self) -> str:
        return self.statement.select.table if isinstance(self.statement, Exists) else self.statement.table

    @property
    def where(self) -> Expression | None:
        if isinstance(self.statement, Insert):
            return None
        return self.statement.select.where if isinstance(self.statement, Exists) else self.statement.where

    @property
    def on_failure(self) -> str:
        return str(self.options.get("ReturnValuesOnConditionCheckFailure", "NONE"))


def member_of(options: Mapping[str, Any]) -> Member:
    """Raises PartiqlError for a statement that is refused whatever the tables hold."""
    member = Member(read(options["Statement"], options.get("Parameters", [])), options)
    check_condition(member.where)
    return member


def execute_statement(request: Request, find_table: FindTable) -> Answer:
    """One statement. Raises PartiqlError and moto's exceptions."""
    detail = capacity_detail(request)
    limit = request.get("Limit")
    if limit is not None and limit < 1:
        raise PartiqlError(
            f"1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1"
        )
    answer, consumed = _executed(member_of(request), request, find_table)
    return answer if detail == "NONE" else answer | {"ConsumedCapacity": consumed.describe(detail)}


def _executed(member: Member, request: Request, find_table: FindTable) -> tuple[Answer, Consumed]:
    statement = member.statement
    if isinstance(statement, Exists):
        raise PartiqlError(EXISTS_ALONE)
    if isinstance(statement, Select):
        return _selected(statement, request, find_table)
    write = prepare(statement, find_table(statement.table), on_failure=member.on_failure)
    write.apply()
    return {"Items": [write.returned] if write.returned else []}, write.consumed


def _selected(select: Select, request: Request, find_table: FindTable) -> tuple[Answer, Consumed]:
    page = read_page(
        select,
        source_of(find_table(select.table), select.index),
        after=last_key(request),
        limit=request.get("Limit"),
        consistent=bool(request.get("ConsistentRead")),
    )
    answer: Answer = {"Items": page.items}
    if page.last is not None:
        answer |= {"LastEvaluatedKey": page.last, "NextToken": next_token(request, page.last)}
    return answer, page.consumed


def capacity_detail(request: Request) -> str:
    """NONE, TOTAL or INDEXES."""
    detail = str(request.get("ReturnConsumedCapacity", "NONE"))
    if detail not in _DETAILS:
        raise PartiqlError(
            f"1 validation error detected: Value '{detail}' at 'returnConsumedCapacity' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{', '.join(_DETAILS)}]"
        )
    return detail


def described(consumed: list[Consumed], detail: str) -> list[dict[str, Any]]:
    """One entry per table."""
    by_table: dict[str, Consumed] = {}
    for part in consumed:
        by_table[part.table] = by_table.get(part.table, Consumed(part.table)).plus(part)
    return [total.describe(detail) for total in by_table.values()]
