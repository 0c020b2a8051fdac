"""The statements of lists, put together once for all who ask the same way (prepared.py).

What shapes a statement stands in its `Shape`; what a reader typed or where a page begins is bound when it runs:
`condition_0`, `search`, `after_key`, `after_id`, `rest`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    String,
    bindparam,
    false,
    select,
    true,
    tuple_,
    union,
    union_all,
)
from sqlalchemy import or_ as any_of
from sqlalchemy.sql.elements import BooleanClauseList, True_
from sqlalchemy.sql.operators import or_

from db.base import narrows, table_of
from db.search import query_alternatives
from db.types import N_
from services.kit import alternatives, choosing, custom, masking, searching, seeing, several
from services.kit.conditions import as_asked, criterion, escape_like
from services.kit.entity import ENTITIES, Entity, model_of, title_column
from services.kit.errors import Refusal
from services.kit.shapes import Order, Shape
from services.kit.unit_of_work import UnitOfWork

_MERGED: Final = "updated_at"
"""The order in which every column that scopes ask for is indexed (db/base.py)."""
_WHOSE: Final = frozenset({"owner_id", "team_id"})
_HAVING: Final = frozenset({"in", "filled"})
TITLE: Final = "_title"
"""Suffix of the column that holds the name of what a reference points to."""

Criteria = tuple[ColumnElement[bool], ...]


def names_of(shape: Shape) -> tuple[str, ...]:
    """Return the names of what `first_rows`, `last_rows` and `everything` select, without the key they add."""
    return _selection(shape.entity.key, shape.columns, shape.token)[1]


def is_nullable(entity: Entity, name: str) -> bool:
    """Say whether a column may be empty."""
    if custom.is_custom(name):
        return entity.fields[name].kind != "flag"
    return name != "id" and bool(table_of(entity.model).c[name].nullable)


# --- what the reader typed ----------------------------------------------------------------------------------


def bound(uow: UnitOfWork, shape: Shape, values: Sequence[tuple[Any, ...]], search: str) -> dict[str, Any]:
    """Return the values of a statement: of its conditions in their order, and of the search."""
    found: dict[str, Any] = {}
    for at, ((name, operator), given) in enumerate(zip(shape.conditions, values, strict=True)):
        field_ = shape.entity.fields[name]
        if field_.kind == several.KIND:
            found[f"condition_{at}"] = choosing.codes(field_, operator, given)
        elif operator not in ("empty", "filled"):
            found[f"condition_{at}"] = as_asked(operator, given)
    found |= alternatives.bound(shape.apart, values)
    if shape.search == "title":
        found["search"] = f"{escape_like(search.strip())}%"
    elif shape.search:
        found |= searching.bound(search, is_sqlite=uow.is_sqlite)
        if masking.is_masked(uow, shape.entity.key):
            found["search_text"] = f"%{escape_like(search.strip())}%"
    return found


def search_of(entity: Entity, written: str) -> str:
    """Return how a text is searched: a query too short for tokens matches beginnings of the title."""
    if not written.strip():
        return ""
    sets = len(query_alternatives(written)) if entity.is_searchable else 0
    return ("title", "tokens", "either")[sets]


# --- criteria -----------------------------------------------------------------------------------------------


def criteria_of(uow: UnitOfWork, shape: Shape, *, is_counted: bool = False, but: int | None = None) -> Criteria:
    """Return what a row must be but for one condition; the scope of the reader comes first, always."""
    model: Any = shape.entity.model
    found: list[ColumnElement[bool]] = [scope_of(uow, shape), model.deleted_at.is_(None)]
    chosen = choosing.places(shape.entity.fields, shape.conditions)
    apart = {*chosen, *shape.gathered, but}
    met = _counted_across(uow, shape) if is_counted else shape.met
    found += [_condition(uow, shape, at, is_met=at in met) for at in range(len(shape.conditions)) if at not in apart]
    if shape.gathered:
        few = [choosing.along(shape.entity, shape.conditions[at], at) for at in shape.gathered]
        found.append(choosing.gathered(shape.entity, few))
    facts = {"is_few": shape.is_few, "is_sqlite": uow.is_sqlite, "is_counted": is_counted}
    found += choosing.criteria(shape.entity, shape.conditions, **facts)
    if shape.search and shape.place not in searching.BY_INDEX:
        found.append(_search(uow, shape, is_counted=is_counted))
    if masking.is_masked(uow, shape.entity.key):
        found += _openly(shape, model)
    return tuple(found)


def _counted_across(uow: UnitOfWork, shape: Shape) -> tuple[int, ...]:
    """Return the places of conditions that are asked of what the indexes of the scopes have, and not looked up."""
    if not shape.is_split:
        return ()
    is_met = [choosing.is_across(operator, is_sqlite=uow.is_sqlite) for _, operator in shape.conditions]
    return tuple(at for at, (name, _) in enumerate(shape.conditions) if is_met[at] and name not in _WHOSE)


def _condition(uow: UnitOfWork, shape: Shape, at: int, *, is_met: bool) -> ColumnElement[bool]:
    name, operator = shape.conditions[at]
    if is_met:
        return choosing.across(shape.entity, (name, operator), at, is_sqlite=uow.is_sqlite)
    return criterion(shape.entity.column(name), operator, f"condition_{at}")


def scope_of(uow: UnitOfWork, shape: Shape) -> ColumnElement[bool]:
    """Return the scope of the reader, without the parts that cannot hold beside the conditions.

    What lies in a pool has no owner, what has an owner lies in no pool (db/models/pooled.py), and what has no owner
    is no team's (records.py): asked for a colleague's, a database would look through the whole pool in vain.
    """
    scope = seeing.criterion(uow, shape.entity, shape.how)
    having = {name for name, operator in shape.conditions if operator in _HAVING}
    lacking = {name for name, operator in shape.conditions if operator == "empty"} & {*_WHOSE, "pool_id"}
    gone = lacking | ({"pool_id"} if having & _WHOSE else set())
    gone |= _WHOSE if "pool_id" in having or "owner_id" in lacking else set()
    if not gone or not isinstance(scope, BooleanClauseList) or scope.operator is not or_:
        return scope
    return any_of(
        false(), *(one for one in scope.clauses if getattr(getattr(one, "left", None), "key", "") not in gone)
    )


def _openly(shape: Shape, model: Any) -> list[ColumnElement[bool]]:
    """Return what keeps a filter or a search from finding out what a pool hides."""
    names = {name for name, _ in shape.conditions if masking.may_be_hidden(shape.entity.key, name)}
    names |= {shape.hidden_by} - {""}
    found = [masking.is_shown(model.pool_id, name) for name in sorted(names)]
    return [*found, masking.found_openly(shape.entity)] if shape.search in ("tokens", "either") else found


def _search(uow: UnitOfWork, shape: Shape, *, is_counted: bool = False) -> ColumnElement[bool]:
    """Match by tokens (searching.py), or by the beginning of the title; what is counted needs no order."""
    model: Any = shape.entity.model
    if shape.search == "title":
        title: Any = getattr(model, shape.entity.title)
        return title.ilike(bindparam("search", type_=String()), escape="\\")  # type: ignore[no-any-return]
    where = searching.COUNTED if is_counted else shape.place
    if not where and shape.how.kind == seeing.GATHERED:
        where = searching.GATHERED
    return searching.criterion(model, shape.search, where, is_sqlite=uow.is_sqlite)


# --- rows ---------------------------------------------------------------------------------------------------


@lru_cache(maxsize=512)
def _selection(
    key: str,
    columns: tuple[str, ...],
    _token: str | None,  # a fact: the same name is another field in another database
    is_masked: bool = False,  # noqa: FBT001, FBT002 - a fact of the cache
) -> tuple[Select[Any], tuple[str, ...]]:
    """Return the select of some columns with the titles of what they refer to, and the names of its result."""
    entity = ENTITIES[key]
    table = table_of(entity.model)
    selected: list[Any] = [table.c.id]
    names = ["id"]
    source: Any = table
    for name in columns:
        field_ = entity.fields.get(name)
        if field_ is None:
            raise Refusal(N_("There is no column “{name}”."), name=name)
        column = entity.column(name) if field_.is_custom else table.c[name]
        is_hidden = is_masked and masking.may_be_hidden(key, name)
        selected.append(masking.shown(column, table.c.pool_id) if is_hidden else column)
        names.append(name)
        if field_.kind == "reference" and field_.entity:
            target = table_of(model_of(field_.entity)).alias()
            selected.append(target.c[title_column(field_.entity).key])
            names.append(name + TITLE)
            source = source.outerjoin(target, column == target.c.id)
    return select(*selected, table.c.version).select_from(source), (*names, "version")


def everything(uow: UnitOfWork, shape: Shape, extra: Criteria) -> Select[Any]:
    """Return the select of all rows, newest key first."""
    model: Any = shape.entity.model
    return _selected(uow, shape).where(*criteria_of(uow, shape), *extra).order_by(model.id.desc())


def those(uow: UnitOfWork, shape: Shape, *criteria: ColumnElement[bool]) -> Select[Any]:
    """Return the select of the rows of which criteria hold; the reader's scope is among them: the caller sees to it."""
    return _selected(uow, shape).where(*criteria)


