"""What happened with a customer, by day, newest first; more of it by the key of the last line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from itertools import groupby
from typing import Final

import streamlit as st

from services import timeline
from services.activities import ACTIVITY
from services.collections import RECEIPT
from services.contracts import CONTRACT
from services.kit.errors import Refusal
from services.opportunities import OPPORTUNITY
from services.timeline import Event
from ui import format as fmt
from ui import page, session
from ui.i18n import _, named, option, say, tr

_PAGES: Final = 10
"""Pages shown below each other, by one query; then the next ones begin by themselves."""
_ICONS: Final[Mapping[str, str]] = {
    "activity": ":material/forum:",
    "contract": ":material/contract:",
    "converted": ":material/person_search:",
    "created": ":material/add_circle:",
    "ended": ":material/event_busy:",
    "merged": ":material/merge:",
    "moved": ":material/trending_flat:",
    "opened": ":material/flag:",
    "owner": ":material/swap_horiz:",
    "profile": ":material/fact_check:",
    "receipt": ":material/payments:",
    "signed": ":material/draw:",
}
_CALLS: Final[Mapping[str, str]] = {
    "call": ":material/call:",
    "visit": ":material/location_on:",
    "mail": ":material/mail:",
    "note": ":material/sticky_note_2:",
}


def show(customer_id: int) -> None:
    """Draw the newest lines with what they can be narrowed to, and what brings more."""
    only = st.pills(
        _("Show"),
        timeline.offered(page.may),
        format_func=lambda one: _(timeline.FILTERS[one]),
        label_visibility="collapsed",
        key=f"story.only.{customer_id}",
    )
    key = f"story.{customer_id}.{only}"
    start, pages = st.session_state.get(key, (None, 1))
    try:
        found = session.ask(timeline.timeline, customer_id, only=only, cursor=start, limit=pages * timeline.PAGE)
    except Refusal as refusal:
        st.warning(fmt.plain(say(refusal)))
        return
    events = found.rows
    if start is not None:
        st.button(
            _("Back to the newest"),
            icon=":material/vertical_align_top:",
            key="story_top",
            on_click=_to_top,
            args=(key,),
        )
    if not events:
        page.empty(_("Nothing has happened yet"), caption=_("Log the first call, visit or mail in the box beside."))
        return
    for day, lines in groupby(events, key=lambda one: one.day):
        st.markdown(f":small[:gray[**{fmt.plain(_day(day))}**]]")
        st.markdown("\n\n".join(_line(one) for one in lines))
    if found.next_cursor is not None:
        following = (start, pages + 1) if pages < _PAGES else (found.next_cursor, 1)
        st.button(
            _("Show earlier"), icon=":material/expand_more:", key="story_more", on_click=_more, args=(key, following)
        )


def _more(key: str, following: tuple[str | None, int]) -> None:
    st.session_state[key] = following


def _to_top(key: str) -> None:
    st.session_state.pop(key, None)


def _day(day: date) -> str:
    away = (fmt.today() - day).days
    words = {0: _("Today"), 1: _("Yesterday")}
    return words[away] if away in words else fmt.day(day)


def _line(event: Event) -> str:
    icon = _CALLS.get(event.code or "", _ICONS["activity"]) if event.kind == "activity" else _ICONS[event.kind]
    head, body = _SAID[event.kind](event)
    when = "" if event.is_dated else fmt.clock(event.at)
    who = " · ".join(fmt.plain(part) for part in (event.by, when) if part)
    first = f"{icon} {head} &ensp;:small[:gray[{who}]]"
    return first if not body else f"{first}  \n{body}"


# --- each kind in words: its head line, and what stands below it ----------------------------------------------------


def _activity(event: Event) -> tuple[str, str]:
    words = [f"**{fmt.plain(option(ACTIVITY.fields['kind'], event.code))}**"]
    words += [fmt.plain(part) for part in (event.after, event.about) if part]
    lines = [fmt.plain(line) for line in str(event.what).splitlines() if line.strip()]
    if event.on is not None:
        next_ = " ".join(part for part in (fmt.day(event.on), event.before) if part)
        lines.append(f":gray[:material/event: {fmt.plain(next_)}]")
    return " · ".join(words), "  \n".join(lines)


def _money(event: Event) -> str:
    return "" if event.amount is None else fmt.money(event.amount, event.currency or "")


def _joined(words: str, *parts: str | None) -> tuple[str, str]:
    more = " · ".join(fmt.plain(part) for part in parts if part)
    return f"**{fmt.plain(words)}**" + (f" · {more}" if more else ""), ""


def _opened(event: Event) -> tuple[str, str]:
    return _joined(_("Opportunity entered"), event.about, _money(event))


def _moved(event: Event) -> tuple[str, str]:
    way = f"{tr(event.before)} → {tr(event.after)}" if event.before else f"→ {tr(event.after)}"
    title = {"won": _("Won"), "lost": _("Lost")}.get(event.code or "", way)
    lost = option(OPPORTUNITY.fields["lost_reason"], event.what) if event.code == "lost" and event.what else None
    return _joined(title, event.about, _money(event), lost)


def _contract(event: Event) -> tuple[str, str]:
    stage = option(CONTRACT.fields["stage"], event.code)
    return _joined(named(_("Contract"), stage), event.about, event.what, _money(event))


def _signed(event: Event) -> tuple[str, str]:
    return _joined(_("Contract signed"), event.about, event.what, _money(event))


def _ended(event: Event) -> tuple[str, str]:
    return _joined(_("Contract ended"), event.about, event.what)


def _receipt(event: Event) -> tuple[str, str]:
    return _joined(named(_("Money received"), _money(event)), event.about, option(RECEIPT.fields["method"], event.code))


def _owner(event: Event) -> tuple[str, str]:
    pool = tr(event.about) if event.about else None
    title = {
        "assigned": _("Assigned"),
        "claimed": _("Claimed from the pool"),
        "released": _("Released to the pool"),
        "recycled": _("Went back to the pool"),
        "transferred": _("Transferred"),
        "merged": _("Owner after a merge"),
        "created": _("Created"),
    }.get(event.code or "", _("Owner changed"))
    way = " → ".join(part for part in (event.before or pool, event.after or pool) if part)
    return _joined(title, way, event.what)


def _profile(event: Event) -> tuple[str, str]:
    title = _("Competitor standing") if event.before else _("Customer profile")
    return _joined(title, event.before, _("version {n}").format(n=event.code), event.what)


def _merged(event: Event) -> tuple[str, str]:
    return _joined(_("Merged into this customer"), event.about)


def _converted(event: Event) -> tuple[str, str]:
    return _joined(_("Made from a lead"), event.about)


def _created(event: Event) -> tuple[str, str]:
    if event.what:
        return _joined(_("Imported"), event.what)
    return _joined(_("Customer entered"))


_SAID: Final[Mapping[str, Callable[[Event], tuple[str, str]]]] = {
    "activity": _activity,
    "contract": _contract,
    "converted": _converted,
    "created": _created,
    "ended": _ended,
    "merged": _merged,
    "moved": _moved,
    "opened": _opened,
    "owner": _owner,
    "profile": _profile,
    "receipt": _receipt,
    "signed": _signed,
}
