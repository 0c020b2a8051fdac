"""What grading promises: the rules say why, a hand-set grade sticks, and both ways of counting agree."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from db.models import Lead
from services import custom_fields, grading, jobs, leads
from services.grading import Rule, Scheme
from services.kit import records
from services.kit.clock import Clock
from services.kit.errors import Conflict, Forbidden, Invalid
from services.kit.unit_of_work import UnitOfWork
from services.leads import LEAD
from tests.factories import World

TODAY = date(2026, 6, 15)
SCHEME = Scheme(
    (
        Rule("source", "in", ("referral", "partner"), 40),
        Rule("title", "has", ("director",), 30),
        Rule("email", "empty", (), -10),
    )
)


def found(world: World, lead: Any) -> Any:
    """Return a lead as it is now."""
    return world.ask(records.get, LEAD, lead.id)


def reasons(world: World, lead: Any) -> list[tuple[str, int]]:
    """Return the fields of the rules that a lead fulfils, with their points."""
    one = found(world, lead)
    rules = world.ask(grading.named, [rule_id for rule_id, _ in one.grade_reasons])
    return [(rules[rule_id].field, points) for rule_id, points in one.grade_reasons]


def test_a_lead_is_graded_when_it_is_made_with_the_reasons(world: World) -> None:
    world.do(grading.save, SCHEME)
    lead = world.lead(source="referral", title="Sales Director", email="a@b.cn")
    assert ("A", 70, [("source", 40), ("title", 30)]) == (lead.grade, lead.grade_points, reasons(world, lead))
    poor = world.lead()
    assert ("D", -10, [("email", -10)]) == (poor.grade, poor.grade_points, reasons(world, poor))


def test_a_lead_is_graded_anew_when_it_is_changed(world: World) -> None:
    world.do(grading.save, SCHEME)
    lead = world.lead(email="a@b.cn")
    changed = world.do(LEAD.verb("update"), lead.id, {"source": "partner"}, version=lead.version)
    assert ("B", 40, lead.version + 1) == (changed.grade, changed.grade_points, changed.version)


def test_without_rules_nothing_is_graded(world: World) -> None:
    lead = world.lead(source="referral")
    assert (None, None, []) == (lead.grade, lead.grade_points, lead.grade_reasons)


def test_a_grade_set_by_hand_sticks_and_says_whose_it_is(world: World) -> None:
    ann = world.actor(name="Ann")
    world.do(grading.save, SCHEME)
    lead = world.lead(by=ann, email="a@b.cn")
    world.do(LEAD.verb("update"), lead.id, {"grade": "B"}, by=ann)
    by_hand = found(world, lead)
    assert ("B", ann.user_id, world.database.clock.now()) == (by_hand.grade, by_hand.graded_by_id, by_hand.graded_at)
    world.do(LEAD.verb("update"), lead.id, {"source": "partner", "title": "Director"}, by=ann)
    world.do(grading.save, replace(SCHEME, a=69))
    assert ("B", 70) == (found(world, lead).grade, found(world, lead).grade_points)
    world.do(leads.set_grade, lead.id, None, by=ann)
    assert ("A", None, None) == (
        found(world, lead).grade, found(world, lead).graded_at, found(world, lead).graded_by_id,
    )  # fmt: skip


def test_the_grade_of_the_rules_can_be_made_ones_own(world: World) -> None:
    world.do(grading.save, SCHEME)
    lead = world.lead(source="partner", email="a@b.cn")
    world.do(leads.set_grade, lead.id, "B")
    world.do(LEAD.verb("update"), lead.id, {"source": None})
    assert "B" == found(world, lead).grade


def test_an_emptied_grade_follows_the_rules_again(world: World) -> None:
    world.do(grading.save, SCHEME)
    lead = world.lead(source="partner", email="a@b.cn", grade="D")
    assert "D" == lead.grade
    assert "B" == world.do(LEAD.verb("update"), lead.id, {"grade": None}).grade


def test_grading_is_no_conflict_for_whoever_is_editing(world: World) -> None:
    lead = world.lead(source="partner", email="a@b.cn")
    world.do(grading.save, SCHEME)
    changed = world.do(LEAD.verb("update"), lead.id, {"industry": "Steel"}, version=lead.version)
    assert ("Steel", "B") == (changed.industry, changed.grade)
    with pytest.raises(Conflict):
        world.do(LEAD.verb("update"), lead.id, {"industry": "Glass"}, version=lead.version)


def test_rows_of_a_file_are_graded_as_they_enter(world: World) -> None:
    world.do(grading.save, SCHEME)

    def enter(uow: UnitOfWork) -> list[int]:
        rows: list[dict[str, Any]] = [
            {"name": "Ann", "company": "Acme", "email": "a@b.cn", "source": "referral"},
            {"name": "Bob", "company": "Bolt", "email": "b@b.cn", "source": "website", "grade": "B"},
        ]
        assert {} == leads.prepare(uow, rows)
        return [records.bulk_create(uow, LEAD, [row], because="import")[0] for row in rows]

    ann, bob = (world.ask(records.get, LEAD, one) for one in world.do(enter))
    assert ("B", 40, None, 1) == (ann.grade, ann.grade_points, ann.graded_at, len(ann.grade_reasons))
    assert ("B", 0, world.database.clock.now()) == (bob.grade, bob.grade_points, bob.graded_at)


def test_changed_fields_of_many_grade_them_anew(world: World) -> None:
    world.do(grading.save, SCHEME)
    ids = [world.lead(email="a@b.cn").id for _ in range(3)]
    world.do(LEAD.verb("bulk_update"), ids, {"source": "partner"})
    assert ["B"] * 3 == [world.ask(records.get, LEAD, one).grade for one in ids]


# --- rules --------------------------------------------------------------------------------------------------


def test_the_preview_says_what_saving_would_change(world: World) -> None:
    world.do(grading.save, SCHEME)
    world.lead(source="referral", email="a@b.cn")
    world.lead(source="referral", email="a@b.cn", grade="C")
    world.lead(email="a@b.cn")
    plan = world.ask(grading.preview, replace(SCHEME, b=41))
    assert (3, 1, 1, {"B": 1, "C": 1, "D": 1}, {"C": 2, "D": 1}) == (
        plan.leads, plan.changed, plan.by_hand, dict(plan.before), dict(plan.after),
    )  # fmt: skip
    world.do(grading.save, replace(SCHEME, rules=world.ask(grading.scheme).rules, b=41))
    assert {"C": 2, "D": 1} == dict(world.ask(grading.preview, replace(SCHEME, b=41)).before)


def test_saving_keeps_changes_and_deletes_rules(world: World) -> None:
    world.do(grading.save, SCHEME)
    first, second, _third = world.ask(grading.scheme).rules
    wanted = Scheme((replace(second, points=5), replace(first, is_active=False), Rule("region", "filled", (), 7)))
    world.do(grading.save, wanted)
    now = world.ask(grading.scheme).rules
    assert [(second.id, 5, True), (first.id, 40, False), (now[2].id, 7, True)] == [
        (one.id, one.points, one.is_active) for one in now
    ]
    lead = world.lead(region="East", title="director", source="referral")
    assert 12 == lead.grade_points


@pytest.mark.parametrize(
    "rule",
    [
        Rule("nowhere", "is", ("x",), 5),
        Rule("grade", "in", ("A",), 5),
        Rule("source", "has", ("x",), 5),
        Rule("source", "in", ("no such source",), 5),
        Rule("source", "in", (), 5),
        Rule("title", "filled", ("x",), 5),
        Rule("title", "is", ("x",), 0),
        Rule("title", "is", ("x",), 5_000),
        Rule("last_activity_at", "within", (-1,), 5),
    ],
)
def test_a_rule_that_says_nothing_is_refused(sqlite_world: World, rule: Rule) -> None:
    with pytest.raises(Invalid):
        sqlite_world.do(grading.save, Scheme((rule,)))


def test_rules_ask_about_custom_fields_too(world: World) -> None:
    world.do(custom_fields.create, {"entity": "lead", "kind": "integer", "label_en": "Machines", "label_zh": "机床"})
    before = world.lead(c_machines=50)
    world.do(grading.save, Scheme((Rule("c_machines", "from", (40,), 60),)))
    few = world.lead(c_machines=30)
    assert [("A", 60), ("D", 0)] == [(found(world, one).grade, found(world, one).grade_points) for one in (before, few)]


def test_thresholds_stand_in_their_order(sqlite_world: World) -> None:
    with pytest.raises(Invalid, match="A needs more points than B"):
        sqlite_world.do(grading.save, Scheme(a=10, b=10))


def test_administrators_edit_leaders_read_sellers_do_neither(world: World) -> None:
    with pytest.raises(Forbidden):
        world.do(grading.save, SCHEME, by=world.actor("leader"))
    with pytest.raises(Forbidden):
        world.ask(grading.scheme, by=world.actor("sales"))
    world.do(grading.save, SCHEME, by=world.actor("administrator"))
    assert 3 == len(world.ask(grading.scheme, by=world.actor("leader")).rules)


def test_what_has_been_converted_keeps_its_grade(world: World) -> None:
    world.do(grading.save, SCHEME)
    lead = world.lead(source="referral", email="a@b.cn")
    world.do(leads.convert, lead.id)
    world.do(grading.save, replace(SCHEME, rules=world.ask(grading.scheme).rules, a=40, b=30))
    assert "B" == found(world, lead).grade


# --- many ---------------------------------------------------------------------------------------------------


def test_all_leads_are_graded_anew_a_chunk_at_a_time(world: World) -> None:
    made = [world.lead(source="referral", email="a@b.cn") for _ in range(7)]
    world.do(grading.save, SCHEME)
    world.do(grading.save, replace(SCHEME, rules=world.ask(grading.scheme).rules, a=40, b=30))

    def forget(uow: UnitOfWork) -> None:
        uow.session.execute(update(Lead).values(grade=None, grade_points=None))
        grading.rules.keep_state(uow, 0, None)

    world.do(forget)
    steps = []
    while True:
        steps.append(world.do(grading.regrade, limit=3))
        if steps[-1].is_done:
            break
    assert [(3, False), (3, False), (1, True)] == [(one.changed, one.is_done) for one in steps]
    assert {"A"} == {found(world, one).grade for one in made}
    assert (0, True) == (world.do(grading.regrade).changed, world.do(grading.regrade).is_done)


def test_points_that_depend_on_the_day_follow_the_days(world: World) -> None:
    world.do(grading.save, Scheme((Rule("next_step_on", "within", (2,), 50),)))
    lead = world.lead(next_step_on=TODAY + timedelta(days=2))
    assert 50 == lead.grade_points
    world.database.clock = Clock.at(world.database.clock.now() + timedelta(days=5))
    assert 1 == world.do(grading.regrade).changed
    assert 0 == found(world, lead).grade_points
    assert (0, True) == (world.do(grading.regrade).changed, world.do(grading.regrade).is_done)


def test_the_job_of_the_night_grades_until_nothing_is_left(world: World) -> None:
    world.do(grading.save, Scheme((Rule("next_step_on", "within", (2,), 50),)))
    lead = world.lead(next_step_on=TODAY)
    world.database.clock = Clock.at(world.database.clock.now() + timedelta(days=9))
    assert {"graded": 1, "steps": 0} == jobs.run(world.database, "grades")
    assert 0 == found(world, lead).grade_points


TEXTS = st.sampled_from([None, "", "Director", "SALES director", "采购总监", "ÉCOLE", "école", "a%b", "_"])
RULES = st.one_of(
    st.builds(
        Rule,
        st.sampled_from(["title", "industry"]),
        st.sampled_from(["is", "has"]),
        st.tuples(st.sampled_from(["director", "DIRECTOR", "总监", "école", "%", "_", "a"])),
        st.integers(1, 50),
    ),
    st.builds(
        Rule,
        st.just("industry"),
        st.just("in"),
        st.tuples(st.sampled_from(["Director", "école"]), st.just("采购总监")),
        st.integers(-50, -1),
    ),
    st.builds(
        Rule,
        st.sampled_from(["title", "email", "source", "next_step_on"]),
        st.sampled_from(["filled", "empty"]),
        st.just(()),
        st.integers(1, 50),
    ),
    st.builds(Rule, st.just("status"), st.just("in"), st.tuples(st.just("new")), st.integers(1, 50)),
    st.builds(
        Rule, st.just("source"), st.just("in"), st.tuples(st.sampled_from(["referral", "partner"])), st.integers(1, 50)
    ),
    st.builds(
        Rule,
        st.sampled_from(["next_step_on", "created_at", "last_activity_at"]),
        st.just("within"),
        st.tuples(st.integers(0, 3)),
        st.integers(1, 50),
    ),
)
LEADS = st.fixed_dictionaries(
    {
        "title": TEXTS,
        "industry": TEXTS,
        "source": st.sampled_from([None, "referral", "website"]),
        "next_step_on": st.sampled_from([None, *(TODAY + timedelta(days=days) for days in (-4, -3, 0, 1, 3, 4))]),
    }
)


@given(rules=st.lists(RULES, max_size=5), values=st.lists(LEADS, min_size=1, max_size=4))
@settings(max_examples=25)
def test_a_save_and_the_job_for_all_count_the_same(
    world: World, rules: list[Rule], values: list[dict[str, Any]]
) -> None:
    world.do(grading.save, Scheme(tuple(rules), a=50, b=20, c=0))
    made = [world.lead(**one) for one in values]
    expected = {one.id: (one.grade, one.grade_points, one.grade_reasons) for one in made}

    def wrong(uow: UnitOfWork) -> None:
        uow.session.execute(update(Lead).values(grade="D", grade_points=-999, grade_reasons=[[0, 0]]))
        grading.rules.keep_state(uow, 0, None)

    world.do(wrong)
    while not world.do(grading.regrade).is_done:
        pass
    now = {one: world.ask(records.get, LEAD, one) for one in expected}
    assert expected == {one: (lead.grade, lead.grade_points, lead.grade_reasons) for one, lead in now.items()}
