"""An administrator adds fields without code, and the database itself holds what they promise."""

from __future__ import annotations

import warnings
from collections import Counter
from datetime import date
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from db import migrate
from db.base import CUSTOM_INDEX, Base
from db.engine import make_engine
from services import custom_fields, maintenance
from services.custom_fields import indexing
from services.custom_fields.definitions import MOST_FIELDS
from services.customers import CUSTOMER
from services.kit import custom, query, records
from services.kit.entity import ENTITIES
from services.kit.errors import Conflict, Forbidden, Invalid, Refusal
from services.kit.query import Query
from services.kit.unit_of_work import Database, UnitOfWork
from services.leads import LEAD, convert
from tests.factories import World
from tests.kit.test_custom import add, ids, value
from tests.races import at_once

OPTIONS = [{"en": "Copper", "zh": "铜缆"}, {"zh": "光纤"}]


def define(world: World, **values: Any) -> Any:
    """Add a field to customers unless said otherwise."""
    return world.do(custom_fields.create, {"entity": "customer", "kind": "text", **values})


def in_force(world: World, key: str = "customer") -> list[str]:
    """Return the names of the fields in force, in their order."""

    def read(_uow: UnitOfWork) -> list[str]:
        return [name for name in ENTITIES[key].fields if custom.is_custom(name)]

    return world.ask(read)  # type: ignore[no-any-return]


def indexes(world: World) -> set[str]:
    """Return the indexes of added fields that the database has."""
    asked = (
        "SELECT name FROM sqlite_master WHERE type = 'index'"
        if world.database.engine.dialect.name == "sqlite"
        else "SELECT indexname FROM pg_indexes"
    )
    with world.database.engine.connect() as connection:
        return {row[0] for row in connection.exec_driver_sql(asked) if row[0].startswith(CUSTOM_INDEX)}


# --- what a field is called ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ({"label_en": "Visit due"}, "visit_due"), ({"label_en": "  2nd  choice "}, "field"),
        ({"label_zh": "客户类型"}, "ke_hu_lei_xing"), ({"label_en": "Größe (m²)"}, "grosse_m2"),
        ({"label_en": "!!!"}, "field"), ({"label_en": "x" * 80}, "x" * 36), ({"label_en": "C__D"}, "c_d"),
    ],
)  # fmt: skip
def test_a_code_is_made_of_the_name(world: World, label: dict[str, str], code: str) -> None:
    assert code == define(world, **label).code


def test_a_code_is_never_used_again(world: World) -> None:
    first = define(world, label_en="Wiring")
    world.do(custom_fields.retire, first.id)
    assert "wiring_2" == define(world, label_en="Wiring").code
    with pytest.raises(Invalid) as refusal:
        define(world, label_en="Other", code="wiring")
    assert {"code"} == set(refusal.value.fields)


