"""A list narrowed by part of an industry or region shows what has that part, and finds it along an index."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.customers import CUSTOMER
from services.kit import prepared, query, records, recurring
from services.kit.actor import SYSTEM, Actor
from services.kit.query import Query
from tests.factories import World
from tests.statements import heard, plan

INDUSTRIES = ("Software", "software tools", "Hardware", None, "100 % wool", "a_b", "aXb", "医疗器械", "Software")


def having(world: World, part: str, name: str = "industry", by: Actor = SYSTEM) -> list[str]:
    page = world.ask(query.page, CUSTOMER, Query(limit=100).where(name, "has", part), by=by)
    assert page.count == len(page.ids)
    return sorted(page.frame[name])


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("soft", ["Software", "Software", "software tools"]),
        ("WARE", ["Hardware", "Software", "Software", "software tools"]),
        ("0 %", ["100 % wool"]),
        ("a_b", ["a_b"]),
        ("疗器", ["医疗器械"]),
        ("fishery", []),
    ],
)
def test_any_part_of_the_word_is_enough(world: World, part: str, expected: list[str]) -> None:
    for industry in INDUSTRIES:
        world.customer(industry=industry)
    assert expected == having(world, part)


def test_what_lies_in_the_recycle_bin_or_is_not_the_readers_is_not_found(world: World) -> None:
    team = world.team()
    seller, other = world.actor(team_id=team.id), world.actor(team_id=world.team().id)
    gone = world.customer(by=seller, region="Southwest")
    world.customer(by=seller, region="South")
    world.customer(by=other, region="South coast")
    world.do(records.delete, CUSTOMER, gone.id)
    assert ["South", "South coast"] == having(world, "south", "region")
    assert ["South"] == having(world, "south", "region", by=seller)


@pytest.mark.parametrize("limit", ["MOST", "_IN_USE"])
def test_of_many_different_words_it_is_asked_row_by_row(
    world: World, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    for industry in INDUSTRIES:
        world.customer(industry=industry)
    found = having(world, "ware")
    monkeypatch.setattr(recurring, limit, 2)
    monkeypatch.setattr(prepared, "_kept", {})
    said = heard(world.database.engine)
    assert found == having(world, "ware")
    assert any("LIKE" in text and "in_use" not in text for text, _values in said)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(part=st.text(st.sampled_from("abAB%_\\ é中"), min_size=1, max_size=3))
def test_it_finds_what_looking_into_every_row_finds(world: World, part: str) -> None:
    if not world.ask(query.count, CUSTOMER):
        for industry in ("ab", "A b", "aab", "a%b", "a_b", "a\\b", "ba é", "中ab中", "B"):
            world.customer(industry=industry)
    by_index = having(world, part)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recurring, "_is_part", lambda _entity, _condition: False)
        assert by_index == having(world, part)


def test_the_words_in_use_and_the_rows_are_found_along_the_index(world: World) -> None:
    world.customer(industry="Software")
    engine = world.database.engine
    said = heard(engine)
    having(world, "oft")
    asked = [one for one in said if "industry" in one[0]]
    assert ([True, False], [False, True]) == (
        ["in_use" in text for text, _values in asked[:2]],
        [" IN " in text or "industry = " in text for text, _values in asked[:2]],
    )
    if engine.dialect.name == "sqlite":
        steps = "\n".join(plan(engine, asked[0]))
        assert "SCAN customer" not in steps
        assert steps.count("ix_customer_industry_updated_at_id") == 2
