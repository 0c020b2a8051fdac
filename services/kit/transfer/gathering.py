"""Gathering: what several columns of a file become in one field.

Parts of a name are put together as their script has them, parts of an address in a line, what has no field of its own
with its headings in the notes. Of several phones, mail addresses and all else the first that can be read is taken; the
other phones and addresses are not lost but written into the notes; so are further phones in one cell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from db.characters import CJK
from services.kit.fields import is_blank
from services.kit.transfer import phones
from services.kit.transfer.cells import Trouble, says_nothing, written_as
from services.kit.transfer.headings import FAMILY, GIVEN, MIDDLE
from services.kit.transfer.mapping import NOTES, Column, Part, is_joined

Cells = Callable[[int], Any]
"""The cell of the row at a position of the file."""
Reads = Callable[[Column, Any], bool]


def gathered(column: Column, cells: Cells, reads: Reads) -> Any:
    """Return what a row's cells become in a field: text, one of the cells as it is, None, or a cell's trouble."""
    found = [cells(part.position) for part in column.parts]
    trouble = next((cell for cell in found if isinstance(cell, Trouble)), None)
    if column.field.name == NOTES:
        return trouble or _lines(column, cells, reads)
    if not is_joined(column.field):
        pieces = _pieces(column, cells)
        at = _taken(column, [cell for _, cell in pieces], reads)
        return None if at is None else pieces[at][1]
    if trouble is not None:
        return trouble
    texts = [(part, written_as(cell)) for part, cell in zip(column.parts, found, strict=True) if not says_nothing(cell)]
    if column.field.personal or any(part.role for part in column.parts):
        return _name(texts) or None
    return _listed([one for _, one in texts], " " if column.field.required else ", ") or None


def _pieces(column: Column, cells: Cells) -> list[tuple[Part, Any]]:
    """Return the cells of a column with their parts, one with several telephone numbers in pieces."""
    found: list[tuple[Part, Any]] = []
    for part in column.parts:
        cell = cells(part.position)
        several = column.is_divided and phones.are_several(column, cell)
        found += [(part, one) for one in (phones.pieces(cell) if several else [cell])]
    return found


def _taken(column: Column, found: Sequence[Any], reads: Reads) -> int | None:
    """Return which cell is taken: the first that can be read, else the first that is filled; None if all are blank."""
    filled = [at for at, cell in enumerate(found) if isinstance(cell, Trouble) or not says_nothing(cell)]
    return next((at for at in filled if reads(column, found[at])), filled[0] if filled else None)


def _lines(column: Column, cells: Cells, reads: Reads) -> str | None:
    """Return what goes into the notes, a line a column."""
    lines = [_line(part, cells(part.position)) for part in column.parts]
    for other in column.spare:
        found = _pieces(other, cells)
        taken = _taken(other, [cell for _, cell in found], reads)
        left = [one for at, one in enumerate(found) if at != taken]
        lines += [_line(Part(part.position, part.heading, is_named=True), cell) for part, cell in left]
    return "\n".join(line for line in lines if line) or None


def _line(part: Part, cell: Any) -> str:
    if is_blank(cell) or (part.is_named and says_nothing(cell)):
        return ""
    return f"{part.heading}: {written_as(cell)}" if part.is_named else str(cell).strip()


def _name(texts: Sequence[tuple[Part, str]]) -> str:
    """Put a person's name together: the family name first and without space where it is written in Chinese."""
    named = {part.role: one for part, one in texts if part.role}
    if not named:
        return _listed([one for _, one in texts], " ")
    is_chinese = any(CJK.search(one) for one in named.values())
    order = (FAMILY, MIDDLE, GIVEN) if is_chinese else (GIVEN, MIDDLE, FAMILY)
    rest = [one for part, one in texts if not part.role]
    return ("" if is_chinese else " ").join([named[role] for role in order if role in named] + rest)


def _listed(texts: Sequence[str], between: str) -> str:
    """Put texts in a line, without those that stand in another already."""
    kept: list[str] = []
    for one in texts:
        is_chinese = CJK.search(one)
        if not any(one == other or (is_chinese and one in other) for other in kept):
            kept.append(one)
    return ("" if kept and all(CJK.search(one) for one in kept) else between).join(kept)
