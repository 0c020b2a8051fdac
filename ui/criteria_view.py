"""Where an administrator says what opportunities are measured by: scales, gates, weights to begin with."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import groupby
from typing import Any, Final

import streamlit as st

from services import planning
from services.kit.errors import Message
from services.kit.fields import Field, ParseError, parse
from services.planning import Change, Edition, Measure
from ui import action, dialog, page, session, theme
from ui import format as fmt
from ui.charts import sandbox as charts
from ui.format import plain
from ui.i18n import N_, _, say, tr
from ui.sandbox import words
from ui.widgets import row_button, table

_SET: Final = "set"
_AXES: Final = {"attractiveness": N_("Attractiveness"), "position": N_("Our position")}
_POINTS: Final = "points"
_LEAST: Final = 2
"""Points without which there is no scale."""
_RAW: Final = Field("raw", "number", N_("Value"))


def show() -> None:
    """Draw the page."""
    page.header(
        _("Criteria"),
        caption=_("What opportunities are measured by on the sandbox, each on a scale that stays what it is."),
    )
    sets = [list(group) for _key, group in groupby(session.ask(planning.editions), key=_called)]
    if not sets:
        page.empty(_("No criteria yet"), caption=_("They come with the first planning round."))
        return
    chosen = _chosen(sets)
    _table(chosen[0])
    _standing(chosen)
    if len(chosen) > 1:
        _history(chosen)


def _called(one: Edition) -> str:
    return f"{tr(one.name)} · {one.criteria.currency}"


def _chosen(sets: Sequence[list[Edition]]) -> list[Edition]:
    """Return the editions of the set that is looked at, kept in the address; that of the company's currency first."""
    offered = {_called(one[0]): one for one in sets}
    if len(sets) == 1:
        return sets[0]
    written = str(st.query_params.get(_SET, ""))
    name = page.keep("criteria_set", written if written in offered else next(iter(offered)))
    now = st.segmented_control(
        _("Criteria set"),
        list(offered),
        required=True,
        label_visibility="collapsed",
        key=name,
        format_func=plain,
        on_change=lambda: st.query_params.update({_SET: str(st.session_state[name])}),
    )
    return offered[str(now)]


def _table(newest: Edition) -> None:
    """Draw the criteria in their order; a press on the name opens one."""
    measures = newest.criteria.measures
    raw = partial(_raw, currency=newest.criteria.currency)
    shown: dict[str, Any] = {
        "name": [words.criterion(one) for one in measures],
        "axis": [_(_AXES[one.criterion.axis]) for one in measures],
        "points": [one.points for one in measures],
        "worst": [raw(one, one.scale.worst) for one in measures],
        "best": [raw(one, one.scale.best) for one in measures],
        "gate": [_gate(one, newest.criteria.currency) for one in measures],
    }
    config = st.column_config
    table(
        shown,
        {
            "name": row_button(
                "criteria_open",
                _("Criterion"),
                partial(criterion.later, newest.id),
                [one.key for one in measures],
                220,
                alignment="left",
            ),
            "axis": config.TextColumn(_("Counts for"), width=150),
            "points": config.NumberColumn(_("Weight to begin with"), format="%g", width=150),
            "worst": config.TextColumn(_("Worth nothing at"), alignment="right", width=140),
            "best": config.TextColumn(_("Worth everything at"), alignment="right", width=150),
            "gate": config.TextColumn(_("Gate"), width=200),
        },
        key=f"criteria_{newest.id}",
        alt=_("Criteria"),
    )


def _raw(measure: Measure, value: float, currency: str) -> str:
    return words.raw(measure, value, currency)


def _gate(measure: Measure, currency: str) -> str:
    ours = measure.criterion
    parts = []
    if ours.gate_min is not None:
        parts.append(_("at least {gate}").format(gate=words.raw(measure, ours.gate_min, currency)))
    if ours.gate_max is not None:
        parts.append(_("at most {gate}").format(gate=words.raw(measure, ours.gate_max, currency)))
    return words.listed(parts)


