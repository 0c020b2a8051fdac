"""The way in and out: the sign-in page, the set-up of the first administrator, the ticket that becomes a cookie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import streamlit as st

from services import auth, company
from services.auth import SignInRefused
from services.kit.actor import SYSTEM
from services.kit.errors import Invalid, Refusal
from services.users import USER
from ui import brand, i18n, session
from ui.errors import report
from ui.format import plain
from ui.i18n import _, option, say
from ui.server.addresses import DRAFTS_SCRIPT, SESSION, SESSION_SCRIPT

_TICKET: Final = "sign_in.ticket"
_NOTICE: Final = "sign_in.notice"
_FORM: Final = "sign_in.form"
_LANGUAGE: Final = "sign_in.language"

# The two attributes are our own constants and a random ticket; no user's text is in here.
_REDEEM: Final = (
    '<div data-sandtable-ticket="{ticket}" data-sandtable-session="{address}"></div><script src="{script}"></script>'
)
_FORGET: Final = f'<div data-sandtable-forget="all"></div><script src="{DRAFTS_SCRIPT}"></script>'
_STYLE: Final = """<style>
.stMainBlockContainer { max-width: 26rem; padding-top: 8vh; }
[data-testid="stSidebar"], [data-testid="stSidebarCollapsedControl"] { display: none; }
.st-key-sign_in_title img { width: 3rem; height: 3rem; }
.st-key-sign_in_title h1 { padding: 0; font-size: 1.75rem; }
@media (max-width: 640px) { .stMainBlockContainer { padding-top: 3rem; } }
</style>"""


def show() -> None:
    """Draw what somebody without a session sees, wherever the address points; the address is kept."""
    narrow()
    if ticket := st.session_state.pop(_TICKET, None):
        _redeem(ticket)
        return
    # What was typed and not saved stays in the tab as long as somebody is signed in there.
    st.html(_FORGET, unsafe_allow_javascript=True)
    _head()
    if session.database().ask(SYSTEM, auth.needs_setup):
        _set_up_form()
    else:
        _form()
        _demo_hint()
    _language_switch()


def narrow() -> None:
    """Set one narrow column without a menu, for the pages before the portal."""
    st.html(_STYLE)


def leave(text: str) -> None:
    """Show the sign-in page with a sentence, a message id: the session of this page has just ended."""
    _clear_state()
    notice(text)
    st.rerun()


def notice(text: str) -> None:
    """Keep a sentence for the sign-in page to show: why somebody is there who was signed in."""
    st.session_state[_NOTICE] = text


def sign_out() -> None:
    """End the actor's sessions; the next run shows the sign-in page. For a button's callback."""
    found = session.signed_in()
    if found is not None:
        session.database().run(found.actor, auth.sign_out)
    # A callback belongs to the run that follows it: what it has looked up must not let that run in.
    session.forget()
    _clear_state()
    notice(i18n.N_("You are signed out."))


def was_signed_in() -> None:
    """Remember that this page has had a session, so that losing it is told."""
    st.session_state["sign_in.had"] = True


def _clear_state() -> None:
    """Forget everything this page held for the person: filters, drafts, what was found."""
    kept = i18n.language()
    for key in list(st.session_state):
        del st.session_state[key]
    i18n.choose(kept)


def _head() -> None:
    with st.container(key="sign_in_title", horizontal=True, vertical_alignment="center", gap="small"):
        st.image(brand.icon(), width=48)
        st.title(f"{brand.CHINESE_NAME} {brand.NAME}", anchor=False, width="content")
    st.write(_("Where leadership and sales decide which opportunities to fight for."))
    if st.session_state.pop("sign_in.had", False):
        _clear_state()
        st.info(_("Your session has ended; what you had not saved was not saved. Sign in again."))
    if text := st.session_state.pop(_NOTICE, None):
        st.info(_(text))


def _form() -> None:
    with st.form(_FORM, border=False):
        login = st.text_input(_("Sign-in name"), autocomplete="username", max_chars=100, key="sign_in_login")
        password = st.text_input(
            _("Password"), type="password", autocomplete="current-password", max_chars=200, key="sign_in_password"
        )
        is_sent = st.form_submit_button(_("Sign in"), type="primary", width="stretch")
        if is_sent:
            _try(login, password)


def _try(login: str, password: str) -> None:
    chosen = st.session_state.get(_LANGUAGE)
    with st.spinner(_("Signing in …")):
        try:
            ticket = auth.sign_in(session.database(), login, password, device=device(), language=chosen)
        except SignInRefused as refusal:
            st.error(say(refusal))
            return
    st.session_state[_TICKET] = ticket
    st.rerun()


def _redeem(ticket: str) -> None:
    st.caption(_("Signing in …"))
    st.html(_REDEEM.format(ticket=ticket, address=SESSION, script=SESSION_SCRIPT), unsafe_allow_javascript=True)


def device() -> str:
    """Return how the browser names itself, in a few words: `Chrome on Windows`."""
    agent = st.context.headers.get("User-Agent") or ""
    browsers = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
    systems = {
        "iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows", "Mac OS X": "macOS",
        "CrOS": "ChromeOS", "Linux": "Linux",
    }  # fmt: skip
    browser = next((name for mark, name in browsers.items() if mark in agent), "")
    system = next((name for mark, name in systems.items() if mark in agent), "")
    return " · ".join(part for part in (browser, system) if part) or agent[:60]


def _demo_hint() -> None:
    found = session.database().ask(SYSTEM, company.demo)
    if found is None:
        return
    with st.container(border=True, key="sign_in_demo", gap="small"):
        st.markdown(f"**{_('Demo company')}**")
        st.caption(_("Everything in here is made up. Press a name to fill in the form; all have the password below."))
        st.code(found["password"], language=None)
        with st.container(gap=None):
            for one in found["sign_ins"]:
                role = option(USER.fields["role"], one["role"])
                st.button(
                    f"{plain(one['name'])} :gray[{plain(role)} · {plain(one['login'])}]",
                    key=f"demo_{one['login']}",
                    type="tertiary",
                    on_click=_fill_in,
                    args=(one["login"], found["password"]),
                )


def _fill_in(login: str, password: str) -> None:
    st.session_state["sign_in_login"] = login
    st.session_state["sign_in_password"] = password


def _language_switch() -> None:
    chosen = st.segmented_control(
        _("Language"),
        list(i18n.LANGUAGES),
        format_func=i18n.LANGUAGES.__getitem__,
        default=i18n.language(),
        label_visibility="collapsed",
        key="sign_in_languages",
    )
    if chosen and chosen != i18n.language():
        i18n.choose(chosen)
        st.session_state[_LANGUAGE] = chosen
        st.rerun()


# --- the first administrator --------------------------------------------------------------------------------


def _set_up_form() -> None:
    st.info(_("There is no user yet. Make the first administrator with the secret that the start has printed."))
    with st.form("set_up", border=False):
        secret = st.text_input(_("Set-up secret"), key="set_up_secret")
        name = st.text_input(_("Your name"), key="set_up_name", max_chars=100)
        login = st.text_input(_("Sign-in name"), autocomplete="username", key="set_up_login", max_chars=100)
        password = st.text_input(
            _("Password"), type="password", autocomplete="new-password", max_chars=200, key="set_up_password"
        )
        if st.form_submit_button(_("Create administrator"), type="primary", width="stretch"):
            _set_up(secret, {"name": name, "login": login, "language": i18n.language()}, password)


def _set_up(secret: str, values: Mapping[str, str], password: str) -> None:
    try:
        session.database().run(SYSTEM, auth.set_up, secret, values, password)
    except Invalid as refusal:
        labels = {"secret": _("Set-up secret"), "password": _("Password")}
        for name, message in refusal.fields.items():
            field = USER.fields.get(name)
            st.error(f"{labels.get(name) or (_(field.label) if field else name)}: {plain(say(message))}")
    except Refusal as refusal:
        st.error(plain(say(refusal)))
    except Exception as error:  # noqa: BLE001 - there is no session yet, hence none of the usual roads
        st.error(
            _("Something went wrong on our side. Tell support this number: {reference}").format(reference=report(error))
        )
    else:
        _try(values["login"], password)
