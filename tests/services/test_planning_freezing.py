"""A frozen round says what it was decided by, to the digit, and never changes again."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from db.models import Plan
from services import planning
from services.kit import records
from services.kit.errors import Refusal
from services.kit.unit_of_work import UnitOfWork
from services.opportunities import OPPORTUNITY
from tests.factories import World
from tests.services.test_planning import board_of, opportunity, plan_with, standing_of


def frozen(world: World) -> tuple[int, list[int]]:
    """Make a frozen round of four opportunities, one of them fought for, one let go."""
    ids = [
        opportunity(world, growth=1_733, win_probability=3_333, reachable_share=1_700, cost=1_000_00, heads=2),
        opportunity(world, margin=1_111, market_size=77_777_77),
        opportunity(world, margin=None, competition=None, growth=-1_500),
        opportunity(world, currency="USD"),
    ]
    plan = plan_with(world, *ids, money_limit=5_000_000_00, heads_limit=12, seed=42)
    world.do(planning.set_estimate, plan, ids[1], "growth", 0.1, 0.2, 0.3, "Analyst")
    world.do(planning.save_weights, plan, {"growth": 33.3})
    world.do(planning.decide, plan, ids[0], "fight", reason="strategic")
    world.do(planning.decide, plan, ids[2], "let_go", reason="margin")
    world.do(planning.freeze, plan)
    return plan, ids


def test_recomputing_a_snapshot_gives_what_was_stored_to_the_digit(world: World) -> None:
    plan, _ = frozen(world)
    kept = world.ask(planning.load, plan)
    assert kept["result"] == planning.recompute(kept)
    assert board_of(world, plan).round.snapshot_hash == planning.digest(planning.canonical(kept))


def test_a_frozen_round_shows_what_it_was_decided_by_whatever_happens_later(world: World) -> None:
    plan, ids = frozen(world)
    before = standing_of(world, plan).frame
    names = board_of(world, plan).items["name"].tolist()
    world.do(records.update, OPPORTUNITY, ids[0], {"growth": 0, "name": "Renamed", "market_size": 1})
    world.do(records.delete, OPPORTUNITY, ids[1])
    after = board_of(world, plan)
    assert names == after.items["name"].tolist()
    assert before.equals(planning.rank(after).frame)


def test_a_frozen_round_refuses_every_change(world: World) -> None:
    plan, ids = frozen(world)
    before = world.ask(planning.load, plan)
    for verb, args in (
        (planning.add_items, (plan, [opportunity(world)])),
        (planning.remove_item, (plan, ids[0])),
        (planning.set_estimate, (plan, ids[0], "growth", 1, 2, 3)),
        (planning.clear_estimate, (plan, ids[1], "growth")),
        (planning.save_weights, (plan, {"growth": 1})),
        (planning.decide, (plan, ids[0], "undecided")),
        (planning.decide_many, (plan, ids, "undecided")),
        (planning.freeze, (plan,)),
        (planning.update, (plan, {"name": "Other"})),
        (planning.delete, (plan,)),
    ):
        with pytest.raises(Refusal, match="frozen"):
            world.do(verb, *args)
    assert before == world.ask(planning.load, plan)


def test_freezing_is_refused_while_a_chosen_opportunity_lacks_a_number_of_a_gate(world: World) -> None:
    one = opportunity(world, margin=None, name="Blank")
    plan = plan_with(world, one)
    world.do(planning.decide, plan, one, "fight", reason="strategic")
    with pytest.raises(Refusal, match="Blank") as refusal:
        world.do(planning.freeze, plan)
    assert {"count": 1, "name": "Blank", "criterion": "Margin"} == dict(refusal.value.message.params)
    world.do(planning.set_estimate, plan, one, "margin", 21, 25, 30)
    assert "frozen" == world.do(planning.freeze, plan).stage


def test_an_empty_round_is_not_frozen(world: World) -> None:
    with pytest.raises(Refusal):
        world.do(planning.freeze, plan_with(world))


def test_who_sees_less_sees_less_of_a_frozen_round_too(world: World) -> None:
    north = world.team()
    manager = world.actor("sales_manager", team_id=north.id)
    ours = opportunity(world, by=world.actor(team_id=north.id))
    theirs = opportunity(world)
    plan = plan_with(world, ours, theirs)
    world.do(planning.set_estimate, plan, theirs, "growth", 1, 2, 3)
    world.do(planning.freeze, plan)
    board = board_of(world, plan, by=manager)
    assert ((ours,), {}) == (board.ids, dict(board.evidence))


def test_reopening_makes_the_next_edition_and_leaves_the_frozen_one(world: World) -> None:
    plan, ids = frozen(world)
    before = world.ask(planning.load, plan)
    following = world.do(planning.reopen, plan)
    board = board_of(world, following.id)
    assert (2, "deciding", plan) == (following.edition, board.round.stage, following.previous_id)
    assert ["fight", "undecided", "let_go", "undecided"] == board.items["decision"].tolist()
    assert (33.3, "Analyst") == (board.weights.points["growth"], board.evidence[ids[1], "growth"].source)
    world.do(planning.decide, following.id, ids[0], "undecided")
    assert before == world.ask(planning.load, plan)
    with pytest.raises(Refusal, match="edition 2"):
        world.do(planning.reopen, plan)


def test_an_edition_in_the_recycle_bin_is_named_where_another_is_asked_for(world: World) -> None:
    plan, _ids = frozen(world)
    following = world.do(planning.reopen, plan)
    world.do(records.delete, planning.PLAN, following.id)
    with pytest.raises(Refusal, match="edition 2 lies in the recycle bin"):
        world.do(planning.reopen, plan)
    world.do(records.restore, planning.PLAN, following.id)
    assert "deciding" == board_of(world, following.id).round.stage


def test_an_open_round_has_nothing_to_reopen(world: World) -> None:
    with pytest.raises(Refusal):
        world.do(planning.reopen, plan_with(world))


def test_a_snapshot_that_was_tampered_with_is_not_shown(world: World) -> None:
    plan, _ = frozen(world)

    def tamper(uow: UnitOfWork) -> None:
        kept = planning.canonical(planning.load(uow, plan)).replace("fight", "let_go")
        uow.session.execute(update(Plan).where(Plan.id == plan).values(snapshot=kept))

    world.do(tamper)
    with pytest.raises(Refusal, match="does not fit its hash"):
        board_of(world, plan)


# --- criteria -------------------------------------------------------------------------------------------------


def test_a_changed_scale_is_a_new_edition_and_open_rounds_say_that_they_are_stale(world: World) -> None:
    plan = plan_with(world, opportunity(world, growth=3_000))
    board = board_of(world, plan)
    world.do(planning.revise_criteria, board.round.criteria_set_id, scales={"growth": [(0, 0), (30, 1)]})
    stale = board_of(world, plan)
    assert (1, 2) == (stale.round.criteria_edition, stale.round.newest_criteria_edition)
    assert board.values.tolist() == stale.values.tolist()
    fresh = board_of(world, plan_with(world, opportunity(world, growth=3_000)))
    assert (2, None, 1.0) == (fresh.round.criteria_edition, fresh.round.newest_criteria_id, fresh.values[0, 1])


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ([(60, 0), (-10, 1)], "bottom below top"),
        ([(10, 0), (10, 1)], "bottom below top"),
        ([(0, 0), (10, 1), (20, 0.5)], "may not turn"),
        ([(0, 0.5), (10, 0.5)], "measures nothing"),
        ([(0, 0), (10, 7)], "between 0 and 1"),
        ([(0, 0)], "at least two points"),
    ],
)
def test_a_scale_that_does_not_hold_is_refused_in_words(sqlite_world: World, points: Any, said: str) -> None:
    plan = plan_with(sqlite_world)
    set_id = board_of(sqlite_world, plan).round.criteria_set_id
    with pytest.raises(Refusal, match=said):
        sqlite_world.do(planning.revise_criteria, set_id, scales={"growth": points})


def test_a_gate_is_changed_by_a_new_edition(world: World) -> None:
    board = board_of(world, plan_with(world))
    world.do(planning.revise_criteria, board.round.criteria_set_id, gates={"margin": 40.0})
    plan = plan_with(world, opportunity(world, margin=3_000))
    assert ["failed"] == standing_of(world, plan).frame["gate"].tolist()


def test_criteria_come_back_from_the_database_as_they_went_in(world: World) -> None:
    assert planning.default_criteria("CNY") == board_of(world, plan_with(world)).criteria


def test_a_round_in_another_currency_has_criteria_of_that_currency(world: World) -> None:
    board = board_of(world, plan_with(world, currency="USD"))
    assert ("USD", "USD") == (board.criteria.currency, board.round.currency)
