"""Workbooks (.xlsx, .xlsm): look into the archive before unpacking it, then read one sheet.

The reader gives values only. Three things it keeps silent about are read from the sheet's XML: cells that hold
an error, formulas that were never computed, and numbers shown as percentages.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from db.types import N_
from services.kit.errors import Message, Refusal
from services.kit.transfer.cells import RawTable, Trouble, require_columns

MAXIMUM_RATIO: Final = 100
MAXIMUM_MEMBERS: Final = 2_000
_SMALL: Final = 1024 * 1024
"""Below this size a high ratio is harmless: a blank sheet packs very well."""

_PERCENT_FORMATS: Final = frozenset({9, 10})
_ZEROS: Final = re.compile(rb"0{2,}")
"""The format of numbers that are none: 00123."""
_NEAR_TOP: Final = 50
_CELL: Final = re.compile(rb"<(?:\w+:)?c\s([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_ATTRIBUTE: Final = re.compile(rb'([\w:]+)\s*=\s*"([^"]*)"')
_VALUE: Final = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>([^<]+)</(?:\w+:)?v>")
_HIDDEN: Final = re.compile(rb'<(?:\w+:)?row\s[^>]*hidden="(?:1|true)"')
_PORTION: Final = 4 * 1024 * 1024
_UNCOMPUTED: Final = Message(
    N_("This formula was never computed. Open the file in a spreadsheet program and save it, or enter the value.")
)
_ADDRESS: Final = re.compile(r"^([A-Z]{1,3})(\d{1,7})$")


def read(
    source: bytes | Path, name: str, sheet: str | None, *, maximum_columns: int, maximum_unpacked: int
) -> RawTable:
    """Return the rows of one sheet, the first visible one unless `sheet` names another. Raises Refusal.

    A file on disk is best given by its path: given as bytes, it is held in memory twice beside the sheet.
    """
    with _archive(source, name, maximum_unpacked) as archive:
        notes = _kind(archive, name)
        try:
            book = (
                CalamineWorkbook.from_path(source)
                if isinstance(source, Path)
                else CalamineWorkbook.from_filelike(io.BytesIO(source))
            )
            chosen, sheets = _choose(book, name, sheet)
            notes += _about_sheets(book, chosen)
            found = book.get_sheet_by_name(chosen)
            require_columns(name, found.end[1] + 1 if found.end else 0, maximum_columns)
            merged = found.merged_cell_ranges or []
            position = [one.name for one in book.sheets_metadata].index(chosen)
            marks = _Marks(archive, position)
        except (CalamineError, ValueError, zipfile.BadZipFile, zlib.error) as error:
            raise _damaged(name) from error
    notes += marks.notes()
    if merged:
        notes.append(
            Message(
                N_("Merged cells: their value was read in every row they span. Areas: {count}."), {"count": len(merged)}
            )
        )
    across = [(top + 1, left, right) for (top, left), (_, right) in merged if right > left and top < _NEAR_TOP]
    down = {(top, left): bottom for (top, left), (bottom, _) in merged if bottom > top}
    return RawTable(_values(found, marks, down), notes, sheets, across)


def sheets_of(source: Path, maximum_unpacked: int) -> list[str]:
    """Return the names of a workbook's sheets; none of what is no workbook, or not to be opened."""
    try:
        with _archive(source, source.name, maximum_unpacked):
            return _sheets(CalamineWorkbook.from_path(source))
    except (Refusal, CalamineError, ValueError, zipfile.BadZipFile, zlib.error):
        return []


def _sheets(book: CalamineWorkbook) -> list[str]:
    return [one.name for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]


def _damaged(name: str) -> Refusal:
    return Refusal(N_("“{name}” is damaged: it cannot be unpacked. Save it again."), name=name)


def _archive(source: bytes | Path, name: str, maximum_unpacked: int) -> zipfile.ZipFile:
    """Open the archive after a look at its directory: a bomb of 588 KB took 4 GB of memory (measured)."""
    try:
        archive = zipfile.ZipFile(source if isinstance(source, Path) else io.BytesIO(source))
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise _damaged(name) from error
    members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    bomb = any(
        member.file_size > _SMALL and member.file_size > MAXIMUM_RATIO * max(member.compress_size, 1)
        for member in members
    )
    if len(members) > MAXIMUM_MEMBERS or unpacked > maximum_unpacked or bomb:
        raise Refusal(
            N_("“{name}” would unpack to {megabytes} MB and was not opened. Save only the table as a new file."),
            name=name,
            megabytes=unpacked // 1024 // 1024,
        )
    return archive


