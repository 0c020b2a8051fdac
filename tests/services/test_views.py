"""What saved views promise: mine are mine, shared ones are seen by whom they are meant for, one opens the list."""

from __future__ import annotations

from typing import Any

import pytest

from services import views
from services.customers import CUSTOMER
from services.kit.actor import SYSTEM, Actor
from services.kit.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from services.leads import LEAD
from tests.factories import World
from tests.races import at_once

ASKED = {"q": ["acme"], "sort": ["-name"], "f.level": ["in:A,B"], "cols": []}


def save(world: World, by: Actor, name: str = "Key accounts", **more: Any) -> views.View:
    return world.do(views.save, CUSTOMER, "customer", name, ASKED, by=by, **more)


def names(world: World, by: Actor) -> list[str]:
    return [one.name for one in world.ask(views.views, CUSTOMER, "customer", by=by)]


def test_a_view_keeps_what_the_list_was_asked_for(world: World) -> None:
    ann = world.actor()
    save(world, ann)
    (view,) = world.ask(views.views, CUSTOMER, "customer", by=ann)
    assert {"q": ["acme"], "sort": ["-name"], "f.level": ["in:A,B"]} == view.address
    assert (True, True, False, "me") == (view.is_own, view.may_change, view.is_default, view.audience)
    assert [] == world.ask(views.views, LEAD, "lead", by=ann)


def test_who_sees_a_view_is_said_when_it_is_shared(world: World) -> None:
    north, south = world.team(), world.team()
    above = world.actor("sales_manager", team_id=north.id)
    ann, bob, far = (world.actor(team_id=team.id) for team in (north, north, south))
    save(world, ann, "Mine")
    save(world, ann, "The team's", audience="team")
    save(world, ann, "Everybody's", audience="all")
    assert ["Everybody's", "Mine", "The team's"] == names(world, ann)
    assert ["Everybody's", "The team's"] == names(world, bob) == names(world, above)
    assert ["Everybody's"] == names(world, far)


def test_a_colleague_opens_a_shared_view_and_changes_it_not(world: World) -> None:
    ann, bob, admin = world.actor(), world.actor(), world.actor("administrator")
    view = save(world, ann, audience="all")
    private = save(world, ann, "Mine")
    assert view.name == world.ask(views.get, CUSTOMER, view.id, by=bob).name
    for verb in (views.change, views.remove):
        with pytest.raises(Forbidden):
            world.do(verb, CUSTOMER, view.id, by=bob)
        with pytest.raises(NotFound):
            world.do(verb, CUSTOMER, private.id, by=admin)
    assert "Tidy" == world.do(views.change, CUSTOMER, view.id, name="Tidy", by=admin).name


def test_one_view_opens_the_list_of_each_person(world: World) -> None:
    ann, bob = world.actor(), world.actor()
    first = save(world, ann, "First", is_default=True, audience="all")
    second = save(world, ann, "Second", is_default=True)

    def default(by: Actor) -> list[int]:
        return [one.id for one in world.ask(views.views, CUSTOMER, "customer", by=by) if one.is_default]

    world.do(views.set_default, CUSTOMER, "customer", first.id, by=bob)
    assert ([second.id], [first.id]) == (default(ann), default(bob))
    world.do(views.change, CUSTOMER, first.id, audience="me", by=ann)
    assert ([second.id], []) == (default(ann), default(bob))
    world.do(views.remove, CUSTOMER, second.id, by=ann)
    assert ([], ["First"]) == (default(ann), names(world, ann))
    world.do(views.set_default, CUSTOMER, "customer", None, by=ann)
    with pytest.raises(NotFound):
        world.do(views.set_default, CUSTOMER, "customer", second.id, by=ann)


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "Key  accounts"])
def test_a_name_is_there_fits_and_is_ones_only_one(world: World, name: str) -> None:
    ann = world.actor()
    save(world, ann)
    with pytest.raises(Invalid) as refusal:
        save(world, ann, name)
    assert ["name"] == list(refusal.value.fields)


def test_what_no_list_writes_is_not_kept(world: World) -> None:
    ann = world.actor()
    with pytest.raises(Refusal):
        world.do(views.save, CUSTOMER, "customer", "Long", {"q": ["x" * 3_000]}, by=ann)
    with pytest.raises(Invalid):
        save(world, ann, audience="world")
    with pytest.raises(Invalid):
        save(world, ann, audience="team")
    with pytest.raises(Refusal):
        world.do(views.save, CUSTOMER, "customer", "Nobody's", {}, by=SYSTEM)


def test_who_may_not_see_the_list_has_no_views_of_it(world: World) -> None:
    viewer = world.actor("viewer")
    with pytest.raises(Forbidden):
        world.do(views.save, LEAD, "lead", "Leads", {}, by=viewer)


def test_a_view_changed_by_somebody_else_meanwhile_is_not_overwritten(world: World) -> None:
    ann = world.actor()
    view = save(world, ann)
    world.do(views.change, CUSTOMER, view.id, name="Other", by=ann)
    with pytest.raises(Conflict):
        world.do(views.change, CUSTOMER, view.id, address={}, version=view.version, by=ann)


def test_choosing_the_first_view_in_two_windows_at_once_leaves_one(world: World) -> None:
    ann = world.actor()
    ids = [save(world, ann, f"View {n}").id for n in range(4)]

    outcomes = at_once(4, lambda n: world.do(views.set_default, CUSTOMER, "customer", ids[n], by=ann))
    assert [None] * 4 == outcomes
    assert 1 == sum(one.is_default for one in world.ask(views.views, CUSTOMER, "customer", by=ann))
