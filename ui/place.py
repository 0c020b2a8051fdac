"""Where a reader is in a list, kept in the address, and turning its pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st

from services.kit import query, several
from services.kit.entity import Entity
from services.kit.fields import ParseError, check
from services.kit.query import Filter, Page, Query
from ui import format as fmt
from ui import session
from ui.i18n import _, say

_ASKED: Final = frozenset({"q", "sort", "cols", "view"})


class Place:
    """Where a reader is in a list: filters, search, sort, columns and page, all of it in the address.

    Address: `q=` text, `sort=name` or `sort=-name`, `cols=a,b`, `f.status=in:new,contacted`, and `page=`, `after=`;
    `saved=` the view it was opened with (ui/views.py), `all` for none.
    """

    def __init__(self, entity: Entity, key: str | None) -> None:
        """Take the entity; several lists of one page have a `key` each, which goes before their parameters."""
        self.entity = entity
        self.key = key or entity.key
        self._prefix = f"{key}." if key else ""

    def name(self, what: str) -> str:
        """Return the session key of a part of this list."""
        return f"{self.key}.{what}"

    def get(self, parameter: str) -> str:
        """Return a parameter of the address."""
        return str(st.query_params.get(self._prefix + parameter, ""))

    def get_all(self, parameter: str) -> list[str]:
        """Return all values of a parameter of the address."""
        return list(st.query_params.get_all(self._prefix + parameter))

    def set(self, parameter: str, *values: str) -> None:
        """Change the address; anything but a turn of the page begins at the first page again."""
        name = self._prefix + parameter
        kept = [value for value in values if value]
        if kept:
            st.query_params[name] = kept if len(kept) > 1 else kept[0]
        else:
            st.query_params.pop(name, None)
        if parameter not in ("page", "after"):
            self.to_first()
            self._settle()

    def asked(self) -> dict[str, list[str]]:
        """Return what the address asks for, as a saved view keeps it: parameters without the list's prefix."""
        found = {}
        for name in st.query_params:
            own = name.removeprefix(self._prefix)
            if name.startswith(self._prefix) and (own in _ASKED or own.startswith("f.")):
                found[own] = list(st.query_params.get_all(name))
        return found

    def ask_for(self, address: Mapping[str, Sequence[str]], saved: str) -> None:
        """Put another question into the address in place of what it asks for, and say which view it comes from."""
        for name in self.asked():
            st.query_params.pop(self._prefix + name, None)
        for name, values in address.items():
            st.query_params[self._prefix + name] = list(values) if len(values) > 1 else values[0]
        st.query_params[self._prefix + "saved"] = saved
        self.to_first()

    def _settle(self) -> None:
        """Tell an address that asks for nothing on purpose from a bare one, which opens the reader's default view."""
        if not self.asked() and (self.get("saved") or st.session_state.get(self.name("has_default"))):
            st.query_params[self._prefix + "saved"] = "all"

    def to_first(self) -> None:
        """Go to the first page."""
        for parameter in ("page", "after"):
            st.query_params.pop(self._prefix + parameter, None)
        st.session_state.pop(self.name("trail"), None)

    def clear(self) -> None:
        """Take all filters and the search away."""
        for name in [n for n in st.query_params if n.startswith(self._prefix + "f.")]:
            st.query_params.pop(name, None)
        self.set("q")

    def query(self) -> tuple[Query, list[str]]:
        """Return what the address asks for, and a sentence for each part of it that cannot be read."""
        currency = session.database().settings.currency
        problems: list[str] = []
        filters: list[Filter] = []
        start = self._prefix + "f."
        for name in st.query_params:
            if not name.startswith(start):
                continue
            for written in st.query_params.get_all(name):
                try:
                    filters.append(self._read(name.removeprefix(start), written, currency))
                except ParseError as error:
                    problems.append(_("A filter of the address was left out. {reason}").format(reason=say(error)))
        sort, descending = self.sort()
        if sort is not None and not (sort in self.entity.fields and self.entity.fields[sort].sortable):
            problems.append(_("The list cannot be sorted by “{name}”.").format(name=sort))
            sort, descending = None, None
        asked = Query(tuple(filters), self.get("q"), sort, descending, self.get("after") or None)
        return asked, problems

    def _read(self, name: str, written: str, currency: str) -> Filter:
        found = query.parse_filter(self.entity, name, written, currency=currency)
        field = self.entity.fields[name]
        whole = field.kind == several.KIND and found.values  # several choices are one value
        for value in (found.values,) if whole else found.values:
            if problem := check(field, value):
                raise ParseError(problem.text, **problem.params)
        return found

    def sort(self) -> tuple[str | None, bool | None]:
        """Return field and direction of the address; None for the entity's own order."""
        written = self.get("sort")
        return (written.removeprefix("-"), written.startswith("-")) if written else (None, None)

    @property
    def own_sort(self) -> str:
        """Return the entity's own order as the address would write it."""
        return f"-{self.entity.sort}" if self.entity.descending else self.entity.sort

    def sort_by(self, written: str) -> None:
        """Sort by a column, as the address writes it; its own order needs no word there."""
        self.set("sort", "" if written == self.own_sort else written)

    @property
    def number(self) -> int:
        """Return the number of the page, from 1."""
        written = self.get("page")
        return max(1, int(written)) if written.isascii() and written.isdigit() and len(written) < 7 else 1  # noqa: PLR2004

    def forth(self, cursor: str) -> None:
        """Turn to the next page."""
        trail = st.session_state.setdefault(self.name("trail"), {})
        trail[self.number] = self.get("after")
        number = self.number + 1
        self.set("after", cursor)
        self.set("page", str(number))

    def back(self) -> None:
        """Turn to the page before; to the first one if the way back was lost (a reload)."""
        trail = st.session_state.get(self.name("trail"), {})
        number = self.number - 1
        if number <= 1 or number not in trail:
            self.to_first()
            return
        self.set("after", trail[number])
        self.set("page", str(number))


def pager(place: Place, asked: Query, found: Page) -> None:
    """Say which rows these are, and turn the page."""
    if place.number == 1 and not found.next_cursor:
        return
    first = (place.number - 1) * asked.limit + 1
    total = fmt.number(found.count) + ("+" if found.is_capped else "")
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        st.caption(
            _("{first}–{last} of {total}").format(
                first=fmt.number(first), last=fmt.number(first + len(found.ids) - 1), total=total
            ),
            width="content",
        )
        st.button(
            _("Previous"),
            icon=":material/chevron_left:",
            disabled=place.number == 1,
            on_click=place.back,
            key=place.name("previous"),
        )
        st.button(
            _("Next"),
            icon=":material/chevron_right:",
            icon_position="right",
            disabled=not found.next_cursor,
            on_click=place.forth,
            args=(found.next_cursor or "",),
            key=place.name("next"),
        )
