"""The line above a list: search, filters, sort, columns, the rest; and the filter in force as a sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

import streamlit as st

from services.kit import query, several
from services.kit.entity import Entity
from services.kit.errors import Message
from services.kit.fields import Field, ParseError, parse
from services.kit.query import Filter, Page, Query
from ui import columns, dialog, page, session, several_filter, transfer, views
from ui import format as fmt
from ui.i18n import _, label, named, option, say, tr
from ui.place import Place

SET_FIELD: Final = "ui.listing:set_field"
_RANGED = ("money", "percent", "integer", "number", "rating", "day", "instant")


def bar(entity: Entity, place: Place, asked: Query, given: Sequence[str] | None = None) -> None:
    """Draw search, filters, sort, columns and the menu in one line."""
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"{place.key}_bar"):
        views.picker(entity, place)
        _search(entity, place)
        _filter_popover(entity, place)
        _sort(entity, place)
        _more(entity, place, asked, given)


def _search(entity: Entity, place: Place) -> None:
    name = page.keep(place.name("q"), place.get("q"))
    st.text_input(
        _("Search"),
        key=name,
        type="search",
        icon=":material/search:",
        placeholder=_("Search {what}").format(what=_(entity.many)[:1].lower() + _(entity.many)[1:]),
        label_visibility="collapsed",
        width=235,
        on_change=lambda: place.set("q", st.session_state[name]),
    )


def _sort(entity: Entity, place: Place) -> None:
    names = [name for name in entity.fields if entity.fields[name].sortable]
    choices = [written for name in names for written in (name, f"-{name}")]
    sort, descending = place.sort()
    now = place.own_sort if sort not in names else f"-{sort}" if descending else str(sort)
    name = page.keep(place.name("sort"), now)
    st.selectbox(
        _("Sort"),
        choices,
        key=name,
        format_func=lambda written: sort_label(entity, written),
        label_visibility="collapsed",
        disabled=bool(place.get("q").strip()),
        width=235,
        on_change=lambda: place.sort_by(st.session_state[name]),
        placeholder=_("Choose"),
    )


def sort_label(entity: Entity, written: str) -> str:
    """Return a sort in words: Name, A to Z."""
    field = entity.fields[written.removeprefix("-")]
    is_down = written.startswith("-")
    if field.kind in ("day", "instant"):
        words = _("{field}, newest first") if is_down else _("{field}, oldest first")
    elif field.kind in ("text", "email", "phone", "choice"):
        words = _("{field}, Z to A") if is_down else _("{field}, A to Z")
    else:
        words = _("{field}, highest first") if is_down else _("{field}, lowest first")
    return words.format(field=label(field))


def _more(entity: Entity, place: Place, asked: Query, given: Sequence[str] | None) -> None:
    """Offer what is needed now and then: columns, editing in the list, the recycle bin."""
    popover = st.popover(_("More"), icon=":material/more_horiz:", key=place.name("more"), on_change="rerun")
    if not popover.open:
        return
    offered = columns.offer(entity, given)
    name = page.keep(place.name("cols"), [one for one in asked.columns or () if one in offered[1:]])
    with popover, st.container(width=320):
        st.multiselect(
            _("Columns"),
            offered[1:],
            key=name,
            format_func=lambda one: label(entity.fields[one]),
            placeholder=_("Choose"),
            on_change=lambda: place.set("cols", ",".join(st.session_state[name])),
            select_all=False,
        )
        _in_and_out(entity, place, asked)
        if page.may(f"{entity.key}.update"):
            _choice(place, "editing", _("Edit in list"), ":material/edit:", _turn_on, place.name("editing"))
            everything = replace(asked, cursor=None)
            _choice(
                place,
                "all",
                _("Set a field of all"),
                ":material/edit_note:",
                dialog.open_later,
                SET_FIELD,
                entity.key,
                everything,
            )
        if page.may(f"{entity.key}.restore"):
            _choice(place, "bin", _("Recycle bin"), ":material/delete:", _to_bin, entity.key)


def _in_and_out(entity: Entity, place: Place, asked: Query) -> None:
    if page.may(f"{entity.key}.import"):
        _choice(place, "import", _("Import"), ":material/upload:", transfer.upload.later, entity.key, None)
    if page.may(f"{entity.key}.export"):
        everything = replace(asked, cursor=None)
        _choice(place, "export", _("Export"), ":material/download:", transfer.export.later, entity.key, everything)


def _choice(place: Place, what: str, words: str, icon: str, chosen: Callable[..., Any], *args: Any) -> None:
    """Draw a line of the menu, which closes when it is pressed."""

    def press() -> None:
        st.session_state[place.name("more")] = False
        chosen(*args)

    st.button(words, icon=icon, type="tertiary", key=place.name(f"more.{what}"), on_click=press)


def _to_bin(key: str) -> None:
    page.go_later("recycle-bin", entity=key)


def _turn_on(name: str) -> None:
    st.session_state[name] = True


# --- filters ------------------------------------------------------------------------------------------------


def _filter_popover(entity: Entity, place: Place) -> None:
    names = entity.all_filters
    if not names:
        return
    active = sum(1 for name in names if place.get_all(f"f.{name}"))
    title = _("Filter · {n}").format(n=active) if active else _("Filter")
    popover = st.popover(title, icon=":material/filter_alt:", key=place.name("filter"), on_change="rerun")
    if not popover.open:  # its widgets and the options behind them cost nothing until they are wanted
        return
    with popover, st.container(width=340):
        for name in names:
            _filter(entity, entity.fields[name], place)
        if active:
            st.button(_("Clear filters"), on_click=place.clear, key=place.name("clear_in"), type="tertiary")


def _parsed(entity: Entity, field: Field, place: Place) -> list[Filter]:
    found = []
    for written in place.get_all(f"f.{field.name}"):
        try:
            found.append(query.parse_filter(entity, field.name, written, currency=_currency()))
        except ParseError:  # the list says so already
            continue
    return found


def _currency() -> str:
    return session.database().settings.currency


def _filter(entity: Entity, field: Field, place: Place) -> None:
    if field.kind in _RANGED:
        _range(entity, field, place)
    elif field.kind == several.KIND:
        several_filter.draw(field, place, _parsed(entity, field, place))
    elif field.kind in ("choice", "reference", "flag", "currency"):
        _among(entity, field, place)
    else:
        _text(field, place)


def _among(entity: Entity, field: Field, place: Place) -> None:
    parsed = _parsed(entity, field, place)
    chosen = [value for one in parsed if one.operator in ("in", "under") for value in one.values]
    options = _options(field, chosen)
    name = page.keep(place.name(f"f.{field.name}"), [one for one in chosen if one in options])
    st.multiselect(
        label(field),
        list(options),
        key=name,
        format_func=lambda one: options.get(one, str(one)),
        placeholder=_("Any"),
        on_change=lambda: _set_among(field, place, name),
        select_all=False,
    )
    if "under" in query.operators(field):
        page.keep(f"{name}.under", any(one.operator == "under" for one in parsed))
        st.checkbox(
            _("The whole group, with the company itself"),
            key=f"{name}.under",
            on_change=lambda: _set_among(field, place, name),
        )


def _set_among(field: Field, place: Place, name: str) -> None:
    written = _written_in(field, st.session_state[name])
    is_group = st.session_state.get(f"{name}.under") and written.startswith("in:")
    place.set(f"f.{field.name}", written.replace("in:", "under:", 1) if is_group else written)


def _written_in(field: Field, values: Sequence[Any]) -> str:
    if not values:
        return ""
    as_text = [("yes" if one else "no") if field.kind == "flag" else str(one) for one in values]
    return "in:" + ",".join(as_text)


def _options(field: Field, chosen: Sequence[Any]) -> dict[Any, str]:
    if field.kind == "flag":
        return {True: _("Yes"), False: _("No")}
    if field.kind in ("choice", several.KIND):
        known = {**(field.options or {}), **(field.retired or {})}
        return {code: option(field, code) for code in known}
    if field.kind == "currency":
        return {code: code for code in dict.fromkeys([_currency(), *chosen, "USD", "EUR"])}
    found = dict(session.ask(query.options, field.entity or ""))
    missing = [one for one in chosen if one not in found]
    if missing:
        found |= session.ask(query.known_titles, field.entity or "", missing)
    return {one: tr(title) for one, title in found.items()} if fmt.is_translated(field) else found


def _bounds(entity: Entity, field: Field, place: Place) -> dict[str, Any]:
    return {one.operator: one.values[0] for one in _parsed(entity, field, place) if one.values}


def _range(entity: Entity, field: Field, place: Place) -> None:
    bounds = _bounds(entity, field, place)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for operator, words in (("from", _("{field} from")), ("to", _("{field} to"))):
            name = place.name(f"f.{field.name}.{operator}")
            title = words.format(field=label(field))
            if field.kind in ("day", "instant"):
                value = bounds.get(operator)
                page.keep(name, value.date() if isinstance(value, datetime) else value)
                st.date_input(
                    title, key=name, format="YYYY-MM-DD", on_change=_set_range, args=(field, place), width=155
                )
            else:
                if name not in st.session_state or not st.session_state.get(f"{name}.bad"):
                    page.keep(name, _bound_text(field, bounds.get(operator)))
                st.text_input(title, key=name, on_change=_set_range, args=(field, place), width=155)
    if problem := st.session_state.get(place.name(f"f.{field.name}.problem")):
        st.caption(f":red[:material/error: {fmt.plain(say(problem))}]")


def _bound_text(field: Field, value: Any) -> str:
    if value is None:
        return ""
    return fmt.money(value, _currency(), sign=False) if field.kind == "money" else fmt.value(field, value)


def _set_range(field: Field, place: Place) -> None:
    written = []
    problem: Message | None = None
    for operator in ("from", "to"):
        name = place.name(f"f.{field.name}.{operator}")
        raw = st.session_state.get(name)
        st.session_state[f"{name}.bad"] = False
        try:
            value = parse(field, raw, currency=_currency())
        except ParseError as error:
            problem = error.message
            st.session_state[f"{name}.bad"] = True
            continue
        if value is not None:
            written.append(f"{operator}:{raw.isoformat() if isinstance(raw, date) else raw}")
    st.session_state[place.name(f"f.{field.name}.problem")] = problem
    place.set(f"f.{field.name}", *written)


def _text(field: Field, place: Place) -> None:
    written = place.get(f"f.{field.name}")
    operator = "has" if "has" in query.operators(field) else "is"
    name = page.keep(place.name(f"f.{field.name}"), written.partition(":")[2])
    st.text_input(
        label(field),
        key=name,
        on_change=lambda: place.set(
            f"f.{field.name}", f"{operator}:{st.session_state[name]}" if st.session_state[name].strip() else ""
        ),
    )


# --- the filter in force ------------------------------------------------------------------------------------


def sentence(entity: Entity, place: Place, asked: Query, found: Page, given: Sequence[Filter]) -> None:
    """Say how many there are and under which filter, with a way to clear it."""
    total = fmt.number(found.count) + ("+" if found.is_capped else "")
    what = _(entity.one if found.count == 1 else entity.many)
    parts = [_("{count} {what}").format(count=total, what=what[:1].lower() + what[1:])]
    own = asked.filters[len(given) :]
    parts += [in_words(entity, one) for one in own]
    if asked.search.strip():
        parts.append(_("with “{text}”").format(text=asked.search.strip()))
    else:
        sort = asked.sort or entity.sort
        is_down = entity.descending if asked.sort is None else bool(asked.descending)
        if sort in entity.fields:
            parts.append(_("sorted by {sort}").format(sort=sort_label(entity, f"-{sort}" if is_down else sort)))
    line = st.container(
        horizontal=True,
        vertical_alignment="center",
        horizontal_alignment="distribute",
        key=f"{place.key}_sentence",
    )
    with line, st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
        st.caption(fmt.plain(" · ".join(parts)), width="content")
        if own or asked.search.strip():
            st.button(
                _("Clear filters"),
                on_click=place.clear,
                key=place.name("clear"),
                type="tertiary",
                icon=":material/close:",
            )
    acts = line.container(horizontal=True, vertical_alignment="center", horizontal_alignment="right", width="content")
    # What is done with just these records comes first, what can be done with any after it.
    for part in ("selected", "actions", "common"):
        st.session_state[place.name(part)] = acts.container(
            horizontal=True, vertical_alignment="center", horizontal_alignment="right", width="content"
        )


def in_words(entity: Entity, condition: Filter) -> str:
    """Return a condition as the reader says it: Status: New or Contacted; Amount from 1,000,000."""
    field = entity.fields[condition.field]
    title = label(field)
    match condition.operator:
        case "under":
            known = session.ask(query.known_titles, field.entity or "", list(condition.values))
            names = [known.get(one, _("unknown")) for one in condition.values]
            return _("Group of {name}").format(name=_(" or ").join(names))
        case "empty":
            return _("{field}: none").format(field=title)
        case "filled":
            return _("{field}: any").format(field=title)
        case "from":
            return _("{field} from {value}").format(field=title, value=fmt.value(field, condition.values[0]))
        case "to":
            return _("{field} up to {value}").format(field=title, value=fmt.value(field, condition.values[0]))
        case _:
            if field.kind == several.KIND:
                written = [option(field, one) for one in condition.values]
                return named(title, (_(" and ") if condition.operator == "has" else _(" or ")).join(written))
            written = [_value_in_words(field, one, condition) for one in condition.values]
            return named(title, _(" or ").join(written))


def _value_in_words(field: Field, value: Any, condition: Filter) -> str:
    if field.kind != "reference":
        return fmt.value(field, value)
    titles = session.ask(query.known_titles, field.entity or "", condition.values)
    title = titles.get(value)
    if title is None:
        return _("unknown")
    return tr(title) if fmt.is_translated(field) else title