@pytest.mark.parametrize("code", ["Wiring", "a b", "1a", "a__b", "_a", "a-b", "a'); --", "a" * 41, "布线"])
def test_a_code_is_small_letters_digits_and_underscores(world: World, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        define(world, label_en="Wiring", code=code)
    assert {"code"} == set(refusal.value.fields)


@pytest.mark.parametrize("name", ["Wiring", "wiring ", "NAME", "名称", "布线"])
def test_two_fields_of_one_name_could_not_be_told_apart_in_a_file(world: World, name: str) -> None:
    define(world, label_en="Wiring", label_zh="布线")
    with pytest.raises(Invalid):
        define(world, label_en=name)
    with pytest.raises(Invalid):
        define(world, label_zh=name)


def test_a_definition_that_does_not_hold_says_all_that_is_wrong(world: World) -> None:
    with pytest.raises(Invalid) as refusal:
        define(world, kind="day", is_unique=True, is_searchable=True)
    assert {"label_en", "is_unique", "is_searchable"} == set(refusal.value.fields)
    with pytest.raises(Invalid) as refusal:
        define(world, label_en="X", kind="sculpture")
    assert {"kind"} == set(refusal.value.fields)
    for entity in ("contract", "user", "nothing", None):
        with pytest.raises(Invalid):
            define(world, label_en="X", entity=entity)


def test_what_values_are_kept_by_stays(world: World) -> None:
    made = define(world, label_en="Wiring")
    for name, other in (("kind", "day"), ("code", "cable"), ("entity", "lead")):
        with pytest.raises(Invalid) as refusal:
            world.do(custom_fields.update, made.id, {name: other})
        assert {name} == set(refusal.value.fields)
    world.do(custom_fields.update, made.id, {"kind": "text", "label_en": "Cable"})


def test_two_administrators_do_not_overwrite_each_other(world: World) -> None:
    made = define(world, label_en="Wiring")
    world.do(custom_fields.update, made.id, {"label_en": "Cable"}, version=1)
    with pytest.raises(Conflict):
        world.do(custom_fields.update, made.id, {"label_en": "Wire"}, version=1)


def test_there_is_an_end_to_how_many(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert 100 == MOST_FIELDS
    monkeypatch.setattr(custom_fields.definitions, "MOST_FIELDS", 2)
    first = define(world, label_en="One")
    define(world, label_en="Two")
    with pytest.raises(Refusal):
        define(world, label_en="Three")
    world.do(custom_fields.retire, first.id)
    define(world, label_en="Three")
    with pytest.raises(Refusal):
        world.do(custom_fields.bring_back, first.id)
    define(world, label_en="Of leads", entity="lead")


def test_only_administrators_define(world: World) -> None:
    for role in ("leader", "sales_manager", "sales", "finance", "viewer"):
        actor = world.actor(role)
        with pytest.raises(Forbidden):
            world.do(custom_fields.create, {"entity": "customer", "kind": "text", "label_en": "X"}, by=actor)
        with pytest.raises(Forbidden):
            world.ask(custom_fields.listed, "customer", by=actor)
    made = world.do(
        custom_fields.create, {"entity": "lead", "kind": "text", "label_en": "X"}, by=world.actor("administrator")
    )
    assert "x" == made.code


# --- choices ------------------------------------------------------------------------------------------------


def test_a_choice_that_is_left_out_is_taken_back_and_stays_where_it_stands(world: World) -> None:
    made = define(world, label_en="Wiring", kind="choice", options=OPTIONS)
    assert ["copper", "guang_xian"] == [one["code"] for one in made.options]
    customer = world.customer(c_wiring="copper")
    made = world.do(custom_fields.update, made.id, {"options": [{"code": "guang_xian", "en": "Fibre"}]})
    assert [("guang_xian", True), ("copper", False)] == [(one["code"], one["is_active"]) for one in made.options]
    assert "copper" == value(world, customer, "c_wiring")
    assert [customer.id] == ids(world, Query().where("c_wiring", "in", "copper"))
    world.do(records.update, CUSTOMER, customer.id, {"region": "East"})
    with pytest.raises(Invalid):
        world.customer(c_wiring="copper")


@pytest.mark.parametrize(
    "options",
    [[], [{"en": " "}], [{"en": "A"}, {"en": "a "}], [{"en": "A", "zh": "甲"}, {"zh": "甲"}], [{"en": "x" * 101}]],
)
def test_choices_have_names_that_differ(world: World, options: list[dict[str, Any]]) -> None:
    with pytest.raises(Invalid) as refusal:
        define(world, label_en="Wiring", kind="choice", options=options)
    assert {"options"} == set(refusal.value.fields)


# --- in force -----------------------------------------------------------------------------------------------


def test_order_is_changed_one_place_at_a_time(world: World) -> None:
    made = [define(world, label_en=name) for name in ("A", "B", "C")]
    world.do(custom_fields.move, made[2].id, down=False)
    assert ["c_a", "c_c", "c_b"] == in_force(world)
    world.do(custom_fields.move, made[0].id, down=False)
    world.do(custom_fields.move, made[0].id, down=True)
    assert ["c_c", "c_a", "c_b"] == in_force(world)


def test_sections_are_found_or_made(world: World) -> None:
    define(world, label_en="A", section="Company")
    define(world, label_en="B", section="Technology", section_zh="技术")
    define(world, label_en="C", section="Technology")
    define(world, label_en="D")

    def read(_uow: UnitOfWork) -> list[tuple[str, tuple[str, ...]]]:
        return [(one.title, one.fields) for one in CUSTOMER.sections]

    first, *_, technology, more = world.ask(read)
    assert ("Company", "c_a") == (first[0], first[1][-1])
    assert ("Technology", ("c_b", "c_c")) == technology
    assert ("More facts", ("c_d",)) == more
    assert {"en": "Technology", "zh_CN": "技术"} == technology[0].translations


def test_a_change_takes_effect_in_every_process_at_its_next_unit_of_work(world: World) -> None:
    settings = world.database.settings
    other = World(Database(make_engine(settings.database_url), settings, world.database.clock))
    try:
        assert [] == in_force(other)
        made = define(world, label_en="Wiring")
        assert ["c_wiring"] == in_force(other)
        other.customer(c_wiring="fibre")
        other.do(custom_fields.retire, made.id)
        assert [] == in_force(world)
    finally:
        other.database.engine.dispose()


def test_what_is_rolled_back_was_never_in_force(world: World) -> None:
    def fail(uow: UnitOfWork) -> None:
        custom_fields.create(uow, {"entity": "customer", "kind": "text", "label_en": "Wiring"})
        assert "c_wiring" in CUSTOMER.fields
        raise Refusal("No")

    with pytest.raises(Refusal):
        world.do(fail)
    assert [] == in_force(world)
    assert set() == indexes(world)
    define(world, label_en="Other")
    assert ["c_other"] == in_force(world)


def test_a_lead_hands_on_what_a_customer_and_an_opportunity_ask_as_well(world: World) -> None:
    for entity in ("lead", "customer", "contact", "opportunity"):
        define(world, label_en="Wiring", kind="choice", options=OPTIONS, entity=entity)
    define(world, label_en="Seats", kind="integer", entity="lead")
    define(world, label_en="Seats", kind="text", entity="customer")
    owner = world.actor("leader", team_id=world.team().id)
    lead = world.lead(by=owner, c_wiring="copper", c_seats=5)
    customer = world.do(convert, lead.id, opportunity_name="Big", by=owner)
    assert ("copper", None) == (value(world, customer, "c_wiring"), value(world, customer, "c_seats"))
    for key in ("contact", "opportunity"):
        (found,) = world.ask(query.frame, ENTITIES[key], Query(columns=("name", "c_wiring")))["c_wiring"]
        assert "copper" == found
    assert 5 == value(world, lead, "c_seats", LEAD)


# --- what the database holds --------------------------------------------------------------------------------


def test_indexes_come_and_go_with_the_field(world: World) -> None:
    made = define(world, label_en="Plate", is_unique=True)
    define(world, label_en="Story", kind="long_text")
    both = {"cf_customer_plate", "cf_customer_plate__unique"}
    assert both == indexes(world)
    world.do(custom_fields.update, made.id, {"is_indexed": False})
    assert {"cf_customer_plate__unique"} == indexes(world)
    world.do(custom_fields.retire, made.id)
    assert set() == indexes(world)
    world.do(custom_fields.update, made.id, {"is_indexed": True})
    assert set() == indexes(world)
    world.do(custom_fields.bring_back, made.id)
    assert both == indexes(world)
    assert [] == world.ask(custom_fields.wrong_indexes)


def test_unique_is_refused_while_present_values_clash_and_names_them(world: World) -> None:
    made = define(world, label_en="Plate")
    for plate in ("A", "A", "B", None, None):
        world.customer(c_plate=plate)
    with pytest.raises(Invalid) as refusal:
        world.do(custom_fields.update, made.id, {"is_unique": True})
    assert ["A (2)"] == refusal.value.fields["is_unique"].params["values"]
    (first, *_rest) = ids(world, Query().where("c_plate", "is", "A"))
    world.do(records.delete, CUSTOMER, first)
    world.do(custom_fields.update, made.id, {"is_unique": True})
    with pytest.raises(Invalid) as refusal:
        world.customer(c_plate="A")
    assert {"c_plate"} == set(refusal.value.fields)
    with pytest.raises(Invalid):
        world.do(records.bulk_update, CUSTOMER, ids(world, Query())[:2], {"c_plate": "Z"})


def test_of_many_who_save_the_same_at_once_one_wins(world: World) -> None:
    define(world, label_en="Plate", is_unique=True)

    def save(number: int) -> Any:
        return world.do(CUSTOMER.verb("create"), {"name": f"Customer {number}", "c_plate": "A"})

    results = at_once(8, save)
    refused = [one for one in results if isinstance(one, Refusal)]
    assert 7 == len(refused)
    assert [{"c_plate"}] * 7 == [set(one.fields) for one in refused if isinstance(one, Invalid)]
    assert 1 == len(ids(world, Query().where("c_plate", "is", "A")))


def test_of_many_who_add_the_same_field_at_once_one_wins(world: World) -> None:
    results = at_once(8, lambda _number: define(world, label_en="Wiring"))
    assert 7 == sum(isinstance(one, Invalid) for one in results)
    assert ["c_wiring"] == in_force(world)


def test_of_many_different_fields_added_at_once_each_gets_its_place(world: World) -> None:
    at_once(6, lambda number: define(world, label_en=f"Field {number}"))
    places = Counter(row.position for row in world.ask(custom_fields.listed, "customer"))
    assert dict.fromkeys(range(1, 7), 1) == dict(places)


def test_values_saved_while_uniqueness_is_made_are_never_twice(world: World) -> None:
    made = define(world, label_en="Plate")

    def act(number: int) -> Any:
        if number == 0:
            return world.do(custom_fields.update, made.id, {"is_unique": True})
        return world.do(CUSTOMER.verb("create"), {"name": f"Customer {number}", "c_plate": "A"})

    results = at_once(6, act)
    there = len(ids(world, Query().where("c_plate", "is", "A")))
    is_unique = not isinstance(results[0], Refusal)
    assert there == (1 if is_unique else 5) or (is_unique and there <= 1)
    assert is_unique == ("cf_customer_plate__unique" in indexes(world))


def test_who_saved_the_same_value_just_before_the_index_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = define(world, label_en="Plate")
    look, looked = indexing._refuse_clashes, []

    def saved_after_the_first_look(uow: Any, row: Any) -> None:
        looked.append(row.code)
        if len(looked) > 1:
            look(uow, row)

    monkeypatch.setattr(indexing, "_refuse_clashes", saved_after_the_first_look)
    for _one in range(2):
        world.customer(c_plate="A")
    with pytest.raises(Invalid) as refused:
        world.do(custom_fields.update, made.id, {"is_unique": True})
    assert ["A (2)"] == refused.value.fields["is_unique"].params["values"]
    assert {"cf_customer_plate"} == indexes(world)


def test_the_database_is_still_what_the_models_say_and_goes_down(world: World) -> None:
    define(world, label_en="Plate", is_unique=True)
    world.customer(c_plate="A")
    engine = world.database.engine
    with warnings.catch_warnings(), engine.connect() as connection:
        warnings.simplefilter("ignore")  # SQLite's reflection says that it passes such indexes by
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_object": lambda _object, name, _kind, _there, _other: (
                    name is None or ("_search" not in name and not name.startswith(CUSTOM_INDEX))
                ),
            },
        )
        assert [] == compare_metadata(context, Base.metadata)
    migrate.downgrade(engine, "0001")
    migrate.upgrade(engine)
    assert set() == indexes(world)


