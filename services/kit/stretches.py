"""The newest rows that have what is searched, by PostgreSQL's index alone: stretch by stretch of the table, downwards.

The index brings all rows of a word at once, in no order, and reading them costs the more the commoner the word is: 50
ms for a tenth of a million. But it knows of each row in which piece and stretch of the table it lies (db/search.py),
and what two words have in common it finds by skipping most of either. So it is asked for the word within the newest
pieces, then within the next stretches, and so on until there is a page: an empty one costs 0.02 to 0.1 ms. What is in
none of the first few stretches may be a rare word: then all its rows are asked for at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    bindparam,
    case,
    cast,
    false,
    func,
    literal_column,
    null,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, array

from db import search
from db.base import table_of

Having = Callable[[ColumnElement[bool] | None], ColumnElement[bool]]
"""Makes the criterion of the rows that have the words and lie where a second criterion says."""


def newest(model: Any, having: Having, *, pieces: int, stretches: int, rare: int) -> tuple[FromClause, Any]:
    """Return where hits are looked for, and the hits in each such place: their ids, the newest first.

    The places are found one after the other, each only when the hits of those before are not enough.
    """
    few = select(model.id).where(model.deleted_at.is_(None), having(None)).limit(rare + 1).cte("few")
    is_rare = select(func.count() <= _number(rare)).select_from(few).scalar_subquery()
    places = _places(model, is_rare, pieces=pieces, last=pieces + stretches)
    step, above, top, is_rest = places.c.step, places.c.above, places.c.top, places.c.is_rest
    place = case(
        (step < _number(pieces), top.op(">>")(_number(search.PIECE))),
        (is_rest, null()),
        else_=_number(-1) - top.op(">>")(_number(search.STRETCH)),
    )
    among: Any = literal_column(search.lies_in(f"{table_of(model).name}.id"), ARRAY(BigInteger))
    lies_there = among.bool_op("@>")(array([cast(place, BigInteger)]))
    # Not the key itself: in a place that is all below the planner would look through the index of the keys, too.
    is_below = model.id + _number(0) < above
    there = select(model.id).where(model.deleted_at.is_(None), having(lies_there), is_below).correlate(places)
    rest = select(few.c.id).where(is_rest, few.c.id < above).correlate(places)
    return places, union_all(there, rest).order_by(literal_column("id").desc()).lateral()


def _places(model: Any, is_rare: Any, *, pieces: int, last: int) -> CTE:
    """Return what numbers the places: the key above each, its newest key, so that gaps cost nothing.

    The place after the last one stands for all the rest of a rare word; of a common one for one more stretch.
    """
    after = cast(bindparam("after_id", type_=BigInteger()), BigInteger)
    places = select(
        cast(_number(0), Integer).label("step"),
        after.label("above"),
        _newest_below(model, after).label("top"),
        false().label("is_rest"),
    ).cte("places", recursive=True)
    step, top = places.c.step, places.c.top
    bits = case((step < _number(pieces), _number(search.PIECE)), else_=_number(search.STRETCH))
    below = cast(top.op(">>")(bits).op("<<")(bits), BigInteger).label("below")
    is_left = top.is_not(None), places.c.is_rest.is_(False)
    following = select((step + _number(1)).label("step"), below).where(*is_left).subquery()
    is_rest = case((following.c.step == _number(last), is_rare), else_=false())
    return places.union_all(
        select(following.c.step, following.c.below, _newest_below(model, following.c.below), is_rest)
    )


def _newest_below(model: Any, key: ColumnElement[int]) -> Any:
    other = table_of(model).alias()
    return select(func.max(other.c.id)).where(other.c.id < key).scalar_subquery()


def _number(value: int) -> ColumnElement[int]:
    """Return a number that stands in the statement: it is no value of anybody's, and the planner may know it."""
    return literal_column(str(value), Integer)
