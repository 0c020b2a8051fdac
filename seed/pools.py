"""The demo's public pools: who went in and why, who came out, who helps whom, and how many one may own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from sqlalchemy import bindparam, select, update

from db.models import Collaborator, Customer, Lead, OwnerChange, Pool
from seed.company import Company
from seed.rows import Row, add_plain, dice, either, office_hour
from services import pools
from services.kit import owners, records
from services.kit.unit_of_work import UnitOfWork
from services.pools import QUOTA, Member, Rule

NORTH: Final = "North and West pool 北部西部公海"
_RULES: Final = (Rule("activity", 150, {"A": 240}), Rule("opportunity", 540))
_REASONS: Final = {
    "Budget frozen until next year 今年没有预算": 3,
    "Too far for regular visits 路途太远": 2,
    "Buys from a group company 由集团采购": 2,
    "No machine before the new hall is built 新厂房建成前不买": 2,
    "Contact has left, nobody answers 联系人已离职": 2,
}


def add_pools(uow: UnitOfWork, company: Company) -> None:
    """Set the pools up, say since when their customers and leads have lain there, and let people help each other."""
    _first(uow)
    north = _north(uow, company)
    _history(uow, company, Customer, "customer", north)
    _history(uow, company, Lead, "lead", north)
    for pool_id in (owners.first_pool(uow, "customer"), north):
        _received(uow, pool_id)
        pools.set_recycling(uow, pool_id, is_on=True)
    _helpers(uow, company)
    records.create(uow, QUOTA, {"kind": "customer", "at_most": 80, "counts_won": False})


def _first(uow: UnitOfWork) -> None:
    """Give everybody's pools their rules; those of leads rest until somebody has looked at what they would do."""
    common = uow.session.get_one(Pool, owners.first_pool(uow, "customer"))
    facts = {"claims_a_day": 5, "ban_days": 30, "warning_days": 14}
    pools.save(uow, common.id, {"name": common.name, **facts}, rules=_RULES, hidden=("phone", "website"))
    leads = uow.session.get_one(Pool, owners.first_pool(uow, "lead"))
    pools.save(
        uow, leads.id, {"name": leads.name, "claims_a_day": 10, "warning_days": 7}, rules=[Rule("activity", 240)]
    )


def _north(uow: UnitOfWork, company: Company) -> int:
    """Make the pool of one team, whose manager hands out."""
    members = [
        Member(team_id=company.teams["north"]),
        Member(user_id=company.users["manager.north"], is_admin=True),
    ]
    facts = {"name": NORTH, "kind": "customer", "is_for_all": False, "claims_a_day": 3, "protected_days": 2}
    made: Any = pools.save(uow, None, {**facts, "warning_days": 14}, members=members, rules=_RULES)
    return int(made.id)


# --- what lies there ----------------------------------------------------------------------------------------


def _history(uow: UnitOfWork, company: Company, model: Any, key: str, north: int) -> None:
    """Date when each unowned record went into its pool, from whom and why; those of the north lie in their own."""
    chance = dice(f"{key} pool")
    changes: list[Row] = []
    moved: list[Row] = []
    north_teams = _regions_of(company)
    rows = uow.session.execute(
        select(model.id, model.region, model.created_at, model.pool_id)
        .where(model.owner_id.is_(None))
        .order_by(model.id)
    )
    for row in rows:
        before = _former(company, row.region, chance) if chance.random() < 0.8 else None  # noqa: PLR2004 - some never had one
        at = _went_in(uow, row.created_at, chance) if before else row.created_at
        pool_id = north if key == "customer" and row.region in north_teams else row.pool_id
        moved.append({"at_id": row.id, "pool_id": pool_id, "at": at, "before": before})
        if before:
            kind = either(chance, {"released": 3, "recycled": 2})
            changes.append(_change(uow, key, row.id, before, pool_id, at, kind, chance))
    table = model.__table__
    statement = (
        update(table)
        .where(table.c.id == bindparam("at_id"))
        .values(pool_id=bindparam("pool_id"), pooled_at=bindparam("at"), previous_owner_id=bindparam("before"))
    )
    if moved:
        uow.session.connection().execute(statement, moved)
    add_plain(uow, OwnerChange, sorted(changes, key=lambda one: one["at"]))


def _regions_of(company: Company) -> frozenset[str]:
    return frozenset(row["region"] for row in company.rows.values() if row["_team"] == "north")


def _former(company: Company, region: str | None, chance: Random) -> int:
    """Return who owned it before: somebody of the region's team."""
    teams = {row["region"]: row["_team"] for row in company.rows.values()}
    team = teams.get(region or "", "south")
    login = "sales" if team == "north" and chance.random() < 0.5 else f"manager.{team}"  # noqa: PLR2004
    return company.users[login]


def _went_in(uow: UnitOfWork, born: datetime, chance: Random) -> datetime:
    """Return an office hour of the last four months, after the record was made."""
    day = uow.today - timedelta(days=chance.randrange(3, 120))
    return max(office_hour(uow, day, chance), born)


def _change(  # noqa: PLR0913, PLR0917 - what a line of the history has
    uow: UnitOfWork,
    key: str,
    record_id: int,
    before: int,
    pool_id: int,
    at: datetime,
    kind: str,
    chance: Random,
) -> Row:
    is_by_hand = kind == "released"
    return {
        **owners.change(uow, key, record_id, before, None, kind, pool_id=pool_id),
        "reason": either(chance, _REASONS) if is_by_hand else None,
        "at": at,
        "by_id": before if is_by_hand else None,
    }


def _received(uow: UnitOfWork, pool_id: int) -> None:
    """Say when those received their customers who would lose them tonight: they are warned, some soon, some later."""
    chance = dice(f"received {pool_id}")
    changes = []
    for row in pools.dry_run(uow, pool_id).rows:
        customer = uow.session.get_one(Customer, row.record_id)
        days = min(rule.days_of(customer.level) or row.rule.days for rule in _RULES)
        day = uow.today - timedelta(days=days - chance.choice((1, 3, 6, 9, 12)))
        customer.received_at = office_hour(uow, day, chance)
        line = owners.change(uow, "customer", customer.id, None, customer.owner_id, "assigned", pool_id=pool_id)
        changes.append({**line, "at": customer.received_at})
    uow.session.flush()
    add_plain(uow, OwnerChange, changes)


# --- who helps ----------------------------------------------------------------------------------------------


def _helpers(uow: UnitOfWork, company: Company) -> None:
    """Let two people work on customers of others: one for a while, one for good."""
    owned = [code for code, row in company.rows.items() if row["_login"] == "manager.south" and row["level"] == "A"]
    overseas = [code for code, row in company.rows.items() if row["_login"] == "manager.overseas"]
    found: Sequence[Mapping[str, Any]] = (
        {
            "customer_id": company.customers[owned[0]],
            "user_id": company.users["sales"],
            "can_write": False,
            "until_on": uow.today + timedelta(days=60),
            "reason": "Group purchase with the northern plant 与北方工厂集团采购",
        },
        {
            "customer_id": company.customers[overseas[0]],
            "user_id": company.users["manager.south"],
            "can_write": True,
            "until_on": None,
            "reason": "Mother company in Shanghai 母公司在上海",
        },
    )
    uow.session.add_all(Collaborator(**one) for one in found)
    uow.session.flush()
