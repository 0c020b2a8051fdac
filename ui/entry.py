"""One entry of a form: the widget of a field's kind, and the picker of a record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from services.kit import money, query, several
from services.kit.fields import Field
from ui import format as fmt
from ui import session
from ui.i18n import _, label, option, tr

MANY: Final = 200
"""More options than this in a picker are narrowed by a search box."""
_CURRENCIES: Final = ("CNY", "USD", "EUR", "GBP", "HKD", "JPY", "TWD", "SGD", "AUD", "KRW")


def widget(  # noqa: C901, PLR0911, PLR0912 - one branch a kind: a table would only hide it
    field_: Field,
    value: Any,
    *,
    key: str,
    kept: dict[str, Any] | None = None,
    written: str | None = None,
    row: Mapping[str, Any] | None = None,
) -> Any:
    """Draw the widget of a field with a typed first value; returns what it holds, to be read by `parse`."""
    written = written or label(field_)
    match field_.kind:
        case "long_text":
            return st.text_area(written, value or "", key=key, max_chars=field_.max_length)
        case "money":
            currency = (row or {}).get("currency") or session.database().settings.currency
            first = "" if value is None else f"{money.to_major(value, currency):,f}"
            return st.text_input(written, first, key=key, placeholder=_("Amount, such as 12,500 or 1.2M"))
        case "percent":
            return st.text_input(written, "" if value is None else fmt.percent(value), key=key, placeholder="%")
        case "integer" | "number" | "id":
            return st.text_input(written, "" if value is None else str(value), key=key)
        case "rating":
            return st.segmented_control(written, [1, 2, 3, 4, 5], default=value, key=key)
        case "currency":
            codes = list(
                dict.fromkeys([session.database().settings.currency, *([value] if value else []), *_CURRENCIES])
            )
            return st.selectbox(
                written,
                codes,
                index=codes.index(value) if value else 0,
                key=key,
                placeholder=_("Choose"),
                accept_new_options=True,
            )
        case "day":
            return st.date_input(written, None, key=_first(key, value), format="YYYY-MM-DD")
        case "instant":
            zone = session.database().settings.zone
            local = (value or session.database().clock.now()).astimezone(zone).replace(tzinfo=None)
            return st.datetime_input(written, local, key=key, format="YYYY-MM-DD")
        case "flag":
            return st.checkbox(written, bool(value), key=key, help=_(field_.help) if field_.help else None)
        case "choice":
            codes = list(dict.fromkeys([*(field_.options or {}), *([value] if value else [])]))
            return st.selectbox(
                written,
                codes,
                index=None,
                format_func=lambda code: option(field_, code),
                key=_first(key, value),
                placeholder=_("Choose"),
            )
        case several.KIND:
            codes = [
                code
                for code, _name in several.in_order(field_.options, None, {*(field_.options or {}), *(value or ())})
            ]
            return st.multiselect(
                written,
                codes,
                format_func=lambda code: option(field_, code),
                key=_first(key, list(value or ())),
                placeholder=_("Choose"),
                select_all=False,
            )
        case "reference":
            return picker(field_, value, key, kept if kept is not None else {}, written)
        case _:
            return st.text_input(written, value or "", key=key, max_chars=field_.max_length)


def picker(field_: Field, value: int | None, key: str, kept: dict[str, Any], written: str) -> int | None:
    """Draw a picker of up to MANY records; more are narrowed by a search on the server. The chosen one stays."""
    offered = kept.setdefault("options", {})
    target = field_.entity or ""
    if key not in offered:
        offered[key] = session.ask(query.options, target, limit=MANY)
        kept.setdefault("is_large", {})[key] = len(offered[key]) == MANY
    options = offered[key]
    if kept["is_large"][key]:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            wanted = st.text_input(
                _("Find {what}").format(what=lower(written)),
                key=f"{key}.find",
                icon=":material/search:",
                placeholder=_("Search"),
                type="search",
            )
        if wanted:
            options = session.ask(query.options, target, search=wanted, limit=MANY)
    titles = dict(options)
    chosen = st.session_state.get(key, value)
    for one in (chosen, value):
        if one is not None and one not in titles:
            named = kept.setdefault("named", {})
            if one not in named.setdefault(target, {}):
                named[target] |= session.ask(query.titles, target, [one])
            titles = {one: named[target].get(one, str(one)), **titles}
    shown = {one: tr(title) for one, title in titles.items()} if fmt.is_translated(field_) else titles
    ids = list(titles)
    return st.selectbox(
        written,
        ids,
        index=None,
        format_func=lambda one: shown.get(one, str(one)),
        key=_first(key, value),
        placeholder=_("Choose"),
    )


def _first(key: str, value: Any) -> str:
    """Give a widget its first value through the session: only a widget whose default is nothing can be cleared."""
    if key not in st.session_state:
        st.session_state[key] = value
    return key


def lower(word: str) -> str:
    """Return a word as it stands inside a sentence: "New lead"."""
    return word[:1].lower() + word[1:]
