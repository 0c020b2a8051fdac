"""Records are found by a part of a Chinese or Latin name, by its sound and initials, by phone and code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db import search
from services.customers import CUSTOMER
from services.kit import query
from services.kit.query import Query
from tests.factories import World

HUAWEI = "上海华为技术有限公司"
CHANGAN = "重庆长安汽车股份有限公司"
NOVARTIS = "Novartis Pharma AG"


@pytest.fixture
def filled(world: World) -> World:
    world.customer(name=HUAWEI, code="HW-0012", phone="+86 138-0013-8000")
    world.customer(name=CHANGAN, code="CA-7", phone="(023) 6759 1234")
    world.customer(name=NOVARTIS, phone="+41 61 324 11 11")
    return world


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("华为", {HUAWEI}),
        ("華為技術", {HUAWEI}),
        ("huawei", {HUAWEI}),
        ("Hua Wei", {HUAWEI}),
        ("weijishu", {HUAWEI}),
        ("huaw", {HUAWEI}),
        ("hwjs", {HUAWEI}),
        ("hw", {HUAWEI}),
        ("shhw", {HUAWEI}),
        ("chongqing", {CHANGAN}),
        ("chang'an", {CHANGAN}),
        ("caqc", {CHANGAN}),
        ("novartis", {NOVARTIS}),
        ("arti", {NOVARTIS}),
        ("ph", {NOVARTIS}),
        ("13800138000", {HUAWEI}),
        ("+86 138 0013 8000", {HUAWEI}),
        ("8613800138000", {HUAWEI}),
        ("8000", {HUAWEI}),
        ("67591234", {CHANGAN}),
        ("613241111", {NOVARTIS}),
        ("HW-0012", {HUAWEI}),
        ("ca-7", {CHANGAN}),
        ("youxiangongsi", set()),
        ("uawei", set()),  # the middle of a syllable is nothing one remembers
        ("huawx", set()),
        ("不存在", set()),
    ],
)
def test_a_customer_is_found_by_what_one_remembers_of_it(filled: World, written: str, found: set[str]) -> None:
    page = filled.ask(query.page, CUSTOMER, Query(search=written))
    assert found == set(page.frame["name"])


def test_a_family_name_sounds_as_one_and_so_does_the_plain_character() -> None:
    for written in ("zengxiaoxian", "zxx"):
        wanted = search.query_alternatives(written)[1]
        assert set(wanted) <= set(search.tokens("曾小贤").split())


def test_the_letters_of_a_latin_name_are_no_sound_of_a_chinese_one() -> None:
    assert not {token for token in search.tokens("huawei").split() if not token.isascii()}
    assert not {token for token in search.tokens("华为").split() if token.isascii()}


@given(st.text(alphabet="华为技术上海重庆长安科新电气", min_size=2, max_size=12), st.data())
def test_every_part_of_two_characters_or_more_is_found(name: str, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(name) - 2))
    end = data.draw(st.integers(begin + 2, len(name)))
    stored = set(search.tokens(name).split())
    assert set(search.query_alternatives(name[begin:end])[0]) <= stored


@given(st.text(max_size=60))
def test_any_text_has_tokens_that_a_store_can_hold_and_asks_for_none_it_would_not_make(written: str) -> None:
    stored = search.tokens(written)
    assert "\x00" not in stored
    assert len(stored.split(" ")) <= search.MAXIMUM_TOKENS
    assert all(token.strip() == token for token in stored.split(" "))
    for wanted in search.query_alternatives(written):
        assert all(token and '"' not in token for token in wanted)
