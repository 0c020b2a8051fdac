"""What a person sees and changes of their own account: language, password, devices."""

from __future__ import annotations

from typing import Final

import streamlit as st

from services import auth, users
from services.auth import Device
from services.kit.errors import Invalid, Refusal
from services.users import USER
from ui import format as fmt
from ui import i18n, session, sign_in, widgets
from ui.action import act
from ui.format import plain
from ui.i18n import N_, _, option, say

_DEVICES: Final = 8
"""Devices shown at once: this one first, then the last used."""
_CHANGED: Final = N_("Your password is changed. Sign in with the new one; your other devices are signed out, too.")


def person() -> None:
    """Draw who one is: name, role."""
    actor = session.actor()
    widgets.facts([(_("Full name"), actor.name), (_("Role"), option(USER.fields["role"], actor.role))])


def language() -> None:
    """Draw the choice of language, kept on the user."""
    st.subheader(_("Language"), anchor=False)
    actor = session.actor()
    chosen = st.segmented_control(
        _("Language"),
        list(i18n.LANGUAGES),
        format_func=i18n.LANGUAGES.__getitem__,
        default=actor.language,
        key="account_language",
        label_visibility="collapsed",
    )
    if chosen and chosen != actor.language:
        act(i18n.translate(N_("Language changed"), chosen), users.set_language, chosen)


def password() -> None:
    """Draw the form that changes one's own password."""
    st.subheader(_("Password"), anchor=False)
    st.caption(
        _("At least {min} characters, none of the common ones. Changing it signs you out everywhere.").format(
            min=auth.SHORTEST_PASSWORD
        )
    )
    with st.container(width=420):
        _password_form()


def choose_password() -> None:
    """Draw the page of somebody who signed in with a one-time password: nothing else is open to them yet."""
    sign_in.narrow()
    st.title(_("Choose your password"), anchor=False)
    st.write(_("You signed in with a one-time password. Choose one of your own, then sign in with it."))
    _password_form()
    st.button(_("Sign out"), on_click=sign_in.sign_out, key="choose_sign_out")


def _password_form() -> None:
    with st.form("account_password", border=False):
        current = st.text_input(
            _("Current password"), type="password", autocomplete="current-password", max_chars=200, key="password_old"
        )
        current_error = st.empty()
        new = st.text_input(
            _("New password"), type="password", autocomplete="new-password", max_chars=200, key="password_new"
        )
        new_error = st.empty()
        again = st.text_input(
            _("New password again"), type="password", autocomplete="new-password", max_chars=200, key="password_again"
        )
        again_error = st.empty()
        is_sent = st.form_submit_button(_("Change password"), type="primary")
    if not is_sent:
        return
    if new != again:
        again_error.error(_("This is not the same as the new password above."))
        return
    places = {"current": current_error, "new": new_error}
    try:
        auth.change_password(session.database(), session.verify(), current, new)
    except Invalid as refusal:
        for name, message in refusal.fields.items():
            places[name].error(plain(say(message)))
    except Refusal as refusal:
        st.error(plain(say(refusal)))
    else:
        sign_in.leave(_CHANGED)


def devices(user_id: int | None = None) -> None:
    """Draw where a user is signed in, one's own by default, with a button to end each."""
    if user_id is None:
        st.subheader(_("Devices"), anchor=False)
    found = session.signed_in()
    current = found.session_id if found else None
    rows = sorted(session.ask(auth.devices, user_id, current=current), key=lambda row: not row.is_this)
    if not rows:
        st.caption(_("Not signed in anywhere."))
    for row in rows[:_DEVICES]:
        _device(row)
    if len(rows) > _DEVICES:
        # Each one is a button with a state of its own: a hundred of them made the page the slowest of all.
        more = _("All {count} devices").format(count=len(rows))
        if st.toggle(more, key=f"all_devices_{user_id or 'own'}"):
            for row in rows[_DEVICES:]:
                _device(row)


def _device(row: Device) -> None:
    with st.container(
        border=True, horizontal=True, vertical_alignment="center", key=f"device_{row.session_id}", width=640
    ):
        with st.container(gap=None):
            st.markdown(
                plain(row.device or _("Unknown device")) + (f" :blue-badge[{_('this device')}]" if row.is_this else "")
            )
            st.caption(
                _("Signed in {since}, last used {last}").format(
                    since=fmt.instant(row.created_at), last=fmt.ago(row.last_seen_at)
                )
            )
        if st.button(_("End"), key=f"end_device_{row.session_id}", help=_("Signs this device out")):
            act(_("Device signed out"), auth.end_device, row.session_id)
