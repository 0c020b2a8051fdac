"""One search finds everything of a name, a sound or a number, and nothing that the reader may not see."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from services import search
from services.search import SEARCHED
from tests.factories import World


@pytest.fixture
def filled(world: World) -> World:
    huawei = world.customer(name="上海华为技术有限公司", code="HW-0012", phone="138 0013 8000")
    world.contact(huawei, name="华小伟", phone="0755-2878 0808")
    world.lead(name="Ann Hua", company="华为云计算")
    world.opportunity(customer_id=huawei.id, name="华为数据中心")
    world.contract(huawei)
    world.customer(name="Novartis 诺华")
    return world


def found(world: World, written: str, *, by: object = None) -> dict[str, list[str]]:
    groups = world.ask(search.find, written, by=by) if by else world.ask(search.find, written)
    return {group.entity: [hit.title for hit in group.hits] for group in groups}


def test_a_name_is_found_in_everything_that_has_it(filled: World) -> None:
    everything = found(filled, "华为")
    assert ["上海华为技术有限公司"] == everything["customer"]
    assert ["Ann Hua"] == everything["lead"]
    assert ["华为数据中心"] == everything["opportunity"]


@pytest.mark.parametrize("written", ["huawei", "hwjs", "HW-0012", "13800138000", "8000"])
def test_a_customer_is_found_by_sound_initials_code_and_phone(filled: World, written: str) -> None:
    assert ["上海华为技术有限公司"] == found(filled, written)["customer"]


def test_a_hit_says_what_matched_where_its_name_does_not_show_it(filled: World) -> None:
    (group,) = [one for one in filled.ask(search.find, "28780808") if one.entity == "contact"]
    (hit,) = group.hits
    assert "phone" == hit.because
    assert "0755-2878 0808" == hit.facts["phone"]
    assert "上海华为技术有限公司" == hit.facts["customer_id"]


def test_the_whole_name_stands_before_its_beginning_and_that_before_its_middle(world: World) -> None:
    for name in ("ABC Nova", "Nova", "Nova Steel", "Innovation"):
        world.customer(name=name)
    assert ["Nova", "Nova Steel"] == found(world, "nova")["customer"][:2]
    assert {"ABC Nova", "Innovation"} == set(found(world, "nova")["customer"][2:])


def test_a_seller_finds_nothing_of_another(filled: World) -> None:
    team = filled.team()
    stranger = filled.actor("sales", team_id=team.id)
    owner = filled.actor("sales", team_id=filled.team().id)
    filled.customer(by=owner, name="华为的秘密")
    assert "华为的秘密" in found(filled, "华为")["customer"]
    assert "华为的秘密" not in found(filled, "华为", by=stranger).get("customer", [])
    assert ["华为的秘密"] == [name for name in found(filled, "华为", by=owner)["customer"] if "秘密" in name]


def test_more_than_five_of_a_kind_are_told_and_left_to_the_list(world: World) -> None:
    for number in range(7):
        world.customer(name=f"海盛{number}号")
    (group,) = world.ask(search.find, "海盛")
    assert 5 == len(group.hits)
    assert group.has_more


@pytest.mark.parametrize("written", ["", " ", "华", "a", "'", '"', "%", "*", "AND", "\x00", "x" * 500])
def test_anything_may_be_typed(filled: World, written: str) -> None:
    assert all(group.hits for group in filled.ask(search.find, written))


def test_it_asks_twice_a_kind_at_most(filled: World) -> None:
    asked: list[str] = []
    event.listen(filled.database.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    filled.ask(search.find, "华为")
    assert len([one for one in asked if " LIMIT " in one]) <= 2 * len(SEARCHED)
