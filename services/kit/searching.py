"""How what is searched becomes a criterion: among the newest rows first, then by the index of all words.

A common word is met soon among the newest rows, and looking it up would bring a tenth of the table; a rare one is
looked up at once, and looking through the table for it would take seconds. Which of them a word is nobody knows
beforehand: the planner guesses from statistics that do not have it. So a little of the table is looked through, and
only if that brings no whole page the index is asked.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, Select, String, and_, bindparam, cast, func, literal_column, or_, select, text
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import ARRAY

from db.base import table_of
from db.search import POSTGRESQL_TOKENS, query_alternatives, sqlite_match
from db.within import within

NEWEST: Final = 4_000
"""Ids, from the newest or from the last of the page before, among which a page is looked for first."""
HITS: Final = 1_000
"""On SQLite, whose index brings the newest first: hits among which a page is looked for first."""
LAST: Final = 2**63 - 1
"""The id after which a first page begins, downwards."""
_AFTER: Final = "after_id"
_FIRST: Final = "first_"

EVERYWHERE: Final = "everywhere"
AMONG_NEWEST: Final = "newest"
"""`after_id` is bound, too: the page is looked for below it."""
GATHERED: Final = "gathered"
"""So few rows are looked through that each is asked for its words."""
COUNTED: Final = "counted"
"""In no order."""


def criterion(
    model: Any, search: str, where: str, *, is_sqlite: bool, seen: ColumnElement[bool]
) -> ColumnElement[bool]:
    """Return the criterion of the rows that have what is searched, by `tokens` or by `either` of two sets of them.

    `seen` is the scope of the reader as far as it is asked of the row alone: by it the index brings less.
    """
    if is_sqlite:
        return model.id.in_(_sqlite(table_of(model).name, where))  # type: ignore[no-any-return]
    if where == AMONG_NEWEST:
        return and_(*_newest(model), _plainly(search, model.search_tokens))
    if where == GATHERED:
        return _plainly(search, model.search_tokens)
    has_tokens = _has_tokens(search, getattr(func, POSTGRESQL_TOKENS)(model.search_tokens, type_=ARRAY(SqlText)))
    if where == COUNTED:
        return has_tokens
    # The keys first, by the index: for a word that the planner knows nothing of it would rather walk through the
    # whole table from its newest row, expecting to meet fifty soon (2 to 16 s at a million rows).
    return within(model.id, select(model.id).where(seen, model.deleted_at.is_(None), has_tokens))


def _sqlite(table: str, where: str) -> Select[Any]:
    index = f"{table}_search"
    # A literal table name from our own metadata; the tokens are bound.
    rowid: Any = literal_column("rowid")
    matches = literal_column(index).op("MATCH")(bindparam("search", type_=String()))
    found = select(rowid).select_from(text(index)).where(matches)
    if where == AMONG_NEWEST:
        found = found.where(rowid < bindparam(_AFTER)).order_by(rowid.desc()).limit(HITS)
    return found


def _newest(model: Any) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return what keeps the planner to a piece of the key's index, whatever it believes of the words."""
    after = bindparam(_AFTER, type_=model.id.type)
    last = select(func.max(table_of(model).alias().c.id)).scalar_subquery()
    return model.id < after, model.id > func.least(after, last) - NEWEST


def _plainly(search: str, stored: Any) -> ColumnElement[bool]:
    """Ask a row itself: whether the first token is there at all, which is cheap, then whether all are among its own."""
    split = func.string_to_array(stored, " ", type_=ARRAY(SqlText))
    return or_(
        *(
            and_(func.strpos(stored, bindparam(_FIRST + name, type_=SqlText())) > 0, split.bool_op("@>")(_tokens(name)))
            for name in _names(search)
        )
    )


def _has_tokens(search: str, stored: Any) -> ColumnElement[bool]:
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
