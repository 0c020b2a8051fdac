"""Whose it is, in dialogs: claim, assign, release, hand over, who works on it, who owned it; a result for each row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Final

import streamlit as st

from services import collaborators, ownership, pools, transfers
from services.customers import CUSTOMER
from services.kit.entity import ENTITIES
from services.kit.errors import Refusal
from services.ownership import Result
from services.transfers import ALONG, Choice
from ui import action, dialog, page, session
from ui import format as fmt
from ui.i18n import N_, _, say, tr
from ui.widgets import table

_DONE: Final = {
    "claimed": (N_("Claimed: 1 is yours now"), N_("Claimed: {n} are yours now")),
    "assigned": (N_("1 assigned"), N_("{n} assigned")),
    "released": (N_("1 released to the pool"), N_("{n} released to the pool")),
    "transferred": (N_("1 handed over"), N_("{n} handed over")),
}
KINDS: Final = {
    "created": N_("Created"),
    "assigned": N_("Assigned"),
    "claimed": N_("Claimed"),
    "released": N_("Released"),
    "recycled": N_("Recycled"),
    "transferred": N_("Handed over"),
    "merged": N_("Merged"),
}
_REASON_LENGTH: Final = 200


# --- a result for each row ----------------------------------------------------------------------------------


def conclude(kind: str, outcome: action.Outcome) -> bool:
    """Tell what came of many: a toast when all went through, else a table; in a callback or a dialog's body.

    Returns whether the verb ran at all.
    """
    if not outcome.is_done:
        return False
    results: list[Result] = outcome.result
    refused = [(one.title, one.message) for one in results if not one.is_done]
    done = len(results) - len(refused)
    one, many = _DONE[kind]
    words = (_(one) if done == 1 else _(many).format(n=fmt.number(done))) if done else ""
    if refused:
        told.later(words, tuple(refused))
    else:
        action.announce(words)
        dialog.close()
    return True


@dialog.dialog(lambda _words, _refused: _("What came of it"), width="medium")
def told(words: str, refused: tuple[tuple[str, Any], ...]) -> None:
    """Say how many went through, and of each other one why not."""
    if words:
        st.success(fmt.plain(words), icon=":material/check:")
    rows = {"title": [title or _("(not to be seen)") for title, _m in refused], "why": [say(m) for _t, m in refused]}
    columns = {
        "title": st.column_config.TextColumn(_("Not these"), width="medium"),
        "why": st.column_config.TextColumn(_("Why"), width="large"),
    }
    table(rows, columns, key="told_not_these", alt=_("Not these"))
    if st.button(_("Close"), type="primary", key=dialog.key("told.close")):
        dialog.finish()


# --- the pool -----------------------------------------------------------------------------------------------


def claim(key: str, ids: Sequence[int]) -> None:
    """Claim records; in a callback."""
    outcome = action.attempt(pools.claim, key, list(ids))
    if not conclude("claimed", outcome):
        action.announce(outcome.sentence)


@dialog.dialog(lambda _key, _ids: _("Assign"))
def assign(key: str, ids: tuple[int, ...]) -> None:
    """Choose to whom records of the pool are given."""
    to = _person(key, "assign.to")
    reason = st.text_input(_("Reason"), key=dialog.key("assign.reason"), max_chars=_REASON_LENGTH)
    if st.button(_("Assign"), type="primary", key=dialog.key("assign.save"), disabled=to is None):
        _run("assigned", partial(action.attempt, pools.assign, key, list(ids), to, reason=reason.strip() or None))


@dialog.dialog(lambda _key, _ids: _("Release to the pool"))
def release(key: str, ids: tuple[int, ...]) -> None:
    """Ask why, and to which pool if there are several."""
    st.write(_("Others may claim it then. What hangs on it stays with it."))
    offered = {one.pool_id: tr(one.name) for one in session.ask(pools.chosen, key)}
    to = None
    if len(offered) > 1:
        to = st.selectbox(
            _("Pool"),
            list(offered),
            index=None,
            format_func=lambda one: offered[one],
            key=dialog.key("release.pool"),
            placeholder=_("The pool of its owner"),
        )
    reason = st.text_input(_("Why?"), key=dialog.key("release.reason"), max_chars=_REASON_LENGTH)
    if st.button(_("Release"), type="primary", key=dialog.key("release.save")):
        _run("released", partial(action.attempt, pools.release, key, list(ids), reason, pool_id=to))


def _run(kind: str, attempt: Callable[[], action.Outcome]) -> None:
    """Run a verb for many from a dialog's body: its results, or what does not hold, below the button."""
    outcome = attempt()
    if conclude(kind, outcome):
        st.rerun()
    action.tell(outcome)


