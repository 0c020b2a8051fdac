"""The page where grading rules are edited, and the report on the sources of leads."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from services import grading, leads
from services.grading import Rule, Scheme
from services.kit import records
from services.leads import LEAD
from tests.factories import World
from tests.pages.app import Portal, words


def said(app: AppTest) -> str:
    """Return what a page says in sentences."""
    return "\n".join(one.value for one in (*app.markdown, *app.caption, *app.warning, *app.error)).replace("\\", "")


def press(app: AppTest, label: str) -> AppTest:
    """Press the last button of that name and run."""
    return [one for one in app.button if one.label == label][-1].click().run()


def picked(app: AppTest, label: str, value: object) -> None:
    """Choose in the last picker of that name."""
    [one for one in app.selectbox if one.label == label][-1].set_value(value).run()


def test_a_rule_is_added_its_effect_is_shown_and_it_is_saved(portal: Portal, sqlite_world: World) -> None:
    lead = sqlite_world.lead(source="referral")
    app = press(portal.open("grading", sqlite_world.actor("administrator")), "New rule")
    picked(app, "Field", "source")
    app.multiselect[-1].select("referral").run()
    next(one for one in app.number_input if one.label == "Points").set_value(70).run()
    app = press(app, "Use this rule")
    assert not app.exception
    assert "Saving changes the grade of 1 of 1 leads." in said(app)
    assert "Source is Referral" in said(app)
    assert () == sqlite_world.ask(grading.scheme).rules
    app = press(app, "Save and grade leads anew")
    now = sqlite_world.ask(records.get, LEAD, lead.id)
    assert ("A", 70) == (now.grade, now.grade_points)
    assert "Saving changes" not in said(app)


def test_a_rule_without_a_value_is_told_in_the_dialog(portal: Portal, sqlite_world: World) -> None:
    app = press(portal.open("grading", sqlite_world.actor("administrator")), "New rule")
    picked(app, "Field", "source")
    app = press(app, "Use this rule")
    assert "Please fill this in." in said(app)


def test_thresholds_are_tried_before_they_are_saved(portal: Portal, sqlite_world: World) -> None:
    sqlite_world.do(grading.save, Scheme((Rule("source", "filled", (), 50),)))
    sqlite_world.lead(source="referral")
    app = portal.open("grading", sqlite_world.actor("administrator"))
    next(one for one in app.number_input if one.label == "A").set_value(50).run()
    assert "Saving changes the grade of 1 of 1 leads." in said(app)
    next(one for one in app.number_input if one.label == "B").set_value(90).run()
    assert "A needs more points than B, and B more than C." in said(app)
    assert not [one for one in app.button if one.label == "Save and grade leads anew"]
    app = press(app, "Discard")
    assert "Saving changes" not in said(app)


def test_leaders_read_the_rules_and_sellers_may_not_open_them(portal: Portal, sqlite_world: World) -> None:
    sqlite_world.do(grading.save, Scheme((Rule("source", "filled", (), 50),)))
    app = portal.open("grading", sqlite_world.actor("leader"))
    assert "Source is filled in" in said(app)
    assert not {"New rule", "Edit", "Discard"} & {one.label for one in app.button}
    assert "Source is filled in" not in words(portal.open("grading", sqlite_world.actor("sales")))


def test_the_report_says_which_source_converts_and_over_how_many(portal: Portal, sqlite_world: World) -> None:
    leader = sqlite_world.actor("leader")
    gone = sqlite_world.lead(by=leader, source="referral")
    sqlite_world.do(leads.convert, gone.id, by=leader)
    sqlite_world.lead(by=leader, source="website")
    app = portal.open("sources", leader)
    assert not app.exception
    table = app.dataframe[0].value.set_index("source")
    assert ("100% *", 1, "0% *") == (
        table.loc["Referral", "rate"],
        table.loc["Referral", "leads"],
        table.loc["Website", "rate"],
    )


def test_an_empty_report_says_what_to_do(portal: Portal, sqlite_world: World) -> None:
    app = portal.open("sources", sqlite_world.actor("leader"))
    assert "No leads came in in this time" in said(app)
    assert not app.exception
