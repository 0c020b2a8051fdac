"""A file comes in by stages: what the dry run says is done, once, and can be taken back."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import delete, func, select

from db.models import AuditEntry, Customer, ImportRow, Lead, Opportunity, StageEvent, User
from seed import reference
from services import imports
from services.contacts import CONTACT
from services.customers import CUSTOMER
from services.imports import Batch
from services.imports.work import Work
from services.kit import records
from services.kit.actor import SYSTEM, Actor
from services.kit.entity import Entity
from services.kit.errors import Forbidden, NotFound, Refusal
from services.kit.transfer import child, importing, mapping, staging
from services.kit.transfer.outcome import Options, Outcome
from services.kit.transfer.reading import read_table
from services.leads import LEAD
from services.opportunities import OPPORTUNITY
from services.pools import QUOTA
from services.users import USER
from tests.factories import World

OPEN = "may have the day or the month first. Say how days are written, or write the year first."
SOURCES = "Referral, Website, Exhibition, Cold call, Partner, Tender, Other"


class Desk:
    """Brings files in as the pages and the command line do, in this process."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder = world, folder

    def bring(
        self, entity: Entity, content: str | bytes, by: Actor = SYSTEM, *, goal: str = "store", **asked: Any
    ) -> int:
        source = content.encode() if isinstance(content, str) else content
        number = self.world.do(imports.bring, entity, source, "file.csv", goal=goal, folder=self.folder, by=by, **asked)
        imports.run_here(self.world.database, number)
        return int(number)

    def go(self, verb: Any, number: int, by: Actor = SYSTEM, **asked: Any) -> Batch:
        self.world.do(verb, number, by=by, **asked)
        imports.run_here(self.world.database, number)
        return self.look(number)

    def look(self, number: int) -> Batch:
        return self.world.ask(imports.get, number)

    def errors(self, number: int) -> list[tuple[int, str, str, str]]:
        found = self.world.ask(imports.errors, number)
        return [(one.row, one.column, one.value, str(one.message)) for one in found]


@pytest.fixture
def desk(world: World, tmp_path: Path) -> Desk:
    return Desk(world, tmp_path / "imports")


def read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let files be read in this process."""

    def read(_module: str, folder: str, *, name: str) -> None:
        staging.main(Path(folder))
        del name

    monkeypatch.setattr(child, "run", read)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read in this process, in blocks of three rows."""
    monkeypatch.setattr(staging, "BLOCK", 3)
    read_here(monkeypatch)


pytestmark = pytest.mark.usefixtures("small_blocks")


def count(world: World, model: Any) -> int:
    statement = select(func.count()).select_from(model)
    if hasattr(model, "deleted_at"):
        statement = statement.where(model.deleted_at.is_(None))
    return world.ask(lambda uow: uow.session.execute(statement).scalar_one())


def one(world: World, model: Any, **where: Any) -> Any:
    return world.ask(lambda uow: uow.session.execute(select(model).filter_by(**where)).scalar_one())


def counts(batch: Batch | Outcome) -> tuple[int, int, int, int]:
    bad = batch.wrong if isinstance(batch, Batch) else batch.bad_rows
    return batch.created, batch.updated, batch.unchanged, bad


def test_a_file_comes_in_with_all_that_the_portal_keeps_beside_it(desk: Desk) -> None:
    number = desk.bring(
        CUSTOMER, "Name,Code,Level,Annual revenue,Phone\n上海光电有限公司,K1,B · important,1.2万,+86 138 0013 8000\n"
    )
    made = one(desk.world, Customer, code="K1")
    expected = desk.world.customer(name="上海光电有限公司", phone="+86 138 0013 8000", level="B", revenue=1_200_000)
    for name in (
        "name_key",
        "name_block",
        "phone_key",
        "search_tokens",
        "revenue",
        "level",
        "pool_id",
        "version",
        "custom",
    ):
        if name != "search_tokens":
            assert (name, getattr(expected, name)) == (name, getattr(made, name))
    assert set(expected.search_tokens.split()) <= set(made.search_tokens.split())
    assert ("ready", "store", 1) == ((batch := desk.look(number)).state, batch.stage, batch.created)


