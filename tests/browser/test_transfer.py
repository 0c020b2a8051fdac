"""Files in and out in a real browser: a bad row is told, mended and brought again; what goes out opens."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
from playwright.sync_api import Locator, Page, expect

from services import imports
from services.customers import CUSTOMER
from services.kit import query
from services.kit.query import Query
from services.opportunities import OPPORTUNITY
from services.planning import add_items, create_plan, table
from tests.browser.conftest import Server, choose, settle

SignIn = Callable[..., Page]


def _workbook(path: Path, *rows: list[object]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["Name", "Customer", "Horizon", "Market size", "Growth", "Margin", "竞争强度"], *rows):
        sheet.append(row)
    book.save(path)
    return path


def _import_of(page: Page) -> Locator:
    """Open the import of the list and return its dialog."""
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Import", exact=True).click()
    return page.get_by_role("dialog")


def _offer(dialog: Locator, path: Path) -> None:
    dialog.locator("input[type=file]").set_input_files(path)
    expect(dialog.get_by_text(path.name)).to_be_visible()
    settle(dialog.page)  # the button of the file before is still there until the script has run
    dialog.get_by_role("button", name="Check the file").click()


def test_a_file_with_a_bad_row_is_told_mended_and_brought_again_onto_the_round(
    sign_in: SignIn, server: Server, tmp_path: Path
) -> None:
    def begin(uow: object) -> int:
        plan = create_plan(uow, "Round of files")  # type: ignore[arg-type]
        add_items(uow, plan.id, [])  # type: ignore[arg-type]
        return int(plan.id)

    plan = server.world.do(begin)
    good = ["Press line 冲压线", "Customer 1 客户", "Mid", "¥1.2M", "12 %", 0.35, 2]
    bad = ["Paint shop 涂装", "Customer 2 客户", "Long", "a lot", "8%", "30%", 9]
    page = sign_in("leader", f"/sandbox?round={plan}")
    page.get_by_role("button", name="Import").first.click()
    dialog = page.get_by_role("dialog")
    _offer(dialog, _workbook(tmp_path / "with a bad row.xlsx", good, bad))
    expect(dialog.get_by_text("1 new, 0 changed, 0 unchanged, 1 with errors")).to_be_visible()
    expect(dialog.get_by_role("button", name="Import the good rows")).to_be_visible()
    assert 0 == _count(server, "涂装"), "a check writes nothing"
    assert 0 == _count(server, "冲压线"), "a check writes nothing"

    mended = [*bad[:3], "2,500,000", *bad[4:6], 3]
    _offer(dialog, _workbook(tmp_path / "mended.xlsx", good, mended))
    expect(dialog.get_by_text("2 new, 0 changed, 0 unchanged, 0 with errors")).to_be_visible()
    dialog.get_by_role("button", name="Import", exact=True).click()
    expect(dialog).to_be_hidden()
    settle(page)
    found = server.world.ask(query.frame, OPPORTUNITY, Query(search="涂装", columns=("name", "market_size", "growth")))
    assert [("Paint shop 涂装", 250_000_000, 800)] == list(
        found[["name", "market_size", "growth"]].itertuples(index=False, name=None)
    )
    assert 2 == len(server.world.ask(table, plan))


def test_what_was_left_out_is_mended_in_the_file_handed_out_and_nothing_comes_in_twice(
    sign_in: SignIn, server: Server, tmp_path: Path
) -> None:
    path = tmp_path / "plants.csv"
    path.write_text("Name,Employees\nNorth plant 北厂,12\nEast plant 东厂,many\n", encoding="utf-8")
    page = sign_in("leader", "/customers")
    dialog = _import_of(page)
    _offer(dialog, path)
    expect(dialog.get_by_text("1 new, 0 changed, 0 unchanged, 1 with errors")).to_be_visible()
    assert 0 == _customers(server, "plant"), "a check writes nothing"
    dialog.get_by_role("button", name="Import the good rows").click()
    expect(dialog.get_by_role("button", name="Take back")).to_be_visible()
    assert 1 == _customers(server, "plant")
    dialog.get_by_role("button", name="Rows with errors as a file").click()
    address = dialog.get_by_role("link", name="Download").get_attribute("href")
    assert address is not None
    book = openpyxl.load_workbook(io.BytesIO(page.request.get(address).body()))
    sheet = book.active
    assert sheet is not None
    assert [("East plant 东厂", "many")] == [row[:2] for row in sheet.iter_rows(min_row=2, values_only=True)]
    sheet["B2"] = 34
    book.save(tmp_path / "mended.xlsx")
    dialog.get_by_role("button", name="Close").last.click()
    expect(dialog).to_be_hidden()
    settle(page)

    _import_of(page)
    _offer(dialog, tmp_path / "mended.xlsx")
    expect(dialog.get_by_text("1 new, 0 changed, 0 unchanged, 0 with errors")).to_be_visible()
    dialog.get_by_role("button", name="Import", exact=True).click()
    dialog.get_by_role("button", name="Import history").click()
    expect(page.get_by_role("heading", name="Import history")).to_be_visible()
    expect(page.get_by_text("mended.xlsx")).to_be_visible()
    assert 2 == _customers(server, "plant"), "all are in, none twice"


def test_a_larger_file_shows_its_progress_is_stopped_and_goes_on(
    sign_in: SignIn, server: Server, tmp_path: Path
) -> None:
    path = tmp_path / "many works.csv"
    rows = "".join(f"Works {number} 工厂,City {number},{number}\n" for number in range(60_000))
    path.write_text("Name,Region,Employees\n" + rows, encoding="utf-8")
    page = sign_in("leader", "/customers")
    dialog = _import_of(page)
    _offer(dialog, path)
    expect(dialog.get_by_text("60,000 new, 0 changed, 0 unchanged, 0 with errors")).to_be_visible()
    dialog.get_by_role("button", name="Import", exact=True).click()
    expect(dialog.get_by_text(re.compile(r"Importing: [\d,]+ of 60,000 rows"))).to_be_visible()
    dialog.get_by_role("button", name="Stop").click()
    expect(dialog.get_by_text(re.compile(r"Stopped at [\d,]+ of 60,000 rows"))).to_be_visible()
    half = _customers(server, "工厂")
    assert half < 60_000, "it was stopped on the way"
    dialog.get_by_role("button", name="Go on").click()
    expect(dialog.get_by_text("60,000 new, 0 changed, 0 unchanged, 0 with errors")).to_be_visible()
    (batch,) = [one for one in server.world.ask(imports.batches) if one.file_name == path.name]
    assert (60_000, "store") == (batch.created, batch.stage), "no row is lost, none is doubled"


def test_a_large_file_comes_in_by_the_page_and_is_read_in_another_way_when_asked(
    sign_in: SignIn, server: Server, tmp_path: Path
) -> None:
    path = tmp_path / "long letters.csv"
    letter = "Long letter 长信 " * 600
    rows = "".join(f"Writer {number}; 作者,{letter}\n" for number in range(2_500))
    path.write_text("Name,Notes\n" + rows, encoding="utf-8")
    assert path.stat().st_size > 25_000_000
    page = sign_in("leader", "/customers")
    dialog = _import_of(page)
    dialog.locator("input[type=file]").set_input_files(path)
    expect(dialog.get_by_text("Rows: 2,500. Where does each column go?")).to_be_visible()
    settle(page)
    assert [] == list((server.folder / "imports" / "uploads" / str(server.people["leader"].id)).iterdir())
    for delimiter, heading in (("Semicolon", "Name,Notes"), ("As it was found", "Notes")):
        dialog.get_by_text("Garbled, or all in one column?").click()
        # While it opens, a list of choices that is opened closes again.
        dialog.get_by_test_id("stExpander").evaluate(
            "box => Promise.all(box.getAnimations({subtree: true}).map(one => one.finished.catch(() => null)))"
        )
        choose(dialog, "Between the cells stands", delimiter)
        expect(dialog.get_by_test_id("stSelectbox").get_by_text(heading, exact=True)).to_be_visible()
    dialog.get_by_text("Nobody: into the public pool").click()
    settle(page)
    dialog.get_by_role("button", name="Check the file").click()
    # What was chosen is not on the screen while the work goes on, and is chosen still.
    expect(dialog.get_by_text("2,500 new, 0 changed, 0 unchanged, 0 with errors")).to_be_visible()
    dialog.get_by_role("button", name="Import", exact=True).click()
    expect(dialog.get_by_role("button", name="Take back")).to_be_visible()
    found = server.world.ask(query.frame, CUSTOMER, Query(search="Writer 2499", columns=("name", "owner_id")))
    assert [True] == list(found["owner_id"].isna())


def test_a_picture_is_no_table_and_is_told_so(sign_in: SignIn, tmp_path: Path) -> None:
    path = tmp_path / "photo.xlsx"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    page = sign_in("leader", "/opportunities")
    dialog = _import_of(page)
    dialog.locator("input[type=file]").set_input_files(path)
    expect(dialog.get_by_role("alert")).to_be_visible()
    expect(dialog.get_by_role("button", name="Check the file")).to_have_count(0)


def test_what_goes_out_is_what_the_reader_sees_and_opens_elsewhere(sign_in: SignIn) -> None:
    page = sign_in("sales", "/customers?q=Customer")
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Export", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Prepare the file").click()
    link = dialog.get_by_role("link", name="Download")
    expect(link).to_be_visible()
    address = link.get_attribute("href")
    assert address is not None
    # The browser's own cookie goes along: the link is worth nothing without the session.
    answer = page.request.get(address)
    sheet = openpyxl.load_workbook(io.BytesIO(answer.body())).active
    assert sheet is not None
    names = [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert {f"Customer {n} 客户" for n in range(1, 6)} <= set(names)
    assert page.request.get(address).status >= 400, "a link works once"


def _customers(server: Server, search: str) -> int:
    return int(server.world.ask(query.count, CUSTOMER, Query(search=search)))


def _count(server: Server, search: str) -> int:
    return int(server.world.ask(query.count, OPPORTUNITY, Query(search=search)))
