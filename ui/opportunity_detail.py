"""An opportunity on one page: where it stands on its way, its facts, what happened."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from services import activities, opportunities, pipelines, profiles
from services.activities import ACTIVITY
from services.kit import query, records
from services.kit.errors import NotFound
from services.opportunities import OPPORTUNITY
from ui import form, history, opportunity_dialogs, page, quick_log, session, widgets
from ui import format as fmt
from ui.i18n import _, label, tr
from ui.opportunity_board import targets

_SALE = ("amount", "close_on", "win_probability", "closed_on", "lost_reason", "lost_to", "product_id")
_SANDBOX = (
    "horizon", "market_size", "growth", "margin", "competition", "strategic_value", "reachable_share", "our_share",
    "product_fit", "relationship", "readiness", "cost", "heads",
)  # fmt: skip


def show(opportunity_id: int) -> None:
    """Draw the page of one opportunity, or say that there is none."""
    try:
        found = session.ask(records.get, OPPORTUNITY, opportunity_id)
    except NotFound:
        page.not_found(_("Back to the opportunities"))
    row = _row(found)
    st.button(
        _("Opportunities"),
        icon=":material/arrow_back:",
        type="tertiary",
        on_click=page.back_to_list,
        key="back_to_list",
    )
    page.header(found.name, caption=" · ".join(_standing(row)))
    stages = session.ask(pipelines.stages, found.pipeline_id) if found.pipeline_id else None
    with page.toolbar():
        _buttons(found, stages)
    if stages is not None:
        _way(found, stages)
    left, right = st.columns([5, 3], gap="large")
    with right:
        if found.customer_id is not None and page.may("customer.read"):
            st.button(
                _("Open the customer"),
                icon=":material/domain:",
                key="to_customer",
                on_click=page.go_later,
                args=("customers",),
                kwargs={"id": found.customer_id},
            )
        _origin(found.id)
        _facts(_("Sale"), _SALE, row)
        _facts(_("On the sandbox"), _SANDBOX, row)
        _facts(_("More facts"), widgets.added(OPPORTUNITY, row), row)
    with left:
        _story(found)


def _origin(opportunity_id: int) -> None:
    """Say which finding of a profile it came from, and lead there."""
    came_from = session.ask(profiles.origin, opportunity_id) if page.may("finding.read") else None
    if came_from is None:
        return
    customer_id, text = came_from
    st.button(
        _("Found in the profile"),
        icon=":material/fact_check:",
        key="to_profile",
        help=fmt.plain(text),
        on_click=page.go_later,
        args=("customers",),
        kwargs={"id": customer_id, "tab": "profile"},
    )


def _row(found: Any) -> dict[str, Any]:
    row = {name: getattr(found, name) for name in OPPORTUNITY.fields}
    for name, target in (("customer_id", "customer"), ("owner_id", "user"), ("product_id", "product")):
        if row[name] is not None:
            row[f"{name}_title"] = session.ask(query.titles, target, [row[name]]).get(row[name])
    return row


def _standing(row: dict[str, Any]) -> list[str]:
    parts = [row.get("customer_id_title"), row.get("owner_id_title") or _("Without owner")]
    if row["amount"] is not None:
        parts.insert(0, fmt.money(row["amount"], row["currency"]))
    return [str(part) for part in parts if part]


def _buttons(found: Any, stages: pd.DataFrame | None) -> None:
    if stages is not None and page.may("opportunity.move"):
        _before, after = pipelines.neighbours(stages, found.stage_id)
        if after is not None:
            forward = _("Won") if stages.loc[after, "kind"] == "won" else tr(stages.loc[after, "name"])
            if page.button(fmt.plain(forward), icon=":material/arrow_forward:", primary=True, key="move_on"):
                opportunity_dialogs.move(found.id, after, str(stages.loc[after, "kind"]), found.version)
        offered = targets(stages, found.stage_id)
        picked = st.menu_button(_("Move"), list(offered), format_func=lambda one: offered[one], key="move_menu")
        if picked is not None:
            opportunity_dialogs.move(found.id, int(picked), str(stages.loc[picked, "kind"]), found.version)
    if page.button(_("Edit"), permission="opportunity.update", icon=":material/edit:", key="opportunity_edit"):
        form.edit(OPPORTUNITY, found.id)


def _way(found: Any, stages: pd.DataFrame) -> None:
    """Show the stages on their way: passed, here, to come; a closed one says how it ended."""
    marks = []
    has_come = False
    is_closed = stages["kind"].get(found.stage_id) in ("lost", "void")
    for stage_id, row in stages.iterrows():
        name = fmt.plain(tr(row["name"]))
        if row["kind"] in ("lost", "void"):
            if stage_id == found.stage_id:
                marks.append(f":gray-badge[:material/close: {name}]")
        elif stage_id == found.stage_id:
            has_come = True
            marks.append(f":{'green' if row['kind'] == 'won' else 'blue'}-badge[**{name}**]")
        elif has_come or is_closed:
            marks.append(f":gray[{name}]")
        else:
            marks.append(f":blue[:material/check: {name}]")
    since = ""
    if found.stage_entered_at:
        since = f" &ensp; :gray[{fmt.plain(_('entered {when}').format(when=fmt.ago(found.stage_entered_at)))}]"
    st.markdown(" &nbsp;›&nbsp; ".join(marks) + since)


def _facts(title: str, names: tuple[str, ...], row: dict[str, Any]) -> None:
    fields = OPPORTUNITY.fields
    filled = [
        (label(fields[one]), fmt.value(fields[one], row[one], row)) for one in names if not fmt.is_nothing(row[one])
    ]
    if filled:
        st.markdown(f"**{fmt.plain(title)}**")
        st.markdown("  \n".join(f":gray[{fmt.plain(name)}] &ensp;{fmt.plain(written)}" for name, written in filled))


def _story(found: Any) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        sections = {"activity": _("What happened"), "moves": _("Moves"), "history": _("History")}
        section = st.segmented_control(
            _("Section"),
            list(sections),
            default="activity",
            required=True,
            format_func=lambda one: sections[one],
            label_visibility="collapsed",
            key="opportunity_section",
        )
        if page.button(_("Log activity"), permission="activity.create", icon=":material/edit_note:", key="log"):
            quick_log.log("opportunity", found.id)
    if section == "moves":
        _moves(found)
    elif section == "history":
        history.show(OPPORTUNITY, found.id)
    else:
        _timeline(found.id)


def _timeline(opportunity_id: int) -> None:
    if not page.may("activity.read"):
        return
    shown = session.ask(activities.timeline, opportunity_id=opportunity_id)
    if shown.empty:
        page.empty(_("Nothing has happened yet"), caption=_("Log the first call, visit or mail."))
        return
    kind = ACTIVITY.fields["kind"]
    for row in shown.itertuples():
        who = " · ".join(fmt.plain(one) for one in (row.by, row.contact) if not fmt.is_nothing(one))
        when = fmt.plain(fmt.ago(row.happened_at.to_pydatetime()))
        said = "  \n".join(fmt.plain(line) for line in str(row.summary).splitlines())
        st.markdown(f"**{fmt.plain(fmt.value(kind, row.kind))}** :gray[{who} · {when}]  \n{said}")


def _moves(found: Any) -> None:
    moves = session.ask(opportunities.events, found.id)
    if moves.empty:
        st.caption(_("It is not in the funnel yet. An amount or a close date puts it there."))
        return
    for row in moves.itertuples():
        amount = fmt.NOTHING if fmt.is_nothing(row.amount) else fmt.money(int(row.amount), found.currency)
        start = f"{fmt.plain(tr(row.from_stage))} → " if not fmt.is_nothing(row.from_stage) else ""
        who = " · ".join(
            str(one) for one in (row.by, fmt.instant(row.at.to_pydatetime()), amount) if not fmt.is_nothing(one)
        )
        st.markdown(f"{start}**{fmt.plain(tr(row.to_stage))}** &ensp; :gray[{fmt.plain(who)}]")
