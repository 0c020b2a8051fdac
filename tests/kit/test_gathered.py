"""A list in the order of names, narrowed to what few have: gathered first or met on the way, it shows the same."""

from __future__ import annotations

from datetime import date

import pytest

from db.base import table_of
from services.contacts import CONTACT
from services.contracts import CONTRACT
from services.customers import CUSTOMER
from services.kit import choosing, counts, prepared, query, records
from services.kit.actor import SYSTEM, Actor
from services.kit.query import Query
from services.leads import LEAD
from services.opportunities import OPPORTUNITY
from services.pools import claims
from tests.factories import World
from tests.kit.test_seeing import paged
from tests.statements import heard, plan

NO = (False,)
QUERIES = {
    "one choice": (CUSTOMER, Query(sort="name").where("level", "in", "A")),
    "two choices": (CUSTOMER, Query(sort="name", descending=True).where("level", "in", "A", "B")),
    "none chosen": (CUSTOMER, Query(sort="next_step_on").where("level", "empty")),
    "a part of a word": (CUSTOMER, Query(sort="name").where("region", "has", "out").where("level", "in", "C")),
    "days until one, by name": (CUSTOMER, Query(sort="name").where("next_step_on", "to", date(2030, 1, 6))),
    "days between two": (
        CUSTOMER,
        Query(sort="updated_at", descending=True)
        .where("next_step_on", "from", date(2030, 1, 3))
        .where("next_step_on", "to", date(2030, 1, 9)),
    ),
    "days in their order": (CUSTOMER, Query(sort="next_step_on").where("next_step_on", "from", date(2030, 1, 3))),
    "any choice": (CUSTOMER, Query(sort="updated_at").where("level", "filled")),
    "any owner, by name": (CUSTOMER, Query(sort="name").where("owner_id", "filled")),
    "any day": (CUSTOMER, Query(sort="name").where("next_step_on", "filled").where("level", "in", "A", "C")),
    "no day": (CUSTOMER, Query(sort="updated_at", descending=True).where("next_step_on", "empty")),
    "a word and a choice": (
        CUSTOMER,
        Query(sort="updated_at", descending=True).where("region", "has", "South").where("level", "in", "A", "B"),
    ),
    "days in the order of days, none": (CUSTOMER, Query(sort="next_step_on").where("next_step_on", "empty")),
    "nobody's": (CUSTOMER, Query(sort="name").where("owner_id", "empty")),
    "nobody's, of a level": (CUSTOMER, Query(sort="next_step_on").where("owner_id", "empty").where("level", "in", "B")),
    "of no team": (CUSTOMER, Query(sort="updated_at").where("team_id", "empty")),
    "of any team": (CUSTOMER, Query(sort="name", descending=True).where("team_id", "filled")),
    "in a pool": (CUSTOMER, Query(sort="next_step_on", descending=True).where("pool_id", "filled")),
    "in no pool": (CUSTOMER, Query(sort="name").where("pool_id", "empty")),
    "yes or no": (CONTACT, Query(sort="name").where("is_active", "in", *NO)),
    "both": (CONTACT, Query(sort="name").where("is_primary", "in", *NO).where("is_active", "in", *NO)),
}


