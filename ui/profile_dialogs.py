"""What is written into a profile: answers, findings, a new version, the competitor it is about."""

from __future__ import annotations

from typing import Any

import streamlit as st

from services import profiles
from services.competitors import COMPETITOR
from services.kit import records
from services.kit.errors import Conflict
from services.kit.fields import ParseError, parse
from services.opportunities import OPPORTUNITY
from services.power_map import steps
from services.profiles import FINDING, STRATEGIC, Question
from services.profiles.findings import create as write_down
from services.profiles.findings import update as change
from ui import action, dialog, entry, form, session
from ui import format as fmt
from ui.i18n import _, say, tr


@dialog.dialog(lambda _profile_id, section: tr(section), width="large")
def answers(profile_id: int, section: dict[str, str]) -> None:
    """Ask the questions of one section; what others write into the rest meanwhile stays."""
    kept = dialog.state()
    if "asked" not in kept:
        profile = session.ask(records.get, profiles.PROFILE, profile_id)
        kept["asked"] = [q for q in session.ask(profiles.questions, profile.kind) if q.section == section]
        kept["began"] = dict(session.ask(profiles.current, profile_id).answers)
    asked: list[Question] = kept["asked"]
    for question in asked:
        written = tr(question.wording) + (" *" if question.is_required else "")
        entry.widget(question.field, kept["began"].get(question.code), key=_key(question), kept=kept, written=written)
        if problem := kept.get("errors", {}).get(question.code):
            st.caption(f":red[:material/error: {fmt.plain(say(problem))}]")
    st.caption(_("Questions marked with * count for completeness."))
    if st.button(_("Save"), type="primary", key=dialog.key("answers.save")):
        _save(profile_id, asked, kept)


def _key(question: Question) -> str:
    return dialog.key(f"answer.{question.code}")


def _save(profile_id: int, asked: list[Question], kept: dict[str, Any]) -> None:
    given: dict[str, Any] = {}
    wrong: dict[str, Any] = {}
    for question in asked:
        try:
            given[question.code] = parse(question.field, st.session_state.get(_key(question)))
        except ParseError as error:
            wrong[question.code] = error.message
    changed = {code: value for code, value in given.items() if value != kept["began"].get(code)}
    if not wrong:
        outcome = action.attempt(profiles.answer, profile_id, changed, began=kept["began"])
        if outcome.is_done:
            action.announce(_("Saved in the draft"))
            dialog.finish()
        if isinstance(outcome.refusal, Conflict):
            _say_theirs(asked, outcome.refusal, kept)
            return
        if not outcome.fields:
            action.tell(outcome)
            return
        wrong = dict(outcome.fields)
    kept["errors"] = wrong
    st.rerun()


def _say_theirs(asked: list[Question], conflict: Conflict, kept: dict[str, Any]) -> None:
    """Show what somebody else has answered meanwhile; saving again replaces it knowingly."""
    words = {one.code: one for one in asked}
    for code, theirs in conflict.theirs.items():
        shown = fmt.value(words[code].field, theirs)
        st.warning(
            fmt.plain(
                _("Somebody has answered “{question}” meanwhile: {answer}").format(
                    question=tr(words[code].wording), answer=shown
                )
            )
        )
        kept["began"][code] = theirs
    st.caption(_("Save again to keep your words instead."))


@dialog.dialog(lambda _customer_id: _("Competitor standing"), width="small")
def rival(customer_id: int) -> None:
    """Choose the competitor whose standing is to be written down."""
    chosen = form.reference(COMPETITOR, _("Competitor"), key="rival")
    name = st.text_input(_("Or a new one"), max_chars=100, key=dialog.key("rival.name"))
    is_ready = chosen is not None or bool(name.strip())
    if st.button(_("Begin"), type="primary", key=dialog.key("rival.save"), disabled=not is_ready):
        action.act(_("Profile begun"), _begin, customer_id, chosen, name.strip(), then=lambda _profile: dialog.close())


def _begin(uow: Any, customer_id: int, competitor_id: int | None, name: str) -> Any:
    if competitor_id is None:
        competitor_id = COMPETITOR.verb("create")(uow, {"name": name}).id
    return profiles.begin(uow, customer_id, "competitor", competitor_id)


@dialog.dialog(lambda _profile_id: _("Publish"), width="small")
def publish(profile_id: int) -> None:
    """Ask what is new, then make the draft the next version."""
    st.write(_("The draft becomes the next version, which stays as it is."))
    note = st.text_input(_("What is new"), max_chars=300, key=dialog.key("publish.note"))
    if st.button(_("Publish"), type="primary", key=dialog.key("publish.save")):
        action.act(
            _("Published"),
            profiles.publish,
            profile_id,
            note=note.strip() or None,
            then=lambda _version: dialog.close(),
        )


@dialog.dialog(lambda _profile_id, *_more: _("Finding"), width="medium")
def finding(profile_id: int, finding_id: int | None = None) -> None:
    """Write a finding down, or change it."""
    kept = dialog.state()
    names = ("text", "kind", "owner_id") if finding_id is None else ("text", "kind", "state", "owner_id")
    if "finding" not in kept:
        found = session.ask(records.get, FINDING, finding_id) if finding_id is not None else None
        values = {name: getattr(found, name) for name in names} if found else {"kind": "opportunity"}
        values.setdefault("owner_id", session.actor().user_id)
        place = dialog.key("finding.owner_id")
        kept["finding"] = {
            "values": values,
            "version": found.version if found else None,
            "options": {place: session.ask(steps.colleagues) if session.actor().may("contact.read") else []},
            "is_large": {place: False},
        }
    filled = form.fill(FINDING, *names, key="finding")
    if st.button(_("Save"), type="primary", key=dialog.key("finding.save")):
        if finding_id is None:
            form.submit(_("Finding saved"), filled, "finding", write_down, {**filled.values, "profile_id": profile_id})
        else:
            version = kept["finding"]["version"]
            form.submit(_("Finding saved"), filled, "finding", change, finding_id, filled.values, version=version)


@dialog.dialog(lambda _finding_id, _text: _("Put on the sandbox"), width="medium")
def to_sandbox(finding_id: int, text: str) -> None:
    """Ask for what the sandbox ranks by, and make the finding an opportunity."""
    st.caption(fmt.plain(text))
    first = text.strip().splitlines()[0][:200]
    filled = form.fill(
        OPPORTUNITY,
        "name",
        "currency",
        *STRATEGIC,
        defaults={"name": first, "currency": session.database().settings.currency},
        key="chance",
    )
    if st.button(_("Put on the sandbox"), type="primary", key=dialog.key("chance.save")):
        form.submit(_("On the sandbox"), filled, "chance", profiles.to_opportunity, finding_id, filled.values)
