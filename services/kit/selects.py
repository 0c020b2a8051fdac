"""The statements of lists, put together once for all who ask the same way (prepared.py).

What shapes a statement stands in its `Shape`; what a reader typed or where a page begins is bound when it runs:
`condition_0`, `search`, `after_key`, `after_id`, `rest`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    bindparam,
    case,
    false,
    func,
    literal,
    select,
    true,
    tuple_,
    union,
    union_all,
)
from sqlalchemy import or_ as any_of
from sqlalchemy.sql.elements import BooleanClauseList, True_
from sqlalchemy.sql.operators import or_

from db.base import table_of
from db.search import query_alternatives
from db.types import N_
from services.kit import alternatives, choosing, custom, groups, masking, searching, seeing, several
from services.kit.entity import ENTITIES, Entity, model_of, title_column
from services.kit.errors import Refusal
from services.kit.unit_of_work import UnitOfWork

_MERGED: Final = "updated_at"
"""The order in which every column that scopes ask for is indexed (db/base.py)."""
_WHOSE: Final = frozenset({"owner_id", "team_id"})
TITLE: Final = "_title"
"""Suffix of the column that holds the name of what a reference points to."""

Criteria = tuple[ColumnElement[bool], ...]


class Shape(NamedTuple):
    """What a list is asked for, without the values."""

    entity: Entity
    columns: tuple[str, ...]
    conditions: tuple[tuple[str, str], ...] = ()
    """Field and operator, both known to the entity (query.py sees to it)."""
    search: str = ""
    """By `tokens`, by `either` of two sets of tokens, by `title`, or not at all."""
    token: str | None = None
    """Of the definitions in force, where an added field is among the columns, the conditions or the order."""
    place: str = ""
    """Where what is searched is looked for, of searching.py; anywhere."""
    hidden_by: str = ""
    """An added field that pools may hide from the reader, by which the list is sorted."""
    is_few: bool = False
    """So few rows have the choices that are asked for that they are gathered first (choosing.py)."""
    how: seeing.Way = seeing.Way()
    """In which way the scope of the reader is put (seeing.py)."""
    apart: alternatives.Apart | None = None
    """A condition of several values, of which each is read by itself."""


class Order(NamedTuple):
    """By which column, in which direction."""

    name: str
    descending: bool


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
            found[f"condition_{at}"] = _as_asked(operator, given)
    found |= alternatives.bound(shape.apart, values)
    if shape.search == "title":
        found["search"] = f"{escape_like(search.strip())}%"
    elif shape.search:
        found |= searching.bound(search, is_sqlite=uow.is_sqlite)
        if masking.is_masked(uow, shape.entity.key):
            found["search_text"] = f"%{escape_like(search.strip())}%"
    return found


def _as_asked(operator: str, given: Sequence[Any]) -> Any:
    if operator in ("in", "under"):
        return list(given)
    return f"%{escape_like(str(given[0]))}%" if operator == "has" else given[0]


def search_of(entity: Entity, written: str) -> str:
    """Return how a text is searched: a query too short for tokens matches beginnings of the title."""
    if not written.strip():
        return ""
    sets = len(query_alternatives(written)) if entity.is_searchable else 0
    return ("title", "tokens", "either")[sets]


def escape_like(value: str) -> str:
    """Return a text in which LIKE finds no wildcard; the escape is a backslash."""
    return value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


# --- criteria -----------------------------------------------------------------------------------------------


def _criteria(uow: UnitOfWork, shape: Shape, *, is_counted: bool = False, but: int | None = None) -> Criteria:
    """Return what a row must be but for one condition; the scope of the reader comes first, always."""
    model: Any = shape.entity.model
    found: list[ColumnElement[bool]] = [_scope(uow, shape), model.deleted_at.is_(None)]
    chosen = choosing.places(shape.entity.fields, shape.conditions)
    found += [
        _criterion(shape.entity.column(name), operator, f"condition_{at}")
        for at, (name, operator) in enumerate(shape.conditions)
        if at not in chosen and at != but
    ]
    facts = {"is_few": shape.is_few, "is_sqlite": uow.is_sqlite, "is_counted": is_counted}
    found += choosing.criteria(shape.entity, shape.conditions, **facts)
    if shape.search and shape.place not in searching.BY_INDEX:
        found.append(_search(uow, shape, is_counted=is_counted))
    if masking.is_masked(uow, shape.entity.key):
        found += _openly(shape, model)
    return tuple(found)


def chosen(uow: UnitOfWork, shape: Shape) -> Select[int]:
    """Return the select of how many rows have the choices that are asked for, as far as that is counted."""
    return choosing.number(shape.entity, shape.conditions, is_sqlite=uow.is_sqlite)


def _scope(uow: UnitOfWork, shape: Shape) -> ColumnElement[bool]:
    """Return the scope of the reader; of what lies in a pool without the parts about owners: it has none."""
    scope = seeing.criterion(uow, shape.entity, shape.how)
    lies = any(name == "pool_id" and operator in ("in", "filled") for name, operator in shape.conditions)
    if not lies or not isinstance(scope, BooleanClauseList) or scope.operator is not or_:
        return scope
    return any_of(
        false(), *(one for one in scope.clauses if getattr(getattr(one, "left", None), "key", "") not in _WHOSE)
    )


def _openly(shape: Shape, model: Any) -> list[ColumnElement[bool]]:
    """Return what keeps a filter or a search from finding out what a pool hides."""
    names = {name for name, _ in shape.conditions if masking.may_be_hidden(shape.entity.key, name)}
    names |= {shape.hidden_by} - {""}
    found = [masking.is_shown(model.pool_id, name) for name in sorted(names)]
    return [*found, masking.found_openly(shape.entity)] if shape.search in ("tokens", "either") else found


def _criterion(column: Any, operator: str, name: str) -> ColumnElement[bool]:
    value = bindparam(name, type_=column.type)
    several = bindparam(name, type_=column.type, expanding=True)
    found: dict[str, Any] = {
        "in": lambda: column.in_(several),
        "under": lambda: column.class_.id.in_(groups.below(column.class_.id.in_(several))),
        "is": lambda: column == value,
        "has": lambda: column.ilike(bindparam(name, type_=String()), escape="\\"),
        "from": lambda: column >= value,
        "to": lambda: column <= value,
        "empty": lambda: column.is_(None),
        "filled": lambda: column.is_not(None),
    }
    return found[operator]()  # type: ignore[no-any-return]


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
    return _selected(uow, shape).where(*_criteria(uow, shape), *extra).order_by(model.id.desc())


def those(uow: UnitOfWork, shape: Shape, *criteria: ColumnElement[bool]) -> Select[Any]:
    """Return the select of the rows of which criteria hold; the reader's scope is among them: the caller sees to it."""
    return _selected(uow, shape).where(*criteria)


