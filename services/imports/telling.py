"""Telling: what is to be said of a file as a whole once it was checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from db.types import N_
from services.kit.entity import Entity
from services.kit.errors import Message
from services.kit.fields import Field
from services.kit.transfer.mapping import Mapped
from services.kit.transfer.outcome import NAMED

if TYPE_CHECKING:
    from services.imports.checking import Checked

UNKNOWN: Final = 50
"""Different cells that are kept of those which are no choice, or name nobody."""


def unknown(odd: Mapping[Field, set[str]], entity: Entity) -> dict[str, dict[str, int]]:
    """Return by reference what names nobody, where one may choose among few: not of customers and the like."""
    return {
        one.name: dict.fromkeys(sorted(written)[:UNKNOWN], 0)
        for one, written in odd.items()
        if written and one.entity not in {"customer", "contact", entity.key}
    }


def left_blank(found: Checked, mapped: Mapped) -> list[Message]:
    """Tell what was left blank because it is none of the choices, or names nobody."""
    lenient = {column.field.name for column in mapped.columns if column.is_lenient}
    return [
        Message(
            N_("Left blank in “{column}”, since we do not know it: {values}."),
            {"column": mapped.heading(name), "values": [f"“{one}”" for one in known]},
        )
        for name, known in sorted(found.unknown.items())
        if name in lenient
    ]


def by_domain(entity: Entity, counts: Mapping[str, int]) -> list[Message]:
    """Tell how many records were linked by the domain of their mail address."""
    text = N_("“{field}” was blank in {count} rows and was found by the domain of the mail address.")
    return [
        Message(text, {"field": entity.fields[name].label, "count": count}) for name, count in counts.items() if count
    ]


def twins(names: Sequence[Any]) -> list[Message]:
    """Tell of new records beside records of the same name."""
    if not names:
        return []
    shown = ", ".join(map(str, names[:NAMED])) + ("…" if len(names) > NAMED else "")
    return [
        Message(
            N_("Of that name there are records already, and new ones are made beside them: {count} ({names})."),
            {"count": len(names), "names": shown},
        )
    ]


def fractions(found: Checked, mapped: Mapped) -> list[Message]:
    """Tell of percent columns that look like fractions."""
    return [
        Message(
            N_("All numbers of “{column}” lie between -1 and 1 and are read as percent: 0.12 is 0.12 %, not 12 %."),
            {"column": mapped.heading(name)},
        )
        for name in found.fractions_asked
    ]
