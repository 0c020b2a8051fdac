"""Several telephone numbers in one cell of a file: the first is the number, the others are written into the notes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.customers import CUSTOMER
from services.kit import query
from services.kit.fields import parse
from services.kit.query import Query
from services.kit.transfer import mapping, phones
from services.kit.transfer.mapping import Column
from services.kit.transfer.reading import read_table
from services.leads import LEAD
from tests.factories import World
from tests.kit.test_other_systems import brought
from tests.services.test_imports import Desk, read_here

PHONE = LEAD.fields["phone"]
ONE = [
    "021-5555 1234", "021-5555 1234 转 802", "021-5555 1234转802", "021-5555 1234 分机：802", "021-5555 1234 x123",
    "021-5555 1234 ext. 5", "(021) 5555-1234 #12", "0711/123456", "+49 711 / 1234567", "+49 (0)711 / 12 34 56 7",
    "021-5555 1234/35", "+86 139 0000 0000", "１３９００００００００", "95555",
]  # fmt: skip
SEVERAL = {
    "021-5555 1234 / 139 0000 0000": ["021-5555 1234", "139 0000 0000"],
    "021-55551234/13900000000／13800000000": ["021-55551234", "13900000000", "13800000000"],
    "021-5555 1234;139 0000 0000": ["021-5555 1234", "139 0000 0000"],
    "021-5555 1234、139 0000 0000": ["021-5555 1234", "139 0000 0000"],
    "021-5555 1234，139 0000 0000": ["021-5555 1234", "139 0000 0000"],
    "021-5555 1234 转 802, 139 0000 0000": ["021-5555 1234 转 802", "139 0000 0000"],
    "139 0000 0000 或 138 0000 0000": ["139 0000 0000", "138 0000 0000"],
    "139 0000 0000 or 138 0000 0000": ["139 0000 0000", "138 0000 0000"],
    "13900000000\n13800000000": ["13900000000", "13800000000"],
    "王工, 13900000000": ["王工", "13900000000"],
}


@pytest.fixture
def desk(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Return a desk at which files come in, in this process."""
    read_here(monkeypatch)
    return Desk(world, tmp_path / "imports")


def column(field: Any = PHONE) -> Column:
    return Column(0, "Phone", field)


@pytest.mark.parametrize("cell", ONE)
def test_one_number_stays_one_with_its_extension(cell: str) -> None:
    assert [cell] == phones.pieces(cell)
    assert not phones.are_several(column(), cell)
    assert parse(PHONE, cell)


@pytest.mark.parametrize("cell", SEVERAL)
def test_several_numbers_are_told_apart(cell: str) -> None:
    assert SEVERAL[cell] == phones.pieces(cell)
    assert phones.are_several(column(), cell)


@pytest.mark.parametrize("cell", ["none; nothing", "1,2,3", "a;b", "", "无、没有", "12,345"])
def test_what_holds_no_number_is_left_as_it_is(cell: str) -> None:
    assert not phones.are_several(column(), cell)


NUMBERS = st.from_regex(r"(\+[1-9][0-9]{0,2} ?)?(\(?0?[1-9][0-9]{1,3}\)?[ -]?)?[1-9][0-9]{6,7}", fullmatch=True)


@given(number=NUMBERS, extension=st.sampled_from(["", " x12", " ext. 5", " 转 802", " #3"]))
def test_a_good_number_is_never_divided(number: str, extension: str) -> None:
    assert [number + extension] == phones.pieces(number + extension)


@given(
    numbers=st.lists(NUMBERS, min_size=2, max_size=4), between=st.sampled_from(["; ", ",", "、", " / ", "\n", " 或 "])
)
def test_good_numbers_with_anything_between_them_come_back_each_by_itself(numbers: list[str], between: str) -> None:
    assert numbers == phones.pieces(between.join(numbers))


FILE = """Name,Company,Phone
Ann,Acme,021-5555 1234 / 139 0000 0000
Bob,Borg,"138 0000 0000, 137 0000 0000；-"
Cid,Corp,021-5555 1234 转 802
Dan,Dorf,
"""


