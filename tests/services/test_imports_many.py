"""Many rows at once: changed by statement as one by one, refused singly, indexed whole; old files go."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from db.models import AuditEntry, Customer, ImportRow
from services import imports, jobs
from services.customers import CUSTOMER
from services.imports.work import Work
from services.kit import query, records
from services.kit.actor import SYSTEM
from services.kit.clock import Clock
from services.kit.query import Query
from services.kit.transfer import bulk, changing, helpers, staging, storing
from services.kit.transfer.drafts import Draft
from services.kit.transfer.reading import Row
from services.kit.unit_of_work import UnitOfWork
from tests.factories import World

ROWS = 60


@pytest.fixture
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "_FEW", 2)
    monkeypatch.setattr(bulk, "_TOGETHER", 7)
    monkeypatch.setattr(changing, "TOGETHER", 7)


pytestmark = pytest.mark.usefixtures("small_portions")


def bring(world: World, folder: Path, content: str, **asked: Any) -> imports.Batch:
    number = world.do(imports.bring, CUSTOMER, content.encode(), "file.csv", goal="store", folder=folder, **asked)
    imports.run_here(world.database, number)
    return world.ask(imports.get, number)


def file(*more: str) -> str:
    lines = [f"K{at},公司{at} 科技有限公司,{at},+86 138 {at:08d}" for at in range(ROWS)]
    return "\n".join(["Code,Name,Employees,Phone", *lines, *more]) + "\n"


def is_indexed_whole(world: World) -> bool:
    if world.database.engine.dialect.name != "sqlite":
        return True
    with world.database.engine.connect() as connection:
        connection.exec_driver_sql("INSERT INTO customer_search(customer_search) VALUES ('integrity-check')")
    return True


def found(world: World, written: str) -> set[str]:
    page = world.ask(query.page, CUSTOMER, Query(search=written, limit=100))
    return set(page.frame["name"])


def facts(world: World) -> list[tuple[Any, ...]]:
    names = ("code", "name", "employees", "phone", "name_key", "phone_key", "search_tokens", "version", "notes")
    columns = [getattr(Customer, name) for name in names]
    return [tuple(row) for row in world.ask(lambda uow: uow.session.execute(select(*columns).order_by(Customer.id)))]


def test_a_row_that_the_database_refuses_takes_no_other_with_it(world: World) -> None:
    def insert(uow: UnitOfWork) -> dict[int, Any]:
        rows = [{"name": f"Company {at}", "code": f"K{at}", "currency": "CNY"} for at in range(ROWS)]
        rows[5]["code"] = rows[40]["code"] = rows[41]["code"] = "K1"
        drafts = [Draft(Row(at, ()), values=dict(row)) for at, row in enumerate(rows)]
        storing.create(uow, CUSTOMER, drafts)
        return {draft.row.number: set(draft.wrong) for draft in drafts if draft.wrong}

    assert {5: {"code"}, 40: {"code"}, 41: {"code"}} == world.do(insert)
    assert ROWS - 3 == len(facts(world))
    assert is_indexed_whole(world)
    assert {"Company 6"} == found(world, "Company 6") & {"Company 6", "Company 5"}


def test_many_are_changed_as_they_are_one_by_one(world: World, tmp_path: Path) -> None:
    bring(world, tmp_path, file())
    before = facts(world)
    changed = file().replace("公司7 ", "企业7 ").replace("+86 138 00000009", "+86 139 00000009")
    changed = changed.replace("科技有限公司,11,", "科技有限公司,1111,")
    batch = bring(world, tmp_path, changed, mode="update", match="code")
    assert (0, 3, ROWS - 3, 0) == (batch.created, batch.updated, batch.unchanged, batch.wrong)
    together = facts(world)

    values: dict[str, dict[str, Any]] = {
        "K7": {"name": "企业7 科技有限公司"},
        "K9": {"phone": "+86 139 00000009"},
        "K11": {"employees": 1111},
    }

    def one_by_one(uow: UnitOfWork) -> None:
        for row in uow.session.execute(select(Customer)).scalars():
            if row.code in values:
                records.update(uow, CUSTOMER, row.id, values[row.code])

    world.do(imports.revert, batch.id)
    imports.run_here(world.database, batch.id)
    assert [row[:7] for row in before] == [row[:7] for row in facts(world)]
    world.do(one_by_one)
    assert [row[:7] for row in together] == [row[:7] for row in facts(world)]
    assert is_indexed_whole(world)
    assert {"企业7 科技有限公司"} == found(world, "企业7")


def test_a_change_by_statement_leaves_the_same_trace_as_any_other(world: World, tmp_path: Path) -> None:
    bring(world, tmp_path, file())
    batch = bring(world, tmp_path, file().replace("公司7 ", "企业7 "), mode="update", match="code")
    customer = world.ask(lambda uow: uow.session.execute(select(Customer).filter_by(code="K7")).scalar_one())
    assert ("企业7 科技有限公司", 2) == (customer.name, customer.version)
    entry = world.ask(
        lambda uow: uow.session.execute(
            select(AuditEntry).filter_by(entity="customer", action="update", record_id=customer.id)
        ).scalar_one()
    )
    assert {"name": ["公司7 科技有限公司", "企业7 科技有限公司"]} == entry.changes
    kept = world.ask(
        lambda uow: uow.session.execute(
            select(ImportRow.record_id, ImportRow.version, ImportRow.before).filter_by(batch_id=batch.id)
        ).all()
    )
    assert [(customer.id, 2, {"name": "公司7 科技有限公司"})] == [tuple(row) for row in kept]


def test_a_change_that_the_database_refuses_takes_no_other_with_it(world: World) -> None:
    made = [world.customer(name=f"Company {at}", code=f"K{at}") for at in range(ROWS)]

    def change(uow: UnitOfWork) -> dict[int, Any]:
        drafts = [Draft(Row(at, ()), values={"employees": at}, record_id=one.id) for at, one in enumerate(made)]
        drafts[9].values["code"] = "K1"
        storing.update(uow, CUSTOMER, drafts)
        return {draft.row.number: set(draft.wrong) for draft in drafts if draft.wrong}

    assert {9: {"code"}} == world.do(change)
    assert [("K9", None)] == [(row[0], row[2]) for row in facts(world) if row[0] == "K9"]
    assert [at for at in range(ROWS) if at != 9] == [row[2] for row in facts(world) if row[2] is not None]
    assert is_indexed_whole(world)


def test_helpers_come_when_there_is_much_to_do_and_go_at_the_end(world: World, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(helpers, "_LARGE", 10)
        patch.setattr(helpers, "_FEW", 0)
        number = world.do(
            imports.bring, CUSTOMER, file().encode(), "file.csv", goal="store", folder=tmp_path / "imports"
        )
        work = Work(world.database, number)
        work.run()
    assert work.team._helpers is None
    assert staging.BLOCK > ROWS
    assert ROWS == world.ask(imports.get, number).created


def test_a_parent_that_would_make_a_circle_is_refused_in_the_dry_run_too(world: World, tmp_path: Path) -> None:
    top = world.customer(name="Top", code="T")
    world.customer(name="Below", code="B", parent_id=top.id)
    number = world.do(
        imports.bring, CUSTOMER, b"Code,Part of\nT,Below\n", "f.csv", goal="check", folder=tmp_path,
        mode="update", match="code",
    )  # fmt: skip
    imports.run_here(world.database, number)
    assert 1 == world.ask(imports.get, number).wrong
    assert ["Part of"] == [one.column for one in world.ask(imports.errors, number)]


def test_the_files_of_old_imports_go_and_what_came_in_can_still_be_taken_back(world: World, tmp_path: Path) -> None:
    batch = bring(world, tmp_path / "imports", file())
    assert {"imports": 0} == world.database.run(SYSTEM, imports.forget_old)
    world.database.clock = Clock.at(world.database.clock.now() + timedelta(days=31))
    assert {"imports": 1} == jobs.run(world.database, "imports")
    assert [] == list((tmp_path / "imports").iterdir())
    world.do(imports.revert, batch.id)
    imports.run_here(world.database, batch.id)
    assert ROWS == world.ask(imports.get, batch.id).reverted
