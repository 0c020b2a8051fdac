"""Where an administrator changes a criterion, and where a leader takes the newest edition into a round."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from seed import reference
from services import planning
from services.kit.actor import Actor
from services.planning import Change
from tests.factories import World
from tests.pages.app import Portal, words
from tests.services.test_planning import opportunity, plan_with


@pytest.fixture
def admin(sqlite_world: World) -> Actor:
    """Return an administrator of a company that has what every company starts with."""
    reference.fill(sqlite_world.database)
    return sqlite_world.actor("administrator")


def opened(portal: Portal, world: World, admin: Actor, key: str) -> AppTest:
    """Open the dialog of a criterion."""
    app = portal.open("criteria", admin)
    at: tuple[Any, ...] = ("ui.criteria_view:criterion", (newest(world).id, key), {}, "criteria_set.read")
    app.session_state["dialog.open"] = at
    return app.run()


def newest(world: World) -> planning.Edition:
    return world.ask(planning.editions)[0]


def press(app: AppTest, label: str) -> AppTest:
    return [one for one in app.button if one.label == label][-1].click().run()


def boxes(app: AppTest, label: str) -> list[Any]:
    return [one for one in [*app.text_input, *app.number_input] if one.label.startswith(label)]


def said(app: AppTest) -> str:
    """Return what page and dialog say, as it is read."""
    inside = [one.value for one in [*app.markdown, *app.caption, *app.error, *app.warning]]
    return " ".join([words(app), *inside]).replace("\\", "")


def test_a_scale_is_moved_and_a_gate_set_and_the_earlier_edition_is_named(
    portal: Portal, sqlite_world: World, admin: Actor
) -> None:
    app = opened(portal, sqlite_world, admin, "growth")
    assert ["-10", "60"] == [one.value for one in boxes(app, "Value (%)")]
    boxes(app, "Value (%)")[1].set_value("40")
    boxes(app, "At least (%)")[0].set_value("-5")
    app = press(app, "Save")
    assert not app.exception
    growth = newest(sqlite_world).criteria["growth"]
    assert [(-10, 0), (40, 1)] == list(growth.scale.points)
    assert -5 == growth.criterion.gate_min
    assert "Edition 2 of" in said(app)
    earlier = app.dataframe[-1].value
    assert [(1, "Growth")] == list(zip(earlier["edition"], earlier["what"], strict=True))


def test_a_point_is_put_between_where_it_changes_nothing_and_taken_away_again(
    portal: Portal, sqlite_world: World, admin: Actor
) -> None:
    app = press(opened(portal, sqlite_world, admin, "growth"), "Add a point")
    assert ["-10", "60", "25"] == [one.value for one in boxes(app, "Value (%)")]
    assert [0, 100, 50] == [one.value for one in boxes(app, "Worth (0 to 100)")]
    closing = [one for one in app.button if one.help == "Take this point away"]
    app = closing[1].click().run()
    assert ["-10", "25"] == [one.value for one in boxes(app, "Value (%)")]
    app = press(app, "Save")
    assert [(-10, 0), (25, 0.5)] == list(newest(sqlite_world).criteria["growth"].scale.points)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("a lot", "“a lot” is not a number."),
        ("", "Give every point of the scale a value."),
        ("-20", "bottom below top"),
    ],
)
def test_a_scale_that_cannot_be_read_or_does_not_hold_is_refused_and_stays(
    portal: Portal, sqlite_world: World, admin: Actor, typed: str, expected: str
) -> None:
    app = opened(portal, sqlite_world, admin, "growth")
    boxes(app, "Value (%)")[1].set_value("-10" if typed == "-20" else typed)
    app = press(app, "Save")
    assert expected in said(app)
    assert 1 == newest(sqlite_world).edition


def test_the_names_that_come_along_stay_the_words_of_both_languages(
    portal: Portal, sqlite_world: World, admin: Actor
) -> None:
    app = opened(portal, sqlite_world, admin, "competition")
    boxes(app, "Weight to begin with")[0].set_value(35.0)
    app = press(app, "Save")
    after = newest(sqlite_world).criteria["competition"]
    assert ("Competition", 35.0) == (after.label, after.points)
    assert [(1, 1), (2, 0.75), (3, 0.5), (4, 0.25), (5, 0)] == list(after.scale.points)


def test_a_leader_sees_what_moves_and_takes_the_newest_edition(portal: Portal, sqlite_world: World) -> None:
    world = sqlite_world
    leader = world.actor("leader")
    steady = opportunity(world, name="Steady", growth=3_000, margin=4_000)
    fast = opportunity(world, name="Fast", growth=6_000, margin=2_500)
    plan = plan_with(world, steady, fast)
    world.do(planning.change_criterion, newest(world).id, "growth", Change("Growth", 25, [(0, 0), (30, 1)]))
    app = press(portal.open("sandbox", leader), "See what edition 2 changes")
    assert "2 of 2 opportunities change their rank" in said(app)
    app = press(app, "Take edition 2")
    assert not app.exception
    assert 2 == world.ask(planning.table, plan).round.criteria_edition
    assert "this round uses edition 1" not in said(app)


def test_a_viewer_is_told_and_offered_nothing(portal: Portal, sqlite_world: World) -> None:
    plan_with(sqlite_world, opportunity(sqlite_world, growth=3_000))
    one = newest(sqlite_world)
    sqlite_world.do(planning.change_criterion, one.id, "growth", Change("Growth", 25, [(0, 0), (30, 1)]))
    app = portal.open("sandbox", sqlite_world.actor("viewer"))
    assert "this round uses edition 1, the newest is 2" in said(app)
    assert [] == [one.label for one in app.button if one.label.startswith("See what edition")]
