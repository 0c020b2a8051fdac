"""Read a table out of bytes that nobody vouches for.

The format is told by the content, never by the name. Whatever is no table is refused with a sentence; whatever
is odd about a table is told by row and column.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any, Final, NamedTuple

from db.types import N_
from services.kit.errors import Message, Refusal
from services.kit.fields import clean_text, is_blank
from services.kit.transfer import text_files, workbooks
from services.kit.transfer.cells import Limits, RawTable, TextForm, Trouble, letters, require_columns
from services.kit.words import compared

MAXIMUM_COLUMNS: Final = 200
MAXIMUM_CELL: Final = 32 * 1024

_NO_TABLES: Final = (
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"%PDF", "PDF"),
    (b"\x1f\x8b", "gzip"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7z"),
    (b"SQLite format 3", "SQLite"),
    (b"{\\rtf", "RTF"),
    (b"\x7fELF", "ELF"),
    (b"MZ\x90", "EXE"),
)
_Line = tuple[int, Sequence[Any]]
_UNDER_TITLE: Final = 3
_LOOKED_AT: Final = 5
"""Rows below a title in which the headings are looked for."""
_ARCHIVE: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0"
NO_TEXT: Final = (_ARCHIVE, b"PK\x05\x06", b"PK\x07\x08", _OLE, *(magic for magic, _ in _NO_TABLES))
"""How files begin that are no text. “PK” alone may be a heading."""
_TOTAL: Final = Message(N_("This row looks like a total, not like a record. Take it out of the file."))
_NUMBER: Final = re.compile(r"[-+(]?[¥￥$€£]?\s*[\d,.\s]+[万亿%)]?")
_TOTALS: Final = frozenset({"total", "totals", "sum", "grandtotal", "合计", "总计", "小计"})


class Row(NamedTuple):
    """One row; `number` is the one the file shows (its heading is usually 1)."""

    number: int
    cells: tuple[Any, ...]
    """As long as the header. Text, int, float, bool, date, datetime, None, or Trouble."""
    problem: Message | None = None
    """What is wrong with the row as a whole."""


@dataclass(frozen=True)
class Table:
    """What a file holds: headings, rows, and what was odd about it."""

    name: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[Message, ...] = ()
    sheets: tuple[str, ...] = ()

    def column(self, heading: str) -> int | None:
        """Return the position of a heading, regardless of case, width and spaces."""
        wanted = compared(heading)
        return next((at for at, one in enumerate(self.header) if compared(one) == wanted), None)


@dataclass
class Stream:
    """A table whose rows are read as they are asked for; what is odd about them is known when they are all read."""

    name: str
    header: tuple[str, ...]
    sheets: tuple[str, ...]
    rows: Iterator[Row]
    notes: list[Message] = field(default_factory=list)


def read_table(
    source: bytes | Path, name: str | None = None, *, sheet: str | None = None, limits: Limits | None = None
) -> Table:
    """Return the table in a file. `name` is only shown. Raises Refusal with the reason and what to do."""
    stream = open_table(source, name, sheet=sheet, limits=limits)
    rows = tuple(stream.rows)
    return Table(stream.name, stream.header, rows, tuple(stream.notes), stream.sheets)


def open_table(
    source: bytes | Path,
    name: str | None = None,
    *,
    sheet: str | None = None,
    limits: Limits | None = None,
    how: TextForm | None = None,
) -> Stream:
    """Return the table in a file as a stream of rows. Raises Refusal, also while the rows are read."""
    limits = limits or Limits()
    name = name or (source.name if isinstance(source, Path) else "file")
    return _shaped(name, _raw(_content(source, name, limits), name, sheet, limits, how or TextForm()))


def _require_size(name: str, size: int, limits: Limits) -> None:
    if size > limits.bytes:
        most = limits.bytes // 1024 // 1024
        text = N_("“{name}” is larger than {megabytes} MB. Divide it into several files.")
        raise Refusal(text, name=name, megabytes=most)


def _content(source: bytes | Path, name: str, limits: Limits) -> bytes | Path:
    """Return what is in a file, or the path of an archive, which need not lie in memory as a whole."""
    if isinstance(source, bytes):
        _require_size(name, len(source), limits)
        return source
    try:
        _require_size(name, source.stat().st_size, limits)
        with source.open("rb") as file:
            begun = file.read(len(_ARCHIVE))
            return source if begun == _ARCHIVE else begun + file.read()
    except IsADirectoryError as error:
        raise Refusal(N_("“{name}” is a folder; name a file."), name=str(source)) from error
    except FileNotFoundError as error:
        raise Refusal(N_("There is no file “{name}”."), name=str(source)) from error
    except OSError as error:
        raise Refusal(N_("“{name}” cannot be read: {reason}."), name=str(source), reason=error.strerror) from error


def _raw(content: bytes | Path, name: str, sheet: str | None, limits: Limits, how: TextForm) -> RawTable:
    if isinstance(content, Path) or content.startswith(_ARCHIVE):
        return workbooks.read(content, name, sheet, maximum_columns=MAXIMUM_COLUMNS, maximum_unpacked=limits.unpacked)
    if not content.strip(b"\x00\r\n\t ,;\xef\xbb\xbf\xff\xfe"):
        raise Refusal(N_("“{name}” is empty."), name=name)
    for magic, kind in _NO_TABLES:
        if content.startswith(magic):
            raise Refusal(
                N_("“{name}” is no spreadsheet but a {kind} file. Save the table as .xlsx or .csv."),
                name=name,
                kind=kind,
            )
    if content.startswith(_OLE):
        raise _old_format(content, name)
    if content.startswith(NO_TEXT):
        raise Refusal(N_("“{name}” is damaged: it cannot be unpacked. Save it again."), name=name)
    return _text(content, name, how)


def _text(content: bytes, name: str, how: TextForm) -> RawTable:
    """Return the rows of what is no workbook; refuse what is written in another language than that of tables."""
    start = content[:2000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<head", b"<meta", b"<body")):
        raise Refusal(
            N_("“{name}” is a web page with the name of a spreadsheet. Open it and save it as .xlsx or .csv."),
            name=name,
        )
    if start.startswith(b"<?xml"):
        raise Refusal(
            N_("“{name}” is an XML file. Open it in your spreadsheet program and save it as .xlsx."), name=name
        )
    if start.startswith((b"[{", b'{"')):
        raise Refusal(
            N_("“{name}” is no spreadsheet but a {kind} file. Save the table as .xlsx or .csv."), name=name, kind="JSON"
        )
    table = text_files.read(content, name, how)
    if Path(name).suffix.lower() in (".xlsx", ".xls", ".xlsm"):
        said = Message(N_("“{name}” is in truth a text file; it was read as .csv."), {"name": name})
        table = replace(table, notes=[said, *table.notes])
    return table


def _old_format(content: bytes, name: str) -> Refusal:
    if "EncryptedPackage".encode("utf-16-le") in content:
        return Refusal(N_("“{name}” is protected by a password. Remove the password and try again."), name=name)
    if any(word.encode("utf-16-le") in content for word in ("Workbook", "Book")):
        return Refusal(N_("“{name}” is in the old .xls format. Open it and save it as .xlsx."), name=name)
    return Refusal(
        N_("“{name}” is no spreadsheet but a {kind} file. Save the table as .xlsx or .csv."), name=name, kind="OLE"
    )


# --- from cells to a table ----------------------------------------------------------------------------------


def _shaped(name: str, raw: RawTable) -> Stream:
    """Find the headings, then hand out the rows below them one by one."""
    rows = iter(raw.rows)
    first = head = next(rows, None)
    while head is not None and all(is_blank(cell) for cell in head[1]):
        head = next(rows, None)
    if first is None or head is None:
        raise Refusal(N_("“{name}” is empty."), name=name)
    head, rows = _below_title(head, rows)
    head_number, cells = head
    notes: list[Message] = []
    if across := [(left, right) for row, left, right in raw.merged if row == head_number]:
        head_number, cells = _of_two_rows(name, head, next(rows, None), across)
        notes.append(Message(N_("The headings stand in two rows, {first} and {second}."),
                             {"first": head[0], "second": head_number}))  # fmt: skip
    header = _header(name, cells)
    if not notes and (head_number != first[0] or head_number != 1):
        notes.append(Message(N_("The headings were found in row {row}."), {"row": head_number}))
    kept = [at for at, heading in enumerate(header) if heading]
    stream = Stream(name, tuple(header[at] for at in kept), tuple(raw.sheets), iter(()), notes)
    made = _rows(stream, raw, rows, head_number, header, kept)
    body = next(made, None)
    if body is None:
        raise Refusal(N_("“{name}” has headings but no rows."), name=name)
    stream.rows = chain((body,), made)
    return stream


def _below_title(head: _Line, rows: Iterator[_Line]) -> tuple[_Line, Iterator[_Line]]:
    """Return the headings and the rows below them: one text alone above three or more others is a title."""
    if _filled(head[1]) != 1:
        return head, rows
    ahead: list[_Line] = []
    for line in rows:
        ahead.append(line)
        if count := _filled(line[1]):
            is_text = all(isinstance(cell, str) for cell in line[1] if not is_blank(cell))
            return (line, rows) if is_text and count >= _UNDER_TITLE else (head, chain(ahead, rows))
        if len(ahead) == _LOOKED_AT:
            break
    return head, chain(ahead, rows)


def _of_two_rows(name: str, upper: _Line, lower: _Line | None, across: Sequence[tuple[int, int]]) -> _Line:
    """Return the headings of a table whose columns have a second heading under a common one."""
    texts = [cell for cell in lower[1] if not is_blank(cell)] if lower else []
    if lower is None or not texts or not all(isinstance(cell, str) for cell in texts):
        raise Refusal(
            N_("Row {row} of “{name}” has merged headings. Give every column its own heading in one row."),
            row=upper[0],
            name=name,
        )
    above = list(upper[1])
    for left, right in across:
        above[left : right + 1] = [above[left]] * (right + 1 - left)
    below = [*lower[1], *[""] * (len(above) - len(lower[1]))]
    often = Counter(compared(cell) for cell in below if not is_blank(cell))
    made = [
        own if not is_blank(own) and often[compared(own)] == 1 else f"{common or ''} {own or ''}".strip()
        for common, own in zip_longest(above, below)
    ]
    return lower[0], made


def _filled(cells: Sequence[Any]) -> int:
    return sum(not is_blank(cell) for cell in cells)


def _rows(
    stream: Stream,
    raw: RawTable,
    rows: Iterator[tuple[int, Sequence[Any]]],
    head_number: int,
    header: Sequence[str],
    kept: Sequence[int],
) -> Iterator[Row]:
    """Yield the rows that hold anything; at the end, tell what was odd about them."""
    width = len(header)
    unnamed = [at for at, heading in enumerate(header) if not heading]
    is_whole = len(kept) == width
    used: set[int] = set()
    count, has_nul, last = 0, False, None
    short: list[int] = []
    """How many rows are cut short, the first of them, the last one and its length."""
    for number, cells in rows:
        # A look at the first cell spares most rows the look at all of them.
        start = cells[0] if cells else None
        if not (isinstance(start, str) and start and not start.isspace()) and all(is_blank(cell) for cell in cells):
            continue
        problem = None
        if len(cells) > width:
            problem = _too_wide(cells, width)
        used.update(at for at in unnamed if at < len(cells) and not is_blank(cells[at]))
        texts = "".join([cell for cell in cells if cell.__class__ is str])
        if "\x00" in texts or len(texts) > MAXIMUM_CELL // 4:
            has_nul = has_nul or "\x00" in texts
            cells = [_checked(cell, stream.name, number, at) for at, cell in enumerate(cells)]  # noqa: PLW2901
        if is_whole and len(cells) == width:
            made = tuple([None if cell == "" else cell for cell in cells])
        else:
            made = tuple([None if at >= len(cells) or cells[at] == "" else cells[at] for at in kept])
            short = _one_more(short, number, len(cells)) if len(cells) < width else short
        count += 1
        if last is not None:
            yield last
        last = Row(number, made, problem)
    if last is None:
        return
    yield last if last.problem or not _is_total(last) else last._replace(problem=_TOTAL)
    blank = last.number - head_number - count
    found = [*raw.notes, *stream.notes]
    if blank:
        found.append(Message(N_("Empty rows left out: {count}."), {"count": blank}))
    found += [
        Message(N_("Column {column} has no heading and is not read."), {"column": letters(at)}) for at in sorted(used)
    ]
    found += _cut_short(short, last, width)
    found += _remark(last)
    if has_nul:
        found.append(Message(N_("Invisible NUL characters were removed.")))
    stream.notes[:] = found


def _header(name: str, cells: Sequence[Any]) -> list[str]:
    header = [
        re.sub(r"\s+", " ", clean_text(cell)) if not isinstance(cell, Trouble) and cell is not None else ""
        for cell in cells
    ]
    used = max((at for at, heading in enumerate(header, 1) if heading), default=0)
    require_columns(name, used, MAXIMUM_COLUMNS)
    for at, heading in enumerate(header):
        if len(heading.encode()) > MAXIMUM_CELL:
            raise _too_long(name, 1, letters(at))
    twice = [heading for heading, count in Counter(compared(one) for one in header if one).items() if count > 1]
    if twice:
        shown = ", ".join(dict.fromkeys(f"“{one}”" for one in header if compared(one) in twice))
        raise Refusal(
            N_("“{name}” has the same heading more than once: {headings}. Rename one."), name=name, headings=shown
        )
    return header


def _too_long(name: str, row: int, column: str) -> Refusal:
    return Refusal(
        N_("Row {row}, column “{column}” of “{name}” holds more than {kilobytes} KB. Shorten it."),
        row=row,
        column=column,
        name=name,
        kilobytes=MAXIMUM_CELL // 1024,
    )


def _too_wide(cells: Sequence[Any], width: int) -> Message | None:
    if all(is_blank(cell) for cell in cells[width:]):
        return None
    count = width + sum(not is_blank(cell) for cell in cells[width:])
    return Message(
        N_("This row has {count} cells but there are {expected} headings."), {"count": count, "expected": width}
    )


def _checked(cell: Any, name: str, row: int, at: int) -> Any:
    """Return a cell without NUL characters; refuse one that is too long."""
    if not isinstance(cell, str):
        return cell
    if len(cell) > MAXIMUM_CELL // 4 and len(cell.encode()) > MAXIMUM_CELL:
        raise _too_long(name, row, letters(at))
    return cell.replace("\x00", "")


def _one_more(short: Sequence[int], number: int, length: int) -> list[int]:
    return [short[0] + 1, short[1], number, length] if short else [1, number, number, length]


def _cut_short(short: Sequence[int], last: Row, width: int) -> list[Message]:
    """Tell of rows with fewer cells than headings; of the last one, that the file may be cut off."""
    if not short:
        return []
    count, first, at, length = short
    if count == 1 and at == last.number:
        text = N_("The last row, {row}, has {count} of {expected} cells: the file may have been cut off.")
        return [Message(text, {"row": at, "count": length, "expected": width})]
    text = N_(
        "Rows with fewer cells than headings: {count}, the first is row {row}. What is missing is taken as blank."
    )
    return [Message(text, {"count": count, "row": first})]


def _is_total(last: Row) -> bool:
    """Say whether the last row is a total: the word for it, and numbers."""
    filled = [cell for cell in last.cells if not is_blank(cell)]
    return (
        len(filled) > 1
        and isinstance(filled[0], str)
        and compared(filled[0]) in _TOTALS
        and all(isinstance(cell, int | float) or _NUMBER.fullmatch(str(cell)) for cell in filled[1:])
    )


def _remark(last: Row) -> list[Message]:
    first = next((cell for cell in last.cells if not is_blank(cell)), None)
    if isinstance(first, str) and len(last.cells) > 1 and _filled(last.cells) == 1 and re.search("[:：]", first):
        return [Message(N_("Row {row} looks like a remark below the table, not like a record."), {"row": last.number})]
    return []
