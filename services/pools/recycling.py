"""Going back to the pool: what would go tonight, who is warned, and the job that does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select, update

from db.models import User
from db.types import N_
from services.kit import audit, owners, permissions, quotas, records
from services.kit.entity import ENTITIES
from services.kit.errors import Forbidden, Refusal
from services.kit.prepared import prepared
from services.kit.unit_of_work import UnitOfWork
from services.ownership import hand, hold
from services.pools.pool import MODELS, POOL
from services.pools.rules import Return, Rule, Terms, is_due, moments, returns_of, rules_of, setup

CHUNK: Final = 500
"""Records that one transaction of the job moves."""
SHOWN: Final = 200
"""Rows of a dry run; the rest is counted."""
COUNT_CAP: Final = 100_000


@dataclass(frozen=True)
class Returning:
    """A record that goes back, whose it is, and why."""

    key: str
    """customer or lead."""
    record_id: int
    title: str
    owner: str
    rule: Return


@dataclass(frozen=True)
class DryRun:
    """What would go back tonight: the first rows, and how many in all (counted up to COUNT_CAP)."""

    rows: Sequence[Returning]
    count: int
    warned: int
    """How many more would be warned of."""


@dataclass(frozen=True)
class Warned:
    """Own records about to go back: the first rows, and how many in all."""

    rows: Sequence[Returning]
    count: int


def recycle(uow: UnitOfWork) -> dict[str, int]:
    """Put up to 500 records of each running pool back that rest too long; returns how many went, by kind.

    To be called until nothing goes. A record that somebody is working on at this moment is left for the next night:
    whoever writes to it, or to what hangs on it, holds it. The UPDATE repeats the whole condition, so that nothing is
    both followed up and taken away. Raises Forbidden.
    """
    permissions.require(uow, "pool.update")
    went = dict.fromkeys(MODELS, 0)
    for kind in MODELS:
        adopt(uow, kind)
        running = rules_of(uow, kind, only_running=True)
        for terms, whose in _constituencies(uow, kind, running):
            went[kind] += _recycle(uow, terms, whose)
    return went


def adopt(uow: UnitOfWork, kind: str) -> int:
    """Put what has neither owner nor pool, as older versions left it, into the oldest pool. Returns how many."""
    permissions.require(uow, "pool.update")
    model = MODELS[kind]
    stray = (model.owner_id.is_(None), model.pool_id.is_(None))
    if uow.session.execute(select(model.id).where(*stray).limit(1)).first() is None:
        return 0
    result = uow.session.execute(
        update(model)
        .where(*stray)
        .values(pool_id=owners.first_pool(uow, kind), pooled_at=model.updated_at)
        .execution_options(synchronize_session=False)
    )
    count: int = result.rowcount  # type: ignore[attr-defined]
    audit.note(uow, kind, "adopt", None, count=count)
    return count


def _recycle(uow: UnitOfWork, terms: Terms, whose: Sequence[int]) -> int:
    model: Any = MODELS[terms.kind]
    entity = ENTITIES[terms.kind]
    due = is_due(uow, terms)
    ids = (
        uow.session.execute(
            select(model.id)
            .where(model.owner_id.in_(whose), due)
            .order_by(model.id)
            .limit(CHUNK)
            .with_for_update(of=model, skip_locked=True)
        )
        .scalars()
        .all()
    )
    if not ids:
        return 0
    rows = list(hold(uow, entity, ids).values())
    gone = hand(uow, entity, rows, kind="recycled", pool_id=terms.pool_id, where=(due,))
    return len(gone)


def dry_run(
    uow: UnitOfWork,
    pool_id: int,
    *,
    rules: Sequence[Rule] | None = None,
    spares_won: bool | None = None,
    spares_open: bool | None = None,
    warning_days: int | None = None,
) -> DryRun:
    """Return what would go back to a pool tonight by its rules, or by other ones that are only tried.

    Whether recycling is switched on does not matter. Raises Forbidden, NotFound.
    """
    permissions.require(uow, "pool.update")
    pool = records.get(uow, POOL, pool_id)
    if not pool.is_enabled:
        raise Refusal(N_("This pool is disabled."))
    saved = rules_of(uow, pool.kind)[pool_id]
    terms = Terms(
        pool_id,
        pool.kind,
        tuple(rules) if rules is not None else saved.rules,
        saved.spares_won if spares_won is None else spares_won,
        saved.spares_open if spares_open is None else spares_open,
        saved.warning_days if warning_days is None else warning_days,
    )
    whose = _whose(uow, pool.kind).get(pool_id, [])
    found = _returning(uow, terms, whose, ahead=0, limit=SHOWN)
    later = _number(uow, terms, whose, terms.warning_days) if terms.warning_days else found.count
    return DryRun(found.rows, found.count, max(later - found.count, 0))


def warned(uow: UnitOfWork, *, limit: int = SHOWN) -> Warned:
    """Return the actor's own customers and leads that go back within the days of warning, the soonest first.

    At most four queries, one where no pool recycles. What the role does not include is left out.
    """
    me = uow.actor.user_id
    if me is None or not any(uow.actor.may(f"{kind}.read") for kind in MODELS):
        raise Forbidden("customer.read")
    pools, members = setup(uow)
    if not any(one.is_recycling for one in pools.values()):
        return Warned((), 0)
    teams = quotas.upwards(quotas.team_parents(uow), uow.actor.team_id) if members else []
    rows: list[Returning] = []
    count = 0
    for kind in MODELS:
        own = {one.pool_id: one for one in pools.values() if one.kind == kind}
        common = next((one.pool_id for one in own.values() if one.is_for_all), None)
        home = own.get(owners.nearest(me, teams, [one for one in members if one.pool_id in own]) or common or 0)
        if home is not None and home.is_recycling and uow.actor.may(f"{kind}.read"):
            found = _returning(uow, home, [me], ahead=home.warning_days, limit=limit)
            rows += found.rows
            count += found.count
    rows.sort(key=lambda one: (one.rule.left, one.key, one.record_id))
    return Warned(rows[:limit], count)


def returns(uow: UnitOfWork, key: str, ids: Sequence[int]) -> dict[int, Return]:
    """Return when each of some records goes back to its pool; those that stay, or may not be seen, are left out.

    For what a page shows: at most three queries for any number of rows, one where no pool recycles. Raises Forbidden.
    """
    permissions.require(uow, f"{key}.read")
    pools, members = setup(uow, key) if ids else ({}, [])
    running = {one.pool_id: one for one in pools.values() if one.is_recycling}
    if not running:
        return {}
    model = MODELS[key]
    rows = uow.session.execute(
        moments(key)
        .add_columns(User.team_id.label("owner_team"))
        .join(User, User.id == model.owner_id)
        .where(model.id.in_(ids), permissions.scope(uow, ENTITIES[key]))
    ).all()
    common = next((one.pool_id for one in pools.values() if one.is_for_all), None)
    parents = quotas.team_parents(uow) if members else {}
    homes = {
        row.owner_id: owners.nearest(row.owner_id, quotas.upwards(parents, row.owner_team), members) or common or 0
        for row in rows
    }
    return returns_of(uow, running, rows, homes)


# --- inside -------------------------------------------------------------------------------------------------


def _constituencies(uow: UnitOfWork, kind: str, terms: Mapping[int, Terms]) -> list[tuple[Terms, list[int]]]:
    """Return the terms with the people to whose records they apply."""
    if not terms:
        return []
    whose = _whose(uow, kind)
    return [(one, whose[pool_id]) for pool_id, one in terms.items() if whose.get(pool_id)]


def _whose(uow: UnitOfWork, kind: str) -> dict[int, list[int]]:
    """Return the people of each pool: each has one of a kind (owners.home_pools)."""
    people = uow.session.execute(select(User.id).order_by(User.id)).scalars().all()
    found: dict[int, list[int]] = {}
    for person, pool_id in owners.home_pools(uow, kind, people).items():
        found.setdefault(pool_id, []).append(person or 0)
    return found


def _number(uow: UnitOfWork, terms: Terms, whose: Sequence[int], ahead: int) -> int:
    model: Any = MODELS[terms.kind]
    found = select(model.id).where(model.owner_id.in_(whose), is_due(uow, terms, ahead=ahead)).limit(COUNT_CAP)
    return int(uow.session.execute(select(func.count()).select_from(found.subquery())).scalar_one())


def _returning(uow: UnitOfWork, terms: Terms, whose: Sequence[int], *, ahead: int, limit: int) -> Warned:
    zone = str(uow.settings.zone)  # by which days begin
    rows = uow.session.execute(prepared(uow, _select_returning, terms, tuple(whose), ahead, limit, zone)).all()
    found = returns_of(uow, {terms.pool_id: terms}, rows, dict.fromkeys(whose, terms.pool_id))
    shown = [Returning(terms.kind, row.id, str(row.title), row.owner, found[row.id]) for row in rows if row.id in found]
    shown.sort(key=lambda one: (one.rule.left, one.record_id))
    count = len(rows) if len(rows) < limit else _number(uow, terms, whose, ahead)
    return Warned(shown, count)


def _select_returning(uow: UnitOfWork, terms: Terms, whose: tuple[int, ...], ahead: int, limit: int, _zone: str) -> Any:
    model: Any = MODELS[terms.kind]
    title = getattr(model, ENTITIES[terms.kind].title)
    return (
        moments(terms.kind)
        .add_columns(title.label("title"), User.name.label("owner"))
        .join(User, User.id == model.owner_id)
        .where(model.owner_id.in_(whose), is_due(uow, terms, ahead=ahead))
        .order_by(model.id)
        .limit(limit)
    )
