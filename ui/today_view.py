"""Home: what waits for me today, and nothing else."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import streamlit as st

from services import reminders
from services import today as service
from services.customers import CUSTOMER
from services.kit import query
from services.leads import LEAD
from services.today import Today, Waiting
from ui import action, page, quick_log, session, transfer
from ui import format as fmt
from ui.i18n import _, tr
from ui.pool_view import rule_in_words


def show() -> None:
    """Draw each list that has something; where there is nothing at all, say so kindly."""
    waiting = session.ask(service.today)
    actor = session.actor()
    page.header(_("Today"), caption=f"{fmt.day(fmt.today())} · {actor.name}")
    if waiting.is_clear:
        _clear()
        return
    shown = [one for one in _lists(waiting) if one[1].count]
    columns = st.columns(2, gap="medium")
    heights = [0, 0]
    for title, found, draw, more in shown:
        place = heights.index(min(heights))
        heights[place] += len(found.rows) + 2
        with columns[place]:
            _list(title, found, draw, more)


def _lists(waiting: Today) -> list[tuple[str, Waiting, Any, tuple[str, dict[str, str]] | None]]:
    return [
        (_("Next steps"), waiting.next_steps, _step, None),
        (_("Money overdue or due this week"), waiting.money, _money, ("collections", {})),
        (_("Opportunities that need you"), waiting.opportunities, _opportunity, ("opportunities", {})),
        (
            _("Contracts waiting for approval"),
            waiting.approvals,
            _contract,
            ("contracts", {"f.stage": "in:in_approval"}),
        ),
        (_("New leads nobody has spoken to"), waiting.untouched, _untouched, ("leads", {"view": "untouched"})),
        (_("Leads without a next step"), waiting.unplanned, _unplanned, ("leads", {"view": "unplanned"})),
        (_("About to go back to the public pool"), waiting.returns, _return, None),
        (_("Contracts that end within 30 days"), waiting.endings, _ending, ("contracts", {"sort": "end_on"})),
    ]


def _clear() -> None:
    """Say that nothing waits; where nothing is in yet, offer to bring something in."""
    if _is_new():
        _begin()
        return
    with page.empty(
        _("Nothing waits for you today."), caption=_("Next steps, dues and endings appear here by themselves.")
    ):
        for url_path, permission, words in (
            ("leads", "lead.read", _("Look at the leads")),
            ("opportunities", "opportunity.read", _("Look at the opportunities")),
            ("collections", "instalment.read", _("Look at the collections")),
        ):
            if page.button(words, permission=permission, key=f"clear_{url_path}"):
                page.go(url_path)


def _is_new() -> bool:
    """Say whether whoever may import sees neither a lead nor a customer."""
    kinds = [one for one in (CUSTOMER, LEAD) if page.may(f"{one.key}.import")]
    return bool(kinds) and not any(session.ask(query.ids, one, limit=1) for one in kinds)


def _begin() -> None:
    with page.empty(
        _("No customers and no leads yet"),
        caption=_("Bring in the tables you have. Next steps, dues and endings then appear here by themselves."),
    ):
        for entity, words in ((CUSTOMER, _("Import customers")), (LEAD, _("Import leads"))):
            page.button(
                words,
                permission=f"{entity.key}.import",
                primary=entity is CUSTOMER,
                icon=":material/upload:",
                key=f"begin_{entity.key}",
                on_click=transfer.upload.later,
                args=(entity.key, None),
            )
        if page.button(_("Add users"), permission="user.create", icon=":material/group:", key="begin_user"):
            page.go("users")


def _list(title: str, found: Waiting, draw: Any, more: tuple[str, dict[str, str]] | None) -> None:
    with st.container(border=True, gap="small"):
        st.markdown(f"**{fmt.plain(title)}** :gray[{fmt.number(found.count)}]")
        for row in found.rows:
            draw(row)
        if found.count > len(found.rows):
            rest = _("{n} more").format(n=fmt.number(found.count - len(found.rows)))
            if more is None:
                st.caption(rest)
            elif st.button(rest, type="tertiary", key=f"more_{more[0]}_{len(more[1])}_{title}"):
                page.go(more[0], **more[1])


def _row(words: str, key: str, url_path: str, record_id: int, said: str, aside: tuple[Any, ...] = ()) -> None:
    """Draw what it is, which opens it, and below it what is the matter; `aside` is how to put it aside."""
    with st.container(gap=None):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"):
            st.button(
                fmt.plain(words),
                type="tertiary",
                key=key,
                on_click=page.go_later,
                args=(url_path,),
                kwargs={"id": record_id},
            )
            if aside:
                _aside(key, *aside)
        st.markdown(f":small[{said}]")


def _aside(key: str, kind: str, entity: str, record_id: int, about_on: date | None) -> None:
    """Let a reminder be put aside: until tomorrow, for a week, or for good."""
    days = {1: _("Remind me tomorrow"), 7: _("Remind me in a week"), 0: _("Dismiss")}

    def put() -> None:
        chosen = st.session_state[f"{key}.aside"]
        action.act(
            _("Put aside"),
            reminders.put_aside,
            kind,
            entity,
            record_id,
            until=fmt.today() + timedelta(days=chosen) if chosen else None,
            about_on=about_on,
            rerun=False,
        )

    with st.container(horizontal=True, gap="small", width="content"):  # on a telephone both go to the next line
        if page.may("activity.create"):
            st.button(
                _("Log"),
                type="tertiary",
                icon=":material/edit_note:",
                key=f"{key}.log",
                on_click=quick_log.log.later,
                args=(entity, record_id),
            )
        st.menu_button(
            _("Later"),
            list(days),
            format_func=lambda one: days[one],
            type="tertiary",
            key=f"{key}.aside",
            on_click=put,
        )


def _late(day: Any, days: int) -> str:
    written = fmt.plain(fmt.days_from_today(day))
    return f":red[{written}]" if days else f":gray[{written}]"


def _step(row: Any) -> None:
    url_path = {"lead": "leads", "customer": "customers", "map_step": "customers"}[row.entity]
    said = f"{fmt.plain(row.next_step)} &ensp; " if not fmt.is_nothing(row.next_step) else ""
    # A step of a power map is done or changed on the map.
    aside = () if row.entity == "map_step" else ("next_step", row.entity, int(row.id), row.next_step_on)
    said += _late(row.next_step_on, row.days)
    _row(row.name, f"step_{row.entity}_{row.id}", url_path, int(row.opens), said, aside)


def _money(row: Any) -> None:
    amount = fmt.plain(fmt.money(int(row.unpaid), row.currency, short=True))
    _row(
        row.customer,
        f"money_{row.id}",
        "contracts",
        int(row.contract_id),
        f"**{amount}** &ensp; {_late(row.due_on, row.days)}",
    )


def _opportunity(row: Any) -> None:
    if row.days:
        said = f":red[{fmt.plain(_('close date {days}').format(days=fmt.days_from_today(row.close_on)))}]"
    else:
        since = fmt.ago(row.stage_entered_at)
        said = f":orange[{fmt.plain(_('{stage}, entered {when}').format(stage=tr(row.stage), when=since))}]"
    _row(row.name, f"opportunity_{row.id}", "opportunities", int(row.id), said)


def _contract(row: Any) -> None:
    amount = fmt.plain(fmt.money(int(row.amount), row.currency, short=True))
    _row(row.customer, f"approve_{row.id}", "contracts", int(row.id), f"**{amount}**")


def _untouched(row: Any) -> None:
    said = f":gray[{fmt.plain(_('received {when}').format(when=fmt.ago(row.at)))}]"
    _row(row.name, f"untouched_{row.id}", "leads", int(row.id), said, ("untouched", "lead", int(row.id), None))


def _unplanned(row: Any) -> None:
    said = f":gray[{fmt.plain(_('nothing since {when}').format(when=fmt.ago(row.at)))}]"
    _row(row.name, f"unplanned_{row.id}", "leads", int(row.id), said, ("unplanned", "lead", int(row.id), None))


def _return(row: Any) -> None:
    left = row.rule.left
    when = _("tonight") if left <= 0 else _("in 1 day") if left == 1 else _("in {n} days").format(n=left)
    color = "red" if left <= 1 else "orange"
    why = rule_in_words(row.rule.rule, row.key, row.rule.days)
    said = f":{color}[{fmt.plain(when)}] &ensp; :gray[{fmt.plain(why)}]"
    _row(row.title, f"return_{row.key}_{row.record_id}", f"{row.key}s", int(row.record_id), said)


def _ending(row: Any) -> None:
    _row(
        row.customer,
        f"ending_{row.id}",
        "contracts",
        int(row.id),
        f":gray[{fmt.plain(fmt.days_from_today(row.end_on))}]",
    )