def _selected(uow: UnitOfWork, shape: Shape) -> Select[Any]:
    is_masked = masking.is_masked(uow, shape.entity.key)
    return _selection(shape.entity.key, shape.columns, shape.token, is_masked)[0]


def _keyed(uow: UnitOfWork, shape: Shape, order: Order, extra: Criteria) -> tuple[Select[Any], Any, Any]:
    """Return the select with the key it is ordered by as its last column, that column, and the id."""
    model: Any = shape.entity.model
    column: Any = shape.entity.column(order.name)
    selected = _selected(uow, shape).where(*_criteria(uow, shape), *extra)
    return selected.add_columns(column.label("_key")), column, model.id


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
    selected, column, key = _keyed(uow, shape, order, extra)
    if is_nullable(shape.entity, order.name):
        selected = selected.where(column.is_not(None))
    if is_after:
        selected = selected.where(_after(column, key, is_down=order.descending))
    ordering = [column.desc(), key.desc()] if order.descending else [column, key]
    return selected.order_by(*(ordering[:1] if order.name == "id" else ordering)).limit(limit)


def _by_index(uow: UnitOfWork, shape: Shape, *, is_after: bool, limit: int, extra: Criteria) -> Select[Any]:
    """Return the select of the newest rows that have what is searched: the hits in their order, then what they are.

    What is asked of a row is asked until there are enough of them, however many have the word.
    """
    key = shape.entity.model.id
    criteria = (*_criteria(uow, shape), *extra)
    if shape.place == searching.AMONG_OWN:
        found: Any = searching.own(shape.entity.model, shape.search, _scope(uow, shape))
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
    scope = _scope(uow, shape)
    parts = seeing.apart(scope)
    if parts or shape.apart is None or not (isinstance(scope, True_) or shape.how.kind == seeing.MANY):
        return parts, _criteria(uow, shape)[1:]
    values = alternatives.criteria(shape.entity, shape.conditions, shape.apart)
    return values, _criteria(uow, shape, but=shape.apart.place)


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
    ordering = [column.desc(), key.desc()] if order.descending else [column, key]
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
    selected, column, key = _keyed(uow, shape, order, extra)
    selected = selected.where(column.is_(None))
    if is_after:
        after = bindparam("after_id", type_=key.type)
        selected = selected.where(key < after if order.descending else key > after)
    return selected.order_by(key.desc() if order.descending else key).limit(bindparam("rest", type_=Integer()))


def _after(column: Any, key: Any, *, is_down: bool) -> ColumnElement[bool]:
    last_id = bindparam("after_id", type_=key.type)
    if column.key == "id":
        return key < last_id if is_down else key > last_id  # type: ignore[no-any-return]
    # A comparison of rows, not "<= and (< or <)": after a bulk import a million rows share one updated_at, and
    # only this form lets the index begin in the middle of them.
    last = tuple_(bindparam("after_key", type_=column.type), last_id)
    return tuple_(column, key) < last if is_down else tuple_(column, key) > last


# --- how many -----------------------------------------------------------------------------------------------


def number(uow: UnitOfWork, shape: Shape, limit: int, extra: Criteria) -> Select[int]:
    """Return the select of how many rows there are, counted up to `limit`.

    PostgreSQL counts the parts of a scope such as "mine, or nobody's" one by one: for the whole it read through
    the index from its beginning, expecting to meet enough of them soon (230 ms at a million rows). A part that reaches
    the limit is the answer: a CASE stops at its first match. No part is looked for again when all are counted together.
    """
    scope, *rest = (*_criteria(uow, shape, is_counted=True), *extra)
    key = table_of(shape.entity.model).c.id
    parts: Sequence[ColumnElement[bool]] = (scope,)
    is_found = bool(shape.search)  # by words, which find few
    if not uow.is_sqlite and not is_found and isinstance(scope, BooleanClauseList) and scope.operator is or_:
        parts = list(scope.clauses)
    is_narrowed = bool(shape.conditions or extra)
    along = [] if is_found else seeing.counted(uow, shape.entity, shape.how, is_narrowed=is_narrowed)
    found = [one.where(*rest).limit(limit) for one in along or (select(key).where(part) for part in parts)]
    if len(found) == 1:
        return _number_of(found[0])
    named = [one.cte(f"part_{at}") for at, one in enumerate(found)]
    together = union(*(select(one.c.id) for one in named)).limit(limit)
    reached = [(select(func.count()).select_from(one).scalar_subquery() == limit, literal(limit)) for one in named]
    return select(case(*reached, else_=_number_of(together).scalar_subquery()))


def _number_of(rows: Any) -> Select[int]:
    return select(func.count()).select_from(rows.subquery())
