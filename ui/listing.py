"""What can be done in a list beyond looking: set a field of many, delete, bring back, edit in place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from services.kit import query
from services.kit import recycle_bin as bin_
from services.kit.entity import Entity
from services.kit.errors import Conflict, Refusal
from services.kit.fields import ParseError, parse
from ui import action, columns, dialog, form, page, session
from ui import format as fmt
from ui.i18n import _, label, named, say
from ui.place import Place

# --- changing several records -------------------------------------------------------------------------------


def selected_actions(entity: Entity, place: Place, selected: list[int]) -> None:
    """Offer what can be done with the selected rows of any entity: set one field, delete."""
    if not selected:
        return
    st.caption(_("{n} selected").format(n=len(selected)), width="content")
    if page.button(_("Set a field"), permission=f"{entity.key}.update", key=place.name("bulk")):
        set_field(entity.key, tuple(selected))
    if page.button(_("Delete"), permission=f"{entity.key}.delete", key=place.name("delete")):
        delete(entity.key, tuple(selected))


def _changed(number: int) -> str:
    return _("1 record changed") if number == 1 else _("{n} records changed").format(n=number)


def _of(key: str) -> Entity:
    from services.registry import ENTITIES  # noqa: PLC0415 - read when all entities are there

    return ENTITIES[key]


@dialog.dialog(lambda _key, ids: _("Set a field of {n} records").format(n=len(ids)))
def set_field(key: str, ids: tuple[int, ...]) -> None:
    """Set one field of many records to the same value, all of them or none."""
    entity = _of(key)
    names = [
        n for n in entity.writable if entity.fields[n].kind in columns.SIMPLE | {"reference"} and n != entity.title
    ]
    if entity.is_owned and not session.actor().may(f"{key}.assign"):
        names = [name for name in names if name != "owner_id"]
    name = st.selectbox(
        _("Field"),
        names,
        format_func=lambda one: label(entity.fields[one]),
        key=dialog.key("bulk.field"),
        placeholder=_("Choose"),
    )
    filled = form.fill(entity, name, key=f"bulk.{name}")
    if st.button(_("Set for {n} records").format(n=len(ids)), type="primary", key=dialog.key("bulk.save")):
        form.submit(
            _changed(len(ids)),
            filled,
            f"bulk.{name}",
            entity.verb("bulk_update"),
            list(ids),
            filled.values,
        )


@dialog.dialog(
    lambda _key, ids: _("Delete this record?") if len(ids) == 1 else _("Delete {n} records?").format(n=len(ids))
)
def delete(key: str, ids: tuple[int, ...]) -> None:
    """Ask before records go to the recycle bin."""
    entity = _of(key)
    names = session.ask(query.known_titles, key, ids[:10])
    for title in names.values():
        st.text(title)
    if len(ids) > len(names):
        st.caption(_("and {n} more").format(n=len(ids) - len(names)))
    st.caption(_("They go to the recycle bin, with everything under them, and can be brought back."))
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button(_("Cancel"), key=dialog.key("delete.cancel")):
            dialog.finish()
        if st.button(_("Delete"), type="primary", key=dialog.key("delete.yes")):
            action.act(
                _("{n} deleted").format(n=len(ids)),
                _delete_all,
                entity,
                ids,
                then=lambda _nothing: _remember_deleted(key, ids),
            )


def _delete_all(uow: Any, entity: Entity, ids: tuple[int, ...]) -> None:
    verb = entity.verb("delete")
    for one in ids:
        verb(uow, one)


def _restore_all(uow: Any, entity: Entity, ids: tuple[int, ...]) -> None:
    verb = entity.verb("restore")
    for one in ids:
        verb(uow, one)


def _remember_deleted(key: str, ids: tuple[int, ...]) -> None:
    dialog.close()
    st.session_state[f"{key}.deleted"] = ids


def undo_bar(entity: Entity, place: Place) -> None:
    """Offer to bring back what was just deleted."""
    ids = st.session_state.get(f"{entity.key}.deleted")
    if not ids:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_("{n} deleted").format(n=len(ids)), width="content")
        if page.button(_("Undo"), permission=f"{entity.key}.restore", key=place.name("undo"), icon=":material/undo:"):
            st.session_state.pop(f"{entity.key}.deleted")
            action.act(_("{n} brought back").format(n=len(ids)), _restore_all, entity, ids)
        if st.button(_("Dismiss"), key=place.name("undo_dismiss"), type="tertiary"):
            st.session_state.pop(f"{entity.key}.deleted")
            st.rerun()


def is_bin_open(place: Place) -> bool:
    """Say whether the recycle bin is shown instead of the list."""
    return bool(st.session_state.get(place.name("bin")))


def recycle_bin(entity: Entity, place: Place) -> None:
    """List what was deleted, with a way to bring it back."""
    try:
        gone = session.ask(bin_.in_bin, entity)
    except Refusal as refusal:
        st.warning(fmt.plain(say(refusal)))
        return
    st.subheader(_("Recycle bin"), anchor=False)
    if st.button(_("Back to the list"), icon=":material/arrow_back:", key=place.name("bin_back")):
        st.session_state[place.name("bin")] = False
        st.rerun()
    if not gone:
        st.caption(_("The recycle bin is empty."))
        return
    frame = pd.DataFrame(
        [(title, fmt.instant(at), _("Bring back")) for _id, title, at in gone], columns=["title", "at", "restore"]
    )
    click = place.name("restore")
    st.dataframe(
        frame,
        hide_index=True,
        key=place.name("bin_table"),
        column_config={
            "title": st.column_config.TextColumn(_(entity.one)),
            "at": st.column_config.TextColumn(_("Deleted")),
            "restore": st.column_config.ButtonColumn(
                " ", key=click, on_click=_restore_one, args=(entity, click, tuple(one[0] for one in gone))
            ),
        },
    )


def _restore_one(entity: Entity, click: str, ids: tuple[int, ...]) -> None:
    pressed = st.session_state.get(click)
    if pressed is not None and 0 <= pressed["row"] < len(ids):
        action.act(_("{n} brought back").format(n=1), _restore_all, entity, (ids[pressed["row"]],), rerun=False)


# --- editing in the list ------------------------------------------------------------------------------------


def is_editing(place: Place) -> bool:
    """Say whether the list is being edited."""
    return bool(st.session_state.get(place.name("editing")))


def stop_editing(place: Place) -> None:
    """Leave editing; what was not saved is gone."""
    for part in ("editing", "snapshot", "refused"):
        st.session_state.pop(place.name(part), None)
    st.session_state[place.name("round")] = st.session_state.get(place.name("round"), 0) + 1


def edit_in_list(entity: Entity, place: Place, found: query.Page) -> None:
    """Edit the simple fields of this page in place; saved by one button, checked by the service row by row.

    The page with its versions is kept from the moment editing began: a fresh query under a pending edit
    would apply it to another row (measured).
    """
    kept = st.session_state.setdefault(place.name("snapshot"), found)
    shown, config, editable = columns.editable(entity, kept)
    editor = place.name(f"editor.{st.session_state.get(place.name('round'), 0)}")
    st.session_state[place.name("editor")] = editor
    for sentence in st.session_state.get(place.name("refused"), []):
        st.error(fmt.plain(sentence), icon=":material/error:")
    st.caption(
        _("Double-click a cell to change it, then save. Columns without a pencil are changed in the record’s form.")
    )
    st.data_editor(
        shown,
        key=editor,
        hide_index=True,
        num_rows="fixed",
        column_config=config,
        disabled=[name for name in shown.columns if name not in editable],
        on_change="ignore",
        height="content" if len(shown) <= columns.ROWS else columns.MOST,
        placeholder="",
        alt=_(entity.many),
    )
    with st.container(horizontal=True, horizontal_alignment="right"):
        st.button(_("Cancel"), key=place.name("edit_cancel"), on_click=stop_editing, args=(place,))
        st.button(
            _("Save changes"),
            type="primary",
            key=place.name("edit_save"),
            on_click=_save_edits,
            args=(entity, place, editor, editable),
        )


def _save_edits(entity: Entity, place: Place, editor: str, editable: tuple[str, ...]) -> None:
    kept: pd.DataFrame = st.session_state[place.name("snapshot")].frame
    edits: Mapping[Any, Mapping[str, Any]] = st.session_state.get(editor, {}).get("edited_rows", {})
    refused: list[str] = []
    saved = 0
    for position, cells in edits.items():
        row = kept.iloc[int(position)]
        outcome, problem = _save_row(entity, int(kept.index[int(position)]), row, cells, editable)
        if outcome and outcome.is_done:
            saved += 1
            continue
        refused.append(named(row[entity.grid[0]], problem))
    if saved:
        action.announce(_changed(saved))
    stop_editing(place)
    if refused:
        st.session_state[place.name("editing")] = True
        st.session_state[place.name("refused")] = refused


def _save_row(
    entity: Entity, record_id: int, row: pd.Series, cells: Mapping[str, Any], editable: tuple[str, ...]
) -> tuple[action.Outcome | None, str]:
    values: dict[str, Any] = {}
    currency = row.get("currency") or session.database().settings.currency
    for name, raw in cells.items():
        if name not in editable:  # the browser can send any cell; what was not offered is not taken
            continue
        field = entity.fields[name]
        try:
            values[name] = parse(field, columns.code_of(field, raw), currency=currency)
        except ParseError as error:
            return None, named(label(field), say(error))
    outcome = action.attempt(entity.verb("update"), record_id, values, version=int(row["version"]))
    if isinstance(outcome.refusal, Conflict):
        said = [
            _("{field}: saved meanwhile “{theirs}”, yours “{yours}”").format(
                field=label(entity.fields[name]),
                theirs=fmt.value(entity.fields[name], theirs, row),
                yours=fmt.value(entity.fields[name], outcome.refusal.yours[name], row),
            )
            for name, theirs in outcome.refusal.theirs.items()
        ]
        return outcome, "; ".join([outcome.sentence, *said])
    said = [named(label(entity.fields[name]), say(message)) for name, message in outcome.fields.items()]
    return outcome, "; ".join(said) or ("" if outcome.is_done else outcome.sentence)
