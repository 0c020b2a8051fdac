"""What readers of both formats hand over: raw rows, troubled cells, and what they noticed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.kit.errors import Message


@dataclass(frozen=True)
class Trouble:
    """A cell whose value the file itself does not know: an error, a formula nobody computed."""

    shown: str
    message: Message

    def __str__(self) -> str:
        """Return what the spreadsheet shows."""
        return self.shown


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
    merged_rows: frozenset[int] = field(default=frozenset())
    """Rows that take part in merged cells."""


def letters(at: int) -> str:
    """Return the letters of a column by its position from 0: A, B, …, AA."""
    name = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        name = chr(65 + rest) + name
    return name