def _selected(uow: UnitOfWork, shape: Shape) -> Select[Any]:
    is_masked = masking.is_masked(uow, shape.entity.key)
    return _selection(shape.entity.key, shape.columns, shape.token, is_masked)[0]


def _keyed(uow: UnitOfWork, shape: Shape, order: Order, extra: Criteria) -> Select[Any]:
    """Return the select with the key it is ordered by as its last column."""
    selected = _selected(uow, shape).where(*criteria_of(uow, shape), *extra)
    return selected.add_columns(shape.entity.column(order.name).label("_key"))


def _of_few(
    uow: UnitOfWork, shape: Shape, order: Order, criteria: Criteria, limit: int | BindParameter[int], *, by_key: bool
) -> Select[Any]:
    """Return the select of the first of so few rows that all are gathered, by the indexes of the scope, and sorted.

    In the order of a list a database would walk until it has met fifty of them, or past all where there are fewer:
    the customers of somebody of another team, by name, took 3.5 s at a million. Materialized, or it does all the same.
    """
    model: Any = shape.entity.model
    column: Any = model.id if by_key else shape.entity.column(order.name)
    scope, *rest = criteria_of(uow, shape, is_counted=True)
    is_covered = narrows(column) or order.name in ("id", _MERGED)
    inside, outside = ((*rest, *criteria), ()) if is_covered else (rest, criteria)
    keys = (model.id, column.label("_order")) if is_covered else (model.id,)
    parts = [select(*keys).where(part, *inside) for part in seeing.apart(scope)]
    found = union(*parts).cte("found").prefix_with("MATERIALIZED", dialect="postgresql")
    first = select(found.c.id)
    if is_covered:
        first = first.order_by(*_ordering(found.c["_order"], found.c.id, order)).limit(limit)
    selected = _selected(uow, shape).add_columns(shape.entity.column(order.name).label("_key"))
    among = model.id.in_(select(first.subquery().c.id))
    return selected.where(among, *outside).order_by(*_ordering(column, model.id, order)).limit(limit)


