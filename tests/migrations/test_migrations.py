"""The database goes up and down, empty and filled, on both engines, and is then exactly what the models say."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import IntegrityError

from db import migrate
from db.base import CUSTOM_INDEX, Base, Record, Searchable, table_of
from db.engine import make_engine
from db.models import Allocation, Contract, Customer, User
from services.customers import CUSTOMER
from services.kit import query, records
from services.kit.query import Query
from services.kit.unit_of_work import Database
from tests.emptied import administer
from tests.factories import World

SEARCHED = sorted(
    (mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, Searchable)),
    key=lambda model: table_of(model).name,
)


@pytest.fixture(params=["sqlite", "postgresql"])
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Return an engine on a database in which nothing has been made yet."""
    if request.param == "sqlite":
        engine = make_engine(f"sqlite:///{tmp_path / 'bare.db'}")
        yield engine
        engine.dispose()
        return
    url: URL = request.getfixturevalue("postgresql_url")
    name = f"bare_{uuid.uuid4().hex[:12]}"
    administer(url, f"CREATE DATABASE {name}")
    engine = make_engine(url.set(database=name))
    yield engine
    engine.dispose()
    administer(url, f"DROP DATABASE {name} WITH (FORCE)")


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names()) - {"alembic_version"}


def test_an_empty_database_goes_up_down_and_up_again(bare: Engine) -> None:
    migrate.upgrade(bare)
    assert migrate.is_current(bare)
    assert set() == set(Base.metadata.tables) - tables(bare)
    migrate.downgrade(bare, "base")
    assert set() == tables(bare)
    assert not migrate.is_current(bare)
    migrate.upgrade(bare)
    assert migrate.is_current(bare)


def test_going_up_twice_changes_nothing(bare: Engine) -> None:
    migrate.upgrade(bare)
    before = tables(bare)
    migrate.upgrade(bare)
    assert before == tables(bare)


def test_a_filled_database_goes_down_and_up_again(world: World) -> None:
    _fill(world)
    engine = world.database.engine
    migrate.downgrade(engine, "base")
    assert set() == tables(engine)
    migrate.upgrade(engine)
    assert 0 == world.ask(query.count, CUSTOMER)
    _fill(world)
    assert 2 == world.ask(query.count, CUSTOMER)


def test_every_step_back_can_be_taken_with_data_in_the_tables(world: World) -> None:
    _fill(world)
    engine = world.database.engine
    for revision in _revisions():
        migrate.downgrade(engine, "-1")
        with engine.connect() as connection:
            assert MigrationContext.configure(connection).get_current_revision() != revision
    assert set() == tables(engine)


def _revisions() -> list[str]:
    from alembic.script import ScriptDirectory

    return [script.revision for script in ScriptDirectory.from_config(migrate._config()).walk_revisions()]


def test_there_is_one_line_of_history() -> None:
    from alembic.script import ScriptDirectory

    assert 1 == len(ScriptDirectory.from_config(migrate._config()).get_heads())


def test_the_database_is_what_the_models_say(database: Database) -> None:
    def is_ours(_object: object, name: str | None, kind: str, _reflected: object, _other: object) -> bool:
        is_by_hand = name is not None and ("_search" in name or name.startswith(CUSTOM_INDEX))
        return not (kind in ("table", "index") and is_by_hand)

    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": is_ours})
        assert [] == compare_metadata(context, Base.metadata)


def test_migrations_use_no_type_and_no_model_of_today() -> None:
    for path in (Path(migrate.__file__).parent / "migrations" / "versions").glob("*.py"):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert [] == [line for line in lines if line.startswith(("from db", "import db", "from services"))], path.name


def test_what_must_be_unique_cannot_be_stored_twice(world: World) -> None:
    world.user(login="ann")
    with pytest.raises(IntegrityError):
        _insert_raw(world, User, name="Other", login="ann", role="sales", version=1)
    world.customer(code="K-1")
    with pytest.raises(IntegrityError):
        _insert_raw(world, Customer, name="Other", code="K-1", currency="CNY", version=1)


def test_what_refers_to_nothing_cannot_be_stored(world: World) -> None:
    with pytest.raises(IntegrityError):
        _insert_raw(world, Contract, number="X", name="X", customer_id=999_999, amount=1, currency="CNY", version=1)


