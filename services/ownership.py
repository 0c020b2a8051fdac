"""Whose it is: handing many over by one statement, the history of owners, and why somebody may see a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, and_, case, or_, select, update
from sqlalchemy.orm import aliased

from db.base import table_of
from db.models import Collaborator, OwnerChange, Pool, Team, User
from db.types import N_
from services.kit import audit, owners, permissions, records, shared
from services.kit.actor import Reach
from services.kit.entity import ENTITIES, Entity
from services.kit.errors import Message, NotFound
from services.kit.unit_of_work import UnitOfWork

CHUNK: Final = 500
"""Keys given to one statement."""


class Held(NamedTuple):
    """A record that is held until the end of the unit of work, and whose it is."""

    id: int
    title: str
    owner_id: int | None
    team_id: int | None
    pool_id: int | None
    pooled_at: datetime | None
    previous_owner_id: int | None
    is_live: bool


@dataclass(frozen=True)
class Result:
    """What came of one record of many."""

    record_id: int
    title: str
    message: Message | None = None
    """Why not; None: it is done."""

    @property
    def is_done(self) -> bool:
        """Say whether it went through."""
        return self.message is None


@dataclass(frozen=True)
class Owned:
    """One line of the history: from whom to whom (a name, or the pool), how, why, when, by whom."""

    at: datetime
    kind: str
    """A key of CHANGE_KINDS."""
    from_name: str | None
    to_name: str | None
    pool: str | None
    """Name of the pool it came from or went to, to be translated."""
    reason: str | None
    by: str | None
    """Empty: the portal itself."""


NOT_FOUND: Final = Message(N_("There is no such record, or you may not see it."))


def hold(uow: UnitOfWork, entity: Entity, ids: Sequence[int], *where: ColumnElement[bool]) -> dict[int, Held]:
    """Return records by id, held in the order of their ids so that two who want the same ones never wait in a ring."""
    model: Any = entity.model
    found: dict[int, Held] = {}
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), CHUNK):
        rows = uow.session.execute(
            select(
                model.id,
                getattr(model, entity.title),
                model.owner_id,
                model.team_id,
                model.pool_id,
                model.pooled_at,
                model.previous_owner_id,
                model.deleted_at.is_(None),
            )
            .where(model.id.in_(wanted[start : start + CHUNK]), *where)
            .order_by(model.id)
            .with_for_update(of=model)
            .execution_options(populate_existing=True)
        )
        found |= {row[0]: Held(row[0], str(row[1]), *row[2:]) for row in rows}
    return found


def hand(  # noqa: PLR0913 - to whom or where, how, why and on what condition
    uow: UnitOfWork,
    entity: Entity,
    rows: Sequence[Held],
    *,
    kind: str,
    to: tuple[int, int | None] | None = None,
    pool_id: int | None = None,
    reason: str | None = None,
    where: Sequence[ColumnElement[bool]] = (),
) -> list[int]:
    """Give records to a person (`to`: user and team) or put them into a pool; returns the ids of those that went.

    One conditional UPDATE for each 500: a record that no longer has the owner or pool it was held with, or no longer
    fulfils `where`, stays. The history and one audit entry with the former owners follow. The caller has asked for
    permission and quota.
    """
    model: Any = entity.model
    table = table_of(entity.model)
    went: list[Held] = []
    for start in range(0, len(rows), CHUNK):
        some = rows[start : start + CHUNK]
        result = uow.session.execute(
            update(table)
            .where(
                table.c.id.in_([one.id for one in some]),
                table.c.deleted_at.is_(None),
                _as_held(table, some),
                *where,
            )
            .values(_handed(uow, table, to, pool_id))
            .returning(table.c.id)
        )
        done = set(result.scalars())
        went += [one for one in some if one.id in done]
    owners.note(
        uow,
        [
            owners.change(
                uow,
                entity.key,
                one.id,
                one.owner_id,
                to[0] if to else None,
                kind,
                pool_id=pool_id if to is None else one.pool_id,
                reason=reason,
            )
            for one in went
        ],
    )
    if went:
        before = {one.id: [one.owner_id, one.team_id, one.pool_id] for one in went}
        names = ["owner_id", "team_id", "pool_id"]
        values = {"owner_id": to[0] if to else None, "team_id": to[1] if to else None, "pool_id": pool_id}
        audit.note(uow, entity, kind, None, count=len(went), values=values, names=names, before=before, reason=reason)
        _forget(uow, model, [one.id for one in went])
    return [one.id for one in went]


def _as_held(table: Any, rows: Sequence[Held]) -> ColumnElement[bool]:
    """Return the criterion that nobody has moved these records since; lying in a pool is having no owner."""
    owned_by = sorted({one.owner_id for one in rows if one.owner_id is not None})
    lying_in = sorted({one.pool_id for one in rows if one.owner_id is None and one.pool_id is not None})
    kept = []
    if owned_by:
        kept.append(table.c.owner_id.in_(owned_by))
    if lying_in:
        kept.append(and_(table.c.owner_id.is_(None), table.c.pool_id.in_(lying_in)))
    if any(one.owner_id is None and one.pool_id is None for one in rows):
        kept.append(and_(table.c.owner_id.is_(None), table.c.pool_id.is_(None)))
    return or_(*kept)


def _handed(uow: UnitOfWork, table: Any, to: tuple[int, int | None] | None, pool_id: int | None) -> dict[str, Any]:
    return {
        "owner_id": to[0] if to else None,
        "team_id": to[1] if to else None,
        "pool_id": None if to else pool_id,
        "pooled_at": None if to else uow.now,
        "received_at": uow.now if to else None,
        "previous_owner_id": case((table.c.owner_id.is_not(None), table.c.owner_id), else_=table.c.previous_owner_id),
        "version": table.c.version + 1,
        "updated_at": uow.now,
        "updated_by_id": uow.actor.user_id,
    }


def _forget(uow: UnitOfWork, model: Any, ids: Sequence[int]) -> None:
    """Let records that this unit of work has loaded be read anew: a statement has changed them."""
    gone = set(ids)
    for one in list(uow.session.identity_map.values()):
        if isinstance(one, model) and one.id in gone:
            uow.session.expire(one)


# --- reads --------------------------------------------------------------------------------------------------


def history(uow: UnitOfWork, entity: Entity, record_id: int, *, limit: int = 100) -> list[Owned]:
    """Return who owned a record, newest first, its creation last. Raises Forbidden, NotFound. Three queries."""
    record = records.get(uow, entity, record_id)
    before, after, by = aliased(User), aliased(User), aliased(User)
    rows = uow.session.execute(
        select(
            OwnerChange.at,
            OwnerChange.kind,
            before.name,
            after.name,
            Pool.name,
            OwnerChange.reason,
            by.name,
            OwnerChange.from_id,
        )
        .outerjoin(before, before.id == OwnerChange.from_id)
        .outerjoin(after, after.id == OwnerChange.to_id)
        .outerjoin(by, by.id == OwnerChange.by_id)
        .outerjoin(Pool, Pool.id == OwnerChange.pool_id)
        .where(OwnerChange.entity == entity.key, OwnerChange.record_id == record_id)
        .order_by(OwnerChange.id.desc())
        .limit(limit)
    ).all()
    found = [Owned(*row[:-1]) for row in rows]
    if len(rows) < limit:
        first = rows[-1].from_id if rows else record.owner_id
        names = {
            row.id: row.name
            for row in uow.session.execute(
                select(User.id, User.name).where(User.id.in_([one for one in (first, record.created_by_id) if one]))
            )
        }
        pool = None if first else uow.session.execute(select(Pool.name).where(Pool.id == record.pool_id)).scalar()
        found.append(
            Owned(record.created_at, "created", None, names.get(first), pool, None, names.get(record.created_by_id))
        )
    return found


def explain(uow: UnitOfWork, entity: Entity, record_id: int) -> Message:
    """Return why the actor may see a record: the nearest of the reasons. Raises Forbidden, NotFound."""
    record = records.get(uow, entity, record_id)
    own = _own_reason(uow, entity, record)
    if own is not None:
        return own
    for name in ("customer_id", "contract_id", "opportunity_id", "lead_id", "contact_id"):
        above = getattr(record, name, None)
        key = name.removesuffix("_id")
        if above is None or key not in ENTITIES or not uow.actor.may(f"{key}.read"):
            continue
        try:
            because = explain(uow, ENTITIES[key], above)
        except NotFound:
            continue
        return Message(
            N_("You may see the {what} it belongs to: {why}"), {"what": Message(ENTITIES[key].one), "why": because}
        )
    return Message(N_("Everybody in your role may see it."))


def _own_reason(uow: UnitOfWork, entity: Entity, record: Any) -> Message | None:
    """Return the reason that lies in the record itself; None: look at what it belongs to."""
    actor = uow.actor
    reach = actor.reach(f"{entity.key}.read")
    owner_id = getattr(record, "owner_id", None)
    if owner_id is not None and owner_id == actor.user_id:
        return Message(N_("It is yours."))
    if reach is Reach.ALL:
        return Message(N_("Your role sees all of them."))
    team_id = getattr(record, "team_id", None)
    if reach in (Reach.TEAM, Reach.TREE) and team_id is not None and team_id in {actor.team_id, *actor.tree_ids}:
        team = uow.session.execute(select(Team.name).where(Team.id == team_id)).scalar_one_or_none()
        return Message(N_("It belongs to {team}, which is yours or below yours."), {"team": team})
    if getattr(record, "pool_id", None) is not None:
        pool = uow.session.execute(
            select(Pool.name).where(Pool.id == record.pool_id, Pool.id.in_(shared.pools_of(actor)))
        ).scalar_one_or_none()
        if pool is not None:
            return Message(N_("It lies in the pool “{pool}”, of which you are a member."), {"pool": Message(pool)})
    if entity.key == "customer":
        return _shared_reason(uow, record.id)
    return None


def _shared_reason(uow: UnitOfWork, customer_id: int) -> Message | None:
    row = uow.session.execute(
        select(Collaborator.can_write, Collaborator.until_on).where(
            Collaborator.customer_id == customer_id,
            Collaborator.user_id == uow.actor.user_id,
            Collaborator.deleted_at.is_(None),
        )
    ).first()
    if row is None:
        return None
    if row.until_on is None:
        return Message(N_("You collaborate on it."))
    return Message(N_("You collaborate on it until {day}."), {"day": row.until_on})


def people(uow: UnitOfWork, key: str) -> list[tuple[int, str]]:
    """Return (id, name) of those to whom the actor may give records of `key`, by name. Raises Forbidden."""
    permissions.require(uow, f"{key}.claim")
    wanted = [User.deleted_at.is_(None), User.is_active]
    reach = uow.actor.reach(f"{key}.assign")
    if reach is not Reach.ALL:
        wanted.append(User.team_id.in_(sorted(uow.actor.tree_ids | {uow.actor.team_id or 0})))
    rows = uow.session.execute(select(User.id, User.name, User.role).where(*wanted).order_by(User.name, User.id))
    return [(row.id, row.name) for row in rows if f"{key}.update" in permissions.grants_of(row.role)]


def names_of(uow: UnitOfWork, ids: Sequence[int | None]) -> Mapping[int, tuple[str, int | None, bool]]:
    """Return name, team and whether they may sign in, of people by id: colleagues are known to everybody by name."""
    wanted = sorted({one for one in ids if one is not None})
    rows = uow.session.execute(
        select(User.id, User.name, User.team_id, User.is_active, User.deleted_at).where(User.id.in_(wanted))
    )
    return {row.id: (row.name, row.team_id, row.is_active and row.deleted_at is None) for row in rows}
