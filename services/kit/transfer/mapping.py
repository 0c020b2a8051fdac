"""Mapping: which column of a file goes into which field.

Columns are recognised by the field's name and by its label in every language, whatever the case, width, spaces
and unit: "Market size (万元)" and "市场规模" are both `market_size`. What was chosen is remembered by the header.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from db.models import ImportMapping
from db.types import N_
from services.kit import money
from services.kit.entity import ENTITIES, Entity
from services.kit.errors import Message, Refusal
from services.kit.fields import Field
from services.kit.transfer.intake import intake_of
from services.kit.transfer.reading import Table
from services.kit.unit_of_work import UnitOfWork
from services.kit.words import compared, spellings

IGNORE: Final = "-"
"""Target of a column that is not imported."""

_ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    "phone": ("telephone", "mobile", "tel", "cell", "phone number", "手机", "手机号", "联系电话", "电话号码"),
    "email": ("mail", "e-mail address", "email address", "邮箱", "电子邮件"),
    "website": ("url", "homepage", "domain", "网站", "官网"),
    "notes": ("note", "remarks", "comment", "comments", "description", "备注", "说明"),
    "code": ("id", "no", "number", "编号", "代码"),
    "close_on": ("close date", "closing date", "expected close", "预计成交日期", "预计签约日期", "预计成交"),
    "closed_on": ("closed date", "actual close date", "成交日期"),
    "stage_id": ("deal stage", "sales stage", "销售阶段"),
    "owner_id": ("sales rep", "sales agent", "account manager", "responsible", "负责人", "销售", "客户经理"),
    "amount": ("value", "deal value", "close value", "金额"),
    "customer_id": ("account", "company", "client", "客户名称", "公司", "公司名称"),
    "win_probability": ("probability", "win rate", "赢率", "胜率"),
    "market_size": ("market", "市场规模", "市场容量"),
    "growth": ("growth rate", "market growth", "增长率", "增速"),
    "margin": ("gross margin", "毛利率", "利润率"),
    "competition": ("competitive intensity", "竞争强度", "竞争"),
    "employees": ("headcount", "number of employees", "员工数"),
    "heads": ("people", "fte", "人数"),
    "cost": ("budget", "investment", "投入"),
    "mobile": ("mobile phone", "mobile phone number", "cell phone"),
    "customer.name": ("company", "company name", "account name", "公司", "公司名称", "客户名称"),
    "customer.owner_id": ("company owner", "account owner"),
    "contact.customer_id": ("associated company domain", "company domain", "account name"),
    "opportunity.name": ("deal name", "deal"),
    "opportunity.customer_id": ("associated company domain", "company domain", "account name"),
}
_UNIT: Final = re.compile(r"[(（\[【]([^()（）\[\]【】]*)[)）\]】]\s*$")
_SCALES: Final = {
    "万元": "万", "万": "万", "亿元": "亿", "亿": "亿",
    "k": "k", "thousand": "k", "m": "m", "mn": "m", "million": "m", "millions": "m", "bn": "bn", "billion": "bn",
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """A column of the file that goes somewhere."""

    position: int
    heading: str
    field: Field
    scale: str = ""
    """万, 亿, k, m or bn when the heading says so: its plain numbers are meant in that unit."""
    currency: str | None = None
    """Currency that the heading names."""


@dataclass(frozen=True)
class Mapped:
    """All columns that go somewhere, and what is to be told of the others."""

    columns: tuple[Column, ...]
    notes: tuple[Message, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """Return the fields that some column goes into."""
        return frozenset(column.field.name for column in self.columns)

    def heading(self, name: str) -> str:
        """Return the heading of the column that goes into a field."""
        return next((column.heading for column in self.columns if column.field.name == name), "")

    def plain(self) -> dict[str, str]:
        """Return {heading: field}, as it is remembered."""
        return {column.heading: column.field.name for column in self.columns}


def targets(entity: Entity) -> tuple[str, ...]:
    """Return the fields that a file may set."""
    return (*entity.writable, *(name for name in intake_of(entity.key).extra if name not in entity.writable))


def overrides_of(written: Sequence[str]) -> dict[str, str]:
    """Return {heading: field} of texts such as “Column=field”. Raises Refusal for any other."""
    found = {}
    for one in written:
        heading, sign, field = one.rpartition("=")
        if not sign or not heading.strip():
            raise Refusal(N_("“{written}” is no mapping; write it as “Column=field”."), written=one)
        found[heading.strip()] = field.strip()
    return found


def match_columns(
    entity: Entity,
    table: Table,
    *,
    overrides: Mapping[str, str] | None = None,
    remembered: Mapping[str, str] | None = None,
) -> Mapped:
    """Return where each column goes. `overrides` maps headings to fields by name or label, `-` to leave one out.

    Raises Refusal for an override that names no column or no field, and if no column is recognised.
    """
    chosen = _overridden(entity, table, overrides or {})
    taken = {name for name in chosen.values() if name != IGNORE}
    for source in (_remembered(entity, table, remembered or {}), _recognised(entity, table)):
        for position, name in source.items():
            if position not in chosen and name not in taken:
                chosen[position] = name
                taken.add(name)
    columns = tuple(
        _column(entity, position, table.header[position], name)
        for position, name in sorted(chosen.items())
        if name != IGNORE
    )
    if not columns:
        raise Refusal(
            N_("No column of “{name}” is known. Known are for instance: {fields}."),
            name=table.name,
            fields=", ".join(entity.fields[name].label for name in targets(entity)[:12]),
        )
    notes = [
        Message(N_("Column “{column}” is not imported."), {"column": heading})
        for position, heading in enumerate(table.header)
        if position not in chosen
    ]
    notes += [
        Message(N_("“{column}” is read in {unit}."), {"column": column.heading, "unit": column.scale})
        for column in columns
        if column.scale
    ]
    return Mapped(columns, tuple(notes))


def field_named(entity: Entity, written: str) -> str | None:
    """Return the field that a word names, by name or by label in any language."""
    if written in targets(entity):
        return written
    return _words(entity).get(compared(written))


def _overridden(entity: Entity, table: Table, overrides: Mapping[str, str]) -> dict[int, str]:
    chosen: dict[int, str] = {}
    for heading, written in overrides.items():
        position = table.column(heading)
        if position is None:
            raise Refusal(
                N_("“{name}” has no column “{column}”. It has: {columns}."),
                name=table.name,
                column=heading,
                columns=", ".join(table.header),
            )
        name = IGNORE if written.strip() in ("", IGNORE) else field_named(entity, written.strip())
        if name is None:
            raise Refusal(
                N_("There is no field “{field}”. There are: {fields}."),
                field=written,
                fields=", ".join(targets(entity)),
            )
        if name != IGNORE and name in chosen.values():
            raise Refusal(N_("Two columns go into “{field}”. Leave one of them out."), field=entity.fields[name].label)
        chosen[position] = name
    return chosen


def _remembered(entity: Entity, table: Table, remembered: Mapping[str, str]) -> dict[int, str]:
    offered = set(targets(entity))
    found = {table.column(heading): name for heading, name in remembered.items() if name in offered}
    return {position: name for position, name in found.items() if position is not None}


def _recognised(entity: Entity, table: Table) -> dict[int, str]:
    """Return the columns known by their heading; an exact label comes before an alias, whatever the order."""
    exact, loose = _words(entity, with_aliases=False), _words(entity)
    found: dict[int, str] = {}
    for words in (exact, loose):
        for position, heading in enumerate(table.header):
            name = words.get(compared(heading)) or words.get(compared(_without_unit(heading)))
            if name and position not in found and name not in found.values():
                found[position] = name
    return found


def _words(entity: Entity, *, with_aliases: bool = True) -> dict[str, str]:
    """Return the field of every word that names one, in compared form; what comes first wins."""
    found: dict[str, str] = {}
    offered = targets(entity)
    for name in offered:
        for word in (name, *spellings(entity.fields[name].label)):
            found.setdefault(compared(word), name)
    if not with_aliases:
        return found
    named = [(entity.one, entity.title)] if entity.title in offered else []
    named += [(entity.fields[name].label, name) for name in offered if entity.fields[name].kind == "reference"]
    for label, name in named:
        for word in spellings(label):
            for suffix in ("", "name", "名称", "名", "code", "number", "编号"):
                found.setdefault(compared(f"{word}{suffix}"), name)
    for name in offered:
        found.setdefault(compared(name.removesuffix("_id")), name)
        for word in (*_ALIASES.get(f"{entity.key}.{name}", ()), *_ALIASES.get(name, ())):
            found.setdefault(compared(word), name)
    return found


def _without_unit(heading: str) -> str:
    return _UNIT.sub("", unicodedata.normalize("NFKC", heading)).rstrip(" %")


def _column(entity: Entity, position: int, heading: str, name: str) -> Column:
    field = entity.fields[name]
    unit = _UNIT.search(unicodedata.normalize("NFKC", heading))
    if field.kind != "money" or unit is None:
        return Column(position, heading, field)
    scale, currency = "", None
    for word in re.split(r"[\s,/]+", unit[1].strip()):
        scale = _SCALES.get(word.lower(), scale)
        currency = word.upper() if len(word) == 3 and money.is_currency(word.upper()) else currency  # noqa: PLR2004
    return Column(position, heading, field, scale, currency)


# --- memory -------------------------------------------------------------------------------------------------


def header_hash(header: Sequence[str]) -> str:
    """Return the digest by which a kind of file is known again."""
    return hashlib.sha256("\x1f".join(sorted(compared(one) for one in header)).encode()).hexdigest()


def remembered(uow: UnitOfWork, entity: Entity, table: Table) -> dict[str, str]:
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
    kept.mapping, kept.used_at = mapped.plain(), uow.now
    uow.session.flush()


def entity_named(written: str) -> Entity:
    """Return the entity that a word names: key, singular or plural, in any language. Raises Refusal."""
    for entity in ENTITIES.values():
        words = {entity.key, entity.key + "s", *spellings(entity.one), *spellings(entity.many)}
        if compared(written) in {compared(word) for word in words}:
            return entity
    raise Refusal(
        N_("There is no kind of record “{name}”. There are: {names}."), name=written, names=", ".join(ENTITIES)
    )
