"""The list of an entity: one query a page, filters and sort in the address, the name opens the record."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from services.kit import query
from services.kit.entity import Entity
from services.kit.errors import Refusal
from services.kit.query import Filter, Page, Query
from ui import columns as cells
from ui import form, listing, page, session, transfer, views
from ui import format as fmt
from ui.filters import bar, sentence
from ui.i18n import _, say
from ui.place import Place, pager

Opener = Callable[[int], None]
Beside = Callable[[list[int]], dict[str, tuple[Any, Any]]]
"""Makes further columns of rows: name -> (Arrow values, how the column is drawn)."""
ByHeading = tuple[tuple[str, bool], Callable[[str], None]]
"""(column that a list is sorted by, is it descending), what a press on a heading does with the column's name."""
_NARROWEST, _WIDEST = 150, 290
"""Pixels for the names of a list: as wide as its longest one, so that what follows keeps its place on the screen."""
_HAN, _LATIN, _PADDING = 14.0, 6.8, 26.0
_FIRST_HAN = "\u2e80"


def show(  # noqa: PLR0913 - a list has many sides
    entity: Entity,
    *,
    key: str | None = None,
    where: Query | Sequence[Filter] = (),
    columns: Sequence[str] | None = None,
    selectable: str | None = "multi",
    opens: Opener | None = None,
    tools: bool = True,
    acts: bool = True,
    beside: Beside | None = None,
) -> list[int]:
    """Draw a list with its filters and return the ids of the selected rows.

    `where` narrows it beyond what the address says; `opens(id)` is called in a callback when a name is pressed
    (by default the record's form opens); `tools=False` leaves out search, filters and the menu, `acts=False` what
    any list offers for selected rows. `beside` makes further columns for the rows shown, after the name. `key`
    tells several lists of one page apart.
    """
    place = Place(entity, key)
    if tools:
        views.open_first(entity, place)
    asked, problems = place.query()
    given = where.filters if isinstance(where, Query) else tuple(where)
    asked = replace(asked, filters=(*given, *asked.filters), columns=cells.wanted(entity, place, columns))
    if tools:
        bar(entity, place, asked)
    views.tell_left_out(place)
    for problem in problems:
        st.warning(fmt.plain(problem), icon=":material/filter_alt_off:")
    try:
        found = session.ask(query.page, entity, asked)
    except Refusal as refusal:
        st.warning(fmt.plain(say(refusal)))
        st.button(_("Start again at the first page"), on_click=place.to_first, key=place.name("restart"))
        return []
    if tools:
        sentence(entity, place, asked, found, given)
    if not found.ids:
        _nothing(entity, place, asked, given)
        return []
    if listing.is_editing(place):
        listing.edit_in_list(entity, place, found)
        return []
    # Rows of one page are sorted where they are, by any column; of several pages the server alone has all.
    by_heading = _by_heading(entity, place, asked) if tools and (found.next_cursor or asked.cursor) else None
    selected = table(
        entity, found, key=place.key, selectable=selectable, opens=opens, beside=beside, by_heading=by_heading
    )
    if tools and acts:
        listing.selected_actions(entity, place, selected)
    pager(place, asked, found)
    return selected


def actions(entity: Entity, *, key: str | None = None) -> Any:
    """Return the place for what can be done with the selected rows: `with grid.actions(LEAD): …` after `show`."""
    return st.session_state[f"{key or entity.key}.actions"]


def _by_heading(entity: Entity, place: Place, asked: Query) -> ByHeading:
    """Return by what the list is sorted, and what a press on a heading does: sort all pages by that column."""
    sort = asked.sort or entity.sort
    is_down = entity.descending if asked.sort is None else bool(asked.descending)
    is_searched = bool(asked.search.strip())

    def pressed(name: str) -> None:
        if is_searched:
            st.toast(_("What is searched for stands newest first. Clear the search to sort."))
        elif name not in entity.fields or not entity.fields[name].sortable:
            st.toast(_("A list of several pages cannot be sorted by this column. Filter it to one page first."))
        else:
            is_text = entity.fields[name].kind in ("text", "email", "phone", "choice")
            is_to_fall = not is_down if name == sort else not is_text
            place.sort_by(f"-{name}" if is_to_fall else name)

    return ("" if is_searched else sort, is_down), pressed


