"""Lists: filters, sort, search, keyset pages, and a count that does not cost a full scan.

The scope of the reader is the first criterion of every query made here. Sorting is by indexed columns only;
pages are found by key, not by offset, so page 1 and page 10,000 cost the same; counts stop at 10,001.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pandas as pd
from sqlalchemy import BigInteger, ColumnElement, Select, select

from db.types import N_
from services.kit import (
    choosing,
    counts,
    cursors,
    custom,
    masking,
    permissions,
    recurring,
    searching,
    seeing,
    selects,
    several,
)
from services.kit.alternatives import apart_in
from services.kit.conditions import escape_like
from services.kit.entity import ENTITIES, Entity, model_of, title_column
from services.kit.errors import Refusal
from services.kit.fields import NUMERIC, Field, ParseError, parse
from services.kit.once import once
from services.kit.prepared import prepared
from services.kit.selects import Criteria
from services.kit.shapes import Order, Shape
from services.kit.unit_of_work import UnitOfWork

PAGE: Final = 50
COUNT_CAP: Final = 10_000
SPLIT_CAP: Final = 5_000
"""What somebody sees for several reasons, and narrows, is counted up to here: each reason by itself."""
SEARCH_CAP: Final = 1_000
"""Hits are counted up to here: whoever sees more than a thousand types another letter."""
TITLE: Final = selects.TITLE
"""Suffix of the column that holds the name of what a reference points to."""

OPERATORS: Final[Mapping[str, tuple[str, ...]]] = {
    "choice": ("in", "empty", "filled"),
    "choices": ("in", "has", "empty", "filled"),
    "reference": ("in", "empty", "filled"),
    "currency": ("in",),
    "flag": ("in",),
    "text": ("is", "has", "empty", "filled"),
    "email": ("is", "empty", "filled"),
    "phone": ("is", "empty", "filled"),
    "long_text": ("empty", "filled"),
    "id": ("in",),
    **dict.fromkeys((*NUMERIC, "day", "instant"), ("from", "to", "empty", "filled")),
}
"""Kind -> operators. `from` and `to` include the bound; of several choices, `in` asks for any and `has` for all."""


@dataclass(frozen=True)
class Filter:
    """One condition on one field; `values` are typed (minor units, basis points, dates)."""

    field: str
    operator: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Query:
    """What a list is asked for."""

    filters: tuple[Filter, ...] = ()
    search: str = ""
    sort: str | None = None
    """None: the entity's own order."""
    descending: bool | None = None
    cursor: str | None = None
    """Where the page begins; from `Page.next_cursor`."""
    limit: int = PAGE
    columns: tuple[str, ...] | None = None
    """None: the entity's grid."""

    def where(self, name: str, operator: str, *values: Any) -> Query:
        """Return the query with one more condition."""
        return replace(self, filters=(*self.filters, Filter(name, operator, values)))


@dataclass(frozen=True)
class Page:
    """A page of a list."""

    columns: Mapping[str, Sequence[Any]]
    """`id`, the fields asked for, `<reference>_title` beside each reference, `version`; as the database has them."""
    next_cursor: str | None
    count: int
    """Rows in all, at most COUNT_CAP, SPLIT_CAP, or SEARCH_CAP; through many parents at most seeing.FEW."""
    is_capped: bool
    """There are at least `count` rows, and most likely more."""

    @property
    def ids(self) -> Sequence[int]:
        """Return the ids of the rows, in their order."""
        return self.columns["id"]

    @once
    def frame(self) -> pd.DataFrame:
        """Return the same as a frame; index: id. Made when it is wanted, since a frame costs more than the query."""
        rows = list(zip(*self.columns.values(), strict=True))
        return pd.DataFrame.from_records(rows, columns=list(self.columns), index="id")


