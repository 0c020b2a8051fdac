"""The recycle bin on the screen: what lies there, by kind, with search, and brought back with what went along."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Final

import pyarrow as pa
import streamlit as st

from services.kit import bulk, recycle_bin
from services.kit.entity import ENTITIES, Entity
from services.kit.recycle_bin import Gone
from ui import action, page, session
from ui import format as fmt
from ui.i18n import _

_KIND: Final = "entity"
_MOST: Final = 200
_CAP: Final = 1_000
"""Counted up to here."""


def show() -> None:
    """Draw the page."""
    page.header(_("Recycle bin"))
    counts = session.ask(recycle_bin.counts, most=_CAP)
    kinds = [key for key in counts if counts[key]]
    if not kinds:
        page.empty(_("The recycle bin is empty"), caption=_("What is deleted lies here and can be brought back."))
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        entity = _kind(kinds, counts)
        search = st.text_input(
            _("Search"),
            key=f"recycle_bin.search.{entity.key}",
            icon=":material/search:",
            placeholder=_("Search"),
            label_visibility="collapsed",
            width=235,
        )
        place = st.container(width="content")
    gone = session.ask(recycle_bin.in_bin, entity, search=search or "", limit=_MOST)
    if not gone:
        page.empty(_("Nothing matches."), caption=_("Search for less."))
        return
    chosen = _table(entity, gone)
    with place:
        if page.button(
            _("Bring back"),
            permission=f"{entity.key}.restore",
            primary=True,
            icon=":material/undo:",
            key="bring_back",
            disabled=not chosen,
        ):
            words = _("1 record brought back") if len(chosen) == 1 else _("{n} records brought back")
            action.act(words.format(n=len(chosen)), bulk.restore, entity, chosen, labels=entity.fields, can_undo=True)
    if len(gone) == _MOST:
        st.caption(_("The newest {n} are shown.").format(n=_MOST))


def _kind(kinds: Sequence[str], counts: Mapping[str, int]) -> Entity:
    """Draw the choice of the kind, which stands in the address; a kind that is empty by now gives way to the first."""
    written = str(st.query_params.get(_KIND, ""))
    key = page.keep("recycle_bin.kind", written if written in kinds else kinds[0])

    def named(one: str) -> str:
        number = fmt.number(counts[one]) + ("+" if counts[one] == _CAP else "")
        return f"{_(ENTITIES[one].many)} {number}"

    st.selectbox(
        _("Kind"),
        kinds,
        key=key,
        format_func=named,
        label_visibility="collapsed",
        width=235,
        on_change=lambda: st.query_params.update({_KIND: st.session_state[key]}),
        placeholder=_("Choose"),
    )
    return ENTITIES[st.session_state[key]]


def _table(entity: Entity, gone: Sequence[Gone]) -> list[int]:
    """Draw what lies there and return the ids of the chosen rows."""
    shown = pa.table(
        {
            "title": pa.array([one.title or _("(no name)") for one in gone]),
            "at": pa.array([one.at for one in gone], pa.timestamp("us", tz="UTC")),
            "by": pa.array([one.by or _("System") for one in gone], pa.string()),
            "below": pa.array([_counted(one.below) for one in gone], pa.string()),
        }
    )
    kind = st.column_config
    ids = [one.id for one in gone]
    # The widget belongs to just these rows: a selection made on others is gone rather than moved to wrong ones.
    name = f"recycle_bin.table.{zlib.crc32(repr((entity.key, ids)).encode()):08x}"
    st.session_state["recycle_bin.table"] = name
    event = st.dataframe(
        shown,
        hide_index=True,
        key=name,
        column_config={
            "title": kind.TextColumn(_(entity.one), width="large"),
            "at": kind.DatetimeColumn(
                _("Deleted"), format="YYYY-MM-DD HH:mm", timezone=str(session.database().settings.zone), width=150
            ),
            "by": kind.TextColumn(_("By"), width=150),
            "below": kind.TextColumn(_("With it"), width="medium"),
        },
        on_select="rerun",
        selection_mode="multi-row",
        alt=_("Recycle bin"),
        placeholder="",
    )
    return [ids[row] for row in event.selection.rows if row < len(ids)]


def _counted(below: Mapping[str, int]) -> str | None:
    return " · ".join(f"{_(ENTITIES[key].many)} {fmt.number(count)}" for key, count in below.items()) or None
