"""Floors and peers of in and out, each in a process of its own: `python -m bench.transfer_floor WHAT …`.

Prints one line of JSON: seconds, CPU seconds of it and its children, rows.
"""

from __future__ import annotations

import csv
import json
import random
import resource
import sqlite3
import sys
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any

from bench import data

COLUMNS = [
    "Name", "Code", "Industry", "Region", "Level", "Source", "Employees", "Founded in", "Annual revenue", "Currency",
    "Tax number", "Phone", "Website", "Next step on", "Notes",
]  # fmt: skip
FIELDS = [
    "name", "code", "industry", "region", "level", "source", "employees", "founded_in", "revenue", "currency",
    "tax_number", "phone", "website", "next_step_on", "notes",
]  # fmt: skip


def rows(number: int) -> Iterator[list[Any]]:
    """Yield the rows of the file."""
    dice = random.Random(20260101)
    for one in data.facts(number):
        day = one["next_step_on"]
        yield [
            one["name"], one["code"], one["industry"], one["region"], one["level"],
            dice.choice(["Referral", "Website", None, "Partner"]), one["employees"], one["founded_in"],
            one["revenue"] / 100, "CNY", one["tax_number"], one["phone"], f"https://www.k{one['id']}.example",
            day.isoformat() if day else None, f"来自展会 {one['id'] % 97}",
        ]  # fmt: skip