def page(
    uow: UnitOfWork,
    entity: Entity,
    query: Query | None = None,
    *extra: ColumnElement[bool],
    is_counted: bool = True,
    how: seeing.Way | None = None,
) -> Page:
    """Return one page of what the actor may read.

    `extra` are criteria a page cannot express as filters. If it is not counted, its count is that of its rows. `how`
    it is asked for is known to whoever searches several entities (seeing.ways). Raises Forbidden, and Refusal for an
    unknown field, operator or cursor.
    """
    query = query or Query()
    permissions.require(uow, f"{entity.key}.read")
    shape, values = _asked(uow, entity, query, how)
    total = None
    if shape.is_split or (_is_narrowed(shape, extra) and shape.how.kind == seeing.MANY):
        total = _count(uow, shape, values, query, extra)
    how = shape.how if total is None else seeing.narrowed(shape.how, total)
    is_scarce = shape.is_split and not extra and total is not None and total <= _cap(query, shape)
    sought = shape._replace(how=how, is_scarce=is_scarce)
    rows, next_cursor = ([], None) if shape.is_split and total == 0 else _fetch(uow, sought, values, query, extra)
    has_others = bool(is_counted and (query.cursor or next_cursor))
    if not has_others:
        total = len(rows)
    elif total is None:
        total = _count(uow, shape, values, query, extra)
    names = selects.names_of(shape)
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    cap = _cap(query, shape)
    is_capped = total > cap or (has_others and shape.how.looked_at is not None and not query.search.strip())
    at_least = len(rows) + bool(next_cursor)
    return Page(dict(zip(names, columns, strict=False)), next_cursor, min(max(total, at_least), cap), is_capped)


def count(uow: UnitOfWork, entity: Entity, query: Query | None = None, *extra: ColumnElement[bool]) -> int:
    """Return how many rows the actor may read, at most one more than COUNT_CAP (of a search, SEARCH_CAP)."""
    query = query or Query()
    permissions.require(uow, f"{entity.key}.read")
    return _count(uow, *_asked(uow, entity, query), query, extra)


def frame(
    uow: UnitOfWork, entity: Entity, query: Query | None = None, *extra: ColumnElement[bool], limit: int | None = None
) -> pd.DataFrame:
    """Return all rows the actor may read, without pages, newest key first; for analysis and export."""
    query = query or Query()
    permissions.require(uow, f"{entity.key}.read")
    shape, values = _asked(uow, entity, query)
    rows = uow.session.execute(selects.everything(uow, shape, extra).limit(limit), values).all()
    return pd.DataFrame.from_records(rows, columns=list(selects.names_of(shape)), index="id")


def blocks(
    uow: UnitOfWork, entity: Entity, query: Query, *extra: ColumnElement[bool], size: int = 5_000
) -> Iterator[dict[str, Sequence[Any]]]:
    """Return all rows the actor may read, block by block of columns, newest key first; for files of any size."""
    permissions.require(uow, f"{entity.key}.read")
    shape, values = _asked(uow, entity, query)
    statement = selects.everything(uow, shape, extra)
    uow.session.flush()
    # Rows of the connection: those of the session, objects of the ORM's own, took a quarter of an export.
    rows = uow.session.connection().execute(statement, values, execution_options={"yield_per": size})
    names = selects.names_of(shape)
    return (dict(zip(names, zip(*some, strict=True), strict=True)) for some in rows.partitions())


def ids(
    uow: UnitOfWork, entity: Entity, query: Query | None = None, *extra: ColumnElement[bool], limit: int
) -> list[int]:
    """Return the ids of the rows the actor may read, newest first, at most `limit`."""
    permissions.require(uow, f"{entity.key}.read")
    shape, values = _asked(uow, entity, replace(query or Query(), columns=(entity.title,)))
    return [row[0] for row in uow.session.execute(selects.everything(uow, shape, extra).limit(limit), values)]


def visible(uow: UnitOfWork, entity: Entity, action: str = "read") -> Select[Any]:
    """Return a select of the ids that the actor may read (or do `action` to)."""
    model: Any = entity.model
    return select(model.id).where(model.deleted_at.is_(None), permissions.scope(uow, entity, action))


def options(uow: UnitOfWork, key: str, *, search: str = "", limit: int = 200) -> list[tuple[int, str]]:
    """Return (id, title) of the records a picker may offer, by title; scope included."""
    model: Any = model_of(key)
    title = title_column(key)
    statement = select(model.id, title).where(model.deleted_at.is_(None))
    if key in ENTITIES:
        entity = ENTITIES[key]
        statement = statement.where(seeing.criterion(uow, entity, seeing.way(uow, entity)))
    if search:
        statement = statement.where(title.ilike(f"%{escape_like(search)}%", escape="\\"))
    rows = uow.session.execute(statement.order_by(title, model.id).limit(limit))
    return [(row[0], str(row[1])) for row in rows]


def titles(uow: UnitOfWork, key: str, ids: Sequence[int]) -> dict[int, str]:
    """Return the titles of records by id, in or out of scope: a name beside a link one may see anyhow."""
    if not ids:
        return {}
    model: Any = model_of(key)
    rows = uow.session.execute(select(model.id, title_column(key)).where(model.id.in_(set(ids))))
    return {row[0]: str(row[1]) for row in rows}


