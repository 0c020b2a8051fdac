"""One box for everything: as one types, what is called so, by kind; a hit opens its page."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from services import search as service
from services.kit import query
from services.kit.entity import ENTITIES
from services.search import Group, Hit
from ui import dialog, page, session
from ui import format as fmt
from ui.i18n import _, label
from ui.server.addresses import FOCUS_SCRIPT

_PAGES: Final = {
    "customer": "customers",
    "contact": "contacts",
    "lead": "leads",
    "opportunity": "opportunities",
    "contract": "contracts",
    "receipt": "collections",
}
"""Entity -> page that shows it. What has none is told, not opened."""
_MONEY: Final = frozenset({"amount"})


def button() -> None:
    """Draw the button that opens the box; Ctrl+K presses it, from every page."""
    st.button(
        _("Search"),
        icon=":material/search:",
        key="search_open",
        width="stretch",
        shortcut="Ctrl+K",
        on_click=_open_box,
    )


def _open_box() -> None:
    box.later()


@dialog.dialog(lambda: _("Search"), width="medium")
def box() -> None:
    """Ask for what is wanted and show what was found."""
    written = st.text_input(
        _("Name, pinyin, phone or number"),
        key=dialog.key("search_text"),
        max_chars=100,
        live=True,
        icon=":material/search:",
        placeholder=_("Name, pinyin, phone or number"),
        label_visibility="collapsed",
    )
    st.html(f'<script src="{FOCUS_SCRIPT}"></script>', unsafe_allow_javascript=True)  # our own constant, no data
    written = (written or "").strip()
    if not written:
        st.caption(_("Customers, contacts, leads, opportunities and contracts, as far as you may see them."))
        st.caption(
            _("A part of a name is enough; so are pinyin (huawei), initials (hw) and the end of a phone number.")
        )
        return
    groups = session.ask(service.find, written)
    if not groups:
        too_short = len(written) < 2  # noqa: PLR2004 - what db/search.py looks for has two letters at least
        st.write(
            _("Type one more character.")
            if too_short
            else _("Nothing found. Try a shorter part of the name, or the phone number.")
        )
    for group in groups:
        _group(group, written)


def _group(group: Group, written: str) -> None:
    entity = ENTITIES[group.entity]
    with st.container(gap=None, key=f"group_{group.entity}"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.caption(_(entity.many), width="content")
            if group.has_more and group.entity in _PAGES:
                st.button(
                    _("All"),
                    key=f"all_{group.entity}",
                    type="tertiary",
                    on_click=_open,
                    args=(_PAGES[group.entity], {"q": written}),
                )
        for hit in group.hits:
            _hit(hit)


def _hit(hit: Hit) -> None:
    entity = ENTITIES[hit.entity]
    told = []
    for name, value in hit.facts.items():
        if value in (None, "") or name in ("currency", entity.title):
            continue
        shown = _shown(hit, name, value)
        told.append(f"{label(entity.fields[name])} {shown}" if name == hit.because else shown)
    line = f"**{fmt.plain(hit.title)}**" + (f" :gray[{fmt.plain(' · '.join(told))}]" if told else "")
    key = f"hit_{hit.entity}_{hit.record_id}"
    if hit.entity not in _PAGES:
        st.markdown(line)
        return
    st.button(line, key=key, type="tertiary", on_click=_open, args=_target(hit))


def _shown(hit: Hit, name: str, value: Any) -> str:
    if name in _MONEY:
        return fmt.money(value, str(hit.facts.get("currency") or ""), short=True)
    field = ENTITIES[hit.entity].fields[name]
    return fmt.value(field, 1 if field.kind == "reference" else value, {f"{name}{query.TITLE}": value})


def _target(hit: Hit) -> tuple[str, dict[str, Any]]:
    if hit.entity in ("customer", "lead", "opportunity", "contract"):
        return _PAGES[hit.entity], {"id": hit.record_id}
    if hit.entity == "contact" and hit.parent_id:
        return "customers", {"id": hit.parent_id}
    return _PAGES[hit.entity], {"q": hit.title}


def _open(url_path: str, parameters: dict[str, Any]) -> None:
    dialog.close()
    page.go_later(url_path, **parameters)
