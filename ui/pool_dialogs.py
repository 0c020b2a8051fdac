"""The dialogs of one pool: its settings, what would go back tonight, emptying it into another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from services import pools
from services.kit import masking, query, records
from services.kit.entity import ENTITIES
from services.kit.errors import Refusal
from services.pools import POOL, Member, Rule
from services.pools.rules import KINDS, LEVEL
from ui import action, dialog, form, pool_settings, session
from ui import format as fmt
from ui.i18n import N_, _, label, option, say, tr

_CLAIMING: Final = ("claims_a_day", "ban_days", "protected_days")
_BACK: Final = ("spares_won", "spares_open", "warning_days")
_RULES: Final = {
    "activity": N_("No activity for so many days"),
    "opportunity": N_("No opportunity for so many days"),
    "won": N_("Not won for so many days"),
}
_CONVERTED: Final = N_("Not converted for so many days")


# --- settings -----------------------------------------------------------------------------------------------


@dialog.dialog(lambda pool_id: _("New pool") if pool_id is None else _("Pool"), width="large")
def settings(pool_id: int | None) -> None:
    """Ask for all that makes a pool: what for, who, claiming, the rules, what it hides; and try the rules."""
    kept = dialog.state()
    if "pool" not in kept and not _load(pool_id, kept):
        return
    names = ("name", "kind") if pool_id is None else ("name",)
    first = form.fill(POOL, *names, defaults=kept["pool"], key="form.first")
    kind = first.values.get("kind") or kept["pool"]["kind"]
    members, is_for_all = _members(kept)
    st.markdown(f"**{_('Claiming')}**")
    claiming = form.fill(POOL, *_CLAIMING, defaults=kept["pool"], key="form.claiming")
    hidden = _hidden(kind, kept)
    st.markdown(f"**{_('Going back')}**")
    rules = _rules(kind, kept)
    spared = _BACK if kind == "customer" else tuple(name for name in _BACK if name != "spares_open")
    back = form.fill(POOL, *spared, defaults=kept["pool"], key="form.back")
    problems = kept.get("problems", {})
    for name in ("members", "rules", "hidden"):
        if name in problems:
            st.error(fmt.plain(say(problems[name])), icon=":material/error:")
    values = {**first.values, **claiming.values, **back.values, "is_for_all": is_for_all}
    is_readable = first.is_readable and claiming.is_readable and back.is_readable
    with st.container(horizontal=True, horizontal_alignment="right"):
        if pool_id is not None and st.button(_("Try the rules"), key=dialog.key("pool.try"), icon=":material/preview:"):
            kept["tried"] = True
        if st.button(_("Save"), type="primary", key=dialog.key("pool.save")):
            filled = form.Filled(values, {**first.errors, **claiming.errors, **back.errors})
            _save(pool_id, filled, kept, members=members, rules=rules, hidden=hidden)
    if kept.get("tried") and pool_id is not None and is_readable:
        _try(pool_id, kind, rules, values)


def _load(pool_id: int | None, kept: dict[str, Any]) -> bool:
    """Read the pool into the dialog's state. Returns whether it is there."""
    if pool_id is None:
        fields = {"name": None, "kind": "customer", "warning_days": 7, "spares_won": True, "spares_open": True}
        kept |= {"pool": fields, "members": [], "rules": {}, "hidden": [], "is_for_all": True, "version": None}
        return True
    try:
        pool = session.ask(records.get, POOL, pool_id)
        members = session.ask(pools.members, pool_id)
        rules = session.ask(pools.saved_rules, pool_id)
    except Refusal as refusal:
        st.error(fmt.plain(say(refusal)))
        return False
    fields = {name: getattr(pool, name) for name in ("name", "kind", *_CLAIMING, *_BACK)}
    kept |= {
        "pool": fields,
        "members": members,
        "rules": {rule.kind: rule for rule in rules},
        "hidden": list(pool.hidden),
        "is_for_all": pool.is_for_all,
        "version": pool.version,
    }
    return True


def _members(kept: Mapping[str, Any]) -> tuple[list[Member], bool]:
    """Ask who may see it and claim from it, and who hands out what lies in it."""
    ways = {True: _("Everybody"), False: _("Chosen teams and people")}
    is_for_all = bool(
        st.segmented_control(
            _("Who may see it and claim from it"),
            list(ways),
            default=kept["is_for_all"],
            required=True,
            format_func=lambda one: ways[one],
            key=dialog.key("pool.for_all"),
        )
    )
    people, teams = _named("user"), _named("team")
    saved: list[Member] = kept["members"]
    chosen_teams: list[int] = []
    chosen: list[int] = []
    if not is_for_all:
        chosen_teams = _many(_("Teams, with those below them"), teams, [m.team_id for m in saved if m.team_id], "teams")
        chosen = _many(_("People"), people, [m.user_id for m in saved if m.user_id and not m.is_admin], "people")
    admins = _many(_("Who hands out what lies in it"), people, [m.user_id for m in saved if m.is_admin], "admins")
    found = [Member(team_id=one) for one in chosen_teams]
    found += [Member(user_id=one) for one in chosen if one not in admins]
    return [*found, *(Member(user_id=one, is_admin=True) for one in admins)], is_for_all


def _named(key: str) -> dict[int, str]:
    return dict(session.ask(query.options, key, limit=1_000))


def _many(written: str, offered: Mapping[int, str], now: Sequence[int | None], name: str) -> list[int]:
    known = [one for one in now if one in offered]
    return st.multiselect(
        written,
        list(offered),
        default=known,
        format_func=lambda one: offered[one],
        key=dialog.key(f"pool.{name}"),
        placeholder=_("Choose"),
        select_all=False,
    )


