"""Everything that happened with a customer, newest first: one query over all that leaves a trace.

Activities, opportunities and their moves, contracts, money, owners, profiles, merges, where it came from. Each part
is held to what its reader may see of it, and gives no more rows than a page wants. Pages are found by key
(instant, kind, id), so the hundredth costs what the first did.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    String,
    and_,
    bindparam,
    cast,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)

from db.models import User
from db.types import N_, Options, UtcDateTime
from services import sight
from services.kit import cursors, permissions
from services.kit.errors import Refusal
from services.kit.prepared import prepared
from services.kit.unit_of_work import UnitOfWork
from services.timeline.parts import COLUMNS, DATED, ID, PARTS, Part, created

PAGE: Final = 30
FILTERS: Options = {
    "activity": N_("Conversations"),
    "sale": N_("Opportunities"),
    "money": N_("Contracts and money"),
    "record": N_("Owner and data"),
}
"""What the timeline can be narrowed to."""


@dataclass(frozen=True)
class Event:
    """One line of the timeline; which of the texts are there depends on its kind (the parts below)."""

    at: datetime
    kind: str
    id: int
    by: str | None
    """Who did it; empty: the portal itself, or nobody knows."""
    what: str | None
    code: str | None
    before: str | None
    after: str | None
    about: str | None
    amount: int | None
    """Minor units of `currency`."""
    currency: str | None
    record_id: int | None
    """The opportunity or contract it is about."""
    on: date | None
    """Of an activity: when the next step was due. Of dated events: their day."""
    is_dated: bool
    """Only the day is known."""
    day: date
    """The business date it is shown under."""


@dataclass(frozen=True)
class Events:
    """A page of the timeline."""

    rows: Sequence[Event]
    next_cursor: str | None


def timeline(
    uow: UnitOfWork, customer_id: int, *, only: str | None = None, cursor: str | None = None, limit: int = PAGE
) -> Events:
    """Return a page of what happened with a customer; `only` is a key of FILTERS. One query.

    Of a customer out of sight, or in the recycle bin, there is nothing. Raises Forbidden, and Refusal for an unknown
    filter or cursor.
    """
    permissions.require(uow, "customer.read")
    if only is not None and only not in FILTERS:
        raise Refusal(N_("The list cannot be filtered by “{name}”."), name=only)
    zone = uow.settings.zone
    ahead = int((uow.now.astimezone(zone).utcoffset() or timedelta()).total_seconds() // 60)
    start = cursors.decode(cursor)
    after, bound = None, {"customer_id": customer_id, "now": uow.now}
    if start is not None:
        after, _, instant = str(start["key"]).partition(" ")
        if after not in PARTS:
            raise Refusal(N_("This page of the list is no longer there; start again at the first page."))
        bound |= {"after_at": cursors.typed(instant, User.created_at), "after_id": start["id"]}
    statement = prepared(uow, _statement, only, after, ahead, limit + 1)
    rows = uow.session.execute(statement, bound).all()
    shown = rows[:limit]
    following = None
    if len(rows) > limit:
        last = shown[-1]
        following = cursors.encode({"key": f"{last.kind} {last.at.isoformat()}", "id": last.id, "nulls": False})
    events = [
        Event(
            row.at,
            row.kind,
            row.id,
            row.by,
            row.what,
            row.code,
            row.before,
            row.after,
            row.about,
            row.amount,
            row.currency,
            row.record_id,
            row.on,
            row.kind in DATED,
            row.at.astimezone(zone).date(),
        )
        for row in shown
    ]
    return Events(events, following)


def offered(may: Callable[[str], bool]) -> list[str]:
    """Return the FILTERS behind which somebody can find anything, who may do what `may` says."""
    seen = {group for group, permission, _make in PARTS.values() if permission is None or may(permission)}
    return [one for one in FILTERS if one in seen]


# --- the statement ------------------------------------------------------------------------------------------


def _statement(uow: UnitOfWork, only: str | None, after: str | None, ahead: int, limit: int) -> Any:
    """Return the select of a page; `after` is the kind of the last line shown, whose instant and id are bound."""
    found = [
        _select(make(uow, ahead), kind, after, limit)
        for kind, (group, permission, make) in PARTS.items()
        if only in (None, group) and (permission is None or uow.actor.may(permission))
    ]
    rows = union_all(*found).subquery() if found else _select(created(uow, ahead), "created", after, 0).subquery()
    return (
        select(rows, User.name.label("by"))
        .outerjoin(User, User.id == rows.c.by_id)
        .where(sight.customer(uow, ID))
        .order_by(rows.c.at.desc(), rows.c.kind.desc(), rows.c.id.desc())
        .limit(limit)
    )


def _select(part: Part, kind: str, after: str | None, limit: int) -> Any:
    """Return the newest rows of a part, typed and named alike in all of them."""
    columns = [
        part.columns[name].label(name) if name in part.columns else cast(null(), type_).label(name)
        for name, type_ in COLUMNS.items()
    ]
    rows = (
        part.source.with_only_columns(
            part.at.label("at"), literal(kind, String()).label("kind"), part.id.label("id"), *columns
        )
        .where(*part.where, _follows(part, kind, after))
        .order_by(part.at.desc(), part.id.desc())
        .limit(limit)
        .subquery()
    )
    return select(rows)


def _follows(part: Part, kind: str, after: str | None) -> ColumnElement[bool]:
    """Return the criterion of what comes after the last line shown: (instant, kind, id), all descending."""
    if after is None:
        return true()
    at = bindparam("after_at", type_=UtcDateTime())
    if kind == after:
        last_id = bindparam("after_id", type_=BigInteger())
        return or_(part.at < at, and_(part.at == at, part.id < last_id))
    return part.at <= at if kind < after else part.at < at  # type: ignore[no-any-return]