def _standing(chosen: Sequence[Edition]) -> None:
    """Say which edition this is and which rounds go by it."""
    newest = chosen[0]
    said = [_("Edition {n} of {day}.").format(n=newest.edition, day=fmt.instant(newest.made_at))]
    behind = sum(one.open_rounds for one in chosen[1:])
    if newest.open_rounds:
        said.append(_("Open rounds that use it: {n}.").format(n=fmt.number(newest.open_rounds)))
    if behind:
        said.append(
            _("Open rounds on an older edition: {n}; each says so on the sandbox, where it can take this one.").format(
                n=fmt.number(behind)
            )
        )
    said.append(_("A change makes the next edition; frozen rounds keep theirs for good."))
    st.caption(plain(" ".join(said)))


def _history(chosen: Sequence[Edition]) -> None:
    with st.expander(_("Earlier editions")):
        older = chosen[1:]
        config = st.column_config
        table(
            {
                "edition": [one.edition for one in older],
                "day": [fmt.instant(one.made_at) for one in older],
                "who": [one.made_by or _("System") for one in older],
                "what": [_changed(one, after) for after, one in zip(chosen, older, strict=False)],
                "open": [one.open_rounds for one in older],
                "frozen": [one.frozen_rounds for one in older],
            },
            {
                "edition": config.NumberColumn(_("Edition"), width=80),
                "day": config.TextColumn(_("Made on"), width=210),
                "who": config.TextColumn(_("By"), width=150),
                "what": config.TextColumn(_("Changed in the next one"), width="large"),
                "open": config.NumberColumn(_("Open rounds"), width=110),
                "frozen": config.NumberColumn(_("Frozen rounds"), width=120),
            },
            key=f"editions_{chosen[0].id}",
            alt=_("Earlier editions"),
        )


def _changed(before: Edition, after: Edition) -> str:
    was = {one.key: one for one in before.criteria.measures}
    return words.listed([words.criterion(one) for one in after.criteria.measures if was.get(one.key) != one])


# --- one criterion ------------------------------------------------------------------------------------------


@dialog.dialog(lambda _set_id, _key: _("Edit criterion"), width="medium")
def criterion(set_id: int, key: str) -> None:
    """Ask for the name, the weight to begin with, the scale point by point, and the gates."""
    kept = dialog.state()
    if "measure" not in kept:
        found = next(one for one in session.ask(planning.editions) if one.id == set_id)
        kept["measure"], kept["currency"] = found.criteria[key], found.criteria.currency
        kept[_POINTS] = [
            {"row": row, "raw": raw, "value": round(100 * value, 6)}
            for row, (raw, value) in enumerate(kept["measure"].scale.points)
        ]
    measure: Measure = kept["measure"]
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    name = left.text_input(_("Name"), words.criterion(measure), key=dialog.key("criterion.name"), max_chars=60)
    weight = right.number_input(
        _("Weight to begin with"),
        min_value=0.0,
        value=float(measure.points),
        step=5.0,
        format="%g",
        key=dialog.key("criterion.weight"),
        help=_("In points. A new round begins with it; 0 offers the criterion without counting it."),
    )
    points = _scale(measure, kept)
    gates = _gates(measure, kept["currency"])
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button(_("Cancel"), key=dialog.key("criterion.cancel")):
            dialog.finish()
        is_pressed = st.button(_("Save"), type="primary", key=dialog.key("criterion.save"))
    if not is_pressed or points is None or gates is None:  # what cannot be read says so where it stands
        return
    # The names that come with the portal are shown in the reader's language, and stay what they are if left.
    label = measure.label if name == words.criterion(measure) else name
    action.act(
        _("Criterion saved"),
        planning.change_criterion,
        set_id,
        key,
        Change(label, weight, points, *gates),
        then=lambda _none: dialog.close(),
    )


def _scale(measure: Measure, kept: dict[str, Any]) -> list[tuple[float, float]] | None:
    """Draw the points of the scale with their curve; return them by rising raw value, None if one cannot be read."""
    st.markdown(f"**{_('Scale')}**")
    rows = kept[_POINTS]
    can_go = len(rows) > _LEAST and measure.scale.kind != "table"
    left, right = st.columns([5, 6], gap="medium")
    with left:
        found = [_point(measure, one, kept["currency"], place, can_go=can_go) for place, one in enumerate(rows)]
        if measure.scale.kind != "table":
            st.button(
                _("Add a point"),
                type="tertiary",
                icon=":material/add:",
                key=dialog.key("criterion.add"),
                on_click=_add,
                disabled=len(rows) >= planning.MOST_POINTS,
            )
    read = sorted((raw, value) for raw, value in found if raw is not None)
    with right:
        st.vega_lite_chart(
            spec=charts.value_function(
                [(raw, 100 * value, words.raw(measure, raw, kept["currency"])) for raw, value in read],
                theme.palette(),
                title=_("What is it worth?"),
                across=words.criterion(measure),
                up=_("Points of 100"),
            ),
            theme=None,
            key=dialog.key("criterion.curve"),
            alt=_("Line: what a raw value is worth, in points of 100"),
        )
    return read if len(read) == len(found) else None