@pytest.fixture
def readers(world: World) -> dict[str, Actor]:
    """Make records of several people, and return who looks."""
    team = world.team()
    seller, other = world.actor(team_id=team.id), world.actor(team_id=world.team().id)
    for at in range(14):
        made = world.customer(
            by=(seller, other)[at % 2],
            name=f"Name {at * 7 % 14}",
            level=("A", "B", "C", None)[at % 4],
            region=("South", "Southwest", "North", None)[at // 4],
            next_step_on=date(2030, 1, 1 + at) if at % 3 else None,
        )
        for name in ("Ann", "Bo"):
            person = world.contact(made, by=(seller, other)[at % 2], name=f"{name} {at}")
            if at % 3 == 0:
                world.do(records.update, CONTACT, person.id, {"is_active": False})
        if at % 5 == 1:
            world.do(claims.release, CUSTOMER.key, [made.id], "no budget")
        if at == 8:
            world.do(records.delete, CUSTOMER, made.id)
    return {"all": SYSTEM, "own": seller, "team": world.actor("sales_manager", team_id=team.id)}


@pytest.mark.parametrize("case", [case for case, (entity, _) in QUERIES.items() if entity is CUSTOMER])
def test_by_the_reasons_for_which_rows_are_seen_or_as_a_whole_the_pages_are_the_same(
    world: World, readers: dict[str, Actor], monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    entity, asked = QUERIES[case]
    found = {}
    for way, cap in (("whole", 10_000), ("gathered", 10_000), ("walked", 1)):
        monkeypatch.setattr(prepared, "_kept", {})
        monkeypatch.setattr(query, "COUNT_CAP", cap)
        if way == "whole":
            monkeypatch.setattr(counts, "is_split", lambda _uow, _shape: False)
        found[way] = {name: paged(world, entity, asked, by) for name, by in readers.items()}
        if way == "whole":
            monkeypatch.undo()
    assert found["whole"] == found["gathered"] == found["walked"]
    monkeypatch.undo()
    totals = {name: world.ask(query.count, entity, asked, by=by) for name, by in readers.items()}
    assert totals == {name: len(ids) for name, ids in found["whole"].items()}
    assert found["whole"]["all"]


@pytest.mark.parametrize("case", QUERIES)
def test_gathered_or_met_on_the_way_the_pages_are_the_same(
    world: World, readers: dict[str, Actor], monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    entity, asked = QUERIES[case]
    found = {}
    for few in (0, 4, 5_000):
        monkeypatch.setattr(choosing, "FEW", few)
        monkeypatch.setattr(prepared, "_kept", {})
        found[few] = {
            name: (paged(world, entity, asked, by), world.ask(query.count, entity, asked, by=by))
            for name, by in readers.items()
        }
    assert found[0] == found[4] == found[5_000]
    assert found[0]["all"][1]
    assert all(len(ids) == count for ids, count in found[0].values())


def test_sqlite_looks_up_the_few_and_walks_through_no_names(world: World, readers: dict[str, Actor]) -> None:
    engine = world.database.engine
    entity, asked = QUERIES["yes or no"]
    said = heard(engine)
    world.ask(query.page, entity, asked, by=readers["all"])
    listed = [one for one in said if "ORDER BY contact.name" in one[0]]
    assert len(listed) == 1
    if engine.dialect.name == "sqlite":
        steps = plan(engine, listed[0])
        assert not [step for step in steps if "ix_contact_name_id" in step]
        assert [step for step in steps if "ix_contact_is_active_updated_at_id" in step]


def test_what_a_list_is_narrowed_by_stands_in_the_indexes_of_its_scopes() -> None:
    few_share = {"customer_id"}  # looked up by an index of its own
    for entity in (CUSTOMER, LEAD, OPPORTUNITY, CONTRACT):
        table = table_of(entity.model)
        by_name = {str(index.name): {column.name for column in index.columns} for index in table.indexes}
        scopes = [by_name[f"ix_{table.name}_{name}_updated_at_id"] for name in ("owner_id", "team_id")]
        scopes += [by_name[f"ix_{table.name}_pool_id_updated_at_id"]] if "pool_id" in table.c else []
        assert {3, 2} >= {len(scopes)}
        for columns in scopes:
            assert set(entity.filters) - few_share <= columns, entity.key


def test_a_narrowed_count_fetches_no_row_on_sqlite(
    world: World, readers: dict[str, Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "FEW", 0)
    engine = world.database.engine
    said = heard(engine)
    world.ask(query.count, CUSTOMER, Query().where("level", "in", "A"), by=readers["team"])
    counts = [one for one in said if "part_0" in one[0]]
    assert len(counts) == 1
    if engine.dialect.name == "sqlite":
        steps = [step for step in plan(engine, counts[0]) if "_updated_at_id" in step]
        assert len(steps) >= 3
        assert all("COVERING INDEX" in step for step in steps), steps
