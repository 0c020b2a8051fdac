"""The profiles of a customer: what is known, how much of it, what has come of it, and what has changed since."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from services import profiles
from services.kit.errors import NotFound, Refusal
from services.profiles import FINDING, PROFILE, Found, Question, Sheet, Version
from ui import action, page, profile_dialogs, session
from ui import format as fmt
from ui.i18n import _, option, say, tr

_KINDS: Final = {"opportunity": "blue", "risk": "orange", "value": "green"}


def show(customer_id: int) -> None:
    """Draw the profiles of one customer, one at a time."""
    sheets = session.ask(profiles.of_customer, customer_id)
    if not sheets:
        with page.empty(
            _("No profile yet"), caption=_("What do we know of this customer's business, and what follows from it?")
        ):
            _begin_buttons(customer_id, sheets)
        return
    sheets = sorted(sheets, key=lambda one: (one.kind != "customer", one.competitor or ""))
    with st.container(horizontal=True, vertical_alignment="center"):
        names = {one.id: one.competitor or option(PROFILE.fields["kind"], one.kind) for one in sheets}
        chosen = st.segmented_control(
            _("Profile"),
            list(names),
            default=sheets[0].id,
            required=True,
            format_func=lambda one: names.get(one, ""),
            label_visibility="collapsed",
            key=f"profile.{customer_id}",
        )
        _begin_buttons(customer_id, sheets)
    _profile(next((one for one in sheets if one.id == chosen), sheets[0]))


def _begin_buttons(customer_id: int, sheets: Sequence[Sheet]) -> None:
    if not any(one.kind == "customer" for one in sheets):
        page.button(
            _("Begin the customer profile"),
            permission="profile.create",
            icon=":material/add:",
            primary=not sheets,
            key="profile_begin",
            on_click=_begin,
            args=(customer_id,),
        )
    page.button(
        _("Competitor standing"),
        permission="profile.create",
        icon=":material/add:",
        key="profile_rival",
        on_click=profile_dialogs.rival.later,
        args=(customer_id,),
    )


def _begin(customer_id: int) -> None:
    outcome = action.attempt(profiles.begin, customer_id)
    action.announce(_("Profile begun") if outcome.is_done else outcome.sentence)


def _profile(sheet: Sheet) -> None:
    try:
        editions = session.ask(profiles.versions, sheet.id)
        asked = session.ask(profiles.questions, sheet.kind)
        findings = session.ask(profiles.of_profile, sheet.id)
    except (NotFound, Refusal) as refusal:
        st.error(fmt.plain(say(refusal)))
        return
    now = editions[0] if editions else Version(0, {}, 0, is_draft=True)
    _head(sheet, now)
    for section in _sections(asked):
        _section(sheet.id, section, [one for one in asked if one.section == section], now)
    _findings(sheet, findings)
    if len(editions) > 1:
        _compare(sheet.id, editions)


def _sections(asked: Sequence[Question]) -> list[Any]:
    found: list[Any] = []
    for one in asked:
        if one.section not in found:
            found.append(one.section)
    return found


def _head(sheet: Sheet, now: Version) -> None:
    """Say how complete it is, which version this is, and whether anything has come of it."""
    share = sheet.completeness / 10_000
    st.progress(
        share,
        text=_("{share} of what is needed is answered").format(share=fmt.percent(sheet.completeness // 100 * 100)),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        if now.is_draft and now.number:
            st.badge(_("Draft of version {n}").format(n=now.number), color="orange")
        elif now.number:
            st.badge(_("Version {n}").format(n=now.number), color="gray")
        if sheet.is_flagged:
            st.badge(_("Nothing on the sandbox yet"), icon=":material/flag:", color="red")
        else:
            words = _("1 finding on the sandbox") if sheet.on_sandbox == 1 else _("{n} findings on the sandbox")
            st.badge(words.format(n=sheet.on_sandbox), icon=":material/target:", color="green")
        if now.published_at:
            st.caption(
                fmt.plain(" · ".join(x for x in (now.by, fmt.ago(now.published_at), now.note) if x)), width="content"
            )
        if now.is_draft and now.number:
            page.button(
                _("Publish"),
                permission="profile.publish",
                icon=":material/publish:",
                key="profile_publish",
                on_click=profile_dialogs.publish.later,
                args=(sheet.id,),
            )
            if sheet.edition:
                page.button(
                    _("Throw the draft away"),
                    permission="profile.update",
                    key="profile_discard",
                    on_click=_discard,
                    args=(sheet.id,),
                )


def _discard(profile_id: int) -> None:
    outcome = action.attempt(profiles.discard_draft, profile_id)
    action.announce(_("Draft thrown away; the history keeps it") if outcome.is_done else outcome.sentence)


def _section(profile_id: int, section: Any, asked: Sequence[Question], now: Version) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{fmt.plain(tr(section))}**", width="stretch")
        page.button(
            _("Answer"),
            permission="profile.update",
            icon=":material/edit:",
            key=f"answer_{profile_id}_{asked[0].code}",
            on_click=profile_dialogs.answers.later,
            args=(profile_id, dict(section)),
        )
    for one in asked:
        st.caption(fmt.plain(tr(one.wording)))
        value = now.answers.get(one.code)
        if value is None:
            st.markdown(f":gray[{_('Not answered') if one.is_required else fmt.NOTHING}]")
        else:
            st.text(fmt.value(one.field, value))


# --- findings -----------------------------------------------------------------------------------------------


def _findings(sheet: Sheet, findings: Sequence[Found]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(_("What follows from it"), anchor=False, width="stretch")
        page.button(
            _("New finding"),
            permission="finding.create",
            icon=":material/add:",
            key="new_finding",
            on_click=profile_dialogs.finding.later,
            args=(sheet.id,),
        )
    if not findings:
        st.caption(_("Nothing yet. Insight that ends in no opportunity, risk or value is worth nothing."))
    for one in findings:
        _finding(sheet.id, one)


def _finding(profile_id: int, one: Found) -> None:
    kind = fmt.plain(option(FINDING.fields["kind"], one.kind))
    state = fmt.plain(option(FINDING.fields["state"], one.state))
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        text = "  \n".join(fmt.plain(line) for line in one.text.splitlines())
        who = f" · {fmt.plain(one.owner)}" if one.owner else ""
        st.markdown(f":{_KINDS[one.kind]}-badge[{kind}] {text} :gray[{state}{who}]", width="stretch")
        if one.opportunity_id is not None:
            st.button(
                fmt.plain(one.opportunity),
                icon=":material/target:" if one.is_on_sandbox else ":material/flag:",
                type="tertiary",
                key=f"finding_to_{one.id}",
                on_click=page.go_later,
                args=("opportunities",),
                kwargs={"id": one.opportunity_id},
            )
        elif (
            one.kind == "opportunity"
            and one.state != "dropped"
            and not one.is_on_sandbox
            and page.may("opportunity.create")
        ):
            page.button(
                _("Put on the sandbox"),
                permission="finding.update",
                icon=":material/target:",
                key=f"finding_up_{one.id}",
                on_click=profile_dialogs.to_sandbox.later,
                args=(one.id, one.text),
            )
        page.button(
            _("Change"),
            permission="finding.update",
            key=f"finding_{one.id}",
            on_click=profile_dialogs.finding.later,
            args=(profile_id, one.id),
        )


# --- versions -----------------------------------------------------------------------------------------------


def _compare(profile_id: int, editions: Sequence[Version]) -> None:
    """Show answer by answer what has changed between two versions."""
    st.subheader(_("What has changed"), anchor=False)
    names = {one.number: _("Draft") if one.is_draft else _("Version {n}").format(n=one.number) for one in editions}
    numbers = list(names)
    with st.container(horizontal=True):
        before = st.selectbox(
            _("Older version"), numbers, index=1, format_func=lambda n: names[n], key=f"compare_from_{profile_id}"
        )
        after = st.selectbox(
            _("Newer version"), numbers, index=0, format_func=lambda n: names[n], key=f"compare_to_{profile_id}"
        )
    found = session.ask(profiles.difference, profile_id, before, after)
    if not found:
        st.caption(_("Nothing differs."))
    for one in found:
        st.caption(fmt.plain(tr(one.question.wording)))
        for mark, value in (("−", one.before), ("+", one.after)):
            if value is not None:
                st.text(f"{mark} {fmt.value(one.question.field, value)}")
