"""The demo company: believable, the same every time, and within every law of the house."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, func, select

from db.base import Base
from db.engine import make_engine
from db.models import (
    Activity,
    Allocation,
    AuditEntry,
    Contact,
    Contract,
    Customer,
    Estimate,
    Instalment,
    Lead,
    Opportunity,
    Plan,
    PlanItem,
    Product,
    Receipt,
    Stage,
    StageEvent,
    Team,
    User,
)
from seed import demo
from seed.company import PEOPLE
from services import auth, company, leads, planning, users
from services import collections as money
from services.analytics import sources
from services.kit.actor import SYSTEM
from services.kit.clock import Clock
from services.kit.unit_of_work import Database, UnitOfWork
from tests.conftest import NOW, settings_for
from tests.factories import World

TODAY = NOW.date()


def copy_of(template: Path, path: Path, now: datetime = NOW) -> Database:
    shutil.copyfile(template, path)
    settings = settings_for(f"sqlite:///{path}")
    return Database(make_engine(settings.database_url), settings, Clock.at(now))


@pytest.fixture(scope="module")
def filled(sqlite_template: Path, work_dir: Path) -> Iterator[Database]:
    """Return the demo on SQLite; the tests that ask for it only read."""
    database = copy_of(sqlite_template, work_dir / "demo.db")
    demo.fill(database)
    yield database
    database.engine.dispose()


@pytest.fixture
def uow(filled: Database) -> Iterator[UnitOfWork]:
    with filled.read(SYSTEM) as uow:
        yield uow


def content(database: Database) -> dict[str, str]:
    """Return a digest of every table but what is random on purpose: references of actions, salts of passwords.

    Entries of the audit that one flush wrote have no order among themselves, so theirs is that of their text.
    """
    random_on_purpose = {"reference", "deleted_in", "password_hash"}
    digests = {}
    with database.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            left_out = random_on_purpose | ({"id"} if table.name == AuditEntry.__tablename__ else set())
            columns = [column for column in table.columns if column.name not in left_out]
            rows = sorted(repr(tuple(row)) for row in connection.execute(select(*columns)))
            digests[table.name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return digests


def count(uow: UnitOfWork, model: Any, *where: Any) -> int:
    return uow.session.scalar(select(func.count()).select_from(model).where(*where)) or 0


def kinds(uow: UnitOfWork, column: Any) -> Counter[Any]:
    return Counter(uow.session.scalars(select(column)).all())


# --- size and shape -------------------------------------------------------------------------------------------


def test_the_company_has_the_promised_size(uow: UnitOfWork) -> None:
    exact = {User: 8, Team: 4, Customer: 120, Product: 10, Plan: 2}
    assert exact == {model: count(uow, model) for model in exact}
    about = {Opportunity: 300, Lead: 160, Activity: 600, Contract: 48, Contact: 280}
    assert [] == [
        (model, count(uow, model)) for model, size in about.items() if abs(count(uow, model) - size) > size / 6
    ]


def test_every_role_can_sign_in_and_has_a_place_in_the_tree(uow: UnitOfWork) -> None:
    actors = {login: users.actor_by_login(uow, login) for login, *_ in PEOPLE}
    assert {login: role for login, _, role, _, _ in PEOPLE} == {login: a.role for login, a in actors.items() if a}
    parents = {row[0]: row[1] for row in uow.session.execute(select(Team.id, Team.parent_id))}
    root = next(team for team, parent in parents.items() if parent is None)
    assert {root: 4} == Counter(actor.team_id for actor in actors.values() if actor and actor.team_id == root)
    assert {2, 1} == set(Counter(a.team_id for a in actors.values() if a and parents.get(a.team_id or 0)).values())


def test_the_sign_in_page_may_show_the_accounts_and_their_password_holds(uow: UnitOfWork) -> None:
    shown = company.demo(uow)
    assert shown is not None
    assert [login for login, *_ in PEOPLE] == [one["login"] for one in shown["sign_ins"]]
    assert {True} == {auth.matches(shown["password"], h) for h in {*uow.session.scalars(select(User.password_hash))}}
    assert None is auth.weakness(shown["password"], names=[company.get(uow, "name"), *(name for _, name, *_ in PEOPLE)])


def test_opportunities_stand_on_every_horizon_in_every_stage(uow: UnitOfWork) -> None:
    assert {"short", "mid", "long", None} == set(kinds(uow, Opportunity.horizon))
    standing = dict(
        uow.session.execute(
            select(Stage.name, func.count()).join(Opportunity, Opportunity.stage_id == Stage.id).group_by(Stage.name)
        ).all()
    )
    assert {"Discovery", "Requirements", "Solution", "Offer", "Negotiation", "Won", "Lost", "Void"} == set(standing)
    assert min(standing.values()) >= 5
    assert count(uow, Opportunity, Opportunity.stage_id.is_(None)) > 20, "some are strategic only"


def test_leads_are_in_every_state_and_open_ones_have_next_steps_late_today_and_to_come(uow: UnitOfWork) -> None:
    assert {"new", "contacted", "nurturing", "qualified", "converted", "unqualified"} == set(kinds(uow, Lead.status))
    steps = [day for day in uow.session.scalars(select(Lead.next_step_on)) if day]
    assert all([min(steps) < TODAY, TODAY in steps, max(steps) > TODAY])


def test_leads_remind_of_something_of_every_kind(uow: UnitOfWork) -> None:
    assert all(3 <= number <= 60 for number in leads.counts(uow).values()), leads.counts(uow)


def test_leads_are_graded_by_the_rules_with_reasons_and_a_few_by_hand(uow: UnitOfWork) -> None:
    grades = kinds(uow, Lead.grade)
    assert {"A", "B", "C", "D"} == set(grades)
    assert min(grades.values()) >= 8, grades
    assert 3 <= count(uow, Lead, Lead.graded_at.is_not(None)) <= 20
    assert 0 == sum(
        one.grade_points != sum(points for _, points in one.grade_reasons) for one in uow.session.scalars(select(Lead))
    )


def test_sources_differ_in_what_becomes_of_their_leads(uow: UnitOfWork) -> None:
    found = sources.quality(uow, sources.Which(TODAY - timedelta(days=365), TODAY))
    assert 30 <= found.totals["converted"]
    rates = {row.source: row.rate for row in found.sources}
    assert rates["referral"] > 2 * rates["website"] > 0
    assert {True, False} == {row.is_small for row in found.sources}
    assert len(found.won) >= 2


def test_some_customers_and_leads_wait_in_the_public_pool(uow: UnitOfWork) -> None:
    pooled = [count(uow, model, model.owner_id.is_(None)) for model in (Customer, Lead)]
    assert all(5 <= number <= 25 for number in pooled), pooled


def test_cells_of_the_sandbox_are_missing_but_not_many(uow: UnitOfWork) -> None:
    columns = (Opportunity.market_size, Opportunity.growth, Opportunity.margin, Opportunity.competition)
    total = count(uow, Opportunity, Opportunity.horizon.is_not(None))
    missing = [count(uow, Opportunity, Opportunity.horizon.is_not(None), column.is_(None)) for column in columns]
    assert 0.08 <= sum(missing) / (4 * total) <= 0.16
    assert min(missing) > 0


def test_prose_is_in_both_languages(uow: UnitOfWork) -> None:
    texts = [*uow.session.scalars(select(Activity.summary)), *uow.session.scalars(select(PlanItem.note)), *names(uow)]
    assert [] == [t for t in texts if t and not (re.search("[A-Za-z]{3}", t) and re.search("[㐀-鿿]", t))]


def names(uow: UnitOfWork) -> list[str]:
    return [*uow.session.scalars(select(Opportunity.name)), *uow.session.scalars(select(Product.name))]


# --- laws -----------------------------------------------------------------------------------------------------


def test_kept_sums_of_money_are_those_of_the_ledger(uow: UnitOfWork) -> None:
    assert [] == money.ledger_differences(uow).to_dict("records")


def test_instalments_of_a_contract_sum_to_its_amount(uow: UnitOfWork) -> None:
    wrong = (
        select(Contract.number)
        .join(Instalment, Instalment.contract_id == Contract.id)
        .group_by(Contract.id)
        .having(func.sum(Instalment.amount) != Contract.amount)
    )
    assert [] == uow.session.scalars(wrong).all()


def test_receipts_are_in_the_currency_of_their_contract_and_only_under_contracts_in_effect(uow: UnitOfWork) -> None:
    rows = uow.session.execute(
        select(Receipt.currency, Contract.currency, Contract.stage).join(Contract, Contract.id == Receipt.contract_id)
    ).all()
    assert {True} == {mine == its and stage in ("approved", "in_force", "completed") for mine, its, stage in rows}


def test_every_column_of_the_ageing_has_money_in_it(uow: UnitOfWork) -> None:
    assert {"current", "1-30", "31-60", "61-90", "91+"} == ageing(uow)


def ageing(uow: UnitOfWork) -> set[str]:
    days = [
        (uow.today - due).days
        for due in uow.session.scalars(
            select(Instalment.due_on).where(Instalment.paid < Instalment.amount, Instalment.is_void.is_(False))
        )
    ]
    limits = {"current": (-9999, 0), "1-30": (1, 30), "31-60": (31, 60), "61-90": (61, 90), "91+": (91, 9999)}
    return {name for name, (first, last) in limits.items() if any(first <= day <= last for day in days)}


def test_contracts_stand_in_every_stage_and_some_end_soon(uow: UnitOfWork) -> None:
    assert {"draft", "in_approval", "approved", "in_force", "completed", "void"} == set(kinds(uow, Contract.stage))
    soon = (Contract.stage == "in_force", Contract.end_on.between(TODAY, TODAY + timedelta(days=30)))
    assert count(uow, Contract, *soon) >= 3


def test_stage_events_lead_without_a_gap_to_the_stage_an_opportunity_stands_in(uow: UnitOfWork) -> None:
    roads: dict[int, list[Any]] = {}
    for event in uow.session.scalars(select(StageEvent).order_by(StageEvent.at, StageEvent.id)):
        roads.setdefault(event.opportunity_id, []).append(event)
    wrong = []
    for one in uow.session.scalars(select(Opportunity)):
        events = roads.get(one.id, [])
        came_from = [None, *(event.to_stage_id for event in events[:-1])]
        is_whole = [event.from_stage_id for event in events] == came_from[: len(events)]
        last = (events[-1].to_stage_id, events[-1].at, events[-1].amount) if events else (None, None, None)
        if not is_whole or last != (one.stage_id, one.stage_entered_at, one.amount):
            wrong.append(one.code)
    assert [] == wrong


def test_what_is_closed_says_when_and_what_is_lost_says_why(uow: UnitOfWork) -> None:
    rows = uow.session.execute(
        select(Stage.kind, Opportunity.closed_on, Opportunity.lost_reason).join(Stage, Stage.id == Opportunity.stage_id)
    ).all()
    assert {True} == {(kind != "open") == (closed_on is not None) for kind, closed_on, _ in rows}
    assert {True} == {(kind == "lost") == (reason is not None) for kind, _, reason in rows}


def test_nothing_has_happened_in_the_future(uow: UnitOfWork) -> None:
    instants = {
        "stage event": StageEvent.at,
        "activity": Activity.happened_at,
        "audit": AuditEntry.at,
        "decision": PlanItem.decided_at,
        "converted": Lead.converted_at,
        **{f"{mapper.class_.__name__} created": mapper.class_.created_at for mapper in recorded()},
        **{f"{mapper.class_.__name__} changed": mapper.class_.updated_at for mapper in recorded()},
    }
    late = {name: uow.session.scalar(select(func.max(column))) for name, column in instants.items()}
    assert {} == {name: at for name, at in late.items() if at and at > NOW}
    days = (Receipt.received_on, Opportunity.closed_on, Contract.signed_on, Estimate.as_of)
    assert [] == [str(column) for column in days if (uow.session.scalar(select(func.max(column))) or TODAY) > TODAY]


def recorded() -> list[Any]:
    return [mapper for mapper in Base.registry.mappers if hasattr(mapper.class_, "updated_at")]


def test_whatever_has_an_owner_is_counted_for_the_owners_team(uow: UnitOfWork) -> None:
    teams = dict(uow.session.execute(select(User.id, User.team_id)).all())
    for model in (Customer, Lead, Opportunity, Contract):
        rows = uow.session.execute(select(model.owner_id, model.team_id)).all()
        assert {True} == {team_id == (teams[owner_id] if owner_id else None) for owner_id, team_id in rows}


def test_children_of_a_customer_belong_to_who_owns_it(uow: UnitOfWork) -> None:
    for model in (Opportunity, Contract):
        rows = uow.session.execute(
            select(model.owner_id, Customer.owner_id).join(Customer, Customer.id == model.customer_id)
        ).all()
        assert {True} == {mine is not None and mine == its for mine, its in rows}


def test_contacts_have_one_primary_each_customer(uow: UnitOfWork) -> None:
    primaries = Counter(uow.session.scalars(select(Contact.customer_id).where(Contact.is_primary)).all())
    assert dict.fromkeys(uow.session.scalars(select(Customer.id)), 1) == dict(primaries)


# --- the funnel -----------------------------------------------------------------------------------------------


def test_the_funnel_narrows_and_about_a_third_to_a_half_of_what_is_decided_is_won(uow: UnitOfWork) -> None:
    reached = dict(
        uow.session.execute(
            select(Stage.name, func.count(func.distinct(StageEvent.opportunity_id)))
            .join(Stage, Stage.id == StageEvent.to_stage_id)
            .group_by(Stage.name)
        ).all()
    )
    way = [reached[name] for name in ("Requirements", "Solution", "Offer", "Negotiation", "Won")]
    assert sorted(way, reverse=True) == way
    assert 0.3 <= reached["Won"] / (reached["Won"] + reached["Lost"]) <= 0.5


# --- planning rounds ------------------------------------------------------------------------------------------


def test_last_years_round_is_frozen_with_every_decision_and_its_reason(uow: UnitOfWork) -> None:
    frozen = uow.session.scalars(select(Plan).where(Plan.stage == "frozen")).one()
    decisions = uow.session.execute(
        select(PlanItem.decision, PlanItem.reason, PlanItem.decided_by_id).where(PlanItem.plan_id == frozen.id)
    ).all()
    assert {"fight", "let_go"} == {decision for decision, _, _ in decisions}
    assert all(reason and by for _, reason, by in decisions)
    assert frozen.frozen_at is not None
    assert frozen.frozen_at < NOW - timedelta(days=300)
    kept = planning.load(uow, frozen.id)
    assert kept["result"] == planning.recompute(kept)


def test_this_years_round_has_every_open_opportunity_with_a_horizon_on_the_table(uow: UnitOfWork) -> None:
    plan = uow.session.scalars(select(Plan).where(Plan.stage == "deciding")).one()
    assert 160 <= count(uow, PlanItem, PlanItem.plan_id == plan.id) <= 230
    assert [] == list(planning.candidates(uow, plan.id).index)


def test_this_years_round_is_half_way_and_within_its_limits(uow: UnitOfWork) -> None:
    plan = uow.session.scalars(select(Plan).where(Plan.stage == "deciding")).one()
    board = planning.table(uow, plan.id)
    so_far = planning.totals(board, planning.rank(board))
    assert min(so_far.fights, so_far.let_go) >= 20
    assert so_far.undecided > 100
    assert 0 < so_far.money_used <= (plan.money_limit or 0)
    assert 0 < so_far.heads_used <= (plan.heads_limit or 0)
    assert so_far.unknown_cost == 0
    assert int(board.items["cost"].sum()) > (plan.money_limit or 0), "not everything can be afforded"


def test_estimates_have_a_range_a_source_a_day_and_somebody_who_made_them(uow: UnitOfWork) -> None:
    rows = uow.session.scalars(select(Estimate)).all()
    assert len(rows) >= 100
    assert all(row.source and row.as_of and row.rater_id for row in rows)
    assert len({row.rater_id for row in rows}) >= 3
    assert sum(row.low < row.high for row in rows) > len(rows) * 0.8


# --- the same everywhere --------------------------------------------------------------------------------------


def test_two_fills_at_the_same_time_are_equal(filled: Database, sqlite_database: Database) -> None:
    demo.fill(sqlite_database)
    assert content(filled) == content(sqlite_database)


def test_the_demo_is_the_same_on_postgresql(filled: Database, postgresql_database: Database) -> None:
    demo.fill(postgresql_database)
    with postgresql_database.read(SYSTEM) as uow:
        assert [] == money.ledger_differences(uow).to_dict("records")
        there = {table.name: size(uow, table) for table in Base.metadata.sorted_tables}
        codes = totals(uow)
    with filled.read(SYSTEM) as uow:
        assert there == {table.name: size(uow, table) for table in Base.metadata.sorted_tables}
        assert codes == totals(uow)


def size(uow: UnitOfWork, table: Table) -> int:
    return uow.session.scalar(select(func.count()).select_from(table)) or 0


def totals(uow: UnitOfWork) -> list[Any]:
    sums = [func.sum(column) for column in (Opportunity.amount, Opportunity.market_size, Opportunity.win_probability)]
    paid = uow.session.scalar(select(func.sum(Allocation.amount)))
    return [*(int(one) for one in uow.session.execute(select(*sums)).one()), int(paid or 0)]


def test_a_database_with_a_user_is_left_alone(sqlite_world: World) -> None:
    sqlite_world.user("administrator", login="admin")
    assert demo.fill(sqlite_world.database) is False
    with sqlite_world.database.read(SYSTEM) as uow:
        assert 0 == count(uow, Customer)


def test_a_database_with_customers_is_left_alone(sqlite_database: Database) -> None:
    demo.fill(sqlite_database)
    before = content(sqlite_database)
    assert demo.fill(sqlite_database) is False
    assert before == content(sqlite_database)


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 1, 1, 2, tzinfo=UTC),
        datetime(2027, 2, 28, 20, tzinfo=UTC),
        datetime(2028, 2, 29, 1, tzinfo=UTC),
        datetime(2026, 12, 31, 23, tzinfo=UTC),
        datetime(2031, 10, 5, 9, tzinfo=UTC),
    ],
)
def test_the_story_holds_on_any_day(sqlite_template: Path, tmp_path: Path, now: datetime) -> None:
    database = copy_of(sqlite_template, tmp_path / "another_day.db", now)
    demo.fill(database)
    with database.read(SYSTEM) as uow:
        assert [] == money.ledger_differences(uow).to_dict("records")
        assert {"current", "1-30", "31-60", "61-90", "91+"} == ageing(uow)
        assert {"draft", "in_approval", "approved", "in_force", "completed", "void"} == set(kinds(uow, Contract.stage))
        assert {"deciding": 1, "frozen": 1} == kinds(uow, Plan.stage)
        assert len(set(uow.session.scalars(select(Plan.name)))) == 2
    database.engine.dispose()