def _kind(archive: zipfile.ZipFile, name: str) -> list[Message]:
    members = set(archive.namelist())
    if "xl/workbook.xml" in members:
        if "xl/vbaProject.bin" in members:
            return [Message(N_("The file has macros; they are not run, only the cells are read."))]
        return []
    if "xl/workbook.bin" in members:
        raise Refusal(N_("“{name}” is in the .xlsb format. Open it and save it as .xlsx."), name=name)
    if "word/document.xml" in members:
        raise Refusal(
            N_("“{name}” is no spreadsheet but a {kind} file. Save the table as .xlsx or .csv."), name=name, kind="Word"
        )
    if "mimetype" in members and "content.xml" in members:
        raise Refusal(N_("“{name}” is an OpenDocument file. Open it and save it as .xlsx."), name=name)
    raise Refusal(
        N_("“{name}” is no spreadsheet but a {kind} file. Save the table as .xlsx or .csv."), name=name, kind="zip"
    )


def _choose(book: CalamineWorkbook, name: str, wanted: str | None) -> tuple[str, list[str]]:
    sheets = _sheets(book)
    if wanted is not None:
        if wanted not in sheets:
            raise Refusal(
                N_("“{name}” has no sheet “{sheet}”. It has: {sheets}."),
                name=name,
                sheet=wanted,
                sheets=", ".join(sheets),
            )
        return wanted, sheets
    visible = [
        one.name
        for one in book.sheets_metadata
        if one.typ == SheetTypeEnum.WorkSheet and one.visible == SheetVisibleEnum.Visible
    ]
    if not visible:
        raise Refusal(N_("“{name}” is empty."), name=name)
    filled = [one for one in visible if len(visible) == 1 or book.get_sheet_by_name(one).end is not None]
    return (filled or visible)[0], sheets


def _about_sheets(book: CalamineWorkbook, chosen: str) -> list[Message]:
    notes = []
    others = [
        one.name for one in book.sheets_metadata if one.name != chosen and one.visible == SheetVisibleEnum.Visible
    ]
    if others:
        notes.append(
            Message(N_("Sheet “{sheet}” was read; not read: {others}."), {"sheet": chosen, "others": ", ".join(others)})
        )
    hidden = [one.name for one in book.sheets_metadata if one.visible != SheetVisibleEnum.Visible]
    if hidden:
        notes.append(Message(N_("Hidden sheets were not read: {sheets}."), {"sheets": ", ".join(hidden)}))
    return notes


def _values(
    sheet: CalamineSheet, marks: _Marks, down: Mapping[tuple[int, int], int]
) -> Iterator[tuple[int, list[Any]]]:
    """Yield the rows with their numbers, columns from A on, with troubles and percentages in their places.

    `down`: last row by place of the first cell of what is merged over several rows.
    """
    tops: dict[int, list[int]] = {}
    for top, column in down:
        tops.setdefault(top, []).append(column)
    filled: dict[int, tuple[Any, int]] = {}
    if sheet.end is None or sheet.start is None:
        return
    left = [""] * sheet.start[1]
    for at, cells in enumerate(sheet.iter_rows()):
        row: list[Any] = [*left, *cells] if left else list(cells)
        if at in marks.rows:
            for column, mark in marks.rows[at]:
                row.extend([""] * (column + 1 - len(row)))  # a lone error is blank to the reader
                row[column] = mark if isinstance(mark, Trouble) else _shown(row[column], mark)
        if filled or at in tops:
            for column, (value, bottom) in list(filled.items()):
                row[column] = value
                if at == bottom:
                    del filled[column]
            filled |= {column: (row[column], down[at, column]) for column in tops.get(at, ())}
        yield at + 1, row


def _shown(value: Any, zeros: int) -> Any:
    """Return a number as its format shows it: as a percentage, or with zeros before it."""
    if not zeros:
        return _percentage(value)
    if isinstance(value, float) and value.is_integer() and value >= 0:
        return f"{int(value):0{zeros}}"
    return value


