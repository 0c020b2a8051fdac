"""The rules of the power map: how we stand, what is missing, what a stage may demand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.power_map.gaps import KINDS, gaps, missing
from services.power_map.people import Person
from services.power_map.standing import COLORS, standing

TODAY = date(2026, 6, 15)
ROLES = ("decider", "approver", "evaluator", "influencer", "user", "gatekeeper", None)


def someone(number: int = 1, **facts: Any) -> Person:
    return Person(number, f"Person {number}", **facts)


def codes(*people: Person, stale_days: int = 90) -> list[str]:
    return [gap.code for gap in gaps(people, TODAY, stale_days=stale_days)]


people_lists = st.lists(
    st.builds(
        Person,
        id=st.integers(1, 10_000),
        name=st.just("Somebody"),
        role=st.sampled_from(ROLES),
        attitude=st.none() | st.integers(-2, 2),
        influence=st.none() | st.integers(1, 5),
        coverage=st.sampled_from(["unknown", "none", "brief", "multiple", "in_depth"]),
        leaning_to=st.none() | st.just("Rival"),
        is_active=st.booleans(),
        is_primary=st.booleans(),
        last_contact_on=st.none() | st.dates(date(2025, 1, 1), TODAY),
    ),
    max_size=8,
    unique_by=lambda one: one.id,
)

# --- red, amber, green ----------------------------------------------------------------------------------------

CASES = [
    ("red", "Nobody is on the map yet.", []),
    ("red", "Nobody's influence is rated 4 or 5 yet", [someone(influence=3, attitude=2, role="decider")]),
    ("red", "No key player supports us: Person 1.", [someone(influence=4, attitude=0, role="decider")]),
    ("red", "No key player supports us: Person 1.", [someone(influence=5, attitude=None, role="decider")]),
    ("amber", "Person 1: influential and for us", [someone(influence=4, attitude=1, role="evaluator")]),
    ("amber", "Person 1: influential and for us", [someone(influence=5, attitude=2)]),
    ("green", "For us, with the last word: Person 1.", [someone(influence=4, attitude=1, role="approver")]),
    ("green", "For us, with the last word: Person 1.", [someone(influence=5, attitude=2, role="decider")]),
    ("red", "Nobody is on the map yet.", [someone(influence=5, attitude=2, role="decider", is_active=False)]),
    (
        "red",
        "No key player supports us: Person 1.",
        [someone(1, influence=5, attitude=-1, role="decider"), someone(2, influence=3, attitude=2, role="approver")],
    ),
]


@pytest.mark.parametrize(("color", "reason", "people"), CASES)
def test_how_we_stand_is_said_with_its_reason(color: str, reason: str, people: list[Person]) -> None:
    found = standing(people)
    said = str(found.reason).replace("['", "").replace("']", "")
    assert (color, True) == (found.color, said.startswith(reason))


def rank(people: list[Person]) -> int:
    return COLORS.index(standing(people).color)


@given(people_lists, st.sampled_from(ROLES), st.none() | st.integers(1, 5), st.integers(1, 2))
def test_one_more_supporter_never_makes_it_worse(
    people: list[Person], role: str | None, influence: int | None, attitude: int
) -> None:
    more = Person(99_999, "New", role=role, influence=influence, attitude=attitude)
    assert rank([*people, more]) >= rank(people)


@given(people_lists, st.data())
def test_a_better_attitude_never_makes_it_worse(people: list[Person], data: st.DataObject) -> None:
    if not people:
        return
    place = data.draw(st.integers(0, len(people) - 1))
    one = people[place]
    better = replace(one, attitude=data.draw(st.integers(one.attitude if one.attitude is not None else -2, 2)))
    if one.attitude is None and better.attitude is not None and better.attitude < 0:
        return
    assert rank([*people[:place], better, *people[place + 1 :]]) >= rank(people)


@given(people_lists)
def test_who_has_left_does_not_count(people: list[Person]) -> None:
    assert standing(people) == standing([one for one in people if one.is_active])


@given(people_lists, st.randoms(use_true_random=False))
def test_the_order_of_the_people_does_not_matter(people: list[Person], dice: Any) -> None:
    mixed = list(people)
    dice.shuffle(mixed)
    assert standing(people) == standing(mixed)
    assert gaps(people, TODAY, stale_days=90) == gaps(mixed, TODAY, stale_days=90)


# --- gaps -----------------------------------------------------------------------------------------------------

SOUND = (
    someone(1, role="decider", attitude=1, influence=5, coverage="multiple", is_primary=True, last_contact_on=TODAY),
    someone(2, role="gatekeeper", attitude=0, influence=2, coverage="brief"),
)


def test_a_sound_map_has_no_gap() -> None:
    assert [] == codes(*SOUND)


@pytest.mark.parametrize(
    ("expected", "change"),
    [
        ("no_decider", {"role": "evaluator"}),
        ("no_supporter", {"attitude": 0}),
        ("against", {"attitude": -1}),
        ("not_rated", {"attitude": None}),
        ("not_covered", {"coverage": "none"}),
        ("not_covered", {"coverage": "unknown"}),
        ("leaning", {"leaning_to": "Rival"}),
        ("no_superior", {"reports_to_id": 77}),
        ("stale", {"last_contact_on": TODAY - timedelta(days=91)}),
        ("never_met", {"last_contact_on": None}),
        ("no_primary", {"is_primary": False}),
        ("left_primary", {"is_active": False}),
        ("single", {"is_active": False}),
    ],
)
def test_each_lack_is_a_gap(expected: str, change: dict[str, Any]) -> None:
    assert expected in codes(replace(SOUND[0], **change), SOUND[1])


def test_ninety_days_are_not_too_long_but_one_more_is() -> None:
    ninety = replace(SOUND[0], last_contact_on=TODAY - timedelta(days=90))
    assert ([], ["stale"]) == (codes(ninety, SOUND[1]), codes(ninety, SOUND[1], stale_days=89))


def test_without_a_gatekeeper_that_is_said() -> None:
    assert ["no_gatekeeper"] == codes(SOUND[0], replace(SOUND[1], role="user"))


def test_an_empty_map_says_just_that() -> None:
    assert ["nobody"] == codes()


@given(people_lists, st.sampled_from(ROLES), st.integers(1, 5), st.integers(-2, 2))
def test_who_has_left_fills_no_gap(people: list[Person], role: str | None, influence: int, attitude: int) -> None:
    gone = Person(99_999, "Gone", role=role, influence=influence, attitude=attitude, is_active=False)
    assert codes(*people) == codes(*people, gone)


@given(people_lists)
def test_gaps_are_unique_in_order_and_can_be_said(people: list[Person]) -> None:
    found = gaps(people, TODAY, stale_days=90)
    keys = [(gap.code, gap.contact_id) for gap in found]
    assert sorted(set(keys), key=lambda key: (list(KINDS).index(key[0]), key[1] or 0)) == keys
    assert all("{" not in f"{gap.says}{gap.step}" for gap in found)


# --- what a stage demands -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "people"),
    [
        (["nobody is on it"], []),
        (["nobody who decides or approves"], [someone(role="user", attitude=1, influence=3)]),
        (["the attitude of Person 1"], [someone(role="decider", influence=5)]),
        (["the influence of Person 1"], [someone(role="approver", attitude=-2)]),
        ([], [someone(role="decider", attitude=-2, influence=4)]),
        (["nobody is on it"], [someone(role="decider", attitude=2, influence=4, is_active=False)]),
    ],
)
def test_a_map_names_who_decides_and_how_they_stand(expected: list[str], people: list[Person]) -> None:
    assert expected == [str(message) for message in missing(people)]
