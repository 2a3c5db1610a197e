"""ExecuteTransaction: up to 100 statements, all or none of them."""

from collections.abc import Callable
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.dynamodb.exceptions import (
    MultipleTransactionsException,
    ProvidedKeyDoesNotExist,
    TransactionCanceledException,
)
from moto.dynamodb.models.table import Table

from local_cloud.backend.partiql.batches import check_count, error_of, read_one
from local_cloud.backend.partiql.capacity import TRANSACTION_FACTOR, Consumed
from local_cloud.backend.partiql.conditions import holds
from local_cloud.backend.partiql.execution import (
    Answer,
    FindTable,
    Member,
    Request,
    capacity_detail,
    described,
    member_of,
)
from local_cloud.backend.partiql.keys import KeyNotGivenError, split_read
from local_cloud.backend.partiql.tables import get, keys_of
from local_cloud.backend.partiql.values import Item, content
from local_cloud.backend.partiql.writing import ConditionFailedError, Write, prepare
from local_cloud.partiql.errors import PartiqlError
from local_cloud.partiql.nodes import Delete, Exists, Insert, Literal, Select, Statement, Update

MAX_STATEMENTS = 100
_MIXED = "ExecuteTransaction API does not support both read and write operations in the same request."
_NO_KEY = "Select statements within ExecuteTransaction must specify the primary key in the where clause."
_NO_CONDITION = "EXISTS() must contain a single item read with additional condition"


def execute_transaction(request: Request, find_table: FindTable) -> Answer:
    """Raises PartiqlError where a statement is refused, TransactionCanceledException where one fails."""
    statements = request["TransactStatements"]
    check_count(statements, "transactStatements", MAX_STATEMENTS)
    detail = capacity_detail(request)
    members = _each(statements, _member)
    reads = [isinstance(member.statement, Select) for member in members]
    if len(set(reads)) > 1:
        raise PartiqlError(_MIXED)
    _each(members, lambda member: _check_key(member, find_table))
    _refuse_repetitions(members, find_table)
    responses, consumed = (_read if all(reads) else _write)(members, find_table)
    answer: Answer = {"Responses": responses}
    doubled = [part.times(TRANSACTION_FACTOR) for part in consumed]
    return answer if detail == "NONE" else answer | {"ConsumedCapacity": described(doubled, detail)}


def _each(parts: list[Any], check: Callable[[Any], Any]) -> list[Any]:
    results = []
    for number, part in enumerate(parts):
        try:
            results.append(check(part))
        except PartiqlError as exc:
            raise PartiqlError(f"Validation failed in TransactStatements[{number}]: {exc}") from exc
    return results


def _member(options: dict[str, Any]) -> Member:
    member = member_of(options)
    if isinstance(member.statement, Update | Delete) and member.statement.returning:
        raise PartiqlError("RETURNING clause is not supported in ExecuteTransaction.")
    if member.select and member.select.index is not None:
        raise PartiqlError("Reads on indices are not supported within transactions.")
    return member


def _check_key(member: Member, find_table: FindTable) -> None:
    """A read names one item and nothing else, EXISTS something else too. A missing table is found out later."""
    if member.select is None:
        return
    try:
        key, rest = split_read(find_table(member.select.table), member.select.where)
    except JsonRESTError:
        return
    if isinstance(member.statement, Exists) and (key is None or not rest):
        raise PartiqlError(_NO_CONDITION)
    if isinstance(member.statement, Select) and (key is None or rest):
        raise PartiqlError(_NO_KEY)


def _refuse_repetitions(members: list[Member], find_table: FindTable) -> None:
    seen: list[Any] = []
    for member in members:
        try:
            table = find_table(member.table)
        except JsonRESTError:
            continue
        key = _inserted_key(member.statement, table) or split_read(table, member.where)[0] or {}
        place = (table.name, {name: content(value) for name, value in key.items()})
        if key and place in seen:
            raise MultipleTransactionsException
        seen.append(place)


def _inserted_key(statement: Statement, table: Table) -> Item:
    values = dict(statement.item) if isinstance(statement, Insert) else {}
    found = {name: values.get(name) for name in keys_of(table.schema)}
    return {name: node.value for name, node in found.items() if isinstance(node, Literal)}


def _outcomes(members: list[Member], run: Callable[[Member], Any]) -> list[Any]:
    """What each does, or TransactionCanceledException with a reason for each."""
    outcomes: list[Any] = []
    reasons: list[Any] = []
    for member in members:
        try:
            outcomes.append(run(member))
            reasons.append((None, None, None))
        except KeyNotGivenError:
            reasons.append(_reason(ProvidedKeyDoesNotExist()))
        except PartiqlError as exc:
            reasons.append(("ValidationError", str(exc), None))
        except JsonRESTError as exc:
            reasons.append(_reason(exc))
    if any(code for code, _, _ in reasons):
        raise TransactionCanceledException(reasons)
    return outcomes


def _reason(exc: JsonRESTError) -> Any:
    error = error_of(exc)
    return error["Code"], error["Message"], error.get("Item")


def _read(members: list[Member], find_table: FindTable) -> tuple[list[Answer], list[Consumed]]:
    def run(member: Member) -> tuple[Item | None, Consumed]:
        return read_one(member, find_table, refusal=_NO_KEY)

    outcomes = _outcomes(members, run)
    return [{"Item": item} if item else {} for item, _ in outcomes], [consumed for _, consumed in outcomes]


def _write(members: list[Member], find_table: FindTable) -> tuple[list[Answer], list[Consumed]]:
    writes: list[Write] = _outcomes(members, lambda member: _prepared(member, find_table))
    for write in writes:
        write.apply()
    return [{} for _ in writes], [write.consumed for write in writes]


def _prepared(member: Member, find_table: FindTable) -> Write:
    table = find_table(member.table)
    if isinstance(member.statement, Insert | Update | Delete):
        return prepare(member.statement, table, on_failure=member.on_failure)
    key, _ = split_read(table, member.where)
    item = get(table, key) if key else None
    if item is None or not holds(member.where, item):
        raise ConditionFailedError(item, member.on_failure)
    return Write(table, item, item)