def test_an_allocation_stands_once_for_receipt_and_instalment() -> None:
    unique = [
        {column.name for column in constraint.columns}
        for constraint in Allocation.__table__.constraints  # type: ignore[attr-defined]
        if type(constraint).__name__ == "UniqueConstraint"
    ] + [set(index.columns.keys()) for index in Allocation.__table__.indexes if index.unique]  # type: ignore[attr-defined]
    assert {"receipt_id", "instalment_id"} in unique


def _insert_raw(world: World, model: type[Record], **values: object) -> None:
    from sqlalchemy import insert

    now = world.database.clock.now()
    row = {**records.defaults_of(model), "created_at": now, "updated_at": now, **values}
    with world.database.engine.begin() as connection:
        connection.execute(insert(model), row)


@pytest.mark.parametrize("model", SEARCHED, ids=lambda model: model.__tablename__)
def test_every_searched_table_has_its_index(database: Database, model: type[Searchable]) -> None:
    table = model.__tablename__  # type: ignore[attr-defined]
    with database.engine.connect() as connection:
        if database.engine.dialect.name == "sqlite":
            kinds = connection.execute(
                text("SELECT type, count(*) FROM sqlite_master WHERE name LIKE :n GROUP BY type"),
                {"n": f"{table}_search%"},
            )
            assert 3 == dict(kinds.all())["trigger"]
        else:
            found = connection.execute(
                text("SELECT indexdef FROM pg_indexes WHERE indexname = :n"), {"n": f"ix_{table}_search"}
            )
            made = found.scalar_one()
            assert 'USING gin (sandtable_tokens(search_tokens) COLLATE "C", (ARRAY[(id >> 10)' in made


def test_the_search_index_stays_true_through_every_kind_of_change(world: World) -> None:
    kept = world.customer(name="华为科技")
    world.do(records.update, CUSTOMER, kept.id, {"name": "中兴通讯"})
    binned = world.customer(name="比亚迪")
    world.do(records.delete, CUSTOMER, binned.id)
    world.do(records.restore, CUSTOMER, binned.id)
    world.do(records.bulk_insert, CUSTOMER, [{"name": "宁德时代", "currency": "CNY"}], because="test")
    gone = world.customer(name="要删掉的公司")
    with world.database.engine.begin() as connection:
        connection.execute(text("DELETE FROM customer WHERE id = :id"), {"id": gone.id})

    def hits(written: str) -> int:
        return world.ask(query.page, CUSTOMER, Query(search=written)).count

    assert [0, 1, 1, 1, 0] == [hits(name) for name in ("华为科技", "中兴通讯", "比亚迪", "宁德时代", "要删掉")]
    if world.database.engine.dialect.name == "sqlite":
        with world.database.engine.begin() as connection:
            # Raises "database disk image is malformed" where index and table differ.
            connection.execute(text("INSERT INTO customer_search(customer_search, rank) VALUES ('integrity-check', 1)"))


def test_the_statements_of_the_search_index_are_those_of_the_code() -> None:
    from db import search

    written: set[str] = set()
    for path in (Path(migrate.__file__).parent / "migrations" / "versions").glob("*.py"):
        namespace: dict[str, object] = {}
        exec(compile(path.read_text(encoding="utf-8").split("def upgrade")[0], path.name, "exec"), namespace)
        for name in ("SQLITE_SEARCH", "POSTGRESQL_SEARCH"):
            written |= set(namespace.get(name, ()))  # type: ignore[call-overload]
    made = (search.sqlite_search_ddl, search.postgresql_search_ddl)
    expected = [one for model in SEARCHED for ddl in made for one in ddl(model.__tablename__)]  # type: ignore[attr-defined]
    assert set(expected) <= written


def _fill(world: World) -> None:
    team = world.team()
    ann = world.actor("sales_manager", team_id=team.id)
    customer = world.customer(by=ann, name="Filled 公司")
    world.customer()
    world.contact(customer)
    world.lead()
    opportunity = world.opportunity(customer_id=customer.id)
    world.contract(customer)
    world.activity(customer_id=customer.id, opportunity_id=opportunity.id)
    with world.database.engine.connect() as connection:
        assert connection.execute(select(Customer.id)).first() is not None