def kept(world: World, entity: Any, *names: str) -> list[tuple[Any, ...]]:
    """Return what the records hold, in the order in which they were made."""
    page = world.ask(query.page, entity, Query(columns=names, limit=200)).columns
    rows = sorted(zip(page["id"], *(page[name] for name in names), strict=True))
    return [row[1:] for row in rows]


def test_the_others_go_into_the_notes_and_it_is_said_before_and_after(world: World, desk: Desk) -> None:
    told = (
        "Cells of “Phone” hold several telephone numbers, for instance “021-5555 1234 / 139 0000 0000”: "
        "the first one goes into “Phone”, the others are written into “Notes” of new records."
    )
    number = desk.bring(LEAD, FILE, goal="check")
    assert told in [str(note) for note in desk.look(number).notes]
    number = desk.bring(LEAD, FILE)
    found = desk.look(number)
    assert (4, 0, True) == (found.created, found.wrong, told in [str(note) for note in found.notes])
    assert [
        ("Ann", "021-5555 1234", "Phone: 139 0000 0000"),
        ("Bob", "138 0000 0000", "Phone: 137 0000 0000"),
        ("Cid", "021-5555 1234 转 802", None),
        ("Dan", None, None),
    ] == kept(world, LEAD, "name", "phone", "notes")


def test_what_the_file_says_in_its_own_notes_stands_before(world: World, desk: Desk) -> None:
    text = "Name,Notes,Phone\nAcme,Good,13900000000;13800000000\nBorg,,13700000000\nCorp,Fine,\n"
    desk.bring(CUSTOMER, text)
    assert [
        ("Acme", "13900000000", "Good\nPhone: 13800000000"),
        ("Borg", "13700000000", None),
        ("Corp", None, "Fine"),
    ] == kept(world, CUSTOMER, "name", "phone", "notes")


def test_of_several_columns_with_several_numbers_each_all_but_the_first_are_kept(world: World, desk: Desk) -> None:
    text = "Name,Company,Phone 1,Phone 2\nAnn,Acme,139 0000 0000/138 0000 0000,0755-8888 9999;136 0000 0000\n"
    desk.bring(LEAD, text)
    [(phone, notes)] = kept(world, LEAD, "phone", "notes")
    assert "139 0000 0000" == phone
    assert ["Phone 1: 138 0000 0000", "Phone 2: 0755-8888 9999", "Phone 2: 136 0000 0000"] == notes.splitlines()


def test_a_known_record_keeps_its_notes(world: World, desk: Desk) -> None:
    world.customer(name="Acme", code="K-1", notes="Old friend")
    desk.bring(CUSTOMER, "Code,Phone\nK-1,13900000000;13800000000\n", mode="update", match="code")
    assert [("Acme", "13900000000", "Old friend")] == kept(world, CUSTOMER, "name", "phone", "notes")


def test_a_cell_without_any_number_is_wrong_as_a_whole(desk: Desk) -> None:
    number = desk.bring(LEAD, "Name,Company,Phone\nAnn,Acme,ask Bob; or Cid\nBob,Borg,13900000000;13800000000\n")
    assert [(2, "Phone", "ask Bob; or Cid", "“ask Bob; or Cid” is not a telephone number.")] == desk.errors(number)


def test_a_file_that_is_taken_in_one_piece_is_read_the_same(world: World) -> None:
    done = brought(world, LEAD, FILE)
    assert (4, 1) == (done.created, sum("several telephone numbers" in str(note) for note in done.notes))
    assert [
        ("021-5555 1234", "Phone: 139 0000 0000"),
        ("138 0000 0000", "Phone: 137 0000 0000"),
        ("021-5555 1234 转 802", None),
        (None, None),
    ] == kept(world, LEAD, "phone", "notes")


def test_where_the_columns_go_is_remembered_by_the_columns_themselves(world: World, desk: Desk) -> None:
    desk.bring(LEAD, FILE)
    table = read_table(FILE.encode(), "again.csv")
    known = world.ask(mapping.remembered, LEAD, table)
    mapped = mapping.match_columns(LEAD, table, remembered=known)
    assert {"Name": "name", "Company": "company", "Phone": "phone"} == mapped.plain()