def _ordering(column: Any, key: Any, order: Order) -> list[Any]:
    columns = [key] if order.name == "id" else [column, key]
    return [one.desc() for one in columns] if order.descending else columns


def first_rows(
    uow: UnitOfWork,
    shape: Shape,
    order: Order,
    is_after: bool,  # noqa: FBT001 - a fact of `prepared`, which come by place
    limit: int,
    extra: Criteria,
) -> Select[Any]:
    """Return the select of the rows that have the key, from the beginning or after `after_key`, `after_id`."""
    if shape.place in searching.BY_INDEX:
        return _by_index(uow, shape, is_after=is_after, limit=limit, extra=extra)
    if order.name == _MERGED and not shape.search:
        parts, rest = _parts(uow, shape)
        if 1 < len(parts) <= alternatives.MOST:
            return _merged(uow, shape, order, parts, is_after=is_after, limit=limit, rest=(*rest, *extra))
    column: Any = shape.entity.column(order.name)
    key: Any = shape.entity.model.id
    more: list[ColumnElement[bool]] = [column.is_not(None)] if is_nullable(shape.entity, order.name) else []
    if is_after:
        more.append(_after(column, key, is_down=order.descending))
    if shape.is_scarce:
        return _of_few(uow, shape, order, (*more, *extra), limit, by_key=False)
    return _keyed(uow, shape, order, (*more, *extra)).order_by(*_ordering(column, key, order)).limit(limit)


