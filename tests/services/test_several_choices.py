"""A field of several choices: what was chosen comes back from record, list, file, undo and merge, and is found."""

from __future__ import annotations

import io
import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services import custom_fields, grading, imports, merging
from services.customers import CUSTOMER
from services.grading import Rule, Scheme
from services.kit import bulk, choosing, query, records, several, undo
from services.kit.errors import Invalid, Refusal
from services.kit.query import Query
from services.kit.transfer import exporting
from services.kit.unit_of_work import UnitOfWork
from services.leads import LEAD
from tests.factories import World
from tests.services.test_custom_fields import define
from tests.services.test_imports import Desk, read_here
from tests.statements import heard, plan
from ui.i18n import translate

OPTIONS = [
    {"en": "Copper", "zh": "铜缆"}, {"en": "Fibre / glass", "zh": "光纤"}, {"en": "Air-gap", "zh": "无线"},
    {"en": "5", "zh": "五类线"},
]  # fmt: skip
CODES = ["air_gap", "choice", "copper", "fibre_glass"]


@pytest.fixture
def field(world: World) -> Any:
    """Add a field of several choices to customers."""
    return define(world, kind="choices", label_en="Wiring", label_zh="布线", options=OPTIONS, is_searchable=True)


@pytest.fixture
def desk(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Return a desk at which files come in, in this process."""
    read_here(monkeypatch)
    return Desk(world, tmp_path / "imports")


def held(world: World, record: Any) -> Any:
    """Return what a customer has now."""

    def read(uow: UnitOfWork) -> Any:
        return records.get(uow, CUSTOMER, record.id).c_wiring

    return world.ask(read)


def found(world: World, operator: str, *codes: str) -> set[str]:
    """Return the names of those that a list shows under a filter; its count says the same."""
    asked = Query(columns=("name", "c_wiring")).where("c_wiring", operator, *codes)
    page = world.ask(query.page, CUSTOMER, asked)
    assert len(page.ids) == world.ask(query.count, CUSTOMER, asked)
    return set(page.columns["name"])


# --- kept, asked for ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("field")
def test_what_is_chosen_is_kept_once_each_and_sorted(world: World) -> None:
    made = world.customer(c_wiring=("fibre_glass", "copper", "copper"))
    assert {"wiring": ["copper", "fibre_glass"]} == made.custom
    assert ("copper", "fibre_glass") == held(world, made)
    world.do(records.update, CUSTOMER, made.id, {"c_wiring": None})
    assert {} == world.ask(records.get, CUSTOMER, made.id).custom


@pytest.mark.usefixtures("field")
def test_a_list_asks_for_any_for_all_and_for_none(world: World) -> None:
    world.customer(name="A", c_wiring=("copper",))
    world.customer(name="B", c_wiring=("copper", "fibre_glass"))
    world.customer(name="C", c_wiring=("air_gap",))
    world.customer(name="D")
    assert {"A", "B"} == found(world, "in", "copper")
    assert {"A", "B", "C"} == found(world, "in", "copper", "air_gap")
    assert {"B"} == found(world, "has", "copper", "fibre_glass")
    assert set() == found(world, "has", "copper", "air_gap")
    assert {"D"} == found(world, "empty")
    assert {"A", "B", "C"} == found(world, "filled")


@pytest.mark.usefixtures("field")
def test_an_address_names_several_and_a_code_that_is_part_of_another_finds_its_own_alone(world: World) -> None:
    world.customer(name="A", c_wiring=("fibre_glass",))

    def read(_uow: UnitOfWork) -> tuple[Any, ...]:
        return tuple(query.parse_filter(CUSTOMER, "c_wiring", f"{how}:fibre_glass,copper") for how in ("in", "has"))

    any_of, all_of = world.ask(read)
    assert ("in", ("copper", "fibre_glass")) == (any_of.operator, any_of.values)
    assert "has" == all_of.operator
    assert set() == found(world, "in", "fibre")


@pytest.mark.usefixtures("field")
def test_no_list_is_sorted_by_it(world: World) -> None:
    with pytest.raises(Refusal):
        world.ask(query.page, CUSTOMER, Query(sort="c_wiring"))


# --- defined ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Red, blue", "红、蓝", "a;b", "a|b", "a；b", "a，b"])
def test_a_choice_whose_name_would_fall_apart_in_a_file_is_refused(world: World, name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        define(world, kind="choices", label_en="Wiring", options=[{"en": name}])
    assert {"options"} == set(refusal.value.fields)
    define(world, kind="choice", label_en="Wiring", options=[{"en": name}])


def test_a_choice_taken_back_stays_where_it_stands_beside_new_ones(world: World, field: Any) -> None:
    made = world.customer(c_wiring=("copper", "air_gap"))
    world.do(custom_fields.update, field.id, {"options": [one for one in field.options if one["code"] != "copper"]})
    world.do(records.update, CUSTOMER, made.id, {"c_wiring": ("air_gap", "copper", "fibre_glass")})
    assert ("air_gap", "copper", "fibre_glass") == held(world, made)
    assert 1 == len(found(world, "in", "copper"))


def test_it_must_be_filled_in_where_that_is_asked(world: World) -> None:
    define(world, kind="choices", label_en="Wiring", options=OPTIONS, is_required=True)
    for nothing in (None, ()):
        with pytest.raises(Invalid):
            world.customer(c_wiring=nothing)
    world.customer(c_wiring=("copper",))


@pytest.mark.usefixtures("field")
def test_the_search_finds_it_by_its_names_in_both_languages(world: World) -> None:
    made = world.customer(c_wiring=("copper", "fibre_glass"))
    for words in ("铜缆", "Copper", "glass", "光纤"):
        assert [made.id] == list(world.ask(query.page, CUSTOMER, Query(search=words)).ids), words
    assert [] == list(world.ask(query.page, CUSTOMER, Query(search="无线")).ids)


# --- changed, undone, merged --------------------------------------------------------------------------------


@pytest.mark.usefixtures("field")
def test_the_history_has_both_values_and_an_undo_gives_the_old_ones_back(world: World) -> None:
    made = [world.customer(c_wiring=("copper",)), world.customer()]
    ids = [one.id for one in made]

    def change(uow: UnitOfWork) -> str:
        bulk.apply(uow, CUSTOMER, ids, {"c_wiring": ("air_gap", "copper")})
        return uow.reference

    reference = world.do(change)
    assert ("air_gap", "copper") == held(world, made[0])
    assert world.ask(records.history, CUSTOMER, ids[0])
    assert 2 == world.do(undo.undo, reference).done
    assert [("copper",), None] == [held(world, one) for one in made]


@pytest.mark.usefixtures("field")
def test_a_change_by_form_is_audited_and_undone(world: World) -> None:
    made = world.customer(c_wiring=("copper",))

    def change(uow: UnitOfWork) -> str:
        records.update(uow, CUSTOMER, made.id, {"c_wiring": ("fibre_glass",)})
        return uow.reference

    reference = world.do(change)
    newest = world.ask(records.history, CUSTOMER, made.id)[0]
    assert {"c_wiring": [["copper"], ["fibre_glass"]]} == newest["changes"]
    world.do(undo.undo, reference)
    assert ("copper",) == held(world, made)


@pytest.mark.usefixtures("field")
def test_setting_many_says_who_has_just_that_already(world: World) -> None:
    ids = [world.customer(c_wiring=("copper", "air_gap")).id, world.customer().id]
    plan = world.ask(bulk.plan, CUSTOMER, ids, {"c_wiring": ("air_gap", "copper")})
    assert ((ids[1],), 1) == (plan.ids, plan.same)


@pytest.mark.usefixtures("field")
def test_merged_customers_have_what_either_had_and_either_may_be_chosen(world: World) -> None:
    kept, other = world.customer(c_wiring=("copper",)), world.customer(c_wiring=("air_gap", "copper"))
    preview = world.ask(merging.preview, CUSTOMER, kept.id, [other.id])
    (line,) = [one for one in preview.lines if one.name == "c_wiring"]
    assert (True, ("air_gap", "copper")) == (line.differs, line.proposed)
    assert ("copper",) == preview.values({"c_wiring": kept.id})["c_wiring"]
    merged = world.do(merging.merge, CUSTOMER, kept.id, [other.id])
    assert ("air_gap", "copper") == held(world, kept)
    world.do(undo.undo, merged.reference)
    assert [("copper",), ("air_gap", "copper")] == [held(world, one) for one in (kept, other)]


def test_a_grading_rule_asks_for_any_of_it_in_python_and_in_sql(world: World) -> None:
    define(world, entity="lead", kind="choices", label_en="Wiring", options=OPTIONS)
    before = world.lead(c_wiring=("copper", "air_gap"))
    rules = (Rule("c_wiring", "in", ("air_gap", "fibre_glass"), 60), Rule("c_wiring", "empty", (), 20))
    world.do(grading.save, Scheme(rules=rules))
    later = [world.lead(c_wiring=("fibre_glass",)), world.lead(c_wiring=("copper",)), world.lead()]
    grades = [world.ask(records.get, LEAD, one.id).grade for one in (before, *later)]
    assert ["A", "A", "D", "C"] == grades
    world.do(grading.regrade_all)
    assert grades == [world.ask(records.get, LEAD, one.id).grade for one in (before, *later)]


# --- files --------------------------------------------------------------------------------------------------


def rows(world: World) -> list[tuple[str, Any]]:
    """Return names and choices of all customers."""
    page = world.ask(query.page, CUSTOMER, Query(columns=("name", "c_wiring"), sort="name"))
    return list(zip(page.columns["name"], page.columns["c_wiring"], strict=True))


@pytest.mark.usefixtures("field")
@pytest.mark.parametrize("mode", ["create", "upsert"])
def test_a_cell_holds_several_by_name_or_code_in_either_language(desk: Desk, mode: str) -> None:
    content = (
        "Name,布线\n"
        'A,"Copper, fibre_glass"\nB,铜缆、光纤\nC,COPPER；air gap\nD,copper|Fibre / Glass|copper\nE,\nF,n/a\nG,5\n'
    )
    number = desk.bring(CUSTOMER, content, mode=mode, **({} if mode == "create" else {"match": "name"}))
    assert [] == desk.errors(number)
    two = ("copper", "fibre_glass")
    expected = [two, two, ("air_gap", "copper"), two, None, None, ("choice",)]
    assert list(zip("ABCDEFG", expected, strict=True)) == rows(desk.world)
    page = desk.world.ask(query.page, CUSTOMER, Query(columns=("name",), search="无线"))
    assert ["C"] == list(page.columns["name"])


@pytest.mark.usefixtures("field")
def test_what_is_no_choice_is_named_at_its_cell_and_can_be_read_as_one(desk: Desk) -> None:
    content = 'Name,Wiring\nA,"Copper, wood, tin"\nB,Copper\n'
    number = desk.bring(CUSTOMER, content, skip_bad=True)
    ((row, column, cell, message),) = desk.errors(number)
    assert (2, "Wiring", "Copper, wood, tin") == (row, column, cell)
    assert "wood" in str(message)
    assert "tin" in str(message)
    assert "Air-gap" in str(message)
    assert {"Wiring": {"wood": 1, "tin": 1}} == {"Wiring": desk.look(number).unknown["c_wiring"]}
    assert [("B", ("copper",))] == rows(desk.world)
    desk.bring(
        CUSTOMER, 'Name,Wiring\nC,"Copper, wood, tin"\n', values={"Wiring": {"wood": "air_gap", "tin": "copper"}}
    )
    assert [("B", ("copper",)), ("C", ("air_gap", "copper"))] == rows(desk.world)


@pytest.mark.usefixtures("field")
def test_an_import_that_changes_it_says_so_once_and_is_taken_back(desk: Desk) -> None:
    made = desk.world.customer(name="A", c_wiring=("copper", "fibre_glass"))
    same = desk.bring(CUSTOMER, 'Name,Wiring\nA,"光纤, 铜缆"\n', mode="update", match="name")
    assert (0, 1) == (desk.look(same).updated, desk.look(same).unchanged)
    number = desk.bring(CUSTOMER, "Name,Wiring\nA,Air-gap\n", mode="update", match="name")
    assert ("air_gap",) == held(desk.world, made)
    desk.go(imports.revert, number)
    assert ("copper", "fibre_glass") == held(desk.world, made)


_CHOSEN = st.lists(st.sets(st.sampled_from(CODES)).map(sorted), min_size=1, max_size=4)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(chosen=_CHOSEN, language=st.sampled_from(["en", "zh_CN"]), file_format=st.sampled_from(["csv", "xlsx"]))
def test_what_goes_out_comes_back_the_same(
    desk: Desk, field: Any, chosen: list[list[str]], language: str, file_format: Any
) -> None:
    assert CODES == sorted(one["code"] for one in field.options)
    world = desk.world
    made = [world.customer(c_wiring=tuple(codes) or None) for codes in chosen]
    target = io.BytesIO()
    world.do(
        exporting.export, CUSTOMER, target, file_format=file_format,
        wanted=Query(columns=("name", "c_wiring")), words=lambda text: translate(text, language),
    )  # fmt: skip
    for one in made:
        world.do(records.update, CUSTOMER, one.id, {"c_wiring": ("air_gap", "choice")})
    number = world.do(
        imports.bring,
        CUSTOMER,
        target.getvalue(),
        f"back.{file_format}",
        goal="store",
        folder=desk.folder,
        mode="update",
        match="name",
    )
    imports.run_here(world.database, number)
    assert [] == desk.errors(number)
    # A blank cell of a file sets nothing.
    expected = [tuple(codes) or ("air_gap", "choice") for codes in chosen]
    assert expected == [held(world, one) for one in made]


@given(st.sets(st.sampled_from(CODES), min_size=1), st.sampled_from([", ", ",", ";", "、", "|", " ； ", "\n", "，"]))
def test_codes_written_with_anything_between_them_are_the_same_codes(codes: set[str], between: str) -> None:
    assert sorted(codes) == sorted(several.pieces(between.join(codes)))


@pytest.mark.usefixtures("field")
@pytest.mark.parametrize("few", [1, 5_000])
def test_any_of_some_and_every_one_of_them_bring_what_has_them(
    world: World, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(choosing, "FEW", few)
    combinations = [tuple(one) for size in range(5) for one in itertools.combinations(CODES, size)]
    made = {world.customer(c_wiring=one or None).id: set(one) for one in combinations}
    for asked in combinations[1:]:
        for operator, fits in (("in", set(asked).intersection), ("has", set(asked).issubset)):
            wanted = [key for key, held in reversed(made.items()) if fits(held)]
            narrowed = Query().where("c_wiring", operator, *asked)
            page = world.ask(query.page, CUSTOMER, narrowed)
            assert (wanted, len(wanted)) == (list(page.ids), world.ask(query.count, CUSTOMER, narrowed)), asked


@pytest.mark.usefixtures("field")
def test_what_few_have_chosen_is_found_along_the_index_of_the_field(world: World) -> None:
    made = [world.customer(c_wiring=wiring) for wiring in (("copper",), ("copper", "fibre_glass"), ("air_gap",), None)]
    world.do(records.delete, CUSTOMER, world.customer(c_wiring=("air_gap", "fibre_glass")).id)
    asked = heard(world.database.engine)
    page = world.ask(query.page, CUSTOMER, Query().where("c_wiring", "in", "fibre_glass", "air_gap"))
    assert [made[2].id, made[1].id] == list(page.ids)
    if world.database.engine.dialect.name == "sqlite":  # PostgreSQL has an index of its own kind
        one = next(one for one in asked if "customer.name" in one[0] and "json_each" in one[0])
        steps = plan(world.database.engine, one)
        assert "SEARCH customer USING INDEX cf_customer_wiring (<expr>=?)" in steps
        assert "SEARCH each_ USING INDEX cf_customer_wiring (<expr>>?)" in steps
