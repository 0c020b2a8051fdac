"""Where an administrator sets up the stages of a sale: their order, how likely each is won, what it asks for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import streamlit as st

from services import pipelines
from services.pipelines import PIPELINE, STAGE, Line
from ui import action, dialog, form, page, session
from ui import format as fmt
from ui.i18n import _, label, option, tr
from ui.widgets import badge_color, row_button, table

_CHOSEN: Final = "pipeline"
_NAME, _ARROW = 260, 45
"""Pixels."""
_ASKED: Final = ("name", "kind")
_OF_OPEN: Final = ("win_rate", "days_allowed", "requires_map")
"""Asked of stages in which something still waits; the rest follows from the kind."""


def show() -> None:
    """Draw the page."""
    page.header(
        _("Pipelines"), caption=_("The way of a sale, stage by stage: how likely it is won there, what it asks for.")
    )
    offered = {one: tr(name) for one, name in session.ask(pipelines.choices)}
    if not offered:
        with page.empty(_("No pipeline yet"), caption=_("It begins with three stages, which you rename and add to.")):
            page.button(
                _("New pipeline"), permission="pipeline.create", primary=True, key="first", on_click=create.later
            )
        return
    chosen = _chosen(offered)
    with page.toolbar():
        st.button(_("New pipeline"), key="pipeline_new", on_click=create.later)
        st.button(
            _("New stage"),
            type="primary",
            icon=":material/add:",
            key="stage_new",
            on_click=stage.later,
            args=(chosen, None),
        )
    found = session.ask(pipelines.lines, chosen)
    _table(chosen, found)
    _below(chosen, offered, found)


def _chosen(offered: dict[int, str]) -> int:
    """Return the pipeline that is looked at, kept in the address; the default one comes first."""
    written = page.record_id(_CHOSEN)
    now = written if written in offered else next(iter(offered))
    if len(offered) > 1:
        name = page.keep("pipeline_chosen", now)
        st.segmented_control(
            _("Pipeline"),
            list(offered),
            required=True,
            format_func=lambda one: fmt.plain(offered.get(one, str(one))),
            label_visibility="collapsed",
            key=name,
            on_change=lambda: st.query_params.update({_CHOSEN: str(st.session_state[name])}),
        )
    return int(now or 0)


# --- the stages ---------------------------------------------------------------------------------------------


def _table(pipeline_id: int, found: Sequence[Line]) -> None:
    """Draw the stages in their order; the name opens one, arrows move it among those of its kind."""
    stages = [line.stage for line in found]
    ids = tuple(one.id for one in stages)
    fields = STAGE.fields
    kinds = fields["kind"].options or {}
    shown: dict[str, Any] = {
        "name": [tr(one.name) for one in stages],
        "kind": [[option(fields["kind"], one.kind)] for one in stages],
        "rate": [one.win_rate / 100 for one in stages],
        "days": [one.days_allowed for one in stages],
        "map": [one.requires_map for one in stages],
        "count": [line.opportunities for line in found],
        "up": ["↑"] * len(stages),
        "down": ["↓"] * len(stages),
    }
    table(
        shown,
        {
            "name": row_button(
                "stages_open", label(fields["name"]), partial(stage.later, pipeline_id), ids, _NAME, alignment="left"
            ),
            "kind": st.column_config.MultiselectColumn(
                label(fields["kind"]),
                options=[option(fields["kind"], code) for code in kinds],
                color=[badge_color(code) for code in kinds],
                width="small",
            ),
            "rate": st.column_config.NumberColumn(label(fields["win_rate"]), format="%.0f%%", width=100),
            "days": st.column_config.NumberColumn(label(fields["days_allowed"]), width=120),
            "map": st.column_config.CheckboxColumn(label(fields["requires_map"]), width=140),
            "count": st.column_config.NumberColumn(_("Opportunities now"), format="%,d", width=150),
            "up": row_button("stages_up", " ", partial(_move, down=False), ids, _ARROW, alignment="left"),
            "down": row_button("stages_down", " ", partial(_move, down=True), ids, _ARROW, alignment="left"),
        },
        key=f"stages_table_{pipeline_id}",
        alt=_("Stages"),
    )


def _move(stage_id: int, *, down: bool) -> None:
    action.act(_("Order changed"), pipelines.move_stage, stage_id, down=down, rerun=False)


@dialog.dialog(lambda _pipeline_id, stage_id: _("New stage") if stage_id is None else _("Edit stage"))
def stage(pipeline_id: int, stage_id: int | None) -> None:
    """Ask what a stage is called, what it means, and what it asks for."""
    kept = dialog.state()
    if "now" not in kept:
        found = [one.stage for one in session.ask(pipelines.lines, pipeline_id) if one.stage.id == stage_id]
        kept["now"] = found[0] if found else None
    now = kept["now"]
    first = {"kind": "open", "win_rate": 5_000, "requires_map": False}
    if now is not None:
        # The names that come with the portal are shown in the reader's language, and stay what they are if left.
        first = {name: getattr(now, name) for name in (*_ASKED, *_OF_OPEN)} | {"name": tr(now.name)}
    filled = form.fill(STAGE, *_ASKED, defaults=first, key="stage")
    if filled.values.get("kind") == "open":
        more = form.fill(STAGE, *_OF_OPEN, key="stage")
        filled.values |= more.values
        filled.errors |= more.errors
    values = dict(filled.values)
    if now is not None and values.get("name") == tr(now.name):
        values["name"] = now.name
    with st.container(horizontal=True, horizontal_alignment="right"):
        if now is not None and st.button(_("Delete"), key=dialog.key("stage.delete")):
            action.act(
                _("{n} deleted").format(n=1),
                pipelines.remove_stage,
                now.id,
                then=lambda _none: dialog.close(),
                can_undo=True,
            )
        if st.button(_("Cancel"), key=dialog.key("stage.cancel")):
            dialog.finish()
        is_pressed = st.button(
            _("Add stage") if now is None else _("Save"), type="primary", key=dialog.key("stage.save")
        )
    if not is_pressed:
        return
    if now is None:
        form.submit(_("Stage added"), filled, "stage", pipelines.add_stage, pipeline_id, values)
    else:
        form.submit(_("Stage saved"), filled, "stage", pipelines.change_stage, now.id, values, version=now.version)


# --- the pipeline itself ------------------------------------------------------------------------------------


def _below(pipeline_id: int, offered: dict[int, str], found: Sequence[Line]) -> None:
    """Say what the order means, and offer what is done with the pipeline as a whole."""
    is_default = pipeline_id == next(iter(offered))
    words = _("New opportunities enter the first stage of this pipeline.") if is_default else ""
    if any(line.stage.requires_map for line in found):
        words += " " * bool(words) + _("“Needs a power map”: only with a map that says who decides.")
    if words:
        st.caption(fmt.plain(words))
    with st.container(horizontal=True):
        st.button(_("Rename"), key="pipeline_rename", on_click=rename.later, args=(pipeline_id, offered[pipeline_id]))
        if not is_default:
            st.button(_("Make it the default"), key="pipeline_default", on_click=_default, args=(pipeline_id,))
            st.button(_("Delete"), key="pipeline_delete", on_click=_delete, args=(pipeline_id,))


def _default(pipeline_id: int) -> None:
    action.act(_("Default changed"), pipelines.make_default, pipeline_id, rerun=False)


def _delete(pipeline_id: int) -> None:
    outcome = action.attempt(PIPELINE.verb("delete"), pipeline_id)
    if outcome.is_done:
        st.query_params.pop(_CHOSEN, None)
    action.announce(_("{n} deleted").format(n=1) if outcome.is_done else outcome.sentence, outcome.done_as)


@dialog.dialog(lambda: _("New pipeline"))
def create() -> None:
    """Ask what it is called, and which other it is like."""
    filled = form.fill(PIPELINE, "name", key="pipeline")
    offered = {one: tr(name) for one, name in session.ask(pipelines.choices)}
    like = None
    if offered:
        like = st.selectbox(
            _("With the stages of"),
            list(offered),
            index=None,
            format_func=lambda one: offered.get(one, str(one)),
            key=dialog.key("pipeline.like"),
            placeholder=_("Three stages to begin with"),
        )
    if st.button(_("Add pipeline"), type="primary", key=dialog.key("pipeline.save")):
        form.submit(
            _("Pipeline added"), filled, "pipeline", pipelines.add_pipeline, filled.values.get("name"), like=like
        )


@dialog.dialog(lambda _pipeline_id, _name: _("Rename pipeline"))
def rename(pipeline_id: int, name: str) -> None:
    """Ask for another name."""
    filled = form.fill(PIPELINE, "name", defaults={"name": name}, key="pipeline")
    if st.button(_("Save"), type="primary", key=dialog.key("pipeline.rename")):
        given = filled.values.get("name")
        if given == name:
            dialog.finish()
        form.submit(_("Pipeline saved"), filled, "pipeline", pipelines.rename, pipeline_id, given)
