"""What stands around every page: the mark, and at the foot of the menu the person."""

from __future__ import annotations

from typing import Final

import streamlit as st

from services import users
from services.kit.actor import Actor
from services.users import USER
from ui import brand, i18n, menu, search_view, session, sign_in, theme
from ui.format import plain
from ui.i18n import _, option

_ACCOUNT: Final = next(entry for entry in menu.MENU if entry.url_path == "account")
_STYLE: Final = """<style>
[data-testid="stSidebarContent"] { display: flex; flex-direction: column; background: inherit; }
[data-testid="stSidebarUserContent"] { margin-top: auto; padding-bottom: 1.25rem; }
[data-testid="stSidebarUserContent"] { position: sticky; bottom: 0; z-index: 1; background: inherit; }
[data-testid="stSidebarHeader"] img { height: 2rem; }
</style>"""


def sidebar(actor: Actor) -> None:
    """Draw the mark above the menu and the person's own menu below it."""
    st.html(_STYLE)
    st.logo(brand.wordmark(is_dark=theme.is_dark()), size="large", icon_image=brand.icon())
    with st.sidebar, st.container(key="person", gap="small"):
        search_view.button()
        role = option(USER.fields["role"], actor.role)
        with st.popover(plain(actor.name), icon=":material/account_circle:", width="stretch"):
            st.caption(plain(role))
            st.segmented_control(
                _("Language"),
                list(i18n.LANGUAGES),
                format_func=i18n.LANGUAGES.__getitem__,
                default=actor.language,
                key="person_language",
                label_visibility="collapsed",
                on_change=_switch_language,
            )
            st.page_link(
                menu.page(_ACCOUNT, i18n.language()), label=_("Your account"), icon=":material/manage_accounts:"
            )
            st.button(
                _("Sign out"),
                icon=":material/logout:",
                key="person_sign_out",
                width="stretch",
                on_click=sign_in.sign_out,
                help=_("Signs you out on all your devices"),
            )


def _switch_language() -> None:
    chosen = st.session_state.get("person_language")
    if chosen:
        session.database().run(session.verify(), users.set_language, chosen)
        session.forget()
