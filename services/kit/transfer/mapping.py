"""Mapping: which columns of a file go into which field, and how they are to be understood.

Columns are recognised by the field's name and by its label in every language (headings.py). What was chosen is
remembered by the header: where a column goes, and what was said of its values and dates.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as fact
from typing import Any, Final

from sqlalchemy import select

from db.models import ImportMapping
from db.types import N_
from services.kit import money
from services.kit.entity import ENTITIES, Entity
from services.kit.errors import Message, Refusal
from services.kit.fields import Field
from services.kit.transfer.headings import UNIT, field_named, is_own, is_tagged, recognised, role_of, targets
from services.kit.transfer.reading import Table
from services.kit.unit_of_work import UnitOfWork
from services.kit.words import compared, spellings

__all__ = ["IGNORE", "NOTES", "Asked", "Column", "Mapped", "Part", "entity_named", "field_named", "targets"]

IGNORE: Final = "-"
"""Target of a column that is not imported."""
NOTES: Final = "notes"
"""Field that takes what has no field of its own, where an entity has it."""
_SCALES: Final = {
    "万元": "万", "万": "万", "亿元": "亿", "亿": "亿",
    "k": "k", "thousand": "k", "m": "m", "mn": "m", "million": "m", "millions": "m", "bn": "bn", "billion": "bn",
}  # fmt: skip


@dataclass(frozen=True)
class Part:
    """One of several columns that go into one field."""

    position: int
    heading: str
    role: str = ""
    """Of a person's name: given, middle or family."""
    is_named: bool = False
    """Written with its heading before it."""


@dataclass(frozen=True)
class Column:
    """A column of the file that goes somewhere, or several that go there together."""

    position: int
    heading: str
    field: Field
    scale: str = ""
    """万, 亿, k, m or bn when the heading says so: its plain numbers are meant in that unit."""
    currency: str | None = None
    """Currency that the heading names."""
    parts: tuple[Part, ...] = ()
    """The columns, where they are several or not simply copied; none: the cell at `position` is the value."""
    spare: tuple[Column, ...] = ()
    """Columns of phones and addresses of which but one is taken: the others are written here, in the notes."""
    values: Mapping[str, str] = fact(default_factory=dict)
    """What to read instead of a cell, by the cell in compared form; "" for nothing."""
    dates: str = ""
    """Order in which days and months are written (dates.py)."""
    is_lenient: bool = False
    """What is none of the choices, or names nobody, leaves the field blank."""
    is_divided: bool = False
    """Some of its cells hold several telephone numbers (phones.py)."""


@dataclass(frozen=True)
class Mapped:
    """All columns that go somewhere, and what is to be told of the others."""

    columns: tuple[Column, ...]
    notes: tuple[Message, ...] = ()
    supposed: frozenset[str] = frozenset()
    """Fields whose column nobody has chosen: known by its heading, or as the last time."""
    only_new: frozenset[str] = frozenset()
    """Fields that are put together of leftovers: known records keep what they have."""

    @property
    def names(self) -> frozenset[str]:
        """Return the fields that some column goes into."""
        return frozenset(column.field.name for column in self.columns)

    def without(self, name: str) -> Mapped:
        """Return all but the columns that go into a field."""
        return replace(self, columns=tuple(column for column in self.columns if column.field.name != name))

    def heading(self, name: str) -> str:
        """Return the heading of the column that goes into a field."""
        return next((column.heading for column in self.columns if column.field.name == name), "")

    def plain(self) -> dict[str, str]:
        """Return {heading: field}, in the order of the file."""
        found = {}
        for column in self.columns:
            if column.spare and not column.parts:
                continue  # it takes what others leave over
            for position, heading in [(part.position, part.heading) for part in column.parts] or [
                (column.position, column.heading)
            ]:
                found[position, heading] = column.field.name
        return {heading: name for (_, heading), name in sorted(found.items())}


