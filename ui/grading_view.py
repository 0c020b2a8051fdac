"""Where an administrator edits how leads are graded: rules, thresholds, and what saving would change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Final

import streamlit as st

from services import grading
from services.grading import Rule, Scheme
from services.kit.errors import Invalid
from services.kit.fields import Field, ParseError, is_blank, parse
from ui import action, dialog, entry, grade, page, session
from ui import format as fmt
from ui.i18n import N_, _, label, option, say

_DRAFT: Final = "grading.draft"
_GRADES: Final = ("A", "B", "C", "D", None)
OPERATORS: Final = {
    "is": N_("is"),
    "in": N_("is one of"),
    "has": N_("contains"),
    "from": N_("is at least"),
    "to": N_("is at most"),
    "within": N_("lies within days of today"),
    "filled": N_("is filled in"),
    "empty": N_("is empty"),
}


def show() -> None:
    """Draw the page: the rules with their points, the thresholds, and what saving would change."""
    is_editor = page.may("grading_rule.update")
    page.header(
        _("Lead grading"), caption=_("Each rule a lead fulfils gives or takes points; the points give the grade.")
    )
    with page.toolbar():
        if page.button(
            _("New rule"), permission="grading_rule.create", primary=True, icon=":material/add:", key="rule_new"
        ):
            edit(None)
    saved = session.ask(grading.scheme)
    draft: Scheme = st.session_state.get(_DRAFT, saved)
    left, right = st.columns([5, 3], gap="large")
    with left:
        _rules(draft, is_editor=is_editor)
    with right:
        draft = _thresholds(draft, is_editor=is_editor)
        _effect(draft, saved, is_editor=is_editor)
    _progress(is_editor=is_editor)


def _keep(draft: Scheme) -> None:
    st.session_state[_DRAFT] = draft


def _forget() -> None:
    st.session_state.pop(_DRAFT, None)
    for grade_ in "abc":
        st.session_state.pop(f"grading.{grade_}", None)


def _now() -> Scheme:
    kept: Scheme | None = st.session_state.get(_DRAFT)
    return kept if kept is not None else session.ask(grading.scheme)


# --- rules --------------------------------------------------------------------------------------------------


def _rules(draft: Scheme, *, is_editor: bool) -> None:
    if not draft.rules:
        with page.empty(
            _("No rules yet"), caption=_("Say what makes a lead worth a call, and leads grade themselves.")
        ):
            page.button(
                _("New rule"), permission="grading_rule.create", key="rule_first", on_click=edit.later, args=(None,)
            )
        return
    table = st.container(gap="xxsmall")
    for at, rule in enumerate(draft.rules):
        with table.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key=f"rule_{at}"
        ):
            points = grade.aligned(rule.points, f"**{fmt.plain(grade.signed(rule.points))}**")
            words = fmt.plain(grade.in_words(rule))
            st.markdown(f"{points} &ensp;{words}" if rule.is_active else f":gray[{points} &ensp;~~{words}~~]")
            if is_editor:
                st.button(
                    _("Edit"),
                    key=f"rule_edit_{at}",
                    type="tertiary",
                    icon=":material/edit:",
                    on_click=edit.later,
                    args=(at,),
                )


@dialog.dialog(lambda at: _("New rule") if at is None else _("Edit rule"))
def edit(at: int | None) -> None:
    """Ask what a rule asks of a lead, and how many points it gives."""
    draft = _now()
    rule = draft.rules[at] if at is not None and at < len(draft.rules) else Rule("", "", (), 10)
    fields = grading.offered()
    name = st.selectbox(
        _("Field"),
        list(fields),
        index=list(fields).index(rule.field) if rule.field in fields else None,
        format_func=lambda one: label(fields[one]),
        key=dialog.key("rule.field"),
        placeholder=_("Choose"),
    )
    if name is None:
        return
    field = fields[name]
    offered = grading.OPERATORS[field.kind]
    operator = st.selectbox(
        _("Condition"),
        offered,
        index=offered.index(rule.operator) if rule.operator in offered and name == rule.field else 0,
        format_func=lambda one: _(OPERATORS[one]),
        key=dialog.key(f"rule.operator.{name}"),
        placeholder=_("Choose"),
    )
    given = rule.values if (name, operator) == (rule.field, rule.operator) else ()
    raw = None if operator in grading.WITHOUT_VALUE else _value(field, operator, given)
    points = st.number_input(
        _("Points"), value=rule.points, min_value=-1_000, max_value=1_000, step=5, key=dialog.key("rule.points")
    )
    is_active = st.checkbox(_("In use"), rule.is_active, key=dialog.key("rule.active"))
    for sentence in dialog.state().get("wrong", ()):
        st.error(fmt.plain(sentence), icon=":material/error:")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if at is not None:
            st.button(
                _("Delete rule"), key=dialog.key("rule.delete"), on_click=_change, args=(partial(_without, at=at),)
            )
        st.button(
            _("Use this rule"),
            type="primary",
            key=dialog.key("rule.save"),
            on_click=_use,
            args=(at, field, Rule(name, operator, (), int(points), rule.id, is_active), raw),
        )


def _value(field: Field, operator: str, given: tuple[Any, ...]) -> Any:
    """Draw the entry of what a field is compared with; returns what it holds."""
    key = dialog.key(f"rule.value.{field.name}.{operator}")
    first = given[0] if given else None
    if operator == "within":
        return st.number_input(_("Days"), value=first or 14, min_value=0, max_value=36_500, step=1, key=key)
    if field.kind in ("choice", "choices"):
        codes = list(field.options or {})
        return st.multiselect(
            _("Compared with"), codes, [one for one in given if one in codes],
            format_func=lambda one: option(field, one), key=key, placeholder=_("Choose"),
            select_all=False,
        )  # fmt: skip
    if operator == "in":
        return st.multiselect(
            _("Values"),
            list(given),
            list(given),
            accept_new_options=True,
            key=key,
            placeholder=_("Type a value, then Enter"),
            select_all=False,
        )
    if field.kind == "flag":
        return st.segmented_control(
            _("Compared with"), [True, False], default=first is not False, required=True,
            format_func=lambda one: _("Yes") if one else _("No"), key=key,
        )  # fmt: skip
    as_text = replace(field, kind="text") if field.kind in ("email", "phone", "long_text") else field
    return entry.widget(as_text, first, key=key, written=_("Compared with"))


def _use(at: int | None, field: Field, rule: Rule, raw: Any) -> None:
    """Take a rule into the draft; what cannot be read or says nothing is told in the dialog."""
    try:
        made = replace(rule, values=_typed(field, rule.operator, raw))
    except ParseError as error:
        dialog.state()["wrong"] = [say(error)]
        return
    if problem := grading.problem_of(made):
        dialog.state()["wrong"] = [say(one) for one in problem.values()]
        return
    _change(partial(_with, at=at, rule=made))


def _typed(field: Field, operator: str, raw: Any) -> tuple[Any, ...]:
    if operator in grading.WITHOUT_VALUE:
        return ()
    if operator == "within":
        return (int(raw),)
    if field.kind == "flag":
        return (bool(raw),)
    as_one = grading.asked_as(field)
    many = raw if isinstance(raw, list | tuple) else [raw]
    return tuple(parse(as_one, one, currency=session.database().settings.currency) for one in many if not is_blank(one))


def _with(draft: Scheme, *, at: int | None, rule: Rule) -> Scheme:
    rules = [*draft.rules, rule] if at is None else [*draft.rules[:at], rule, *draft.rules[at + 1 :]]
    return replace(draft, rules=tuple(rules))


def _without(draft: Scheme, *, at: int) -> Scheme:
    return replace(draft, rules=(*draft.rules[:at], *draft.rules[at + 1 :]))


def _change(how: Callable[[Scheme], Scheme]) -> None:
    _keep(how(_now()))
    dialog.close()


# --- thresholds and effect ----------------------------------------------------------------------------------


def _thresholds(draft: Scheme, *, is_editor: bool) -> Scheme:
    """Draw from how many points on a lead is A, B, C; returns the draft with what stands there."""
    st.markdown(f"**{_('From how many points')}**")
    found = {}
    with st.container(horizontal=True):
        for grade_ in "abc":
            found[grade_] = st.number_input(
                grade_.upper(),
                value=getattr(draft, grade_),
                min_value=-10_000,
                max_value=10_000,
                step=5,
                key=f"grading.{grade_}",
                disabled=not is_editor,
                width=88,
            )
    st.caption(_("With fewer points than C a lead is D."))
    if any(found[one] != getattr(draft, one) for one in found):
        draft = replace(draft, **found)
        _keep(draft)
    return draft


def _effect(draft: Scheme, saved: Scheme, *, is_editor: bool) -> None:
    """Say what saving would change, and offer to save; an unchanged scheme shows how leads stand by it."""
    try:
        plan = session.ask(grading.preview, draft)
    except Invalid as invalid:
        for problem in invalid.fields.values():
            st.error(fmt.plain(say(problem)), icon=":material/error:")
        plan = None
    if plan is not None:
        _table(plan, is_changed=draft != saved)
    if draft == saved or not is_editor:
        return
    with st.container(horizontal=True):
        st.button(_("Discard"), key="grading_discard", on_click=_forget)
        if plan is not None and st.button(_("Save and grade leads anew"), type="primary", key="grading_save"):
            action.act(_("Rules saved"), grading.save, draft, then=_saved)


def _saved(_progress_of_it: Any) -> None:
    _forget()


def _table(plan: grading.Preview, *, is_changed: bool) -> None:
    if is_changed:
        words = _("Saving changes the grade of {n} of {all} leads.")
        st.markdown(f"**{fmt.plain(words.format(n=fmt.number(plan.changed), all=fmt.number(plan.leads)))}**")
    rows = {
        _("Grade"): [one or _("none") for one in _GRADES],
        _("Leads now"): [fmt.number(plan.before.get(one, 0)) for one in _GRADES],
    }
    if is_changed:
        rows[_("Afterwards")] = [fmt.number(plan.after.get(one, 0)) for one in _GRADES]
    keys = list(rows)
    st.dataframe(
        rows,
        hide_index=True,
        key="grading_effect",
        column_config={name: st.column_config.TextColumn(name, alignment="right") for name in keys[1:]},
        alt=_("Leads by grade"),
    )
    if plan.by_hand:
        st.caption(fmt.plain(_("{n} were graded by hand and stay as they are.").format(n=fmt.number(plan.by_hand))))


def _progress(*, is_editor: bool) -> None:
    """Say that leads are still being graded anew, and go on with it, a step at a time."""
    if session.ask(grading.state)["after_id"] is None:
        return
    st.info(_("Not all leads are graded by these rules yet."), icon=":material/hourglass_top:")
    if not is_editor or not st.button(_("Go on"), key="grading_go_on"):
        return
    done = 0
    with st.status(_("Grading leads anew …")) as status:
        while True:
            outcome = action.attempt(grading.regrade)
            if not outcome.is_done:
                action.tell(outcome)
                return
            done += outcome.result.changed
            status.update(label=fmt.plain(_("{n} leads changed so far").format(n=fmt.number(done))))
            if outcome.result.is_done:
                break
    st.rerun()
