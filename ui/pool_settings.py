"""Where an administrator sets up the pools: the table of them, what would go back tonight, quotas, nightly jobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import streamlit as st

from services import jobs, pools
from services.kit.entity import ENTITIES
from services.kit.errors import Refusal
from services.pools import POOL, QUOTA, DryRun
from services.pools.settings import Overview
from ui import action, form, grid, page, pool_dialogs, session
from ui import format as fmt
from ui.i18n import N_, _, option, say, tr
from ui.pool_view import rule_in_words, rule_without_days
from ui.widgets import row_button, table

_TABS: Final = {"pools": N_("Pools"), "quotas": N_("Quotas"), "jobs": N_("What runs at night")}
_TAB: Final = "tab"
_COUNTS: Final = {
    "customer": N_("{n} customers went back"),
    "lead": N_("{n} leads went back"),
    "ended": N_("{n} collaborations ended"),
    "graded": N_("{n} grades changed"),
    "imports": N_("files of {n} imports removed"),
    "pairs": N_("{n} new pairs that are perhaps one"),
}


def show() -> None:
    """Draw the page."""
    page.header(
        _("Pool rules"), caption=_("Customers and leads that nobody owns: who may claim them, when others join them.")
    )
    offered = [tab for tab in _TABS if tab != "jobs" or page.may("setting.read")]
    written = st.query_params.get(_TAB, "")
    name = page.keep("pools_tab", written if written in offered else "pools")
    st.segmented_control(
        _("Section"),
        offered,
        required=True,
        format_func=lambda tab: _(_TABS[tab]),
        label_visibility="collapsed",
        key=name,
        on_change=lambda: st.query_params.update({_TAB: st.session_state[name]}),
    )
    match st.session_state[name]:
        case "quotas":
            _quotas()
        case "jobs":
            _jobs()
        case _:
            _pools()


# --- pools --------------------------------------------------------------------------------------------------


def _pools() -> None:
    with page.toolbar():
        if page.button(_("New pool"), permission="pool.create", primary=True, icon=":material/add:", key="pool_new"):
            pool_dialogs.settings(None)
    rows = session.ask(pools.overview)
    if not rows:
        page.empty(
            _("No pool yet"), caption=_("The first one makes itself as soon as a customer or lead has no owner.")
        )
        return
    for row in rows:
        _card(row)


def _card(row: Overview) -> None:
    """Draw one pool: what it is, its rules in words, what lies in it, and what an administrator does with it."""
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            kind = option(POOL.fields["kind"], row.kind)
            title = f"**{fmt.plain(tr(row.name))}** :gray[{fmt.plain(kind)} · {fmt.plain(_who(row))}]"
            st.markdown(title, width="content")
            with st.container(horizontal=True, vertical_alignment="center", width="content"):
                _badges(row)
        st.markdown(_rules(row))
        st.caption(fmt.plain(_lying(row)))
        if page.may("pool.update"):
            _buttons(row)


def _badges(row: Overview) -> None:
    if not row.is_enabled:
        st.badge(_("Disabled"), color="gray")
    elif row.is_recycling:
        st.badge(_("Rules run every night"), color="green", icon=":material/autorenew:")
    else:
        st.badge(_("Rules are off"), color="gray")


def _who(row: Overview) -> str:
    if row.is_for_all:
        return _("for everybody")
    named = ", ".join(one.name for one in row.members[:3])
    return f"{named} …" if len(row.members) > 3 else named  # noqa: PLR2004 - as many fit a line


def _rules(row: Overview) -> str:
    """Return when something goes back, as a sentence."""
    if not row.rules:
        return f":gray[{fmt.plain(_('Nothing goes back by itself: there is no rule.'))}]"
    said = []
    for rule in row.rules:
        levels = [f"{level} {fmt.number(days)}" for level, days in sorted(rule.days_by_level.items())]
        if rule.days is None:
            words = rule_without_days(rule.kind, row.kind)
        else:
            words = rule_in_words(rule.kind, row.kind, rule.days)
        said.append(f"{words} ({_(', ').join(levels)})" if levels else words)
    spared = []
    if row.spares_won:
        spared.append(_("the won") if row.kind == "customer" else _("the converted"))
    spared += [_("those with an open opportunity")] if row.spares_open and row.kind == "customer" else []
    words = _("Goes back: {rules}").format(rules=" · ".join(said))
    spares = _("Spared: {what}").format(what=_(", ").join([*spared, _("the locked")]))
    return f"{fmt.plain(words)}  \n:small[:gray[{fmt.plain(spares)}]]"


def _lying(row: Overview) -> str:
    parts = [_("{n} in it").format(n=fmt.number(row.lying))]
    if row.claims_a_day:
        parts.append(_("{n} claims per person and day").format(n=row.claims_a_day))
    if row.ban_days:
        parts.append(_("the previous owner waits {n} days").format(n=row.ban_days))
    if row.protected_days:
        parts.append(_("new arrivals protected for {n} days").format(n=row.protected_days))
    if row.hidden:
        fields = ENTITIES[row.kind].known_fields
        parts.append(_("hides {fields}").format(fields=_(", ").join(_(fields[name].label) for name in row.hidden)))
    return " · ".join(parts)


def _buttons(row: Overview) -> None:
    with st.container(horizontal=True):
        st.button(
            _("Settings"),
            icon=":material/tune:",
            key=f"pool_{row.pool_id}.settings",
            on_click=pool_dialogs.settings.later,
            args=(row.pool_id,),
        )
        if row.rules and row.is_enabled:
            st.button(
                _("What would go back tonight?"),
                icon=":material/preview:",
                key=f"pool_{row.pool_id}.tonight",
                on_click=pool_dialogs.tonight.later,
                args=(row.pool_id,),
            )
        offered = _more(row)
        key = f"pool_{row.pool_id}.more"
        st.menu_button(
            _("More"),
            list(offered),
            format_func=lambda code: offered[code][0],
            icon=":material/more_horiz:",
            key=key,
            on_click=_chosen,
            args=(key, offered),
        )


def _chosen(key: str, offered: dict[str, tuple[str, Callable[[], None]]]) -> None:
    code = st.session_state.get(key)
    if code in offered:
        offered[code][1]()


def _more(row: Overview) -> dict[str, tuple[str, Callable[[], None]]]:
    """Return what is done to a pool now and then: code -> words, what a press does."""
    pool_id = row.pool_id
    found: dict[str, tuple[str, Callable[[], None]]] = {}
    if row.is_recycling:
        found["rest"] = (_("Let the rules rest"), partial(_rest, pool_id))
    if row.is_enabled:
        found["disable"] = (_("Disable"), partial(_act, _("Pool disabled"), pools.disable, pool_id))
    else:
        found["enable"] = (_("Enable"), partial(_act, _("Pool enabled"), pools.enable, pool_id))
    if row.lying:
        found["empty"] = (_("Empty into another"), partial(pool_dialogs.empty.later, pool_id))
    found["delete"] = (_("Delete"), partial(_act, _("Pool deleted"), POOL.verb("delete"), pool_id))
    return found


def _act(done: str, verb: Any, *args: Any, **kwargs: Any) -> None:
    """Do something in a callback and say what came of it."""
    outcome = action.attempt(verb, *args, **kwargs)
    action.announce(done if outcome.is_done else outcome.sentence)


def _rest(pool_id: int) -> None:
    _act(_("The rules rest"), pools.set_recycling, pool_id, is_on=False)


def dry_run(found: DryRun, kind: str) -> None:
    """Draw what would go back tonight: how many, how many are warned, and the first of them with the reason."""
    page.numbers(
        [
            (_("Would go back tonight"), fmt.number(found.count), None),
            (_("Would be warned"), fmt.number(found.warned), _("Within the days of warning")),
        ]
    )
    if not found.rows:
        return
    shown = {
        "title": [one.title for one in found.rows],
        "owner": [one.owner for one in found.rows],
        "why": [rule_in_words(one.rule.rule, kind, one.rule.days) for one in found.rows],
        "since": [one.rule.since for one in found.rows],
    }
    st.dataframe(
        shown,
        hide_index=True,
        column_config={
            "title": st.column_config.TextColumn(_(ENTITIES[kind].one), width="medium"),
            "owner": st.column_config.TextColumn(_("Owner")),
            "why": st.column_config.TextColumn(_("Why")),
            "since": st.column_config.DateColumn(_("Counted from"), format="YYYY-MM-DD"),
        },
        height="content" if len(found.rows) < 10 else 340,  # noqa: PLR2004 - rows
        alt=_("Would go back tonight"),
    )
    if found.count > len(found.rows):
        st.caption(_("The first {n} are shown.").format(n=fmt.number(len(found.rows))))


# --- quotas -------------------------------------------------------------------------------------------------


def _quotas() -> None:
    st.caption(_("How many somebody may own. The nearest holds: for the person, for the team, for everybody."))
    with page.toolbar():
        if page.button(_("New quota"), permission="quota.create", primary=True, icon=":material/add:", key="quota_new"):
            form.create(QUOTA)
    grid.show(QUOTA)


# --- jobs ---------------------------------------------------------------------------------------------------


def _jobs() -> None:
    try:
        states = session.ask(jobs.states)
    except Refusal as refusal:
        st.error(fmt.plain(say(refusal)))
        return
    _table(states)
    for state in states:
        if state.error:
            words = _("{job} failed. Tell support this number: {reference}")
            st.error(fmt.plain(words.format(job=_(state.label), reference=state.error)), icon=":material/error:")
    if page.may("setting.update"):
        _hour(states)


def _table(states: Sequence[jobs.State]) -> None:
    """Draw the jobs: when each runs next, when it ran and what came of it, and a button to run it now."""
    shown: dict[str, list[Any]] = {
        "job": [_(state.label) for state in states],
        "next": [_("running") if state.is_running else fmt.instant(state.next_at) for state in states],
        "last": [fmt.instant(state.finished_at) if state.finished_at else "" for state in states],
        "result": [_came_of(state) if state.finished_at else "" for state in states],
    }
    titles = {"job": _("What"), "next": _("Next run"), "last": _("Last"), "result": _("What came of it")}
    config: dict[str, Any] = {name: st.column_config.TextColumn(title) for name, title in titles.items()}
    if page.may("setting.update"):
        names = tuple(state.name for state in states)
        shown["run"] = [_("Run now")] * len(states)
        config["run"] = row_button("jobs_run", " ", _hasten, names)
    table(shown, config, key="jobs_table", alt=_("What runs at night"))


def _hasten(name: str) -> None:
    _act(_("It runs within half a minute"), jobs.hasten, name)


def _came_of(state: jobs.State) -> str:
    said = [_(_COUNTS[what]).format(n=fmt.number(n)) for what, n in state.result.items() if n and what in _COUNTS]
    return _(", ").join(said) or _("nothing to do")


def _hour(states: Sequence[jobs.State]) -> None:
    if not states:
        return
    hour = session.ask(jobs.night_hour)
    name = page.keep("night_hour", hour)

    def set_hour() -> None:
        _act(_("Hour set"), jobs.set_night_hour, int(st.session_state[name]))

    st.selectbox(
        _("Nightly jobs begin at"),
        list(range(24)),
        format_func=lambda one: f"{one:02d}:00",
        key=name,
        on_change=set_hour,
        width=260,
        placeholder=_("Choose"),
    )
