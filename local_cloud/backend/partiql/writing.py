"""INSERT, UPDATE and DELETE: first what they would change, so that a transaction can be all or nothing; then that."""

from dataclasses import dataclass

from moto.dynamodb.exceptions import (
    ConditionalCheckFailed,
    DynamodbException,
    InvalidAttributeTypeError,
    MockValidationException,
    UpdateHashRangeKeyException,
)
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.dynamo_type import Item as StoredItem
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import (
    validate_put_has_empty_attrs,
    validate_put_has_empty_keys,
)

from local_cloud.backend.partiql.capacity import Consumed, of_write
from local_cloud.backend.partiql.checks import check_assignment
from local_cloud.backend.partiql.conditions import evaluate, holds
from local_cloud.backend.partiql.keys import key_of_write
from local_cloud.backend.partiql.tables import get, keys_of, type_in_schema
from local_cloud.backend.partiql.updates import modified, updated
from local_cloud.backend.partiql.values import Item, type_of
from local_cloud.partiql.nodes import Assign, Delete, Expression, Insert, Update


class DuplicateItemError(DynamodbException):
    """INSERT makes items, it does not replace them."""

    def __init__(self) -> None:
        super().__init__(
            "com.amazonaws.dynamodb.v20120810#DuplicateItemException", "Duplicate primary key exists in table"
        )


class ConditionFailedError(ConditionalCheckFailed):
    """`item` is the one that failed, when the request wants to see it (`on_failure` is ALL_OLD)."""

    def __init__(self, item: Item | None, on_failure: str) -> None:
        self.item = item if on_failure == "ALL_OLD" else None
        super().__init__(item=self.item)


@dataclass(frozen=True)
class Write:
    """One item before and after; `returned` is what RETURNING asks for."""

    table: Table
    before: Item | None
    after: Item | None
    returned: Item | None = None

    @property
    def consumed(self) -> Consumed:
        return of_write(self.table, self.before, self.after)

    def apply(self) -> None:
        """By the same way as PutItem and DeleteItem, so that streams hear of it."""
        if self.after is self.before:  # nothing but a condition was checked, or nothing is there to delete
            return
        if self.after is not None:
            self.table.put_item(self.after, overwrite=True)
        elif self.before is not None:
            hash_key, *sort_key = (DynamoType(self.before[name]) for name in keys_of(self.table.schema))
            self.table.delete_item(hash_key, sort_key[0] if sort_key else None)


def prepare(statement: Insert | Update | Delete, table: Table, *, on_failure: str = "NONE") -> Write:
    """What the statement does; nothing is changed yet.

    Raises PartiqlError and moto's exceptions. `on_failure` ALL_OLD puts the item into a failed condition's error.
    """
    if isinstance(statement, Insert):
        return _insert(statement, table)
    key = key_of_write(table, statement.where)
    if isinstance(statement, Update):
        return _update(statement, table, key, on_failure)
    before = _checked(table, key, statement.where, on_failure)
    return Write(table, before, None, before if statement.returning else None)


def _insert(statement: Insert, table: Table) -> Write:
    item: Item = {name: value for name, node in statement.item if (value := evaluate(node, {})) is not None}
    _check_item(table, item)
    if get(table, item) is not None:
        raise DuplicateItemError
    return Write(table, None, item)


def _update(statement: Update, table: Table, key: Item, on_failure: str) -> Write:
    for change in statement.changes:
        if change.path.elements[0] in key:
            raise UpdateHashRangeKeyException(str(change.path.elements[0]))
        if isinstance(change, Assign):
            check_assignment(change)
    before = _checked(table, key, statement.where, on_failure)
    if before is None:
        raise ConditionFailedError(None, on_failure)
    after = updated(before, statement.changes)
    _check_item(table, after)
    return Write(table, before, after, _returned(statement, before, after))


def _returned(statement: Update, before: Item, after: Item) -> Item | None:
    if statement.returning is None:
        return None
    item = before if statement.returning.age == "OLD" else after
    return item if statement.returning.scope == "ALL" else modified(item, statement.changes) or None


def _checked(table: Table, key: Item, where: Expression | None, on_failure: str) -> Item | None:
    """The item as it is; of one that is not there no condition is asked."""
    item = get(table, key)
    if item is not None and not holds(where, item):
        raise ConditionFailedError(item, on_failure)
    return item


def _check_item(table: Table, item: Item) -> None:
    for name in keys_of(table.schema):
        if name not in item:
            raise MockValidationException(
                f"One or more parameter values were invalid: Missing the key {name} in the item"
            )
        if type_of(item[name]) != type_in_schema(table, name):
            raise InvalidAttributeTypeError(name, type_in_schema(table, name), type_of(item[name]))
    _check_index_keys(table, item)
    validate_put_has_empty_keys(item, table)
    validate_put_has_empty_attrs(item, table)
    table._validate_key_sizes(item)
    StoredItem(DynamoType(item[table.hash_key_attr]), None, item)  # refuses what is over 400 KB


def _check_index_keys(table: Table, item: Item) -> None:
    for index in table.all_indexes():
        for name in keys_of(index.schema):
            expected = type_in_schema(table, name)
            if name in item and type_of(item[name]) != expected:
                raise MockValidationException(
                    f"One or more parameter values were invalid: Type mismatch for Index Key {name} "
                    f"Expected: {expected} Actual: {type_of(item[name])} IndexName: {index.name}"
                )
