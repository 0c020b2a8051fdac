"""What profiles promise: versions that stay, answers nobody overwrites, and findings that reach the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seed import reference
from services import planning, profiles
from services.competitors import COMPETITOR
from services.kit import records
from services.kit.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from services.opportunities import OPPORTUNITY
from services.profiles import FINDING, PROFILE, Question
from services.profiles.answers import WHOLE, changes, completeness, is_answered, merged
from tests.factories import World
from tests.races import at_once

CHANCE = {
    "name": "New line", "horizon": "mid", "market_size": 5_000_00, "growth": 1_200, "margin": 3_000, "competition": 2,
}  # fmt: skip


@pytest.fixture
def asking(world: World) -> World:
    """Return the world with the questions every company starts with."""
    world.do(reference.add_profile_questions)
    return world


def begun(world: World, **facts: Any) -> tuple[Any, Any, Any]:
    """Return a seller, a customer of theirs, and its profile."""
    ann = world.actor(**facts)
    customer = world.customer(by=ann)
    return ann, customer, world.do(profiles.begin, customer.id, by=ann)


# --- completeness ---------------------------------------------------------------------------------------------

questions_lists = st.lists(
    st.builds(
        Question,
        code=st.sampled_from("abcdefgh"),
        section=st.just({"en": "S"}),
        wording=st.just({"en": "W"}),
        is_required=st.booleans(),
        weight=st.integers(1, 10),
    ),
    max_size=8,
    unique_by=lambda one: one.code,
)
answers_maps = st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from([None, "", "  ", "yes", 0, 3]))


@given(questions_lists, answers_maps, st.sampled_from("abcdefgh"))
def test_one_more_answer_never_makes_it_less_complete(
    asked: list[Question], answers: dict[str, Any], code: str
) -> None:
    before = completeness(asked, answers)
    assert 0 <= before <= completeness(asked, {**answers, code: "known"}) <= WHOLE


@given(questions_lists, answers_maps)
def test_it_is_whole_when_all_that_is_needed_is_answered(asked: list[Question], answers: dict[str, Any]) -> None:
    needed = [one.code for one in asked if one.is_required]
    is_whole = all(is_answered(answers.get(code)) for code in needed)
    assert is_whole == (completeness(asked, answers) == WHOLE)


@given(questions_lists, answers_maps, answers_maps)
def test_what_differs_leads_from_one_version_to_the_other(
    asked: list[Question], before: dict[str, Any], after: dict[str, Any]
) -> None:
    old, new = merged({}, before), merged({}, after)
    found = changes(asked, old, new)
    assert new == merged(old, {one.question.code: one.after for one in found})
    assert [] == changes(asked, old, old)


# --- versions -------------------------------------------------------------------------------------------------


def test_a_draft_is_published_and_stays_as_it_was(asking: World) -> None:
    ann, _customer, profile = begun(asking, name="Ann")
    asking.do(profiles.answer, profile.id, {"business": "Gears", "share": 1_200}, by=ann)
    asking.do(profiles.publish, profile.id, note="First", by=ann)
    asking.do(profiles.answer, profile.id, {"business": "Gears and axles", "market": "Grows"}, by=ann)
    draft, first = asking.ask(profiles.versions, profile.id, by=ann)
    assert (2, True, {"business": "Gears and axles", "market": "Grows", "share": 1_200}) == (
        draft.number, draft.is_draft, draft.answers,
    )  # fmt: skip
    assert (1, False, {"business": "Gears", "share": 1_200}, "Ann", "First") == (
        first.number, first.is_draft, first.answers, first.by, first.note,
    )  # fmt: skip
    found = asking.ask(profiles.difference, profile.id, 1, 2, by=ann)
    assert [("business", "Gears", "Gears and axles"), ("market", None, "Grows")] == [
        (one.question.code, one.before, one.after) for one in found
    ]
    asking.do(profiles.discard_draft, profile.id, by=ann)
    assert [1] == [one.number for one in asking.ask(profiles.versions, profile.id, by=ann)]
    kept = asking.ask(records.get, PROFILE, profile.id, by=ann)
    assert (1, first.completeness) == (kept.edition, kept.completeness)


def test_there_is_nothing_to_publish_or_throw_away_without_a_draft(asking: World) -> None:
    ann, _customer, profile = begun(asking)
    with pytest.raises(Refusal, match="nothing new"):
        asking.do(profiles.publish, profile.id, by=ann)
    asking.do(profiles.answer, profile.id, {"business": "Gears"}, by=ann)
    with pytest.raises(Refusal, match="no draft"):
        asking.do(profiles.discard_draft, profile.id, by=ann)
    asking.do(profiles.publish, profile.id, by=ann)
    asking.do(profiles.answer, profile.id, {"business": "Gears"}, by=ann)
    with pytest.raises(Refusal, match="nothing new"):
        asking.do(profiles.publish, profile.id, by=ann)


def test_two_may_answer_different_questions_and_nobody_overwrites_in_silence(asking: World) -> None:
    ann, _customer, profile = begun(asking)
    began = dict(asking.ask(profiles.current, profile.id, by=ann).answers)
    asking.do(profiles.answer, profile.id, {"business": "Gears"}, began=began, by=ann)
    asking.do(profiles.answer, profile.id, {"market": "Grows"}, began=began, by=ann)
    with pytest.raises(Conflict) as conflict:
        asking.do(profiles.answer, profile.id, {"business": "Axles"}, began=began, by=ann)
    assert ({"business": "Gears"}, {"business": "Axles"}) == (conflict.value.theirs, conflict.value.yours)
    assert {"business": "Gears", "market": "Grows"} == asking.ask(profiles.current, profile.id, by=ann).answers
    asking.do(profiles.answer, profile.id, {"business": "Gears"}, began=began, by=ann)


def test_of_eight_first_answers_at_once_none_is_lost(asking: World) -> None:
    ann, _customer, profile = begun(asking)
    codes = [one.code for one in asking.ask(profiles.questions, "customer") if one.kind == "long_text"][:8]
    outcomes = at_once(8, lambda n: asking.do(profiles.answer, profile.id, {codes[n]: f"Answer {n}"}, began={}, by=ann))
    assert [] == [one for one in outcomes if isinstance(one, Exception)]
    current = asking.ask(profiles.current, profile.id, by=ann)
    assert {code: f"Answer {n}" for n, code in enumerate(codes)} == current.answers


def test_answers_hold_what_their_question_allows(asking: World) -> None:
    ann, _customer, profile = begun(asking)
    with pytest.raises(Invalid) as invalid:
        asking.do(profiles.answer, profile.id, {"share": 20_000, "references": 9, "business": "x" * 5_000}, by=ann)
    assert {"share", "references", "business"} == set(invalid.value.fields)
    with pytest.raises(Refusal, match="no such question"):
        asking.do(profiles.answer, profile.id, {"whim": "x"}, by=ann)
    asking.do(profiles.answer, profile.id, {"business": "Gears"}, by=ann)
    asking.do(profiles.answer, profile.id, {"business": " "}, by=ann)
    assert {} == asking.ask(profiles.current, profile.id, by=ann).answers


def test_there_is_one_profile_of_the_customer_and_one_for_each_competitor(asking: World) -> None:
    ann, customer, _profile = begun(asking)
    rival = asking.make(COMPETITOR, name="Rival")
    asking.do(profiles.begin, customer.id, "competitor", rival.id, by=ann)
    for more in ((), ("competitor", rival.id)):
        with pytest.raises(Refusal, match="already"):
            asking.do(profiles.begin, customer.id, *more, by=ann)
    for wrong in (("competitor", None), ("customer", rival.id)):
        with pytest.raises(Invalid):
            asking.do(profiles.begin, customer.id, *wrong, by=ann)
    another = asking.customer(by=ann)
    outcomes = at_once(4, lambda _number: asking.do(profiles.begin, another.id, by=ann))
    assert 3 == sum(isinstance(one, Refusal) for one in outcomes)


# --- findings -------------------------------------------------------------------------------------------------


def test_a_finding_becomes_an_opportunity_on_the_sandbox_and_each_knows_the_other(asking: World) -> None:
    ann, customer, profile = begun(asking)
    found = asking.do(FINDING.verb("create"), {"profile_id": profile.id, "text": "They need a line"}, by=ann)
    assert (True, 1) == (
        asking.ask(profiles.summary, customer.id, by=ann).is_flagged,
        asking.ask(profiles.summary, customer.id, by=ann).open_findings,
    )
    with pytest.raises(Invalid) as invalid:
        asking.do(profiles.to_opportunity, found.id, {"name": "New line", "horizon": "mid"}, by=ann)
    assert {"market_size", "growth", "margin", "competition"} == set(invalid.value.fields)
    chance = asking.do(profiles.to_opportunity, found.id, CHANCE, by=ann)
    assert (customer.id, ann.user_id, "mid") == (chance.customer_id, chance.owner_id, chance.horizon)
    (line,) = asking.ask(profiles.of_profile, profile.id, by=ann)
    assert (chance.id, "New line", True, "taken") == (
        line.opportunity_id,
        line.opportunity,
        line.is_on_sandbox,
        line.state,
    )
    assert (customer.id, "They need a line") == asking.ask(profiles.origin, chance.id, by=ann)
    summary = asking.ask(profiles.summary, customer.id, by=ann)
    assert (False, 0) == (summary.is_flagged, summary.open_findings)
    with pytest.raises(Refusal, match="already"):
        asking.do(profiles.to_opportunity, found.id, CHANCE, by=ann)
    asking.do(reference.add_criteria)
    plan = asking.do(planning.create_plan, "Round", opportunity_ids=[])
    assert chance.id in asking.ask(planning.candidates, plan.id).index


def test_a_profile_is_flagged_again_when_its_opportunity_goes(asking: World) -> None:
    ann, customer, profile = begun(asking)
    found = asking.do(FINDING.verb("create"), {"profile_id": profile.id, "text": "They need a line"}, by=ann)
    chance = asking.do(profiles.to_opportunity, found.id, CHANCE, by=ann)
    asking.do(OPPORTUNITY.verb("update"), chance.id, {"horizon": None}, by=ann)
    assert asking.ask(profiles.summary, customer.id, by=ann).is_flagged
    asking.do(OPPORTUNITY.verb("delete"), chance.id)
    (line,) = asking.ask(profiles.of_profile, profile.id, by=ann)
    assert (None, False) == (line.opportunity_id, line.is_on_sandbox)
    again = asking.do(profiles.to_opportunity, found.id, CHANCE, by=ann)
    assert chance.id != again.id


def test_a_risk_is_no_opportunity_and_a_link_stays_within_the_customer(asking: World) -> None:
    ann, customer, profile = begun(asking)
    risk = asking.do(FINDING.verb("create"), {"profile_id": profile.id, "text": "Late payer", "kind": "risk"}, by=ann)
    with pytest.raises(Refusal, match="change its kind"):
        asking.do(profiles.to_opportunity, risk.id, CHANCE, by=ann)
    asking.do(FINDING.verb("update"), risk.id, {"kind": "opportunity"}, by=ann)
    elsewhere = asking.opportunity(by=ann, customer_id=asking.customer(by=ann).id, horizon="short")
    with pytest.raises(Invalid):
        asking.do(profiles.link, risk.id, elsewhere.id, by=ann)
    here = asking.opportunity(by=ann, customer_id=customer.id, horizon="short")
    assert "taken" == asking.do(profiles.link, risk.id, here.id, by=ann).state


# --- lists and scope ------------------------------------------------------------------------------------------


def test_the_overview_goes_from_the_least_complete_on_and_finds_what_came_to_nothing(asking: World) -> None:
    ann = asking.actor()
    made = [asking.do(profiles.begin, asking.customer(by=ann).id, by=ann) for _ in range(3)]
    asking.do(profiles.answer, made[0].id, {"strategy": "Grow", "budget": "Much"}, by=ann)
    asking.do(profiles.answer, made[1].id, {"risks": "None"}, by=ann)
    found = asking.do(FINDING.verb("create"), {"profile_id": made[1].id, "text": "A line"}, by=ann)
    asking.do(profiles.to_opportunity, found.id, CHANCE, by=ann)
    sheets = asking.ask(profiles.overview, by=ann)
    assert [made[2].id, made[1].id, made[0].id] == [one.id for one in sheets]
    assert [made[2].id, made[0].id] == [one.id for one in asking.ask(profiles.overview, is_flagged=True, by=ann)]
    second = asking.ask(profiles.overview, after=(sheets[0].completeness, sheets[0].id), limit=1, by=ann)
    assert [made[1].id] == [one.id for one in second]
    assert [] == asking.ask(profiles.overview, by=asking.actor())


def test_profiles_are_seen_by_whoever_reaches_the_customer(asking: World) -> None:
    ann, customer, profile = begun(asking)
    bob = asking.actor()
    found = asking.do(FINDING.verb("create"), {"profile_id": profile.id, "text": "Secret"}, by=ann)
    reads: tuple[tuple[Callable[..., Any], tuple[Any, ...]], ...] = (
        (profiles.versions, (profile.id,)),
        (profiles.current, (profile.id,)),
        (profiles.of_profile, (profile.id,)),
        (profiles.difference, (profile.id, 0, 1)),
    )
    for read, arguments in reads:
        with pytest.raises(NotFound):
            asking.ask(read, *arguments, by=bob)
    verbs: tuple[tuple[Callable[..., Any], tuple[Any, ...]], ...] = (
        (profiles.answer, (profile.id, {"business": "X"})),
        (profiles.publish, (profile.id,)),
        (profiles.to_opportunity, (found.id, CHANCE)),
        (profiles.begin, (customer.id,)),
        (FINDING.verb("create"), ({"profile_id": profile.id, "text": "X"},)),
    )
    for verb, arguments in verbs:
        with pytest.raises(NotFound):
            asking.do(verb, *arguments, by=bob)
    assert [] == asking.ask(profiles.of_customer, customer.id, by=bob)
    viewer = asking.actor("viewer")
    assert [profile.id] == [one.id for one in asking.ask(profiles.of_customer, customer.id, by=viewer)]
    with pytest.raises(Forbidden):
        asking.do(profiles.answer, profile.id, {"business": "X"}, by=viewer)


def test_the_questions_are_there_once_and_in_both_languages(asking: World) -> None:
    assert asking.do(reference.add_profile_questions) is False
    for kind, sections in (("customer", 7), ("competitor", 4)):
        asked = asking.ask(profiles.questions, kind)
        assert sections == len({one.section["en"] for one in asked})
        assert [] == [one.code for one in asked if one.wording["en"] == one.wording["zh_CN"]]


def test_a_finding_is_looked_after_by_any_colleague_who_is_there(asking: World) -> None:
    ann, _customer, profile = begun(asking)
    bob = asking.actor()
    found = asking.do(FINDING.verb("create"), {"profile_id": profile.id, "text": "A line"}, by=ann)
    assert bob.user_id == asking.do(FINDING.verb("update"), found.id, {"owner_id": bob.user_id}, by=ann).owner_id
    with pytest.raises(Invalid):
        asking.do(FINDING.verb("update"), found.id, {"owner_id": 999_999}, by=ann)
    with pytest.raises(Invalid):
        asking.do(FINDING.verb("create"), {"profile_id": profile.id, "text": "X", "owner_id": 999_999}, by=ann)
