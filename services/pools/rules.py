"""The rules by which records go back to a pool: as one criterion over all of them, and day by day for a few.

A rule counts whole business days from the later of two moments: since when the owner has had the record, and the last
activity, the newest opportunity or the last sale won, by rule. N days after that day it goes back. Rules are OR-ed;
what is locked is left alone, and what the pool spares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, false, func, not_, null, or_, select

from db.models import Contract, Customer, Lead, Opportunity, Pool, PoolMember, PoolRule
from services.kit import standing
from services.kit.prepared import prepared
from services.kit.unit_of_work import UnitOfWork
from services.pools.pool import MODELS

KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "customer": ("activity", "opportunity", "won"),
    "lead": ("activity", "won"),
}
"""Kind of a pool -> the rules it may have; of a lead "won" means converted."""
LEVEL: Final[Mapping[str, str]] = {"customer": "level", "lead": "grade"}
"""Kind of a pool -> the field by whose value days may differ."""


@dataclass(frozen=True)
class Rule:
    """So many days for all, or by level."""

    kind: str
    days: int | None
    days_by_level: Mapping[str, int] = field(default_factory=dict, hash=False)

    def days_of(self, level: str | None) -> int | None:
        """Return the days for a level; None: the rule leaves it alone."""
        return self.days_by_level.get(level or "", self.days)


@dataclass(frozen=True)
class Terms:
    """What decides whether records go back to a pool: its rules and what it spares, saved or only tried."""

    pool_id: int
    kind: str
    rules: tuple[Rule, ...]
    spares_won: bool = True
    spares_open: bool = True
    warning_days: int = 0
    is_recycling: bool = True
    is_for_all: bool = True


@dataclass(frozen=True)
class Return:
    """When a record goes back to its pool, and by which rule."""

    pool_id: int
    rule: str
    days: int
    """The rule's days."""
    since: date
    """The business date from which it counts."""
    left: int
    """Days to the pool; 0 or less: tonight."""


def rules_of(uow: UnitOfWork, kind: str, *, only_running: bool = False) -> dict[int, Terms]:
    """Return the terms of the enabled pools of a kind, by pool. One query, asks for no permission."""
    found, _members = setup(uow, kind)
    return {one.pool_id: one for one in found.values() if one.is_recycling or not only_running}


def setup(uow: UnitOfWork, kind: str | None = None) -> tuple[dict[int, Terms], list[PoolMember]]:
    """Return the terms of the enabled pools (of a kind), those for everybody first, and the members of the others.

    One query, asks for no permission.
    """
    rows = uow.session.execute(prepared(uow, _select_setup, kind)).all()
    members = {one.id: one for _pool, _rule, one in rows if one is not None}
    rules: dict[int, dict[str, Rule]] = {}
    for pool, rule, _member in rows:
        kept = rules.setdefault(pool.id, {})
        if rule is not None:
            kept[rule.kind] = Rule(rule.kind, rule.days, rule.days_by_level)
    terms = {
        pool.id: Terms(
            pool.id,
            pool.kind,
            tuple(rules[pool.id][name] for name in sorted(rules[pool.id])),
            pool.spares_won,
            pool.spares_open,
            pool.warning_days,
            pool.is_recycling,
            pool.is_for_all,
        )
        for pool, _rule, _member in rows
    }
    return terms, list(members.values())


def _select_setup(_uow: UnitOfWork, kind: str | None) -> Any:
    return (
        select(Pool, PoolRule, PoolMember)
        .outerjoin(PoolRule, PoolRule.pool_id == Pool.id)
        .outerjoin(PoolMember, (PoolMember.pool_id == Pool.id) & Pool.is_for_all.is_(False))
        .where(Pool.is_enabled, Pool.deleted_at.is_(None), *([Pool.kind == kind] if kind else []))
        .order_by(Pool.is_for_all.desc(), Pool.id)
    )


# --- as one criterion ---------------------------------------------------------------------------------------


def is_due(uow: UnitOfWork, terms: Terms, *, ahead: int = 0) -> ColumnElement[bool]:
    """Return the criterion of the records that go back tonight, or within `ahead` days; owners are not looked at."""
    model = MODELS[terms.kind]
    found = [_broken(uow, model, terms.kind, rule, ahead) for rule in terms.rules]
    if not found:
        return false()
    # What costs least comes first: whoever received it lately needs no look at opportunities and contracts.
    shortest = min(min([*rule.days_by_level.values(), *([rule.days] if rule.days else [])]) for rule in terms.rules)
    return and_(_received(model) < _bound(uow, shortest - ahead)[1], *_plain(terms), or_(*found), *_spared(terms))


def _plain(terms: Terms) -> tuple[ColumnElement[bool], ...]:
    """Return the criteria of what the rules may touch at all: owned, still to be worked on, not locked."""
    model = MODELS[terms.kind]
    return model.owner_id.is_not(None), standing.counted(model), not_(model.is_locked)


def _spared(terms: Terms) -> list[ColumnElement[bool]]:
    """Return the criteria of what the pool does not spare."""
    model = MODELS[terms.kind]
    # One by one: of "neither nor" PostgreSQL makes two joins, of "not either" a look for each row.
    found = [not_(one) for one in standing.sales(model)] if terms.spares_won else []
    if terms.spares_open and terms.kind == "customer":
        found.append(not_(standing.open_opportunity(model)))
    return found


def _received(model: Any) -> Any:
    return func.coalesce(model.received_at, model.created_at)


