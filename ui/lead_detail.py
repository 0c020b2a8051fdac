"""A lead on one page: who it is, what is next, what happened, how it is graded and what became of it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from services import duplicates, leads
from services.activities import ACTIVITY
from services.kit import query, records
from services.kit.errors import NotFound
from services.leads import LEAD
from ui import form, grade, history, lead_dialogs, merge, page, quick_log, session, subject, twins
from ui import format as fmt
from ui.i18n import _, label, option
from ui.widgets import badge

_FACTS = ("company", "title", "phone", "email", "industry", "region", "source", "unqualified_reason", "notes")
_SECTION = "section"


def show(lead_id: int) -> None:
    """Draw the page of one lead, or say that there is none."""
    try:
        lead = session.ask(records.get, LEAD, lead_id)
    except NotFound:
        merge.point_on(LEAD, lead_id)
        page.not_found(_("Back to the leads"))
    st.button(_("Leads"), icon=":material/arrow_back:", type="tertiary", on_click=page.back_to_list, key="back_to_list")
    page.header(lead.name, caption=_standing(lead))
    with page.toolbar():
        _tools(lead)
    if lead.converted_at is not None:
        _became(lead)
    else:
        _known(lead)
    left, right = st.container(key="customer_page").columns([5, 3], gap="large")
    with right:
        badge(LEAD.fields["status"], lead.status)
        if lead.converted_at is None and (lead.status in leads.OPEN_STATUSES or lead.next_step_on is not None):
            subject.next_step(lead)  # that none is planned is no omission for one that was given up
        if page.may("activity.create"):
            quick_log.box("lead_id", lead)
        grade.box(lead)
        _facts(lead)
    with left:
        _sections(lead)


def _standing(lead: Any) -> str:
    """Return company, owner and last contact in one line."""
    owner = session.ask(query.titles, "user", [lead.owner_id]).get(lead.owner_id) if lead.owner_id else None
    parts = [lead.company, owner or _("In the lead pool")]
    if lead.last_activity_at:
        parts.append(_("last contact {when}").format(when=fmt.ago(lead.last_activity_at)))
    else:
        parts.append(_("no contact yet"))
    return " · ".join(parts)


def _tools(lead: Any) -> None:
    after = leads.NEXT_STATUSES[lead.status]
    if after and page.may("lead.update"):
        field = LEAD.fields["status"]
        st.menu_button(
            _("Change status"),
            after,
            format_func=lambda code: option(field, code),
            key="lead_status",
            on_click=lambda: lead_dialogs.change_status((lead.id,), st.session_state["lead_status"]),
        )
    if page.button(_("Edit"), permission="lead.update", icon=":material/edit:", key="lead_edit"):
        form.edit(LEAD, lead.id)
    if lead.converted_at is None and page.button(
        _("Convert"),
        permission="lead.convert",
        primary=lead.status in leads.OPEN_STATUSES,
        icon=":material/domain_add:",
        key="lead_convert",
    ):
        lead_dialogs.convert(lead.id)


def _became(lead: Any) -> None:
    """Say what became of a lead, each a way there, and offer to take it back."""
    made = session.ask(leads.conversion_of, lead.id)
    day = fmt.day(lead.converted_at.astimezone(session.database().settings.zone).date())
    with st.container(horizontal=True, vertical_alignment="center", gap="small", border=True, key="lead_became"):
        st.markdown(f":material/check_circle: {fmt.plain(_('Converted on {day}').format(day=day))}", width="content")
        links = [("customer", "customers", lead.customer_id)]
        if made is not None and made.opportunity_id is not None:
            links.append(("opportunity", "opportunities", made.opportunity_id))
        for key, url_path, record_id in links:
            title = session.ask(query.known_titles, key, [record_id]).get(record_id) if record_id else None
            if title is not None and page.may(f"{key}.read"):
                st.button(
                    fmt.plain(title),
                    type="tertiary",
                    key=f"became_{key}",
                    icon=":material/arrow_forward:",
                    on_click=page.go_later,
                    args=(url_path,),
                    kwargs={"id": record_id},
                )
        if made is not None and page.button(
            _("Take back"), permission="lead.convert", icon=":material/undo:", key="lead_revert"
        ):
            lead_dialogs.take_back(lead.id)


def _known(lead: Any) -> None:
    """Say who may be there already, before somebody works for nothing."""
    values = {name: getattr(lead, name) for name in ("name", "company", "phone", "email")}
    twins.warn(session.ask(duplicates.look, values, entity=LEAD, but=lead.id, limit=3))


def _facts(lead: Any) -> None:
    names = [name for name in (*_FACTS, *_added()) if not fmt.is_nothing(getattr(lead, name))]
    fields = LEAD.fields
    lines = [
        f":gray[{fmt.plain(label(fields[name]))}] &ensp;{fmt.plain(fmt.value(fields[name], getattr(lead, name)))}"
        for name in names
    ]
    if lines:
        st.markdown("  \n".join(lines))


def _added() -> tuple[str, ...]:
    return tuple(name for name in LEAD.writable if name.startswith("c_"))


def _sections(lead: Any) -> None:
    """Draw the chosen section alone: hidden tabs would compute everything."""
    offered = {"activity": _(ACTIVITY.many)} if page.may("activity.read") else {}
    offered["history"] = _("History")
    written = st.query_params.get(_SECTION, "")
    chosen = page.keep("lead_section", written if written in offered else next(iter(offered)))
    section = st.segmented_control(
        _("Section"),
        list(offered),
        required=True,
        format_func=lambda one: offered[one],
        label_visibility="collapsed",
        key=chosen,
        on_change=lambda: st.query_params.update({_SECTION: st.session_state[chosen]}),
    )
    if section == "activity":
        subject.timeline("lead_id", lead.id)
    else:
        history.show(LEAD, lead.id)