def test_the_doctor_finds_indexes_that_are_missing_and_they_are_made_again(world: World) -> None:
    define(world, label_en="Plate", is_unique=True)
    with world.database.engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX cf_customer_plate__unique")
    assert ["cf_customer_plate__unique"] == world.ask(custom_fields.wrong_indexes)
    assert any("cf_customer_plate__unique" in str(found) for found in maintenance.doctor(world.database))
    assert ["cf_customer_plate__unique"] == world.do(custom_fields.mend_indexes)
    assert [] == world.ask(custom_fields.wrong_indexes)
    assert [] == maintenance.doctor(world.database)


# --- search -------------------------------------------------------------------------------------------------


def test_records_saved_before_a_field_was_searchable_are_found_after_rebuilding(world: World) -> None:
    made = define(world, label_en="Wiring")
    customers = [world.customer(c_wiring=f"紫罗兰{n}") for n in range(3)]
    world.do(custom_fields.update, made.id, {"is_searchable": True})
    assert [] == ids(world, Query(search="紫罗"))
    assert any("search words" in str(found) for found in maintenance.doctor(world.database))
    after: int | None = 0
    while after is not None:
        after = world.do(custom_fields.rebuild_search, "customer", after=after)
    assert {one.id for one in customers} == set(ids(world, Query(search="紫罗")))
    assert [] == maintenance.doctor(world.database)
    assert [1, 1, 1] == list(world.ask(query.frame, CUSTOMER)["version"])


def test_used_says_in_how_many_records_a_field_is_filled_in(world: World) -> None:
    made = define(world, label_en="Due", kind="day")
    for due in (date(2026, 7, 1), None, date(2026, 8, 1)):
        world.customer(c_due=due)
    assert 2 == world.ask(custom_fields.used, made.id)
    assert add(world, "text") in in_force(world)
