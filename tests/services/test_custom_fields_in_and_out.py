"""Added fields come in and go out by their names in either language, typed like any other, refused at their cell."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services import custom_fields, imports
from services.customers import CUSTOMER
from services.kit import query
from services.kit.query import Query
from services.kit.transfer import exporting
from tests.factories import World
from tests.services.test_custom_fields import define
from tests.services.test_imports import Desk, counts, read_here
from ui.i18n import translate

NAMES = ("c_wiring", "c_due", "c_lines", "c_ratio", "c_share", "c_budget", "c_vip", "c_plate", "c_mail", "c_stars")


@pytest.fixture
def desk(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Return a desk at which files come in, in this process."""
    read_here(monkeypatch)
    return Desk(world, tmp_path / "imports")


@pytest.fixture
def fields(world: World) -> dict[str, Any]:
    """Add a field of every kind that stands in a cell."""
    made = [
        ("choice", "Wiring", "布线", {"options": [{"en": "Copper", "zh": "铜缆"}, {"en": "Fibre", "zh": "光纤"}]}),
        ("day", "Due", "拜访日", {}),
        ("integer", "Lines", "产线数", {}),
        ("number", "Ratio", "比值", {}),
        ("percent", "Share", "份额", {}),
        ("money", "Budget", "预算", {}),
        ("flag", "Vip", "贵宾", {}),
        ("text", "Plate", "车牌", {"is_unique": True, "is_searchable": True}),
        ("email", "Mail", "信箱", {}),
        ("rating", "Stars", "星级", {}),
    ]
    return {
        f"c_{row.code}": row
        for kind, english, chinese, more in made
        for row in [define(world, kind=kind, label_en=english, label_zh=chinese, **more)]
    }


def rows(world: World, *names: str) -> list[tuple[Any, ...]]:
    """Return the values of all customers in the order of their names."""
    page = world.ask(query.page, CUSTOMER, Query(columns=("name", *names), sort="name"))
    return list(zip(*(page.columns[name] for name in ("name", *names)), strict=True))


ENGLISH = (
    "Name,Wiring,Due,Lines,Ratio,Share,Budget,Vip,Plate,Mail,Stars\n"
    "A,Fibre,2026-07-01,12,0.25,12.5%,1.2万,yes,PL731,a@b.cn,4\n"
    "B,,,,,,,,,,\n"
)
CHINESE = (
    "名称,布线,拜访日,产线数,比值,份额,预算,贵宾,车牌,信箱,星级\n"
    "A,光纤,2026年7月1日,12,0.25,12.5%,12000,是,PL731,a@b.cn,4\n"
    "B,,,,,,,,,,\n"
)
EXPECTED = [
    ("A", "fibre", date(2026, 7, 1), 12, 0.25, 1250, 1_200_000, True, "PL731", "a@b.cn", 4),
    ("B", None, None, None, None, None, None, False, None, None, None),
]


@pytest.mark.parametrize("content", [ENGLISH, CHINESE], ids=["en", "zh"])
@pytest.mark.usefixtures("fields")
def test_a_file_brings_them_by_their_names_in_either_language(desk: Desk, content: str) -> None:
    number = desk.bring(CUSTOMER, content)
    assert [] == desk.errors(number)
    assert (2, 0, 0, 0) == counts(desk.look(number))
    assert EXPECTED == rows(desk.world, *NAMES)
    found = desk.world.ask(query.page, CUSTOMER, Query(search="pl73"))
    assert ["A"] == list(found.columns["name"])


@pytest.mark.usefixtures("fields")
def test_a_column_is_sent_to_one_by_its_code(desk: Desk) -> None:
    desk.bring(CUSTOMER, "Name,Cable\nA,copper\n", maps={"Cable": "c_wiring"})
    assert [("A", "copper")] == rows(desk.world, "c_wiring")


@pytest.mark.usefixtures("fields")
def test_what_does_not_hold_is_told_at_its_cell_and_the_rest_comes_in(desk: Desk) -> None:
    desk.world.customer(name="Z", c_plate="P-9")
    content = (
        "Name,Wiring,Due,Lines,Stars,Plate\n"
        "A,Wood,soon,3.5,7,P-9\n"
        "B,Copper,2026-07-01,3,5,P-2\n"
        "C,Copper,2026-07-01,3,5,P-2\n"
    )
    number = desk.bring(CUSTOMER, content, skip_bad=True)
    told = {(row, column) for row, column, _value, _message in desk.errors(number)}
    assert {(2, "Wiring"), (2, "Due"), (2, "Lines"), (2, "Stars"), (2, "Plate"), (4, "Plate")} == told
    assert [("B", "P-2"), ("Z", "P-9")] == rows(desk.world, "c_plate")


def test_a_row_must_fill_in_what_must_be_filled_in(desk: Desk, fields: dict[str, Any]) -> None:
    desk.world.do(custom_fields.update, fields["c_wiring"].id, {"is_required": True})
    number = desk.bring(CUSTOMER, "Name,Wiring\nA,\nB,Copper\n", skip_bad=True)
    assert [(2, "Wiring")] == [(row, column) for row, column, _value, _message in desk.errors(number)]
    assert [("B", "copper")] == rows(desk.world, "c_wiring")


@pytest.mark.usefixtures("fields")
def test_records_are_recognised_and_changed_and_an_import_is_taken_back(desk: Desk) -> None:
    desk.bring(CUSTOMER, ENGLISH)
    changed = "Name,Wiring,Lines\nA,Copper,12\nB,Copper,\n"
    number = desk.bring(CUSTOMER, changed, mode="update", match="name")
    assert [] == desk.errors(number)
    assert [("A", "copper", 12), ("B", "copper", None)] == rows(desk.world, "c_wiring", "c_lines")
    desk.go(imports.revert, number)
    assert [("A", "fibre", 12), ("B", None, None)] == rows(desk.world, "c_wiring", "c_lines")
    assert "PL731" == rows(desk.world, "c_plate")[0][1]


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_what_goes_out_comes_back_the_same(desk: Desk, fields: dict[str, Any], language: str) -> None:
    desk.bring(CUSTOMER, ENGLISH)
    desk.world.do(custom_fields.update, fields["c_wiring"].id, {"options": [{"code": "copper", "en": "Copper"}]})
    target = io.BytesIO()
    wanted = Query(columns=("name", *NAMES))
    desk.world.do(
        exporting.export,
        CUSTOMER,
        target,
        file_format="csv",
        wanted=wanted,
        words=lambda text: translate(text, language),
    )
    written = target.getvalue().decode("utf-8-sig")
    assert ("Wiring" if language == "en" else "布线") in written
    assert ("Fibre" if language == "en" else "光纤") in written
    desk.world.do(
        custom_fields.update,
        fields["c_wiring"].id,
        {"options": [{"code": "copper", "en": "Copper"}, {"code": "fibre", "en": "Fibre", "zh": "光纤"}]},
    )
    number = desk.bring(CUSTOMER, written, mode="update", match="name")
    assert [] == desk.errors(number)
    assert (0, 0, 2, 0) == counts(desk.look(number))
    assert EXPECTED == rows(desk.world, *NAMES)
