"""How a list is asked of a reader who sees its rows through their parents: it depends on how many they see.

Whoever sees few gets them gathered, then narrowed and sorted; whoever sees many has the list read in its order and
each row asked whether its parent is reached. Either is right for everybody, and slow for the other: of a million
contacts a page for somebody with 15,000 customers took 469 ms gathered, and for somebody with 60 it would take seconds
row by row. So a small count along the indexes comes first, which stops as soon as it knows, and is kept for half a
minute: whoever has come to see more meanwhile is shown all of it, only asked for as before. What many see is counted
as far as that costs little, and then said to be "at least".
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from operator import eq
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import (
    BinaryExpression,
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Select,
    Subquery,
    case,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import BooleanClauseList
from sqlalchemy.sql.operators import in_op, or_

from db.within import Within, within
from services.kit import permissions
from services.kit.entity import ENTITIES, Entity
from services.kit.prepared import prepared
from services.kit.unit_of_work import UnitOfWork

T = TypeVar("T")

FEW: Final = 2_000
"""Rows that are gathered; to gather and sort more takes longer than to meet fifty of them in the order of the list."""
PARENTS: Final = 4_000
"""Parents looked through for their rows while somebody waits."""
MOST: Final = 25_000
"""Parents looked through where rows are so rare that they would not be met in the order of the list."""
COUNTED: Final = 6_000
"""Of those, parents along which rows are counted while somebody waits."""
SAMPLE: Final = 1_000
"""Parents, and rows of the reader's own, among which the rows of a filter are counted where there are many."""
RARE: Final = 50
"""So few rows that fulfil a filter, among these, are gathered as well."""
LITTLE: Final = 500
"""Rows that are looked through for what is searched."""
SOME: Final = 5_000
"""Rows whose keys are gathered beside those of the rows that have a word."""
GATHERED, MANY, SPARSE = "gathered", "many", "sparse"


class Way(NamedTuple):
    """How to ask."""

    kind: str = ""
    """Seen for its own sake; few rows: gathered; many; few rows of very many parents."""
    looked_at: int | None = None
    """Parents that a count looks through; None: all there are."""
    is_broad: bool = False
    """There are more than MOST parents."""
    is_some: bool = False
    """The reader sees rows for their own sake, and so few that to gather their keys is next to nothing."""


def way(uow: UnitOfWork, entity: Entity, *, is_search: bool = False) -> Way:
    """Return how lists of an entity are asked of the reader. At most one query, within half a minute none.

    What a search finds is asked row by row, unless its reader sees so little that this is looked through instead.
    """
    if is_search:
        return ways(uow, [entity])[entity.key]
    return _known(uow, (way, entity.key), lambda: _way(uow, entity))


def _way(uow: UnitOfWork, entity: Entity) -> Way:
    if not permissions.keys(uow, entity):
        return Way()
    found = uow.session.execute(prepared(uow, _seen, entity.key)).scalar_one()
    parents = found if found >= 0 else -found - 1
    if found < 0:
        return Way(MANY, None if parents < PARENTS else PARENTS, parents >= MOST)
    if parents < PARENTS:
        return Way(GATHERED)
    most = min(COUNTED, MOST)
    return Way(SPARSE, None if parents < most else most, parents >= MOST)


def ways(uow: UnitOfWork, entities: Sequence[Entity]) -> dict[str, Way]:
    """Return how several entities are searched for the reader, by key.

    At most two queries for all, within half a minute none. The first asks for what is counted along one index; only of
    whoever has so little of that the rest is counted.
    """
    return _known(uow, (ways, *(one.key for one in entities)), lambda: _ways(uow, entities))


def _known(uow: UnitOfWork, what: tuple[Hashable, ...], make: Callable[[], T]) -> T:
    """Return what holds of everybody of the same sight, as prepared.py has it."""
    return uow.briefly((*what, uow.actor.sight, uow.today, uow.pool_ids), uow.now, make)


def _ways(uow: UnitOfWork, entities: Sequence[Entity]) -> dict[str, Way]:
    keys = tuple(one.key for one in entities if _keys(uow, one))
    found = {one.key: Way() for one in entities}
    through = []
    for key, number in _numbers(uow, _some, keys):
        if not permissions.keys(uow, ENTITIES[key]):
            found[key] = (Way(), Way(is_some=True), Way(GATHERED))[number]
        elif number:
            through.append(key)
        else:
            found[key] = Way(MANY)
    return found | {key: Way(GATHERED if number else MANY) for key, number in _numbers(uow, _little, tuple(through))}


def _numbers(uow: UnitOfWork, make: Callable[..., Any], keys: tuple[str, ...]) -> Iterable[tuple[str, int]]:
    return zip(keys, uow.session.execute(prepared(uow, make, keys)).one(), strict=True) if keys else ()


def narrowed(how: Way, found: int) -> Way:
    """Return how to ask for the rows of a filter, of which a count has found so many."""
    return Way(GATHERED) if how.kind == MANY and found <= RARE and not how.is_broad else how


