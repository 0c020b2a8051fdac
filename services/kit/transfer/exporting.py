"""Export: what the reader sees becomes a file. Texts stay texts: no spreadsheet computes what a user has typed.

Numbers stay numbers, money is in major units with its currency in a column of its own, dates are dates, and
the file comes back by the import as it went out.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Final, Literal
from zoneinfo import ZoneInfo

import pandas as pd
import xlsxwriter  # type: ignore[import-untyped]

from db.types import N_
from services.kit import audit, money, permissions, query
from services.kit.entity import ENTITIES, Entity
from services.kit.errors import Refusal
from services.kit.fields import Field
from services.kit.query import TITLE, Query
from services.kit.transfer.mapping import targets
from services.kit.transfer.outcome import Outcome
from services.kit.transfer.reading import Table
from services.kit.unit_of_work import UnitOfWork

Words = Callable[[str], str]
"""Translates a message id; the edge hands it in."""
FileFormat = Literal["xlsx", "csv"]
MEDIA_TYPES: Final[Mapping[str, str]] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
_DANGEROUS: Final = re.compile(r"^'*[\s\u200b-\u200f\ufeff]*[=+\-@＝＋－＠\t\r\n]")
_LONGEST: Final = 32_767
"""Characters a cell of a workbook may hold."""


@dataclass(frozen=True)
class Heading:
    """A column of a file that goes out. `kind` is that of fields, or of a plain frame's values."""

    title: str
    kind: str = "text"


def same(text: str) -> str:
    """Return a message id as it is: English."""
    return text


def defused(text: str) -> str:
    """Return a text for a .csv file so that no spreadsheet takes it for a formula; the import takes it back."""
    return f"'{text}" if _DANGEROUS.match(text) else text


def export(
    uow: UnitOfWork,
    entity: Entity,
    target: IO[bytes],
    *,
    file_format: FileFormat,
    wanted: Query | None = None,
    words: Words = same,
) -> int:
    """Write the rows that the actor may read and export into `target`; returns how many. Audited.

    Columns are those of the query, else all that a file may set. Raises Forbidden.
    """
    permissions.require(uow, f"{entity.key}.export")
    names = _columns(entity, wanted)
    asked = replace(wanted or Query(), columns=names, cursor=None)
    frame = query.frame(uow, entity, asked, permissions.scope(uow, entity, "export"))
    headings = [Heading(words(entity.fields[name].label), entity.fields[name].kind) for name in names]
    rows = _rows(frame, [entity.fields[name] for name in names], words, uow.settings.zone)
    count = write(target, headings, rows, file_format=file_format, sheet=words(entity.many))
    audit.note(uow, entity, "export", None, count=count, format=file_format, columns=list(names))
    return count


def _columns(entity: Entity, wanted: Query | None) -> tuple[str, ...]:
    names = tuple(wanted.columns) if wanted and wanted.columns else targets(entity)
    has_money = any(entity.fields[name].kind == "money" for name in names)
    if has_money and "currency" not in names and "currency" in entity.fields:
        names = (*names, "currency")
    return names


def _rows(frame: pd.DataFrame, fields: Sequence[Field], words: Words, zone: ZoneInfo) -> Iterable[list[Any]]:
    places = {name: at for at, name in enumerate(frame.columns)}
    currency_at = places.get("currency")
    for row in frame.itertuples(index=False, name=None):
        currency = row[currency_at] if currency_at is not None else "CNY"
        yield [_cell(field, row, places, currency, words, zone) for field in fields]


def _cell(  # noqa: PLR0911 - one line a kind
    field: Field, row: Sequence[Any], places: Mapping[str, int], currency: str, words: Words, zone: ZoneInfo
) -> Any:
    value = row[places[field.name]]
    if value is None or value != value:  # noqa: PLR0124 - NaN
        return None
    match field.kind:
        case "reference":
            title = row[places[field.name + TITLE]]
            target = ENTITIES.get(field.entity or "")
            return words(title) if title and target and target.fields[target.title].translated else title
        case "choice":
            known = {**(field.retired or {}), **(field.options or {})}
            return words(known.get(value, value))
        case "flag":
            return words(N_("Yes")) if value else words(N_("No"))
        case "money":
            return money.to_major(int(value), currency)
        case "percent":
            return Decimal(int(value)) / 10_000
        case "integer" | "rating" | "id":
            return int(value)
        case "instant":
            return value.astimezone(zone)
        case _:
            return value


# --- files --------------------------------------------------------------------------------------------------


def write(
    target: IO[bytes],
    headings: Sequence[Heading],
    rows: Iterable[Sequence[Any]],
    *,
    file_format: FileFormat,
    sheet: str = "Sheet1",
) -> int:
    """Write rows of plain values (percentages as fractions) into a file; returns how many."""
    if file_format == "csv":
        return _write_csv(target, headings, rows)
    if file_format == "xlsx":
        return _write_xlsx(target, headings, rows, sheet)
    raise Refusal(N_("A file goes out as .xlsx or .csv, not as “{format}”."), format=file_format)


