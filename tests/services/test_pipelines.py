"""Pipelines as an administrator sets them up: stages in order, kinds that mean something, nothing lost below them."""

from __future__ import annotations

from typing import Any

import pytest

from services import opportunities, pipelines
from services.kit import records
from services.kit.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from services.pipelines import PIPELINE, STAGE
from tests.factories import World


def named(world: World, pipeline_id: int) -> list[str]:
    return [line.stage.name for line in world.ask(pipelines.lines, pipeline_id)]


def stage_of(world: World, pipeline_id: int, name: str) -> Any:
    return next(line.stage for line in world.ask(pipelines.lines, pipeline_id) if line.stage.name == name)


@pytest.fixture
def pipeline_id(world: World) -> int:
    """Return a pipeline with the stages Open, Offer, Won and Lost."""
    made = world.do(pipelines.add_pipeline, "Machines")
    world.do(pipelines.add_stage, made.id, {"name": "Offer", "kind": "open", "win_rate": 7_000, "days_allowed": 30})
    return int(made.id)


def test_the_first_pipeline_is_the_default_and_begins_with_three_stages(world: World) -> None:
    first = world.do(pipelines.add_pipeline, "Machines")
    second = world.do(pipelines.add_pipeline, "Service")
    assert ["Open", "Won", "Lost"] == named(world, first.id)
    assert [first.id, second.id] == [one for one, _name in world.ask(pipelines.choices)]
    world.do(pipelines.make_default, second.id)
    assert [second.id, first.id] == [one for one, _name in world.ask(pipelines.choices)]
    assert second.id == world.ask(pipelines.default).id


def test_a_pipeline_like_another_has_its_stages(world: World, pipeline_id: int) -> None:
    offer = stage_of(world, pipeline_id, "Offer")
    world.do(pipelines.change_stage, offer.id, {"requires_map": True})
    like = world.do(pipelines.add_pipeline, "Abroad", like=pipeline_id)
    assert named(world, pipeline_id) == named(world, like.id)
    copied = stage_of(world, like.id, "Offer")
    assert (7_000, 30, True) == (copied.win_rate, copied.days_allowed, copied.requires_map)


def test_a_stage_changes_places_with_those_of_its_kind_alone(world: World, pipeline_id: int) -> None:
    assert ["Open", "Offer", "Won", "Lost"] == named(world, pipeline_id)
    offer = stage_of(world, pipeline_id, "Offer")
    world.do(pipelines.move_stage, offer.id, down=False)
    assert ["Offer", "Open", "Won", "Lost"] == named(world, pipeline_id)
    assert offer.id == world.ask(pipelines.first_stage, pipeline_id).id
    world.do(pipelines.move_stage, offer.id, down=False)
    world.do(pipelines.move_stage, stage_of(world, pipeline_id, "Open").id, down=True)
    assert ["Offer", "Open", "Won", "Lost"] == named(world, pipeline_id)


def test_what_is_closed_has_no_days_and_the_rate_that_it_means(world: World, pipeline_id: int) -> None:
    given = {"kind": "won", "win_rate": 5_000, "days_allowed": 9}
    won = world.do(pipelines.add_stage, pipeline_id, {"name": "Won again", **given})
    void = world.do(pipelines.add_stage, pipeline_id, {"name": "Void", **given, "kind": "void"})
    assert [(10_000, None), (0, None)] == [(one.win_rate, one.days_allowed) for one in (won, void)]


def test_a_stage_in_which_something_stands_keeps_its_kind_and_stays(world: World, pipeline_id: int) -> None:
    opportunity = world.opportunity(pipeline_id=pipeline_id)
    first = world.ask(pipelines.first_stage, pipeline_id)
    assert [1, 0, 0, 0] == [line.opportunities for line in world.ask(pipelines.lines, pipeline_id)]
    with pytest.raises(Invalid) as refused:
        world.do(pipelines.change_stage, first.id, {"kind": "won"})
    assert {"kind"} == set(refused.value.fields)
    with pytest.raises(Refusal, match="stand in this stage"):
        world.do(pipelines.remove_stage, first.id)
    with pytest.raises(Refusal, match="go through this pipeline"):
        world.do(records.delete, PIPELINE, pipeline_id)
    world.do(pipelines.change_stage, first.id, {"name": "Begin", "win_rate": 2_000})
    world.do(opportunities.move, opportunity.id, stage_of(world, pipeline_id, "Offer").id)
    world.do(pipelines.remove_stage, first.id)
    assert ["Offer", "Won", "Lost"] == named(world, pipeline_id)


def test_an_open_stage_is_left_to_begin_with(world: World) -> None:
    pipeline = world.do(pipelines.add_pipeline, "Machines")
    only = stage_of(world, pipeline.id, "Open")
    with pytest.raises(Refusal, match="open stage to begin with"):
        world.do(pipelines.remove_stage, only.id)
    with pytest.raises(Invalid) as refused:
        world.do(pipelines.change_stage, only.id, {"kind": "lost"})
    assert {"kind"} == set(refused.value.fields)


def test_a_name_is_there_once(world: World, pipeline_id: int) -> None:
    offer = stage_of(world, pipeline_id, "Offer")
    for verb, args in (
        (pipelines.add_pipeline, ("MACHINES",)),
        (pipelines.add_stage, (pipeline_id, {"name": " offer "})),
        (pipelines.change_stage, (offer.id, {"name": "Won"})),
        (pipelines.rename, (world.do(pipelines.add_pipeline, "Service").id, "machines")),
    ):
        with pytest.raises(Invalid) as refused:
            world.do(verb, *args)
        assert {"name"} == set(refused.value.fields)
    assert "Offers" == world.do(pipelines.change_stage, offer.id, {"name": "Offers"}).name


def test_two_who_change_a_stage_do_not_overwrite_each_other(world: World, pipeline_id: int) -> None:
    offer = stage_of(world, pipeline_id, "Offer")
    world.do(pipelines.change_stage, offer.id, {"win_rate": 6_000}, version=offer.version)
    with pytest.raises(Conflict):
        world.do(pipelines.change_stage, offer.id, {"win_rate": 8_000}, version=offer.version)


@pytest.mark.parametrize("role", ["leader", "sales_manager", "sales", "finance", "viewer"])
def test_only_administrators_set_up_pipelines(world: World, pipeline_id: int, role: str) -> None:
    somebody = world.actor(role)
    offer = stage_of(world, pipeline_id, "Offer")
    for verb, args in (
        (pipelines.lines, (pipeline_id,)),
        (pipelines.add_pipeline, ("Mine",)),
        (pipelines.rename, (pipeline_id, "Mine")),
        (pipelines.make_default, (pipeline_id,)),
        (pipelines.add_stage, (pipeline_id, {"name": "Mine"})),
        (pipelines.change_stage, (offer.id, {"win_rate": 1})),
        (pipelines.remove_stage, (offer.id,)),
    ):
        with pytest.raises(Forbidden):
            world.do(verb, *args, by=somebody)
    with pytest.raises(Forbidden):
        world.do(pipelines.move_stage, offer.id, down=True, by=somebody)
    with pytest.raises(NotFound):
        world.do(pipelines.change_stage, 999_999, {"win_rate": 1}, by=world.actor("administrator"))
    assert offer.version == world.ask(records.get, STAGE, offer.id).version