FILES: dict[str, tuple[Entity, str, dict[str, Any]]] = {
    "customers": (
        CUSTOMER,
        (
            "Name,Code,Part of,Employees,Owner,Next step on\n"
            "A,1,B,5,,2026-07-01\n"
            "B,2,,x,,\n"
            "C,2,,7,,\n"
            "D,4,Old,8,Nobody,1.2.2026\n"
            "E,5,F,1,,\nF,6,,2,,\nG,9,,,,\n,7,,,,\nH,10,H,,,\nI,11,J,,,\nJ,12,I,,,\n"
        ),
        {},
    ),
    "update": (
        CUSTOMER,
        ("Code,Name,Region\n9,Old,East\n10,None,West\n9,Twice,\n,Blank,\n"),
        {"mode": "update", "match": "code"},
    ),
    "both": (CUSTOMER, "Code,Name,Region\n9,Old,East\n10,New,West\n9,Twice,\n,Blank,North\n", {"mode": "both"}),
    "leads": (
        LEAD,
        ("Name,Company,Status,Email\nA,X,New,a@b.example\nB,Y,Converted,b\nC,,Contacted,\nD,Z,Contacted,d@e.example\n"),
        {},
    ),
    "contacts": (CONTACT, "Name,Customer,Primary contact\nA,Old,yes\nB,9,no\nC,Nobody,\nD,old,maybe\n", {}),
    "opportunities": (
        OPPORTUNITY,
        (
            "Name,Customer,Stage,Growth,Amount,Closed on\n"
            "A,New one,Offer,0.5,100,\n"
            "B,Old,won,-0.1,200,2026-05-01\n"
            "C,Old,Offer,0.2,,2026-05-01\n"
            "D,Other,nowhere,1,,\nE,New one,,,300,\n"
        ),
        {"create_missing": True},
    ),
    "leads of another system": (
        LEAD,
        (
            "First Name,Last Name,Company,Email,Phone 1,Phone 2,Lead Source,Lead Owner,Next step on,Tags,Salutation\n"
            'Ann,Lee,Acme,a@b.example,call me,229.077.5154,Select,Pam,05-03-26,"hot, fair",Ms\n'
            "伟,王,华为,,-,13800138000x12,--None--,Jim,31-01-26,,\n"
            ",,Acme,,12345678,N/A,Website,Roy,,-,\n"
            ",,,x@known.example,,,Olark Chat,Pam,1.2.26,,\n"
            "Bob,,,bob@gmail.com,,call me,,,30-30-26,vip\n"
        ),
        {},
    ),
    "contacts without a company": (CONTACT, "Email\na@acme.example\nb@gmail.com\nc@nobody.example\n", {}),
    "users": (
        USER,
        ("Sign-in name,Name,Role,Reports to\nanna,Anna,sales,Bert\nBERT,Bert,sales_manager,\nbert,Twice,sales,\n"),
        {},
    ),
}


