"""A sales floor in proportion to its customers: people, leads, opportunities, contracts; the same on every machine."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from bench import data
from db.models import Activity, Contact, Contract, Conversion, Lead, Opportunity, Pipeline, Product, Stage
from db.models.lead import SOURCES
from services.kit.unit_of_work import Database

LEADS = 3
"""Leads for ten customers; a tenth of them converted."""
SHARE = 10
"""One customer in so many has an opportunity and a contract."""
FEW = 60
"""Customers of the seller who has few, at any size."""
NEWCOMER = 17
"""The seller who has few: what was theirs goes to a neighbour, but for these."""
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国文辉晓婷子轩浩宇欣怡"
LATIN = data._words("Anna Ben Clara David Emma Frank Grace Henry Iris Jack Karen Leo Mona Nils Olga Paul")  # noqa: SLF001
TITLES = data._words("总经理 采购经理 工程师 技术总监 财务主管")  # noqa: SLF001
RARE_PERSON = "尉迟麒麟"
"""A name that one person of all has."""
STATUSES = ("new", "contacted", "nurturing", "qualified", "unqualified")


def load(database: Database, customers: int) -> float:
    """Load all that hangs on customers, who are there already; return the seconds it took."""
    seconds = data.load_children(database, _tables(customers))
    with database.engine.begin() as connection:
        _give_few(connection, customers)
    return seconds


def _give_few(connection: Any, customers: int) -> None:
    """Leave one seller a few customers, spread over the table."""
    step = max(customers // FEW, 1)
    for statement in (
        f"UPDATE customer SET owner_id = 18, team_id = 2 WHERE owner_id = {NEWCOMER}",
        f"UPDATE customer SET owner_id = {NEWCOMER}, team_id = 1, pool_id = NULL WHERE id % {step} = {step // 2}",
        f"UPDATE opportunity SET owner_id = 18, team_id = 2 WHERE owner_id = {NEWCOMER}",
        f"UPDATE contract SET owner_id = 18, team_id = 2 WHERE owner_id = {NEWCOMER}",
        f"UPDATE activity SET owner_id = 18 WHERE owner_id = {NEWCOMER}",
        f"UPDATE lead SET owner_id = 18, team_id = 2 WHERE owner_id = {NEWCOMER}",
        "ANALYZE",
    ):
        connection.execute(text(statement))


def _tables(customers: int) -> Iterator[tuple[Any, Iterator[dict[str, Any]]]]:
    leads = max(customers * LEADS // 10, 10)
    yield Pipeline, iter([{"id": 1, "name": "Sales", "is_default": True}])
    kinds = ("open", "won", "lost")
    yield (
        Stage,
        iter([{"id": n, "pipeline_id": 1, "name": k, "kind": k, "position": n} for n, k in enumerate(kinds, 1)]),
    )
    yield Product, (_product(one, trade) for one, trade in enumerate(data.TRADE, 1))
    yield Contact, _contacts(customers)
    yield Lead, _leads(leads)
    yield Opportunity, (_opportunity(one) for one in range(SHARE, customers + 1, SHARE))
    yield Contract, (_contract(one) for one in range(SHARE, customers + 1, SHARE))
    yield Activity, _activities(customers)
    yield Conversion, _conversions(leads)


def _product(one: int, trade: str) -> dict[str, Any]:
    return {"id": one, "name": f"{trade}平台 {one}", "code": f"P-{one:03d}", "currency": "CNY", "is_active": True}


def _person(dice: random.Random) -> str:
    if dice.random() < 0.2:
        return f"{dice.choice(LATIN)} {dice.choice(data.LATIN)}"
    return dice.choice(SURNAMES) + "".join(dice.sample(GIVEN, dice.choice((1, 2, 2))))


def _reach(dice: random.Random, one: int) -> dict[str, Any]:
    return {
        "phone": f"+86 1{dice.randrange(10**10):010d}",
        "email": f"p{one}@{dice.choice(data.LATIN).lower()}.example",
    }


def _contacts(number: int) -> Iterator[dict[str, Any]]:
    dice = random.Random(7)
    roles = ("decider", "evaluator", "user", "gatekeeper", None)
    for one in range(1, number + 1):
        yield {
            "id": one,
            "customer_id": one,
            "name": RARE_PERSON if one == number // 2 else _person(dice),
            "title": dice.choice(TITLES),
            "role": dice.choice(roles),
            "attitude": str(one % 5 - 2),
            "is_primary": True,
            "is_active": True,
            **_reach(dice, one),
        }


def _leads(number: int) -> Iterator[dict[str, Any]]:
    dice = random.Random(8)
    sources = (*SOURCES, None)
    for one in range(1, number + 1):
        brand = dice.choice(data.FIRST) + dice.choice(data.SECOND)
        owner = dice.randrange(1, data.USERS + 1)
        made = data.NOW - timedelta(minutes=dice.randrange(2 * 365 * 1_440))
        is_converted = one % 10 == 0
        yield {
            "id": one,
            "name": _person(dice),
            "company": f"{dice.choice(data.CITIES)}{brand}{dice.choice(data.TRADE)}有限公司",
            "source": dice.choice(sources),
            "grade": dice.choice("ABCD"),
            "status": "converted" if is_converted else dice.choice(STATUSES),
            "converted_at": min(made + timedelta(days=dice.randrange(60)), data.NOW) if is_converted else None,
            "customer_id": one if is_converted else None,
            "last_activity_at": made if dice.random() < 0.6 else None,
            "owner_id": owner,
            "team_id": (owner - 1) % data.TEAMS + 1,
            "received_at": made,
            "created_at": made,
            "updated_at": made + timedelta(minutes=one % 1_440),
            "grade_reasons": [],
            **_reach(dice, one),
        }


def _conversions(leads: int) -> Iterator[dict[str, Any]]:
    for one in range(10, leads + 1, 10):
        yield {
            "id": one,
            "lead_id": one,
            "customer_id": one,
            "opportunity_id": one if one % 20 == 0 else None,
            "has_made_customer": True,
            "converted_at": data.NOW,
            "reference": f"{one:032d}",
            "done": {},
        }


def _sale(one: int) -> dict[str, Any]:
    owner = one % data.USERS + 1
    trade = data.TRADE[one // SHARE % len(data.TRADE)]
    return {
        "id": one,
        "customer_id": one,
        "name": f"{trade}改造 {data.LATIN[one // SHARE % len(data.LATIN)]}{one}",
        "amount": 10_000,
        "currency": "CNY",
        "owner_id": owner,
        "team_id": (owner - 1) % data.TEAMS + 1,
        "updated_at": data.NOW - timedelta(minutes=one % 900_000),
    }


def _opportunity(one: int) -> dict[str, Any]:
    return {**_sale(one), "code": f"O{one:07d}", "pipeline_id": 1, "stage_id": one // SHARE % 3 + 1}


def _contract(one: int) -> dict[str, Any]:
    signed = data.NOW.date() - timedelta(days=one % 700)
    return {**_sale(one), "number": f"C{one:07d}", "stage": "approved", "received": 5_000, "signed_on": signed}


def _activities(number: int) -> Iterator[dict[str, Any]]:
    kinds = ("call", "visit", "mail", "note")
    for one in range(1, number + 1):
        yield {
            "id": one,
            "customer_id": one,
            "contact_id": one,
            "kind": kinds[one % 4],
            "summary": f"Talked about order {one}",
            "happened_at": data.NOW - timedelta(minutes=one * 7 % 1_000_000),
            "owner_id": one % data.USERS + 1,
        }


def loaded(sizes: list[int]) -> Iterator[tuple[str, int, Database]]:
    """Yield (engine, size, database), loaded with customers and what hangs on them, one after the other."""
    with tempfile.TemporaryDirectory(prefix="sandtable-bench-") as name, data.postgresql(Path(name)) as fresh:
        for engine in ("SQLite", "PostgreSQL"):
            for size in sizes:
                url = f"sqlite:///{name}/floor{size}.db" if engine == "SQLite" else fresh(f"floor_{size}")
                with data.filled(url, size) as (database, _):
                    load(database, size)
                    yield engine, size, database
