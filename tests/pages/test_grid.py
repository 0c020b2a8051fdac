"""What every list promises, shown on leads and customers."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event
from streamlit.testing.v1 import AppTest

from services.contacts import CONTACT
from services.customers import CUSTOMER
from services.kit import query, records
from services.kit.actor import Actor
from services.leads import LEAD
from tests.factories import World
from tests.pages.app import Portal
from ui import grid


@pytest.fixture
def leader(sqlite_world: World) -> Actor:
    """Return somebody who may do nearly everything."""
    return sqlite_world.actor("leader", name="Lea", team_id=sqlite_world.team().id)


def shown(app: AppTest) -> list[str]:
    """Return the names a list shows."""
    assert not app.exception
    return list(app.dataframe[0].value["name"])


def select_rows(app: AppTest, key: str, *rows: int) -> AppTest:
    """Tick rows of a list and run."""
    app.session_state[app.session_state[f"{key}.table"]] = {
        "selection": {"rows": list(rows), "columns": [], "cells": []}
    }
    return app.run()


def press(app: AppTest, label: str) -> AppTest:
    """Press the last button of that name (dialogs come last) and run."""
    return [one for one in app.button if one.label == label][-1].click().run()


def sentences(app: AppTest) -> str:
    """Return the small print: the filter in force among it."""
    return "\n".join(one.value.replace("\\", "") for one in app.caption)


def test_the_address_filters_sorts_and_searches(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    sqlite_world.lead(name="Bea", status="new")
    sqlite_world.lead(name="Abe", status="new")
    sqlite_world.lead(name="Cid", status="contacted")
    app = portal.open("leads", leader, **{"f.status": "in:new", "sort": "name"})
    assert ["Abe", "Bea"] == shown(app)
    assert "2 leads · Status: New · sorted by Full name, A to Z" in sentences(app)
    app = portal.open("leads", leader, q="Cid")
    assert 1 == len(shown(app))


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("f.status", "in:nonsense"),
        ("f.nothing", "in:1"),
        ("f.owner_id", "in:99999999999999999999"),
        ("f.next_step_on", "from:yesterday"),
        ("f.id", "in:abc"),
        ("f.status", "between:1"),
        ("sort", "notes"),
        ("sort", "-"),
        ("after", "nonsense"),
        ("after", "eyJrZXkiOjEsImlkIjoxLCJudWxscyI6ZmFsc2V9"),
    ],
)
def test_what_cannot_be_read_in_the_address_is_a_sentence(
    portal: Portal, sqlite_world: World, leader: Actor, parameter: str, value: str
) -> None:
    sqlite_world.lead()
    app = portal.open("leads", leader, **{parameter: value})
    assert not app.exception
    assert 1 == len(app.warning)


@pytest.mark.parametrize("page", ["", "0", "-3", "abc", "999999999999", "²"])
def test_a_page_number_of_the_address_never_breaks_the_list(
    portal: Portal, sqlite_world: World, leader: Actor, page: str
) -> None:
    sqlite_world.lead()
    assert 1 == len(shown(portal.open("leads", leader, page=page)))


def test_pages_turn_forth_and_back_over_every_row(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    rows = [{"name": f"Lead {n:03}", "company": "Firm", "status": "new"} for n in range(120)]
    sqlite_world.do(records.bulk_insert, LEAD, rows, because="test")
    app = portal.open("leads", leader, sort="name")
    first = shown(app)
    second = shown(press(app, "Next"))
    third = shown(press(app, "Next"))
    assert 120 == len({*first, *second, *third})
    assert "101–120 of 120" in sentences(app)
    assert second == shown(press(app, "Previous"))
    assert first == shown(press(app, "Previous"))


def test_typing_into_the_search_box_goes_to_the_address_and_to_the_first_page(
    portal: Portal, sqlite_world: World, leader: Actor
) -> None:
    sqlite_world.lead(name="Needle")
    sqlite_world.lead(name="Hay")
    app = portal.open("leads", leader, page="3")
    app.text_input[0].set_value("Needle").run()
    assert ["Needle"] == shown(app)
    assert ("Needle", []) == (app.query_params["q"], app.query_params.get("page", []))


def test_more_than_a_list_counts_says_so(
    portal: Portal, sqlite_world: World, leader: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "COUNT_CAP", 60)
    rows = [{"name": f"Lead {n}", "company": "Firm", "status": "new"} for n in range(80)]
    sqlite_world.do(records.bulk_insert, LEAD, rows, because="test")
    assert "60+ leads" in sentences(portal.open("leads", leader))


def test_columns_are_chosen_by_the_address_and_the_name_stays(
    portal: Portal, sqlite_world: World, leader: Actor
) -> None:
    sqlite_world.lead(region="East")
    app = portal.open("leads", leader, cols="region,search_tokens,phone")
    assert ["name", "region", "phone"] == list(app.dataframe[0].value.columns)


def test_money_of_one_currency_is_exact_and_named_once(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    cents = 90_071_992_547_409_93
    sqlite_world.customer(name="A", revenue=cents, currency="CNY")
    sqlite_world.customer(name="B", revenue=100, currency="CNY")
    app = portal.open("customers", leader, cols="revenue", sort="name")
    assert ["90071992547409.93", "1.00"] == [str(one) for one in app.dataframe[0].value["revenue"]]
    assert ["name", "revenue"] == list(app.dataframe[0].value.columns)


def test_money_of_several_currencies_says_each(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    sqlite_world.customer(name="A", revenue=123_456, currency="CNY")
    sqlite_world.customer(name="B", revenue=1_000, currency="JPY")
    app = portal.open("customers", leader, cols="revenue", sort="name")
    assert ["¥1,234.56", "JP¥1,000"] == list(app.dataframe[0].value["revenue"])


def test_a_list_asks_at_most_four_questions_whatever_it_shows(
    portal: Portal, sqlite_world: World, leader: Actor
) -> None:
    def statements(rows: int) -> int:
        made = [{"name": f"Lead {n}", "company": "Firm", "status": "new"} for n in range(rows)]
        sqlite_world.do(records.bulk_insert, LEAD, made, because="test")
        app = portal.open("leads", leader, **{"f.status": "in:new"})
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen.append(statement)

        event.listen(sqlite_world.database.engine, "before_cursor_execute", note)
        app.run()
        event.remove(sqlite_world.database.engine, "before_cursor_execute", note)
        return len([one for one in seen if "user_session" not in one and one.lstrip().upper().startswith("SELECT")])

    few = statements(3)
    many = statements(200)
    # Four for the list; three more for what stands above it here: saved views, and reminders with their counts.
    assert few <= many <= 4 + 3


def test_a_field_is_set_on_all_selected_rows(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    leads = [sqlite_world.lead(name=name) for name in "ABC"]
    app = select_rows(portal.open("leads", leader, sort="name"), "lead", 0, 2)
    app = press(app, "Set a field")
    next(one for one in app.selectbox if one.label == "Field").set_value("grade").run()
    next(one for one in app.selectbox if one.label == "Grade").set_value("A").run()
    app = press(app, "Set for 2 records")
    assert not app.exception
    grades = [sqlite_world.ask(records.get, LEAD, one.id).grade for one in leads]
    assert ["A", None, "A"] == grades


def test_deleted_rows_come_back_by_undo(portal: Portal, sqlite_world: World, leader: Actor) -> None:
    customer = sqlite_world.customer()
    contact = sqlite_world.contact(customer)
    app = select_rows(portal.open("customers", leader), "customer", 0)
    app = press(app, "Delete")
    app = press(app, "Delete")
    assert 0 == sqlite_world.ask(query.count, CUSTOMER)
    app = press(app, "Undo")
    assert not app.exception
    assert [customer.id] == list(sqlite_world.ask(query.frame, CUSTOMER).index)
    assert [contact.id] == list(sqlite_world.ask(query.frame, CONTACT).index)


def edit_cells(app: AppTest, key: str, edits: dict[int, dict[str, Any]]) -> AppTest:
    """Change cells of the list that is being edited and save."""
    app.session_state[app.session_state[f"{key}.editor"]] = {"edited_rows": edits, "added_rows": [], "deleted_rows": []}
    return press(app, "Save changes")


def editing(portal: Portal, leader: Actor, url_path: str, key: str) -> AppTest:
    """Open a list for editing, sorted by name."""
    app = portal.open(url_path, leader, sort="name")
    app.session_state[f"{key}.editing"] = True
    return app.run()


def test_an_edit_in_the_list_is_saved_with_the_choice_behind_its_label(
    portal: Portal, sqlite_world: World, leader: Actor
) -> None:
    sqlite_world.lead(name="A")
    second = sqlite_world.lead(name="B")
    app = edit_cells(editing(portal, leader, "leads", "lead"), "lead", {1: {"source": "Trade fair", "company": "X"}})
    assert "“Trade fair” is not one of the choices." in app.error[0].value.replace("\\", "").replace("\u2060", "")
    app = edit_cells(app, "lead", {1: {"source": "Exhibition", "company": "New firm"}})
    assert not app.error
    saved = sqlite_world.ask(records.get, LEAD, second.id)
    assert ("exhibition", "New firm") == (saved.source, saved.company)


def test_an_edit_that_the_browser_was_not_offered_is_not_taken(
    portal: Portal, sqlite_world: World, leader: Actor
) -> None:
    lead = sqlite_world.lead(name="A")
    edit_cells(editing(portal, leader, "leads", "lead"), "lead", {0: {"version": 77, "owner_id": leader.user_id}})
    saved = sqlite_world.ask(records.get, LEAD, lead.id)
    assert (None, 1) == (saved.owner_id, saved.version)


def test_an_edit_goes_to_its_row_although_others_came_in_between(
    portal: Portal, sqlite_world: World, leader: Actor
) -> None:
    lead = sqlite_world.lead(name="M")
    app = editing(portal, leader, "leads", "lead")
    sqlite_world.lead(name="A")
    app.run()
    edit_cells(app, "lead", {0: {"company": "Right"}})
    assert "Right" == sqlite_world.ask(records.get, LEAD, lead.id).company


def test_a_row_somebody_else_saved_meanwhile_is_listed_and_the_others_are_saved(
    portal: Portal, sqlite_world: World, leader: Actor
) -> None:
    first, second = sqlite_world.lead(name="A", company="Old"), sqlite_world.lead(name="B", company="Old")
    app = editing(portal, leader, "leads", "lead")
    sqlite_world.do(records.update, LEAD, first.id, {"company": "Theirs"})
    app = edit_cells(app, "lead", {0: {"company": "Mine"}, 1: {"company": "Saved"}})
    said = app.error[0].value.replace("\\", "").replace("\u2060", "")
    assert "Theirs" in said
    assert "Mine" in said
    companies = [sqlite_world.ask(records.get, LEAD, one.id).company for one in (first, second)]
    assert ["Theirs", "Saved"] == companies


def test_an_empty_list_offers_the_first_step(portal: Portal, leader: Actor) -> None:
    app = portal.open("leads", leader)
    assert any("No leads yet" in one.value for one in app.markdown)
    assert ["New lead"] == [one.label for one in app.button if one.label.startswith("New ")]
    assert "Import a file" in {one.label for one in app.button}
    assert any("enter the first one with the button at the top" in one.value for one in app.caption)


def test_the_names_of_a_list_get_the_width_that_the_longest_needs_and_leave_the_rest_its_place() -> None:
    narrow, fit, wide = (grid.name_width(names) for names in (["Li", None], ["W" * 30], ["W" * 200, "Li"]))
    assert grid.name_width([]) == narrow < fit < wide
    assert grid.name_width(["汉" * 12]) > grid.name_width(["W" * 12])
    assert grid.name_width(["W" * 100]) == wide


def test_a_list_that_nothing_matches_offers_to_clear_the_filter(
    portal: Portal, sqlite_world: World, leader: Actor
) -> None:
    lead = sqlite_world.lead()
    app = portal.open("leads", leader, **{"f.status": "in:qualified", "q": "zz"})
    assert [lead.name] == shown(press(app, "Clear filters"))
    assert {} == {name: value for name, value in app.query_params.items() if name.startswith("f.") or name == "q"}


def test_the_menu_of_a_list_leads_to_its_part_of_the_recycle_bin(
    portal: Portal, sqlite_world: World, leader: Actor
) -> None:
    sqlite_world.do(records.delete, LEAD, sqlite_world.lead(name="Gone").id)
    sqlite_world.do(records.delete, CUSTOMER, sqlite_world.customer(name="Gone, too").id)
    app = portal.open("leads", leader)
    app.session_state["lead.more"] = True
    app = press(app.run(), "Recycle bin")
    assert not app.exception
    assert ["Gone"] == list(app.dataframe[0].value["title"])
