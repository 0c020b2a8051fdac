"""The import history on the screen: a line an import, opened where it stands."""

from __future__ import annotations

from typing import Final

import streamlit as st

from services import imports
from services.imports import Batch
from services.kit.entity import ENTITIES
from ui import format as fmt
from ui import import_steps, import_work, page, session, transfer
from ui.i18n import _

_STEP: Final = 20
_MORE: Final = "imports.more"
_KIND: Final = "kind"


def show() -> None:
    """Draw the page."""
    kinds = {key: _(entity.many) for key, entity in ENTITIES.items() if page.may(f"{key}.import")}
    chosen = str(st.query_params.get(_KIND, ""))
    entity = ENTITIES[chosen] if chosen in kinds else None
    total = session.ask(imports.count, entity)
    page.header(_("Import history"), count=total or None)
    if total or entity:
        _choose(kinds, chosen if entity else None)
    if not total:
        with page.empty(_("Nothing has been imported yet"), caption=_("Every file that is brought in is listed here.")):
            for key in [one for one in ("customer", "lead") if one in kinds]:
                page.button(
                    _("Import: {many}").format(many=kinds[key]),
                    key=f"imports.first.{key}",
                    icon=":material/upload:",
                    on_click=transfer.upload.later,
                    args=(key, None),
                )
        return
    limit = _STEP * st.session_state.get(_MORE, 1)
    found = session.ask(imports.batches, entity, limit=limit)
    for batch in found:
        _line(batch)
    if total > len(found) and st.button(_("Show more"), key="imports.show_more"):
        st.session_state[_MORE] = st.session_state.get(_MORE, 1) + 1
        st.rerun()


def _choose(kinds: dict[str, str], chosen: str | None) -> None:
    """Draw the choice of the kind of records; it stands in the address."""
    key = page.keep("imports.kind", chosen or "")

    def turn() -> None:
        st.query_params[_KIND] = st.session_state[key] or ""
        st.session_state.pop(_MORE, None)

    st.selectbox(
        _("Show"),
        ["", *kinds],
        format_func=lambda one: kinds[one] if one else _("All"),
        key=key,
        on_change=turn,
        label_visibility="collapsed",
        width=235,
    )


def _line(batch: Batch) -> None:
    """Draw one import: what, of whom, when, what came of it, and the way into it."""
    text, color = state(batch)
    with st.container(border=True, key=f"imports_line_{batch.id}"):
        left, right = st.columns([4, 1], vertical_alignment="center")
        with left:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{fmt.plain(batch.file_name)}**", width="content")
                st.badge(fmt.plain(text), color=color)
            said = [_(batch.entity.many), batch.by or _("The system"), fmt.instant(batch.created_at)]
            st.caption(" · ".join(fmt.plain(one) for one in said))
            st.markdown(fmt.plain(_came(batch)))
        with right, st.container(horizontal_alignment="right"):
            st.button(
                _("Open the import"),
                key=f"imports.open.{batch.id}",
                on_click=transfer.upload.later,
                args=(batch.entity.key, None, batch.id),
            )


def _came(batch: Batch) -> str:
    if import_work.is_busy(batch):
        return import_work.working(batch)
    if batch.stage == "revert":
        return _("Taken back: {n} records. Left as they are: {kept}.").format(
            n=fmt.number(batch.reverted), kept=fmt.number(batch.kept)
        )
    if batch.stage in ("", "read"):
        return _("{n} rows").format(n=fmt.number(batch.total)) if batch.total else _("Nothing was read")
    return import_steps.counts(batch)


def state(batch: Batch) -> tuple[str, str]:
    """Return how an import stands in a word, and its colour."""
    if import_work.is_busy(batch):
        return _("At work"), "blue"
    if batch.may_resume:
        return _("Stopped"), "orange"
    if batch.state == "refused":
        return _("Refused"), "red"
    if batch.stage == "revert":
        return _("Taken back"), "gray"
    if batch.stage == "store":
        return (_("Imported, with errors left out"), "orange") if batch.wrong else (_("Imported"), "green")
    if batch.stage == "check":
        return _("Checked, not imported"), "gray"
    return _("Read, not imported"), "gray"
