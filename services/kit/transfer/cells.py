"""What readers of both formats hand over: raw rows, troubled cells, and what they noticed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Final

from db.types import N_
from services.kit.errors import Message, Refusal
from services.kit.fields import clean_text, is_blank
from services.kit.words import compared

_NOTHING: Final = frozenset(
    compared(word)
    for word in ("", "Select", "Please select", "None", "N/A", "#N/A", "NA", "null", "nil", "nan", r"\N", "请选择")
)
_NOTHING_IN_TEXT: Final = (
    "select", "(select)", "-select-", "--select--", "please select", "-none-", "--none--", "(none)", "n/a", "#n/a",
    "null", "(null)", r"\n", "-", "--", "---", "—", "请选择",
)  # fmt: skip
NOTHING_IN_TEXT: Final = frozenset(
    spelled for word in _NOTHING_IN_TEXT for spelled in (word, word.upper(), word.title(), word.capitalize())
)
"""What stands in an optional line of text where nothing was entered."""


def require_columns(name: str, count: int, maximum: int) -> None:
    """Refuse a table of too many columns. Raises Refusal."""
    if count > maximum:
        text = N_("“{name}” has {count} columns; at most {maximum} can be read.")
        raise Refusal(text, name=name, count=count, maximum=maximum)


def says_nothing(cell: Any) -> bool:
    """Say whether a cell that is no free text stands for nothing: blank, “Select”, “--None--”, “N/A”, “-”, “null”."""
    return is_blank(cell) or (isinstance(cell, str) and len(cell) < _LONG and compared(cell) in _NOTHING)


_LONG: Final = 20


def shown(cell: Any) -> str:
    """Return a cell as a spreadsheet shows it: 7.0 is “7”, a day at midnight a day, nothing “”."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime) and cell.time() == time():
        return str(cell.date())
    return str(cell)


def written_as(cell: Any) -> str:
    """Return a cell as one writes it in a line of text: 7.0 is “7”, and no space stands twice."""
    return " ".join(clean_text(int(cell) if isinstance(cell, float) and cell.is_integer() else cell).split())


@dataclass(frozen=True)
class Trouble:
    """A cell whose value the file itself does not know: an error, a formula nobody computed."""

    shown: str
    message: Message

    def __str__(self) -> str:
        """Return what the spreadsheet shows."""
        return self.shown


@dataclass(frozen=True)
class TextForm:
    """How a text file is to be read, where it is not to be found out: names of an encoding and of a delimiter."""

    encoding: str | None = None
    delimiter: str | None = None


@dataclass(frozen=True)
class Limits:
    """How much of a file is read: this much in the process that shows pages, more in a child of its own."""

    bytes: int = 50 * 1024 * 1024
    unpacked: int = 500 * 1024 * 1024


IN_A_CHILD = Limits(bytes=400 * 1024 * 1024, unpacked=2 * 1024 * 1024 * 1024)


@dataclass(frozen=True)
class RawTable:
    """Rows with their numbers in the file, before anybody has looked for headings."""

    rows: Iterable[tuple[int, Sequence[Any]]]
    """Read as they are asked for; a Refusal may come while they are."""
    notes: Sequence[Message] = ()
    """Complete when the rows have been read."""
    sheets: Sequence[str] = ()
    merged: Sequence[tuple[int, int, int]] = ()
    """Cells merged across columns near the top: (row in the file, first column, last column)."""


def letters(at: int) -> str:
    """Return the letters of a column by its position from 0: A, B, …, AA."""
    name = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        name = chr(65 + rest) + name
    return name
