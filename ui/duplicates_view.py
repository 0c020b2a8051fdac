"""Records that are perhaps one: groups of a scan with their reasons, merged in a dialog or put aside for good."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from services import duplicates, merging
from services.duplicates import SAME, Group, Member, worker
from services.kit.entity import Entity
from services.kit.errors import Refusal
from ui import action, merge, page, session, undo
from ui import format as fmt
from ui.entry import lower
from ui.i18n import N_, _, say

_KIND, _VIEW = "kind", "state"
_VIEWS: Final = {"open": N_("To look at"), "dismissed": N_("Not duplicates"), "merged": N_("Merged")}
_STEP: Final = 20
_MORE: Final = "duplicates.more"
_PAGES: Final = {"customer": "customers", "lead": "leads"}


def show() -> None:
    """Draw the page."""
    kinds = {key: entity for key, entity in merging.MERGEABLE.items() if page.may(f"{key}.merge")}
    kind = _chosen(_KIND, {key: _(entity.many) for key, entity in kinds.items()}, "customer")
    page.header(_("Duplicates"))
    with page.toolbar():
        if page.button(
            _("Look for duplicates"), permission=f"{kind}.update", primary=True, icon=":material/search:", key="scan"
        ):
            _scan(kinds[kind])
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        kind = _pick(_KIND, {key: _(entity.many) for key, entity in kinds.items()}, "customer")
        view = _pick(_VIEW, {key: _(words) for key, words in _VIEWS.items()}, "open")
    if view == "merged":
        _merged(kinds[kind])
    else:
        _groups(kinds[kind], view)


def _chosen(name: str, offered: dict[str, str], first: str) -> str:
    written = str(st.query_params.get(name, ""))
    return written if written in offered else first


def _pick(name: str, offered: dict[str, str], first: str) -> str:
    """Draw a choice that stands in the address."""
    key = page.keep(f"duplicates.{name}", _chosen(name, offered, first))

    def turn() -> None:
        st.query_params[name] = st.session_state[key]
        st.session_state.pop(_MORE, None)

    st.segmented_control(
        _("Show"),
        list(offered),
        required=True,
        format_func=offered.__getitem__,
        label_visibility="collapsed",
        key=key,
        on_change=turn,
    )
    return str(st.session_state[key])


def _scan(entity: Entity) -> None:
    """Look through all records and keep what is found; the looking holds nobody up."""
    with st.spinner(_("Looking through all {what}…").format(what=lower(_(entity.many)))):
        try:
            scanned = worker.look_through(session.database(), session.actor(), entity.key)
        except Refusal as refusal:
            st.error(fmt.plain(say(refusal)), icon=":material/error:")
            return
    words = (
        _("1 pair to look at, {new} of them new")
        if scanned.pairs == 1
        else _("{n} pairs to look at, {new} of them new")
    )
    action.announce(words.format(n=fmt.number(scanned.pairs), new=fmt.number(scanned.new)))
    st.rerun()


# --- groups -------------------------------------------------------------------------------------------------


def _groups(entity: Entity, state: str) -> None:
    limit = int(st.session_state.get(_MORE, _STEP))
    found = session.ask(duplicates.groups, entity.key, limit=limit, state=state)
    if not found:
        _nothing(state)
        return
    for number, group in enumerate(found):
        _group(entity, group, number, state)
    if sum(len(group.pairs) for group in found) >= limit:
        st.button(_("Show more"), key="duplicates_more", on_click=_show_more, args=(limit,))


def _nothing(state: str) -> None:
    if state == "dismissed":
        page.empty(_("Nothing has been put aside"), caption=_("What you mark as no duplicate stands here."))
        return
    page.empty(
        _("No duplicates to look at"),
        caption=_("“Look for duplicates” goes through all names, phones, e-mail addresses and tax numbers."),
    )


def _show_more(limit: int) -> None:
    st.session_state[_MORE] = limit + _STEP


def _group(entity: Entity, group: Group, number: int, state: str) -> None:
    """Draw the records of a group, why they may be one, and what can be done."""
    ids = tuple(member.id for member in group.members)
    with st.container(border=True, key=f"duplicates_group_{number}"):
        left, right = st.columns([7, 3], vertical_alignment="center")
        left.markdown("  \n".join([*(_member(entity, member) for member in group.members), _why(group)]))
        with right, st.container(horizontal=True, horizontal_alignment="right"):
            if state == "open":
                if page.button(
                    _("Not a duplicate"), permission=f"{entity.key}.update", key=f"dismiss_{ids[0]}_{ids[-1]}"
                ):
                    action.act(_("Put aside"), _decide, duplicates.dismiss, [pair.id for pair in group.pairs])
                if len(ids) <= merging.MOST and page.button(
                    _("Compare"), permission=f"{entity.key}.merge", key=f"compare_{ids[0]}_{ids[-1]}", primary=True
                ):
                    merge.compare(entity.key, ids)
            elif page.button(_("Look again"), permission=f"{entity.key}.update", key=f"reopen_{ids[0]}_{ids[-1]}"):
                action.act(_("To look at again"), _decide, duplicates.reopen, [pair.id for pair in group.pairs])


def _decide(uow: Any, verb: Any, pair_ids: Sequence[int]) -> None:
    for one in pair_ids:
        verb(uow, one)


def _member(entity: Entity, member: Member) -> str:
    """Return a record in a line; its name opens it in a page of its own, so that the list stays."""
    name = fmt.plain(member.title)
    if entity.key in _PAGES:
        name = f"[{name}](/{_PAGES[entity.key]}?id={member.id})"
    more = [part for part in (member.company, member.owner or _("In the public pool")) if part]
    return f"**{name}** :gray[{fmt.plain(' · '.join(more))}]"


def _why(group: Group) -> str:
    """Return the tier as a badge with the reasons behind it; one record entered twice is nothing that went well."""
    is_same = group.tier == SAME
    badge = f":orange-badge[{_('The same')}]" if is_same else f":gray-badge[{_('Perhaps, please look')}]"
    reasons = dict.fromkeys(reason for pair in group.pairs for reason in pair.reasons)
    return f"{badge} :gray[{fmt.plain(' · '.join(_(reason) for reason in reasons))}]"


# --- what was merged ----------------------------------------------------------------------------------------


def _merged(entity: Entity) -> None:
    """List the latest merges, each with the way back."""
    found = session.ask(merging.recent, entity)
    if not found:
        page.empty(_("Nothing has been merged"), caption=_("What is merged can be parted again from here."))
        return
    for past in found:
        with st.container(border=True, key=f"merged_{past.reference}_{past.into_id}"):
            left, right = st.columns([7, 3], vertical_alignment="center")
            left.markdown(
                fmt.plain(_("{names} into “{into}”").format(names=", ".join(past.names), into=past.into))
                + "  \n"
                + f":gray[{fmt.plain(' · '.join(part for part in (past.by, fmt.ago(past.at)) if part))}]"
            )
            with right, st.container(horizontal=True, horizontal_alignment="right"):
                st.button(
                    _("Undo"),
                    icon=":material/undo:",
                    key=f"part_{past.reference}_{past.into_id}",
                    on_click=undo.take_back,
                    args=(past.reference,),
                )
