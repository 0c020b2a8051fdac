"""Whoever changes hands leaves by this road: pool, dates, previous owner, history and quota follow by themselves.

A form, a file and a verb set `owner_id` of a record; what follows from it is done when the record is stored. Verbs
for many (services/ownership.py, services/pools) do it by statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import event, insert, inspect, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, UOWTransaction

from db.models import OwnerChange, Pool, PoolMember, User
from db.models.pooled import Pooled
from db.types import N_
from services.kit import quotas
from services.kit.errors import Invalid

if TYPE_CHECKING:
    from services.kit.unit_of_work import UnitOfWork

FIRST_POOLS: Final[Mapping[str, str]] = {"customer": N_("Public pool"), "lead": N_("Lead pool")}
"""Kind -> name of the pool that every company has; a message id until somebody renames it."""
_BECAUSE: Final = "owners.because"


def listen(uow: UnitOfWork) -> None:
    """Follow every owner that this unit of work sets on a record, new or known."""
    session = uow.session

    @event.listens_for(session, "before_flush")
    def _follow(session: Session, _context: UOWTransaction, _instances: object) -> None:
        fresh = [one for one in session.new if isinstance(one, Pooled)]
        moved = [one for one in session.dirty if isinstance(one, Pooled) and _owner_of(one).has_changes()]
        if fresh or moved:
            follow(uow, fresh, moved)


@contextmanager
def because(uow: UnitOfWork, kind: str | None = None, reason: str | None = None) -> Iterator[None]:
    """Say in the history how and why the records change hands that are stored inside."""
    uow.session.flush()
    before = uow.session.info.get(_BECAUSE)
    uow.session.info[_BECAUSE] = (kind, reason)
    try:
        yield
        uow.session.flush()
    finally:
        uow.session.info[_BECAUSE] = before


def follow(uow: UnitOfWork, fresh: Sequence[Any], moved: Sequence[Any]) -> None:
    """Set what follows from the owners of records about to be stored, and write the history. Raises Invalid."""
    kind, reason = uow.session.info.get(_BECAUSE) or (None, None)
    taking: dict[tuple[str, int], int] = {}
    for one in [*fresh, *moved]:
        if one.owner_id is not None and one.deleted_at is None:
            place = (one.__tablename__, one.owner_id)
            taking[place] = taking.get(place, 0) + 1
    _refuse_beyond_quota(uow, taking)
    for one in fresh:
        _settle(uow, one, one.created_at or uow.now, None)
    changes = []
    for one in moved:
        past = _owner_of(one).deleted
        before = past[0] if past else None
        if before is not None:
            one.previous_owner_id = before
        was_in = one.pool_id
        _settle(uow, one, uow.now, before)
        if one.id is not None and before != one.owner_id:
            how = kind or ("released" if one.owner_id is None else "assigned" if before is None else "transferred")
            changes.append(
                change(
                    uow,
                    one.__tablename__,
                    one.id,
                    before,
                    one.owner_id,
                    how,
                    pool_id=one.pool_id or was_in,
                    reason=reason,
                )
            )
    note(uow, changes)


def _settle(uow: UnitOfWork, record: Any, at: datetime, before: int | None) -> None:
    """Put a record into a pool or take it out, as its owner says."""
    if record.owner_id is None:
        if record.pool_id is None:
            record.pool_id = pool_for(uow, record.__tablename__, before)
        record.pooled_at, record.received_at = at, None
    else:
        record.pool_id, record.pooled_at, record.received_at = None, None, at


def complete(uow: UnitOfWork, key: str, rows: Sequence[dict[str, Any]]) -> None:
    """Add to new rows, for statements that bypass the ORM, what follows from their owners. Raises Invalid.

    At most three queries for any number of rows. A row that says itself in which pool it lies keeps it.
    """
    taking: dict[tuple[str, int], int] = {}
    common: int | None = None
    for row in rows:
        owner_id, at = row.get("owner_id"), row.get("created_at") or uow.now
        row.setdefault("pool_id", None)
        row.setdefault("pooled_at", None)
        row.setdefault("received_at", None)
        if owner_id is not None:
            taking[key, owner_id] = taking.get((key, owner_id), 0) + 1
            row["received_at"] = row["received_at"] or at
            continue
        if row["pool_id"] is None:
            common = common or pool_for(uow, key, None)
            row["pool_id"] = common
        row["pooled_at"] = row["pooled_at"] or at
    _refuse_beyond_quota(uow, taking)


def _refuse_beyond_quota(uow: UnitOfWork, taking: Mapping[tuple[str, int], int]) -> None:
    for key in {one for one, _ in taking}:
        wanted = {user: count for (of, user), count in taking.items() if of == key}
        rooms = quotas.rooms(uow, key, wanted)
        for user_id, count in wanted.items():
            if user_id in rooms and count > rooms[user_id].left:
                raise Invalid({"owner_id": rooms[user_id].message})


def _owner_of(record: Any) -> Any:
    return inspect(record).attrs.owner_id.history


# --- history ------------------------------------------------------------------------------------------------


def change(  # noqa: PLR0913 - what a row of the history has
    uow: UnitOfWork,
    key: str,
    record_id: int,
    from_id: int | None,
    to_id: int | None,
    kind: str,
    *,
    pool_id: int | None = None,
    reason: str | None = None,
) -> dict[str, Any]:
    """Return a row of the history, for `note`."""
    return {
        "entity": key,
        "record_id": record_id,
        "from_id": from_id,
        "to_id": to_id,
        "pool_id": pool_id,
        "kind": kind,
        "reason": reason,
        "at": uow.now,
        "by_id": uow.actor.user_id,
    }


def note(uow: UnitOfWork, changes: Sequence[Mapping[str, Any]]) -> None:
    """Write rows of the history by one statement."""
    if changes:
        uow.session.connection().execute(insert(OwnerChange), list(changes))


# --- which pool ---------------------------------------------------------------------------------------------


def pool_for(uow: UnitOfWork, key: str, user_id: int | None) -> int:
    """Return the pool to which what a person owned goes; made if there is none yet."""
    return home_pools(uow, key, [user_id]).get(user_id) or first_pool(uow, key)


def home_pools(uow: UnitOfWork, key: str, user_ids: Iterable[int | None]) -> dict[int | None, int]:
    """Return each person's own pool of a kind: one names them, else the nearest of their teams, else everybody's.

    Among several the oldest; people without any are left out. Three queries.
    """
    pools = uow.session.execute(
        select(Pool.id, Pool.is_for_all)
        .where(Pool.kind == key, Pool.is_enabled, Pool.deleted_at.is_(None))
        .order_by(Pool.is_for_all.desc(), Pool.id)
    ).all()
    wanted = list(user_ids)
    if not pools or not wanted:
        return {}
    common = next((row.id for row in pools if row.is_for_all), None)
    members = uow.session.execute(
        select(PoolMember.pool_id, PoolMember.user_id, PoolMember.team_id)
        .where(PoolMember.pool_id.in_([row.id for row in pools if not row.is_for_all]))
        .order_by(PoolMember.pool_id.desc())
    ).all()
    if not members:
        return dict.fromkeys(wanted, common) if common is not None else {}
    parents = quotas.team_parents(uow)
    asked = select(User.id, User.team_id)
    if len(wanted) == 1:
        asked = asked.where(User.id == wanted[0])
    team_of = {row.id: row.team_id for row in uow.session.execute(asked)}
    found: dict[int | None, int] = {}
    for one in wanted:
        pool = nearest(one, quotas.upwards(parents, team_of.get(one or 0)), members) or common
        if pool is not None:
            found[one] = pool
    return found


def nearest(user_id: int | None, team_ids: Iterable[int], members: Iterable[Any]) -> int | None:
    """Return the oldest pool that names a person, else one of their teams, nearest first (`team_ids`: upwards)."""
    pools = {(row.user_id, row.team_id): row.pool_id for row in sorted(members, key=lambda row: -row.pool_id)}
    keys = [(user_id, None), *((None, team) for team in team_ids)] if user_id is not None else []
    return next((pools[key] for key in keys if key in pools), None)


def first_pool(uow: UnitOfWork, key: str) -> int:
    """Return the oldest enabled pool of a kind; made, for everybody, if there is none."""
    oldest = (
        select(Pool.id)
        .where(Pool.kind == key, Pool.is_enabled, Pool.deleted_at.is_(None))
        .order_by(Pool.is_for_all.desc(), Pool.id)
        .limit(1)
    )
    found = uow.session.execute(oldest).scalar_one_or_none()
    if found is not None:
        return found
    dialect = sqlite if uow.is_sqlite else postgresql
    signed = {"version": 1, "created_at": uow.now, "updated_at": uow.now}
    row = {"name": FIRST_POOLS[key], "kind": key, "is_enabled": True, "is_for_all": True, "is_recycling": False}
    rules = {"warning_days": 7, "spares_won": True, "spares_open": True, "hidden": []}
    # Two who come first at once make one: the second finds its name taken.
    uow.session.connection().execute(dialect.insert(Pool).values(**signed, **row, **rules).on_conflict_do_nothing())
    uow.__dict__.pop("pool_ids", None)
    return uow.session.execute(oldest).scalar_one()
