"""What the import asks on the page: dates, values nobody knows, columns without a field, how a text file is read."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from db.models import Customer, Lead
from services import imports
from services.customers import CUSTOMER
from services.kit import records
from services.kit.transfer.mapping import IGNORE
from services.kit.transfer.room import no_room
from tests.factories import World
from tests.pages.app import Portal
from tests.pages.test_transfer import button, opened, said, upload
from ui.server.uploads import refused


@pytest.fixture
def world(portal: Portal) -> World:
    return World(portal.database)


def box(app: AppTest, label: str) -> Any:
    return next(one for one in app.selectbox if one.label.replace("\\", "").replace("\u2060", "") == label)


def one(world: World, model: Any, **where: Any) -> Any:
    return world.ask(lambda uow: uow.session.execute(select(model).filter_by(**where)).scalar_one())


def test_required_fields_are_marked_and_samples_stand_under_the_columns(portal: Portal, world: World) -> None:
    app = upload(opened(portal, "lead", world.actor("leader")), b"Company,Phone\nAcme,12345\nBorg,67890\n")
    told = said(app)
    assert "Acme · Borg" in told
    assert "No column goes into: Full name" in told
    assert {"Company *", "Full name *", "Phone"} <= set(box(app, "Company").options)


def test_dates_and_unknown_values_are_asked_and_the_rest_goes_into_the_notes(portal: Portal, world: World) -> None:
    content = b"Name,Company,Lead Source,Next step on,Shoe size\nAnn,Acme,Olark Chat,05/03/2026,43\n"
    app = upload(opened(portal, "lead", world.actor("leader")), content)
    button(app, "Check the file").click().run()
    assert not app.exception
    assert "may have the day or the month first" in said(app)
    box(app, "Days and months: which comes first?").select("mdy").run()
    box(app, "Olark Chat (1)").select("website").run()
    next(tick for tick in app.checkbox if "into the notes (1)" in tick.label).check().run()
    button(app, "Check the file").click().run()
    assert "1 new, 0 changed, 0 unchanged, 0 with errors" in said(app)
    button(app, "Import").click().run()
    assert not app.exception
    made = one(world, Lead, name="Ann")
    assert ("website", date(2026, 5, 3), "Shoe size: 43") == (made.source, made.next_step_on, made.notes)


def test_a_file_may_be_read_in_another_encoding(portal: Portal, world: World) -> None:
    content = "Name,City\n東京電力,東京\n".encode("shift_jis")
    app = upload(opened(portal, "customer", world.actor("leader")), content)
    box(app, "Encoding").select("shift_jis").run()
    assert not app.exception
    button(app, "Check the file").click().run()
    button(app, "Import").click().run()
    assert "東京" == one(world, Customer, name="東京電力").address


def test_a_file_brought_before_is_read_in_another_encoding_too(portal: Portal, world: World, tmp_path: Any) -> None:
    leader = world.actor("leader")
    content = "Name,City\n東京電力,東京\n".encode("shift_jis")
    number = world.do(imports.bring, CUSTOMER, content, "f.csv", folder=tmp_path, by=leader)
    imports.run_here(world.database, number)
    app = portal.open("imports", leader)
    button(app, "Open the import").click().run()
    box(app, "Encoding").select("shift_jis").run()
    assert not app.exception
    assert "shift_jis" == box(app, "Encoding").value
    button(app, "Check the file").click().run()
    button(app, "Import").click().run()
    assert "東京" == one(world, Customer, name="東京電力").address
    assert 1 == len(world.ask(imports.batches)), "it is the same import"


def test_what_the_terminal_asked_for_is_shown_on_the_page_too(portal: Portal, world: World, tmp_path: Any) -> None:
    leader = world.actor("leader")
    content = "Name~City\n上海电气~上海\n".encode("gbk")
    number = world.do(
        imports.bring, CUSTOMER, content, "f.csv", folder=tmp_path, by=leader, encoding="gbk", delimiter="~"
    )
    imports.run_here(world.database, number)
    app = portal.open("imports", leader)
    button(app, "Open the import").click().run()
    assert not app.exception
    assert ("gbk", "~") == (box(app, "Encoding").value, box(app, "Between the cells stands").value)
    button(app, "Check the file").click().run()
    assert button(app, "Import")


def test_a_tab_that_was_left_alone_follows_the_other(portal: Portal, world: World) -> None:
    leader = world.actor("leader")
    content = "Name,City\n上海电气,上海\n".encode("gb18030")
    left_alone = upload(opened(portal, "customer", leader), content)
    (batch,) = world.ask(imports.batches)
    world.do(imports.read_again, batch.id, encoding="big5", by=leader)
    imports.run_here(world.database, batch.id)
    left_alone.run()
    assert not left_alone.exception
    assert "big5" == box(left_alone, "Encoding").value
    assert {"encoding": "big5"} == world.ask(imports.get, batch.id).asked


def test_under_a_file_that_could_not_be_taken_nothing_of_the_one_before_is_offered(
    portal: Portal, world: World
) -> None:
    app = upload(opened(portal, "customer", world.actor("leader")), b"Name\nThe first\n")
    app.file_uploader[0].upload("b.csv", refused(no_room("No space left on device")), "text/csv").run()
    assert "The server has no room for this file" in said(app)
    assert not [one.label for one in app.button if one.label in ("Check the file", "Import")]
    app.file_uploader[0].upload("c.csv", b"Name\nThe third\n", "text/csv").run()
    assert "The server has no room" not in said(app)
    assert "The third" in said(app)


@pytest.mark.parametrize(("wrong", "lines", "told"), [(20, 20, 0), (21, 20, 1), (201, 20, 2)])
def test_on_a_phone_few_errors_stand_above_what_one_does_next(
    portal: Portal, world: World, wrong: int, lines: int, told: int
) -> None:
    """Only the phone's list ends early; when the table ends, too, both say so, of which one is seen."""
    content = "Name,Employees\n" + "".join(f"Firm {number},many\n" for number in range(wrong))
    app = upload(opened(portal, "customer", world.actor("leader")), content.encode())
    button(app, "Check the file").click().run()
    assert lines == sum(one.value.count("is not a number") for one in app.markdown)
    assert told == sum("These are the first ones" in one.value for one in app.caption)


