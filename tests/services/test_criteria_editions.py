"""Editions of the criteria: made one criterion at a time, looked at before a round takes them, never behind a back."""

from __future__ import annotations

from typing import Any

import pytest

from services import planning
from services.kit.errors import Forbidden, Refusal
from services.planning import Change
from tests.factories import World
from tests.races import at_once
from tests.services.test_planning import board_of, opportunity, plan_with

GROWTH = Change("Growth", 25, [(0, 0), (30, 1)])


def newest(world: World) -> planning.Edition:
    return world.ask(planning.editions)[0]


def change(world: World, key: str, change: Change, **more: Any) -> Any:
    return world.do(planning.change_criterion, newest(world).id, key, change, **more)


def test_an_edition_says_who_made_it_and_which_rounds_go_by_it(world: World) -> None:
    admin = world.actor("administrator", name="Ada")
    plan_with(world)
    change(world, "growth", GROWTH, by=admin)
    new, old = world.ask(planning.editions)
    assert (2, "Ada", 0) == (new.edition, new.made_by, new.open_rounds)
    assert (1, 1, 0) == (old.edition, old.open_rounds, old.frozen_rounds)


def test_a_changed_criterion_keeps_what_nobody_touched(world: World) -> None:
    plan_with(world)
    before = newest(world).criteria
    change(world, "growth", Change("  Growth   of the market ", 40, [(0, 0), (30, 1)], gate_min=-5))
    after = newest(world).criteria
    growth = after["growth"]
    assert ("Growth of the market", 40.0, -5, None) == (
        growth.label,
        growth.points,
        growth.criterion.gate_min,
        growth.criterion.gate_max,
    )
    assert [(0, 0), (30, 1)] == list(growth.scale.points)
    assert [one for one in before.measures if one.key != "growth"] == [
        one for one in after.measures if one.key != "growth"
    ]


def test_a_change_that_changes_nothing_makes_no_edition(world: World) -> None:
    plan_with(world)
    one = newest(world).criteria["growth"]
    change(world, "growth", Change(one.label, one.points, one.scale.points))
    assert [1] == [found.edition for found in world.ask(planning.editions)]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (Change(" ", 25, [(0, 0), (30, 1)]), "a name of at most 60"),
        (Change("x" * 61, 25, [(0, 0), (30, 1)]), "a name of at most 60"),
        (Change("Growth", -1, [(0, 0), (30, 1)]), "0 or more"),
        (Change("Growth", float("nan"), [(0, 0), (30, 1)]), "0 or more"),
        (Change("Growth", 25, [(30, 0), (0, 1)]), "bottom below top"),
        (Change("Growth", 25, [(0, 0)]), "at least two points"),
        (Change("Growth", 25, [(one, one / 20) for one in range(13)]), "at most 12 points"),
        (Change("Growth", 25, [(0, 0), (30, 1)], gate_min=10, gate_max=5), "put the lower one first"),
        (Change("Growth", 25, [(0, 0), (30, 1)], gate_min=float("inf")), "put the lower one first"),
    ],
)
def test_what_does_not_hold_is_refused_in_words(sqlite_world: World, given: Change, said: str) -> None:
    plan_with(sqlite_world)
    with pytest.raises(Refusal) as refused:
        change(sqlite_world, "growth", given)
    assert said in str(refused.value.message)
    assert [1] == [one.edition for one in sqlite_world.ask(planning.editions)]


def test_the_last_weight_of_the_score_cannot_be_taken_away(sqlite_world: World) -> None:
    plan_with(sqlite_world)
    for key in ("market_size", "growth", "margin"):
        one = newest(sqlite_world).criteria[key]
        change(sqlite_world, key, Change(one.label, 0, one.scale.points, one.criterion.gate_min))
    one = newest(sqlite_world).criteria["competition"]
    with pytest.raises(Refusal, match="sum to zero"):
        change(sqlite_world, "competition", Change(one.label, 0, one.scale.points))


def test_two_administrators_at_once_make_one_edition_each_or_are_told(world: World) -> None:
    plan_with(world)
    first = newest(world).id

    def act(number: int) -> Any:
        return world.do(planning.change_criterion, first, "growth", Change(f"Growth {number}", 25, [(0, 0), (30, 1)]))

    results = at_once(4, act)
    assert 3 == sum(isinstance(one, Refusal) for one in results)
    assert [2, 1] == [one.edition for one in world.ask(planning.editions)]


def test_only_an_administrator_changes_criteria(sqlite_world: World) -> None:
    plan_with(sqlite_world)
    leader = sqlite_world.actor("leader")
    with pytest.raises(Forbidden):
        change(sqlite_world, "growth", GROWTH, by=leader)
    with pytest.raises(Forbidden):
        sqlite_world.ask(planning.editions, by=leader)


# --- into a round -------------------------------------------------------------------------------------------


def test_what_the_newest_edition_would_move_is_shown_before_it_is_taken_and_then_holds(world: World) -> None:
    steady = opportunity(world, name="Steady", growth=3_000, margin=3_000)
    fast = opportunity(world, name="Fast", growth=6_000, margin=2_500)
    plan = plan_with(world, steady, fast)
    leader = world.actor("leader")
    assert world.ask(planning.preview_newest, plan, by=leader) is None
    # Past 30 % growth is worth no more: what Fast has over Steady no longer counts.
    change(world, "growth", GROWTH)
    change(world, "margin", Change("Margin", 25, [(0, 0), (60, 1)], gate_min=28))
    seen = world.ask(planning.preview_newest, plan, by=leader)
    assert (3, 2) == (seen.edition, seen.moved)
    assert ["open", "failed"] == seen.then.columns["gate"].tolist()
    before = board_of(world, plan)
    world.do(planning.take_newest, plan, 3, by=leader)
    after = board_of(world, plan)
    assert (3, None) == (after.round.criteria_edition, after.round.newest_criteria_id)
    assert seen.then.columns["score"].tolist() == planning.rank(after).columns["score"].tolist()
    assert before.weights.points == after.weights.points
    assert world.ask(planning.fingerprint, plan) != seen.board.fingerprint


def test_an_edition_nobody_looked_at_is_not_taken(world: World) -> None:
    plan = plan_with(world, opportunity(world, growth=3_000))
    change(world, "growth", GROWTH)
    change(world, "growth", Change("Growth", 25, [(0, 0), (50, 1)]))
    with pytest.raises(Refusal, match="changed again"):
        world.do(planning.take_newest, plan, 2)
    assert 1 == board_of(world, plan).round.criteria_edition


def test_a_frozen_round_takes_no_edition(world: World) -> None:
    plan = plan_with(world, opportunity(world, growth=3_000, margin=3_000))
    world.do(planning.freeze, plan)
    change(world, "growth", GROWTH)
    for verb, more in ((planning.preview_newest, ()), (planning.take_newest, (2,))):
        with pytest.raises(Refusal, match="frozen"):
            world.do(verb, plan, *more)


def test_a_viewer_takes_no_edition(sqlite_world: World) -> None:
    plan = plan_with(sqlite_world, opportunity(sqlite_world, growth=3_000))
    change(sqlite_world, "growth", GROWTH)
    viewer = sqlite_world.actor("viewer")
    for verb, more in ((planning.preview_newest, ()), (planning.take_newest, (2,))):
        with pytest.raises(Forbidden):
            sqlite_world.do(verb, plan, *more, by=viewer)