def _percentage(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{(Decimal(repr(value)) * 100).normalize():f}%"
    return value


# --- what the reader keeps silent about ---------------------------------------------------------------------


class _Marks:
    """Cells of a sheet that need a second look: by row from 0, the column from 0 and the trouble or the format.

    A format is the number of digits that are always shown, 0 for a percentage.
    """

    def __init__(self, archive: zipfile.ZipFile, position: int) -> None:
        self.rows: dict[int, list[tuple[int, Trouble | int]]] = {}
        self.formulas = 0
        self.hidden_rows = 0
        styles = _styles(archive)
        needles = [b"<f", b":f", b't="e"', *(b's="%s"' % style for style in styles)]
        for xml in _sheet_xml(archive, position):
            if b"hidden=" in xml:
                self.hidden_rows += len(_HIDDEN.findall(xml))
            if any(needle in xml for needle in needles):
                for match in _CELL.finditer(xml):
                    self._look(match[1], match[2] or b"", styles)

    def notes(self) -> list[Message]:
        """Return what is to be told."""
        found = []
        if self.formulas:
            found.append(
                Message(
                    N_("Formulas: {count}. What the spreadsheet program last computed was read."),
                    {"count": self.formulas},
                )
            )
        if self.hidden_rows:
            found.append(Message(N_("Hidden rows were read, too: {count}."), {"count": self.hidden_rows}))
        return found

    def _look(self, written: bytes, inside: bytes, styles: Mapping[bytes, int]) -> None:
        has_formula = b"<f" in inside or b":f" in inside
        is_error = b't="e"' in written
        if not (has_formula or is_error or styles):
            return
        attributes = dict(_ATTRIBUTE.findall(written))
        address = _ADDRESS.match(attributes.get(b"r", b"").decode("ascii", "replace"))
        if address is None:
            return
        value = _VALUE.search(inside)
        self.formulas += has_formula
        mark: Trouble | int | None = None
        if is_error:
            shown = value[1].decode("utf-8", "replace") if value else "#ERROR"
            mark = Trouble(
                shown, Message(N_("The spreadsheet shows the error {error} here. Mend the formula."), {"error": shown})
            )
        elif has_formula and value is None and b"<is" not in inside:
            mark = Trouble("=…", _UNCOMPUTED)
        elif value is not None and b't="s"' not in written:
            mark = styles.get(attributes.get(b"s", b""))
        if mark is not None:
            self.rows.setdefault(int(address[2]) - 1, []).append((_position(address[1]), mark))


def _position(written: str) -> int:
    position = 0
    for letter in written:
        position = position * 26 + ord(letter) - 64
    return position - 1


def _sheet_xml(archive: zipfile.ZipFile, position: int) -> Iterator[bytes]:
    """Yield the XML of the sheet at a position of the workbook, in portions that end with a row."""
    path = _sheet_path(archive, position)
    if path is None:
        return
    rest = b""
    with archive.open(path) as file:
        while portion := file.read(_PORTION):
            rest += portion
            end = max(rest.rfind(b"</row>") + 6, rest.rfind(b":row>") + 5)
            if end > 6:  # noqa: PLR2004 - neither was found
                yield rest[:end]
                rest = rest[end:]
    yield rest


def _sheet_path(archive: zipfile.ZipFile, position: int) -> str | None:
    book = archive.read("xl/workbook.xml")
    sheets = re.findall(rb"<(?:\w+:)?sheet\s([^>]*?)/?>", book)
    relations = {}
    if "xl/_rels/workbook.xml.rels" in archive.namelist():
        for written in re.findall(rb"<(?:\w+:)?Relationship\s([^>]*?)/?>", archive.read("xl/_rels/workbook.xml.rels")):
            attributes = dict(_ATTRIBUTE.findall(written))
            relations[attributes.get(b"Id")] = attributes.get(b"Target", b"").decode("utf-8", "replace")
    if position >= len(sheets):
        return None
    named = dict(_ATTRIBUTE.findall(sheets[position]))
    key = next((value for name, value in named.items() if name.endswith(b":id")), None)
    target = relations.get(key, "").removeprefix("/").removeprefix("xl/")
    path = f"xl/{target}"
    return path if path in archive.namelist() else None


def _styles(archive: zipfile.ZipFile) -> dict[bytes, int]:
    """Return the styles whose number format shows a percentage (0), or so many digits with zeros before the number."""
    if "xl/styles.xml" not in archive.namelist():
        return {}
    xml = archive.read("xl/styles.xml")
    formats = dict.fromkeys(_PERCENT_FORMATS, 0)
    for written in re.findall(rb"<(?:\w+:)?numFmt\s([^>]*?)/?>", xml):
        attributes = dict(_ATTRIBUTE.findall(written))
        code, number = attributes.get(b"formatCode", b""), int(attributes.get(b"numFmtId", b"-1"))
        if b"%" in code:
            formats[number] = 0
        elif _ZEROS.fullmatch(code):
            formats[number] = len(code)
    cells = re.search(rb"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", xml, re.DOTALL)
    found = re.findall(rb"<(?:\w+:)?xf\s([^>]*?)/?>", cells[0]) if cells else []
    numbers = [int(dict(_ATTRIBUTE.findall(written)).get(b"numFmtId", b"0")) for written in found]
    return {str(at).encode(): formats[number] for at, number in enumerate(numbers) if number in formats}