def test_new_ones_go_into_the_public_pool_if_asked(portal: Portal, world: World) -> None:
    app = upload(opened(portal, "customer", world.actor("leader")), b"Name\nNobody yet\n")
    next(one for one in app.segmented_control if one.label == "New ones belong to").set_value("pool").run()
    button(app, "Check the file").click().run()
    button(app, "Import").click().run()
    assert not app.exception
    made = one(world, Customer, name="Nobody yet")
    assert made.owner_id is None
    assert made.pool_id is not None


def chosen_and_checked(app: Any) -> Any:
    button(app, "Check the file").click().run()
    assert not app.exception
    assert button(app, "Import")
    return app


def segment(app: Any, label: str) -> Any:
    return next(one for one in app.segmented_control if one.label == label)


def tick(app: Any, label: str) -> Any:
    return next(one for one in app.checkbox if label in one.label)


def choose_for_leads(app: Any) -> Any:
    button(app, "Check the file").click().run()
    box(app, "Days and months: which comes first?").select("mdy").run()
    box(app, "Olark Chat (1)").select("website").run()
    return tick(app, "into the notes (1)").check().run()


def choose_leniently(app: Any) -> Any:
    button(app, "Check the file").click().run()
    return tick(app, "Leave the field blank").check().run()


def choose_mode(app: Any) -> Any:
    segment(app, "What to do").set_value("both").run()
    return box(app, "Recognised by").select("name").run()


CHOICES: dict[str, tuple[str, bytes, Any]] = {
    "dates, values, rest": (
        "lead", b"Name,Company,Lead Source,Next step on,Shoe size\nAnn,Acme,Olark Chat,05/03/2026,43\n",
        choose_for_leads,
    ),
    "rest beside notes": (
        "lead", b"Name,Company,Notes,Shoe size\nAnn,Acme,Said so,43\n",
        lambda app: tick(app, "into the notes").check().run(),
    ),
    "unknown": ("lead", b"Name,Company,Lead Source\nAnn,Acme,Olark Chat\n", choose_leniently),
    "mode": ("customer", b"Code,Name\nK1,Acme\n", choose_mode),
    "pool": ("customer", b"Name\nAcme\n", lambda app: segment(app, "New ones belong to").set_value("pool").run()),
    "missing": (
        "opportunity", b"Name,Customer\nLine,Nobody knows\n", lambda app: tick(app, "Make customers").check().run(),
    ),
    "column": ("customer", b"Name,Region\nAcme,North\n", lambda app: box(app, "Region").select(IGNORE).run()),
}  # fmt: skip


@pytest.mark.parametrize("what", CHOICES)
def test_what_was_chosen_for_a_check_is_still_chosen_when_it_is_looked_at_later(
    portal: Portal, world: World, what: str
) -> None:
    kind, content, choose = CHOICES[what]
    leader = world.actor("leader")
    app = chosen_and_checked(choose(upload(opened(portal, kind, leader), content)))
    later = portal.open("imports", leader)
    button(later, "Open the import").click().run()
    assert not later.exception
    for kinds in ("selectbox", "checkbox", "segmented_control"):
        before, after = ([(one.label, one.value) for one in getattr(seen, kinds)] for seen in (app, later))
        assert [one for one in before if one[0] in {label for label, _ in after}] == [
            one for one in after if one[0] in {label for label, _ in before}
        ]
    button(later, "Import").click().run()
    assert not later.exception
    (done,) = later.success
    assert "1 new, 0 changed, 0 unchanged, 0 with errors" in str(done.value)


def test_what_would_stay_is_shown_before_an_import_is_taken_back(portal: Portal, world: World, tmp_path: Any) -> None:
    leader = world.actor("leader")
    content = b"Name,Part of\nUntouched,\nEdited,\nVisited,\nChild,Untouched\n"
    number = world.do(imports.bring, CUSTOMER, content, "f.csv", goal="store", folder=tmp_path, by=leader)
    imports.run_here(world.database, number)
    world.do(records.update, CUSTOMER, one(world, Customer, name="Edited").id, {"region": "West"}, by=leader)
    world.contact(one(world, Customer, name="Visited"))
    found = world.ask(imports.would_stay, number, by=leader)
    assert [
        ("Edited", "Somebody has changed it since the import."),
        ("Visited", "Something else belongs to it by now."),
    ] == [(row.title, str(row.reason)) for row in found.rows]
    app = portal.open("imports", leader)
    button(app, "Open the import").click().run()
    assert "Would stay as they are: 2" in said(app)
    button(app, "Take this import back").click().run()
    assert "Taken back: 2 records. Left as they are: 2." in "\n".join(str(one.value) for one in app.success)
