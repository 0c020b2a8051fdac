"""Export: what the reader sees becomes a file. Texts stay texts: no spreadsheet computes what a user has typed.

Numbers stay numbers, money is in major units with its currency in a column of its own, dates are dates, and
the file comes back by the import as it went out.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final, Literal
from zoneinfo import ZoneInfo

import pandas as pd

from db.engine import unmapped
from db.types import N_
from services.kit import audit, money, permissions, query, several
from services.kit.actor import Actor
from services.kit.entity import ENTITIES, Entity
from services.kit.errors import Refusal
from services.kit.fields import Field
from services.kit.query import TITLE, Query
from services.kit.transfer import csv_lines, workbook_out
from services.kit.transfer.mapping import targets
from services.kit.transfer.outcome import Outcome
from services.kit.transfer.reading import Table
from services.kit.unit_of_work import Database, UnitOfWork

Words = Callable[[str], str]
"""Translates a message id; the edge hands it in."""
FileFormat = Literal["xlsx", "csv"]
MEDIA_TYPES: Final[Mapping[str, str]] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
_DANGEROUS: Final = re.compile(r"^'*[\s\u200b-\u200f\ufeff]*[=+\-@＝＋－＠\t\r\n]")
_BEGINNINGS: Final = frozenset("'=+-@＝＋－＠\u200b\u200c\u200d\u200e\u200f\ufeff")
"""How a text to be defused may begin, besides with a space of any kind."""
_BLOCK: Final = 5_000


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
    count, names = _write_out(uow, entity, target, file_format=file_format, wanted=wanted, words=words)
    _note(uow, entity, count, file_format, names)
    return count


def export_list(
    database: Database,
    actor: Actor,
    entity: Entity,
    target: IO[bytes],
    *,
    file_format: FileFormat,
    wanted: Query | None = None,
    words: Words = same,
) -> int:
    """Do as `export`, reading in one transaction and noting it in another: nobody who writes waits for a big file."""
    with database.read(actor) as uow:
        count, names = _write_out(uow, entity, target, file_format=file_format, wanted=wanted, words=words)
    database.run(actor, _note, entity, count, file_format, names)
    return count


def _note(uow: UnitOfWork, entity: Entity, count: int, file_format: str, names: Sequence[str]) -> None:
    audit.note(uow, entity, "export", None, count=count, format=file_format, columns=list(names))


def _write_out(
    uow: UnitOfWork, entity: Entity, target: IO[bytes], *, file_format: FileFormat, wanted: Query | None, words: Words
) -> tuple[int, tuple[str, ...]]:
    permissions.require(uow, f"{entity.key}.export")
    names = _columns(entity, wanted)
    asked = replace(wanted or Query(), columns=names, cursor=None)
    headings = [Heading(words(entity.fields[name].label), entity.fields[name].kind) for name in names]
    fields = [entity.fields[name] for name in names]
    with unmapped(uow.session.connection()):
        found = query.blocks(uow, entity, asked, permissions.scope(uow, entity, "export"))
        blocks = (_shown(block, fields, words, uow.settings.zone) for block in found)
        return write_blocks(target, headings, blocks, file_format=file_format, sheet=words(entity.many)), names


def _columns(entity: Entity, wanted: Query | None) -> tuple[str, ...]:
    names = tuple(wanted.columns) if wanted and wanted.columns else targets(entity)
    has_money = any(entity.fields[name].kind == "money" for name in names)
    if has_money and "currency" not in names and "currency" in entity.fields:
        names = (*names, "currency")
    return names


def _shown(
    block: Mapping[str, Sequence[Any]], fields: Sequence[Field], words: Words, zone: ZoneInfo
) -> list[Sequence[Any]]:
    """Return the columns of a block as a file shows them."""
    currencies = block.get("currency")
    return [_column(field, block, currencies, words, zone) for field in fields]


def _column(  # noqa: PLR0911 - one a kind
    field: Field, block: Mapping[str, Sequence[Any]], currencies: Sequence[Any] | None, words: Words, zone: ZoneInfo
) -> Sequence[Any]:
    values = block[field.name]
    match field.kind:
        case "reference":
            titles = block[field.name + TITLE]
            target = ENTITIES.get(field.entity or "")
            if target and target.fields[target.title].translated:
                return _each(titles, words)
            return titles
        case "choice":
            options = {**(field.retired or {}), **(field.options or {})}
            return _each(values, lambda code: words(options.get(code, code)))
        case several.KIND:
            return _each(values, lambda codes: _joined(field, codes, words))
        case "flag":
            said = {True: words(N_("Yes")), False: words(N_("No"))}
            return [None if value is None else said[bool(value)] for value in values]
        case "money":
            of_each = currencies if currencies is not None else ["CNY"] * len(values)
            return _amounts(values, of_each)
        case "percent":
            return [None if value is None else Decimal(value).scaleb(-4) for value in values]
        case "instant":
            return [None if value is None else value.astimezone(zone) for value in values]
        case _:
            return values


def _joined(field: Field, codes: Sequence[str], words: Words) -> str:
    """Return the names of several choices, as the import takes them apart again."""
    return words(N_(", ")).join(words(name) for _code, name in several.in_order(field.options, field.retired, codes))


def _each(values: Sequence[Any], say: Callable[[Any], str]) -> list[Any]:
    """Return what is said of each value; of every different one, it is asked once."""
    said = {value: say(value) for value in set(values) if value is not None}
    return [said.get(value) for value in values]


def _amounts(values: Sequence[Any], currencies: Sequence[str]) -> list[Any]:
    places = {currency: -money.digits(currency) for currency in set(currencies) if currency}
    return [
        None if value is None else Decimal(value).scaleb(places.get(currency, -2))
        for value, currency in zip(values, currencies, strict=True)
    ]


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
    return write_blocks(target, headings, _in_blocks(rows), file_format=file_format, sheet=sheet)


def write_blocks(
    target: IO[bytes],
    headings: Sequence[Heading],
    blocks: Iterable[Sequence[Sequence[Any]]],
    *,
    file_format: FileFormat,
    sheet: str = "Sheet1",
) -> int:
    """Write blocks of columns of plain values (percentages as fractions) into a file; returns how many rows."""
    if file_format == "csv":
        return _write_csv(target, headings, blocks)
    if file_format == "xlsx":
        titles, kinds = [heading.title for heading in headings], [heading.kind for heading in headings]
        return workbook_out.write(target, titles, kinds, blocks, sheet)
    raise Refusal(N_("A file goes out as .xlsx or .csv, not as “{format}”."), format=file_format)


def _in_blocks(rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    waiting = iter(rows)
    while some := list(islice(waiting, _BLOCK)):
        yield [list(column) for column in zip(*some, strict=True)]


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
    write(target, headings, rows.itertuples(index=False, name=None), file_format="xlsx", sheet=sheet)
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


def _write_csv(target: IO[bytes], headings: Sequence[Heading], blocks: Iterable[Sequence[Sequence[Any]]]) -> int:
    # The mark at the beginning lets spreadsheet programs see that this is UTF-8.
    target.write(codecs.BOM_UTF8 + csv_lines.lines([[defused(heading.title)] for heading in headings]))
    count = 0
    for block in blocks:
        columns = [_csv_column(column, heading.kind) for column, heading in zip(block, headings, strict=True)]
        target.write(csv_lines.lines(columns))
        count += len(columns[0]) if columns else 0
    return count


def _csv_column(column: Sequence[Any], kind: str) -> Sequence[Any]:
    kinds = set(map(type, column)) - {type(None)}
    if kinds <= {str}:
        # Most columns of text have nothing to defuse: a look at their first characters tells.
        begun = {one[0] for one in column if one}
        odd = {first for first in begun if first in _BEGINNINGS or first.isspace()}
        return [defused(one) if one and one[0] in odd else one for one in column] if odd else column
    if kinds <= {int} and kind != "percent":
        return column
    if kinds == {Decimal} and kind == "money":
        return [None if one is None else f"{one:f}" for one in column]
    if kinds == {date}:
        return [None if one is None else one.isoformat() for one in column]
    return [_csv_cell(value, kind) for value in column]


def _csv_cell(value: Any, kind: str) -> Any:
    if isinstance(value, str):
        return defused(value)
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool) and kind == "percent":
        shown = f"{Decimal(str(value)) * 100:f}"
        return (shown.rstrip("0").rstrip(".") if "." in shown else shown) + "%"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return value.isoformat() if isinstance(value, date) else None if value != value else value  # noqa: PLR0124 - NaN