@pytest.mark.parametrize("name", sorted(FILES))
@pytest.mark.parametrize("skip_bad", [False, True])
def test_stages_say_and_do_what_the_import_of_one_piece_does(desk: Desk, name: str, *, skip_bad: bool) -> None:
    reference.fill(desk.world.database)
    desk.world.customer(name="Old", code="9", region="South", website="www.acme.example")
    entity, content, asked = FILES[name]
    table = read_table(content.encode(), "file.csv")
    mapped = mapping.match_columns(entity, table)
    whole = desk.world.do(importing.plan_import, entity, table, mapped, Options(skip_bad=skip_bad, **asked))
    number = desk.bring(entity, content, goal="check", skip_bad=skip_bad, **asked)
    dry = desk.look(number)
    expected = [(error.row, error.column, error.value, str(error.message)) for error in whole.errors]
    circle = [error for error in desk.errors(number) if "in a circle" in error[3]]
    assert expected == [error for error in desk.errors(number) if error not in circle]
    assert (counts(whole)[0] - len(circle), *counts(whole)[1:3], counts(whole)[3] + len(circle)) == counts(dry)
    before = count(desk.world, entity.model)
    real = desk.go(imports.store, number, skip_bad=skip_bad)
    assert (counts(dry), desk.errors(number)) == (counts(real), desk.errors(number))
    is_stored = skip_bad or not dry.wrong
    assert ("store" if is_stored else "check") == real.stage
    assert before + (real.created if is_stored else 0) == count(desk.world, entity.model)


def test_what_is_said_of_values_dates_and_the_rest_is_done_and_remembered(desk: Desk) -> None:
    content = "Name,Company,Lead Source,Next step on,City\nAnn,Acme,Olark Chat,05/03/2026,Rome\nBob,Borg,Radio,,\n"
    number = desk.bring(LEAD, content, goal="check")
    batch = desk.look(number)
    assert [
        (2, "Lead Source", "Olark Chat", f"“Olark Chat” is not one of the choices: {SOURCES}."),
        (2, "Next step on", "05/03/2026", f"“05/03/2026” {OPEN}"),
        (3, "Lead Source", "Radio", f"“Radio” is not one of the choices: {SOURCES}."),
    ] == desk.errors(number)  # fmt: skip
    assert (("next_step_on",), {"source": {"Olark Chat": 1, "Radio": 1}}) == (batch.dates_asked, batch.unknown)
    said = {"values": {"Lead Source": {"Olark Chat": "website"}}, "unknown": "empty", "rest": "notes", "dates": "mdy"}
    checked = desk.go(imports.check, number, **said)
    assert ((2, 0, 0, 0), ()) == (counts(checked), checked.dates_asked)
    assert "Left blank in “Lead Source”, since we do not know it: “Radio”." in map(str, checked.notes)
    desk.go(imports.store, number)
    made = one(desk.world, Lead, name="Ann")
    assert ("website", date(2026, 5, 3), "City: Rome") == (made.source, made.next_step_on, made.notes)
    again = desk.look(desk.bring(LEAD, content.replace("Ann", "Cid").replace("Bob", "Dan")))
    assert (2, 0, 0, 0) == counts(again)
    made = one(desk.world, Lead, name="Cid")
    assert ("website", date(2026, 5, 3)) == (made.source, made.next_step_on)


def test_what_is_left_over_goes_into_the_notes_of_new_records_alone(desk: Desk) -> None:
    desk.world.customer(name="Old", code="1", notes="mine")
    content = "Code,Name,Region,Fax\n1,Old,East,12345\n2,New,West,67890\n"
    assert (1, 1, 0, 0) == counts(desk.look(desk.bring(CUSTOMER, content, mode="both", match="code", rest="notes")))
    assert [("mine", "East"), ("Fax: 67890", "West")] == [
        (made.notes, made.region) for made in (one(desk.world, Customer, code=code) for code in ("1", "2"))
    ]


def test_a_customer_named_in_several_chunks_is_made_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    reference.fill(desk.world.database)
    monkeypatch.setattr("services.imports.pace._MOST", 1)
    content = "Name,Customer\n" + "".join(f"N{at},{('Acme', 'acme.example')[at % 2]}\n" for at in range(9))
    assert 9 == desk.look(desk.bring(OPPORTUNITY, content, create_missing=True)).created
    assert (2, "acme.example") == (count(desk.world, Customer), one(desk.world, Customer, name="acme.example").website)