def _point(
    measure: Measure, one: dict[str, Any], currency: str, place: int, *, can_go: bool
) -> tuple[float | None, float]:
    seen = "visible" if place == 0 else "collapsed"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        typed = st.text_input(
            _("Value ({unit})").format(unit=_unit(measure, currency)),
            _written(one["raw"]),
            key=_key(one, "raw"),
            disabled=measure.scale.kind == "table",
            label_visibility=seen,
        )
        value = st.number_input(
            _("Worth (0 to 100)"),
            min_value=0.0,
            max_value=100.0,
            value=float(one["value"]),
            step=5.0,
            format="%g",
            key=_key(one, "value"),
            label_visibility=seen,
        )
        if can_go:
            st.button(
                "",
                icon=":material/close:",
                type="tertiary",
                key=_key(one, "drop"),
                help=_("Take this point away"),
                on_click=_drop,
                args=(one["row"],),
            )
    raw, problem = _read(typed)
    if raw is None:
        problem = problem or Message(N_("Give every point of the scale a value."))
        st.caption(f":red[:material/error: {plain(say(problem))}]")
    return raw, round(float(value) / 100, 8)


def _unit(measure: Measure, currency: str) -> str:
    return {"money": currency, "percent": "%"}.get(measure.kind, "1–5")


def _written(raw: float | None) -> str:
    """Return a raw value as one may type it: 12,500,000."""
    return "" if raw is None else f"{raw:,.6f}".rstrip("0").rstrip(".")


def _read(typed: str | None) -> tuple[float | None, Message | None]:
    try:
        return parse(_RAW, typed), None
    except ParseError as error:
        return None, error.message


def _key(one: dict[str, Any], what: str) -> str:
    return dialog.key(f"criterion.{one['row']}.{what}")


def _add() -> None:
    """Put a point halfway between the last two, where it changes nothing until it is moved."""
    rows = dialog.state()[_POINTS]
    typed = (
        (_read(st.session_state[_key(one, "raw")])[0], float(st.session_state[_key(one, "value")])) for one in rows
    )
    read = sorted((raw, value) for raw, value in typed if raw is not None)
    (x0, y0), (x1, y1) = read[-2:] if len(read) >= _LEAST else ((0.0, 0.0), (0.0, 0.0))
    rows.append({"row": 1 + max(one["row"] for one in rows), "raw": (x0 + x1) / 2, "value": (y0 + y1) / 2})


def _drop(row: int) -> None:
    rows = dialog.state()[_POINTS]
    rows[:] = [one for one in rows if one["row"] != row]


def _gates(measure: Measure, currency: str) -> tuple[float | None, float | None] | None:
    """Ask between which raw values an opportunity may be chosen at all; None if one cannot be read."""
    st.markdown(f"**{_('Gate')}**")
    st.caption(_("Beyond it an opportunity may not be chosen, however high its score. Empty: no gate."))
    asked = (
        (_("At least ({unit})"), measure.criterion.gate_min, "least"),
        (_("At most ({unit})"), measure.criterion.gate_max, "most"),
    )
    found: list[float | None] = []
    is_read = True
    for column, (title, given, name) in zip(st.columns(2), asked, strict=True):
        with column:
            typed = st.text_input(
                title.format(unit=_unit(measure, currency)),
                _written(given),
                key=dialog.key(f"criterion.{name}"),
                placeholder=_("No gate"),
            )
            raw, problem = _read(typed)
            if problem:
                is_read = False
                st.caption(f":red[:material/error: {plain(say(problem))}]")
            found.append(raw)
    return (found[0], found[1]) if is_read else None