def table(  # noqa: PLR0913 - a table has many sides
    entity: Entity,
    found: Page,
    *,
    key: str,
    selectable: str | None = None,
    opens: Opener | None = None,
    height: int | None = None,
    beside: Beside | None = None,
    by_heading: ByHeading | None = None,
) -> list[int]:
    """Draw rows as `query.page` returns them; the first column opens.

    Returns the ids of the selected rows. The widget belongs to just these ids: when other rows come, a
    selection made on the old ones is gone rather than moved to wrong ones. With `by_heading` a press on a heading
    asks the server, and the heading that it is sorted by has an arrow.
    """
    ids = list(found.ids)
    shown, config = cells.present(entity, found)
    for more, (values, drawn) in (beside(ids) if beside else {}).items():
        shown, config[more] = shown.add_column(1, more, values), drawn
    if by_heading and by_heading[0][0] in config:
        sort, is_down = by_heading[0]
        config[sort]["label"] += " ↓" if is_down else " ↑"
    first = shown.column_names[0]
    click = f"{key}.open"
    config[first] = st.column_config.ButtonColumn(
        config[first]["label"],
        type="tertiary",
        alignment="left",
        width=name_width(shown.column(first).to_pylist()),
        key=click,
        on_click=_opened,
        args=(entity, click, tuple(ids), opens),
    )
    name = f"{key}.table.{zlib.crc32(repr((ids, shown.column_names)).encode()):08x}"
    st.session_state[f"{key}.table"] = name
    modes = [f"{selectable}-row"] if selectable else []
    options: dict[str, Any] = {"on_select": "rerun", "selection_mode": modes} if modes else {}
    if by_heading:
        pressed = by_heading[1]
        # Where columns can be selected, the framework does not sort the rows of this page by itself.
        chosen = partial(_selected, name, pressed)
        options = {"on_select": chosen, "selection_mode": [*modes, "single-column"]}
    event = st.dataframe(
        shown,
        hide_index=True,
        column_config=config,
        key=name,
        height=height or (cells.MOST if len(ids) > cells.ROWS else "content"),
        alt=_(entity.many),
        placeholder="",
        **options,
    )
    return [ids[row] for row in event.selection.rows if row < len(ids)] if selectable else []


def name_width(names: Sequence[str | None]) -> int:
    """Return the pixels that the longest of some names needs, within what a list has for it."""
    longest = max((sum(_HAN if one >= _FIRST_HAN else _LATIN for one in name) for name in names if name), default=0)
    return int(min(max(longest + _PADDING, _NARROWEST), _WIDEST))


def _selected(name: str, pressed: Callable[[str], None]) -> None:
    """Take a selected column for a press on its heading; selected rows stay selected."""
    selection = st.session_state[name]["selection"]
    if columns := selection["columns"]:
        st.session_state[name] = {"selection": {"rows": list(selection["rows"])}}
        pressed(columns[0])


def _opened(entity: Entity, click: str, ids: tuple[int, ...], opens: Opener | None) -> None:
    pressed = st.session_state.get(click)
    if pressed is None or not 0 <= pressed["row"] < len(ids):
        return
    (opens or (lambda one: form.edit_later(entity, one)))(ids[pressed["row"]])


def _nothing(entity: Entity, place: Place, asked: Query, given: Sequence[Filter]) -> None:
    """Say why there is nothing: the filters, or nothing yet."""
    many = _(entity.many)
    if len(asked.filters) > len(given) or asked.search.strip():
        with page.empty(_("Nothing matches."), caption=_("Take a filter away, or search for less.")):
            st.button(_("Clear filters"), on_click=place.clear, key=place.name("clear_empty"))
        return
    if given:
        page.empty(_("Nothing matches."))
        return
    # The title line has the button for a new one: it is pointed to, not drawn twice.
    step = None
    if page.may(f"{entity.key}.create"):
        step = _("Enter the first one with the button at the top.")
        if page.may(f"{entity.key}.import"):
            step = _("Bring in a file, or enter the first one with the button at the top.")
    with page.empty(_("No {what} yet").format(what=many[:1].lower() + many[1:]), caption=step):
        # In a callback: the dialog is drawn by the run that follows, whatever else is pressed here.
        page.button(
            _("Import a file"),
            permission=f"{entity.key}.import",
            icon=":material/upload:",
            key=place.name("first_import"),
            on_click=transfer.upload.later,
            args=(entity.key, None),
        )