def _hidden(kind: str, kept: Mapping[str, Any]) -> list[str]:
    fields = ENTITIES[kind].known_fields
    # A retired field that is hidden stays so: it may be brought back.
    offered = [name for name in masking.hideable(kind) if name in ENTITIES[kind].fields or name in kept["hidden"]]
    return st.multiselect(
        _("Hidden until it is claimed"),
        offered,
        default=[name for name in kept["hidden"] if name in offered],
        format_func=lambda name: label(fields[name]),
        key=dialog.key(f"pool.hidden.{kind}"),
        placeholder=_("Choose"),
        select_all=False,
    )


def _rules(kind: str, kept: Mapping[str, Any]) -> list[Rule]:
    """Ask for the days of each rule, for all or by level; blank: the rule does not hold."""
    st.caption(_("Any of them suffices. Left blank: no such rule."))
    by_level = bool(
        st.toggle(
            _("Days by level") if kind == "customer" else _("Days by grade"),
            value=any(rule.days_by_level for rule in kept["rules"].values()),
            key=dialog.key(f"pool.by_level.{kind}"),
        )
    )
    found = []
    for name in KINDS[kind]:
        saved: Rule | None = kept["rules"].get(name)
        words = _(_CONVERTED) if kind == "lead" and name == "won" else _(_RULES[name])
        days, levels = _days(kind, name, words, saved, by_level=by_level)
        if days is not None or levels:
            found.append(Rule(name, days, levels))
    return found


def _days(kind: str, name: str, words: str, saved: Rule | None, *, by_level: bool) -> tuple[int | None, dict[str, int]]:
    """Draw the numbers of one rule: one for all, and beside it one for each level."""
    field = ENTITIES[kind].fields[LEVEL[kind]]
    codes = list(field.options or {}) if by_level else []
    columns = st.columns(1 + len(codes), vertical_alignment="bottom") if codes else [st.container(width=320)]
    with columns[0]:
        days = _number(words, saved.days if saved else None, f"{kind}.{name}")
    levels: dict[str, int] = {}
    for column, code in zip(columns[1:], codes, strict=True):
        with column:
            known = saved.days_by_level.get(code) if saved else None
            number = _number(option(field, code), known, f"{kind}.{name}.{code}")
        if number is not None:
            levels[code] = number
    return days, levels


def _number(words: str, now: int | None, name: str) -> int | None:
    found = st.number_input(
        words,
        min_value=1,
        max_value=3650,
        value=now,
        step=1,
        key=dialog.key(f"pool.rule.{name}"),
        placeholder=_("none"),
    )
    return None if found is None else int(found)


def _save(pool_id: int | None, filled: form.Filled, kept: dict[str, Any], **more: Any) -> None:
    outcome = None
    if filled.is_readable:
        outcome = action.attempt(pools.save, pool_id, filled.values, version=kept["version"], **more)
        if outcome.is_done:
            action.announce(_("Pool saved"))
            dialog.finish()
        kept["problems"] = dict(outcome.fields)
    for key in ("form.first", "form.claiming", "form.back"):
        form.mark(outcome or filled, key)
    if outcome is None or outcome.fields:
        st.rerun()
    st.error(fmt.plain(outcome.sentence), icon=":material/error:")


def _try(pool_id: int, kind: str, rules: Sequence[Rule], values: Mapping[str, Any]) -> None:
    """Show what would go back tonight by the rules as they stand in the dialog, saved or not."""
    try:
        found = session.ask(
            pools.dry_run,
            pool_id,
            rules=rules,
            spares_won=values.get("spares_won"),
            spares_open=values.get("spares_open"),
            warning_days=values.get("warning_days") or 0,
        )
    except Refusal as refusal:
        st.error(fmt.plain(say(refusal)))
        return
    pool_settings.dry_run(found, kind)


# --- tonight ------------------------------------------------------------------------------------------------


@dialog.dialog(lambda _pool_id: _("What would go back tonight?"), width="large")
def tonight(pool_id: int) -> None:
    """Show what goes back tonight, and let the rules run from now on, or rest."""
    try:
        pool = session.ask(records.get, POOL, pool_id)
        found = session.ask(pools.dry_run, pool_id)
    except Refusal as refusal:
        st.error(fmt.plain(say(refusal)))
        return
    st.markdown(f"**{fmt.plain(tr(pool.name))}**")
    pool_settings.dry_run(found, pool.kind)
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button(_("Close"), key=dialog.key("tonight.close")):
            dialog.finish()
        if not pool.is_recycling and st.button(
            _("Let the rules run every night"), type="primary", key=dialog.key("tonight.run")
        ):
            done = _("The rules run every night")
            action.act(done, pools.set_recycling, pool_id, is_on=True, then=lambda _pool: dialog.close())


@dialog.dialog(lambda _pool_id: _("Empty into another"))
def empty(pool_id: int) -> None:
    """Choose where all that lies in a pool goes."""
    rows = session.ask(pools.overview)
    this = next((one for one in rows if one.pool_id == pool_id), None)
    if this is None:
        st.write(_("There is no such record, or you may not see it."))
        return
    offered = {
        one.pool_id: tr(one.name) for one in rows if one.kind == this.kind and one.is_enabled and one.pool_id != pool_id
    }
    st.write(_("{n} in it").format(n=fmt.number(this.lying)))
    if not offered:
        st.caption(_("There is no other enabled pool of this kind; make one first."))
        return
    into = st.selectbox(
        _("Into"),
        list(offered),
        index=None,
        format_func=lambda one: offered[one],
        key=dialog.key("empty.into"),
        placeholder=_("Choose"),
    )
    if st.button(_("Empty"), type="primary", key=dialog.key("empty.save"), disabled=into is None):
        action.act(_("Pool emptied"), pools.empty, pool_id, into, then=lambda _count: dialog.close())
