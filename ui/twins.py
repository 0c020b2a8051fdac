"""The warning while one enters somebody who may be there already: whose it is, why it is alike, and the way there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from services import duplicates
from services.duplicates import SAME, Hit
from services.kit.entity import ENTITIES, Entity
from ui import format as fmt
from ui import session
from ui.i18n import _

WATCHED: Final = frozenset({"customer", "lead", "contact"})
"""Entities whose new records are looked up."""
_COMPARED: Final = ("name", "company", "phone", "mobile", "email", "website", "tax_number")
_PAGES: Final = {"customer": "customers", "lead": "leads"}


def look(entity: Entity, values: Mapping[str, Any], kept: dict[str, Any]) -> list[Hit]:
    """Return who may be there already; asked anew only when what is compared has changed."""
    if entity.key not in WATCHED:
        return []
    compared = tuple(values.get(name) for name in _COMPARED)
    if kept.get("compared") != compared:
        kept["compared"] = compared
        kept["hits"] = session.ask(duplicates.look, dict(values), entity=entity) if any(compared) else []
    found: list[Hit] = kept["hits"]
    return found


def warn(hits: list[Hit]) -> None:
    """Show who may be there already; nothing for nobody."""
    if not hits:
        return
    first = _("This may be there already:") if len(hits) == 1 else _("These may be there already:")
    st.warning("  \n".join([fmt.plain(first), *(_line(hit) for hit in hits)]), icon=":material/person_search:")


def _line(hit: Hit) -> str:
    """Return one hit: its name with the way there, whose it is, why. A masked one says no name."""
    kind = _(ENTITIES[hit.entity].one)
    reasons = ", ".join(_(reason) for reason in hit.reasons)
    sure = _("the same") if hit.tier == SAME else _("perhaps")
    owner = hit.owner or _("In the public pool")
    told = [kind, *([hit.company] if hit.company else []), owner, f"{sure}: {reasons}"]
    name = fmt.plain(hit.title) if hit.title else fmt.plain(_("Not yours to see"))
    if hit.id is not None and hit.entity in _PAGES:
        name = f"[{name}](/{_PAGES[hit.entity]}?id={hit.id})"
    return f"**{name}** · {fmt.plain(' · '.join(told))}"