def criterion(uow: UnitOfWork, entity: Entity, how: Way) -> ColumnElement[bool]:
    """Return the scope of the reader, put in that way."""
    model: Any = entity.model
    if how.kind == GATHERED:
        return within(model.id, union_all(*_keys(uow, entity)))
    return permissions.scope(uow, entity, is_row_by_row=bool(how.kind))


def counted(uow: UnitOfWork, entity: Entity, how: Way, *, is_narrowed: bool) -> list[Select[Any]]:
    """Return the selects of keys by which rows are counted, if not by the criterion.

    Of a filter a sample is counted where not all is looked through: 25,000 rows of the reader's own, asked for a kind
    that none of them has, took 60 ms, and the contacts of 4,000 customers 30.
    """
    if how.kind not in (MANY, SPARSE):
        return []
    if how.looked_at is None or not is_narrowed:
        return permissions.keys(uow, entity, parents=how.looked_at)
    some = min(how.looked_at, SAMPLE)
    found = permissions.keys(uow, entity, parents=some)
    return [one if _joins(one) else _first(entity, one.limit(some)) for one in found]


def _first(entity: Entity, some: Select[Any]) -> Select[Any]:
    """Return the select of the keys of some rows such that criteria of the rows may follow."""
    key: Any = entity.model.id
    return select(key).where(within(key, some))


def apart(scope: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    """Return the parts of a scope such as "mine, my team's, or in that pool", each of one value of an indexed column.

    Empty when any part is of another kind.
    """
    is_any = isinstance(scope, BooleanClauseList) and scope.operator is or_
    found: list[ColumnElement[bool]] = []
    for one in scope.clauses if is_any else (scope,):
        if isinstance(one, Within):
            found.append(one)
        elif isinstance(one, BinaryExpression) and one.operator is in_op and isinstance(one.right, BindParameter):
            found += [one.left == value for value in one.right.effective_value or ()]
        elif isinstance(one, BinaryExpression) and one.operator is eq:
            found.append(one)
        else:
            return []
    return found


def _keys(uow: UnitOfWork, entity: Entity, parents: int | None = None) -> list[Select[Any]]:
    """Return the selects of the keys of what the reader sees, through parents or for its own sake."""
    return permissions.keys(uow, entity, parents=parents) or permissions.own_keys(uow, entity)


def _seen(uow: UnitOfWork, key: str) -> Select[Any]:
    """Make what counts the parents through which rows are seen, as -1 - number if there are more than FEW rows."""
    entity = ENTITIES[key]
    rows = [_number(one.limit(FEW + 1)) for one in _cheapest(permissions.keys(uow, entity, parents=PARENTS))]
    above = _cheapest(permissions.above(uow, entity))
    # As one: each is counted once, and no further than all together need.
    parents = _number(union_all(*above).limit(MOST)) if above else literal(0)
    # A CASE stops at its first match.
    return select(case(*((one > FEW, -1 - parents) for one in rows), else_=parents))


def _some(uow: UnitOfWork, keys: tuple[str, ...]) -> Select[Any]:
    """Make what says of each entity whether there are no more than LITTLE rows (2), than SOME (1), or more (0).

    Of rows that are seen through others: whether these, and those through which they are seen, may be no more than
    LITTLE (1), as far as that is told without a join, or are more (0).
    """
    return select(*(_steps(uow, ENTITIES[key]).label(key) for key in keys))


def _steps(uow: UnitOfWork, entity: Entity) -> Any:
    if not permissions.keys(uow, entity):
        parts = [_number(one.limit(SOME + 1)) for one in _cheapest(_keys(uow, entity))]
        return case(*((one > SOME, 0) for one in parts), *((one > LITTLE, 1) for one in parts), else_=2)
    parts = [one for one in _parts(uow, entity) if not _joins(one)]
    return case(*((_number(one.limit(LITTLE + 1)) > LITTLE, 0) for one in parts), else_=1)


def _little(uow: UnitOfWork, keys: tuple[str, ...]) -> Select[Any]:
    """Make what says of each entity that is seen through others whether there are no more than LITTLE rows (1).

    Those through which they are seen are no more than that, too.
    """
    parts = {key: [one for one in _parts(uow, ENTITIES[key]) if _joins(one)] for key in keys}
    return select(
        *(
            case(*((_number(one.limit(LITTLE + 1)) > LITTLE, 0) for one in parts[key]), else_=1).label(key)
            for key in keys
        )
    )


def _parts(uow: UnitOfWork, entity: Entity) -> list[Select[Any]]:
    return _cheapest(_keys(uow, entity, LITTLE + 1) + permissions.above(uow, entity, is_deep=True))


def _cheapest(parts: Sequence[Select[Any]]) -> list[Select[Any]]:
    """Return the parts in the order in which they are asked until one is the answer.

    The parts that reach furthest stand last: a team's behind one's own. They come first, but for what needs a join: of
    it PostgreSQL may read a piece of both tables to find the first rows.
    """
    furthest = parts[::-1]
    return sorted(furthest, key=_joins)


def _joins(rows: Select[Any]) -> int:
    return sum(isinstance(part, Subquery) for part in visitors.iterate(rows))


def _number(rows: Select[Any] | CompoundSelect[Any]) -> Any:
    return select(func.count()).select_from(rows.subquery()).scalar_subquery()