def known_titles(uow: UnitOfWork, key: str, ids: Sequence[int]) -> dict[int, str]:
    """Return the titles of those records that the actor may read, for ids that anybody may write into an address.

    Colleagues and teams are known to everybody by name.
    """
    if not ids or key in permissions.KNOWN_TO_ALL or key not in ENTITIES:
        return titles(uow, key, ids)
    model: Any = model_of(key)
    rows = uow.session.execute(
        select(model.id, title_column(key)).where(
            model.id.in_(set(ids)),
            model.deleted_at.is_(None),
            permissions.scope(uow, ENTITIES[key], is_row_by_row=True),
        )
    )
    return {row[0]: str(row[1]) for row in rows}


# --- filters ------------------------------------------------------------------------------------------------


def operators(field_: Field) -> tuple[str, ...]:
    """Return how a list may be narrowed by a field; an added one only by what its index answers."""
    if not field_.is_custom:
        more = ("under",) if (field_.name, field_.entity) == ("parent_id", "customer") else ()
        return (*OPERATORS[field_.kind], *more)
    found = OPERATORS[field_.kind] if field_.filterable else ()
    return tuple(one for one in found if one != "has" or field_.kind == several.KIND)


def parse_filter(entity: Entity, name: str, written: str, *, currency: str = "CNY") -> Filter:
    """Read a condition as an address writes it: `in:new,contacted`, `from:1000`, `empty:`.

    Raises ParseError for an unknown field, operator or value.
    """
    field_ = entity.fields.get(name)
    operator, _, rest = written.partition(":")
    if field_ is None or operator not in operators(field_):
        raise ParseError(N_("The list cannot be filtered by “{name}”."), name=name)
    if operator in ("empty", "filled"):
        return Filter(name, operator)
    if field_.kind == several.KIND:
        return Filter(name, operator, parse(field_, rest) or ())
    parts = rest.split(",") if operator in ("in", "under") else [rest]
    values = tuple(parse(field_, part, currency=currency) for part in parts if part)
    is_long = isinstance(entity.column(name).type, BigInteger)
    if any(isinstance(value, int) and abs(value) >= 2 ** (63 if is_long else 31) for value in values):
        raise ParseError(N_("The list cannot be filtered by “{name}”."), name=name)
    return Filter(name, operator, values)


# --- asking -------------------------------------------------------------------------------------------------


def _asked(
    uow: UnitOfWork, entity: Entity, query: Query, how: seeing.Way | None = None
) -> tuple[Shape, dict[str, Any]]:
    """Return what shapes the statement, and the values that are bound to it. Raises Refusal."""
    for condition in query.filters:
        field_ = entity.fields.get(condition.field)
        if field_ is None or condition.operator not in operators(field_):
            raise Refusal(N_("The list cannot be filtered by “{name}”."), name=condition.field)
    filters = recurring.resolved(uow, entity, query.filters)
    conditions = tuple((one.field, one.operator) for one in filters)
    columns = tuple(query.columns or entity.grid)
    named = (*columns, *(name for name, _operator in conditions), query.sort or "")
    token = custom.in_force().token if any(custom.is_custom(name) for name in named) else None
    searched = selects.search_of(entity, query.search)
    how = how or seeing.way(uow, entity, is_search=bool(searched))
    hidden_by = ""
    if masking.is_masked(uow, entity.key):
        # What a pool hides is told by no order either; and which added fields are searched decides what is found.
        hidden_by = query.sort if query.sort and custom.is_custom(query.sort) and not searched else ""
        token = custom.in_force().token if searched else token
    given = [one.values for one in filters]
    apart = None if searched else apart_in(entity, conditions, given)
    shape = Shape(entity, columns, conditions, searched, token, hidden_by=hidden_by, how=how, apart=apart)
    shape = shape._replace(is_split=counts.is_split(uow, shape))
    values = selects.bound(uow, shape, given, query.search)
    if choosing.places(entity.fields, conditions):
        found = uow.session.execute(prepared(uow, counts.chosen, shape), values).scalar_one()
        shape = shape._replace(is_few=found < choosing.FEW)
    elif uow.is_sqlite and not searched:
        shape = counts.decided(uow, shape, values, query.sort or entity.sort)
    return shape, values


