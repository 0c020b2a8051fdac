"""Several telephone numbers in one cell: the first goes where the column goes, the others into the notes.

Between them stand a comma, a semicolon, 、, |, the end of a line, “or”, or a slash. A slash stands within a number as
well (0711/123456, 5555 1234/35): it parts only what is a whole number on both sides. An extension belongs to its
number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final

from db.types import N_
from services.kit.entity import Entity
from services.kit.errors import Message, Refusal
from services.kit.fields import parse
from services.kit.transfer.mapping import NOTES, Column, Mapped, Part, targets
from services.kit.words import compared

MAYBE: Final = r"(?s)[0-9０-９].*[,，;；、/／|｜\n\r或oO].*[0-9０-９]"
"""Cells in which there might be several: what a whole column is looked through for."""
_BETWEEN: Final = re.compile(r"\s*(?:[,;、|\r\n]+|或者?|\bor\b)\s*(?!\s|ext|x|#|转|分机)", re.IGNORECASE)
_SLASH: Final = re.compile(r"\s*/\s*")
_WHOLE: Final = 7
"""Digits of a number that stands by itself."""
_TOLD: Final = N_(
    "Cells of “{column}” hold several telephone numbers, for instance “{cell}”: "
    "the first one goes into “{field}”, the others are written into “{notes}”."
)
_TOLD_OF_NEW: Final = N_(
    "Cells of “{column}” hold several telephone numbers, for instance “{cell}”: "
    "the first one goes into “{field}”, the others are written into “{notes}” of new records."
)


def pieces(cell: str) -> list[str]:
    """Return what stands in a cell, one number or text after the other; a cell with one number comes back whole."""
    found: list[str] = []
    for one in _BETWEEN.split(unicodedata.normalize("NFKC", cell)):
        parts = _SLASH.split(one.strip())
        found += parts if len(parts) > 1 and all(_digits(part) >= _WHOLE for part in parts) else [one.strip()]
    kept = [one for one in found if one]
    return kept if len(kept) > 1 else [cell]


def _digits(text: str) -> int:
    return sum(one.isdigit() for one in text)


def are_several(column: Column, cell: Any) -> bool:
    """Say whether a cell holds a number and something else beside it."""
    if not isinstance(cell, str) or compared(cell) in column.values:
        return False
    found = pieces(cell)
    return len(found) > 1 and any(_is_number(column, one) for one in found)


def _is_number(column: Column, text: str) -> bool:
    try:
        parse(column.field, text)
    except Refusal:
        return False
    return True


def settled(entity: Entity, mapped: Mapped, cells: Callable[[int], Iterable[Any]]) -> Mapped:
    """Return the columns with those divided that hold several numbers in a cell, and the notes that take the others.

    `cells` gives the cells of a column of the file; those that do not match MAYBE may be left out. Where a record has
    no notes nothing is divided: such a cell stays an error, and no number is lost.
    """
    if NOTES not in targets(entity):
        return mapped
    divided: dict[str, Column] = {}
    examples: list[tuple[Column, str]] = []
    for column in mapped.columns:
        if column.field.kind != "phone":
            continue
        positions = [part.position for part in column.parts] or [column.position]
        example = next((cell for at in positions for cell in cells(at) if are_several(column, cell)), None)
        if example is not None:
            parts = column.parts or (Part(column.position, column.heading),)
            divided[column.field.name] = replace(column, parts=parts, is_divided=True)
            examples.append((column, example))
    if not divided:
        return mapped
    found = _divided(entity, mapped, divided)
    told = _TOLD_OF_NEW if NOTES in found.only_new else _TOLD
    notes = [
        Message(
            told,
            {
                "column": column.heading,
                "cell": " ".join(example.split()),
                "field": column.field.label,
                "notes": entity.fields[NOTES].label,
            },
        )
        for column, example in examples
    ]
    return replace(found, notes=(*mapped.notes, *notes))


def _divided(entity: Entity, mapped: Mapped, divided: dict[str, Column]) -> Mapped:
    """Return the columns with divided ones among them and among what the notes take."""
    columns = [divided.get(column.field.name, column) for column in mapped.columns]
    taker = next((column for column in columns if column.field.name == NOTES), None)
    if taker is None:
        first = next(iter(divided.values()))
        taker = Column(first.position, first.heading, entity.fields[NOTES])
        only_new = mapped.only_new | {NOTES}
    else:
        columns.remove(taker)
        only_new = mapped.only_new
        if not taker.parts and not taker.spare:
            taker = replace(taker, parts=(Part(taker.position, taker.heading),))
    others = [one for one in taker.spare if one.field.name not in divided]
    return replace(mapped, columns=(*columns, replace(taker, spare=(*others, *divided.values()))), only_new=only_new)
