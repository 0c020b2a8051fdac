"""Where an administrator sets up the stages of a sale and says from when on something counts."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from seed import reference
from services import pipelines, thresholds
from services.kit.actor import Actor
from tests.factories import World
from tests.pages.app import Portal, words


@pytest.fixture
def admin(sqlite_world: World) -> Actor:
    """Return an administrator of a company that has what every company starts with."""
    reference.fill(sqlite_world.database)
    return sqlite_world.actor("administrator")


def press(app: AppTest, label: str) -> AppTest:
    """Press the last button of that name (dialogs come last) and run."""
    return [one for one in app.button if one.label == label][-1].click().run()


def said(app: AppTest) -> str:
    """Return what the page says, as it is read."""
    return words(app).replace("\\", "")


def box(app: AppTest, label: str) -> Any:
    return [one for one in app.text_input if one.label.startswith(label)][-1]


def stages(world: World) -> list[str]:
    pipeline_id = world.ask(pipelines.choices)[0][0]
    return [line.stage.name for line in world.ask(pipelines.lines, pipeline_id)]


def test_a_stage_is_added_with_what_it_asks_for(portal: Portal, sqlite_world: World, admin: Actor) -> None:
    app = press(portal.open("pipelines", admin), "New stage")
    box(app, "Name").set_value("Trial cut")
    box(app, "Win rate").set_value("60%")
    box(app, "Days allowed").set_value("20")
    next(one for one in app.checkbox if one.label == "Needs a power map").check()
    app = press(app, "Add stage")
    assert not app.exception
    assert "Trial cut" in stages(sqlite_world)[:6]
    assert "only with a map that says who decides" in said(app)
    made = next(
        line.stage
        for line in sqlite_world.ask(pipelines.lines, sqlite_world.ask(pipelines.choices)[0][0])
        if line.stage.name == "Trial cut"
    )
    assert (6_000, 20, True) == (made.win_rate, made.days_allowed, made.requires_map)


def test_a_name_that_is_there_is_refused_at_its_field_and_stays(portal: Portal, admin: Actor) -> None:
    app = press(portal.open("pipelines", admin), "New stage")
    box(app, "Name").set_value("Offer")
    app = press(app, "Add stage")
    assert any("Another one has this name already" in one.value for one in app.caption)
    assert "Offer" == box(app, "Name").value


def test_what_is_closed_is_not_asked_how_likely_it_is(portal: Portal, admin: Actor) -> None:
    app = press(portal.open("pipelines", admin), "New stage")
    next(one for one in app.selectbox if one.label.startswith("Kind")).set_value("won").run()
    assert [] == [one for one in app.text_input if one.label.startswith("Win rate")]


def test_the_names_that_come_along_stay_the_words_of_both_languages(
    portal: Portal, sqlite_world: World, admin: Actor
) -> None:
    pipeline_id = sqlite_world.ask(pipelines.choices)[0][0]
    offer = next(line.stage for line in sqlite_world.ask(pipelines.lines, pipeline_id) if line.stage.name == "Offer")
    app = portal.open("pipelines", admin)
    app.session_state["dialog.open"] = ("ui.pipelines_view:stage", (pipeline_id, offer.id), {}, "pipeline.update")
    app.run()
    assert "Offer" == box(app, "Name").value
    box(app, "Win rate").set_value("75%")
    app = press(app, "Save")
    assert not app.exception
    now = next(line.stage for line in sqlite_world.ask(pipelines.lines, pipeline_id) if line.stage.id == offer.id)
    assert ("Offer", 7_500) == (now.name, now.win_rate)


def test_a_second_pipeline_is_like_the_first_and_becomes_the_default(
    portal: Portal, sqlite_world: World, admin: Actor
) -> None:
    app = press(portal.open("pipelines", admin), "New pipeline")
    box(app, "Name").set_value("Service")
    first = sqlite_world.ask(pipelines.choices)[0][0]
    next(one for one in app.selectbox if one.label == "With the stages of").set_value(first)
    app = press(app, "Add pipeline")
    assert not app.exception
    second = sqlite_world.ask(pipelines.choices)[1][0]
    app = portal.open("pipelines", admin, pipeline=str(second))
    app = press(app, "Make it the default")
    assert [second, first] == [one for one, _name in sqlite_world.ask(pipelines.choices)]


@pytest.mark.parametrize("role", ["leader", "sales_manager", "sales", "finance", "viewer"])
@pytest.mark.parametrize("url_path", ["pipelines", "thresholds"])
def test_only_administrators_come_in(portal: Portal, sqlite_world: World, role: str, url_path: str) -> None:
    assert "Not for your role" in words(portal.open(url_path, sqlite_world.actor(role)))


def test_thresholds_are_set_refused_at_their_field_and_set_back(
    portal: Portal, sqlite_world: World, admin: Actor
) -> None:
    app = portal.open("thresholds", admin)
    box(app, "High value from").set_value("2M")
    box(app, "Red after").set_value("20")
    app = press(app, "Save")
    assert "More than “Amber after so many days without contact”." in said(app)
    assert "2M" == box(app, "High value from").value
    assert thresholds.defaults() == sqlite_world.ask(thresholds.get)
    box(app, "Red after").set_value("60")
    app = press(app, "Save")
    assert not app.exception
    found = sqlite_world.ask(thresholds.get)
    assert (200_000_000, 60) == (found["high_value"], found["contact_red"])
    app = press(app, "Back to the usual values")
    assert thresholds.defaults() == sqlite_world.ask(thresholds.get)
    assert "90" == box(app, "Red after").value


def test_what_cannot_be_read_is_said_at_its_field(portal: Portal, admin: Actor) -> None:
    app = portal.open("thresholds", admin)
    box(app, "Amber after").set_value("soon")
    app = press(app, "Save")
    assert "“soon” is not a number." in said(app)
    assert "soon" == box(app, "Amber after").value