def _statement(uow: UnitOfWork, make: Callable[..., Any], *facts: Hashable, extra: Criteria) -> Any:
    """Return a statement that is kept for this reader; one with criteria of its own is made for the occasion."""
    return make(uow, *facts, extra) if extra else prepared(uow, make, *facts, ())


def _order(entity: Entity, query: Query) -> Order:
    if query.search.strip():
        # Hits are not sorted by another column: a common word at a million rows took 209 ms that way.
        return Order("id", descending=True)
    name = query.sort or entity.sort
    if name != "id" and not (name in entity.fields and entity.fields[name].sortable):
        raise Refusal(N_("The list cannot be sorted by “{name}”."), name=name)
    descending = query.descending if query.descending is not None else (entity.descending if not query.sort else False)
    return Order(name, descending)


def _fetch(
    uow: UnitOfWork, shape: Shape, values: Mapping[str, Any], query: Query, extra: Criteria
) -> tuple[list[Any], str | None]:
    """Return the rows of the page and the cursor of the next one."""
    if shape.search in ("tokens", "either") and shape.how.kind != seeing.GATHERED:
        return _found(uow, shape, values, query, extra)
    return _rows(uow, shape, values, query, extra)


def _found(
    uow: UnitOfWork, shape: Shape, values: Mapping[str, Any], query: Query, extra: Criteria
) -> tuple[list[Any], str | None]:
    """Look where words are looked for (searching.py): on SQLite among the newest hits first, then among all."""
    start = cursors.decode(query.cursor)
    values = {**values, "after_id": start["id"] if start else searching.LAST}
    if not uow.is_sqlite:
        place = searching.AMONG_OWN if shape.how.is_some else searching.BY_STRETCHES
        return _rows(uow, shape._replace(place=place), values, query, extra)
    found = _rows(uow, shape._replace(place=searching.AMONG_NEWEST), values, query, extra)
    return found if found[1] else _rows(uow, shape, values, query, extra)


def _rows(
    uow: UnitOfWork, shape: Shape, values: Mapping[str, Any], query: Query, extra: Criteria
) -> tuple[list[Any], str | None]:
    """Return the rows, their key last, and the cursor of the next page; empty keys come at the end."""
    order = _order(shape.entity, query)
    nullable = selects.is_nullable(shape.entity, order.name)
    start = cursors.decode(query.cursor)
    wanted = query.limit + 1
    rows: list[Any] = []
    asked = {operator for name, operator in shape.conditions if name == order.name}
    if not (start and start["nulls"]) and "empty" not in asked:
        first = _statement(uow, selects.first_rows, shape, order, start is not None, wanted, extra=extra)
        after = {}
        if start:
            key = cursors.typed(start["key"], shape.entity.column(order.name))
            after = {"after_id": start["id"]} | ({"after_key": key} if order.name != "id" else {})
        rows = list(uow.session.execute(first, {**values, **after}))
    if nullable and len(rows) < wanted and not asked - {"empty"}:
        is_after = bool(start and start["nulls"])
        last = _statement(uow, selects.last_rows, shape, order, is_after, extra=extra)
        after = {"after_id": start["id"]} if start and is_after else {}
        rows += uow.session.execute(last, {**values, **after, "rest": wanted - len(rows)})
    if len(rows) < wanted:
        return rows, None
    end = rows[-2]
    cursor = cursors.encode({"key": end[-1], "id": end[0], "nulls": nullable and end[-1] is None})
    return rows[:-1], cursor


def _cap(query: Query, shape: Shape) -> int:
    if query.search.strip():
        return SEARCH_CAP
    if shape.how.kind in (seeing.MANY, seeing.SPARSE):
        return min(COUNT_CAP, seeing.FEW)
    return min(COUNT_CAP, SPLIT_CAP) if shape.is_split else COUNT_CAP


def _is_narrowed(shape: Shape, extra: Criteria) -> bool:
    return bool((shape.conditions or extra) and not shape.search)


def _count(uow: UnitOfWork, shape: Shape, values: Mapping[str, Any], query: Query, extra: Criteria) -> int:
    """Count up to one more than the cap; where so many parents are reached, as far as some of them go."""
    cap = _cap(query, shape)
    if shape.how.kind == seeing.MANY and not shape.conditions and not extra and not shape.search:
        return cap + 1
    statement = _statement(uow, counts.number, shape, cap + 1, extra=extra)
    return int(uow.session.execute(statement, dict(values)).scalar_one())
