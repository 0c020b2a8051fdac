"""In and out: our import and export beside their floors and beside what a user would write, in one run.

Each measurement is a process of its own into a database of its own, made from one template; its peak is what it and
all its children hold together. Others' wait is measured by a reader and a writer beside the import.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count, islice
from pathlib import Path

import pyarrow as pa

from bench import data, transfer_floor
from bench.report import Report, Row, percentile
from db import migrate
from db import search as words
from db.engine import make_engine
from db.models import Customer
from services import search
from services.customers import CUSTOMER
from services.kit import query, records
from services.kit.actor import SYSTEM
from services.kit.query import Query
from services.kit.unit_of_work import Database
from services.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
PANDAS_MOST = 100_000
"""Rows from which on pandas takes its time elsewhere: half an hour says no more than three minutes do."""


def run(report: Report, sizes: list[int]) -> None:
    """Measure the largest of the sizes on both databases."""
    number = max(sizes)
    with tempfile.TemporaryDirectory(prefix="sandtable-bench-") as name:
        folder, few = Path(name), Path(name) / "few"
        few.mkdir()
        transfer_floor.files(number, folder)
        transfer_floor.files(min(number, PANDAS_MOST), few)
        _derived(number, folder / "derived.arrow")
        _derived(min(number, PANDAS_MOST), few / "derived.arrow")
        with data.postgresql(folder) as postgresql:
            fresh = {"SQLite": _sqlite(folder), "PostgreSQL": lambda name: _postgresql(postgresql(name))}
            kept = {engine: _measure(report, engine, number, folder, made) for engine, made in fresh.items()}
            for engine, made in fresh.items():
                _pandas(report, engine, min(number, PANDAS_MOST), few, made)
            for engine, (url, seconds) in kept.items():
                _more(report, f"in and out · {engine} · {number:,} × 15, after that", folder, url, seconds)


def _derived(number: int, path: Path) -> None:
    """Work out beforehand what the floor stores beside the rows."""
    searched = Customer.searched_columns()
    found = transfer_floor.rows(number)
    writer = None
    with pa.OSFile(str(path), "wb") as file:
        while some := list(islice(found, 50_000)):
            columns = dict(zip(transfer_floor.FIELDS, zip(*some, strict=True), strict=True))
            given = {name: columns.get(name, (None,) * len(some)) for name in {*Customer.forms, *searched}}
            made = {name: pa.array(found, pa.string()) for name, found in Customer.derived_columns(given).items()}
            texts = zip(*(given[name] for name in searched), strict=True)
            made["search_tokens"] = pa.array([words.tokens(*one) for one in texts])
            table = pa.table(made)
            writer = writer or pa.ipc.new_file(file, table.schema)
            writer.write_table(table)
        if writer:
            writer.close()


def _sqlite(folder: Path) -> Callable[[str], str]:
    template = folder / "template.db"
    engine = make_engine(f"sqlite:///{template}")
    migrate.upgrade(engine)
    engine.dispose()

    def fresh(name: str) -> str:
        target = folder / f"{name}.db"
        shutil.copyfile(template, target)
        return f"sqlite:///{target}"

    return fresh


def _postgresql(url: str) -> str:
    engine = make_engine(url)
    migrate.upgrade(engine)
    engine.dispose()
    return url


def _apart(*words: str) -> dict[str, float]:
    """Run one measurement in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.transfer_floor", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "SANDTABLE_DEMO": "false"},
    )
    most = 0.0
    over = threading.Event()

    def watch() -> None:
        nonlocal most
        while not over.wait(0.1):
            most = max(most, _megabytes(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    said, wrong = process.communicate()
    over.set()
    watcher.join()
    if process.returncode:
        raise RuntimeError(wrong[-3000:])
    return {**json.loads(said.splitlines()[-1]), "megabytes": most}


def _megabytes(pid: int) -> float:
    """Return what a process and all below it hold in memory; shared pages count once for each."""
    total = 0.0
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        with suppress(OSError, ValueError):
            status = Path(f"/proc/{one}/status").read_text(encoding="utf-8")
            total += sum(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))
            below = Path(f"/proc/{one}/task/{one}/children").read_text(encoding="utf-8")
            waiting += map(int, below.split())
    return total


def _measure(report: Report, engine: str, number: int, folder: Path, fresh: Callable[[str], str]) -> tuple[str, float]:
    """Measure new rows coming in and all going out; return the database they are in, and the seconds of the former."""
    kept, made = "", 0.0
    group = f"in and out · {engine} · {number:,} × 15"
    for kind in ("csv", "xlsx"):
        path = folder / f"in.{kind}"
        floor = _apart("insert", str(path), fresh(f"floor_{kind}"), str(folder / "derived.arrow"))
        url = fresh(f"ours_{kind}")
        with _others(url) as waits:
            ours = _apart("ours", str(path), url, str(folder / "imports"))
        shutil.rmtree(folder / "imports", ignore_errors=True)
        beside = {"floor": floor["seconds"]}
        if kind == "csv" and engine == "SQLite":
            quick = _apart("insert", str(path), fresh("floor_quick"), str(folder / "derived.arrow"), "by portions")
            beside["floor by portions"] = quick["seconds"]
        late = {what: percentile(found, 0.95) for what, found in waits.items()}
        goals = {
            f"≤ 2 × floor ({ours['seconds'] / floor['seconds']:.2f}; CPU {ours['cpu'] / floor['cpu']:.2f})":
                ours["seconds"] <= 2 * floor["seconds"],
            "peak ≤ 2 GB": ours["megabytes"] <= 2_048,
            f"others' p95 ≤ 2 s ({', '.join(f'{what} {took:.2f}' for what, took in late.items())})":
                max(late.values()) <= 2,
        }  # fmt: skip
        note = f"{ours['megabytes']:,.0f} MB, floor {floor['megabytes']:,.0f} MB, CPU {ours['cpu']:.1f} s"
        if "floor by portions" in beside:
            note += f", {ours['cpu'] / quick['cpu']:.2f} × the floor by portions"
        report.add(Row(group, f"import .{kind}", ours["seconds"], "s", beside, goals, note))
        if kind == "csv":
            kept, made = url, ours["seconds"]
    for kind in ("csv", "xlsx"):
        floor = _apart("out", kept, str(folder / f"floor.{kind}"))
        ours = _apart("ours_out", kept, str(folder / f"ours.{kind}"))
        goals = {
            f"≤ 2 × floor ({ours['seconds'] / floor['seconds']:.2f}; CPU {ours['cpu'] / floor['cpu']:.2f})":
                ours["seconds"] <= 2 * floor["seconds"],
            "peak ≤ 500 MB": ours["megabytes"] <= 500,
        }  # fmt: skip
        note = f"{ours['megabytes']:,.0f} MB, floor {floor['megabytes']:,.0f} MB"
        report.add(Row(group, f"export .{kind}", ours["seconds"], "s", {"floor": floor["seconds"]}, goals, note))
    return kept, made


def _pandas(report: Report, engine: str, number: int, folder: Path, fresh: Callable[[str], str]) -> None:
    """Measure what a user would write beside ours, on as many rows as it takes no more than minutes for."""
    path = folder / "in.xlsx"
    ours = _apart("ours", str(path), fresh("ours_few"), str(folder / "imports"))
    shutil.rmtree(folder / "imports", ignore_errors=True)
    peer = _apart("pandas", str(path), fresh("pandas"))
    ratio = peer["seconds"] / ours["seconds"]
    floor = _apart("insert", str(path), fresh("floor_few"), str(folder / "derived.arrow"), "by portions")
    goals = {f"≥ 8 × pandas + openpyxl + to_sql ({ratio:.1f}; CPU {peer['cpu'] / ours['cpu']:.1f})": ratio >= 8}
    group = f"in and out · {engine} · {number:,} × 15"
    note = f"{ours['megabytes']:,.0f} MB, pandas {peer['megabytes']:,.0f} MB"
    note += f"; the floor itself is {peer['seconds'] / floor['seconds']:.1f} × as fast as pandas"
    beside = {"pandas": peer["seconds"], "floor": floor["seconds"]}
    report.add(Row(group, "import .xlsx", ours["seconds"], "s", beside, goals, note))


def _more(report: Report, group: str, folder: Path, url: str, made: float) -> None:
    """Measure what has no floor of its own: changes of all that came in, and leads, which are graded on the way."""
    for what, name in (
        ("changes", "import .csv that changes two facts of each"),
        ("leads", "import .csv of leads, 8 columns"),
    ):
        ours = _apart(f"ours_{what}", str(folder / f"{what}.csv"), url, str(folder / "imports"))
        shutil.rmtree(folder / "imports", ignore_errors=True)
        note = f"{ours['megabytes']:,.0f} MB, CPU {ours['cpu']:.1f} s"
        report.add(Row(group, name, ours["seconds"], "s", {"new customers": made}, {}, note))


@contextmanager
def _others(url: str) -> Iterator[dict[str, list[float]]]:
    """Yield the waits of somebody who opens the list, who searches and who saves, five times a second.

    They do what pages do, through the services. A statement of this bench's own once read the whole table, since no
    index answered it: it told of nobody's page, and held up the log of SQLite besides.
    """
    waits: dict[str, list[float]] = {"list": [0.0], "search": [0.0], "save": [0.0]}
    over = threading.Event()
    database = Database.from_settings(Settings(_env_file=None, database_url=url))  # type: ignore[call-arg]
    known = database.run(SYSTEM, records.create, CUSTOMER, {"name": "Beside"}).id
    todo: dict[str, Callable[[int], object]] = {
        "list": lambda _: database.ask(SYSTEM, query.page, CUSTOMER, Query()).frame,
        "search": lambda _: database.ask(SYSTEM, search.find, "盛昌"),
        "save": lambda at: database.run(SYSTEM, records.update, CUSTOMER, known, {"notes": f"Note {at}"}),
    }

    def act(what: str) -> None:
        for at in count():
            if over.wait(0.2):
                return
            started = time.perf_counter()
            todo[what](at)
            waits[what].append(time.perf_counter() - started)

    threads = [threading.Thread(target=act, args=(what,)) for what in todo]
    for thread in threads:
        thread.start()
    try:
        yield waits
    finally:
        over.set()
        for thread in threads:
            thread.join()
        database.engine.dispose()
