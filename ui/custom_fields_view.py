"""Where an administrator adds fields: the table of them, the dialog of one, the form as others will see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

import streamlit as st

from services import custom_fields
from services.custom_fields import CUSTOM_FIELD
from services.kit import custom
from services.kit.entity import ENTITIES
from ui import action, dialog, form, page, session
from ui import format as fmt
from ui.choices_editor import choices, collected
from ui.i18n import N_, _, label, option
from ui.widgets import row_button, table

_OF: Final = "of"
_NEW_SECTION: Final = "\x00new"
_ARROW: Final = 45
"""Pixels."""
_MARKS: Final = (
    ("is_required", N_("needed")),
    ("is_unique", N_("unique")),
    ("is_indexed", N_("filter and sort")),
    ("is_searchable", N_("search")),
)


def show() -> None:
    """Draw the page: to what fields are added, those there are, those retired."""
    page.header(
        _("Custom fields"),
        caption=_("Facts of your own. They stand in forms, lists, filters, search and files like any other."),
    )
    key = _chosen()
    with page.toolbar():
        if st.button(_("Show the form"), icon=":material/visibility:", key="field_preview"):
            preview(key)
        if page.button(
            _("New field"), permission="custom_field.create", primary=True, icon=":material/add:", key="field_new"
        ):
            define(key, None)
    rows = session.ask(custom_fields.listed, key)
    active = [row for row in rows if row.is_active]
    if active:
        _table(active)
    else:
        what = _(ENTITIES[key].many)
        page.empty(
            _("No fields of your own yet: {what}").format(what=what),
            caption=_("Add what your company wants to know and the portal does not ask."),
        )
    _retired([row for row in rows if not row.is_active])
    if any(row.is_searchable for row in rows):
        _search(key)


def _chosen() -> str:
    """Return to what fields are added, kept in the address."""
    offered = list(CUSTOM_FIELD.fields["entity"].options or {})
    now = st.query_params.get(_OF)
    name = page.keep("fields_of", now if now in offered else offered[1])
    st.segmented_control(
        _("Added to"),
        offered,
        key=name,
        required=True,
        format_func=lambda code: option(CUSTOM_FIELD.fields["entity"], code),
        label_visibility="collapsed",
        on_change=lambda: st.query_params.update({_OF: st.session_state[name]}),
    )
    return str(st.session_state[name])


# --- the tables ---------------------------------------------------------------------------------------------


def _named(row: Any) -> str:
    return label(custom.field_of(row))


def _section_of(row: Any) -> str:
    return _(custom.title_of(row.section, row.section_zh))


def _marks(row: Any) -> str:
    return ", ".join(_(words) for name, words in _MARKS if getattr(row, name) and _applies(name, row.kind))


def _table(rows: Sequence[Any]) -> None:
    may_change = page.may("custom_field.update")
    shown = {
        "name": [_named(row) for row in rows],
        "kind": [option(CUSTOM_FIELD.fields["kind"], row.kind) for row in rows],
        "section": [_section_of(row) for row in rows],
        "marks": [_marks(row) for row in rows],
        "code": [f"c_{row.code}" for row in rows],
    }
    ids = tuple(row.id for row in rows)
    config: dict[str, Any] = {
        "name": st.column_config.TextColumn(_("Field"), width="medium"),
        "kind": st.column_config.TextColumn(_("Kind")),
        "section": st.column_config.TextColumn(_("Section")),
        "marks": st.column_config.TextColumn(_("Used for")),
        "code": st.column_config.TextColumn(_("Name in files")),
    }
    if may_change:
        shown |= {"up": ["↑"] * len(rows), "down": ["↓"] * len(rows)}
        key = rows[0].entity
        config["name"] = row_button(
            "fields_open", _("Field"), partial(define.later, key), ids, width="medium", alignment="left"
        )
        config["up"] = row_button("fields_up", " ", partial(_move, down=False), ids, width=_ARROW)
        config["down"] = row_button("fields_down", " ", partial(_move, down=True), ids, width=_ARROW)
    table(shown, config, key="fields_table", alt=_("Custom fields"))


def _move(field_id: int, *, down: bool) -> None:
    action.act(_("Order changed"), custom_fields.move, field_id, down=down, rerun=False)


def _retired(rows: Sequence[Any]) -> None:
    if not rows:
        return
    st.subheader(_("Retired"), anchor=False)
    st.caption(_("Nobody is asked for these any more. Their values stay in the records, and in the history."))
    shown: dict[str, Any] = {
        "name": [_named(row) for row in rows],
        "kind": [option(CUSTOM_FIELD.fields["kind"], row.kind) for row in rows],
        "code": [f"c_{row.code}" for row in rows],
    }
    config: dict[str, Any] = {
        "name": st.column_config.TextColumn(_("Field")),
        "kind": st.column_config.TextColumn(_("Kind")),
        "code": st.column_config.TextColumn(_("Name in files")),
    }
    if page.may("custom_field.update"):
        shown["back"] = [_("Bring back")] * len(rows)
        config["back"] = row_button("fields_back", " ", _bring_back, tuple(row.id for row in rows))
    table(shown, config, key="fields_retired", alt=_("Retired"))


def _bring_back(field_id: int) -> None:
    action.act(_("Field brought back"), custom_fields.bring_back, field_id, rerun=False, labels=CUSTOM_FIELD.fields)


# --- one field ----------------------------------------------------------------------------------------------


def _title(key: str, field_id: int | None) -> str:
    what = option(CUSTOM_FIELD.fields["entity"], key)
    return (_("New field: {what}") if field_id is None else _("Field: {what}")).format(what=what)


def _applies(name: str, kind: str | None) -> bool:
    """Say whether a switch makes sense for a kind."""
    match name:
        case "is_required":
            return kind != "flag"
        case "is_unique":
            return kind in custom_fields.UNIQUE
        case "is_searchable":
            return kind in custom_fields.SEARCHED
    return kind != "long_text"


@dialog.dialog(_title, width="medium")
def define(key: str, field_id: int | None) -> None:
    """Ask what a field is called, what it holds, where it stands and what it is used for."""
    kept = dialog.state()
    if "row" not in kept:
        rows = {row.id: row for row in session.ask(custom_fields.listed, key)}
        kept["row"] = rows.get(field_id) if field_id is not None else None
        kept["sections"] = _sections(key, list(rows.values()))
    row = kept["row"]
    first = (
        {name: getattr(row, name) for name in CUSTOM_FIELD.writable} if row else {"kind": "text", "is_indexed": True}
    )
    values: dict[str, Any] = {}
    filled = form.fill(CUSTOM_FIELD, "label_en", "label_zh", defaults=first, key="field")
    if row is None:
        _add(filled, form.fill(CUSTOM_FIELD, "kind", key="field"))
    else:
        st.caption(f"{label(CUSTOM_FIELD.fields['kind'])}: {fmt.plain(option(CUSTOM_FIELD.fields['kind'], row.kind))}")
    kind = row.kind if row else filled.values.get("kind")
    if kind in custom.CHOICES:
        choices(row.options if row else [], kept.get("field", {}).get("errors", {}).get("options"))
    values |= _section(row, kept["sections"])
    _add(filled, form.fill(CUSTOM_FIELD, "help_en", "help_zh", key="field"))
    switches = [name for name, _words in _MARKS if _applies(name, kind)]
    _add(filled, form.fill(CUSTOM_FIELD, *switches, key="field"))
    values |= dict.fromkeys((name for name, _words in _MARKS if name not in switches), False)
    if "is_searchable" in switches:
        st.caption(_("Found by the search: from the next save of a record on, or after “Rebuild the search”."))
    if row is None:
        with st.expander(_("Name in files and commands")):
            _add(filled, form.fill(CUSTOM_FIELD, "code", key="field"))
            st.caption(_("Left empty, it is made of the name. It stays for good."))
    _buttons(key, row, kind, filled, values)


def _add(filled: form.Filled, more: form.Filled) -> None:
    filled.values |= more.values
    filled.errors |= more.errors


def _sections(key: str, rows: Sequence[Any]) -> dict[str, str]:
    """Return the sections to choose from: title as it is kept -> title as it is shown."""
    own = {section.title: _(section.title) for section in ENTITIES[key].form}
    added = {row.section: _section_of(row) for row in rows if row.section}
    return {"": _(custom.SECTION), **own, **{title: shown for title, shown in added.items() if title not in own}}


def _section(row: Any, offered: Mapping[str, str]) -> dict[str, Any]:
    """Ask where it stands in the form: in a section that is there, or in a new one."""
    name = dialog.key("field.section.choice")
    if name not in st.session_state:
        st.session_state[name] = (row.section if row else None) or ""
    chosen = st.selectbox(
        _("Section of the form"),
        [*offered, _NEW_SECTION],
        key=name,
        format_func=lambda one: _("A new section …") if one == _NEW_SECTION else offered.get(one, one),
        placeholder=_("Choose"),
    )
    if chosen != _NEW_SECTION:
        is_same = row is not None and chosen == (row.section or "")
        return {"section": chosen or None, "section_zh": row.section_zh if is_same else None}
    filled = form.fill(CUSTOM_FIELD, "section", "section_zh", key="field.new_section")
    english, chinese = filled.values.get("section"), filled.values.get("section_zh")
    return {"section": english or chinese, "section_zh": chinese}


def _buttons(key: str, row: Any, kind: str | None, filled: form.Filled, values: Mapping[str, Any]) -> None:
    with st.container(horizontal=True, horizontal_alignment="right"):
        if (
            row is not None
            and row.is_active
            and page.button(_("Retire"), permission="custom_field.update", key=dialog.key("field.retire"))
        ):
            retire(key, row.id)
        if st.button(_("Cancel"), key=dialog.key("field.cancel")):
            dialog.finish()
        is_pressed = st.button(
            _("Add field") if row is None else _("Save"), type="primary", key=dialog.key("field.save")
        )
    if not is_pressed:
        return
    given = {**filled.values, **values}
    if kind in custom.CHOICES:
        given["options"] = collected()
    if row is None:
        form.submit(_("Field added"), filled, "field", custom_fields.create, {**given, "entity": key})
    else:
        form.submit(_("Field saved"), filled, "field", custom_fields.update, row.id, given, version=row.version)


@dialog.dialog(lambda _key, _id: _("Retire this field?"))
def retire(key: str, field_id: int) -> None:
    """Say what becomes of the values before a field is no longer asked for."""
    n = session.ask(custom_fields.used, field_id)
    st.write(
        _(
            "It leaves forms, lists, filters, search and files. Its values stay ({n} records) and come back with it."
        ).format(
            n=fmt.number(min(n, 10_000)) + ("+" if n > 10_000 else "")  # noqa: PLR2004 - the cap of `used`
        )
    )
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button(_("Cancel"), key=dialog.key("retire.cancel")):
            define(key, field_id)
        if st.button(_("Retire"), type="primary", key=dialog.key("retire.yes")):
            action.act(_("Field retired"), custom_fields.retire, field_id, then=lambda _row: dialog.close())


# --- the form, the search -----------------------------------------------------------------------------------


@dialog.dialog(lambda key: _("The form: {what}").format(what=_(ENTITIES[key].one)), width="medium")
def preview(key: str) -> None:
    """Draw the form as whoever fills it in will see it; nothing of it is saved."""
    entity = ENTITIES[key]
    st.caption(_("This is how it looks. Nothing that you type here is saved."))
    for section in entity.sections:
        st.markdown(f"**{fmt.plain(_(section.title))}**")
        form.fill(entity, *section.fields, key="preview")
    if st.button(_("Close"), key=dialog.key("preview.close")):
        dialog.finish()


def _search(key: str) -> None:
    """Offer to write the search words of all records anew, some at a time, saying how far it is."""
    if not page.button(
        _("Rebuild the search"),
        permission="custom_field.update",
        icon=":material/manage_search:",
        key="fields_search",
        help=_("Lets the search find in older records what you made searchable."),
    ):
        return
    after: int | None = 0
    with st.status(_("Rebuilding the search …"), expanded=True) as status:
        at = st.empty()
        while after is not None:
            outcome = action.attempt(custom_fields.rebuild_search, key, after=after)
            if not outcome.is_done:
                action.tell(outcome)
                status.update(label=_("Not finished"), state="error")
                return
            after = outcome.result
            if after is not None:
                at.caption(_("Up to record {n}").format(n=fmt.number(after)))
        status.update(label=_("The search is up to date."), state="complete", expanded=False)