def _person(key: str, name: str, but: int | None = None) -> int | None:
    people = {one: person for one, person in session.ask(ownership.people, key) if one != but}
    return st.selectbox(
        _("New owner"),
        list(people),
        index=None,
        format_func=lambda one: people[one],
        key=dialog.key(name),
        placeholder=_("Choose"),
    )


# --- handing over -------------------------------------------------------------------------------------------


@dialog.dialog(
    lambda _key, ids: _("Hand over") if len(ids) == 1 else _("Hand over {n}").format(n=len(ids)), width="medium"
)
def transfer(key: str, ids: tuple[int, ...]) -> None:
    """Choose to whom, what goes along, and whether the former owner stays for a while."""
    found = session.ask(transfers.preview, key, list(ids))
    people = dict(session.ask(ownership.people, key))
    to = st.multiselect(
        _("New owner"),
        list(people),
        format_func=lambda one: people[one],
        key=dialog.key("transfer.to"),
        placeholder=_("Choose"),
        max_selections=max(1, len(ids)),
        select_all=False,
    )
    if len(to) > 1:
        st.caption(_("They are dealt out in turn."))
    along = {code for code in ALONG if found.along.get(code) and _goes(code, found.along[code])}
    if key == "customer":
        st.caption(_("Contacts follow their customer anyhow."))
    stays, until, writes = _stays() if key == "customer" else (False, None, False)
    reason = st.text_input(_("Reason"), key=dialog.key("transfer.reason"), max_chars=_REASON_LENGTH)
    if st.button(_("Hand over"), type="primary", key=dialog.key("transfer.save"), disabled=not to):
        choice = Choice(
            tuple(to),
            frozenset(along),
            reason.strip() or None,
            stays=stays,
            stays_until=until,
            stays_writing=writes,
        )
        _run("transferred", partial(action.attempt, transfers.transfer, key, list(ids), choice))


def _goes(code: str, number: int) -> bool:
    words = f"{_(ALONG[code])}: {fmt.number(number)}"
    return bool(st.checkbox(words, value=True, key=dialog.key(f"transfer.{code}")))


def _stays() -> tuple[bool, Any, bool]:
    """Ask whether the former owner stays as a collaborator, until when, and whether they may change things."""
    stays = bool(st.checkbox(_("The former owner stays as a collaborator"), key=dialog.key("transfer.stays")))
    if not stays:
        return False, None, False
    until = st.date_input(
        _("Until"), fmt.today() + timedelta(days=30), key=dialog.key("transfer.until"), format="YYYY-MM-DD"
    )
    return True, until, bool(st.checkbox(_("May change it"), key=dialog.key("transfer.writes")))


@dialog.dialog(lambda _user_id: _("Hand over all work"), width="medium")
def hand_over(user_id: int) -> None:
    """Show what somebody has, and deal it all out to others."""
    try:
        has = session.ask(transfers.estate, user_id)
    except Refusal as refusal:
        st.error(fmt.plain(say(refusal)))
        return
    st.markdown(f"**{fmt.plain(has.name)}**")
    counts = {key: number for key, number in has.counts.items() if number}
    if not counts:
        st.write(_("There is nothing to hand over."))
        return
    st.write(" · ".join(f"{_(ENTITIES[key].many)} {fmt.number(number)}" for key, number in counts.items()))
    people = {one: name for one, name in session.ask(ownership.people, "customer") if one != user_id}
    to = st.multiselect(
        _("New owner"),
        list(people),
        format_func=lambda one: people[one],
        key=dialog.key("leaver.to"),
        placeholder=_("Choose"),
        select_all=False,
    )
    st.caption(_("Dealt out in turn. Open opportunities and contracts go along with their customers."))
    reason = st.text_input(_("Reason"), key=dialog.key("leaver.reason"), max_chars=_REASON_LENGTH)
    if st.button(_("Hand over"), type="primary", key=dialog.key("leaver.save"), disabled=not to):
        outcome = action.attempt(transfers.hand_over, user_id, list(to), reason=reason.strip() or None)
        if not outcome.is_done:
            action.tell(outcome)
            return
        went = [f"{_(ENTITIES[key].many)} {fmt.number(number)}" for key, number in outcome.result.items() if number]
        action.announce(_("Handed over: {what}").format(what=", ".join(went)))
        dialog.finish()


