"""All profiles in sight by how complete they are; those of which nothing has come are marked."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import streamlit as st

from services import profiles
from services.profiles import PROFILE, Sheet
from ui import format as fmt
from ui import page, session
from ui.i18n import _, option
from ui.widgets import row_button

_PAGE: Final = 50
_PLACE: Final = "profiles.after"


def show() -> None:
    """Draw the list, the least complete first, with its two filters."""
    kinds = PROFILE.fields["kind"]
    with st.container(horizontal=True, vertical_alignment="center"):
        kind = st.segmented_control(
            _("Kind"),
            list(kinds.options or {}),
            format_func=lambda code: option(kinds, code),
            label_visibility="collapsed",
            key="profiles.kind",
            on_change=_first_page,
        )
        is_flagged = st.toggle(_("Nothing on the sandbox"), key="profiles.flagged", on_change=_first_page)
    trail: list[Any] = st.session_state.setdefault(_PLACE, [])
    found = session.ask(
        profiles.overview,
        kind=kind,
        is_flagged=is_flagged,
        after=trail[-1] if trail else None,
        limit=_PAGE + 1,
    )
    if not found:
        with page.empty(
            _("No profiles here"),
            caption=_("A profile is begun on the customer's page, under “Profiles”."),
        ):
            page.button(
                _("Look at the customers"),
                permission="customer.read",
                key="profiles.first",
                on_click=page.go_later,
                args=("customers",),
            )
        return
    _table(found[:_PAGE])
    _pager(found, trail)


def _table(sheets: list[Sheet]) -> None:
    kinds = PROFILE.fields["kind"]
    frame = pd.DataFrame(
        {
            "customer": [one.customer for one in sheets],
            "what": [
                option(kinds, one.kind) if one.competitor is None else f"{option(kinds, one.kind)} · {one.competitor}"
                for one in sheets
            ],
            "share": [one.completeness // 100 for one in sheets],
            "edition": [_version(one) for one in sheets],
            "findings": [one.findings for one in sheets],
            "sandbox": [fmt.number(one.on_sandbox) if one.on_sandbox else _("⚑ none") for one in sheets],
        }
    )
    ids = tuple(one.customer_id for one in sheets)
    st.dataframe(
        frame,
        hide_index=True,
        key=f"profiles.table.{hash(ids)}",
        alt=_("Profiles"),
        column_config={
            "customer": row_button("profiles.open", _("Customer"), _open, ids, None, alignment="left"),
            "what": st.column_config.TextColumn(_("Profile")),
            "share": st.column_config.ProgressColumn(
                _("Completeness"), format="%.0f%%", min_value=0, max_value=100, width="small"
            ),
            "edition": st.column_config.TextColumn(_("Version"), width="small"),
            "findings": st.column_config.NumberColumn(_("Findings"), width="small"),
            "sandbox": st.column_config.TextColumn(_("On the sandbox"), width="small", alignment="right"),
        },
    )


def _version(one: Sheet) -> str:
    said = _("none yet") if one.edition == 0 else str(one.edition)
    return _("{version} + draft").format(version=said) if one.has_draft else said


def _open(customer_id: int) -> None:
    page.go_later("customers", id=customer_id, tab="profile")


def _first_page() -> None:
    st.session_state[_PLACE] = []


def _pager(found: list[Sheet], trail: list[Any]) -> None:
    is_more = len(found) > _PAGE
    if not trail and not is_more:
        return
    last = found[min(len(found), _PAGE) - 1]
    with st.container(horizontal=True, horizontal_alignment="right"):
        st.button(
            _("Previous"),
            icon=":material/chevron_left:",
            disabled=not trail,
            key="profiles.previous",
            on_click=trail.pop,
        )
        st.button(
            _("Next"),
            icon=":material/chevron_right:",
            icon_position="right",
            disabled=not is_more,
            key="profiles.next",
            on_click=trail.append,
            args=((last.completeness, last.id),),
        )
