"""What can be done in a list beyond looking: set a field of many, delete, bring back, edit in place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from services.kit import bulk, query
from services.kit.entity import Entity
from services.kit.errors import Conflict, Invalid, Refusal
from services.kit.fields import ParseError, parse
from services.kit.query import Query
from services.merging import MERGEABLE
from services.merging import MOST as MOST_MERGED
from ui import action, columns, dialog, form, merge, page, session
from ui import format as fmt
from ui.i18n import _, gap, label, named, say
from ui.place import Place

# --- changing several records -------------------------------------------------------------------------------


def selected_actions(entity: Entity, place: Place, selected: list[int]) -> None:
    """Offer what can be done with the selected rows of any entity: set one field, merge, delete."""
    if not selected:
        return
    with st.session_state[place.name("selected")]:
        st.caption(_("{n} selected").format(n=len(selected)), width="content")
    with st.session_state[place.name("common")]:
        _common(entity, place, selected)


def _common(entity: Entity, place: Place, selected: list[int]) -> None:
    if page.button(_("Set a field"), permission=f"{entity.key}.update", key=place.name("bulk")):
        set_field(entity.key, tuple(selected))
    can_merge = entity.key in MERGEABLE and 1 < len(selected) <= MOST_MERGED
    if can_merge and page.button(_("Merge"), permission=f"{entity.key}.merge", key=place.name("merge")):
        merge.compare(entity.key, tuple(selected))
    if page.button(_("Delete"), permission=f"{entity.key}.delete", key=place.name("delete")):
        delete(entity.key, tuple(selected))


def _changed(number: int) -> str:
    return _("1 record changed") if number == 1 else _("{n} records changed").format(n=fmt.number(number))


def _of(key: str) -> Entity:
    from services.registry import ENTITIES  # noqa: PLC0415 - read when all entities are there

    return ENTITIES[key]


def _how_many(chosen: tuple[int, ...] | Query) -> str:
    if isinstance(chosen, Query):
        return _("Set a field of the whole list")
    return _("Set a field of {n} records").format(n=len(chosen))


@dialog.dialog(lambda _key, chosen: _how_many(chosen))
def set_field(key: str, chosen: tuple[int, ...] | Query) -> None:
    """Set one field of many records, of those selected or of all that the list shows; say first what it would do."""
    entity = _of(key)
    fields = entity.fields
    names = [n for n in entity.writable if fields[n].kind in columns.SIMPLE | {"reference"} and n != entity.title]
    if entity.is_owned and not session.actor().may(f"{key}.assign"):
        names = [name for name in names if name != "owner_id"]
    name = st.selectbox(
        _("Field"),
        names,
        format_func=lambda one: label(fields[one]),
        index=None,
        key=dialog.key("bulk.field"),
        placeholder=_("Choose"),
    )
    if name is None:
        return
    filled = form.fill(entity, name, key=f"bulk.{name}")
    if not filled.is_readable:
        form.mark(filled, f"bulk.{name}")
        plan = None
    else:
        try:
            plan = session.ask(bulk.plan, entity, chosen, filled.values)
        except Refusal as refusal:
            at_field = refusal.fields.get(name) if isinstance(refusal, Invalid) else None
            st.caption(f":red[:material/error: {fmt.plain(say(at_field or refusal))}]")
            plan = None
    is_emptied = filled.values.get(name) in (None, "")
    if plan is not None:
        st.markdown(_what_it_does(plan, is_emptied=is_emptied))
    number = len(plan.ids) if plan else 0
    words = _("Set for 1 record") if number == 1 else _("Set for {n} records").format(n=fmt.number(number))
    if is_emptied:
        words = (
            _("Empty it for 1 record") if number == 1 else _("Empty it for {n} records").format(n=fmt.number(number))
        )
    # To empty a field is what comes before anything was typed: it is not what one is led to.
    kind: Any = "secondary" if is_emptied else "primary"
    with st.container(horizontal=True, horizontal_alignment="right"):
        is_pressed = st.button(words, type=kind, key=dialog.key("bulk.save"), disabled=not number)
    if is_pressed and plan:
        form.submit(
            _changed(number), filled, f"bulk.{name}", bulk.apply, entity, plan.ids, filled.values, can_undo=True
        )


def _what_it_does(plan: bulk.Plan, *, is_emptied: bool) -> str:
    """Return in a sentence how many of the chosen would change, and why the others do not."""
    words = _("Empties it for {n} of {total}.") if is_emptied else _("Changes {n} of {total}.")
    words = words.format(n=fmt.number(len(plan.ids)), total=fmt.number(plan.total))
    more = []
    if plan.same:
        more.append(_("{n} say so already.").format(n=fmt.number(plan.same)))
    if plan.refused:
        more.append(_("{n} you may not change.").format(n=fmt.number(plan.refused)))
    return f"**{fmt.plain(words)}** {fmt.plain(gap().join(more))}"


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
                bulk.delete,
                entity,
                ids,
                then=lambda _count: dialog.close(),
                can_undo=True,
            )


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