def _bound(uow: UnitOfWork, days: int) -> tuple[date, datetime]:
    """Return the business date after which nothing rests so many days, and the instant it begins."""
    since = uow.today - timedelta(days=days - 1)
    return since, datetime.combine(since, time(), uow.settings.zone)


def _broken(uow: UnitOfWork, model: Any, kind: str, rule: Rule, ahead: int) -> ColumnElement[bool]:
    """Return the criterion of the records that have rested longer than a rule allows their level."""
    level = getattr(model, LEVEL[kind])
    found = [
        and_(level == code, _rests(uow, model, rule.kind, days - ahead)) for code, days in rule.days_by_level.items()
    ]
    if rule.days is not None:
        others = _rests(uow, model, rule.kind, rule.days - ahead)
        named = list(rule.days_by_level)
        found.append(and_(or_(level.is_(None), level.not_in(named)), others) if named else others)
    return or_(*found) if found else false()


def _rests(uow: UnitOfWork, model: Any, kind: str, days: int) -> ColumnElement[bool]:
    """Return the criterion that the day from which a rule counts lies so many days back, or more."""
    since, bound = _bound(uow, days)
    before = _received(model) < bound
    if kind == "activity":
        return and_(before, or_(model.last_activity_at.is_(None), model.last_activity_at < bound))
    if model is Lead:
        return and_(before, Lead.converted_at.is_(None))
    of_it = (Opportunity.customer_id == model.id, Opportunity.deleted_at.is_(None))
    if kind == "opportunity":
        return and_(before, not_(exists().where(*of_it, Opportunity.created_at >= bound)))
    is_won = Opportunity.stage_id.in_(standing.stages("won"))
    signed = or_(Contract.signed_on >= since, and_(Contract.signed_on.is_(None), Contract.created_at >= bound))
    return and_(
        before,
        not_(exists().where(*of_it, is_won, Opportunity.closed_on >= since)),
        not_(
            exists().where(
                Contract.customer_id == model.id,
                Contract.deleted_at.is_(None),
                Contract.stage.in_(standing.WON_CONTRACTS),
                signed,
            )
        ),
    )


# --- day by day, for a few ----------------------------------------------------------------------------------


def returns_of(
    uow: UnitOfWork, terms: Mapping[int, Terms], rows: Sequence[Any], homes: Mapping[Any, int]
) -> dict[int, Return]:
    """Return when each row of `moments` goes back to its owner's pool; rows that stay are left out.

    `homes` maps owners to their pools.
    """
    found: dict[int, Return] = {}
    for row in rows:
        one = terms.get(homes.get(row.owner_id, 0))
        if one is None or row.is_locked or (one.spares_won and row.is_won) or (one.spares_open and row.is_open):
            continue
        for rule in one.rules:
            days = rule.days_of(row.level)
            if days is None or (rule.kind == "won" and one.kind == "lead" and row.is_won):
                continue
            since = _since(uow, rule.kind, row)
            left = (since + timedelta(days=days) - uow.today).days
            if row.id not in found or left < found[row.id].left:
                found[row.id] = Return(one.pool_id, rule.kind, days, since, left)
    return found


def moments(kind: str) -> Any:
    """Return the select of what `returns_of` needs: id, owner, level, how it stands, the moments rules count from.

    Criteria are added by the caller.
    """
    model = MODELS[kind]
    columns = [
        model.id,
        model.owner_id,
        getattr(model, LEVEL[kind]).label("level"),
        model.is_locked,
        _received(model).label("received_at"),
        model.last_activity_at,
        standing.won(model).label("is_won"),
    ]
    if kind == "lead":
        columns += [
            false().label("is_open"),
            *(null().label(name) for name in ("opportunity_at", "won_on", "signed_on")),
        ]
        return select(*columns).where(standing.counted(model))
    of_it = (Opportunity.customer_id == Customer.id, Opportunity.deleted_at.is_(None))
    newest = select(func.max(Opportunity.created_at)).where(*of_it).scalar_subquery()
    won_on = (
        select(func.max(Opportunity.closed_on))
        .where(*of_it, Opportunity.stage_id.in_(standing.stages("won")))
        .scalar_subquery()
    )
    in_effect = (
        Contract.customer_id == Customer.id,
        Contract.deleted_at.is_(None),
        Contract.stage.in_(standing.WON_CONTRACTS),
    )
    signed_on = select(func.max(Contract.signed_on)).where(*in_effect).scalar_subquery()
    unsigned_at = (
        select(func.max(Contract.created_at)).where(*in_effect, Contract.signed_on.is_(None)).scalar_subquery()
    )
    return select(
        *columns,
        standing.open_opportunity(Customer).label("is_open"),
        newest.label("opportunity_at"),
        won_on.label("won_on"),
        signed_on.label("signed_on"),
        unsigned_at.label("unsigned_at"),
    ).where(standing.counted(model))


def _since(uow: UnitOfWork, kind: str, row: Any) -> date:
    """Return the business date from which a rule counts for a record."""
    days = [_local(uow, row.received_at)]
    if kind == "activity" and row.last_activity_at is not None:
        days.append(_local(uow, row.last_activity_at))
    elif kind == "opportunity" and row.opportunity_at is not None:
        days.append(_local(uow, row.opportunity_at))
    elif kind == "won":
        days += [one for one in (row.won_on, row.signed_on) if one is not None]
        if getattr(row, "unsigned_at", None) is not None:
            days.append(_local(uow, row.unsigned_at))
    return max(days)


def _local(uow: UnitOfWork, at: datetime) -> date:
    return at.astimezone(uow.settings.zone).date()
