"""What the page of anybody one talks to has: what is next, what happened."""

from __future__ import annotations

from typing import Any

import streamlit as st

from services import activities
from services.activities import ACTIVITY
from services.kit import query
from ui import format as fmt
from ui import page, session
from ui.i18n import _


def next_step(record: Any) -> None:
    """Say what is next and when; nothing planned is said as well, since it should not stay so."""
    if record.next_step_on is None:
        st.markdown(f":gray[:material/event: {_('No next step is planned.')}]")
        return
    is_late = record.next_step_on < fmt.today()
    when = f"{fmt.day(record.next_step_on)} · {fmt.days_from_today(record.next_step_on)}"
    mark = f":red[:material/event_busy: {fmt.plain(when)}]" if is_late else f":material/event: {fmt.plain(when)}"
    st.markdown(f"**{mark}**  \n{fmt.plain(record.next_step or _('Next step'))}")


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
