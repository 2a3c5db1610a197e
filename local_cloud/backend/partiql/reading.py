"""SELECT: by Query where the condition names partitions, else by Scan; a page at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local_cloud.backend.partiql.capacity import Consumed, of_read
from local_cloud.backend.partiql.conditions import find, holds
from local_cloud.backend.partiql.keys import partitions, sort_conditions
from local_cloud.backend.partiql.tables import Row, Source
from local_cloud.backend.partiql.values import Item, content, order_of
from local_cloud.partiql.errors import PartiqlError
from local_cloud.partiql.nodes import Binary, Expression, Path, Select, Value
from local_cloud.partiql.selects import column_name

PAGE_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Page:
    """`last` is the key of the last row that was looked at, None when nothing can follow."""

    items: list[Item]
    last: Item | None
    consumed: Consumed


@dataclass(frozen=True)
class _Plan:
    """How a SELECT finds its rows; `hashes` is None for a scan."""

    source: Source
    hashes: list[Value] | None
    sort_terms: list[Expression]

    @property
    def names_items(self) -> bool:
        """Whether each partition holds one row at most: nothing can follow it."""
        exact = any(isinstance(term, Binary) and term.operator == "=" for term in self.sort_terms)
        return self.source.index is None and self.hashes is not None and (exact or len(self.source.own_keys) == 1)

    def rows(self) -> list[Row]:
        if self.hashes is None:
            return self.source.rows()
        found = [row for value in self.hashes for row in self.source.partition(value)]
        return [row for row in found if all(holds(term, row.item) for term in self.sort_terms)]


def read_page(
    select: Select, source: Source, *, after: Item | None = None, limit: int | None = None, consistent: bool = False
) -> Page:
    """The rows that follow `after`. `limit` counts rows that are looked at, whether they meet the condition or not."""
    _check_index(select, source, consistent=consistent)
    hashes = partitions(source, select.where)
    _check_order(select, source, hashes)
    plan = _Plan(source, hashes, sort_conditions(source, select.where) if hashes is not None else [])
    rows = plan.rows()
    waiting = _in_order(select, source, rows)
    if after is not None:
        last_order, follows = _order(source, after), _follows(select, source)
        waiting = [row for row in waiting if follows(row.order, last_order)]
    seen = _first(waiting, limit)
    more = len(seen) < len(waiting) or (len(seen) == limit and not plan.names_items)
    last = _key(source, seen[-1]) if seen and more else None
    views = [(row, source.view(row)) for row in seen]
    items = [_project(select, source, row, view) for row, view in views if holds(select.where, view)]
    sizes = _sizes(plan, seen, [] if after else _empty(plan, rows))
    return Page(items, last, of_read(source, sizes, consistent=consistent))


def _first(rows: list[Row], limit: int | None) -> list[Row]:
    """As many as the limit and a megabyte allow, one at least."""
    taken, size = 0, 0
    for row in rows[:limit]:
        size += row.size
        if taken and size > PAGE_BYTES:
            break
        taken += 1
    return rows[:taken]


def _sizes(plan: _Plan, seen: list[Row], empty: list[int]) -> list[int]:
    if plan.hashes is None:
        return [sum(row.size for row in seen)]
    sizes: dict[Any, int] = {}
    for row in seen:
        sizes[row.order[0]] = sizes.get(row.order[0], 0) + row.size
    return [*sizes.values(), *empty]


def _empty(plan: _Plan, rows: list[Row]) -> list[int]:
    """A partition without rows costs a read all the same."""
    with_rows = {row.order[0] for row in rows}
    return [0 for value in plan.hashes or [] if content(value) not in with_rows]


def _directions(select: Select, source: Source) -> tuple[bool, bool]:
    """Whether partitions, and rows in one, come in descending order.

    DynamoDB reads a partition backwards when ORDER BY names its partition key only.
    """
    named = {order.name: order.descending for order in select.order}
    hash_name, *rest = source.own_keys
    return named.get(hash_name, False), named.get(rest[0] if rest else "", bool(named))


def _in_order(select: Select, source: Source, rows: list[Row]) -> list[Row]:
    partitions_down, rows_down = _directions(select, source)
    rows = sorted(rows, key=lambda row: row.order[1:], reverse=rows_down)
    return sorted(rows, key=lambda row: row.order[:1], reverse=partitions_down)


def _follows(select: Select, source: Source) -> Callable[[tuple[Any, ...], tuple[Any, ...]], bool]:
    partitions_down, rows_down = _directions(select, source)

    def follows(order: tuple[Any, ...], last: tuple[Any, ...]) -> bool:
        if order[0] != last[0]:
            return bool(order[0] < last[0] if partitions_down else order[0] > last[0])
        return order[1:] < last[1:] if rows_down else order[1:] > last[1:]

    return follows


def _key(source: Source, row: Row) -> Item:
    return {name: row.item[name] for name in source.keys}


def _order(source: Source, key: Item) -> tuple[Any, ...]:
    if key.keys() != set(source.keys):  # the table was made anew, with another key
        raise PartiqlError("Invalid NextToken")
    return tuple(order_of(key[name]) for name in source.keys)


def _project(select: Select, source: Source, row: Row, view: Item) -> Item:
    if select.columns is None:
        return view
    # A local index reaches the item beside it.
    whole = view if source.is_global else row.item
    found = {column_name(column): find(column, whole) for column in select.columns}
    return {name: value for name, value in found.items() if value is not None}


def _check_index(select: Select, source: Source, *, consistent: bool) -> None:
    if not source.is_global:
        return
    if consistent:
        raise PartiqlError("Strongly consistent read is not supported on Global Secondary Indexes")
    shown = source.projected()
    columns: list[Path] = list(select.columns or ())
    absent = [str(column.elements[0]) for column in columns if shown and column.elements[0] not in shown]
    if absent and source.index:
        raise PartiqlError(
            f"One or more parameter values were invalid: Global secondary index {source.index.name} "
            f"does not project [{', '.join(absent)}]"
        )


def _check_order(select: Select, source: Source, hashes: list[Value] | None) -> None:
    if not select.order:
        return
    if select.where is None:
        raise PartiqlError("Must have WHERE clause in the statement when using ORDER BY clause.")
    names = [order.name for order in select.order]
    for name in names:
        if name not in source.own_keys:
            raise PartiqlError(f"Attribute {name} in ORDER BY clause must be part of the primary key")
    if hashes is None:
        raise PartiqlError(
            "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause."
        )
    if len(hashes) > 1 and source.own_keys[0] not in names:
        raise PartiqlError(
            "Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause."
        )
