"""The statements that count what a list has, put together once for all who ask the same way, as those of selects.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal, select, union
from sqlalchemy.sql.elements import BooleanClauseList
from sqlalchemy.sql.operators import or_

from db.base import table_of
from services.kit import choosing, seeing, selects
from services.kit.actor import Reach
from services.kit.prepared import prepared
from services.kit.selects import Criteria
from services.kit.shapes import Shape
from services.kit.unit_of_work import UnitOfWork


def is_split(uow: UnitOfWork, shape: Shape) -> bool:
    """Say whether the reader sees rows for several reasons, each along an index of its own, and narrows them."""
    if (
        not shape.conditions
        or shape.search
        or shape.how.kind
        or uow.actor.reach(f"{shape.entity.key}.read") is Reach.ALL
    ):
        return False
    return bool(seeing.apart(selects.scope_of(uow, shape)))


def having(_uow: UnitOfWork, shape: Shape, places: tuple[int, ...]) -> Select[int]:
    """Return the select of how many rows some conditions hold for, as far as that is counted."""
    return choosing.counted(shape.entity, [choosing.along(shape.entity, shape.conditions[at], at) for at in places])


def decided(uow: UnitOfWork, shape: Shape, values: Mapping[str, Any], sort: str) -> Shape:
    """Return the shape with what is gathered first, and what is met on the way."""
    met: tuple[int, ...] = ()
    is_whole = uow.actor.reach(f"{shape.entity.key}.read") is Reach.ALL
    for places in choosing.by_column(shape.entity, shape.conditions, "" if shape.is_split else sort, is_whole=is_whole):
        facts = shape._replace(columns=(), how=seeing.Way(), apart=None)
        names = {f"condition_{at}" for at in places}
        bound = {name: value for name, value in values.items() if name in names}
        if uow.session.execute(prepared(uow, having, facts, places), bound).scalar_one() < choosing.FEW:
            return shape._replace(gathered=places, met=())
        met += tuple(at for at in places if shape.conditions[at][0] != sort)
    return shape._replace(met=met)


def chosen(uow: UnitOfWork, shape: Shape) -> Select[int]:
    """Return the select of how many rows have the choices that are asked for, as far as that is counted."""
    return choosing.number(shape.entity, shape.conditions, is_sqlite=uow.is_sqlite)


def number(uow: UnitOfWork, shape: Shape, limit: int, extra: Criteria) -> Select[int]:
    """Return the select of how many rows there are, counted up to `limit`.

    The parts of a scope such as "mine, or nobody's" are counted one by one: for the whole PostgreSQL read through
    the index from its beginning, expecting to meet enough of them soon (230 ms at a million rows), and either fetched
    each row that is narrowed (120 to 440 ms, against 15 by the index of the part: db/base.py). A part that reaches
    the limit is the answer: a CASE stops at its first match. No part is looked for again when all are counted together.
    """
    scope, *rest = (*selects.criteria_of(uow, shape, is_counted=True), *extra)
    key = table_of(shape.entity.model).c.id
    parts: Sequence[ColumnElement[bool]] = (scope,)
    is_found = bool(shape.search)  # by words, which find few
    is_any = isinstance(scope, BooleanClauseList) and scope.operator is or_ and not is_found
    if is_any and (not uow.is_sqlite or shape.is_split):
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
