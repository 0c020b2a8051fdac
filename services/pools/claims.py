"""Into and out of the pool by hand: claim, assign, release, lock; a result for each record, none stops the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from db.models import ClaimCount, OwnerChange, Pool, PoolMember, User
from db.types import N_
from services import ownership
from services.kit import audit, owners, permissions, quotas, shared
from services.kit.actor import Reach
from services.kit.entity import ENTITIES
from services.kit.errors import Forbidden, Invalid, Message, NotFound
from services.kit.unit_of_work import UnitOfWork
from services.ownership import NOT_FOUND, Held, Result
from services.pools.pool import MODELS

MOST: Final = 1_000
"""Records that one call may take."""
_TOLD_DAYS: Final = 1
"""For so long those who come too late are told who was first."""


@dataclass(frozen=True)
class Allowance:
    """How many the actor may still claim from a pool today."""

    pool_id: int
    pool: str
    """To be translated."""
    most: int | None
    """None: no limit."""
    claimed: int

    @property
    def left(self) -> int | None:
        """Return how many more; None: no limit."""
        return None if self.most is None else max(self.most - self.claimed, 0)


def claim(uow: UnitOfWork, key: str, ids: Sequence[int]) -> list[Result]:
    """Take records (of `key`: customer, lead) out of the pool for the actor; a result for each, in the order given.

    One conditional UPDATE: of any number of people who claim at once exactly one wins, the others are told who did.
    The claims of a day are counted in the same transaction under the pool's limit. Raises Forbidden.
    """
    permissions.require(uow, f"{key}.claim")
    me = uow.actor.user_id
    if me is None or key not in MODELS:
        raise Forbidden(f"{key}.claim")
    wanted = list(dict.fromkeys(ids))[:MOST]
    rooms = quotas.rooms(uow, key, [me])
    held = ownership.hold(uow, ENTITIES[key], wanted)
    pools = _pools(uow, key, {one.pool_id for one in held.values()})
    left = {pool_id: _left_today(uow, pool, me) for pool_id, pool in sorted(pools.items())}
    room = rooms[me].left if me in rooms else None
    found: dict[int, Message | None] = {}
    taken: list[Held] = []
    for one in wanted:
        row = held.get(one)
        refused = _refused(uow, row, pools, me)
        if refused is None and row is not None and row.pool_id is not None:
            most = left[row.pool_id]
            if most is not None and most <= 0:
                refused = Message(
                    N_("You have claimed as many from this pool today as one may ({n})."),
                    {"n": pools[row.pool_id].claims_a_day},
                )
            elif room is not None and room <= 0:
                refused = rooms[me].message
            else:
                left[row.pool_id] = None if most is None else most - 1
                room = None if room is None else room - 1
                taken.append(row)
        found[one] = refused
    went = set(_take(uow, key, taken, (me, uow.actor.team_id), "claimed", pools))
    _count(uow, me, [one for one in taken if one.id in went])
    late = [one for one in wanted if found[one] is NOT_FOUND or (found[one] is None and one not in went)]
    found |= _who_was_first(uow, key, late, pools)
    return [
        Result(one, held[one].title if one in held and found[one] is not NOT_FOUND else "", found[one])
        for one in wanted
    ]


def assign(uow: UnitOfWork, key: str, ids: Sequence[int], to_id: int, *, reason: str | None = None) -> list[Result]:
    """Give records out of the pool to somebody; a result for each.

    Whoever may assign within their reach may, and administrators of a pool to its members. Limits, bans and
    protection do not hold for it, the quota does. Raises Forbidden, NotFound for the person.
    """
    permissions.require(uow, f"{key}.claim")
    if key not in MODELS:
        raise Forbidden(f"{key}.claim")
    person = uow.session.execute(
        select(User.id, User.name, User.team_id).where(User.id == to_id, User.is_active, User.deleted_at.is_(None))
    ).first()
    if person is None:
        raise NotFound
    may = _may_give(uow, key, person)
    rooms = quotas.rooms(uow, key, [to_id])
    room = rooms[to_id].left if to_id in rooms else None
    wanted = list(dict.fromkeys(ids))[:MOST]
    held = ownership.hold(uow, ENTITIES[key], wanted)
    pools = _pools(uow, key, {one.pool_id for one in held.values()}, is_all=True)
    found: dict[int, Message | None] = {}
    taken: list[Held] = []
    for one in wanted:
        row = held.get(one)
        if row is None or not row.is_live or row.pool_id not in pools or not may(row.pool_id):
            found[one] = NOT_FOUND
        elif room is not None and room <= 0:
            found[one] = rooms[to_id].message
        else:
            found[one], room = None, None if room is None else room - 1
            taken.append(row)
    went = set(_take(uow, key, taken, (person.id, person.team_id), "assigned", pools, reason))
    late = [one for one in wanted if found[one] is NOT_FOUND or (found[one] is None and one not in went)]
    found |= _who_was_first(uow, key, late, {one: pool for one, pool in pools.items() if may(one)})
    return [
        Result(one, held[one].title if one in held and found[one] is not NOT_FOUND else "", found[one])
        for one in wanted
    ]


def release(uow: UnitOfWork, key: str, ids: Sequence[int], reason: str, *, pool_id: int | None = None) -> list[Result]:
    """Put records back into the pool of their owner, or a chosen one, with a reason; a result for each.

    Raises Forbidden, Invalid without a reason or for a pool the actor may not see.
    """
    permissions.require(uow, f"{key}.release")
    if key not in MODELS:
        raise Forbidden(f"{key}.release")
    why = reason.strip()
    if not why:
        raise Invalid({"reason": Message(N_("Say why, so that whoever claims it next knows."))})
    if pool_id is not None and pool_id not in _pools(uow, key, {pool_id}):
        raise Invalid({"pool_id": NOT_FOUND})
    entity = ENTITIES[key]
    wanted = list(dict.fromkeys(ids))[:MOST]
    held = ownership.hold(uow, entity, wanted, permissions.scope(uow, entity, "release"))
    owned = [row for row in held.values() if row.owner_id is not None and row.is_live]
    homes = owners.home_pools(uow, key, {row.owner_id for row in owned}) if pool_id is None else {}
    by_pool: dict[int, list[Held]] = {}
    for row in owned:
        to = pool_id or homes.get(row.owner_id) or owners.first_pool(uow, key)
        by_pool.setdefault(to, []).append(row)
    went: set[int] = set()
    for to, rows in sorted(by_pool.items()):
        went |= set(ownership.hand(uow, entity, rows, kind="released", pool_id=to, reason=why[:200]))
    return [Result(one, held[one].title if one in went else "", None if one in went else NOT_FOUND) for one in wanted]


def set_locked(uow: UnitOfWork, key: str, ids: Sequence[int], *, is_locked: bool) -> int:
    """Keep records from going back to the pool by themselves, or no longer; returns how many changed.

    Raises Forbidden, and NotFound if any of them is out of scope.
    """
    permissions.require(uow, f"{key}.lock")
    entity = ENTITIES[key]
    model: Any = entity.model
    wanted = sorted(set(ids))
    held = ownership.hold(uow, entity, wanted, permissions.scope(uow, entity, "lock"), model.deleted_at.is_(None))
    if len(held) != len(wanted):
        raise NotFound
    before = {
        row[0]: [row[1]]
        for row in uow.session.execute(
            select(model.id, model.is_locked).where(model.id.in_(wanted), model.is_locked.is_not(is_locked))
        )
    }
    if not before:
        return 0
    uow.session.execute(
        update(model)
        .where(model.id.in_(before))
        .values(is_locked=is_locked, version=model.version + 1, updated_at=uow.now, updated_by_id=uow.actor.user_id)
    )
    values = {"is_locked": is_locked}
    audit.note(uow, entity, "bulk_update", None, count=len(before), values=values, names=["is_locked"], before=before)
    return len(before)


def allowances(uow: UnitOfWork, key: str) -> list[Allowance]:
    """Return for each pool that limits claims how many the actor has left today, by name. Raises Forbidden."""
    permissions.require(uow, f"{key}.claim")
    rows = uow.session.execute(
        select(Pool.id, Pool.name, Pool.claims_a_day, ClaimCount.claimed)
        .outerjoin(
            ClaimCount,
            (ClaimCount.pool_id == Pool.id) & (ClaimCount.user_id == uow.actor.user_id) & (ClaimCount.day == uow.today),
        )
        .where(Pool.kind == key, Pool.claims_a_day.is_not(None), Pool.id.in_(shared.pools_of(uow.actor)))
        .order_by(Pool.name, Pool.id)
    )
    return [Allowance(row[0], row[1], row[2], row[3] or 0) for row in rows]


# --- inside -------------------------------------------------------------------------------------------------


def _pools(uow: UnitOfWork, key: str, ids: set[int | None], *, is_all: bool = False) -> dict[int, Pool]:
    """Return the enabled pools of a kind among these that the actor may claim from, or (`is_all`) any."""
    known = [one for one in ids if one is not None]
    wanted = [Pool.id.in_(known), Pool.kind == key, Pool.is_enabled, Pool.deleted_at.is_(None)]
    if not is_all and uow.actor.reach(f"{key}.release") is not Reach.ALL:
        wanted.append(Pool.id.in_(shared.pools_of(uow.actor)))
    return {one.id: one for one in uow.session.execute(select(Pool).where(*wanted)).scalars()}


def _refused(uow: UnitOfWork, row: Held | None, pools: Mapping[int, Pool], me: int) -> Message | None:
    """Return why somebody may not claim a record, its pool's limit aside."""
    if row is None or not row.is_live or row.owner_id is not None or row.pool_id is None or row.pool_id not in pools:
        return NOT_FOUND
    pool = pools[row.pool_id]
    since = row.pooled_at.astimezone(uow.settings.zone).date() if row.pooled_at else uow.today
    free = since + timedelta(days=pool.protected_days or 0)
    if free > uow.today:
        return Message(N_("New arrivals rest a while: nobody may claim it before {day}."), {"day": free})
    again = since + timedelta(days=pool.ban_days or 0)
    if row.previous_owner_id == me and again > uow.today:
        return Message(N_("You owned it before: you may claim it again from {day}."), {"day": again})
    return None


