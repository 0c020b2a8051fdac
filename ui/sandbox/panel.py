"""What one can move: the weights, in four ways of asking."""

from __future__ import annotations

from itertools import combinations
from typing import Any, Final

import streamlit as st

from services import planning
from services.kit.errors import Refusal
from services.planning import Board, Measure
from ui import action, page
from ui.format import plain
from ui.i18n import N_, _, gap, say
from ui.sandbox import state, words
from ui.sandbox.state import Trial

WAYS: Final = {"points": N_("Points"), "swing": N_("Swing"), "order": N_("Rank order"), "ahp": N_("Pairwise (AHP)")}
_JUDGED: Final = (9.0, 7.0, 5.0, 3.0, 2.0, 1.0, 1 / 2, 1 / 3, 1 / 5, 1 / 7, 1 / 9)
_HUNDRED: Final = 100


def show(board: Board) -> Trial:
    """Draw the weights and return what they are now."""
    tried = state.trial(board)
    with st.container(key="sandbox_weights", gap="small"):
        st.markdown(f"**{_('What matters to us')}**")
        if board.round.is_frozen or not page.may("plan.weigh"):
            st.caption(_("Try other weights: nothing is kept."))
        way = st.selectbox(
            _("Way of asking"),
            list(WAYS),
            index=list(WAYS).index(tried.method),
            format_func=lambda one: _(WAYS[one]),
            key=f"sandbox.way.{board.round.id}.{tried.set_id}",
            label_visibility="collapsed",
            placeholder=_("Choose"),
        )
        tried.method = way
        match way:
            case "order":
                _order(board, tried)
            case "ahp":
                _pairs(board, tried)
            case _:
                _sliders(board, tried, with_ends=way == "swing")
        _sum(board, tried)
        _position(board, tried)
        _buttons(board, tried)
    return tried


def _sliders(board: Board, tried: Trial, *, with_ends: bool) -> None:
    measures = board.criteria.attractiveness
    total = sum(tried.points[measure.key] for measure in measures)
    for measure in measures:
        _slider(board, tried, measure, total)
        if with_ends:
            worst = words.raw(measure, measure.scale.worst, board.round.currency)
            best = words.raw(measure, measure.scale.best, board.round.currency)
            st.caption(plain(_("from {worst} to {best}").format(worst=worst, best=best)))
    if with_ends and max(tried.points[measure.key] for measure in measures) != _HUNDRED:
        st.caption(_("Give 100 to the step from worst to best that matters most, and judge the others against it."))


def _slider(board: Board, tried: Trial, measure: Measure, total: float) -> None:
    key = f"sandbox.points.{board.round.id}.{measure.key}"
    points = tried.points[measure.key]
    if st.session_state.get(key) != round(points):
        st.session_state[key] = round(points)
    label = plain(words.criterion(measure))
    counts = words.percent(points / total) if total and points else _("off")
    st.slider(
        f"{label} :gray[· {counts}]",
        0,
        _HUNDRED,
        key=key,
        on_change=_moved,
        args=(tried, measure.key, key),
        format="%d",
    )


def _moved(tried: Trial, criterion: str, key: str) -> None:
    tried.points[criterion] = float(st.session_state[key])


def _order(board: Board, tried: Trial) -> None:
    labels = words.labels(board)
    keys = [measure.key for measure in board.criteria.attractiveness]
    now = sorted((key for key in keys if tried.points[key]), key=lambda key: -tried.points[key])
    chosen = st.multiselect(
        _("Most important first"),
        keys,
        default=now,
        format_func=labels.__getitem__,
        key=f"sandbox.order.{board.round.id}",
        placeholder=_("Choose the most important criterion"),
        select_all=False,
    )
    if chosen:
        found = planning.points_of_order(chosen)
        tried.points.update({key: found.get(key, 0.0) for key in keys})
        tried.answers = {"order": list(chosen)}
        st.caption("  \n".join(plain(f"{labels[key]} · {words.percent(found[key] / 100)}") for key in chosen))


