"""Fields that an administrator adds are fields like any other: what they hold comes back, typed, everywhere."""

from __future__ import annotations

import copy
import itertools
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import literal, select, text

from db import custom as columns
from db.models.custom_field import CUSTOM_KINDS
from services import custom_fields
from services.customers import CUSTOMER
from services.kit import custom, query, records
from services.kit.errors import Conflict, Forbidden, Invalid, Refusal
from services.kit.fields import Field, ParseError, parse
from services.kit.query import Query
from services.kit.unit_of_work import Database, UnitOfWork
from services.kit.words import Wording, spellings
from services.leads import LEAD
from tests.factories import World

_numbers = itertools.count(1)
OPTIONS = [{"en": "Copper", "zh": "铜缆"}, {"en": "Fibre", "zh": "光纤"}, {"en": "Air", "zh": "无线"}]
_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=40)
_LINES = st.lists(_TEXT, min_size=1, max_size=3).map("\n".join)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": _TEXT,
    "long_text": _LINES,
    "email": st.from_regex(r"[a-z0-9]{1,12}@[a-z0-9]{1,12}\.[a-z]{2,3}", fullmatch=True),
    "phone": st.from_regex(r"\+[0-9]{2} [0-9]{5,12}", fullmatch=True),
    "choice": st.sampled_from(["copper", "fibre"]),
    "choices": st.sets(st.sampled_from(["copper", "fibre", "air"]), min_size=1).map(sorted).map(tuple),
    "flag": st.booleans(),
    "day": st.dates(),
    "integer": st.integers(-(2**63) + 1, 2**63 - 1),
    "money": st.integers(-(2**63) + 1, 2**63 - 1),
    "percent": st.integers(-(2**31), 2**31 - 1),
    "number": st.floats(allow_nan=False, allow_infinity=False),
    "rating": st.integers(1, 5),
}


def add(world: World, kind: str, label: str | None = None, entity: str = "customer", **more: Any) -> str:
    """Add a field and return its name."""
    given_ = {"entity": entity, "kind": kind, "label_en": label or f"Field {next(_numbers)}", **more}
    if kind in custom.CHOICES:
        given_.setdefault("options", OPTIONS)
    return f"c_{world.do(custom_fields.create, given_).code}"


def value(world: World, record: Any, name: str, entity: Any = CUSTOMER) -> Any:
    """Return what a record holds now."""

    def read(uow: UnitOfWork) -> Any:
        return getattr(records.get(uow, entity, record.id), name)

    return world.ask(read)


def facts(world: World, name: str) -> Field:
    """Return the facts of a field in force."""

    def read(_uow: UnitOfWork) -> Field:
        return CUSTOMER.fields[name]

    return world.ask(read)


def ids(world: World, asked: Query) -> list[int]:
    """Return the ids of a page."""
    return list(world.ask(query.page, CUSTOMER, asked).ids)


# --- values -------------------------------------------------------------------------------------------------


def test_every_kind_that_can_be_chosen_has_a_law_here() -> None:
    assert set(CUSTOM_KINDS) == set(VALUES)


@pytest.fixture
def one_of_each(world: World) -> dict[str, str]:
    """Return the name of a field of every kind."""
    return {kind: add(world, kind) for kind in VALUES}


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_value_comes_back_from_record_list_filter_and_file(
    world: World, one_of_each: dict[str, str], data: st.DataObject
) -> None:
    kind = data.draw(st.sampled_from(sorted(VALUES)))
    name = one_of_each[kind]
    field = facts(world, name)
    # What a reader can enter is what the one gate lets through.
    entered = parse(field, data.draw(VALUES[kind])) if kind not in ("money", "percent") else data.draw(VALUES[kind])
    if entered is None or entered == "":
        return
    made = world.customer(**{name: entered})
    assert entered == value(world, made, name)
    page = world.ask(query.page, CUSTOMER, Query(columns=("name", name)).where("name", "is", made.name))
    assert (entered,) == tuple(page.columns[name])
    for operator in [one for one in query.operators(field) if one in ("in", "is", "from", "to")]:
        asked = entered if kind == "choices" else (entered,)
        found = ids(world, Query(columns=("name",)).where(name, operator, *asked).where("name", "is", made.name))
        assert [made.id] == found, operator
    if "empty" in query.operators(field):
        assert [] == ids(world, Query(columns=("name",)).where(name, "empty").where("name", "is", made.name))


