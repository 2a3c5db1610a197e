"""moto's tables and indexes as statements see them: rows in wire form, in the order of their keys."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.dynamo_type import Item as StoredItem
from moto.dynamodb.models.table import GlobalSecondaryIndex, SecondaryIndex, Table

from local_cloud.backend.partiql.values import Item, base64_text, bytes_of, order_of
from local_cloud.partiql.errors import PartiqlError
from local_cloud.partiql.nodes import Value


@dataclass(frozen=True)
class Row:
    """A stored item and what it is ordered by: first the partition, then the rest of the key."""

    stored: StoredItem
    order: tuple[Any, ...]

    @cached_property
    def item(self) -> Item:
        """All of it, in wire form."""
        return wire_item(self.stored)

    @cached_property
    def size(self) -> int:
        """Bytes of the whole item."""
        return bytes_of(self.item)


@dataclass(frozen=True)
class Source:
    """A table, or one of its indexes, to read from."""

    table: Table
    index: SecondaryIndex | None = None

    @property
    def own_keys(self) -> list[str]:
        """Partition key, then sort key where there is one."""
        return keys_of(self.index.schema if self.index else self.table.schema)

    @property
    def keys(self) -> list[str]:
        """Every attribute that places a row: of an index, the table's own key too."""
        return list(dict.fromkeys([*self.own_keys, *keys_of(self.table.schema)]))

    @property
    def is_global(self) -> bool:
        return isinstance(self.index, GlobalSecondaryIndex)

    def rows(self) -> list[Row]:
        """All of them, in no order; an index has only the items with all of its keys."""
        return self._placed(_stored_items(self.table))

    def partition(self, value: Value) -> list[Row]:
        """The rows with this partition key."""
        if self.index is None:
            found = self.table.items.get(DynamoType(value))
            return self._placed(_members(self.table, found))
        wanted = order_of(value)
        return [row for row in self.rows() if row.order[0] == wanted]

    def view(self, row: Row) -> Item:
        """What the table or index holds of the row."""
        shown = self.projected()
        return row.item if shown is None else {name: row.item[name] for name in row.item if name in shown}

    def projected(self) -> set[str] | None:
        """The attributes that the index holds; None for all."""
        projection = self.index.projection if self.index else {}
        if projection.get("ProjectionType", "ALL") == "ALL":
            return None
        return {*self.keys, *projection.get("NonKeyAttributes", [])}

    def _placed(self, items: Iterable[StoredItem]) -> list[Row]:
        keys = {name: type_in_schema(self.table, name) for name in self.keys}
        return [
            Row(item, tuple(order_of(wire(item.attrs[name])) for name in keys))
            for item in items
            if all(name in item.attrs and item.attrs[name].type == kind for name, kind in keys.items())
        ]


def source_of(table: Table, index: str | None) -> Source:
    """Raises PartiqlError when there is no such index."""
    if index is None:
        return Source(table)
    found = next((known for known in table.all_indexes() if known.name == index), None)
    if found is None:
        raise PartiqlError("The table does not have the specified index")
    return Source(table, found)


def keys_of(schema: list[dict[str, str]]) -> list[str]:
    """Names of key attributes, the partition key first."""
    return [key["AttributeName"] for key in sorted(schema, key=lambda key: key["KeyType"])]


def type_in_schema(table: Table, name: str) -> str:
    """S, N or B."""
    return str(next(known["AttributeType"] for known in table.attr if known["AttributeName"] == name))


def get(table: Table, key: Item) -> Item | None:
    """One item by its whole primary key."""
    hash_name, *sort_name = keys_of(table.schema)
    found = table.items.get(DynamoType(key[hash_name]))
    stored: Any = found.get(DynamoType(key[sort_name[0]])) if sort_name and found else found
    return wire_item(stored) if stored else None


def wire_item(stored: StoredItem) -> Item:
    """A stored item in wire form."""
    return {name: wire(value) for name, value in stored.attrs.items()}


def wire(value: DynamoType) -> Value:
    """A stored value in wire form, binary in base64."""
    raw = value.value
    if value.is_list():
        return {value.type: [wire(member) for member in raw]}
    if value.is_map():
        return {value.type: {name: wire(member) for name, member in raw.items()}}
    if value.is_set():
        return {value.type: [base64_text(member) for member in raw]}
    return {value.type: base64_text(raw)}


def _stored_items(table: Table) -> list[StoredItem]:
    return [item for found in table.items.values() for item in _members(table, found)]


def _members(table: Table, found: Any) -> list[StoredItem]:
    """moto keeps an item at its partition key, or a dictionary of items by sort key."""
    if not found:
        return []
    return list(found.values()) if table.range_key_attr else [found]