def format_of(path: Path) -> FileFormat:
    """Return the format that a file's name asks for. Raises Refusal for any other."""
    suffix = path.suffix.lower().removeprefix(".")
    if suffix == "xlsx":
        return "xlsx"
    if suffix == "csv":
        return "csv"
    raise Refusal(N_("A file goes out as .xlsx or .csv, not as “{format}”."), format=path.suffix or path.name)


def whole_file(path: Path, writer: Callable[[IO[bytes]], Any]) -> Any:
    """Write a file whole or not at all; return what the writer returns. Raises Refusal if it cannot be written."""
    half = path.with_name(f".{path.name}.part")
    try:
        with half.open("wb") as file:
            done = writer(file)
        half.replace(path)
    except OSError as error:
        raise Refusal(N_("“{name}” cannot be written: {reason}."), name=str(path), reason=error.strerror) from error
    finally:
        half.unlink(missing_ok=True)
    return done


def table_to_xlsx(
    frame: pd.DataFrame, titles: Mapping[str, str], *, kinds: Mapping[str, str] | None = None, sheet: str
) -> bytes:
    """Return a workbook of a frame: the columns of `titles`, in that order, under these headings.

    `kinds` says which columns are `percent` (fractions), `money` (major units), `day`; the rest follows its type.
    """
    headings = [Heading(title, (kinds or {}).get(name, "text")) for name, title in titles.items()]
    target = io.BytesIO()
    rows = frame[list(titles)].astype(object).where(frame[list(titles)].notna(), None)
    _write_xlsx(target, headings, rows.itertuples(index=False, name=None), sheet)
    return target.getvalue()


def error_table(
    table: Table, outcome: Outcome, say: Callable[[Any], str], *, title: str
) -> tuple[list[Heading], list[list[Any]]]:
    """Return the rows with errors as they came, with what is wrong in a last column: to mend and bring again."""
    wrong: dict[int, list[str]] = {}
    for error in outcome.errors:
        where = f"{error.column}: " if error.column else ""
        wrong.setdefault(error.row, []).append(where + say(error.message))
    headings = [*(Heading(heading) for heading in table.header), Heading(title)]
    rows = [[*map(as_it_came, row.cells), "; ".join(wrong[row.number])] for row in table.rows if row.number in wrong]
    return headings, rows


def as_it_came(cell: Any) -> Any:
    """Return a cell as a file can hold it."""
    return cell if cell is None or isinstance(cell, str | bool | int | float | date) else str(cell)


def _write_csv(target: IO[bytes], headings: Sequence[Heading], rows: Iterable[Sequence[Any]]) -> int:
    # The mark at the beginning lets spreadsheet programs see that this is UTF-8.
    text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow([defused(heading.title) for heading in headings])
    count = 0
    for row in rows:
        writer.writerow([_csv_cell(value, heading.kind) for value, heading in zip(row, headings, strict=True)])
        count += 1
    text.flush()
    text.detach()
    return count


def _csv_cell(value: Any, kind: str) -> Any:
    if isinstance(value, str):
        return defused(value)
    if isinstance(value, int | float | Decimal) and kind == "percent":
        return f"{Decimal(str(value)) * 100:f}%".replace(".0%", "%").replace(".00%", "%")
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return value.isoformat() if isinstance(value, date) else value


def _write_xlsx(target: IO[bytes], headings: Sequence[Heading], rows: Iterable[Sequence[Any]], sheet: str) -> int:
    book = xlsxwriter.Workbook(
        target,
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False},
    )
    page = book.add_worksheet(re.sub(r"[\[\]:*?/\\']", " ", sheet)[:31] or "Sheet1")
    formats = {
        "percent": book.add_format({"num_format": "0.00%"}),
        "money": book.add_format({"num_format": "#,##0.00"}),
        "day": book.add_format({"num_format": "yyyy-mm-dd"}),
        "instant": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        "head": book.add_format({"bold": True, "bottom": 1}),
    }
    page.freeze_panes(1, 0)
    for at, heading in enumerate(headings):
        page.set_column(at, at, min(max(len(heading.title) + 4, 12), 40))
        page.write_string(0, at, heading.title[:_LONGEST], formats["head"])
    count = 0
    for count, row in enumerate(rows, 1):
        for at, value in enumerate(row):
            _write_cell(page, count, at, value, headings[at].kind, formats)
    book.close()
    return count


def _write_cell(page: Any, row: int, at: int, value: Any, kind: str, formats: Mapping[str, Any]) -> None:
    if value is None or value != value:  # noqa: PLR0124 - NaN
        return
    if isinstance(value, bool):
        page.write_boolean(row, at, value)
    elif isinstance(value, int | float | Decimal):
        page.write_number(row, at, value, formats.get(kind))
    elif isinstance(value, datetime):
        page.write_datetime(row, at, value.replace(tzinfo=None), formats["instant"])
    elif isinstance(value, date):
        page.write_datetime(row, at, value, formats["day"])
    else:
        page.write_string(row, at, str(value)[:_LONGEST])
