"""The desk: three numbers on top, left what one can move, right what follows. One fragment, so a slider is cheap."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

from services import planning
from services.kit.errors import Refusal
from services.planning import Board, Standing, Totals
from ui import page
from ui.format import NOTHING, number, plain
from ui.i18n import N_, _, gap, named, say
from ui.sandbox import deciding, firmness, matrix, movers, others, pair, panel, picture, state, table, words

_VIEWS: Final = {
    "ranking": N_("Ranking"),
    "matrix": N_("Matrix"),
    "movers": N_("Movers"),
    "robustness": N_("Robustness"),
    "compare": N_("Compare"),
    "decisions": N_("Decisions"),
    "opinions": N_("Second opinions"),
    "data": N_("Data"),
}

# A table wants width: less air beside it. On a phone one reads first and moves weights below; pictures keep
# a width at which they can be read, and scroll.
_STYLE: Final = """<style>
@media (min-width: 641px) { .stMainBlockContainer { padding-left: 2.5rem; padding-right: 2.5rem; } }
.st-key-sandbox_weights [data-testid="stSlider"] { margin-bottom: -0.6rem; }
[class*="st-key-sandbox_line_"] { gap: 0; }
@media (max-width: 640px) {
  .st-key-sandbox_desk > [data-testid="stHorizontalBlock"],
  .st-key-sandbox_desk [data-testid="stHorizontalBlock"]:has(> [data-testid="stColumn"] .st-key-sandbox_weights) {
    flex-direction: column-reverse;
  }
  .st-key-sandbox_view { overflow-x: auto; }
  .st-key-sandbox_view [data-testid="stVegaLiteChart"] { min-width: 600px; }
}
</style>"""


def show(board: Board) -> None:
    """Draw the desk of a round."""
    st.html(_STYLE)
    state.forget_asked()
    _desk(board.round.id)


@st.fragment
def _desk(plan_id: int) -> None:
    state.open_what_was_asked()
    board = state.held(plan_id)
    top = st.container()
    with st.container(key="sandbox_desk"):
        left, right = st.columns([3, 10], gap="large")
    with left:
        tried = panel.show(board)
    try:
        standing = planning.rank(board, tried.points)
    except Refusal as refusal:
        right.warning(plain(say(refusal)), icon=":material/balance:")
        return
    with top:
        _numbers(board, planning.totals(board, standing))
    with right:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            view = _view()
            _filters(board)
        kept = state.narrowed(board, standing)
        _filtered(board, len(kept))
        with st.container(key="sandbox_view"):
            _DRAW[view](board, standing, kept)


def _ranking(board: Board, standing: Standing, kept: list[int]) -> None:
    table.show(board, standing, kept)
    picture.show(board, standing, kept)


_DRAW: Final[dict[str, Callable[[Board, Standing, list[int]], None]]] = {
    "ranking": _ranking,
    "matrix": matrix.show,
    "movers": movers.show,
    "robustness": firmness.show,
    "compare": pair.show,
    "decisions": deciding.columns,
    "opinions": others.opinions,
    "data": others.soundness,
}


def _numbers(board: Board, found: Totals) -> None:
    known, currency = board.round, board.round.currency
    value = words.short_money(found.value, currency)
    captured = words.short_money(found.captured, currency)
    more = _("{captured} of {value}: market size × reachable share × win probability × quality.").format(
        captured=captured, value=value
    )
    if found.unknown_value:
        more += gap() + _("Not known for {n}, which count in neither.").format(n=number(found.unknown_value))
    used = _("Of our {n} fights.").format(n=number(found.fights))
    if found.unknown_cost:
        used += gap() + _("Not known for {n} of them.").format(n=number(found.unknown_cost))
    page.numbers(
        [
            (_("Value captured"), words.percent(found.share), plain(more)),
            (
                _("Money used"),
                _of(words.short_money(found.money_used, currency), words.short_money(known.money_limit, currency)),
                plain(used),
            ),
            (_("People used"), _of(number(found.heads_used), number(known.heads_limit)), plain(used)),
            (
                _("Decided"),
                _of(number(found.fights + found.let_go), number(len(board))),
                _("{fight} fight, {let_go} let go, {undecided} undecided").format(
                    fight=number(found.fights), let_go=number(found.let_go), undecided=number(found.undecided)
                ),
            ),
        ]
    )
    _over(board, found)


def _of(used: str, limit: str) -> str:
    return used if limit == NOTHING else _("{used} of {limit}").format(used=used, limit=limit)


def _over(board: Board, found: Totals) -> None:
    over = []
    if board.round.money_limit is not None and found.money_used > board.round.money_limit:
        over.append(
            _("money by {amount}").format(
                amount=words.short_money(found.money_used - board.round.money_limit, board.round.currency)
            )
        )
    if board.round.heads_limit is not None and found.heads_used > board.round.heads_limit:
        over.append(_("people by {n}").format(n=number(found.heads_used - board.round.heads_limit)))
    if over:
        st.warning(
            plain(_("Our fights go beyond the limits: {what}.").format(what=words.listed(over))),
            icon=":material/speed:",
        )


def _view() -> str:
    key = "sandbox.view"
    asked = str(st.query_params.get("view", "ranking"))
    if st.session_state.get(key) not in _VIEWS:
        st.session_state[key] = asked if asked in _VIEWS else "ranking"
    st.segmented_control(
        _("View"),
        list(_VIEWS),
        required=True,
        format_func=lambda one: _(_VIEWS[one]),
        key=key,
        label_visibility="collapsed",
        on_change=lambda: state.put("view", str(st.session_state[key])),
    )
    return str(st.session_state[key])


# --- filters --------------------------------------------------------------------------------------------------


def _titles() -> dict[str, str]:
    return {"horizon": _("Horizon"), "team": _("Team"), "customer": _("Customer"), "decision": _("Decision")}


def _filters(board: Board) -> None:
    """Draw the place where filters are changed; what is in it is made when it is opened."""
    box = st.popover(_("Filter"), icon=":material/filter_list:", key="sandbox_filter", on_change="rerun")
    if box.open:
        offered = state.choices(board)
        with box:
            for name, title in _titles().items():
                _filter(name, title, offered[name])


def _filtered(board: Board, n: int) -> None:
    """Say which filters are in force."""
    if not state.is_filtered():
        return
    offered, titles = state.choices(board), _titles()
    said = [
        named(titles[name], words.listed([_called(name, code, offered[name]) for code in state.wanted(name)]))
        for name in state.FILTERS
        if state.wanted(name)
    ]
    with st.container(horizontal=True, vertical_alignment="center", key="sandbox_filters"):
        st.caption(
            plain(_("{n} of {all} · {filters}").format(n=n, all=len(board), filters=" · ".join(said))), width="content"
        )
        st.button(_("Clear filters"), type="tertiary", key="sandbox.filter.clear", on_click=state.clear_filters)


def _filter(name: str, title: str, offered: dict[str, str]) -> None:
    key = f"sandbox.filter.{name}"
    st.session_state[key] = [code for code in state.wanted(name) if code in offered]
    st.multiselect(
        title,
        list(offered),
        format_func=lambda code: _called(name, code, offered),
        key=key,
        placeholder=_("All"),
        on_change=lambda: state.put(name, st.session_state[key]),
        select_all=False,
    )


def _called(name: str, code: str, offered: dict[str, str]) -> str:
    if name == "horizon":
        return words.horizon(code) if code in ("short", "mid", "long", "none") else code
    if name == "decision":
        return words.decision(code) if code in words.DECISIONS else code
    return _("None") if code == state.NONE else offered.get(code, code)