def _by_index(uow: UnitOfWork, shape: Shape, *, is_after: bool, limit: int, extra: Criteria) -> Select[Any]:
    """Return the select of the newest rows that have what is searched: the hits in their order, then what they are.

    What is asked of a row is asked until there are enough of them, however many have the word.
    """
    key = shape.entity.model.id
    criteria = (*criteria_of(uow, shape), *extra)
    if shape.place == searching.AMONG_OWN:
        found: Any = searching.own(shape.entity.model, shape.search, scope_of(uow, shape))
        source: Any = found
        criteria = (*criteria, *((_after(key, key, is_down=True),) if is_after else ()))
    else:
        places, found = searching.newest(shape.entity.model, shape.search)
        source = places.join(found, true())
    # One hit after the other: a join the planner would make by walking through the table.
    row = select(key).where(key == found.c.id, *criteria).limit(1).lateral()
    first = select(row.c.id).select_from(source.join(row, true())).limit(limit)
    selected = _selected(uow, shape).add_columns(key.label("_key"))
    return selected.where(key.in_(select(first.subquery().c.id))).order_by(key.desc()).limit(limit)


def _parts(uow: UnitOfWork, shape: Shape) -> tuple[Sequence[ColumnElement[bool]], Criteria]:
    """Return parts, of the scope or of a condition, each read along an index of its own; and the other criteria."""
    scope = scope_of(uow, shape)
    parts = seeing.apart(scope)
    if parts or shape.apart is None or not (isinstance(scope, True_) or shape.how.kind == seeing.MANY):
        return parts, criteria_of(uow, shape)[1:]
    values = alternatives.criteria(shape.entity, shape.conditions, shape.apart)
    return values, criteria_of(uow, shape, but=shape.apart.place)


def _merged(
    uow: UnitOfWork,
    shape: Shape,
    order: Order,
    parts: Sequence[ColumnElement[bool]],
    *,
    is_after: bool,
    limit: int,
    rest: Criteria,
) -> Select[Any]:
    """Return the select of the first rows of several parts, each read from the beginning of its own index.

    For the whole a database either sorts all that the reader may see or walks through what they may not: at a million
    rows 207 ms for whoever sees many, or as long for whoever sees few. This takes the same for both.
    """
    model: Any = shape.entity.model
    column, key = getattr(model, order.name), model.id
    if is_after:
        rest = (*rest, _after(column, key, is_down=order.descending))
    ordering = _ordering(column, key, order)
    first = [select(key).where(part, *rest).order_by(*ordering).limit(limit) for part in parts]
    together = union_all(*(select(one.subquery().c.id) for one in first)).subquery()
    selected = _selected(uow, shape).add_columns(column.label("_key"))
    return selected.where(key.in_(select(together.c.id))).order_by(*ordering).limit(limit)


def last_rows(
    uow: UnitOfWork,
    shape: Shape,
    order: Order,
    is_after: bool,  # noqa: FBT001 - as above
    extra: Criteria,
) -> Select[Any]:
    """Return the select of the rows whose key is empty, `rest` of them: they come last in both directions."""
    key: Any = shape.entity.model.id
    more: list[ColumnElement[bool]] = [shape.entity.column(order.name).is_(None)]
    if is_after:
        after = bindparam("after_id", type_=key.type)
        more.append(key < after if order.descending else key > after)
    limit = bindparam("rest", type_=Integer())
    if shape.is_scarce:
        return _of_few(uow, shape, order, (*more, *extra), limit, by_key=True)
    return _keyed(uow, shape, order, (*more, *extra)).order_by(key.desc() if order.descending else key).limit(limit)


def _after(column: Any, key: Any, *, is_down: bool) -> ColumnElement[bool]:
    last_id = bindparam("after_id", type_=key.type)
    if column.key == "id":
        return key < last_id if is_down else key > last_id  # type: ignore[no-any-return]
    # A comparison of rows, not "<= and (< or <)": after a bulk import a million rows share one updated_at, and
    # only this form lets the index begin in the middle of them.
    last = tuple_(bindparam("after_key", type_=column.type), last_id)
    return tuple_(column, key) < last if is_down else tuple_(column, key) > last
