"""Pairs that a scan has found: kept, shown in groups to whoever may see both sides, put aside for good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import and_, delete, exists, insert, or_, select, update
from sqlalchemy.orm import aliased

from db.models import Contact, Customer, DuplicatePair, Lead, User
from db.types import N_
from services.duplicates import scanning
from services.duplicates.scanning import Pairs
from services.duplicates.verdict import REASONS
from services.kit import audit, permissions
from services.kit.actor import Actor, Reach
from services.kit.entity import ENTITIES
from services.kit.errors import NotFound, Refusal
from services.kit.unit_of_work import Database, UnitOfWork

_PORTION: Final = 5_000
PAGE: Final = 50


@dataclass(frozen=True)
class Scanned:
    """What a scan has found, beside what was known."""

    pairs: int
    """Open ones, now."""
    new: int
    gone: int
    """Pairs that are no longer alike."""


@dataclass(frozen=True)
class Shown:
    """A pair as it is shown."""

    id: int
    a_id: int
    b_id: int
    tier: str
    score: int
    codes: tuple[str, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return why, in words (message ids)."""
        return tuple(REASONS[code] for code in self.codes if code in REASONS)


@dataclass(frozen=True)
class Member:
    """A record of a group."""

    id: int
    title: str
    company: str | None
    owner: str | None


@dataclass(frozen=True)
class Group:
    """Records that hang together by pairs."""

    members: tuple[Member, ...]
    pairs: tuple[Shown, ...]

    @property
    def tier(self) -> str:
        """Return the tier of the surest pair."""
        return max(self.pairs, key=lambda pair: pair.score).tier


def scan(uow: UnitOfWork, entity: str) -> Scanned:
    """Look through an entity and keep what is found. Raises Forbidden.

    Of a large base rather `scan_apart`, which writes only after it has read.
    """
    return keep(uow, entity, scanning.find(uow, entity))


def scan_apart(database: Database, actor: Actor, entity: str) -> Scanned:
    """Look through an entity without holding a lock, then keep what was found."""
    return database.run(actor, keep, entity, database.ask(actor, scanning.find, entity))


def keep(uow: UnitOfWork, entity: str, found: Pairs) -> Scanned:
    """Store what a scan has found: decided pairs stay decided, open ones that are gone go. Raises Forbidden."""
    permissions.require(uow, f"{entity}.update")
    pair = DuplicatePair
    known = {
        (row.a_id, row.b_id): row
        for row in uow.session.execute(
            select(pair.id, pair.a_id, pair.b_id, pair.state, pair.tier, pair.score, pair.reasons).where(
                pair.entity == entity
            )
        )
    }
    new = [
        {
            "entity": entity,
            "a_id": a,
            "b_id": b,
            "tier": told.tier,
            "score": told.score,
            "reasons": list(told.codes),
            "state": "open",
            "found_at": uow.now,
        }
        for (a, b), told in found.items()
        if (a, b) not in known
    ]
    for start in range(0, len(new), _PORTION):
        uow.session.execute(insert(pair), new[start : start + _PORTION])
    for at, row in known.items():
        told = found.get(at)
        if told and row.state == "open" and (row.tier, row.score, row.reasons) != (*told[:2], list(told.codes)):
            values = {"tier": told.tier, "score": told.score, "reasons": list(told.codes), "found_at": uow.now}
            uow.session.execute(update(pair).where(pair.id == row.id).values(values))
    gone = [row.id for at, row in known.items() if row.state == "open" and at not in found]
    if uow.actor.reach(f"{entity}.update") is not Reach.ALL:
        gone = []  # who sees a part of the base cannot tell what is gone from the rest
    for start in range(0, len(gone), _PORTION):
        uow.session.execute(delete(pair).where(pair.id.in_(gone[start : start + _PORTION])))
    audit.note(uow, ENTITIES[entity], "scan", None, pairs=len(found), new=len(new), gone=len(gone))
    decided = sum(at in known and known[at].state != "open" for at in found)
    return Scanned(len(found) - decided, len(new), len(gone))


def groups(uow: UnitOfWork, entity: str, *, limit: int = PAGE, state: str = "open") -> list[Group]:
    """Return groups of records that are perhaps one, the surest first, as far as the actor may read both sides.

    `limit` counts pairs. Three queries. Raises Forbidden.
    """
    permissions.require(uow, f"{entity}.read")
    pairs = _visible(uow, entity, limit=limit, state=state)
    members = _members(uow, entity, {one for pair in pairs for one in (pair.a_id, pair.b_id)})
    of: dict[int, list[Shown]] = {}
    root: dict[int, int] = {}

    def top(one: int) -> int:
        while root.setdefault(one, one) != one:
            one = root[one]
        return one

    for pair in pairs:
        root[top(pair.a_id)] = top(pair.b_id)
    for pair in pairs:
        of.setdefault(top(pair.a_id), []).append(pair)
    return [
        Group(tuple(members[one] for one in sorted({x for pair in some for x in (pair.a_id, pair.b_id)})), tuple(some))
        for some in of.values()
    ]


