"""The report on the sources of leads over a whole company, on both engines: two years of leads, a tenth converted.

The goal is that of the figures of the whole company (collections, funnel): an answer within half a second, without
anything kept from one call to the next.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench import data, floor
from bench.lists import leader, manager, seller
from bench.report import Report, Row, side_by_side
from db.models import Conversion, Lead, Opportunity, Pipeline, Stage
from services.analytics import sources
from services.analytics.sources import Which
from services.kit.unit_of_work import Database

MOST_MS = 500.0
SHARE = 10
"""One lead in so many was converted."""
LEADS = 3
"""So many leads for one of the size asked for."""
WINDOWS = {"a year": 365, "two years": 730}


def run(report: Report, sizes: list[int]) -> None:
    """Measure each size on each engine; with the usual sizes up to 300,000 leads."""
    with tempfile.TemporaryDirectory(prefix="sandtable-bench-") as name, data.postgresql(Path(name)) as fresh:
        for engine in ("SQLite", "PostgreSQL"):
            for size in sizes:
                leads = size * LEADS
                url = f"sqlite:///{name}/sources{size}.db" if engine == "SQLite" else fresh(f"bench_sources_{size}")
                with data.filled(url, leads // SHARE) as (database, _):
                    load(database, leads)
                    measure(report, f"Sources of {leads:,} leads on {engine}", database)


def load(database: Database, leads: int) -> float:
    """Load leads and what became of them beside customers, a tenth as many; return the seconds it took."""
    return data.load_children(database, _tables(leads))


def measure(report: Report, group: str, database: Database) -> None:
    """Add a line for each reader and time looked at, and one for the choices above the report."""
    today = data.NOW.date()
    for reader in (leader(), manager(), seller()):
        for what, days in WINDOWS.items():
            which = Which(today - timedelta(days=days), today)
            found = database.ask(reader, sources.quality, which)
            calls = {"": lambda which=which: database.ask(reader, sources.quality, which)}  # noqa: B023 - called at once
            taken = side_by_side(calls, least=3)[""]  # type: ignore[arg-type]
            note = f"{found.totals['leads']:,} leads"
            report.add(Row(group, f"{what}, as {reader.role}", taken, "ms", {}, _goal(taken), note))
    taken = side_by_side({"": lambda: database.ask(leader(), sources.choices)}, least=3)[""]
    report.add(Row(group, "owners and teams to choose from", taken, "ms", {}, _goal(taken)))


def _goal(taken: float) -> dict[str, bool]:
    return {f"≤ {MOST_MS:.0f} ms": taken <= MOST_MS}


def _tables(leads: int) -> Iterator[tuple[Any, Iterator[dict[str, Any]]]]:
    yield Pipeline, iter([{"id": 1, "name": "Sales", "is_default": True}])
    kinds = ("open", "won", "lost")
    stages = [{"id": n, "pipeline_id": 1, "name": k, "kind": k, "position": n} for n, k in enumerate(kinds, 1)]
    yield Stage, iter(stages)
    yield Lead, (_with_customer(one) for one in floor._leads(leads))  # noqa: SLF001 - the same leads
    yield Opportunity, (_opportunity(one) for one in range(1, leads // SHARE + 1))
    yield Conversion, (_conversion(one) for one in range(SHARE, leads + 1, SHARE))


def _with_customer(lead: dict[str, Any]) -> dict[str, Any]:
    return {**lead, "customer_id": lead["id"] // SHARE if lead["customer_id"] else None}


def _opportunity(one: int) -> dict[str, Any]:
    return {**floor._sale(one), "pipeline_id": 1, "stage_id": one % 3 + 1}  # noqa: SLF001


def _conversion(one: int) -> dict[str, Any]:
    return {
        "id": one,
        "lead_id": one,
        "customer_id": one // SHARE,
        "opportunity_id": one // SHARE if one % (2 * SHARE) == 0 else None,
        "has_made_customer": True,
        "converted_at": data.NOW,
        "reference": f"{one:032d}",
        "done": {},
    }