def _pairs(board: Board, tried: Trial) -> None:
    labels = words.labels(board)
    keys = [m.key for m in board.criteria.attractiveness if m.points or tried.points[m.key]]
    st.caption(_("Which counts more, and how much? A pair may be left out."))
    answers: dict[tuple[str, str], float | None] = {}
    kept = tried.answers.get("pairs", {})
    for a, b in combinations(keys, 2):
        answers[a, b] = st.selectbox(
            plain(_("{a} or {b}").format(a=labels[a], b=labels[b])),
            _JUDGED,
            index=_JUDGED.index(kept[f"{a}:{b}"]) if kept.get(f"{a}:{b}") in _JUDGED else None,
            format_func=lambda given, a=a, b=b: _judgement(labels[a], labels[b], given),
            placeholder=_("Not compared"),
            key=f"sandbox.pair.{board.round.id}.{a}.{b}",
        )
    tried.answers = {"pairs": {f"{a}:{b}": given for (a, b), given in answers.items() if given is not None}}
    if not any(answers.values()):
        return
    try:
        judged = planning.judge(keys, answers)
    except Refusal as refusal:
        st.caption(plain(say(refusal)))
        return
    tried.points.update({m.key: judged.points.get(m.key, 0.0) for m in board.criteria.attractiveness})
    _consistency(judged, [labels[key] for key in keys])


def _judgement(a: str, b: str, given: float) -> str:
    if given == 1:
        return _("Both the same")
    times = round(given if given > 1 else 1 / given)
    return _("{criterion}, {times} times as much").format(criterion=a if given > 1 else b, times=times)


def _consistency(judged: planning.Judged, labels: list[str]) -> None:
    ratio = f"{judged.consistency.cr:.2f}"
    if judged.consistency.acceptable:
        st.caption(_("The judgements fit together (consistency ratio {ratio}).").format(ratio=ratio))
        return
    said = _("The judgements contradict one another (consistency ratio {ratio}, at most 0.10).").format(ratio=ratio)
    if judged.triad:
        a, b, c = (labels[place] for place in (judged.triad.i, judged.triad.j, judged.triad.k))
        said += gap() + _("Look at {a}, {b} and {c} first: {a} against {c} should be about {implied}.").format(
            a=a, b=b, c=c, implied=f"{judged.triad.implied:.2g}"
        )
    st.warning(plain(said))


def _sum(board: Board, tried: Trial) -> None:
    total = sum(tried.points[measure.key] for measure in board.criteria.attractiveness)
    if round(total, 6) == _HUNDRED:
        st.caption(_("The points sum to 100."))
    elif total > 0:
        st.caption(_("The points sum to {total}; they count by their shares.").format(total=f"{total:g}"))


def _position(board: Board, tried: Trial) -> None:
    if not board.criteria.position:
        return
    box = st.expander(_("Weights of our position"), key="sandbox_position", on_change="rerun")
    if box.open:
        with box:
            st.caption(_("For the matrix only; the score does not know them."))
            total = sum(tried.points[measure.key] for measure in board.criteria.position)
            for measure in board.criteria.position:
                _slider(board, tried, measure, total)


def _buttons(board: Board, tried: Trial) -> None:
    is_moved = state.is_moved(board, tried)
    with st.container(horizontal=True):
        if not board.round.is_frozen and page.button(
            _("Keep these weights"),
            permission="plan.weigh",
            primary=is_moved,
            disabled=not is_moved,
            key="sandbox.keep",
            help=_("They become the weights in force for everybody."),
        ):
            _keep(board, tried)
        st.button(
            _("Back to base"),
            key="sandbox.reset",
            on_click=_reset,
            args=(board,),
            help=_("The weights that ranks are compared with."),
        )


def _keep(board: Board, tried: Trial) -> None:
    answers: dict[str, Any] | None = tried.answers or None
    action.act(
        _("Weights kept"), planning.save_weights, board.round.id, tried.points, tried.method, answers, rerun=True
    )


def _reset(board: Board) -> None:
    state.start(board, board.base.points)
    for name in list(st.session_state):
        if str(name).startswith(("sandbox.order.", "sandbox.pair.", "sandbox.way.")):
            del st.session_state[name]