@dataclass(frozen=True)
class Asked:
    """What is said of the columns beside where they go; each by heading."""

    values: Mapping[str, Mapping[str, str]] = fact(default_factory=dict)
    """{heading: {cell: what to read instead}}"""
    is_lenient: bool | None = None
    """None: as the last time."""
    rest_to_notes: bool = False
    """Columns without a field of their own are written into the notes."""
    dates: str = ""


def overrides_of(written: Sequence[str]) -> dict[str, str]:
    """Return {heading: field} of texts such as “Column=field”. Raises Refusal for any other."""
    found = {}
    for one in written:
        heading, sign, name = one.rpartition("=")
        if not sign or not heading.strip():
            raise Refusal(N_("“{written}” is no mapping; write it as “Column=field”."), written=one)
        found[heading.strip()] = name.strip()
    return found


def values_of(written: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return {heading: {cell: value}} of texts such as “Column:cell=value”. Raises Refusal for any other."""
    found: dict[str, dict[str, str]] = {}
    for one in written:
        cell, sign, value = one.rpartition("=")
        heading, colon, cell = cell.partition(":")
        if not sign or not colon or not heading.strip() or not cell.strip():
            raise Refusal(N_("“{written}” is no value; write it as “Column:what stands there=value”."), written=one)
        found.setdefault(heading.strip(), {})[cell.strip()] = value.strip()
    return found


def match_columns(
    entity: Entity,
    table: Table,
    *,
    overrides: Mapping[str, str] | None = None,
    remembered: Mapping[str, Any] | None = None,
    asked: Asked | None = None,
) -> Mapped:
    """Return where each column goes. `overrides` maps headings to fields by name or label, `-` to leave one out.

    Several columns may go into one field. Raises Refusal for an override that names no column or no field, and if no
    column is recognised.
    """
    asked = asked or Asked()
    memory = {heading: one if isinstance(one, dict) else {"field": one} for heading, one in (remembered or {}).items()}
    explicit = _overridden(entity, table, overrides or {})
    chosen = dict(explicit)
    taken = {name for name in chosen.values() if name != IGNORE}
    found = _fitting(entity, table, recognised(entity, table.header))
    for source in (_remembered(entity, table, memory), found):
        new = {
            position: name
            for position, name in source.items()
            if position not in chosen and (name not in taken or name == NOTES)
        }
        chosen |= new
        taken |= set(new.values())
    if not any(name != IGNORE for name in chosen.values()):
        raise Refusal(
            N_("No column of “{name}” is known. Known are for instance: {fields}."),
            name=table.name,
            fields=[entity.fields[name].label for name in targets(entity)[:12]],
        )
    left = [at for at in range(len(table.header)) if chosen.get(at, IGNORE) == IGNORE]
    leftover = {position for position in chosen if is_tagged(table.header[position])}
    if asked.rest_to_notes and NOTES in targets(entity):
        rest = [position for position in left if position not in chosen]
        chosen |= dict.fromkeys(rest, NOTES)
        leftover |= {position for position, name in chosen.items() if name == NOTES}
        left = [position for position in left if position not in rest]
    columns, only_new = _columns(entity, table, chosen, leftover)
    told = _said_of(table, asked, memory)
    columns = [_with_said(column, told, asked) for column in columns]
    supposed = taken - {name for name in explicit.values() if name != IGNORE}
    return Mapped(tuple(columns), tuple(_notes(table, columns, left)), frozenset(supposed), only_new)


def _notes(table: Table, columns: Sequence[Column], left: Sequence[int]) -> list[Message]:
    notes = []
    if left:
        headings = [f"“{table.header[position]}”" for position in left]
        text = N_("Not imported, since no field is chosen for it: {columns}.")
        notes.append(Message(text, {"columns": headings}))
    notes += [
        Message(N_("“{column}” is read in {unit}."), {"column": column.heading, "unit": column.scale})
        for column in columns
        if column.scale
    ]
    for column in columns:
        headings = [f"“{part.heading}”" for part in column.parts]
        if column.field.name == NOTES and (column.parts or column.spare):
            headings += [f"“{part.heading}”" for one in column.spare for part in one.parts[1:]]
            text = N_("Written into “{field}”, each with its heading: {columns}.")
        elif len(column.parts) < 2 or is_joined(column.field):  # noqa: PLR2004 - one column
            text = N_("“{field}” is put together of {columns}.")
            headings = headings if len(headings) > 1 else []
        else:
            text = N_("Of {columns}, the first one that can be read goes into “{field}”.")
        if headings:
            notes.append(Message(text, {"field": column.field.label, "columns": headings}))
    return notes


def is_joined(kind: Field) -> bool:
    """Say whether several columns become one text; of others the first that can be read counts."""
    return kind.kind in ("text", "long_text") and not kind.options


def _fitting(entity: Entity, table: Table, found: dict[int, str]) -> dict[int, str]:
    """Leave out numbers of another system that are longer than our code may be."""
    return {
        position: name
        for position, name in found.items()
        if name != "code"
        or all(len(str(row.cells[position] or "")) <= (entity.fields[name].max_length or 0) for row in table.rows[:20])
    }


def _overridden(entity: Entity, table: Table, overrides: Mapping[str, str]) -> dict[int, str]:
    chosen: dict[int, str] = {}
    for heading, written in overrides.items():
        name = IGNORE if written.strip() in ("", IGNORE) else field_named(entity, written.strip())
        position = position_of(table, heading)
        if name is None:
            raise Refusal(
                N_("There is no field “{field}”. There are: {fields}."),
                field=written,
                fields=", ".join(targets(entity)),
            )
        chosen[position] = name
    return chosen


def position_of(table: Table, heading: str) -> int:
    """Return where a column stands. Raises Refusal, naming those there are."""
    position = table.column(heading)
    if position is None:
        raise Refusal(
            N_("“{name}” has no column “{column}”. It has: {columns}."),
            name=table.name,
            column=heading,
            columns=", ".join(table.header),
        )
    return position


def _remembered(entity: Entity, table: Table, memory: Mapping[str, Mapping[str, Any]]) -> dict[int, str]:
    offered = set(targets(entity))
    found = {table.column(heading): one.get("field") for heading, one in memory.items()}
    return {position: name for position, name in found.items() if position is not None and name in offered}


def _columns(
    entity: Entity, table: Table, chosen: Mapping[int, str], leftover: set[int]
) -> tuple[list[Column], frozenset[str]]:
    """Return a column for each field; what several columns of phones leave over goes into the notes."""
    together: dict[str, list[int]] = {}
    for position, name in sorted(chosen.items()):
        if name != IGNORE:
            together.setdefault(name, []).append(position)
    notes = together.pop(NOTES, [])
    made = [_column(entity, table, positions, name) for name, positions in together.items()]
    spare = tuple(one for one in made if one.parts and one.field.kind in ("phone", "email"))
    if NOTES not in targets(entity) or not (notes or spare):
        return made, frozenset()
    own = [position for position in notes if is_own(entity, NOTES, table.header[position])]
    if len(notes) == 1 and not spare and notes[0] not in leftover:
        return [*made, _column(entity, table, notes, NOTES)], frozenset()
    parts = tuple(
        Part(position, table.header[position], is_named=position not in own)
        for position in [*own, *(one for one in notes if one not in own)]
    )
    first = notes[0] if notes else spare[0].position
    column = Column(first, table.header[first], entity.fields[NOTES], parts=parts, spare=spare)
    return [*made, column], frozenset() if own else frozenset({NOTES})


def _column(entity: Entity, table: Table, positions: Sequence[int], name: str) -> Column:
    kind, position = entity.fields[name], positions[0]
    heading = table.header[position]
    parts: tuple[Part, ...] = ()
    if len(positions) > 1:
        parts = tuple(Part(one, table.header[one], role_of(table.header[one])) for one in positions)
        heading = " + ".join(part.heading for part in parts) if is_joined(kind) else heading
    unit = UNIT.search(unicodedata.normalize("NFKC", heading))
    if kind.kind != "money" or unit is None:
        return Column(position, heading, kind, parts=parts)
    scale, currency = "", None
    for word in re.split(r"[\s,/]+", unit[1].strip()):
        scale = _SCALES.get(word.lower(), scale)
        currency = word.upper() if len(word) == 3 and money.is_currency(word.upper()) else currency  # noqa: PLR2004
    return Column(position, heading, kind, scale, currency, parts)


def _said_of(table: Table, asked: Asked, memory: Mapping[str, Mapping[str, Any]]) -> dict[int, dict[str, Any]]:
    """Return what was said of a column, now or the last time, by position."""
    found: dict[int, dict[str, Any]] = {}
    for heading, one in memory.items():
        position = table.column(heading)
        if position is not None:
            found[position] = {name: value for name, value in one.items() if name != "field"}
    for heading, values in asked.values.items():
        kept = found.setdefault(position_of(table, heading), {})
        kept["values"] = {**kept.get("values", {}), **{compared(cell): value for cell, value in values.items()}}
    return found


def _with_said(column: Column, told: Mapping[int, Mapping[str, Any]], asked: Asked) -> Column:
    positions = [part.position for part in column.parts] or [column.position]
    said = [told[position] for position in positions if position in told]
    values = {cell: value for one in said for cell, value in one.get("values", {}).items()}
    dates = asked.dates or next((one["dates"] for one in said if one.get("dates")), "")
    is_lenient = asked.is_lenient if asked.is_lenient is not None else any(one.get("is_lenient") for one in said)
    if not (values or dates or is_lenient):
        return column
    return replace(column, values=values, dates=dates, is_lenient=is_lenient)


# --- memory -------------------------------------------------------------------------------------------------


def header_hash(header: Sequence[str]) -> str:
    """Return the digest by which a kind of file is known again."""
    return hashlib.sha256("\x1f".join(sorted(compared(one) for one in header)).encode()).hexdigest()


def remembered(uow: UnitOfWork, entity: Entity, table: Table) -> dict[str, Any]:
    """Return how the columns of a file with these headings were mapped the last time; {} if never."""
    found = uow.session.execute(
        select(ImportMapping.mapping).where(
            ImportMapping.entity == entity.key, ImportMapping.header_hash == header_hash(table.header)
        )
    ).scalar_one_or_none()
    return dict(found or {})


def remember(uow: UnitOfWork, entity: Entity, table: Table, mapped: Mapped) -> None:
    """Keep the mapping for the next file with these headings."""
    key = header_hash(table.header)
    kept: Any = uow.session.execute(
        select(ImportMapping).where(ImportMapping.entity == entity.key, ImportMapping.header_hash == key)
    ).scalar_one_or_none()
    if kept is None:
        kept = ImportMapping(entity=entity.key, header_hash=key, mapping={}, used_at=uow.now)
        uow.session.add(kept)
    kept.mapping, kept.used_at = _memory(mapped), uow.now
    uow.session.flush()


def _memory(mapped: Mapped) -> dict[str, Any]:
    """Return {heading: field}, or in place of the field what else was said of the column."""
    said: dict[str, dict[str, Any]] = {}
    for column in mapped.columns:
        one = {"values": dict(column.values), "dates": column.dates, "is_lenient": column.is_lenient}
        said[column.field.name] = {name: value for name, value in one.items() if value}
    return {heading: {"field": name, **said[name]} if said[name] else name for heading, name in mapped.plain().items()}


def entity_named(written: str) -> Entity:
    """Return the entity that a word names: key, singular or plural, in any language. Raises Refusal."""
    for entity in ENTITIES.values():
        words = {entity.key, entity.key + "s", *spellings(entity.one), *spellings(entity.many)}
        if compared(written) in {compared(word) for word in words}:
            return entity
    raise Refusal(
        N_("There is no kind of record “{name}”. There are: {names}."), name=written, names=", ".join(ENTITIES)
    )
