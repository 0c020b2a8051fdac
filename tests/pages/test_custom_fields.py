"""A field that an administrator adds is asked for, shown and looked for like any other."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import event
from streamlit.testing.v1 import AppTest

from services import custom_fields
from services.customers import CUSTOMER
from services.kit import query, records
from services.kit.actor import Actor
from services.kit.query import Query
from services.leads import LEAD
from tests.factories import World
from tests.pages.app import Portal, words
from tests.pages.test_form import field, press, said
from tests.pages.test_grid import edit_cells


@pytest.fixture
def administrator(sqlite_world: World) -> Actor:
    """Return somebody who may define fields."""
    return sqlite_world.actor("administrator", name="Ada")


@pytest.fixture
def seller(sqlite_world: World) -> Actor:
    """Return somebody who works with them."""
    return sqlite_world.actor("sales", name="Sam", team_id=sqlite_world.team().id)


def add(world: World, entity: str, kind: str, label: str, **more: Any) -> Any:
    """Add a field."""
    return world.do(custom_fields.create, {"entity": entity, "kind": kind, "label_en": label, **more})


def all_of(world: World, *names: str) -> list[tuple[Any, ...]]:
    """Return the values of all customers by name."""
    found = world.ask(query.page, CUSTOMER, Query(columns=("name", *names), sort="name"))
    return list(zip(*(found.columns[name] for name in names), strict=True))


def test_a_field_added_without_code_is_asked_for_at_the_next_run(
    portal: Portal, sqlite_world: World, administrator: Actor, seller: Actor
) -> None:
    app = press(portal.open("custom-fields", administrator), "New field")
    field(app, "Name in English").set_value("Wiring")
    field(app, "Name in Chinese").set_value("布线")
    field(app, "Kind", "selectbox").set_value("choice").run()
    field(app, "More choices, one a line", "text_area").set_value("Copper | 铜缆\nFibre | 光纤")
    field(app, "Must be filled in", "checkbox").check()
    app = press(app, "Add field")
    assert not app.exception
    assert ["Field added"] == [one.value for one in app.toast]
    assert "Wiring" in words(app)

    app = press(portal.open("customers", seller), "New customer")
    field(app, "Name").set_value("Nordwind")
    app = press(app, "Create customer")
    assert "Please fill this in." in said(app)
    field(app, "Wiring", "selectbox").set_value("fibre")
    app = press(app, "Create customer")
    assert ["Customer created"] == [one.value for one in app.toast]
    assert [("fibre",)] == all_of(sqlite_world, "c_wiring")


def test_nothing_typed_is_lost_when_a_definition_is_refused(portal: Portal, administrator: Actor) -> None:
    app = press(portal.open("custom-fields", administrator, of="lead"), "New field")
    field(app, "Name in English").set_value("Company")
    app = press(app, "Add field")
    assert "There is already a field “Company”." in said(app)
    field(app, "Name in English").set_value("Wiring")
    field(app, "Kind", "selectbox").set_value("choice").run()
    app = press(app, "Add field")
    assert "Give it one choice at least." in said(app)
    assert "Wiring" == field(app, "Name in English").value


def test_choices_are_renamed_ordered_and_taken_back_but_stay_where_they_stand(
    portal: Portal, sqlite_world: World, administrator: Actor
) -> None:
    made = add(
        sqlite_world, "customer", "choice", "Wiring", options=[{"en": "Copper"}, {"en": "Fibre"}, {"en": "Radio"}]
    )
    sqlite_world.customer(c_wiring="copper")
    portal.open("custom-fields", administrator)
    app = _define(portal, administrator, made.id)
    english = [one for one in app.text_input if one.label == "English"]
    assert ["Copper", "Fibre", "Radio"] == [one.value for one in english]
    english[1].set_value("Glass")
    [one for one in app.button if one.help == "Further up"][2].click().run()
    next(one for one in app.button if one.help == "No longer offer it").click().run()
    app = press(app, "Save")
    assert not app.exception
    (row,) = sqlite_world.ask(custom_fields.listed, "customer")
    assert [("copper", "Copper", False), ("radio", "Radio", True), ("fibre", "Glass", True)] == [
        (one["code"], one["en"], one["is_active"]) for one in row.options
    ]
    app = portal.open("customers", administrator, cols="c_wiring")
    assert "Copper" in words(app)


def _define(portal: Portal, actor: Actor, field_id: int) -> AppTest:
    """Open the dialog of a field: the tester cannot press a button in a table."""
    app = portal.open("custom-fields", actor)
    app.session_state["dialog.open"] = (
        "ui.custom_fields_view:define", ("customer", field_id), {}, "custom_field.read"
    )  # fmt: skip
    app.session_state["dialog.state"] = {}
    return app.run()


def test_a_list_shows_filters_and_sorts_by_it(portal: Portal, sqlite_world: World, seller: Actor) -> None:
    add(sqlite_world, "customer", "day", "Visit due", label_zh="拜访日")
    for name, due in (("Late", date(2026, 9, 1)), ("Soon", date(2026, 7, 1)), ("Never", None)):
        sqlite_world.customer(by=seller, name=name, c_visit_due=due)
    app = portal.open("customers", seller, cols="c_visit_due", sort="c_visit_due")
    assert ["Soon", "Late", "Never"] == app.dataframe[0].value["name"].tolist()
    assert "Visit due, oldest first" in words(app)
    app = portal.open("customers", seller, **{"f.c_visit_due": "to:2026-07-31"})
    assert ["Soon"] == app.dataframe[0].value["name"].tolist()
    assert "Visit due up to Jul 31, 2026" in words(app).replace("\\", "")
    chinese = sqlite_world.actor("administrator", language="zh_CN")
    assert "拜访日" in words(portal.open("customers", chinese, cols="c_visit_due"))


def test_a_retired_field_is_asked_for_no_more_and_its_past_is_still_named(
    portal: Portal, sqlite_world: World, administrator: Actor
) -> None:
    made = add(sqlite_world, "customer", "text", "Wiring")
    customer = sqlite_world.customer(c_wiring="fibre")
    sqlite_world.do(custom_fields.retire, made.id)
    app = press(portal.open("customers", administrator), "New customer")
    assert "Wiring" not in [one.label for one in app.text_input]
    app = portal.open("customers", administrator, id=str(customer.id), tab="history")
    assert "Wiring" in words(app)
    assert "fibre" in words(app)


def test_it_is_edited_in_the_list_and_set_on_many(portal: Portal, sqlite_world: World) -> None:
    add(sqlite_world, "customer", "choice", "Wiring", options=[{"en": "Copper"}, {"en": "Fibre"}])
    add(sqlite_world, "customer", "percent", "Share")
    leader = sqlite_world.actor("leader", team_id=sqlite_world.team().id)
    ids = [sqlite_world.customer(by=leader, name=name).id for name in ("A", "B")]
    app = portal.open("customers", leader, cols="c_wiring,c_share", sort="name")
    app.session_state["customer.editing"] = True
    app = edit_cells(app.run(), "customer", {1: {"c_wiring": "Fibre", "c_share": "12.5"}})
    assert not app.error
    assert [(None, None), ("fibre", 1250)] == all_of(sqlite_world, "c_wiring", "c_share")

    app.session_state["dialog.open"] = ("ui.listing:set_field", ("customer", tuple(ids)), {}, "customer.read")
    app.session_state["dialog.state"] = {}
    app = app.run()
    field(app, "Field", "selectbox").set_value("Wiring").run()
    field(app, "Wiring", "selectbox").set_value("copper").run()
    app = press(app, "Set for 2 records")
    assert not app.exception
    assert [("copper",), ("copper",)] == all_of(sqlite_world, "c_wiring")


def test_a_conflict_shows_what_both_have_entered(portal: Portal, sqlite_world: World) -> None:
    add(sqlite_world, "lead", "day", "Visit due")
    leader = sqlite_world.actor("leader", team_id=sqlite_world.team().id)
    lead = sqlite_world.lead(by=leader, c_visit_due=date(2026, 7, 1))
    app = portal.open("leads", leader)
    app.session_state["dialog.open"] = ("ui.form:record", ("edit", "lead", lead.id, {}, {}, None), {}, "lead.read")
    app.session_state["dialog.state"] = {}
    app = app.run()
    sqlite_world.do(records.update, LEAD, lead.id, {"c_visit_due": date(2026, 8, 1)}, by=leader)
    field(app, "Visit due", "date_input").set_value(date(2026, 9, 1))
    app = press(app, "Save")
    control = next(one for one in app.segmented_control if one.label == "Visit due")
    both = [one.replace("\\", "").replace("\u2060", "") for one in control.options]
    assert ["Yours: Sep 1, 2026", f"{leader.name}: Aug 1, 2026"] == both


def test_an_old_record_is_asked_for_what_must_be_filled_in_when_its_form_is_saved(
    portal: Portal, sqlite_world: World
) -> None:
    leader = sqlite_world.actor("leader", team_id=sqlite_world.team().id)
    lead = sqlite_world.lead(by=leader)
    add(sqlite_world, "lead", "text", "Wiring", is_required=True)
    app = portal.open("leads", leader)
    app.session_state["dialog.open"] = ("ui.form:record", ("edit", "lead", lead.id, {}, {}, None), {}, "lead.read")
    app.session_state["dialog.state"] = {}
    app = app.run()
    field(app, "Job title").set_value("Buyer")
    app = press(app, "Save")
    assert "Please fill this in." in said(app)
    field(app, "Wiring").set_value("Fibre")
    app = press(app, "Save")
    assert ["Lead saved"] == [one.value for one in app.toast]


@pytest.mark.parametrize("role", ["leader", "sales_manager", "sales", "finance", "viewer"])
def test_only_administrators_define_fields(portal: Portal, sqlite_world: World, role: str) -> None:
    app = portal.open("custom-fields", sqlite_world.actor(role))
    assert "Your role does not include this page. Ask an administrator if you need it." in words(app)


def test_the_form_can_be_looked_at_before_anybody_meets_it(
    portal: Portal, sqlite_world: World, administrator: Actor
) -> None:
    add(sqlite_world, "customer", "text", "Wiring", section="Technology", section_zh="技术")
    app = press(portal.open("custom-fields", administrator), "Show the form")
    assert not app.exception
    assert "**Technology**" in [one.value for one in app.markdown]
    assert "Wiring" in [one.label for one in app.text_input]


def test_a_rerun_of_a_list_asks_no_more_queries_because_of_added_fields(
    portal: Portal, sqlite_world: World, seller: Actor
) -> None:
    sqlite_world.customer(by=seller)
    without = _rerun(portal, seller, cols="website", **{"f.website": "empty:"})
    add(sqlite_world, "customer", "text", "Wiring")
    with_one = _rerun(portal, seller, cols="c_wiring", **{"f.c_wiring": "empty:"})
    assert len(without) == len(with_one)
    assert any("$.wiring" in statement for statement in with_one)


def _rerun(portal: Portal, actor: Actor, **address: str) -> list[str]:
    """Return the statements of a second run of the list of customers."""
    app = portal.open("customers", actor, **address)
    asked: list[str] = []

    def heard(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    event.listen(portal.database.engine, "before_cursor_execute", heard)
    try:
        assert not app.run().exception
    finally:
        event.remove(portal.database.engine, "before_cursor_execute", heard)
    return asked


# --- several choices ----------------------------------------------------------------------------------------

THREE = [{"en": "Copper", "zh": "铜缆"}, {"en": "Fibre", "zh": "光纤"}, {"en": "Air", "zh": "无线"}]


def test_several_choices_are_added_entered_shown_and_changed(
    portal: Portal, sqlite_world: World, administrator: Actor
) -> None:
    app = press(portal.open("custom-fields", administrator), "New field")
    field(app, "Name in English").set_value("Wiring")
    field(app, "Kind", "selectbox").set_value("choices").run()
    field(app, "More choices, one a line", "text_area").set_value("Copper | 铜缆\nFibre | 光纤\nAir, free | 无线")
    app = press(app, "Add field")
    assert "Air, free" in said(app)
    field(app, "More choices, one a line", "text_area").set_value("Copper | 铜缆\nFibre | 光纤\nAir | 无线")
    app = press(app, "Add field")
    assert ["Field added"] == [one.value for one in app.toast]
    assert "Several choices from a list" in words(app)

    leader = sqlite_world.actor("leader", team_id=sqlite_world.team().id)
    app = press(portal.open("customers", leader), "New customer")
    field(app, "Name").set_value("Nordwind")
    field(app, "Wiring", "multiselect").set_value(["air", "copper"])
    app = press(app, "Create customer")
    assert not app.exception
    assert [(("air", "copper"),)] == all_of(sqlite_world, "c_wiring")
    app = portal.open("customers", leader, cols="c_wiring")
    assert ["Copper, Air"] == app.dataframe[0].value["c_wiring"].tolist()
    chinese = sqlite_world.actor("administrator", language="zh_CN")
    app = portal.open("customers", chinese, cols="c_wiring")
    assert ["铜缆、无线"] == app.dataframe[0].value["c_wiring"].tolist()


def test_a_list_asks_for_any_all_or_none_of_several_choices(portal: Portal, sqlite_world: World, seller: Actor) -> None:
    add(sqlite_world, "customer", "choices", "Wiring", options=THREE)
    for name, codes in (("A", ("copper",)), ("B", ("air", "copper")), ("C", None)):
        sqlite_world.customer(by=seller, name=name, c_wiring=codes)

    def shown(app: AppTest) -> list[str]:
        return sorted(app.dataframe[0].value["name"].tolist())

    app = portal.open("customers", seller, **{"f.c_wiring": "in:copper,air"})
    assert ["A", "B"] == shown(app)
    assert "Wiring: Air or Copper" in words(app).replace("\\", "")
    app.session_state["customer.filter"] = True
    app = app.run()
    how = next(one for one in app.segmented_control if one.key == "customer.f.c_wiring.how")
    app = how.set_value("has").run()
    assert ["B"] == shown(app)
    assert "Wiring: Air and Copper" in words(app).replace("\\", "")
    how = next(one for one in app.segmented_control if one.key == "customer.f.c_wiring.how")
    app = how.set_value("empty").run()
    assert ["C"] == shown(app)
    assert "Wiring: none" in words(app).replace("\\", "")


def test_several_choices_are_edited_in_the_list_and_set_on_many(portal: Portal, sqlite_world: World) -> None:
    add(sqlite_world, "customer", "choices", "Wiring", options=THREE)
    leader = sqlite_world.actor("leader", team_id=sqlite_world.team().id)
    ids = [sqlite_world.customer(by=leader, name=name, c_wiring=("air",)).id for name in ("A", "B")]
    app = portal.open("customers", leader, cols="c_wiring", sort="name")
    app.session_state["customer.editing"] = True
    app = edit_cells(app.run(), "customer", {1: {"c_wiring": ["Fibre", "Copper"]}})
    assert not app.error
    assert [(("air",),), (("copper", "fibre"),)] == all_of(sqlite_world, "c_wiring")
    app.session_state["dialog.open"] = ("ui.listing:set_field", ("customer", tuple(ids)), {}, "customer.read")
    app.session_state["dialog.state"] = {}
    app = app.run()
    field(app, "Field", "selectbox").set_value("Wiring").run()
    field(app, "Wiring", "multiselect").set_value(["fibre", "copper"]).run()
    app = press(app, "Set for 1 record")
    assert not app.exception
    assert [(("copper", "fibre"),)] * 2 == all_of(sqlite_world, "c_wiring")


def test_the_history_of_several_choices_names_them(portal: Portal, sqlite_world: World, administrator: Actor) -> None:
    add(sqlite_world, "customer", "choices", "Wiring", options=THREE)
    customer = sqlite_world.customer(c_wiring=("copper", "fibre"))
    sqlite_world.do(records.update, CUSTOMER, customer.id, {"c_wiring": ("air",)})
    app = portal.open("customers", administrator, id=str(customer.id), tab="history")
    table = next(one.value for one in app.dataframe if "was" in one.value.columns)
    assert ("Copper, Fibre", "Air") in list(zip(table["was"], table["is"], strict=True))