# --- who works on it, who owned it --------------------------------------------------------------------------


@dialog.dialog(lambda _customer_id: _("Collaborators"), width="medium")
def helpers(customer_id: int) -> None:
    """Show who works on a customer besides its owner, and let others in or out."""
    found = session.ask(collaborators.of_customer, customer_id)
    may = page.may("customer.share")
    if not found:
        st.caption(_("Nobody yet. A collaborator sees the customer and all that hangs on it until a day you choose."))
    for one in found:
        _helper(customer_id, one, may=may)
    if may:
        _let_in(customer_id)


def _helper(customer_id: int, one: collaborators.Helper, *, may: bool) -> None:
    said = [_("May change it") if one.can_write else _("Reads and logs activities")]
    if one.is_over:
        said.append(_("over since {day}").format(day=fmt.day(one.until_on)))
    elif one.until_on is not None:
        said.append(_("until {day}").format(day=fmt.day(one.until_on)))
    said += [one.reason] if one.reason else []
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"**{fmt.plain(one.name)}** :gray[{fmt.plain(' · '.join(said))}]", width="content")
        if may and st.button(_("Take off"), type="tertiary", key=dialog.key(f"helper.{customer_id}.{one.user_id}")):
            action.act(
                _("{name} no longer works on it").format(name=one.name), collaborators.unshare, one.collaborator_id
            )


def _let_in(customer_id: int) -> None:
    st.markdown(f"**{_('Let somebody in')}**")
    people = dict(session.ask(collaborators.candidates))
    who = st.selectbox(
        _("Person"),
        list(people),
        index=None,
        format_func=lambda one: people[one],
        key=dialog.key("share.who"),
        placeholder=_("Choose"),
    )
    left, right = st.columns(2)
    until = left.date_input(_("Until"), None, key=dialog.key("share.until"), format="YYYY-MM-DD")
    ways = {False: _("Reads and logs activities"), True: _("May change it, too")}
    with right:
        writes = st.segmented_control(
            _("May"),
            list(ways),
            default=False,
            required=True,
            format_func=lambda one: ways[one],
            key=dialog.key("share.writes"),
        )
    reason = st.text_input(_("Reason"), key=dialog.key("share.reason"), max_chars=_REASON_LENGTH)
    if st.button(_("Let in"), type="primary", key=dialog.key("share.save"), disabled=who is None):
        terms = {"can_write": bool(writes), "until_on": until, "reason": reason.strip() or None}
        done = _("{name} works on it now").format(name=people.get(who or 0, ""))
        action.act(done, collaborators.share, customer_id, who, **terms)


@dialog.dialog(lambda _key, _record_id: _("Owners so far"), width="large")
def owners(key: str, record_id: int) -> None:
    """Show who owned a record, from whom it came and why."""
    rows = session.ask(ownership.history, ENTITIES[key], record_id)
    shown = {
        "at": [fmt.instant(one.at) for one in rows],
        "how": [_(KINDS[one.kind]) for one in rows],
        "from": [one.from_name or ("" if one.kind == "created" else _pool(one)) for one in rows],
        "to": [one.to_name or _pool(one) for one in rows],
        "why": [one.reason or "" for one in rows],
        "by": [one.by or _("The portal itself") for one in rows],
    }
    titles = {
        "at": _("When"),
        "how": _("How"),
        "from": _("Previous owner"),
        "to": _("New owner"),
        "why": _("Reason"),
        "by": _("By"),
    }
    columns = {name: st.column_config.TextColumn(title) for name, title in titles.items()}
    table(shown, columns, key="owners_so_far", alt=_("Owners so far"))


def _pool(one: ownership.Owned) -> str:
    return _("Pool: {name}").format(name=tr(one.pool)) if one.pool else _("Public pool")


# --- what a list offers for its selected rows ---------------------------------------------------------------


def selected_actions(key: str, ids: Sequence[int]) -> None:
    """Draw hand over, release and lock for the selected rows of the list of customers or leads."""
    if not ids:
        return
    chosen = tuple(ids)
    if page.may(f"{key}.assign") and key == CUSTOMER.key:
        st.button(_("Hand over"), key=f"{key}.hand_over", on_click=transfer.later, args=(key, chosen))
    if page.may(f"{key}.release"):
        st.button(_("Release"), key=f"{key}.release", on_click=release.later, args=(key, chosen))
