"""What the page of anybody one talks to has: what is next, the one box to write, what happened."""

from __future__ import annotations

from typing import Any

import streamlit as st

from services import activities
from services.activities import ACTIVITY
from services.kit import query
from ui import action, page, session
from ui import format as fmt
from ui.i18n import _, label


def next_step(record: Any) -> None:
    """Say what is next and when; nothing planned is said as well, since it should not stay so."""
    if record.next_step_on is None:
        st.markdown(f":gray[:material/event: {_('No next step is planned.')}]")
        return
    is_late = record.next_step_on < fmt.today()
    when = f"{fmt.day(record.next_step_on)} · {fmt.days_from_today(record.next_step_on)}"
    mark = f":red[:material/event_busy: {fmt.plain(when)}]" if is_late else f":material/event: {fmt.plain(when)}"
    st.markdown(f"**{mark}**  \n{fmt.plain(record.next_step or _('Next step'))}")


def log_box(name: str, record: Any) -> None:
    """Log what happened and what is next, in one go; what was typed stays when it is refused.

    `name` is the activity's link: `lead_id`, `customer_id`. A step that is due is done by it; one still to come stays
    unless another is named.
    """
    is_due = record.next_step_on is not None and record.next_step_on <= fmt.today()
    counter = f"{name}.log"
    number = st.session_state.setdefault(counter, 0)

    def key(part: str) -> str:
        return f"{counter}.{record.id}.{number}.{part}"

    fields = ACTIVITY.fields
    kinds = [code for code in fields["kind"].options or {} if code != "system"]
    with st.form(key("form"), border=True):
        kind = st.segmented_control(
            label(fields["kind"]),
            kinds,
            default="call",
            required=True,
            format_func=lambda code: fmt.value(fields["kind"], code),
            label_visibility="collapsed",
            key=key("kind"),
        )
        summary = st.text_area(
            label(fields["summary"]), key=key("summary"), placeholder=_("What happened?"), label_visibility="collapsed"
        )
        day, what = st.columns(2)
        next_on = day.date_input(label(fields["next_step_on"]), None, key=key("day"), format="YYYY-MM-DD")
        step = what.text_input(label(fields["next_step"]), key=key("step"), max_chars=fields["next_step"].max_length)
        if st.form_submit_button(_("Log activity"), type="primary"):
            action.act(
                _("Activity logged"),
                activities.log,
                **{name: record.id},
                kind=kind,
                summary=summary.strip(),
                next_step_on=next_on,
                next_step=step.strip() or None,
                is_step_done=is_due,
                labels=fields,
                then=lambda _activity: st.session_state.update({counter: number + 1}),
            )


def timeline(name: str, record_id: int) -> None:
    """Draw the activities of a subject, newest first."""
    found = session.ask(activities.timeline, **{name: record_id})
    if found.empty:
        page.empty(_("Nothing has happened yet"), caption=_("Log the first call, visit or mail in the box beside."))
        return
    kind = ACTIVITY.fields["kind"]
    entries = []
    for row in found.itertuples():
        who = " · ".join(
            fmt.plain(part)
            for part in (row.by, row.contact, row.opportunity, fmt.ago(row.happened_at.to_pydatetime()))
            if not fmt.is_nothing(part)
        )
        said = "  \n".join(fmt.plain(line) for line in str(row.summary).splitlines())
        entries.append(f"**{fmt.plain(fmt.value(kind, row.kind))}** :gray[{who}]  \n{said}")
    st.markdown("\n\n".join(entries))
    if len(found) == query.PAGE:
        st.caption(_("The newest {n} are shown.").format(n=query.PAGE))
