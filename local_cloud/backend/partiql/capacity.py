"""What a statement consumes, in capacity units: one unit reads 4 KB consistently or 8 KB eventually, or writes 1 KB."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.dynamodb.models.table import SecondaryIndex, Table

from local_cloud.backend.partiql.tables import Source, keys_of
from local_cloud.backend.partiql.values import Item, bytes_of

READ_BYTES, WRITE_BYTES = 4096, 1024
TRANSACTION_FACTOR = 2


@dataclass(frozen=True)
class Consumed:
    """Units of a table and of its indexes."""

    table: str
    units: float = 0.0
    global_indexes: Mapping[str, float] = field(default_factory=dict)
    local_indexes: Mapping[str, float] = field(default_factory=dict)

    def times(self, factor: int) -> "Consumed":
        return Consumed(
            self.table,
            self.units * factor,
            {name: units * factor for name, units in self.global_indexes.items()},
            {name: units * factor for name, units in self.local_indexes.items()},
        )

    def plus(self, other: "Consumed") -> "Consumed":
        return Consumed(
            self.table,
            self.units + other.units,
            _sum(self.global_indexes, other.global_indexes),
            _sum(self.local_indexes, other.local_indexes),
        )

    def describe(self, detail: str) -> dict[str, Any]:
        """As ReturnConsumedCapacity (TOTAL or INDEXES) asks for it."""
        total = self.units + sum(self.global_indexes.values()) + sum(self.local_indexes.values())
        answer: dict[str, Any] = {"TableName": self.table, "CapacityUnits": total}
        if detail == "INDEXES":
            answer["Table"] = {"CapacityUnits": self.units}
            for name, indexes in (
                ("GlobalSecondaryIndexes", self.global_indexes),
                ("LocalSecondaryIndexes", self.local_indexes),
            ):
                if indexes:
                    answer[name] = {index: {"CapacityUnits": units} for index, units in indexes.items()}
        return answer


def of_read(source: Source, reads: list[int], *, consistent: bool) -> Consumed:
    """`reads` are the bytes of each partition, or of all of a scan; each is rounded up by itself."""
    units = sum(max(1, math.ceil(size / READ_BYTES)) for size in reads) * (1.0 if consistent else 0.5)
    if source.index is None:
        return Consumed(source.table.name, units)
    if source.is_global:
        return Consumed(source.table.name, global_indexes={source.index.name: units})
    return Consumed(source.table.name, local_indexes={source.index.name: units})


def of_write(table: Table, before: Item | None, after: Item | None) -> Consumed:
    """The larger of the two items counts; an index only where its part of the item changes."""
    units = _write_units(max(_size(before), _size(after)))
    by_index = {
        kind: {index.name: cost for index in indexes or [] if (cost := _index_units(table, index, before, after))}
        for kind, indexes in (("global", table.global_indexes), ("local", table.indexes))
    }
    return Consumed(table.name, units, by_index["global"], by_index["local"])


def _size(item: Item | None) -> int:
    return bytes_of(item) if item else 0


def _write_units(size: int) -> float:
    return float(max(1, math.ceil(size / WRITE_BYTES)))


def _index_units(table: Table, index: SecondaryIndex, before: Item | None, after: Item | None) -> float:
    old, new = (_in_index(table, index, item) for item in (before, after))
    if old == new:
        return 0.0
    keys = keys_of(index.schema)
    if old and new and any(old[name] != new[name] for name in keys):
        return _write_units(_size(old)) + _write_units(_size(new))
    return _write_units(max(_size(old), _size(new)))


def _in_index(table: Table, index: SecondaryIndex, item: Item | None) -> Item | None:
    if item is None or not all(name in item for name in keys_of(index.schema)):
        return None
    shown = Source(table, index).projected()
    return item if shown is None else {name: value for name, value in item.items() if name in shown}


def _sum(first: Mapping[str, float], second: Mapping[str, float]) -> dict[str, float]:
    return {name: first.get(name, 0.0) + second.get(name, 0.0) for name in {**first, **second}}
