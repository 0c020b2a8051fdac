"""How what is searched becomes a criterion: by the index of all words, the newest rows first.

A common word is met soon among the newest rows, and looking it up everywhere would bring a tenth of the table; a rare
one is looked up at once. Which of them a word is nobody knows beforehand: the planner guesses from statistics that do
not have it. SQLite's index brings the newest first by itself. PostgreSQL's knows of each row in which stretch of the
table it lies (db/search.py), so it is asked stretch by stretch, downwards, until there is a page.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    String,
    Subquery,
    and_,
    bindparam,
    cast,
    collate,
    func,
    literal_column,
    or_,
    select,
    text,
    type_coerce,
)
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import ARRAY

from db.base import table_of
from db.search import POSTGRESQL_TOKENS, query_alternatives, sqlite_match
from db.within import within
from services.kit import stretches

HITS: Final = 1_000
"""On SQLite, whose index brings the newest first: hits among which a page is looked for first."""
PIECES: Final = 3
"""On PostgreSQL: pieces asked for a page first, each of 2 ** search.PIECE keys."""
STRETCHES: Final = 3
"""Stretches asked after these, each of 2 ** search.STRETCH keys."""
RARE: Final = 1_000
"""Hits of a word that is not asked for stretch by stretch any further, but all at once."""
LAST: Final = 2**63 - 1
"""The id after which a first page begins, downwards."""
_FIRST: Final = "first_"

AMONG_NEWEST: Final = "newest"
"""On SQLite, below `after_id`, which is bound besides."""
BY_STRETCHES: Final = "stretches"
"""On PostgreSQL, below `after_id`, which is bound besides."""
AMONG_OWN: Final = "own"
"""On PostgreSQL: the index is asked together with those by which the reader's own rows are found."""
BY_INDEX: Final = frozenset({BY_STRETCHES, AMONG_OWN})
"""On PostgreSQL: what `newest` or `own` selects, in that order."""
GATHERED: Final = "gathered"
"""So few rows are looked through that each is asked for its words."""
COUNTED: Final = "counted"
"""In no order."""


def criterion(model: Any, search: str, where: str, *, is_sqlite: bool) -> ColumnElement[bool]:
    """Return the criterion of the rows that have what is searched, by `tokens` or by `either` of two sets of them."""
    if is_sqlite:
        return model.id.in_(_sqlite(table_of(model).name, where))  # type: ignore[no-any-return]
    if where == GATHERED:
        return _plainly(search, model.search_tokens)
    if where == COUNTED:
        return _has_tokens(search, model)
    return within(model.id, select(model.id).where(_has_tokens(search, model)))


def newest(model: Any, search: str) -> tuple[FromClause, Any]:
    """Return where the newest live rows that have what is searched are looked for, and their ids; on PostgreSQL."""

    def having(where: ColumnElement[bool] | None) -> ColumnElement[bool]:
        # In each of the two: the index is asked for the words of either together with the place.
        return or_(*(one if where is None else and_(one, where) for one in _each_has(search, model)))

    return stretches.newest(model, having, pieces=PIECES, stretches=STRETCHES, rare=RARE)


def own(model: Any, search: str, seen: ColumnElement[bool]) -> Subquery:
    """Return the ids of live rows that the reader sees and that have what is searched, the newest first; PostgreSQL.

    All of them are found, then sorted: each OFFSET keeps the planner from doing both at once. For a word that it
    knows nothing of it would rather walk through the table from its newest row (2 to 16 s at a million rows).
    """
    found = select(model.id).where(seen, model.deleted_at.is_(None), _has_tokens(search, model)).offset(0).subquery()
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
    return or_(*_each_has(search, model))


def _each_has(search: str, model: Any) -> list[ColumnElement[bool]]:
    split: Any = collate(getattr(func, POSTGRESQL_TOKENS)(model.search_tokens, type_=SqlText()), "C")
    stored = type_coerce(split, ARRAY(SqlText))
    return [stored.bool_op("@>")(_tokens(name)) for name in _names(search)]


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