def test_the_same_file_again_brings_nothing_new(desk: Desk) -> None:
    content = "Code,Name,Region\n" + "".join(f"{at},Name {at},East\n" for at in range(10))
    first = desk.look(desk.bring(CUSTOMER, content, mode="both", match="code"))
    second = desk.look(desk.bring(CUSTOMER, content, mode="both", match="code"))
    assert ((10, 0, 0, 0), (0, 0, 10, 0)) == (counts(first), counts(second))


def test_errors_mended_in_the_file_of_errors_come_in_when_it_is_brought_again(desk: Desk) -> None:
    content = "Code,Name,Employees\n1,A,5\n2,B,many\n3,,7\n4,D,8\n"
    number = desk.bring(CUSTOMER, content, skip_bad=True)
    target = io.BytesIO()
    told = desk.world.ask(imports.errors_file, number, target, file_format="csv", say=str, title="What is wrong")
    written = target.getvalue().decode("utf-8-sig")
    assert (2, 2) == (told, desk.look(number).created)
    assert "2,B,many,Employees: “many” is not a number." in written
    mended = written.replace("many,", "9,").replace("3,,", "3,C,")
    again = desk.look(desk.bring(CUSTOMER, mended.encode()))
    assert (2, 0, 0, 0) == counts(again)
    assert 4 == count(desk.world, Customer)


def test_a_row_comes_after_what_it_belongs_to_however_deep(desk: Desk) -> None:
    content = "Name,Part of\nGrandchild,Child\nChild,Parent\nOther,\nParent,\nGreat,Grandchild\n"
    assert 5 == desk.look(desk.bring(CUSTOMER, content)).created
    ids = {name: one(desk.world, Customer, name=name) for name in ("Parent", "Child", "Grandchild", "Great")}
    assert [ids["Parent"].id, ids["Child"].id, ids["Grandchild"].id] == [
        ids["Child"].parent_id, ids["Grandchild"].parent_id, ids["Great"].parent_id,
    ]  # fmt: skip


def test_a_revert_takes_back_what_came_in_and_keeps_what_was_changed_since(desk: Desk) -> None:
    old = desk.world.customer(name="Old", code="0", region="South", employees=3)
    touched = desk.world.customer(name="Touched", code="1", region="South")
    content = (
        "Code,Name,Region,Employees,Part of\n"
        "0,Old,East,9,\n"
        "1,Touched,East,,\n"
        "2,New,East,,\n"
        "3,Edited,East,,\n"
        "4,Child,,,New\n"
    )
    number = desk.bring(CUSTOMER, content, mode="both", match="code")
    assert (3, 2, 0, 0) == counts(desk.look(number))
    edited = one(desk.world, Customer, code="3")
    desk.world.do(records.update, CUSTOMER, edited.id, {"region": "West"})
    desk.world.do(records.update, CUSTOMER, touched.id, {"employees": 77})
    batch = desk.go(imports.revert, number)
    assert ("revert", "ready", 3, 2) == (batch.stage, batch.state, batch.reverted, batch.kept)
    back = one(desk.world, Customer, id=old.id)
    assert ("South", 3) == (back.region, back.employees)
    assert ["Edited", "Old", "Touched"] == sorted(
        desk.world.ask(
            lambda uow: list(uow.session.execute(select(Customer.name).where(Customer.deleted_at.is_(None))).scalars())
        )
    )
    kept = desk.world.ask(imports.kept_rows, number)
    assert [
        ("Touched", "Somebody has changed it since the import."),
        ("Edited", "Somebody has changed it since the import."),
    ] == [(row.title, str(row.reason)) for row in kept]


def test_a_revert_keeps_a_customer_to_whom_something_belongs_by_now(desk: Desk) -> None:
    number = desk.bring(CUSTOMER, "Name\nLonely\nVisited\n")
    desk.world.contact(one(desk.world, Customer, name="Visited"))
    batch = desk.go(imports.revert, number)
    assert ((1, 1), "Visited") == ((batch.reverted, batch.kept), one(desk.world, Customer, deleted_at=None).name)


