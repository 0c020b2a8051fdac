"""What goes out is what the reader sees, computes nothing, and comes back as it was."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

import openpyxl
import pandas as pd
import pytest

from seed import reference
from services.customers import CUSTOMER
from services.kit import query
from services.kit.actor import SYSTEM, Actor
from services.kit.entity import Entity
from services.kit.errors import Forbidden
from services.kit.query import Query
from services.kit.transfer import exporting, importing, mapping
from services.kit.transfer.exporting import Heading
from services.kit.transfer.outcome import Options, Outcome
from services.kit.transfer.reading import read_table
from services.opportunities import OPPORTUNITY
from tests.factories import World

FORMATS = ["xlsx", "csv"]
PAYLOADS = [
    "=1+1", "+86 138 0013 8000", "-2+3", "@SUM(A1)", "＝1+1", "＋1", "－1", "＠x", "=cmd|' /C calc'!A0", "'=1", " =1",
    '=HYPERLINK("http://a.example")', "'plain", "-", "0012", "110101199003077758", "𠮷 emoji 🎉", 'quote " and , comma',
]  # fmt: skip


def out(world: World, entity: Entity, file_format: Any, by: Actor = SYSTEM, wanted: Query | None = None) -> bytes:
    target = io.BytesIO()
    world.do(exporting.export, entity, target, file_format=file_format, wanted=wanted, by=by)
    return target.getvalue()


def back(world: World, entity: Entity, content: bytes, **options: Any) -> Outcome:
    table = read_table(content, "file")
    return world.do(importing.run_import, entity, table, mapping.match_columns(entity, table), Options(**options))


@pytest.mark.parametrize("file_format", FORMATS)
def test_what_went_out_comes_back_equal(world: World, file_format: Any) -> None:
    reference.fill(world.database)
    customer = world.customer(name="Acme 爱克米", code="007")
    owner = world.user(name="Ann")
    world.opportunity(
        name="All facts", code="0001", customer_id=customer.id, owner_id=owner.id, horizon="long", currency="USD",
        market_size=123_456_789_01, growth=-1_250, margin=3_333, competition=4, amount=99, close_on=date(2027, 2, 28),
        heads=3, notes="two\nlines",
    )  # fmt: skip
    world.opportunity(name="Few facts", code="0002", currency="JPY", market_size=1_234)
    content = out(world, OPPORTUNITY, file_format)
    outcome = back(world, OPPORTUNITY, content, mode="both", match="code")
    assert ([], 0, 0, 2) == (outcome.errors, outcome.created, outcome.updated, outcome.unchanged)


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_text_becomes_a_formula_and_every_text_comes_back(
    sqlite_world: World, file_format: Any, payload: str
) -> None:
    sqlite_world.customer(name="A", code="1", address=payload)
    content = out(sqlite_world, CUSTOMER, file_format)
    if file_format == "csv":
        cells = [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) for cell in row]
        assert [] == [cell for cell in cells if cell.strip()[:1] in tuple("=+-@＝＋－＠") and cell.strip()]
    else:
        page: Any = openpyxl.load_workbook(io.BytesIO(content)).active
        assert {"s", "n"} >= {cell.data_type for row in page.iter_rows() for cell in row}
    before = sqlite_world.ask(query.frame, CUSTOMER, Query(columns=("address",)))["address"].iloc[0]
    outcome = back(sqlite_world, CUSTOMER, content, mode="update", match="code")
    after = sqlite_world.ask(query.frame, CUSTOMER, Query(columns=("address",)))["address"].iloc[0]
    assert ([], before.strip()) == (outcome.errors, after.strip())


def test_negative_numbers_stay_numbers(sqlite_world: World) -> None:
    sqlite_world.opportunity(name="A", growth=-500)
    page: Any = openpyxl.load_workbook(io.BytesIO(out(sqlite_world, OPPORTUNITY, "xlsx"))).active
    row = dict(zip([cell.value for cell in page[1]], page[2], strict=True))
    assert (-0.05, "0.00%") == (row["Growth"].value, row["Growth"].number_format)
    assert "-5%" in out(sqlite_world, OPPORTUNITY, "csv").decode("utf-8-sig")


@pytest.mark.parametrize("file_format", FORMATS)
def test_only_what_the_reader_may_see_goes_out(world: World, file_format: Any) -> None:
    team = world.team()
    ann, bob = world.actor("sales", team_id=team.id), world.actor("sales", team_id=team.id)
    world.customer(by=ann, name="Own")
    world.customer(by=bob, name="Foreign")
    table = read_table(out(world, CUSTOMER, file_format, by=ann), "f")
    assert ["Own"] == [row.cells[0] for row in table.rows]


def test_filters_and_columns_of_the_list_hold(world: World) -> None:
    world.customer(name="A", level="A", revenue=100)
    world.customer(name="B", level="B")
    wanted = Query(columns=("name", "revenue")).where("level", "in", "A")
    table = read_table(out(world, CUSTOMER, "csv", wanted=wanted), "f")
    assert (("Name", "Annual revenue", "Currency"), [("A", "1.00", "CNY")]) == (
        table.header,
        [row.cells for row in table.rows],
    )


def test_a_role_without_the_permission_exports_nothing(sqlite_world: World) -> None:
    with pytest.raises(Forbidden):
        out(sqlite_world, CUSTOMER, "csv", by=sqlite_world.actor("viewer"))


def test_an_export_is_audited_with_its_count(world: World) -> None:
    from sqlalchemy import select

    from db.models import AuditEntry

    world.customer()
    out(world, CUSTOMER, "csv")
    found = world.ask(lambda uow: uow.session.execute(select(AuditEntry).filter_by(action="export")).scalar_one())
    assert ("customer", 1, "csv") == (found.entity, found.count, found.changes["format"])


def test_headings_are_in_the_readers_language(sqlite_world: World) -> None:
    sqlite_world.customer(name="A")
    target = io.BytesIO()
    words = {"Name": "名称"}
    sqlite_world.do(
        exporting.export, CUSTOMER, target, file_format="csv", words=lambda text: words.get(text, text),
        wanted=Query(columns=("name", "level")),
    )  # fmt: skip
    assert ("名称", "Level") == read_table(target.getvalue() + b"x,", "f").header


def test_a_frame_becomes_a_workbook_under_its_titles() -> None:
    frame = pd.DataFrame({"rank": [1, 2], "name": ["=A", "B"], "share": [0.5, None], "hidden": [1, 1]})
    content = exporting.table_to_xlsx(
        frame, {"rank": "Rank", "name": "Opportunity", "share": "Share"}, kinds={"share": "percent"}, sheet="a/b"
    )
    table = read_table(content, "f")
    assert (("Rank", "Opportunity", "Share"), [(1.0, "=A", "50%"), (2.0, "B", None)]) == (
        table.header,
        [row.cells for row in table.rows],
    )


class _Full(io.BytesIO):
    """A disk with room for one block."""

    def write(self, content: Any) -> int:
        if self.tell() > 100_000:
            raise OSError(28, "No space left on device")
        return super().write(content)


def test_a_disk_that_is_full_ends_the_writing_of_a_workbook() -> None:
    rows = ([f"{number} {number * 1_000_003 % 99_991}"] for number in range(40_000))
    with pytest.raises(OSError, match="No space left"):
        exporting.write(_Full(), [Heading("What")], rows, file_format="xlsx")


def test_a_reason_to_stop_is_told_as_it_is_and_not_as_one_of_the_writing() -> None:
    def rows() -> Any:
        yield from ([number] for number in range(12_000))
        raise Forbidden("customer.export")

    with pytest.raises(Forbidden):
        exporting.write(io.BytesIO(), [Heading("What")], rows(), file_format="xlsx")


def test_rows_with_errors_go_out_as_they_came_with_the_reason(sqlite_world: World) -> None:
    table = read_table(b"Name,Growth\nA,1\nB,'=x\n", "f")
    mapped = mapping.match_columns(OPPORTUNITY, table)
    outcome = sqlite_world.do(importing.plan_import, OPPORTUNITY, table, mapped)
    headings, rows = exporting.error_table(table, outcome, str, title="What is wrong")
    assert (
        [Heading("Name"), Heading("Growth"), Heading("What is wrong")],
        [["B", "=x", "Growth: “=x” is not a number."]],
    ) == (
        headings,
        rows,
    )
