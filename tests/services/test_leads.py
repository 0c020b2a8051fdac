"""What a lead promises: a status that makes sense, fair shares, reminders that are shown until they are put aside."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from services import activities, leads, reminders
from services import today as today_service
from services.kit import query, records
from services.kit.actor import Actor
from services.kit.clock import Clock
from services.kit.errors import Forbidden, Invalid, NotFound, Refusal
from services.kit.query import Query
from services.kit.undo import undo
from services.kit.unit_of_work import UnitOfWork
from services.leads import LEAD
from tests.factories import World
from tests.races import at_once

TODAY = date(2026, 6, 15)


def found(world: World, lead: Any) -> Any:
    """Return a lead as it is now."""
    return world.ask(records.get, LEAD, lead.id)


def test_the_status_converted_is_set_by_converting_alone(world: World) -> None:
    with pytest.raises(Invalid):
        world.lead(status="converted")
    lead = world.lead()
    with pytest.raises(Invalid):
        world.do(LEAD.verb("update"), lead.id, {"status": "converted"})
    world.do(leads.convert, lead.id)
    with pytest.raises(Invalid):
        world.do(LEAD.verb("update"), lead.id, {"status": "new"})


def test_the_first_activity_makes_a_new_lead_a_contacted_one(world: World) -> None:
    lead, known = world.lead(), world.lead(status="qualified")
    for one in (lead, known):
        world.do(activities.log, lead_id=one.id, kind="call", summary="Talked")
    assert ("contacted", "qualified") == (found(world, lead).status, found(world, known).status)


def test_what_the_portal_itself_notes_is_no_contact(world: World) -> None:
    lead = world.lead()
    world.do(activities.log, lead_id=lead.id, kind="system", summary="Came in by the website")
    assert "new" == found(world, lead).status


def test_many_activities_at_once_leave_one_contacted_lead(world: World) -> None:
    lead = world.lead()
    outcomes = at_once(
        4,
        lambda n: world.do(
            activities.log, lead_id=lead.id, kind="call", summary=f"Call {n}", next_step_on=TODAY + timedelta(days=n)
        ),
    )
    assert [] == [one for one in outcomes if isinstance(one, Exception)]
    assert ("contacted", 4) == (found(world, lead).status, len(world.ask(activities.timeline, lead_id=lead.id)))


def test_a_lead_is_given_up_only_for_a_reason_and_is_open_again_without_it(world: World) -> None:
    lead = world.lead()
    with pytest.raises(Invalid, match="Say why"):
        world.do(leads.set_status, [lead.id], "unqualified")
    with pytest.raises(Invalid, match="Say why"):
        world.do(LEAD.verb("update"), lead.id, {"status": "unqualified"})
    world.do(leads.set_status, [lead.id], "unqualified", reason="no_budget")
    assert ("unqualified", "no_budget") == (found(world, lead).status, found(world, lead).unqualified_reason)
    world.do(leads.set_status, [lead.id], "nurturing")
    assert ("nurturing", None) == (found(world, lead).status, found(world, lead).unqualified_reason)


def test_an_old_lead_without_a_reason_can_still_be_edited(world: World) -> None:
    lead = world.lead(status="unqualified", unqualified_reason="other")

    def forget(uow: UnitOfWork) -> None:
        records.get(uow, LEAD, lead.id).unqualified_reason = None

    world.do(forget)
    assert "Steel" == world.do(LEAD.verb("update"), lead.id, {"industry": "Steel"}).industry


def test_somebody_spoken_to_is_new_no_more(world: World) -> None:
    lead = world.lead()
    world.do(activities.log, lead_id=lead.id, kind="call", summary="Talked")
    with pytest.raises(Invalid, match="new no more"):
        world.do(leads.set_status, [lead.id], "new")


def test_the_status_of_many_is_set_for_all_or_none(world: World) -> None:
    ann = world.actor()
    own, foreign = world.lead(by=ann), world.lead(by=world.actor())
    with pytest.raises(NotFound):
        world.do(leads.set_status, [own.id, foreign.id], "qualified", by=ann)
    assert "new" == found(world, own).status
    assert 1 == world.do(leads.set_status, [own.id], "qualified", by=ann)


def test_every_status_has_what_may_follow() -> None:
    assert set(LEAD.fields["status"].options or {}) == set(leads.NEXT_STATUSES)
    assert "converted" not in {one for after in leads.NEXT_STATUSES.values() for one in after}


# --- assignment ---------------------------------------------------------------------------------------------


def team(world: World) -> tuple[Actor, list[Actor]]:
    """Return a manager and three sellers of one team, by name."""
    team_id = world.team().id
    manager = world.actor("sales_manager", team_id=team_id, name="Zoe")
    return manager, [world.actor(name=name, team_id=team_id) for name in ("Ann", "Bob", "Cem")]


def of(world: World, actor: Actor) -> int:
    """Return how many leads somebody owns."""
    return int(world.ask(query.count, LEAD, Query().where("owner_id", "in", actor.user_id)))


def test_leads_are_dealt_out_in_turn(world: World) -> None:
    manager, people = team(world)
    made = [world.lead(by=manager) for _ in range(7)]
    got = world.do(leads.assign, [one.id for one in made], [one.user_id for one in people], by=manager)
    assert [3, 2, 2] == [got[one.user_id] for one in people] == [of(world, one) for one in people]
    assert found(world, made[0]).team_id == people[0].team_id


def test_whoever_has_least_to_do_gets_most(world: World) -> None:
    manager, people = team(world)
    for _ in range(4):
        world.lead(by=people[0])
    world.lead(by=people[1])
    made = [world.lead(by=manager) for _ in range(4)]
    ids = [one.id for one in made]
    world.do(leads.assign, ids, [one.user_id for one in people], way="least_busy", by=manager)
    assert [4, 2, 3] == [of(world, one) for one in people] or [4, 3, 2] == [of(world, one) for one in people]


def test_leads_are_given_within_reach_only(world: World) -> None:
    manager, people = team(world)
    stranger = world.actor(name="Far", team_id=world.team().id)
    lead, foreign = world.lead(by=manager), world.lead(by=stranger)
    with pytest.raises(NotFound):
        world.do(leads.assign, [lead.id], [stranger.user_id], by=manager)
    with pytest.raises(NotFound):
        world.do(leads.assign, [foreign.id], [people[0].user_id], by=manager)
    with pytest.raises(Forbidden):
        world.do(leads.assign, [lead.id], [people[0].user_id], by=people[0])
    assert ["Ann", "Bob", "Cem", "Zoe"] == [one.name for one in world.ask(leads.people, by=manager)]


def named(uow: UnitOfWork, verb: Any, *args: Any, **kwargs: Any) -> str:
    """Run a verb and return what the audit calls the action."""
    verb(uow, *args, **kwargs)
    return uow.reference


def test_dealt_out_leads_come_back_to_whom_they_were_by_an_undo(world: World) -> None:
    manager, people = team(world)
    own = [world.lead(by=manager) for _ in range(3)]
    lying = world.lead()
    ids, owners = [one.id for one in (*own, lying)], [manager.user_id] * 3 + [None]
    before = [found(world, one) for one in (*own, lying)]
    world.do(leads.assign, [lying.id], [manager.user_id])
    world.do(leads.assign, [lying.id], [people[0].user_id])
    owners[3] = people[0].user_id
    reference = world.do(named, leads.assign, ids, [one.user_id for one in people[1:]], by=manager)
    assert 4 == of(world, people[1]) + of(world, people[2])
    undone = world.do(undo, reference, by=manager)
    assert (4, []) == (undone.done, undone.kept)
    assert owners == [found(world, one).owner_id for one in before]
    assert manager.team_id == found(world, own[0]).team_id


def test_a_status_given_to_many_is_taken_back_and_who_was_changed_since_is_kept(world: World) -> None:
    manager, _people = team(world)
    new, spoken, later = (world.lead(by=manager) for _ in range(3))
    world.activity(by=manager, lead_id=spoken.id)
    ids = [one.id for one in (new, spoken, later)]
    reference = world.do(named, leads.set_status, ids, "unqualified", reason="no_budget", by=manager)
    world.do(leads.set_status, [later.id], "nurturing", by=manager)
    undone = world.do(undo, reference, by=manager)
    assert (2, [later.id]) == (undone.done, [one.record_id for one in undone.kept])
    now = [found(world, one) for one in (new, spoken, later)]
    assert ["new", "contacted", "nurturing"] == [one.status for one in now]
    assert [None] * 3 == [one.unqualified_reason for one in now]


def test_nobody_is_offered_who_does_not_work_on_leads(world: World) -> None:
    world.actor("finance", name="Fin")
    gone = world.user(name="Gone")
    from services.users import disable

    world.do(disable, gone.id)
    assert [] == [one.name for one in world.ask(leads.people) if one.name in ("Fin", "Gone")]


# --- reminders ----------------------------------------------------------------------------------------------


def reminded(world: World, ann: Actor) -> dict[str, Any]:
    """Make one lead for each reminder, and some for none."""
    made = {
        "today": world.lead(by=ann, next_step_on=TODAY),
        "overdue": world.lead(by=ann, next_step_on=TODAY - timedelta(days=3)),
        "unplanned": world.lead(by=ann, status="qualified"),
        "untouched": world.lead(by=ann),
        "later": world.lead(by=ann, next_step_on=TODAY + timedelta(days=1)),
        "over": world.lead(by=ann, status="unqualified", unqualified_reason="other", next_step_on=TODAY),
    }

    def long_ago(uow: UnitOfWork) -> None:
        records.get(uow, LEAD, made["untouched"].id).received_at = uow.now - timedelta(days=2)

    world.do(long_ago)
    return made


def test_each_reminder_is_counted_and_its_list_shows_the_same(world: World) -> None:
    ann = world.actor()
    made = reminded(world, ann)
    world.lead(by=world.actor(), next_step_on=TODAY)
    gone = world.lead(by=ann, next_step_on=TODAY)
    world.do(leads.convert, gone.id, by=ann)
    expected = {
        "today": {made["today"].id},
        "overdue": {made["overdue"].id},
        "unplanned": {made["unplanned"].id, made["untouched"].id},
        "untouched": {made["untouched"].id},
        "converted": {gone.id},
    }
    shown = world.ask(leads.views, by=ann)
    assert expected == {
        view: set(world.ask(query.page, LEAD, Query(filters), by=ann).ids) for view, filters in shown.items()
    }
    counts = world.ask(leads.counts, by=ann)
    assert {view: len(ids) for view, ids in expected.items() if view != "converted"} == counts


def test_all_counts_take_one_query(world: World) -> None:
    ann = world.actor()
    asked: list[str] = []
    event.listen(world.database.engine, "before_cursor_execute", lambda _c, _k, text, *_rest: asked.append(text))
    world.ask(leads.counts, by=ann)
    assert 1 == len([one for one in asked if "FROM lead" in one])


def waiting(world: World, ann: Actor) -> dict[str, list[int]]:
    """Return the ids of the leads of which Today reminds somebody."""
    shown = world.ask(today_service.today, by=ann)
    return {part: [one.id for one in getattr(shown, part).rows] for part in ("next_steps", "untouched", "unplanned")}


def test_today_reminds_of_each_lead_once(world: World) -> None:
    ann = world.actor()
    made = reminded(world, ann)
    assert {
        "next_steps": [made["overdue"].id, made["today"].id],
        "untouched": [made["untouched"].id],
        "unplanned": [made["unplanned"].id],
    } == waiting(world, ann)


def test_a_reminder_put_aside_comes_back_on_its_day(world: World) -> None:
    ann = world.actor()
    lead = world.lead(by=ann, next_step_on=TODAY)
    until = TODAY + timedelta(days=1)
    world.do(reminders.put_aside, "next_step", "lead", lead.id, until=until, about_on=TODAY, by=ann)
    assert [] == waiting(world, ann)["next_steps"]
    world.do(reminders.put_aside, "next_step", "lead", lead.id, about_on=TODAY, by=ann)
    assert [] == waiting(world, ann)["next_steps"]
    world.do(reminders.show_again, "next_step", "lead", lead.id, by=ann)
    assert [lead.id] == waiting(world, ann)["next_steps"]


def test_another_day_is_another_reminder(world: World) -> None:
    ann = world.actor()
    lead = world.lead(by=ann, next_step_on=TODAY)
    world.do(reminders.put_aside, "next_step", "lead", lead.id, about_on=TODAY, by=ann)
    world.do(LEAD.verb("update"), lead.id, {"next_step_on": TODAY - timedelta(days=1)}, by=ann)
    assert [lead.id] == waiting(world, ann)["next_steps"]


def test_what_one_puts_aside_others_still_see(world: World) -> None:
    ann, bob = world.actor(), world.actor()
    lead = world.lead(by=ann, status="qualified")
    with pytest.raises(NotFound):
        world.do(reminders.put_aside, "unplanned", "lead", lead.id, by=bob)
    with pytest.raises(Refusal, match="still to come"):
        world.do(reminders.put_aside, "unplanned", "lead", lead.id, until=TODAY, by=ann)
    assert [lead.id] == waiting(world, ann)["unplanned"]
    world.do(reminders.put_aside, "unplanned", "lead", lead.id, by=ann)
    assert [] == waiting(world, ann)["unplanned"]


def test_old_ones_are_forgotten(world: World) -> None:
    ann = world.actor()
    lead = world.lead(by=ann)
    world.do(reminders.put_aside, "unplanned", "lead", lead.id, until=TODAY + timedelta(days=1), by=ann)
    assert {"reminders": 0} == world.do(reminders.forget_old)
    world.database.clock = Clock.at(world.database.clock.now() + timedelta(days=1))
    assert {"reminders": 1} == world.do(reminders.forget_old)
    with pytest.raises(Forbidden):
        world.do(reminders.forget_old, by=ann)
