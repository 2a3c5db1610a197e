"""DynamoDB: the cost of a call depends on the items it touches, not on the size of the table."""

import copy
import inspect
import json
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from typing import Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoResult

from local_cloud.backend.corrections.replacing import wrap

_ITEM_OPERATIONS = {
    *("GetItem", "PutItem", "UpdateItem", "DeleteItem", "BatchGetItem", "BatchWriteItem", "Query", "Scan"),
    *("TransactGetItems", "TransactWriteItems"),
    *("ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"),
}


def roll_back_only_touched_items() -> None:
    """TransactWriteItems is all or nothing; moto gets there by copying every table of the transaction whole.

    The transaction runs on tables that hold the touched items alone; success merges them back.
    """

    def transact_write_items(original: Any, backend: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
        touched = _touched_keys(backend, transact_items)
        whole = {name: backend.tables[name] for name in touched}
        for name, keys in touched.items():
            items = {key: whole[name].items[key] for key in keys if key in whole[name].items}
            backend.tables[name] = _holding(whole[name], copy.deepcopy(items))
        try:
            original(backend, transact_items)
            for name, keys in touched.items():
                _merge(whole[name], backend.tables[name], keys)
        finally:
            backend.tables.update(whole)

    wrap(DynamoDBBackend, "transact_write_items", transact_write_items)


def _touched_keys(backend: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> dict[str, set[DynamoType]]:
    touched: dict[str, set[DynamoType]] = {}
    for operation in (next(iter(item.values())) for item in transact_items):
        table = backend.tables.get(operation.get("TableName", ""))
        key = operation.get("Key") or operation.get("Item") or {}
        if table is not None and table.hash_key_attr in key:
            touched.setdefault(table.name, set()).add(DynamoType(key[table.hash_key_attr]))
    return touched


def _merge(whole: Table, part: Table, keys: Iterable[DynamoType]) -> None:
    for key in keys:
        if key in part.items:
            whole.items[key] = part.items[key]
        else:
            whole.items.pop(key, None)


def look_only_at_the_queried_key() -> None:
    """A Query reads one partition; moto sorts the whole table first."""

    signature = inspect.signature(Table.query)

    def query(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        asked = signature.bind(*args, **kwargs).arguments
        table, wanted = asked["self"], dict(asked.get("hash_key_conditions") or [])
        if asked.get("index_name") is None:
            key = asked["hash_key"]
            items = {key: table.items[key]} if key in table.items else {}
        elif wanted and table.range_key_attr is None:
            items = {key: item for key, item in table.items.items() if _matches(item, wanted)}
        else:
            return original(*args, **kwargs)
        with _only(table, items):
            return original(*args, **kwargs)

    wrap(Table, "query", query)


def _matches(item: Any, wanted: dict[str, DynamoType]) -> bool:
    return all(name in item.attrs and item.attrs[name].value == value.value for name, value in wanted.items())


class _Part(Table):
    """A table for one transaction, thrown away when that fails: moto need not copy it first."""

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Part":
        return self


def _holding(table: Table, items: dict[Any, Any]) -> Any:
    part: Any = copy.copy(table)
    part.__class__ = _Part
    part.items = items
    return part


@contextmanager
def _only(table: Table, items: dict[Any, Any]) -> Any:
    whole, table.items = table.items, items  # type: ignore[assignment]
    try:
        yield
    finally:
        table.items = whole


def write_items_as_they_are() -> None:
    """Items are kept in wire form; moto looks up each of their attributes by a dozen spellings before it writes it."""

    def execute_result(original: Any, result: DynamoResult, context: Any) -> Any:
        if context.operation_model.name not in _ITEM_OPERATIONS:
            return original(result, context)
        answer: Any = result.result
        try:
            body = json.dumps({name: value for name, value in answer.items() if value is not None})
        except TypeError:  # sets of bytes need the service model
            return original(result, context)
        return 200, {"Content-Type": "application/x-amz-json-1.0"}, body

    wrap(DynamoResult, "execute_result", execute_result)
