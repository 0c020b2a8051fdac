"""Who changed what on a record, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pandas as pd
import streamlit as st

from services.kit import query, records
from services.kit.entity import Entity
from services.kit.fields import Field
from ui import format as fmt
from ui import session
from ui.i18n import _, label

_ACTIONS = {
    "create": lambda: _("Created"),
    "update": lambda: _("Changed"),
    "delete": lambda: _("Deleted"),
    "restore": lambda: _("Brought back"),
}


def show(entity: Entity, record_id: int) -> None:
    """Draw what was changed on a record, newest first: one line a field."""
    entries = session.ask(records.history, entity, record_id)
    titles = _titles(entity, entries)
    known = entity.known_fields
    lines = []
    for entry in entries:
        at, by = fmt.instant(entry["at"]), entry["by"] or _("System")
        done = _ACTIONS.get(entry["action"], lambda: _("Changed"))()
        fields = {name: pair for name, pair in _pairs(entry["changes"]).items() if name in known}
        if not fields or entry["action"] in ("delete", "restore"):
            lines.append((at, by, done, "", ""))
            continue
        lines += [
            (at, by, label(known[name]), _said(known[name], old, titles), _said(known[name], new, titles))
            for name, (old, new) in fields.items()
        ]
    if not lines:
        st.caption(_("Nothing has been recorded."))
        return
    frame = pd.DataFrame(lines, columns=["at", "by", "what", "was", "is"])
    headings = {"at": _("When"), "by": _("Who"), "what": _("What"), "was": _("Was"), "is": _("Is")}
    st.dataframe(
        frame,
        hide_index=True,
        column_config={name: st.column_config.TextColumn(words) for name, words in headings.items()},
        key=f"{entity.key}.history",
        alt=_("History"),
    )


def _pairs(changes: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return old and new by field; bulk entries keep the new values apart."""
    found = {n: (p[0], p[1]) for n, p in changes.items() if isinstance(p, list) and len(p) == 2}  # noqa: PLR2004
    return found or {name: (None, value) for name, value in dict(changes.get("values") or {}).items()}


def _titles(entity: Entity, entries: list[dict[str, Any]]) -> dict[str, dict[int, str]]:
    """Return the names of all records referred to: one query a table."""
    wanted: dict[str, set[int]] = {}
    known = entity.known_fields
    for entry in entries:
        for name, pair in _pairs(entry["changes"]).items():
            target = known[name].entity if name in known else None
            if target:
                wanted.setdefault(target, set()).update(one for one in pair if isinstance(one, int))
    return {target: session.ask(query.titles, target, sorted(ids)) for target, ids in wanted.items() if ids}


def _said(field: Field, raw: Any, titles: Mapping[str, Mapping[int, str]]) -> str:
    if fmt.is_nothing(raw):
        return ""
    if field.kind == "reference":
        return titles.get(field.entity or "", {}).get(raw, _("unknown"))
    if field.kind == "day":
        return fmt.day(date.fromisoformat(raw))
    if field.kind == "instant":
        return fmt.instant(datetime.fromisoformat(raw))
    return fmt.value(field, raw)
