"""The main job in a real browser: rank, move a weight, decide, come back; in Chinese, in the dark, from a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from services import planning
from tests.browser.conftest import Server, settle

TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
SignIn = Callable[..., Page]
HEADER, ROW = 36, 36


@pytest.fixture
def table(server: Server) -> Iterator[tuple[int, list[int]]]:
    """Make a round of six opportunities of which the biggest market is not the fastest."""
    world = server.world
    ids = [
        world.opportunity(
            name=f"Chance {number} 机会",
            horizon=("short", "mid", "long")[number % 3],
            market_size=500_000_000 * (6 - number),
            growth=900 * number,
            margin=3_000,
            competition=3,
            product_fit=1 + number % 5,
            win_probability=4_000,
            reachable_share=3_000,
            cost=100_000_00,
            heads=2,
        ).id
        for number in range(6)
    ]
    plan = world.do(planning.create_plan, "Browser round", opportunity_ids=ids, money_limit=10_000_000_00).id
    yield plan, ids
    if "frozen" != next(one.stage for one in world.ask(planning.rounds) if one.id == plan):
        world.do(planning.delete, plan)


def order(server: Server, plan: int) -> list[str]:
    """Return the names in the order of the weights in force."""
    board = server.world.ask(planning.table, plan)
    return [str(board.items["name"][one]) for one in planning.rank(board).order]


def ranked(page: Page) -> Locator:
    """Return the ranked table."""
    return page.get_by_test_id("stDataFrame").first


def click_cell(page: Page, row: int, x: int) -> None:
    """Press a cell of the ranked table; rows count from 0, `x` in pixels from its left."""
    grid = ranked(page)
    grid.scroll_into_view_if_needed()
    expect(grid.locator("canvas").first).to_be_visible()
    page.evaluate(TWO_FRAMES)  # the grid listens only once it has drawn
    box = grid.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + x, box["y"] + HEADER + ROW * row + ROW / 2)
    settle(page)


def move(page: Page, criterion: str, presses: int) -> None:
    """Move a slider by the keyboard: one press, one point."""
    handle = page.get_by_role("slider", name=re.compile(f"^{criterion}"))
    handle.focus()
    for _ in range(abs(presses)):
        page.keyboard.press("ArrowRight" if presses > 0 else "ArrowLeft")
    settle(page)


def test_rank_move_a_weight_decide_and_find_it_there_after_a_reload(
    sign_in: SignIn, server: Server, table: tuple[int, list[int]]
) -> None:
    plan, ids = table
    page = sign_in("leader", f"/sandbox?round={plan}")
    expect(page.get_by_role("heading", name="Sandbox")).to_be_visible()
    before = order(server, plan)
    expect(ranked(page).get_by_text(before[0])).to_be_attached()

    for criterion, presses in (("Market size", -30), ("Growth", 60)):
        move(page, criterion, presses)
    page.get_by_role("button", name="Keep these weights").click()
    expect(page.get_by_text("Weights kept")).to_be_visible()
    after = order(server, plan)
    assert before != after
    assert "Chance 5 机会" == after[0]
    assert 0 == server.world.ask(planning.table, plan).weights.points["market_size"]

    settle(page)
    click_cell(page, 0, 18)
    expect(page.get_by_text("1 selected")).to_be_visible()
    page.get_by_role("button", name="Fight", exact=False).first.click()
    page.get_by_role("radio", name="Strategic", exact=True).click()
    page.get_by_role("button", name="Fight for 1").click()
    expect(page.get_by_text("1 decided: Fight")).to_be_visible()

    page.reload()
    settle(page)
    expect(page.get_by_text("1 of 6")).to_be_visible()
    kept = server.world.ask(planning.table, plan).items.loc[ids[5]]
    assert ("fight", "strategic", "Leader Person") == (kept["decision"], kept["reason"], kept["decided_by"])
    page.goto(f"/sandbox?round={plan}&view=decisions")
    settle(page)
    expect(page.get_by_role("button", name=re.compile("Chance 5"))).to_be_visible()


def test_a_name_opens_the_card_and_the_card_decides(
    sign_in: SignIn, server: Server, table: tuple[int, list[int]]
) -> None:
    plan, _ids = table
    first = order(server, plan)[0]
    page = sign_in("leader", f"/sandbox?round={plan}")
    click_cell(page, 0, 200)
    card = page.get_by_role("dialog")
    expect(card.get_by_text(first)).to_be_visible()
    card.get_by_role("radio", name="Let go").click()
    card.get_by_role("radio", name="Resources", exact=True).click()
    card.get_by_label("Note").fill("No people 没有人手")
    card.get_by_role("button", name="Keep the decision").click()
    expect(card).to_be_hidden()
    board = server.world.ask(planning.table, plan)
    kept = board.items[board.items["name"] == first].iloc[0]
    assert ("let_go", "No people 没有人手") == (kept["decision"], kept["note"])
    # The card opens again after it was closed by Escape.
    settle(page)
    click_cell(page, 1, 200)
    expect(card).to_be_visible()
    settle(page)
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    settle(page)
    click_cell(page, 1, 200)
    expect(card).to_be_visible()


def test_two_rows_are_compared_in_words(sign_in: SignIn, server: Server, table: tuple[int, list[int]]) -> None:
    plan, _ids = table
    page = sign_in("leader", f"/sandbox?round={plan}")
    first, second = order(server, plan)[:2]
    click_cell(page, 0, 18)
    click_cell(page, 1, 18)
    page.get_by_role("button", name="Compare", exact=True).click()
    settle(page)
    expect(page.get_by_text(f"{first} stands before {second}")).to_be_visible()
    expect(page.get_by_text("What would turn it round")).to_be_visible()
    assert "view=compare" in page.url
    page.reload()
    expect(page.get_by_text(f"{first} stands before {second}")).to_be_visible()


@pytest.mark.parametrize(
    "view", ["ranking", "matrix", "movers", "robustness", "compare", "decisions", "opinions", "data"]
)
def test_every_view_draws_in_the_dark(sign_in: SignIn, page: Page, table: tuple[int, list[int]], view: str) -> None:
    plan, _ids = table
    page.emulate_media(color_scheme="dark")
    sign_in("leader", f"/sandbox?round={plan}&view={view}", on=page)
    if view in ("ranking", "matrix", "movers", "robustness", "compare", "data"):
        picture = page.get_by_test_id("stVegaLiteChart").first
        expect(picture.locator("canvas, svg").first).to_be_visible()
    ground: Any = page.evaluate("getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor")
    assert "rgb(22, 25, 29)" == ground


def test_the_page_speaks_chinese(sign_in: SignIn, table: tuple[int, list[int]]) -> None:
    plan, _ids = table
    page = sign_in("viewer", f"/sandbox?round={plan}")
    page.get_by_test_id("stSidebar").get_by_role("button", name=re.compile("Viewer Person")).click()
    page.get_by_text("简体中文").click()
    expect(page.get_by_role("heading", name="沙盘")).to_be_visible()
    expect(page.get_by_text("English", exact=True)).to_be_visible()
    page.get_by_text("English", exact=True).click()
    expect(page.get_by_role("heading", name="Sandbox")).to_be_visible()


def test_on_a_phone_one_reads_the_ranking_first(sign_in: SignIn, page: Page, table: tuple[int, list[int]]) -> None:
    plan, _ids = table
    sign_in("leader", f"/sandbox?round={plan}", on=page)
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    settle(page)
    expect(ranked(page)).to_be_visible()
    table_box, weights_box = ranked(page).bounding_box(), page.get_by_text("What matters to us").bounding_box()
    assert table_box is not None
    assert weights_box is not None
    assert table_box["y"] < weights_box["y"]
    assert 390 >= page.evaluate("document.documentElement.scrollWidth")
