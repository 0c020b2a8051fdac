"""A lead's grade on the screen: the letter, its points, and each reason in words."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from services import grading, leads
from services.grading import Rule
from services.kit import query
from services.leads import LEAD
from ui import action, page, session
from ui import format as fmt
from ui.i18n import _, label, named, option

_WIDE: Final = 3
"""Characters of points: +25, −10."""


def box(lead: Any) -> None:
    """Draw the grade with its reasons, who set it, and the way to set it or to give it back to the rules."""
    if lead.grade is None and not lead.grade_reasons:
        st.markdown(f":gray[{_('Not graded yet.')}]")
    else:
        _letter(lead)
    if lead.converted_at is None and page.may("lead.update"):
        _by_hand(lead)


def _letter(lead: Any) -> None:
    points = "" if lead.grade_points is None else _points(lead.grade_points)
    letter = fmt.plain(_("Grade {grade}").format(grade=lead.grade or fmt.NOTHING))
    st.markdown(f"**{letter}** &ensp;:gray[{fmt.plain(points)}]")
    if lead.graded_at is not None:
        who = session.ask(query.titles, "user", [lead.graded_by_id]) if lead.graded_by_id else {}
        words = _("Set by hand by {who} on {day}; the rules leave it alone.")
        day = fmt.day(lead.graded_at.astimezone(session.database().settings.zone).date())
        st.caption(fmt.plain(words.format(who=who.get(lead.graded_by_id, _("System")), day=day)))
    rules = session.ask(grading.named, [rule_id for rule_id, _points_ in lead.grade_reasons])
    lines = [
        f":gray[{aligned(points_, fmt.plain(signed(points_)))}] &ensp;{fmt.plain(in_words(rules[rule_id]))}"
        for rule_id, points_ in sorted(lead.grade_reasons, key=lambda one: -one[1])
        if rule_id in rules
    ]
    if lines:
        st.markdown("  \n".join(lines))
    else:
        st.caption(_("No rule is fulfilled."))


def _points(points: int) -> str:
    return _("1 point") if points == 1 else _("{n} points").format(n=fmt.number(points))


def _by_hand(lead: Any) -> None:
    codes = list(LEAD.fields["grade"].options or {})
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.menu_button(
            _("Set by hand"),
            codes,
            type="tertiary",
            icon=":material/edit:",
            key=f"grade_{lead.id}",
            on_click=lambda: _set(lead, st.session_state[f"grade_{lead.id}"]),
        )
        if lead.graded_at is not None:
            st.button(_("Back to the rules"), type="tertiary", key="grade_by_rules", on_click=_set, args=(lead, None))


def _set(lead: Any, grade: str | None) -> None:
    done = _("Grade set by hand") if grade else _("Graded by the rules")
    action.act(done, leads.set_grade, lead.id, grade, rerun=False)


def signed(points: int) -> str:
    """Return points with their sign: +20, −10."""
    return f"+{points}" if points > 0 else f"−{-points}"


def aligned(points: int, written: str) -> str:
    """Return points as written, with as much blank before them that they stand one below the other."""
    return "\N{FIGURE SPACE}" * (_WIDE - len(signed(points))) + written


def in_words(rule: Rule) -> str:
    """Return a rule as one says it: Source is Referral or Partner."""
    field = grading.offered().get(rule.field) or LEAD.known_fields.get(rule.field)
    if field is None:
        return _("A field that is no longer there")
    name = label(field)
    match rule.operator:
        case "filled":
            return _("{field} is filled in").format(field=name)
        case "empty":
            return _("{field} is empty").format(field=name)
        case "within":
            return _("{field} within {n} days").format(field=name, n=fmt.number(rule.values[0]))
    if field.kind == "flag":
        return named(name, fmt.value(field, rule.values[0]))
    written = [
        option(field, one) if field.kind in ("choice", "choices") else fmt.value(field, one) for one in rule.values
    ]
    said = _(" or ").join(str(one) for one in written)
    words = {
        "is": _("{field} is {value}"),
        "in": _("{field} is {value}"),
        "has": _("{field} contains {value}"),
        "from": _("{field} is at least {value}"),
        "to": _("{field} is at most {value}"),
    }
    return words[rule.operator].format(field=name, value=said)