def _take(
    uow: UnitOfWork,
    key: str,
    rows: Sequence[Held],
    to: tuple[int, int | None],
    kind: str,
    pools: Mapping[int, Pool],
    reason: str | None = None,
) -> list[int]:
    model: Any = MODELS[key]
    if not rows:
        return []
    where = (model.owner_id.is_(None), model.pool_id.in_(sorted(pools)))
    return ownership.hand(uow, ENTITIES[key], rows, kind=kind, to=to, reason=reason, where=where)


def _left_today(uow: UnitOfWork, pool: Pool, me: int) -> int | None:
    """Return how many somebody may still claim today; holds their count until the end of the unit of work."""
    if pool.claims_a_day is None:
        return None
    dialect = sqlite if uow.is_sqlite else postgresql
    row = {"pool_id": pool.id, "user_id": me, "day": uow.today, "claimed": 0}
    uow.session.execute(dialect.insert(ClaimCount).values(row).on_conflict_do_nothing())
    claimed = uow.session.execute(select(ClaimCount.claimed).where(*_own_count(uow, pool.id, me)).with_for_update())
    return max(pool.claims_a_day - claimed.scalar_one(), 0)


def _count(uow: UnitOfWork, me: int, rows: Sequence[Held]) -> None:
    """Add what was claimed to the counts of the day, which are held where a limit was asked for."""
    by_pool: dict[int, int] = {}
    for row in rows:
        by_pool[row.pool_id or 0] = by_pool.get(row.pool_id or 0, 0) + 1
    dialect = sqlite if uow.is_sqlite else postgresql
    for pool_id, number in sorted(by_pool.items()):
        counted = dialect.insert(ClaimCount).values(pool_id=pool_id, user_id=me, day=uow.today, claimed=number)
        uow.session.execute(
            counted.on_conflict_do_update(
                index_elements=["pool_id", "user_id", "day"], set_={"claimed": ClaimCount.claimed + number}
            )
        )


