"""Search over everything at once: what is called so, sounds so, or has that number, as far as the reader may see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from db.search import normal_form, query_alternatives
from services.kit import query, seeing
from services.kit.entity import ENTITIES, Entity
from services.kit.errors import Forbidden
from services.kit.query import Query
from services.kit.unit_of_work import UnitOfWork

EACH: Final = 5
"""Hits shown of each kind; the list shows the rest."""
_LOOKED_AT: Final = 25
"""Newest hits of a kind among which the best are chosen."""
SEARCHED: Final[Mapping[str, tuple[str, ...]]] = {
    "customer": ("level", "region", "owner_id"),
    "contact": ("customer_id", "title"),
    "lead": ("company", "status", "owner_id"),
    "opportunity": ("customer_id", "stage_id", "amount", "currency"),
    "contract": ("number", "customer_id", "amount", "currency"),
    "receipt": ("customer_id", "amount", "currency"),
    "product": ("code",),
}
"""Entity -> what is told of a hit beside its name, in the order of the screen."""


@dataclass(frozen=True)
class Hit:
    """A record that was found."""

    entity: str
    record_id: int
    title: str
    facts: Mapping[str, Any]
    """Field -> value, of `SEARCHED`; a reference's title stands under the field's name."""
    because: str | None
    """The field that has what was typed, where the name does not show it."""
    parent_id: int | None
    """The customer's id, for what is shown on a customer's page."""


@dataclass(frozen=True)
class Group:
    """The hits of one kind, the best first."""

    entity: str
    hits: tuple[Hit, ...]
    has_more: bool


def find(uow: UnitOfWork, written: str, *, each: int = EACH) -> list[Group]:
    """Return what the reader may see and what matches, by kind. Empty for less than two letters.

    What is typed exactly (a code, a whole name) comes first, then names that begin so, then those that have it, then
    what merely sounds so; among equals the newest. Two queries for all, then one a kind, on SQLite two. Raises
    Forbidden for somebody who may read none of it.
    """
    if not any(uow.actor.may(f"{key}.read") for key in SEARCHED):
        raise Forbidden("customer.read")
    if not query_alternatives(written):
        return []
    readable = [ENTITIES[key] for key in SEARCHED if key in ENTITIES and uow.actor.may(f"{key}.read")]
    searched = [entity for entity in readable if entity.is_searchable]
    how = seeing.ways(uow, searched)
    found = (_group(uow, entity, written, each, how[entity.key]) for entity in searched)
    return [group for group in found if group]


def _group(uow: UnitOfWork, entity: Entity, written: str, each: int, how: seeing.Way) -> Group | None:
    told = [name for name in SEARCHED[entity.key] if name in entity.fields]
    matched = [name for name, field in entity.fields.items() if field.searchable and not field.is_custom]
    columns = tuple(dict.fromkeys((entity.title, *told, *matched)))
    asked = Query(search=written, limit=_LOOKED_AT, columns=columns)
    page = query.page(uow, entity, asked, is_counted=False, how=how)
    if not page.ids:
        return None
    rows = [dict(zip(page.columns, row, strict=True)) for row in zip(*page.columns.values(), strict=True)]
    wanted = normal_form(written).strip()
    rows.sort(key=lambda row: _rank(wanted, [str(row[name] or "") for name in (entity.title, *matched)]))
    hits = tuple(_hit(entity, row, told, matched, wanted) for row in rows[:each])
    return Group(entity.key, hits, has_more=len(rows) > each or page.next_cursor is not None)


def _rank(wanted: str, texts: Sequence[str]) -> int:
    normal = [normal_form(text) for text in texts]
    if wanted in normal:
        return 0
    if normal[0].startswith(wanted):
        return 1
    return 2 if any(wanted in text for text in normal) else 3


def _hit(entity: Entity, row: Mapping[str, Any], told: Sequence[str], matched: Sequence[str], wanted: str) -> Hit:
    title = str(row[entity.title])
    because = None
    if wanted not in normal_form(title):
        digits = "".join(one for one in wanted if one.isdigit())
        others = (name for name in matched if name != entity.title and row[name])
        because = next((name for name in others if _holds(str(row[name]), wanted, digits)), None)
    facts = {name: row.get(name + query.TITLE, row[name]) for name in told}
    if because and because not in facts:
        facts[because] = row[because]
    parent = row["id"] if entity.key == "customer" else row.get("customer_id")
    return Hit(entity.key, row["id"], title, facts, because, parent)


def _holds(text: str, wanted: str, digits: str) -> bool:
    if wanted in normal_form(text):
        return True
    bare = "".join(one for one in text if one.isdigit())
    return len(digits) >= 4 and (digits in bare or bare in digits)  # noqa: PLR2004 - as db/search.py reads numbers