def files(number: int, folder: Path) -> None:
    """Write the same table as .csv and .xlsx."""
    from services.kit.transfer import exporting  # noqa: PLC0415

    with (folder / "in.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(rows(number))
    with (folder / "in.xlsx").open("wb") as file:
        exporting.write(file, [exporting.Heading(one) for one in COLUMNS], rows(number), file_format="xlsx")
    with (folder / "changes.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(_changed(rows(number)))
    with (folder / "leads.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["Full name", "Company", "Phone", "E-mail", "Industry", "Region", "Source", "Notes"])
        for at, one in enumerate(rows(number)):
            person, website = (
                f"{'王李张刘陈杨黄'[at % 7]}{'伟芳娜敏静丽强磊军洋'[at // 7 % 10]}",
                one[12].partition("www.")[2],
            )
            writer.writerow([person, one[0], one[11], f"p{at}@{website}", one[2], one[3], one[5], one[14]])


def _changed(some: Iterator[list[Any]]) -> Iterator[list[Any]]:
    """Yield rows with two other facts each, and another name every fourth."""
    for at, row in enumerate(some):
        row[6], row[14] = row[6] + 1, f"新 {row[14]}"
        row[0] += " Neu" if at % 4 == 0 else ""
        yield row


def parsed(path: Path) -> Any:
    """Return the file as columns, as fast as anything reads it here."""
    if path.suffix == ".csv":
        from pyarrow import csv as arrow_csv  # noqa: PLC0415

        return arrow_csv.read_csv(path)
    import polars  # noqa: PLC0415

    return polars.read_excel(path, engine="calamine", infer_schema_length=1_000).to_arrow()


def insert(path: Path, url: str, derived: Path, *, by_portions: bool = False) -> int:
    """Parse, and put the rows as they are into the same indexed table, in one transaction.

    `by_portions` inserts into SQLite by one statement for thousands of rows, which spares its search index the writing
    out at every row that an executemany costs (services/kit/transfer/bulk.py): the floor of whoever knows that.
    What our tables keep beside a row (normal forms, search words) was worked out beforehand and is read from
    `derived`: the floor pays for storing it, not for making it.
    """
    import pyarrow as pa  # noqa: PLC0415

    table = parsed(path)
    with pa.memory_map(str(derived)) as file:
        beside = pa.ipc.open_file(file).read_all()
    now = datetime.now(UTC)
    columns = {field: table.column(at).to_pylist() for at, field in enumerate(FIELDS)}
    columns["revenue"] = [round(one * 100) for one in columns["revenue"]]
    columns["level"] = [one and str(one)[0] for one in columns["level"]]
    columns |= {name: beside.column(name).to_pylist() for name in beside.column_names}
    count = table.num_rows
    same: dict[str, Any] = {"version": 1, "custom": "{}", "created_at": now, "updated_at": now}
    if url.startswith("sqlite"):
        _sqlite(url, columns, same, by_portions=by_portions)
    else:
        _postgresql(url, columns, same)
    return count


def _sqlite(url: str, columns: dict[str, list[Any]], same: dict[str, Any], *, by_portions: bool) -> None:
    from db.engine import make_engine, tune_for_loading  # noqa: PLC0415

    engine = make_engine(url)
    tune_for_loading(engine)
    raw: Any = engine.raw_connection()
    cursor: sqlite3.Cursor = raw.cursor()
    cursor.execute("BEGIN IMMEDIATE")
    literals = [repr(one) if isinstance(one, int) else f"'{str(one)[:26]}'" for one in same.values()]
    columns["next_step_on"] = [str(one) if one else None for one in columns["next_step_on"]]
    statement = (
        f"INSERT INTO customer ({', '.join([*columns, *same])}) "
        f"VALUES ({', '.join(['?'] * len(columns))}, {', '.join(literals)})"
    )
    if by_portions:
        held = ", ".join(f"v{at}" for at in range(len(columns)))
        cursor.execute(f"CREATE TEMP TABLE portion ({held})")
        together = f"{statement.partition('VALUES')[0]} SELECT {held}, {', '.join(literals)} FROM portion"
        waiting = zip(*columns.values(), strict=True)
        while some := list(islice(waiting, 5_000)):
            cursor.executemany(f"INSERT INTO portion VALUES ({', '.join(['?'] * len(columns))})", some)
            cursor.execute(together)
            cursor.execute("DELETE FROM portion")
    else:
        cursor.executemany(statement, zip(*columns.values(), strict=True))
    cursor.execute("COMMIT")
    raw.close()
    engine.dispose()


def _postgresql(url: str, columns: dict[str, list[Any]], same: dict[str, Any]) -> None:
    import psycopg  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import csv as arrow_csv  # noqa: PLC0415

    count = len(columns["name"])
    whole = pa.table({**columns, **{name: pa.repeat(pa.scalar(one), count) for name, one in same.items()}})
    written = BytesIO()
    arrow_csv.write_csv(whole, written, arrow_csv.WriteOptions(include_header=False, quoting_style="all_valid"))
    statement = f"COPY customer ({', '.join(whole.column_names)}) FROM STDIN (FORMAT csv)"
    with psycopg.connect(url.replace("+psycopg", "")) as connection, connection.cursor().copy(statement) as copy:
        copy.write(written.getbuffer())


def pandas_in(path: Path, url: str) -> int:
    """Do what a user would write: pandas, openpyxl, to_sql, into the same table."""
    import pandas as pd  # noqa: PLC0415
    from sqlalchemy import create_engine  # noqa: PLC0415

    frame = pd.read_csv(path) if path.suffix == ".csv" else pd.read_excel(path, engine="openpyxl")
    frame.columns = pd.Index(FIELDS)
    for name in ("name", "code", "tax_number", "phone", "website", "notes"):
        frame[name] = frame[name].str.strip()
    frame["revenue"] = (frame["revenue"] * 100).round().astype("int64")
    frame["next_step_on"] = pd.to_datetime(frame["next_step_on"]).dt.date
    now = datetime.now(UTC)
    beside = {"version": 1, "custom": "{}", "search_tokens": "", "name_key": "", "created_at": now, "updated_at": now}
    frame = frame.drop_duplicates("code").assign(**{name: one for name, one in beside.items() if name != "custom"})
    frame["custom"] = "{}"
    if not url.startswith("sqlite"):
        from sqlalchemy.dialects.postgresql import JSONB  # noqa: PLC0415

        frame["custom"] = [{} for _ in range(len(frame))]
        frame.to_sql("customer", create_engine(url), if_exists="append", index=False, dtype={"custom": JSONB})
    else:
        frame.to_sql("customer", create_engine(url), if_exists="append", index=False)
    return len(frame)


def read_out(url: str) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the same columns by blocks, as the bare driver gives them."""
    statement = f"SELECT {', '.join(FIELDS)} FROM customer WHERE deleted_at IS NULL ORDER BY id DESC"
    if url.startswith("sqlite"):
        connection: Any = sqlite3.connect(url.removeprefix("sqlite:///"))
        cursor = connection.execute(statement)
    else:
        import psycopg  # noqa: PLC0415

        connection = psycopg.connect(url.replace("+psycopg", ""))
        cursor = connection.cursor(name="out")
        cursor.itersize = 10_000
        cursor.execute(statement)
    while some := cursor.fetchmany(10_000):
        yield some
    connection.close()


def out(url: str, path: Path) -> int:
    """Write the columns as they lie in the table: .csv by Arrow, .xlsx as XML by Arrow and zlib at level 1."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415
    from pyarrow import csv as arrow_csv  # noqa: PLC0415

    count = 0
    if path.suffix == ".csv":
        with path.open("wb") as file:
            for some in read_out(url):
                arrays = [pa.array(column) for column in zip(*some, strict=True)]
                arrow_csv.write_csv(
                    pa.table(arrays, names=FIELDS), file, arrow_csv.WriteOptions(include_header=not count)
                )
                count += len(some)
        return count
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as file,
    ):
        for some in read_out(url):
            parts: list[Any] = [pa.scalar("<row>")]
            for column in zip(*some, strict=True):
                values = pa.array(column)
                text = pa.types.is_string(values.type)
                shown = pc.fill_null(pc.cast(values, pa.string()), "")
                opened = '<c t="inlineStr"><is><t>' if text else "<c><v>"
                parts += [pa.scalar(opened), shown, pa.scalar("</t></is></c>" if text else "</v></c>")]
            made = pc.binary_join_element_wise(*parts, pa.scalar("</row>"), pa.scalar(""))
            file.write("".join(made.to_pylist()).encode())
            count += len(some)
    return count


def ours_in(path: Path, url: str, folder: Path, key: str = "customer", **asked: Any) -> int:
    """Import as the portal does, from the bytes to the audit entry."""
    from db.engine import tune_for_loading  # noqa: PLC0415
    from services import imports, registry  # noqa: F401, PLC0415
    from services.kit.actor import SYSTEM  # noqa: PLC0415
    from services.kit.entity import ENTITIES  # noqa: PLC0415
    from services.kit.unit_of_work import Database  # noqa: PLC0415
    from services.settings import Settings  # noqa: PLC0415

    database = Database.from_settings(Settings(_env_file=None, database_url=url))  # type: ignore[call-arg]
    tune_for_loading(database.engine)  # as services/imports/worker.py does
    number = database.run(SYSTEM, imports.bring, ENTITIES[key], path, path.name, folder=folder, goal="store", **asked)
    imports.run_here(database, number)
    batch = database.ask(SYSTEM, imports.get, number)
    if (batch.stage, batch.wrong) != ("store", 0):
        raise RuntimeError(batch)
    return batch.created + batch.updated


def ours_out(url: str, path: Path) -> int:
    """Export the same columns as the portal does."""
    from services import registry  # noqa: F401, PLC0415
    from services.customers import CUSTOMER  # noqa: PLC0415
    from services.kit.actor import SYSTEM  # noqa: PLC0415
    from services.kit.query import Query  # noqa: PLC0415
    from services.kit.transfer import exporting  # noqa: PLC0415
    from services.kit.unit_of_work import Database  # noqa: PLC0415
    from services.settings import Settings  # noqa: PLC0415

    database = Database.from_settings(Settings(_env_file=None, database_url=url))  # type: ignore[call-arg]
    with path.open("wb") as file:
        return exporting.export_list(
            database, SYSTEM, CUSTOMER, file, file_format=exporting.format_of(path), wanted=Query(columns=tuple(FIELDS))
        )


def _load(what: str) -> None:
    """Load what a process that is up has loaded: a file goes out of one, and comes in by one that is started for it."""
    if what == "out":
        import pyarrow.compute  # noqa: F401, PLC0415
        from pyarrow import csv as arrow_csv  # noqa: F401, PLC0415
    if what.startswith("ours"):
        from services.kit import garbage  # noqa: PLC0415

        garbage.look_rarely()  # as every process of ours does
    if what == "ours_out":
        from services import registry  # noqa: F401, PLC0415
        from services.kit.transfer import exporting  # noqa: F401, PLC0415


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main(words: list[str]) -> None:
    """Do one thing and print what it cost."""
    what, *rest = words
    _load(what)
    started, before = time.perf_counter(), _cpu() if what in ("out", "ours_out") else 0.0
    done = {
        "insert": lambda: insert(Path(rest[0]), rest[1], Path(rest[2]), by_portions=len(rest) > 3),
        "pandas": lambda: pandas_in(Path(rest[0]), rest[1]),
        "ours": lambda: ours_in(Path(rest[0]), rest[1], Path(rest[2])),
        "ours_changes": lambda: ours_in(Path(rest[0]), rest[1], Path(rest[2]), mode="update", match="code"),
        "ours_leads": lambda: ours_in(Path(rest[0]), rest[1], Path(rest[2]), "lead"),
        "out": lambda: out(rest[0], Path(rest[1])),
        "ours_out": lambda: ours_out(rest[0], Path(rest[1])),
    }[what]()
    took = time.perf_counter() - started
    most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps({"seconds": took, "cpu": _cpu() - before, "megabytes": most / 1024, "rows": done}))


if __name__ == "__main__":
    main(sys.argv[1:])