def _own_count(uow: UnitOfWork, pool_id: int, me: int) -> tuple[Any, ...]:
    return ClaimCount.pool_id == pool_id, ClaimCount.user_id == me, ClaimCount.day == uow.today


def _may_give(uow: UnitOfWork, key: str, person: Any) -> Callable[[int | None], bool]:
    """Return whether the actor may give a person what lies in a pool. Raises Forbidden for those who may nowhere."""
    reach = uow.actor.reach(f"{key}.assign")
    seen = set(uow.session.execute(shared.pools_of(uow.actor)).scalars())
    own = set(uow.session.execute(shared.pools_of(uow.actor, as_admin=True)).scalars())
    if reach is Reach.NONE and not own:
        raise Forbidden(f"{key}.assign")
    in_reach = reach is Reach.ALL or (reach is not Reach.NONE and person.team_id in uow.actor.tree_ids)
    home = owners.home_pools(uow, key, [person.id]).get(person.id)
    common = set(uow.session.execute(select(Pool.id).where(Pool.is_for_all)).scalars())
    named = set(uow.session.execute(select(PoolMember.pool_id).where(PoolMember.user_id == person.id)).scalars())

    def may(pool_id: int | None) -> bool:
        if reach is Reach.ALL:
            return True
        if pool_id in own and (pool_id in common or pool_id in named or pool_id == home):
            return True
        return in_reach and pool_id in seen

    return may


def _who_was_first(
    uow: UnitOfWork, key: str, ids: Sequence[int], pools: Mapping[int, Pool]
) -> dict[int, Message | None]:
    """Return who has just taken records that are gone, as far as they came from a pool the actor may see."""
    if not ids:
        return {}
    seen = set(uow.session.execute(shared.pools_of(uow.actor)).scalars()) | set(pools)
    rows = uow.session.execute(
        select(OwnerChange.record_id, User.name)
        .join(User, User.id == OwnerChange.to_id)
        .where(
            OwnerChange.entity == key,
            OwnerChange.record_id.in_(ids),
            OwnerChange.kind.in_(("claimed", "assigned")),
            OwnerChange.pool_id.in_(sorted(seen)),
            OwnerChange.at >= uow.now - timedelta(days=_TOLD_DAYS),
        )
        .order_by(OwnerChange.id)
    )
    told = {row[0]: Message(N_("{name} was first and has it now."), {"name": row[1]}) for row in rows}
    return {one: told.get(one, NOT_FOUND) for one in ids}