@settings(max_examples=40)
@given(data=st.data())
def test_what_is_kept_as_json_is_the_value(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(VALUES)))
    field = Field("c_x", kind, "X")
    entered = data.draw(VALUES[kind])
    assert entered == custom.decode(field, custom.encode(field, entered))


def test_blank_is_not_kept_and_an_unticked_flag_says_no(world: World, one_of_each: dict[str, str]) -> None:
    made = world.customer(**dict.fromkeys(one_of_each.values()))
    assert {} == made.custom
    assert value(world, made, one_of_each["flag"]) is False
    assert [made.id] == ids(world, Query().where(one_of_each["flag"], "in", *[False]))
    assert value(world, made, one_of_each["text"]) is None


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("integer", "many"), ("day", "tomorrow"), ("choice", "wood"), ("choices", ("copper", "wood")),
        ("rating", 6), ("text", "x" * 201),
        ("number", "a lot"), ("flag", "perhaps"), ("integer", 2**70), ("long_text", "x" * 10_001), ("text", "\x00"),
    ],
)  # fmt: skip
def test_what_does_not_hold_is_refused_at_its_field(world: World, kind: str, wrong: Any) -> None:
    name = add(world, kind)
    with pytest.raises(Invalid) as refusal:
        world.customer(**{name: wrong})
    assert {name} == set(refusal.value.fields)
    made = world.customer()
    with pytest.raises(Invalid):
        world.do(records.update, CUSTOMER, made.id, {name: wrong})
    with pytest.raises(Invalid):
        world.do(records.bulk_update, CUSTOMER, [made.id], {name: wrong})


def test_a_field_of_another_entity_or_a_retired_one_cannot_be_set(world: World) -> None:
    name = add(world, "text", entity="lead")
    with pytest.raises(Forbidden):
        world.customer(**{name: "x"})
    world.lead(**{name: "x"})
    (row,) = world.ask(custom_fields.listed, "lead")
    world.do(custom_fields.retire, row.id)
    with pytest.raises(Forbidden):
        world.lead(**{name: "x"})


def test_whoever_is_asked_must_fill_it_in_and_whoever_is_not_is_not_stopped(world: World) -> None:
    old = world.customer()
    name = add(world, "text", is_required=True)
    with pytest.raises(Invalid) as refusal:
        world.customer(**{name: None})
    assert {name} == set(refusal.value.fields)
    with pytest.raises(Invalid):
        world.do(records.bulk_update, CUSTOMER, [old.id], {name: None})
    world.do(records.update, CUSTOMER, old.id, {"region": "East"})
    assert "" == (value(world, world.customer(), name) or "")


# --- together with what the kit does ------------------------------------------------------------------------


def test_a_change_is_audited_by_the_field_as_if_it_were_a_column(world: World) -> None:
    due, text_ = add(world, "day"), add(world, "text")
    made = world.customer(**{due: date(2026, 7, 1), text_: "a"})
    world.do(records.update, CUSTOMER, made.id, {due: date(2026, 8, 1), text_: "a"})
    changed, created = world.ask(records.history, CUSTOMER, made.id)
    assert {due: ["2026-07-01", "2026-08-01"]} == changed["changes"]
    assert [None, "2026-07-01"] == created["changes"][due]
    assert "custom" not in created["changes"]


