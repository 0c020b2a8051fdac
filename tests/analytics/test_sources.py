"""What the report on sources promises: everybody counted once, within the reader's scope, rates with their base."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from services import leads, opportunities
from services.analytics import sources
from services.analytics.sources import Which
from services.kit import records
from services.kit.clock import Clock
from services.kit.errors import Forbidden
from services.pipelines import PIPELINE, STAGE
from tests.conftest import NOW
from tests.factories import World
from tests.statements import heard, plan

THIS_YEAR = Which(date(2026, 1, 1), date(2026, 12, 31))


def report(world: World, which: Which = THIS_YEAR, **by: Any) -> Any:
    return world.ask(sources.quality, which, **by)


def at(world: World, days: int) -> None:
    """Let it be so many days before or after the day of the tests."""
    world.database.clock = Clock.at(NOW + timedelta(days=days))


def test_leads_are_counted_by_source_as_far_as_they_came(world: World) -> None:
    world.lead(source="referral", status="qualified")
    world.lead(source="referral", status="unqualified", unqualified_reason="other")
    world.lead(source="referral")
    gone = world.lead(source="referral")
    world.do(leads.convert, gone.id)
    spoken = world.lead(source="website", status="unqualified", unqualified_reason="other")
    world.activity(lead_id=spoken.id)
    world.lead()
    found = report(world).sources
    assert {"referral": [4, 2, 2, 1, 1], "website": [1, 1, 0, 1, 0], None: [1, 0, 0, 0, 0]} == {
        row.source: [row.leads, row.contacted, row.qualified, row.unqualified, row.converted] for row in found
    }
    referral = next(row for row in found if row.source == "referral")
    assert (0.25, True) == (referral.rate, referral.is_small)


def test_the_median_of_days_to_convert_is_the_middle(world: World) -> None:
    at(world, -60)
    made = [world.lead(source="partner") for _ in range(4)]
    for lead, days in zip(made, (10, 20, 40), strict=False):
        at(world, -60 + days)
        world.do(leads.convert, lead.id)
    assert 20 == pytest.approx(report(world).sources[0].median_days)


def won(world: World, opportunity_id: int) -> None:
    """Win an opportunity."""
    found = world.ask(records.get, opportunities.OPPORTUNITY, opportunity_id)
    stage = world.make(STAGE, pipeline_id=found.pipeline_id, name=f"Won {opportunity_id}", kind="won", position=9)
    world.do(opportunities.move, opportunity_id, stage.id)


def test_money_won_from_the_leads_is_counted_once_and_not_what_was_there_before(world: World) -> None:
    pipeline = world.make(PIPELINE, name="Sales", is_default=True)
    world.make(STAGE, pipeline_id=pipeline.id, name="New", kind="open")
    lead = world.lead(source="referral")
    customer = world.do(leads.convert, lead.id, opportunity={"name": "First", "amount": 100})
    won(world, world.ask(leads.conversion_of, lead.id).opportunity_id)
    won(world, world.opportunity(customer_id=customer.id, amount=50).id)
    world.opportunity(customer_id=customer.id, amount=7_000)
    old = world.customer(name="Old friend")
    won(world, world.opportunity(customer_id=old.id, amount=900).id)
    joined = world.lead(source="website")
    world.do(leads.convert, joined.id, customer_id=old.id, opportunity={"name": "More", "amount": 30})
    won(world, world.ask(leads.conversion_of, joined.id).opportunity_id)
    found = report(world).won
    assert {"referral": (2, 150), "website": (1, 30)} == {row.source: (row.count, row.amount) for row in found}


def test_what_was_taken_back_counts_no_more(world: World) -> None:
    lead = world.lead(source="referral")
    world.do(leads.convert, lead.id)
    world.do(leads.revert_conversion, lead.id)
    found = report(world)
    assert (0, 0) == (found.totals["converted"], len(found.won))


def test_a_reader_sees_own_leads_alone_and_filters_by_team_owner_and_time(world: World) -> None:
    team = world.team()
    ann, bob = world.actor(team_id=team.id), world.actor()
    world.lead(by=ann, source="referral")
    world.lead(by=bob, source="referral")
    at(world, -400)
    world.lead(by=ann, source="referral")
    at(world, 0)
    leader = world.actor("leader")
    narrowed = [
        report(world, by=ann),
        report(world, Which(date(2026, 1, 1), date(2026, 12, 31), owner_ids=(bob.user_id or 0,)), by=leader),
        report(world, Which(date(2026, 1, 1), date(2026, 12, 31), team_ids=(team.id,)), by=leader),
        report(world, Which(date(2025, 1, 1), date(2026, 12, 31)), by=leader),
    ]
    assert [1, 1, 1, 3] == [one.totals["leads"] for one in narrowed]
    with pytest.raises(Forbidden):
        report(world, by=world.actor("finance"))


def test_months_begin_in_the_zone_of_the_company_and_none_is_left_out(world: World) -> None:
    world.database.clock = Clock.at(NOW.replace(month=3, day=31, hour=17))  # the first of April in Shanghai
    world.lead()
    at(world, 0)
    world.do(leads.convert, world.lead().id)
    found = report(world, Which(date(2026, 3, 15), date(2026, 6, 30))).months
    assert [(3, 0, 0), (4, 1, 0), (5, 0, 0), (6, 1, 1)] == [
        (row.month.month, row.leads, row.converted) for row in found
    ]


def test_the_whole_company_is_counted_as_all_its_owners_are(world: World) -> None:
    people = [world.actor(), world.actor()]
    days = (-700, -370, -364, -40, -1, 0)
    for at_day, status in zip(days, ("new", "contacted", "unqualified", "qualified", "nurturing", "new"), strict=True):
        at(world, at_day)
        reason = {"unqualified_reason": "other"} if status == "unqualified" else {}
        for by, source in zip(people, ("tender", None), strict=True):
            lead = world.lead(by=by, source=source, status=status, **reason)
            if at_day == -364:
                world.activity(lead_id=lead.id)
    world.do(leads.convert, world.lead(by=people[0], source="other").id)
    world.do(records.delete, leads.LEAD, world.lead(by=people[0], source="exhibition").id)
    at(world, 0)
    for start, end in ((date(2024, 1, 1), date(2026, 12, 31)), (date(2025, 6, 12), date(2025, 6, 20))):
        whole = report(world, Which(start, end))
        by_owner = report(world, Which(start, end, owner_ids=tuple(one.user_id or 0 for one in people)))
        assert by_owner == whole
    assert {"tender", "other", None} == {row.source for row in report(world, Which(days_ago(800), days_ago(0))).sources}


def days_ago(days: int) -> date:
    return NOW.date() - timedelta(days=days)


def test_the_report_of_a_whole_company_looks_at_no_lead_itself(sqlite_world: World) -> None:
    """SQLite alone: how PostgreSQL reads an index depends on what has been vacuumed."""
    engine = sqlite_world.database.engine
    asked = heard(engine)
    report(sqlite_world)
    plans = [line for one in list(asked) if "FROM lead" in one[0] for line in plan(engine, one)]
    counted = "SEARCH lead USING INDEX ix_lead_sources (status=? AND source=? AND created_at>? AND created_at<?)"
    assert 2 == plans.count(counted)  # leads, and those with an activity
    assert [] == [line for line in plans if line.startswith("SCAN lead")]


def test_the_report_takes_three_queries(world: World) -> None:
    world.lead()
    asked: list[str] = []
    event.listen(world.database.engine, "before_cursor_execute", lambda _c, _k, text, *_rest: asked.append(text))
    report(world)
    assert 3 == len([one for one in asked if one.lstrip().upper().startswith(("SELECT", "WITH"))])
