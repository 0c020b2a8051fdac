"""Dialog forms built from an entity's sections: one column, errors at the fields, nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import streamlit as st

from services.kit import query, records
from services.kit.entity import ENTITIES, Entity
from services.kit.errors import Conflict, Message, Refusal
from services.kit.fields import Field, ParseError, parse
from ui import action, dialog, entry, session, twins
from ui import format as fmt
from ui.i18n import N_, _, gap, label, named, say


@dataclass
class Filled:
    """What a reader has filled in: typed values by field, and what could not be read."""

    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, Message] = field(default_factory=dict)

    @property
    def is_readable(self) -> bool:
        """Say whether every entry could be read."""
        return not self.errors


# --- the two forms every entity has -------------------------------------------------------------------------


def create(
    entity: Entity,
    defaults: Mapping[str, Any] | None = None,
    *,
    fixed: Mapping[str, Any] | None = None,
    then: Callable[[Any], None] | None = None,
) -> None:
    """Open the form of a new record. `defaults` are typed first values; `fixed` are set and not shown.

    `then` is called with the new record; a function of a module, since it is kept while the form is open.
    """
    dialog.open_dialog(_PATH, ("create", entity.key, None, dict(defaults or {}), dict(fixed or {}), then))


def edit(entity: Entity, record_id: int, *, then: Callable[[Any], None] | None = None) -> None:
    """Open the form of a record; who may not change it reads it."""
    dialog.open_dialog(_PATH, ("edit", entity.key, record_id, {}, {}, then))


def edit_later(entity: Entity, record_id: int) -> None:
    """Open the form of a record on the run that follows: for callbacks."""
    record.later("edit", entity.key, record_id, {}, {}, None)  # type: ignore[attr-defined]


_PATH: Final = "ui.form:record"


def _title(mode: str, key: str, *_rest: Any) -> str:
    entity = ENTITIES[key]
    if mode == "create":
        return _("New {what}").format(what=entry.lower(_(entity.one)))
    if session.actor().may(f"{key}.update"):
        return _("Edit {what}").format(what=entry.lower(_(entity.one)))
    return _(entity.one)


@dialog.dialog(_title, width="medium")
def record(
    mode: str,
    key: str,
    record_id: int | None,
    defaults: dict[str, Any],
    fixed: dict[str, Any],
    then: Callable[[Any], None] | None,
) -> None:
    """Draw the form that is open."""
    entity = ENTITIES[key]
    kept = dialog.state()
    if "values" not in kept and not _load(entity, mode, record_id, defaults, kept):
        return
    permission = f"{key}.{'create' if mode == 'create' else 'update'}"
    if mode == "edit" and not kept["is_writable"]:
        _read_only(entity, kept)
        return
    names = [name for name in entity.writable if name not in fixed and _is_offered(entity, name)]
    if kept.get("error"):
        st.error(fmt.plain(kept["error"]), icon=":material/error:")
    st.caption(_("Fields marked with * are needed."))
    warning = st.container()
    for section in entity.sections:
        shown = [name for name in section.fields if name in names]
        if not shown:
            continue
        st.markdown(f"**{fmt.plain(_(section.title))}**")
        for name in shown:
            _entry(entity, name, kept)
            _conflict_at(entity.fields[name], kept)
    # Who may be there already under what has been typed so far; whoever presses the button has seen it.
    hits = twins.look(entity, {**read(entity, names, kept).values, **fixed}, kept) if mode == "create" else []
    kept["warned"] = kept.get("compared")
    with warning:
        twins.warn(hits)
    words = _("Create {what}").format(what=entry.lower(_(entity.one))) if mode == "create" else _("Save")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button(_("Cancel"), key="form_cancel"):
            dialog.finish()
        st.button(
            _("Save anyway") if hits else words,
            type="primary",
            key="form_save",
            disabled=not session.actor().may(permission),
            on_click=_save,
            args=(entity, mode, record_id, names, fixed, then),
        )


def _load(entity: Entity, mode: str, record_id: int | None, defaults: dict[str, Any], kept: dict[str, Any]) -> bool:
    """Read the record once, when the form opens; False if there is none."""
    model_defaults = records.defaults_of(entity.model)
    if mode == "create":
        first = {name: model_defaults.get(name) for name in entity.writable}
        if "currency" in entity.fields:
            first["currency"] = session.database().settings.currency
        if "owner_id" in first:
            first["owner_id"] = session.actor().user_id
        kept.update(values=first | defaults, version=None, is_writable=True)
        return True
    for act, is_writable in (("update", True), ("read", False)):
        try:
            found = session.ask(records.get, entity, record_id, action=act)
        except Refusal as refusal:
            if act == "read":
                st.error(fmt.plain(say(refusal)))
                return False
            continue
        kept["values"] = {name: getattr(found, name) for name in entity.writable}
        kept.update(version=found.version, is_writable=is_writable)
        return True
    return False


def _is_offered(entity: Entity, name: str) -> bool:
    """Whoever may not assign is not asked for an owner: what they make is theirs."""
    return name != "owner_id" or not entity.is_owned or session.actor().may(f"{entity.key}.assign")


def _read_only(entity: Entity, kept: dict[str, Any]) -> None:
    values = dict(kept["values"])
    for name in entity.writable:
        target = entity.fields[name].entity
        if target and values.get(name) is not None:
            values[f"{name}_title"] = session.ask(query.titles, target, [values[name]]).get(values[name])
    for section in entity.sections:
        filled = [name for name in section.fields if not fmt.is_nothing(values.get(name))]
        if filled:
            st.markdown(f"**{fmt.plain(_(section.title))}**")
        for name in filled:
            st.caption(fmt.plain(label(entity.fields[name])))
            st.text(fmt.value(entity.fields[name], values[name], values))


# --- saving -------------------------------------------------------------------------------------------------


def _save(
    entity: Entity,
    mode: str,
    record_id: int | None,
    names: Sequence[str],
    fixed: Mapping[str, Any],
    then: Callable[[Any], None] | None,
) -> None:
    kept = dialog.state()
    filled = read(entity, names, kept)
    filled.errors |= {name: message for name, message in _blank(entity, filled).items() if name not in filled.errors}
    kept["errors"], kept["error"] = filled.errors, None
    if not filled.is_readable:
        kept["error"] = _("Please mend the marked fields.")
        return
    if mode == "create":
        if twins.look(entity, {**filled.values, **fixed}, kept) and kept.get("warned") != kept["compared"]:
            return  # nobody has seen the warning yet: the run that follows shows it
        outcome = action.attempt(entity.verb("create"), {**filled.values, **fixed})
    else:
        outcome = _update(entity, record_id, filled.values, kept)
    if outcome.is_done:
        action.announce((_("{what} created") if mode == "create" else _("{what} saved")).format(what=_(entity.one)))
        dialog.close()
        if then:
            then(outcome.result)
        return
    kept["errors"] = dict(outcome.fields)
    # A field that is not on this form has its sentence on top.
    elsewhere = [named(label(entity.fields[n]), say(m)) for n, m in outcome.fields.items() if n not in names]
    kept["error"] = gap().join([outcome.sentence, *elsewhere])


def _blank(entity: Entity, filled: Filled) -> dict[str, Message]:
    """Return the added fields that must be filled in and are not, however long the record has been without them."""
    return {
        name: Message(N_("Please fill this in."))
        for name, value in filled.values.items()
        if entity.fields[name].is_custom and entity.is_required(name) and value in (None, "", ())
    }


def _update(entity: Entity, record_id: int | None, values: dict[str, Any], kept: dict[str, Any]) -> action.Outcome:
    """Send what was changed; what somebody else changed elsewhere in the record is no conflict."""
    first = kept["values"]
    changed = {name: value for name, value in values.items() if value != first.get(name)}
    for name, (theirs, _yours) in kept.get("conflict", {}).items():
        if st.session_state.get(_key(f"{name}.choice")) == "theirs":
            changed.pop(name, None)
        else:
            changed.setdefault(name, values[name])
            if changed[name] == theirs:
                changed.pop(name)
    for _attempt in range(3):
        outcome = action.attempt(entity.verb("update"), record_id, changed, version=kept["version"])
        if not isinstance(outcome.refusal, Conflict):
            return outcome
        refusal = outcome.refusal
        kept["version"] = refusal.version
        both = {
            name: (theirs, refusal.yours[name]) for name, theirs in refusal.theirs.items() if theirs != first.get(name)
        }
        if both or not refusal.theirs:
            kept["conflict"], kept["by"] = both, refusal.by
            return outcome
    return outcome


def _conflict_at(field_: Field, kept: dict[str, Any]) -> None:
    """Show what somebody else saved in the meantime, beside what was typed, with the choice."""
    if field_.name not in kept.get("conflict", {}):
        return
    theirs, yours = kept["conflict"][field_.name]
    row = dict(kept["values"])
    if field_.entity:
        named = session.ask(query.titles, field_.entity, [one for one in (theirs, yours) if one is not None])
    for_choice = {}
    for side, raw in (("yours", yours), ("theirs", theirs)):
        if field_.entity:
            row[f"{field_.name}_title"] = named.get(raw)
        for_choice[side] = fmt.value(field_, raw, row)
    st.segmented_control(
        label(field_),
        ["yours", "theirs"],
        default="yours",
        required=True,
        format_func=lambda side: fmt.plain(
            _("Yours: {value}").format(value=for_choice[side])
            if side == "yours"
            else _("{who}: {value}").format(who=kept.get("by") or _("Theirs"), value=for_choice[side])
        ),
        key=_key(f"{field_.name}.choice"),
        label_visibility="collapsed",
    )


# --- fields -------------------------------------------------------------------------------------------------


def fill(entity: Entity, *names: str, defaults: Mapping[str, Any] | None = None, key: str = "fill") -> Filled:
    """Draw the widgets of some fields in a hand-made dialog and return what was filled in.

    Call it inside a dialog; show a refusal's fields by `mark(outcome)` and they appear at the fields.
    """
    kept = dialog.state().setdefault(key, {"values": dict(defaults or {})})
    for name in names:
        _entry(entity, name, kept, key)
    return read(entity, names, kept, key)


def submit(
    done: str,
    filled: Filled,
    key: str,
    verb: Callable[..., Any],
    *args: Any,
    can_undo: bool = False,
    **kwargs: Any,
) -> None:
    """Run a verb with what `fill` returned: done, the dialog closes; refused, the fields say why.

    Call it under the dialog's button; the typed entries stay.
    """
    if not filled.is_readable:
        mark(filled, key)
        _again()
        return
    outcome = action.attempt(verb, *args, **kwargs)
    if outcome.is_done:
        action.announce(done, outcome.done_as if can_undo else None)
        dialog.finish()
    mark(outcome, key)
    if outcome.fields:
        _again()
    st.error(fmt.plain(outcome.sentence), icon=":material/error:")


def _again() -> None:
    """Run once more, so that the sentences appear at the fields above; the dialog is kept open by the session."""
    st.rerun()


def reference(entity: Entity, written: str, *, value: int | None = None, key: str = "reference") -> int | None:
    """Draw a picker over the records of an entity in a hand-made dialog."""
    kept = dialog.state().setdefault(key, {"values": {}})
    return entry.picker(Field(key, "reference", written, entity=entity.key), value, dialog.key(key), kept, written)


def mark(outcome: action.Outcome | Filled, key: str = "fill") -> None:
    """Show what is wrong at the fields of `fill` on the next run of the dialog."""
    kept = dialog.state().setdefault(key, {"values": {}})
    kept["errors"] = dict(outcome.errors if isinstance(outcome, Filled) else outcome.fields)


def read(entity: Entity, names: Sequence[str], kept: Mapping[str, Any], key: str = "form") -> Filled:
    """Return the typed values of drawn fields, from what the widgets hold."""
    filled = Filled()
    currency_name = _key("currency", key)
    currency = st.session_state.get(currency_name) if currency_name in st.session_state else None
    currency = currency or kept["values"].get("currency") or session.database().settings.currency
    for name in names:
        field_ = entity.fields[name]
        raw = st.session_state.get(_key(name, key), kept["values"].get(name))
        if isinstance(raw, datetime) and raw.tzinfo is None:
            raw = raw.replace(tzinfo=session.database().settings.zone).astimezone(UTC)
        try:
            filled.values[name] = parse(field_, raw, currency=currency)
        except ParseError as error:
            filled.errors[name] = error.message
    return filled


def _key(name: str, key: str = "form") -> str:
    return dialog.key(f"{key}.{name}")


def _entry(entity: Entity, name: str, kept: dict[str, Any], key: str = "form") -> None:
    field_ = entity.fields[name]
    is_asked = entity.is_required(name) and field_.kind != "flag"  # a tick says something either way
    written = label(field_) + (" *" if is_asked else "")
    with st.container(gap="xsmall"):
        entry.widget(
            field_, kept["values"].get(name), key=_key(name, key), kept=kept, written=written, row=kept["values"]
        )
        if field_.help and field_.kind != "flag":
            st.caption(fmt.plain(_(field_.help)))
        if problem := kept.get("errors", {}).get(name):
            st.caption(f":red[:material/error: {fmt.plain(say(problem))}]")
