"""How what is searched becomes a criterion: among the newest rows first, then by the index of all words.

A common word is met soon among the newest rows, and looking it up would bring a tenth of the table; a rare one is
looked up at once, and looking through the table for it would take seconds. Which of them a word is nobody knows
beforehand: the planner guesses from statistics that do not have it. So a little of the table is looked through, and
only if that brings no whole page the index is asked.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    Subquery,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
    text,
)
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import ARRAY

from db.base import table_of
from db.search import POSTGRESQL_TOKENS, query_alternatives, sqlite_match
from db.within import within

NEWEST: Final = 4_000
"""Rows, from the newest or from the last of the page before, among which a page is looked for first."""
HITS: Final = 1_000
"""On SQLite, whose index brings the newest first: hits among which a page is looked for first."""
LAST: Final = 2**63 - 1
"""The id after which a first page begins, downwards."""
_FIRST: Final = "first_"

AMONG_NEWEST: Final = "newest"
"""Two more values are bound: below `after_id`, on PostgreSQL not further down than `among` rows."""
AMONG_ALL: Final = "all"
AMONG_OWN: Final = "own"
"""The index is asked together with those by which the reader's own rows are found."""
BY_INDEX: Final = frozenset({AMONG_ALL, AMONG_OWN})
"""On PostgreSQL: what `hits` selects, in that order."""
GATHERED: Final = "gathered"
"""So few rows are looked through that each is asked for its words."""
COUNTED: Final = "counted"
"""In no order."""


def deeper(among: int, found: int, wanted: int, *, sees_all: bool) -> int | None:
    """Return among how many rows to look after `among` of them brought too little; None: it is for the index.

    Whoever sees all gets few hits from the index quickly; for others it brings many that they may not see.
    """
    if among > NEWEST or found * (2 if sees_all else 4) < wanted:
        return None
    return among * wanted * 3 // (found * 2)


def criterion(model: Any, search: str, where: str, *, is_sqlite: bool) -> ColumnElement[bool]:
    """Return the criterion of the rows that have what is searched, by `tokens` or by `either` of two sets of them."""
    if is_sqlite:
        return model.id.in_(_sqlite(table_of(model).name, where))  # type: ignore[no-any-return]
    if where == AMONG_NEWEST:
        return and_(*_newest(model), _plainly(search, model.search_tokens))
    if where == GATHERED:
        return _plainly(search, model.search_tokens)
    if where == COUNTED:
        return _has_tokens(search, model)
    return within(model.id, select(model.id).where(_has_tokens(search, model)))


def hits(model: Any, search: str, *seen: ColumnElement[bool]) -> Subquery:
    """Return the ids of live rows that have what is searched, the newest first, by the index; on PostgreSQL.

    All of them are found, then sorted: each OFFSET keeps the planner from doing both at once. For a word that it
    knows nothing of it would rather walk through the table from its newest row (2 to 16 s at a million rows).
    """
    found = select(model.id).where(*seen, model.deleted_at.is_(None), _has_tokens(search, model)).offset(0).subquery()
    return select(found.c.id).order_by(found.c.id.desc()).offset(0).subquery()


def _sqlite(table: str, where: str) -> Select[Any]:
    index = f"{table}_search"
    # A literal table name from our own metadata; the tokens are bound.
    rowid: Any = literal_column("rowid")
    matches = literal_column(index).op("MATCH")(bindparam("search", type_=String()))
    found = select(rowid).select_from(text(index)).where(matches)
    if where == AMONG_NEWEST:
        found = found.where(rowid < bindparam("after_id")).order_by(rowid.desc()).limit(HITS)
    return found


def _newest(model: Any) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return what keeps the planner to a piece of the key's index, whatever it believes of the words."""
    after, among = bindparam("after_id", type_=model.id.type), bindparam("among", type_=model.id.type)
    key = table_of(model).alias().c.id
    last = select(key).where(key < after).order_by(key.desc()).offset(among).limit(1).scalar_subquery()
    return model.id < after, model.id > func.coalesce(last, 0)


def _plainly(search: str, stored: Any) -> ColumnElement[bool]:
    """Ask a row itself: whether the first token is there at all, which is cheap, then whether all are among its own."""
    split = func.string_to_array(stored, " ", type_=ARRAY(SqlText))
    return or_(
        *(
            and_(func.strpos(stored, bindparam(_FIRST + name, type_=SqlText())) > 0, split.bool_op("@>")(_tokens(name)))
            for name in _names(search)
        )
    )


def _has_tokens(search: str, model: Any) -> ColumnElement[bool]:
    """Ask by the very expression of the index."""
    stored = getattr(func, POSTGRESQL_TOKENS)(model.search_tokens, type_=ARRAY(SqlText))
    return or_(*(stored.bool_op("@>")(_tokens(name)) for name in _names(search)))


def _names(search: str) -> tuple[str, ...]:
    return ("search", "search_else") if search == "either" else ("search",)


def _tokens(name: str) -> Any:
    return cast(bindparam(name, type_=ARRAY(SqlText)), ARRAY(SqlText))


def bound(written: str, *, is_sqlite: bool) -> dict[str, Any]:
    """Return the values that the criterion of a search by tokens asks for."""
    if is_sqlite:
        return {"search": sqlite_match(written)}
    found: dict[str, Any] = {}
    for name, tokens in zip(_names("either"), query_alternatives(written), strict=False):
        found |= {name: list(tokens), _FIRST + name: tokens[0]}
    return found