def test_a_stale_save_shows_both_values(world: World) -> None:
    due = add(world, "day")
    made = world.customer(**{due: date(2026, 7, 1)})
    world.do(records.update, CUSTOMER, made.id, {due: date(2026, 8, 1)}, version=1)
    with pytest.raises(Conflict) as conflict:
        world.do(records.update, CUSTOMER, made.id, {due: date(2026, 9, 1)}, version=1)
    assert {due: date(2026, 8, 1)} == conflict.value.theirs
    assert {due: date(2026, 9, 1)} == conflict.value.yours


def test_many_are_set_at_once_and_their_other_values_stay(world: World) -> None:
    due, text_, flag = add(world, "day"), add(world, "text"), add(world, "flag")
    made = [world.customer(**{text_: f"t{n}", flag: True, due: date(2026, 1, 1)}) for n in range(3)]
    wanted = {due: date(2026, 7, 1), flag: False, "region": "East"}
    assert 2 == world.do(records.bulk_update, CUSTOMER, [one.id for one in made[:2]], wanted)
    assert [date(2026, 7, 1), date(2026, 7, 1), date(2026, 1, 1)] == [value(world, one, due) for one in made]
    assert ["t0", "t1", "t2"] == [value(world, one, text_) for one in made]
    assert [False, False, True] == [value(world, one, flag) for one in made]
    world.do(records.bulk_update, CUSTOMER, [made[0].id], {due: None})
    assert value(world, made[0], due) is None
    assert "t0" == value(world, made[0], text_)


def test_rows_given_at_once_have_theirs_too(world: World) -> None:
    due, found = add(world, "day"), add(world, "text", is_searchable=True)
    rows = [
        {"name": "One", "currency": "CNY", due: date(2026, 7, 1), found: "紫罗兰"},
        {"name": "Two", "currency": "CNY"},
    ]
    first, second = world.do(records.bulk_create, CUSTOMER, rows, because="test")
    assert [second, first] == ids(world, Query(sort=due))[::-1]
    assert [first] == ids(world, Query(search="紫罗"))


def test_deleted_and_brought_back_it_still_has_its_values(world: World) -> None:
    text_ = add(world, "text", is_unique=True)
    made = world.customer(**{text_: "A"})
    world.do(records.delete, CUSTOMER, made.id)
    other = world.customer(**{text_: "A"})
    with pytest.raises(Invalid):
        world.do(records.restore, CUSTOMER, made.id)
    world.do(records.delete, CUSTOMER, other.id)
    world.do(records.restore, CUSTOMER, made.id)
    assert "A" == value(world, made, text_)


def test_the_search_finds_what_is_searchable_and_nothing_else(world: World) -> None:
    found, hidden = add(world, "text", is_searchable=True), add(world, "text")
    made = world.customer(**{found: "紫罗兰项目", hidden: "bluebell"})
    assert [made.id] == ids(world, Query(search="罗兰"))
    assert [] == ids(world, Query(search="bluebell"))
    world.do(records.update, CUSTOMER, made.id, {found: "Marigold"})
    assert [] == ids(world, Query(search="罗兰"))
    assert [made.id] == ids(world, Query(search="marigold"))
    other = world.customer()
    world.do(records.bulk_update, CUSTOMER, [made.id, other.id], {found: "Peony"})
    assert {made.id, other.id} == set(ids(world, Query(search="peony")))


# --- lists --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "ordered"),
    [
        ("integer", [-5, 3, 20, 100]), ("number", [-1.5, 0.25, 3.0, 20.0]), ("money", [-1, 5, 1_000]),
        ("day", [date(999, 1, 1), date(2025, 12, 31), date(2026, 1, 2)]), ("text", ["a", "b", "c"]),
        ("rating", [1, 2, 5]), ("percent", [-100, 50, 20_000]),
    ],
)  # fmt: skip
def test_a_list_is_ordered_by_the_value_not_by_its_spelling(world: World, kind: str, ordered: list[Any]) -> None:
    name = add(world, kind)
    for one in (*ordered[::2], None, *ordered[1::2]):
        world.customer(**{name: one})
    seen: list[Any] = []
    cursor = None
    while True:  # page by page, so that cursors are tried as well
        page = world.ask(query.page, CUSTOMER, Query(columns=("name", name), sort=name, limit=2, cursor=cursor))
        seen += page.columns[name]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert [*ordered, None] == seen
    down = world.ask(query.page, CUSTOMER, Query(columns=("name", name), sort=name, descending=True))
    assert [*ordered[::-1], None] == list(down.columns[name])


