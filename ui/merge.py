"""Merging on the screen: the records side by side, a choice for each field, what goes along, and the way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

import streamlit as st

from services import merging
from services.kit import query
from services.kit.entity import ENTITIES, Entity
from services.kit.errors import Refusal
from services.kit.query import TITLE
from services.merging import Line, Preview, Side
from ui import action, dialog, page, session
from ui import format as fmt
from ui.entry import lower
from ui.i18n import N_, _, label, say

_TWO: Final = 2
_TOGETHER: Final = 0
"""Stands among the records for a value put together of several."""
_OTHERS: Final[Mapping[str, str]] = {
    "collaborator": N_("Collaborators"),
    "owner_change": N_("Owner history"),
    "profile": N_("Profiles"),
}
"""What tables are called that have no list of their own."""


@dialog.dialog(
    lambda key, ids: _("Merge {n} {what}").format(n=len(ids), what=lower(_(ENTITIES[key].many))), width="large"
)
def compare(key: str, ids: tuple[int, ...]) -> None:
    """Show records side by side, let each field be chosen, and merge."""
    entity = ENTITIES[key]
    kept = dialog.state()
    try:
        sides = kept.get("sides") or session.ask(merging.sides, entity, ids)
    except Refusal as refusal:
        st.error(fmt.plain(say(refusal)), icon=":material/error:")
        return
    kept["sides"] = sides
    offered = _which(sides)
    if len(offered) < _TWO:
        st.info(_("Choose at least two different records."))
        return
    compared = st.container(key="merge_choices")
    keep_id = compared.radio(
        _("Keep"),
        [side.record_id for side in offered],
        format_func={side.record_id: fmt.plain(side.title) for side in offered}.__getitem__,
        captions=[fmt.plain(_standing(side)) for side in offered],
        horizontal=True,
        key=dialog.key("merge.keep"),
        help=_("The others go into it and then to the recycle bin."),
    )
    preview = _preview(entity, keep_id, [side.record_id for side in offered if side.record_id != keep_id], kept)
    if preview is None:
        return
    with compared:
        chosen = _choices(preview)
    together = _people(preview)
    _consequences(preview)
    for obstacle in preview.obstacles:
        st.error(fmt.plain(say(obstacle)), icon=":material/error:")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button(_("Cancel"), key=dialog.key("merge.cancel")):
            dialog.finish()
        if st.button(_("Merge"), type="primary", key=dialog.key("merge.yes"), disabled=bool(preview.obstacles)):
            _merge(entity, preview, chosen, together)
            for part in ("sides", "previews"):  # it was refused: the records are looked at again
                kept.pop(part, None)


def _which(sides: Sequence[Side]) -> list[Side]:
    """Let one of many be left out: a number that several companies share makes no duplicate of them."""
    if len(sides) == _TWO:
        return list(sides)
    titles = {side.record_id: fmt.plain(side.title) for side in sides}
    chosen = st.pills(
        _("Merge these"),
        list(titles),
        selection_mode="multi",
        default=list(titles),
        format_func=titles.__getitem__,
        key=dialog.key("merge.which"),
    )
    return [side for side in sides if side.record_id in chosen]


def _merge(entity: Entity, preview: Preview, chosen: Mapping[str, int | None], together: list[tuple[int, int]]) -> None:
    action.act(
        _merged(entity, preview),
        merging.merge,
        entity,
        preview.keep_id,
        [side.record_id for side in preview.sides[1:]],
        preview.values(chosen),
        versions=preview.versions,
        twins=together,
        labels=entity.fields,
        then=lambda _merged: dialog.close(),
        can_undo=True,
    )


def _preview(entity: Entity, keep_id: int | None, others: Sequence[int], kept: dict[str, Any]) -> Preview | None:
    """Read what the merge would do, once for each choice of records."""
    previews = kept.setdefault("previews", {})
    asked = (keep_id, tuple(others))
    if asked not in previews:
        try:
            previews[asked] = session.ask(merging.preview, entity, keep_id, others)
        except Refusal as refusal:
            st.error(fmt.plain(say(refusal)), icon=":material/error:")
            return None
    found: Preview = previews[asked]
    return found


def _merged(entity: Entity, preview: Preview) -> str:
    words = _("{n} {what} merged into “{name}”")
    return words.format(n=len(preview.sides) - 1, what=lower(_(entity.many)), name=preview.sides[0].title)


# --- fields -------------------------------------------------------------------------------------------------


def _choices(preview: Preview) -> dict[str, int | None]:
    """Draw the records and each field they differ in; return the chosen record by field."""
    sides = {side.record_id: side for side in preview.sides}
    titles = _titles(preview)
    chosen: dict[str, int | None] = {}
    for line in preview.lines:
        if line.differs and line.follows is None:
            options = [*([_TOGETHER] if line.source is None else []), *_distinct(line)]
            proposed = _TOGETHER if line.source is None else line.source
            picked = st.radio(
                label(preview.entity.fields[line.name]),
                options,
                index=options.index(proposed),
                format_func=partial(_said, preview, line, titles),
                horizontal=True,
                key=dialog.key(f"merge.{preview.keep_id}.{line.name}"),
                captions=None if line.name == preview.entity.title else [_whose(sides, one) for one in options],
            )
            chosen[line.name] = None if picked == _TOGETHER else picked
    _the_rest(preview, titles)
    return chosen


def _whose(sides: Mapping[int, Side], one: int) -> str:
    return _("put together") if one == _TOGETHER else fmt.plain(sides[one].title)


def _standing(side: Side) -> str:
    parts = [side.owner] if side.owner else []
    return " · ".join([*parts, _("changed {when}").format(when=fmt.ago(side.changed_at))])


def _distinct(line: Line) -> list[int]:
    """Return the records that fill the field in, the kept one first, each value once, the proposed one among them."""
    found: dict[str, int] = {}
    for one, value in line.values.items():
        if not fmt.is_nothing(value):
            found.setdefault(str(value), one)
    if line.source is not None:
        found[str(line.values[line.source])] = line.source
    return list(found.values())


def _the_rest(preview: Preview, titles: Mapping[tuple[str, Any], str]) -> None:
    """Say in one paragraph what needs no choice."""
    same = [line for line in preview.lines if not line.differs]
    if same:
        st.caption(
            "  \n".join(
                f"{fmt.plain(label(preview.entity.fields[line.name]))}: {_said(preview, line, titles, line.source)}"
                for line in same
                if not fmt.is_nothing(line.proposed)
            )
        )


def _titles(preview: Preview) -> dict[tuple[str, Any], str]:
    """Return the names of all records that the fields refer to: one query a table."""
    wanted: dict[str, set[int]] = {}
    for line in preview.lines:
        if target := preview.entity.fields[line.name].entity:
            wanted.setdefault(target, set()).update(one for one in line.values.values() if one is not None)
    return {
        (target, one): title
        for target, ids in wanted.items()
        for one, title in session.ask(query.titles, target, sorted(ids)).items()
    }


def _said(preview: Preview, line: Line, titles: Mapping[tuple[str, Any], str], source: int | None) -> str:
    """Return a value as the reader sees it; an amount in the currency of its own record."""
    field = preview.entity.fields[line.name]
    value = line.proposed if source in (None, _TOGETHER) else line.values[source]
    row: dict[str, Any] = {}
    if field.entity:
        row[line.name + TITLE] = titles.get((field.entity, value))
    if field.kind == "money" and source:
        currency = next((one for one in preview.lines if one.name == "currency"), None)
        row["currency"] = currency.values[source] if currency else None
    return fmt.plain(fmt.value(field, value, row))


# --- what follows -------------------------------------------------------------------------------------------


def _people(preview: Preview) -> list[tuple[int, int]]:
    """Offer to merge people along who may be one; return the chosen pairs."""
    chosen = []
    for pair in preview.twins:
        words = _("{one} and {other} are one person: {why}").format(
            one=pair.keep_name, other=pair.other_name, why=say(pair.why)
        )
        if st.checkbox(fmt.plain(words), value=True, key=dialog.key(f"merge.twins.{pair.other_id}")):
            chosen.append((pair.keep_id, pair.other_id))
    return chosen


def _consequences(preview: Preview) -> None:
    """Say what goes along and what stays behind."""
    lines = []
    if preview.moved:
        lines.append(_("Goes along: {what}").format(what=_counted(preview.moved)))
    if preview.left:
        words = _("Goes to the recycle bin, since the kept one has such a one itself: {what}")
        lines.append(words.format(what=_counted(preview.left)))
    if lines:
        st.caption("  \n".join(fmt.plain(line) for line in lines))


def _counted(counts: Mapping[str, int]) -> str:
    named = {
        name: _(ENTITIES[name].many) if name in ENTITIES else _(_OTHERS.get(name, N_("Other entries")))
        for name in counts
    }
    return " · ".join(
        f"{named[name]} {fmt.number(counts[name])}" for name in sorted(counts, key=lambda one: named[one])
    )


# --- an old address -----------------------------------------------------------------------------------------


def point_on(entity: Entity, record_id: int) -> None:
    """Say where a merged record went, with the way there, and stop the page; nothing for one that was not merged."""
    if record_id <= 0:
        return
    found = session.ask(merging.moved_to, entity, record_id)
    if found is None or found[1] is None:
        return
    into_id, name = found
    st.title(_("Merged"), anchor=False)
    st.write(fmt.plain(_("This record was merged into “{name}”.").format(name=name)))
    st.button(
        _("Open “{name}”").format(name=name),
        type="primary",
        on_click=page.open_record,
        args=(into_id,),
        key="merged_open",
    )
    st.stop()
