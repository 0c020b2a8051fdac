"""Rows of a file become records as a form would make them: all of them or none, each refusal at its cell."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
import xlsxwriter
from sqlalchemy import func, select

from db.models import AuditEntry, Customer, Opportunity, StageEvent
from seed import reference
from services.contacts import CONTACT
from services.customers import CUSTOMER
from services.kit import query
from services.kit.actor import SYSTEM, Actor
from services.kit.entity import Entity
from services.kit.errors import Forbidden, Refusal
from services.kit.transfer import importing, mapping
from services.kit.transfer.outcome import Options, Outcome
from services.kit.transfer.reading import read_table
from services.leads import LEAD
from services.opportunities import OPPORTUNITY
from services.users import USER
from tests.factories import World


def bring(
    world: World, entity: Entity, content: str | bytes, by: Actor = SYSTEM, *, dry_run: bool = False, **options: Any
) -> Outcome:
    table = read_table(content.encode() if isinstance(content, str) else content, "file.csv")
    maps = options.pop("maps", None)
    known = world.ask(mapping.remembered, entity, table, by=by)
    mapped = mapping.match_columns(entity, table, overrides=maps, remembered=known)
    verb = importing.plan_import if dry_run else importing.run_import
    return world.do(verb, entity, table, mapped, Options(**options), by=by)


def errors(outcome: Outcome) -> list[tuple[int, str, str]]:
    return [(error.row, error.column, str(error.message)) for error in outcome.errors]


def one(world: World, model: Any, **where: Any) -> Any:
    return world.ask(lambda uow: uow.session.execute(select(model).filter_by(**where)).scalar_one())


def count(world: World, model: Any) -> int:
    return world.ask(lambda uow: uow.session.execute(select(func.count()).select_from(model)).scalar_one())


def test_a_row_becomes_a_record_with_every_kind_of_value(world: World) -> None:
    reference.fill(world.database)
    customer = world.customer(name="Acme", code="K-7")
    content = (
        "Name,Customer,Horizon,Market size,Growth,Margin,Competition,Currency,Amount,Close date,Our share,Notes\n"
        'Line,k-7,MID,"¥1,234.50",12 %,30,3,CNY,1.2万,2027年1月31日,(5)%,"=1+1"\n'
    ).replace("(5)%", "5%")
    outcome = bring(world, OPPORTUNITY, content)
    assert ([], 1) == (errors(outcome), outcome.created)
    made = one(world, Opportunity, name="Line")
    expected = (customer.id, "mid", 123_450, 1_200, 3_000, 3, 1_200_000, date(2027, 1, 31), 500, "=1+1")
    assert expected == (
        made.customer_id, made.horizon, made.market_size, made.growth, made.margin, made.competition, made.amount,
        made.close_on, made.our_share, made.notes,
    )  # fmt: skip


def test_errors_are_told_by_row_and_column_and_nothing_is_written(world: World) -> None:
    content = "Name,Horizon,Market size,Growth,Competition\nGood,short,1,1,1\nBad,soon,12 %,abc,9\n,short,1,1,1\n"
    outcome = bring(world, OPPORTUNITY, content)
    assert [
        (3, "Horizon", "“soon” is not one of the choices: Short, Mid, Long."),
        (3, "Market size", "“12 %” is a percentage; an amount of money is expected."),
        (3, "Growth", "“abc” is not a number."),
        (3, "Competition", "Not above 5."),
        (4, "Name", "Please fill this in."),
    ] == errors(outcome)
    assert (False, 0) == (outcome.written, count(world, Opportunity))


def test_the_good_rows_alone_come_in_when_asked_and_bad_rows_are_left_out_whole(world: World) -> None:
    content = "Name,Customer,Growth\nGood,Acme,1\nBad,Brand new,x\n"
    outcome = bring(world, OPPORTUNITY, content, skip_bad=True, create_missing=True)
    assert (1, 1, True) == (outcome.created, outcome.bad_rows, outcome.written)
    assert ["Acme"] == list(world.ask(query.frame, CUSTOMER)["name"])


def test_a_dry_run_says_what_the_import_does_and_keeps_nothing(world: World) -> None:
    content = "Name,Customer,Amount\nA,Acme,100\nB,Beta,200\n"
    before = count(world, AuditEntry)
    dry = bring(world, OPPORTUNITY, content, dry_run=True, create_missing=True)
    assert (0, 0, before) == (count(world, Opportunity), count(world, Customer), count(world, AuditEntry))
    real = bring(world, OPPORTUNITY, content, create_missing=True)
    assert (dry.created, dry.updated, [str(n) for n in dry.notes]) == (
        real.created, real.updated, [str(n) for n in real.notes],
    )  # fmt: skip
    assert (False, True, 2) == (dry.written, real.written, real.created)


def test_an_unknown_customer_is_an_error_unless_it_may_be_made(world: World) -> None:
    content = "Name,Customer\nA,Nobody\n"
    assert [(2, "Customer", "There is no Customer “Nobody”, or you may not see it.")] == errors(
        bring(world, OPPORTUNITY, content)
    )
    assert 1 == bring(world, OPPORTUNITY, content, create_missing=True).created


def test_a_name_that_several_have_is_an_error_that_says_so(world: World) -> None:
    world.customer(name="Twin")
    second = world.customer(name="Twin", code="T-2")
    assert "2 records named “Twin”" in errors(bring(world, OPPORTUNITY, "Name,Customer\nA,Twin\n"))[0][2]
    assert 1 == bring(world, OPPORTUNITY, "Name,Customer\nA,T-2\n").created
    assert 1 == bring(world, OPPORTUNITY, f"Name,Customer\nB,{second.id}\n").created


def test_a_record_out_of_scope_cannot_be_named(world: World) -> None:
    team, other = world.team(), world.team()
    manager = world.actor("sales_manager", team_id=team.id)
    stranger = world.actor(team_id=other.id)
    world.customer(by=stranger, name="Theirs")
    outcome = bring(world, OPPORTUNITY, "Name,Customer\nA,Theirs\n", by=manager)
    missing = bring(world, OPPORTUNITY, "Name,Customer\nA,Nowhere\n", by=manager)
    assert errors(missing)[0][2].replace("Nowhere", "Theirs") == errors(outcome)[0][2]


def test_an_opportunity_enters_its_stage_and_the_event_is_recorded(world: World) -> None:
    reference.fill(world.database)
    content = "Name,Stage,Closed on,Amount\nA,Offer,,100\nB,won,2026-05-01,200\nC,,,300\nD,,,\n"
    outcome = bring(world, OPPORTUNITY, content)
    assert [] == errors(outcome)
    rows = world.ask(query.frame, OPPORTUNITY)
    stages = dict(zip(rows["name"], rows["stage_id_title"].fillna(""), strict=True))
    assert {"A": "Offer", "B": "Won", "C": "Discovery", "D": ""} == stages
    assert 3 == count(world, StageEvent)
    assert date(2026, 5, 1) == one(world, Opportunity, name="B").closed_on


def test_a_file_moves_an_opportunity_to_another_stage(world: World) -> None:
    reference.fill(world.database)
    bring(world, OPPORTUNITY, "Code,Name,Stage\nX,A,Offer\n")
    outcome = bring(world, OPPORTUNITY, "Code,Stage\nX,Negotiation\n", mode="update")
    assert ([], 1, 2) == (errors(outcome), outcome.updated, count(world, StageEvent))


def test_columns_are_known_by_chinese_labels_and_units(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from services.kit import words

    labels = {"Name": {"名称"}, "Market size": {"市场规模"}, "Horizon": {"周期"}, "Long": {"长期"}}
    monkeypatch.setattr(words, "_translations", lambda: {key: frozenset(value) for key, value in labels.items()})
    outcome = bring(world, OPPORTUNITY, "名称,市场规模（万元）,周期\n产线,1.5,长期\n".encode("gb18030"))
    assert [] == errors(outcome)
    made = one(world, Opportunity, name="产线")
    assert (1_500_000, "long") == (made.market_size, made.horizon)
    assert "is read in 万" in "\n".join(map(str, outcome.notes))


def test_a_mapping_by_hand_is_remembered_for_files_with_the_same_headings(world: World) -> None:
    maps = {"Bezeichnung": "name", "Größe": "Market size", "Egal": "-"}
    bring(world, OPPORTUNITY, "Bezeichnung,Größe,Egal\nA,1,x\n", maps=maps)
    assert 1 == bring(world, OPPORTUNITY, "Egal,Bezeichnung,Größe\ny,B,2\n").created


@pytest.mark.parametrize(
    ("content", "options", "reason"),
    [
        ("Foo,Bar\n1,2\n", {}, "No column of “file.csv” is known"),
        ("Growth\n1\n", {}, "no column for “Name”, which is required"),
        ("Name\nA\n", {"maps": {"Nome": "name"}}, "no column “Nome”"),
        ("Name\nA\n", {"maps": {"Name": "nonsense"}}, "no field “nonsense”"),
        ("Growth\n1\n", {"mode": "update"}, "a column by which they are recognised"),
        ("Name,Growth\nA,1\n", {"mode": "update", "match": "growth"}, "cannot be recognised by “growth”"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_whole(
    sqlite_world: World, content: str, options: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Refusal, match=reason):
        bring(sqlite_world, OPPORTUNITY, content, **options)


def test_update_changes_what_differs_and_leaves_blank_cells_alone(world: World) -> None:
    world.customer(name="A", code="1", region="North", employees=5)
    world.customer(name="B", code="2", region="South")
    content = "Code,Region,Employees\n1,,7\n2,South,\n"
    outcome = bring(world, CUSTOMER, content, mode="update")
    assert (0, 1, 1) == (outcome.created, outcome.updated, outcome.unchanged)
    made = one(world, Customer, code="1")
    assert ("North", 7, 2) == (made.region, made.employees, made.version)


def test_both_makes_new_ones_and_changes_known_ones_and_a_second_time_nothing(world: World) -> None:
    world.customer(name="A", code="1")
    content = "Code,Name,Region\n1,A,East\n2,B,West\n"
    first = bring(world, CUSTOMER, content, mode="both")
    second = bring(world, CUSTOMER, content, mode="both")
    assert (1, 1, 0) == (first.created, first.updated, first.unchanged)
    assert (0, 0, 2) == (second.created, second.updated, second.unchanged)


def test_a_key_twice_in_the_file_or_taken_already_is_told(world: World) -> None:
    world.customer(name="Old", code="1")
    outcome = bring(world, CUSTOMER, "Code,Name\n1,A\n2,B\n2,C\n")
    assert [(2, "Code", "This is taken already."), (4, "Code", "Row 3 has the same value.")] == errors(outcome)


def test_a_record_may_belong_to_another_of_the_same_file(world: World) -> None:
    outcome = bring(world, CUSTOMER, "Name,Part of\nChild,Parent\nParent,\n")
    assert [] == errors(outcome)
    assert one(world, Customer, name="Parent").id == one(world, Customer, name="Child").parent_id


def test_what_hangs_on_a_bad_row_is_bad_too(world: World) -> None:
    outcome = bring(world, CUSTOMER, "Name,Part of,Employees\nChild,Parent,\nParent,,x\n", skip_bad=True)
    assert {2, 3} == {error.row for error in outcome.errors}
    assert 0 == count(world, Customer)


def test_a_person_may_give_records_within_their_reach_only(world: World) -> None:
    team, other = world.team(), world.team()
    manager = world.actor("sales_manager", team_id=team.id)
    world.user(name="Own", team_id=team.id)
    world.user(name="Foreign", team_id=other.id)
    outcome = bring(world, CUSTOMER, "Name,Owner\nA,Own\nB,Foreign\n", by=manager)
    assert [(3, "Owner", "There is no User “Foreign”, or you may not see it.")] == errors(outcome)
    assert 1 == bring(world, CUSTOMER, "Name,Owner\nA,Own\n", by=manager).created
    assert team.id == one(world, Customer, name="A").team_id


def test_without_an_owner_column_the_importer_owns_the_records(world: World) -> None:
    manager = world.actor("sales_manager", team_id=world.team().id)
    bring(world, CUSTOMER, "Name\nA\n", by=manager)
    made = one(world, Customer, name="A")
    assert (manager.user_id, manager.team_id) == (made.owner_id, made.team_id)


@pytest.mark.parametrize("role", ["sales", "finance", "viewer"])
def test_a_role_without_the_permission_imports_nothing(sqlite_world: World, role: str) -> None:
    with pytest.raises(Forbidden):
        bring(sqlite_world, CUSTOMER, "Name\nA\n", by=sqlite_world.actor(role))


def test_a_record_out_of_reach_is_not_changed_and_not_told_of(world: World) -> None:
    manager = world.actor("sales_manager", team_id=world.team().id)
    stranger = world.actor(team_id=world.team().id)
    world.customer(by=stranger, name="Theirs", region="North")
    outcome = bring(world, CUSTOMER, "Name,Region\nTheirs,South\n", by=manager, mode="update")
    assert [(2, "", "There is no such record to change, or you may not change it.")] == errors(outcome)
    assert "North" == one(world, Customer, name="Theirs").region


def test_long_numbers_and_leading_zeros_are_kept_as_text_and_lost_digits_told(sqlite_world: World) -> None:
    content = "Name,Phone,Tax number\nA,075512345678,110101199003077758\nB,1.38E+10,\n"
    outcome = bring(sqlite_world, CUSTOMER, content, skip_bad=True)
    assert [(3, "Phone")] == [error[:2] for error in errors(outcome)]
    made = one(sqlite_world, Customer, name="A")
    assert ("075512345678", "110101199003077758") == (made.phone, made.tax_number)
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    page = book.add_worksheet()
    page.write_row(0, 0, ["Name", "Tax number", "Phone"])
    page.write_row(1, 0, ["C", 110101199003077758, 13800138000])
    book.close()
    assert "more than 15 digits" in errors(bring(sqlite_world, CUSTOMER, target.getvalue()))[0][2]


def test_percentages_are_read_as_they_stand_and_fractions_are_asked_for(sqlite_world: World) -> None:
    content = "Name,Growth,Margin\nA,0.12,12\nB,-0.5,12%\n"
    first = bring(sqlite_world, OPPORTUNITY, content)
    assert frozenset({"growth"}) == first.fractions_asked
    assert (12, 1_200) == (
        one(sqlite_world, Opportunity, name="A").growth,
        one(sqlite_world, Opportunity, name="A").margin,
    )
    bring(sqlite_world, OPPORTUNITY, content.replace("A,", "C,").replace("B,", "D,"), fractions=frozenset({"growth"}))
    assert (1_200, -5_000) == (
        one(sqlite_world, Opportunity, name="C").growth,
        one(sqlite_world, Opportunity, name="D").growth,
    )


def test_a_decimal_comma_is_refused_and_not_multiplied(sqlite_world: World) -> None:
    assert "is not a number" in errors(bring(sqlite_world, OPPORTUNITY, "Name;Growth\nA;1,5\n"))[0][2]


def test_rows_go_through_the_verb_of_an_entity_that_has_its_own(world: World) -> None:
    outcome = bring(world, USER, "Sign-in name,Name,Role\nAnna,Anna,sales\nANNA,Anna 2,sales\n", skip_bad=True)
    assert (1, 1) == (outcome.created, outcome.bad_rows)
    assert "anna" == world.ask(query.frame, USER)["login"].iloc[0]


def test_an_import_leaves_one_entry_with_counts_and_file(world: World) -> None:
    bring(world, CUSTOMER, "Name\nA\nB\n")
    entry = one(world, AuditEntry, action="import")
    assert (2, "file.csv", 2) == (entry.count, entry.changes["file"], entry.changes["created"])


def test_new_records_beside_records_of_that_name_are_told(sqlite_world: World) -> None:
    sqlite_world.customer(name="A")
    outcome = bring(sqlite_world, CUSTOMER, "Name\nA\n", dry_run=True)
    assert "there are records already" in "\n".join(map(str, outcome.notes))


def test_what_the_hook_refuses_takes_the_whole_import_back(world: World) -> None:
    def refuse(_uow: Any, ids: list[int]) -> None:
        assert 2 == len(ids)
        raise Refusal("The round is frozen.")

    with pytest.raises(Refusal, match="frozen"):
        bring(world, OPPORTUNITY, "Name\nA\nB\n", after=refuse)
    assert 0 == count(world, Opportunity)


def test_leads_and_contacts_come_in(world: World) -> None:
    world.customer(name="Acme")
    assert 1 == bring(world, LEAD, "Name,Company,Email,Mobile\nAnn,Acme,a@b.example,+86 138 0013 8000\n").created
    assert 1 == bring(world, CONTACT, "Name,Customer,Primary contact\nAnn,ACME,是\n").created