def dismiss(uow: UnitOfWork, pair_id: int) -> None:
    """Say that the two are no duplicates; later scans keep to it. Raises Forbidden, NotFound, Refusal."""
    _decide(uow, pair_id, "open", "dismissed")


def reopen(uow: UnitOfWork, pair_id: int) -> None:
    """Take "not a duplicate" back. Raises Forbidden, NotFound, Refusal."""
    _decide(uow, pair_id, "dismissed", "open")


def _decide(uow: UnitOfWork, pair_id: int, before: str, after: str) -> None:
    if not any(uow.actor.may(f"{entity}.update") for entity in scanning.SCANNED):
        permissions.require(uow, "customer.update")
    pair = uow.session.get(DuplicatePair, pair_id)
    if pair is None:
        raise NotFound
    permissions.require(uow, f"{pair.entity}.update")
    seen = _visible(uow, pair.entity, limit=1, state=pair.state, pair_id=pair.id, action="update")
    if not seen:
        raise NotFound
    if pair.state != before:
        raise Refusal(N_("Somebody has decided about this pair already."))
    pair.state, pair.decided_by_id, pair.decided_at = after, uow.actor.user_id, uow.now
    uow.session.flush()
    audit.note(uow, ENTITIES[pair.entity], "duplicate", pair.a_id, other_id=pair.b_id, state=[before, after])


def settle(uow: UnitOfWork, entity: str, kept_id: int, merged_ids: Sequence[int]) -> None:
    """Mark the pairs of records that have been merged into one; part of the merge, which asks."""
    pair = DuplicatePair
    everybody = [kept_id, *merged_ids]
    uow.session.execute(
        update(pair)
        .where(pair.entity == entity, pair.a_id.in_(everybody), pair.b_id.in_(everybody))
        .values(state="merged", decided_by_id=uow.actor.user_id, decided_at=uow.now)
    )


def _visible(
    uow: UnitOfWork, entity: str, *, limit: int, state: str, pair_id: int | None = None, action: str = "read"
) -> list[Shown]:
    """Return pairs both sides of which are live and within the actor's scope."""
    pair = DuplicatePair
    kind = ENTITIES[entity]
    model: Any = kind.model
    seen = and_(model.deleted_at.is_(None), permissions.scope(uow, kind, action, is_row_by_row=True))
    sides = [exists().where(model.id == side, seen).correlate(pair) for side in (pair.a_id, pair.b_id)]
    statement = select(pair).where(pair.entity == entity, pair.state == state, *sides)
    if pair_id is not None:
        statement = statement.where(pair.id == pair_id)
    rows = uow.session.execute(statement.order_by(pair.score.desc(), pair.id.desc()).limit(limit)).scalars()
    return [Shown(one.id, one.a_id, one.b_id, one.tier, one.score, tuple(one.reasons)) for one in rows]


def _members(uow: UnitOfWork, entity: str, ids: set[int]) -> Mapping[int, Member]:
    owner = aliased(User)
    statement: Any
    if entity == "contact":
        statement = (
            select(Contact.id, Contact.name, Customer.name, owner.name)
            .join(Customer, Customer.id == Contact.customer_id)
            .outerjoin(owner, owner.id == Customer.owner_id)
            .where(Contact.id.in_(ids))
        )
    elif entity == "lead":
        statement = select(Lead.id, Lead.name, Lead.company, owner.name).outerjoin(owner, owner.id == Lead.owner_id)
        statement = statement.where(Lead.id.in_(ids))
    else:
        statement = select(Customer.id, Customer.name, Customer.region, owner.name)
        statement = statement.outerjoin(owner, owner.id == Customer.owner_id).where(Customer.id.in_(ids))
    return {
        row[0]: Member(row[0], row[1], row[2] if entity != "customer" else None, row[3])
        for row in uow.session.execute(statement)
    }


def touching(uow: UnitOfWork, entity: str, record_id: int) -> list[Shown]:
    """Return the open pairs of one record, both sides within the actor's scope. Raises Forbidden."""
    permissions.require(uow, f"{entity}.read")
    pair = DuplicatePair
    kind = ENTITIES[entity]
    model: Any = kind.model
    seen = and_(model.deleted_at.is_(None), permissions.scope(uow, kind, is_row_by_row=True))
    sides = [exists().where(model.id == side, seen).correlate(pair) for side in (pair.a_id, pair.b_id)]
    rows = uow.session.execute(
        select(pair)
        .where(pair.entity == entity, or_(pair.a_id == record_id, pair.b_id == record_id), pair.state == "open", *sides)
        .order_by(pair.score.desc(), pair.id)
    ).scalars()
    return [Shown(one.id, one.a_id, one.b_id, one.tier, one.score, tuple(one.reasons)) for one in rows]
