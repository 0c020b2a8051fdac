"""The round on the desk: chosen in the title line, begun, filled, frozen and reopened."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from services import planning
from services.kit.errors import Refusal
from services.opportunities import OPPORTUNITY
from services.planning import PLAN, Board, Line
from ui import action, dialog, form, page, session, transfer
from ui import format as fmt
from ui.format import plain
from ui.i18n import _, option, say
from ui.sandbox import new_scales, state

_KEY = "sandbox.round"


def pick() -> int | None:
    """Draw the title line with the choice of the round and return the one in the address; None without any.

    Without one in the address: the first, which is the newest open one. An unknown one is said so.
    """
    known = session.ask(planning.rounds)
    page.header(_("Sandbox"))
    if not known:
        return None
    asked = str(st.query_params.get("round", ""))
    called = {one.id: _called(one) for one in known}
    if asked and (not asked.isascii() or not asked.isdigit() or int(asked[:18]) not in called):
        st.warning(_("There is no such planning round, or you may not see it. This is the newest one."))
        asked = ""
    chosen = int(asked) if asked else known[0].id
    with page.toolbar():
        st.session_state[_KEY] = chosen
        st.selectbox(
            _("Planning round"),
            list(called),
            format_func=called.__getitem__,
            key=_KEY,
            label_visibility="collapsed",
            width=430,
            on_change=_choose,
            placeholder=_("Choose"),
        )
    return chosen


def _called(one: Line) -> str:
    edition = " · " + _("edition {n}").format(n=one.edition) if one.edition > 1 else ""
    return f"{one.name}{edition} · {option(PLAN.fields['stage'], one.stage)}"


def _choose() -> None:
    go_to(int(st.session_state[_KEY]))


def go_to(plan_id: int) -> None:
    """Put another round on the desk; filters of the old one would hide what nobody asked to hide."""
    state.clear_filters()
    state.put("pair", None)
    state.put("round", str(plan_id))


def tools(board: Board) -> None:
    """Draw what can be done with the round, at the right of the title line, and how it stands."""
    with page.toolbar():
        if not board.round.is_frozen and page.may("plan.update"):
            bring_in(board)
        if not board.round.is_frozen and page.button(
            _("Add opportunities"), permission="plan.update", icon=":material/add:", key="sandbox.add"
        ):
            add(board.round.id)
        with st.popover("", icon=":material/more_horiz:", key=dialog.key("sandbox_more"), help=_("More")):
            _more(board)
    _standing(board)


def _more(board: Board) -> None:
    if not board.round.is_frozen and page.may("plan.update"):
        st.button(
            _("Name, dates and limits"),
            type="tertiary",
            icon=":material/edit:",
            on_click=_edit,
            args=(board.round.id,),
            key="sandbox.edit",
        )
    if len(board) and page.may("plan.export"):
        _export_button(board)
    if page.may("plan.create"):
        st.button(
            _("New planning round"),
            type="tertiary",
            icon=":material/add_circle:",
            on_click=begin.later,
            key="sandbox.new",
        )  # type: ignore[attr-defined]
    if page.may("plan.freeze"):
        word = _("Reopen as the next edition") if board.round.is_frozen else _("Freeze the round")
        icon = ":material/lock_open:" if board.round.is_frozen else ":material/lock:"
        st.button(word, type="tertiary", icon=icon, on_click=end.later, args=(board.round.id,), key="sandbox.end")  # type: ignore[attr-defined]


def bring_in(board: Board) -> None:
    """Draw the button that brings opportunities in by file and puts them on the table of the round."""
    if page.button(_("Import"), permission="opportunity.import", icon=":material/upload:", key="sandbox.import"):
        transfer.upload_dialog(OPPORTUNITY, after=partial(_put_on_the_table, board.round.id))


def _put_on_the_table(plan_id: int, uow: Any, ids: list[int]) -> int:
    return planning.add_items(uow, plan_id, ids)


def _export_button(board: Board) -> None:
    if st.button(_("Export"), type="tertiary", icon=":material/download:", key="sandbox.export"):
        _export(board)


def _export(board: Board) -> None:
    """Make the workbook of the ranking as the reader sees it: these weights, these filters."""
    try:
        standing = planning.rank(board, state.trial(board).points)
        ids = state.narrowed(board, standing)
        content = session.ask(planning.ranking_workbook, board, standing, ids, words=_)
    except Refusal as refusal:
        st.error(plain(say(refusal)))
        return
    transfer.offer(f"{_('Ranking')} {board.round.name} {fmt.today().isoformat()}.xlsx", content, what="plan")


def _edit(plan_id: int) -> None:
    form.edit_later(PLAN, plan_id)


def _standing(board: Board) -> None:
    """Say what the reader must know about the round itself: frozen, on an old scale, money not counted."""
    known = board.round
    if known.is_frozen:
        said = _("Frozen on {day} by {who}. Hash {hash}").format(
            day=fmt.instant(known.frozen_at), who=known.frozen_by or _("System"), hash=(known.snapshot_hash or "")[:16]
        )
        st.info(plain(said), icon=":material/lock:")
    if known.newest_criteria_edition:
        new_scales.tell(board)
    other = int(board.items["other_currency"].sum()) if len(board) else 0
    if other:
        said = _(
            "{n} opportunities are in another currency than {currency}. Their market size and cost are not counted."
        )
        st.caption(plain(said.format(n=other, currency=known.currency)))


def load(plan_id: int) -> Board:
    """Return the board of the round, or stop with the sentence of a refusal."""
    try:
        return state.load(plan_id)
    except Refusal as refusal:
        st.error(plain(say(refusal)))
        st.stop()


# --- empty ----------------------------------------------------------------------------------------------------


def none_yet() -> None:
    """Say what would be here when there is no round, and offer to begin one."""
    with page.empty(
        _("No planning round yet"),
        caption=_(
            "A round puts opportunities on one table, ranks them by what matters to us, and keeps what was decided."
        ),
    ):
        if page.button(_("Begin a planning round"), permission="plan.create", primary=True, key="sandbox.first"):
            begin()


def nothing_on_it(board: Board) -> None:
    """Say that the table of the round is empty, and offer to fill it."""
    with page.empty(
        _("Nothing is on the table of this round that you may see"),
        caption=_("Bring in opportunities with market size, growth, margin and competition."),
    ):
        if not board.round.is_frozen and page.button(
            _("Add opportunities"), permission="plan.update", primary=True, key="sandbox.fill"
        ):
            add(board.round.id)


# --- dialogs --------------------------------------------------------------------------------------------------


@dialog.dialog(lambda: _("New planning round"), width="medium")
def begin() -> None:
    """Begin a round: name, dates, currency, limits, and which opportunities are on its table."""
    filled = form.fill(
        PLAN,
        "name",
        "start_on",
        "end_on",
        "currency",
        "money_limit",
        "heads_limit",
        defaults={"currency": session.database().settings.currency},
        key="round",
    )
    waiting = session.ask(planning.candidates)
    ways = {
        "all": _("All {n} open opportunities with a horizon").format(n=fmt.number(len(waiting))),
        "none": _("None yet"),
    }
    way = st.radio(_("On the table"), list(ways), format_func=ways.__getitem__, key=dialog.key("round.way"))
    if st.button(_("Begin the round"), type="primary", key=dialog.key("round.save")):
        ids = [int(one) for one in waiting.index] if way == "all" else []
        state.put("round", None)  # the newest open round comes first, and that will be this one
        form.submit(_("Round begun"), filled, "round", _begin, values=filled.values, ids=ids)


def _begin(uow: Any, values: dict[str, Any], ids: list[int]) -> int:
    return planning.create_plan(uow, opportunity_ids=ids, **values).id


@dialog.dialog(lambda _plan_id: _("Add opportunities"), width="medium")
def add(plan_id: int) -> None:
    """Put opportunities on the table: chosen ones, or all that are open and have a horizon."""
    waiting = session.ask(planning.candidates, plan_id, with_horizon=False)
    if waiting.empty:
        st.write(_("Every open opportunity you may see is on the table."))
        return
    planned = waiting[waiting["horizon"].notna()]
    chosen = st.multiselect(
        _("Opportunities to add"),
        [int(one) for one in waiting.index],
        format_func=lambda one: str(waiting.loc[one, "name"]),
        key=dialog.key("sandbox.add.ids"),
        placeholder=_("Choose"),
        select_all=False,
    )
    with st.container(horizontal=True):
        if st.button(_("Add the chosen"), type="primary", disabled=not chosen, key=dialog.key("sandbox.add.some")):
            _add(plan_id, chosen)
        if len(planned) and st.button(
            _("Add all {n} with a horizon").format(n=fmt.number(len(planned))), key=dialog.key("sandbox.add.all")
        ):
            _add(plan_id, [int(one) for one in planned.index])


def _add(plan_id: int, ids: list[int]) -> None:
    action.act(
        _("{n} opportunities added").format(n=fmt.number(len(ids))),
        planning.add_items,
        plan_id,
        ids,
        then=lambda _n: dialog.close(),
    )


@dialog.dialog(lambda plan_id: _("Reopen the round") if state.load(plan_id).round.is_frozen else _("Freeze the round"))
def end(plan_id: int) -> None:
    """Freeze the round, or reopen it as the next edition, after saying what that means."""
    board = state.load(plan_id)
    if board.round.is_frozen:
        st.write(_("The frozen edition stays as it is. The next one begins with its data, weights and decisions."))
        if st.button(_("Reopen as the next edition"), type="primary", key=dialog.key("sandbox.reopen")):
            action.act(_("Round reopened"), planning.reopen, plan_id, then=_reopened)
        return
    found = planning.totals(board, planning.rank(board))
    st.write(
        _(
            "Freezing keeps data, scales, weights, limits and decisions for good, "
            "under a hash from which anybody can check them."
        )
    )
    st.write(
        _("{fight} fight, {let_go} let go, {undecided} undecided").format(
            fight=fmt.number(found.fights), let_go=fmt.number(found.let_go), undecided=fmt.number(found.undecided)
        )
    )
    if st.button(_("Freeze the round"), type="primary", key=dialog.key("sandbox.freeze")):
        action.act(_("Round frozen"), planning.freeze, plan_id, then=lambda _plan: dialog.close())


def _reopened(plan: Any) -> None:
    dialog.close()
    go_to(plan.id)