def test_the_same_name_is_another_field_in_another_database(
    sqlite_database: Database, postgresql_database: Database
) -> None:
    first, second = World(sqlite_database), World(postgresql_database)
    for world, kind, ordered in ((first, "text", ["10", "9"]), (second, "integer", [9, 10])):
        assert "c_size" == add(world, kind, "Size")
        for one in ordered[::-1]:
            world.customer(c_size=one)
        found = world.ask(query.page, CUSTOMER, Query(columns=("name", "c_size"), sort="c_size"))
        assert ordered == list(found.columns["c_size"])


def test_only_what_is_indexed_filters_and_sorts(world: World) -> None:
    name = add(world, "text", is_indexed=False)
    for asked in (Query(sort=name), Query().where(name, "is", "x")):
        with pytest.raises(Refusal):
            world.ask(query.page, CUSTOMER, asked)

    def read(_uow: UnitOfWork) -> None:
        query.parse_filter(CUSTOMER, name, "is:x")

    with pytest.raises(ParseError):
        world.ask(read)


@pytest.mark.parametrize("kind", sorted(set(VALUES) - {"long_text"}))
def test_a_filter_and_a_sort_use_the_index_of_the_field(world: World, kind: str) -> None:
    name = add(world, kind)
    code = custom.code_of(name)
    world.do(_fill_with_customers, 3_000 if kind == "choices" else 200)  # few are soon met by way of any index
    model: Any = CUSTOMER.model

    def plan(uow: UnitOfWork) -> str:
        column = CUSTOMER.column(name)
        asked = select(model.id).where(model.deleted_at.is_(None))
        is_sorted = CUSTOMER.fields[name].sortable
        is_some = columns.Among(column, literal(["copper"], columns.Codes())) if kind == "choices" else None
        is_some = column.in_([_some(kind)]) if is_some is None else is_some
        asked = asked.order_by(column, model.id) if is_sorted else asked.where(is_some)
        connection = uow.session.connection()
        written = asked.limit(50).compile(connection, compile_kwargs={"literal_binds": True})
        if uow.is_sqlite:
            return str(connection.execute(text(f"EXPLAIN QUERY PLAN {written}")).all())
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        return str(connection.exec_driver_sql(f"EXPLAIN {str(written).replace('%', '%%')}").all())

    assert f"cf_customer_{code}" in world.ask(plan)


def _some(kind: str) -> Any:
    return True if kind == "flag" else "copper"


def _fill_with_customers(uow: UnitOfWork, number: int) -> None:
    rows = [{"name": f"Customer {n}", "currency": "CNY"} for n in range(number)]
    records.bulk_insert(uow, CUSTOMER, rows, because="test")
    if not uow.is_sqlite:
        uow.session.execute(text("ANALYZE customer"))


# --- words --------------------------------------------------------------------------------------------------


def test_a_wording_is_a_text_with_its_translations() -> None:
    words = Wording(en="Wiring", zh_CN="布线")
    assert ("Wiring", {"Wiring", "布线"}) == (str(words), set(spellings(words)))
    assert copy.deepcopy(words).translations == words.translations
    assert "布线" == Wording(en=" ", zh_CN="布线")


def test_outside_of_everything_there_are_the_tables_own_fields_alone() -> None:
    assert [] == [name for name in LEAD.fields if custom.is_custom(name)]