def test_a_revert_takes_back_customers_made_along_with_the_rows(desk: Desk) -> None:
    reference.fill(desk.world.database)
    number = desk.bring(OPPORTUNITY, "Name,Customer\nA,New one\nB,New one\n", create_missing=True)
    assert (2, 1) == (count(desk.world, Opportunity), count(desk.world, Customer))
    batch = desk.go(imports.revert, number)
    assert (3, 0) == (batch.reverted, batch.kept)
    assert (0, 0) == (count(desk.world, Opportunity), count(desk.world, Customer))


def test_what_was_stopped_goes_on_where_it_stands(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    content = "Name\n" + "".join(f"N{at}\n" for at in range(20))
    commit = Work._commit
    monkeypatch.setattr("services.imports.pace._MOST", 1)

    def stop_after_two(self: Work, store: Any, some: Any, place: int) -> None:
        commit(self, store, some, place)
        if place == 1:
            desk.world.do(imports.stop, self.batch_id)

    monkeypatch.setattr(Work, "_commit", stop_after_two)
    number = desk.bring(CUSTOMER, content)
    assert ("stopped", 6, 6) == ((half := desk.look(number)).state, half.created, count(desk.world, Customer))
    assert ("ready", 20, 20) == (
        (batch := desk.go(imports.resume, number)).state,
        batch.created,
        count(desk.world, Customer),
    )
    assert 20 == count(desk.world, ImportRow)


def test_whoever_lost_the_import_to_another_process_writes_no_more(desk: Desk) -> None:
    number = desk.world.do(imports.bring, CUSTOMER, b"Name\nA\n", "f.csv", goal="store", folder=desk.folder)
    first, second = Work(desk.world.database, number), Work(desk.world.database, number)
    assert (True, False) == (first.take(), second.take())
    desk.world.do(lambda uow: imports.stop(uow, number))
    desk.world.do(lambda uow: uow.session.execute(delete(ImportRow)))
    first.end("stopped")
    desk.world.do(imports.resume, number)
    assert second.take()
    first.run()
    assert 0 == count(desk.world, Customer)
    second._do("read")


def test_an_import_leaves_its_trace_in_the_audit(desk: Desk) -> None:
    number = desk.bring(CUSTOMER, "Name\nA\nB\n")
    entry = one(desk.world, AuditEntry, action="import")
    assert (2, "file.csv", 2, number) == (
        entry.count, entry.changes["file"], entry.changes["created"], entry.changes["batch"],
    )  # fmt: skip


def test_rights_are_those_of_the_moment_and_batches_are_seen_within_reach(desk: Desk) -> None:
    world = desk.world
    team, other = world.team(), world.team()
    manager, stranger = world.actor("sales_manager", team_id=team.id), world.actor("sales_manager", team_id=other.id)
    with pytest.raises(Forbidden):
        world.do(imports.bring, CUSTOMER, b"Name\nA\n", "f.csv", folder=desk.folder, by=world.actor("sales"))
    number = desk.bring(CUSTOMER, "Name\nA\n", by=manager)
    assert (manager.user_id, team.id) == ((made := one(world, Customer, name="A")).owner_id, made.team_id)
    reads: tuple[Callable[..., Any], ...] = (imports.get, imports.errors, imports.preview)
    for verb in reads:
        with pytest.raises(NotFound):
            world.ask(verb, number, by=stranger)
    verbs: tuple[Callable[..., Any], ...] = (imports.revert, imports.resume, imports.stop)
    for verb in verbs:
        with pytest.raises(NotFound):
            world.do(verb, number, by=stranger)
    assert [number] == [batch.id for batch in world.ask(imports.batches, by=manager)]
    assert [] == world.ask(imports.batches, by=stranger)
    late = world.do(imports.bring, CUSTOMER, b"Name\nB\n", "f.csv", goal="store", folder=desk.folder, by=manager)
    world.do(lambda uow: setattr(uow.session.get_one(User, manager.user_id), "is_active", False))
    imports.run_here(world.database, late)
    assert ("refused", 1) == (desk.look(late).state, count(world, Customer))


def test_a_file_that_cannot_be_read_is_refused_with_the_reason(desk: Desk) -> None:
    batch = desk.look(desk.bring(CUSTOMER, b"\x89PNG..."))
    assert ("refused", True) == (batch.state, "no spreadsheet but a PNG file" in str(batch.refusal))
    unknown = desk.look(desk.bring(CUSTOMER, "Foo\n1\n"))
    assert ("refused", True) == (unknown.state, "No column of “file.csv” is known" in str(unknown.refusal))


def test_a_mapping_by_hand_follows_the_preview_and_is_remembered(desk: Desk) -> None:
    number = desk.bring(CUSTOMER, "Bezeichnung,Egal\nA,1\n", goal="read")
    head, mapped = desk.world.ask(imports.preview, number)
    assert (("Bezeichnung", "Egal"), None) == (head.header, mapped)
    checked = desk.go(imports.check, number, maps={"Bezeichnung": "name"})
    assert ("check", 1, 0) == (checked.stage, checked.created, count(desk.world, Customer))
    assert 1 == desk.go(imports.store, number).created
    assert 1 == desk.look(desk.bring(CUSTOMER, "Egal,Bezeichnung\n2,B\n")).created


def test_a_stage_event_comes_with_an_opportunity(desk: Desk) -> None:
    reference.fill(desk.world.database)
    desk.bring(OPPORTUNITY, "Name,Stage,Amount\nA,Offer,100\nB,,\n")
    assert 1 == count(desk.world, StageEvent)


def test_leads_are_graded_and_told_when_a_status_is_none_of_a_file(desk: Desk) -> None:
    number = desk.bring(LEAD, "Name,Company\nAnn,Acme\n")
    by_hand = desk.world.lead(name="Ann", company="Acme")
    made = desk.world.ask(lambda uow: uow.session.execute(select(Lead).order_by(Lead.id).limit(1)).scalar_one())
    assert (by_hand.grade, by_hand.grade_points, by_hand.company_key) == (
        made.grade,
        made.grade_points,
        made.company_key,
    )
    assert 1 == desk.look(number).created


def test_an_import_that_did_nothing_cannot_be_taken_back(desk: Desk) -> None:
    number = desk.bring(CUSTOMER, "Name\nA\n", goal="check")
    with pytest.raises(Refusal, match="Nothing came in"):
        desk.world.do(imports.revert, number)


def test_a_file_is_read_again_in_another_way_until_something_of_it_is_in(desk: Desk) -> None:
    rows = "".join(f"東京{number},{number}\n" for number in range(7))
    number = desk.bring(CUSTOMER, ("Name|City,Employees\n" + rows).encode("shift_jis"), goal="read")
    assert ("refused", "") == ((first := desk.look(number)).state, first.stage)
    wrong = desk.go(imports.read_again, number, encoding="ascii")
    assert ("refused", "") == (wrong.state, wrong.stage)
    bars = desk.go(imports.read_again, number, encoding="shift_jis", delimiter="bar")
    assert ("Name", "City,Employees") == bars.header
    found = desk.go(imports.read_again, number, encoding="shift_jis", delimiter="comma")
    assert (("Name|City", "Employees"), 7, None) == (found.header, found.total, found.refusal)
    checked = desk.go(imports.check, number, maps={"Name|City": "name"})
    assert (7, 0) == (checked.created, checked.wrong)
    again = desk.go(imports.read_again, number, encoding="shift_jis")
    assert ("read", "ready", {"encoding": "shift_jis"}) == (again.stage, again.state, again.asked)
    desk.go(imports.check, number, maps={"Name|City": "name"})
    assert 7 == desk.go(imports.store, number).created
    assert "東京6" == one(desk.world, Customer, name="東京6").name
    with pytest.raises(Refusal, match="begun to store"):
        desk.world.do(imports.read_again, number)


def test_another_sheet_leaves_nothing_of_the_one_before(desk: Desk) -> None:
    book = openpyxl.Workbook()
    long, short = book.active, book.create_sheet("Short")
    assert long is not None
    for sheet, rows in ((long, 10), (short, 2)):
        sheet.append(["Name"])
        for at in range(rows):
            sheet.append([f"{sheet.title} {at}"])
    content = io.BytesIO()
    book.save(content)
    number = desk.bring(CUSTOMER, content.getvalue(), goal="check")
    assert 10 == desk.look(number).created
    assert desk.world.ask(imports.source, number) == imports.SourceFile(len(content.getvalue()), is_text=False)
    read = desk.go(imports.read_again, number, sheet="Short")
    assert (2, ("Sheet", "Short")) == (read.total, read.sheets)
    assert 2 == desk.go(imports.check, number).created
    assert 2 == desk.go(imports.store, number).created == count(desk.world, Customer)


def test_a_file_that_is_gone_is_not_read_again(desk: Desk) -> None:
    number = desk.bring(CUSTOMER, "Name\nA\n", goal="read")
    assert desk.world.ask(imports.source, number) == imports.SourceFile(7, is_text=True)
    shutil.rmtree(desk.folder)
    assert desk.world.ask(imports.source, number) is None
    with pytest.raises(Refusal, match="no longer here"):
        desk.world.do(imports.read_again, number)


@pytest.mark.parametrize("entity", [CUSTOMER, LEAD], ids=lambda one: one.key)
def test_new_ones_are_nobodys_if_asked_and_take_nobodys_quota(desk: Desk, entity: Entity) -> None:
    leader = desk.world.actor("leader")
    desk.world.make(QUOTA, kind=entity.key, user_id=leader.user_id, at_most=1)
    content = "Name,Company\nA,Acme\nB,Acme 2\n" if entity is LEAD else "Name\nA\nB\n"
    mine = desk.look(desk.bring(entity, content, by=leader))
    assert ("check", 1) == (mine.stage, mine.wrong), "the second is one more than leader may have"
    number = desk.bring(entity, content, by=leader, for_pool=True)
    assert 2 == desk.look(number).created
    owners = desk.world.ask(
        lambda uow: uow.session.execute(select(entity.model.owner_id, entity.model.pool_id)).all()  # type: ignore[attr-defined]
    )
    assert [(None, True)] * 2 == [(owner, pool is not None) for owner, pool in owners]


def test_there_is_no_pool_of_opportunities(desk: Desk) -> None:
    with pytest.raises(Refusal, match="no public pool"):
        desk.bring(OPPORTUNITY, "Name\nA\n", for_pool=True)


def test_of_a_workbook_whose_first_sheet_is_refused_another_may_be_read(desk: Desk) -> None:
    book = openpyxl.Workbook()
    cover, table = book.active, book.create_sheet("Firms")
    assert cover is not None
    for row in (["Name", "Name"], ["A", "B"]):
        cover.append(row)
    for row in (["Name"], ["Acme"]):
        table.append(row)
    content = io.BytesIO()
    book.save(content)
    number = desk.bring(CUSTOMER, content.getvalue(), goal="read")
    assert "refused" == desk.look(number).state
    source = desk.world.ask(imports.source, number)
    assert source is not None
    assert ("Sheet", "Firms") == source.refused_sheets
    assert ("read", ("Name",)) == ((found := desk.go(imports.read_again, number, sheet="Firms")).stage, found.header)


def test_a_file_that_cannot_be_taken_leaves_no_folder(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(Refusal):
        desk.world.do(imports.bring, CUSTOMER, tmp_path / "not there.csv", "not there.csv", folder=desk.folder)
    assert [] == list(desk.folder.iterdir())
