"""How the fields of an entity stand in a table: headings, alignment, exact money, translated choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import streamlit as st

from services.kit import money, several
from services.kit.entity import Entity
from services.kit.fields import Field
from services.kit.query import TITLE, Page
from ui import format as fmt
from ui import session
from ui.i18n import _, label, option, tr
from ui.place import Place
from ui.widgets import badge_color

SIMPLE: Final = frozenset(
    {"text", "email", "phone", "integer", "number", "money", "percent", "rating", "day", "flag", "choice", "choices"}
)
"""Kinds that may be edited in a list."""
ROWS: Final = 17
_KEPT_BACK: Final = frozenset({"id", "version"})
_SHORT: Final = 10
"""Characters of a heading that stand above a tick of 90 pixels; a longer one gets the room it needs."""
_PRECISION: Final = 20
"""Digits of an exact number: those of 64 bits."""
_NULLABLE: Final = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
MOST: Final = (ROWS + 1) * 33 + 3
"""Pixels; a longer page scrolls inside the table, so that headings and the turning of pages stay in sight."""
_SHORT_NAMES: Final = {"user": 120, "stage": 120}
"""Pixels for references to what has short names; others, such as customers, need more."""
BADGES: Final = frozenset({"status", "stage"})
"""Choices shown as badges."""


def wanted(entity: Entity, place: Place, given: Sequence[str] | None) -> tuple[str, ...]:
    """Return the columns to fetch: those of the address, else of the page, else the entity's grid."""
    offered = offer(entity, given)
    chosen = [name for name in place.get("cols").split(",") if name in offered]
    first = offered[0]
    names = list(dict.fromkeys([first, *chosen])) if chosen else list(given or entity.grid)
    if "currency" in entity.fields and "currency" not in names and any(entity.fields[n].kind == "money" for n in names):
        names.append("currency")
    return tuple(names)


def offer(entity: Entity, given: Sequence[str] | None = None) -> tuple[str, ...]:
    """Return the columns a reader may choose from."""
    return tuple(dict.fromkeys([*(given or entity.grid), *entity.all_columns]))


def _only_currency(found: Page) -> str | None:
    """Return the currency of all rows if it is one: then it is said once, in the heading."""
    if "currency" not in found.columns:
        return session.database().settings.currency
    codes = set(found.columns["currency"]) - {None, ""}
    return codes.pop() if len(codes) == 1 else None


def heading(field: Field, only: str | None) -> str:
    """Return the heading of a column; money says its currency here when it is the same on all rows."""
    is_said = field.kind == "money" and only
    return _("{field}, {currency}").format(field=label(field), currency=only) if is_said else label(field)


def present(entity: Entity, found: Page) -> tuple[pa.Table, dict[str, Any]]:
    """Return the rows as they are shown, and how their columns are drawn.

    An Arrow table, since that is what travels: by way of a frame a list took a third longer.
    """
    shown: dict[str, pa.Array] = {}
    config: dict[str, Any] = {}
    only = _only_currency(found)
    names = [name for name in found.columns if name in entity.fields and name not in _KEPT_BACK]
    if only and any(entity.fields[name].kind == "money" for name in names):
        names = [name for name in names if name != "currency"]
    for name in names:
        shown[name], config[name] = _column(entity.fields[name], found, only)
    return pa.table(shown), config


def _column(field: Field, found: Page, only: str | None) -> tuple[pa.Array, Any]:  # noqa: C901, PLR0911 - one a kind
    values = found.columns[field.name]
    title = heading(field, only)
    kind = st.column_config
    match field.kind:
        case "money":
            return _money(values, found, only, title)
        case "percent":
            return _numbers(values, 2, title, suffix="%%")
        case "integer" | "rating" | "id":
            written = "%d" if field.name == "founded_in" else "%,d"
            return pa.array(values, pa.int64()), kind.NumberColumn(title, format=written)
        case "number":
            return pa.array(values), kind.NumberColumn(title)
        case "day":
            return pa.array(values, pa.date32()), kind.DateColumn(title, format="YYYY-MM-DD", width=110)
        case "instant":
            zone = str(session.database().settings.zone)
            return (
                pa.array(values, pa.timestamp("us", tz="UTC")),
                kind.DatetimeColumn(title, format="YYYY-MM-DD", timezone=zone, width=110),
            )
        case "flag":
            return pa.array(values, pa.bool_()), kind.CheckboxColumn(title, width=90 if len(title) < _SHORT else None)
        case "choice" if field.name in BADGES:
            return _badges(field, values, title)
        case "choice":
            return _texts(values, _labels(field)), kind.TextColumn(title)
        case several.KIND:
            said = {one: fmt.names(field, one) for one in set(values) if one}
            return pa.array([said.get(one) for one in values], pa.string()), kind.TextColumn(title)
        case "reference":
            titles = [None if one is None else str(one) for one in found.columns[field.name + TITLE]]
            named = _texts(titles, _translations(titles)) if fmt.is_translated(field) else _texts(titles)
            return named, kind.TextColumn(title, width=_SHORT_NAMES.get(field.entity or "", 165))
        case _:
            width = "large" if field.kind == "long_text" else None
            known = _translations(values) if field.translated else {}
            return _texts(values, known), kind.TextColumn(title, width=width)


def _labels(field: Field) -> dict[str, str]:
    return {code: option(field, code) for code in {**(field.options or {}), **(field.retired or {})}}


def _translations(values: Sequence[Any]) -> dict[str, str]:
    return {one: tr(one) for one in set(values) - {None}}


def _texts(values: Sequence[Any], words: Mapping[str, str] = MappingProxyType({})) -> pa.Array:
    """Return texts, those that have other words in these."""
    return pa.array([words.get(one, one) or None for one in values], pa.string())


def _badges(field: Field, values: Sequence[Any], title: str) -> tuple[pa.Array, Any]:
    """Show a status as a small badge whose colour has a meaning (ui/widgets.py)."""
    labels = _labels(field)
    shown = [[labels.get(one, one)] if one else None for one in values]
    colors = [badge_color(code) for code in labels]
    drawn = st.column_config.MultiselectColumn(title, options=list(labels.values()), color=colors)
    return pa.array(shown, pa.list_(pa.string())), drawn


def _money(values: Sequence[Any], found: Page, only: str | None, title: str) -> tuple[pa.Array, Any]:
    """Money in one currency is a column of exact decimals; in several, text with its sign on each row."""
    if only:
        return _numbers(values, money.digits(only), title)
    written = [
        None if one is None else fmt.money(one, code)
        for one, code in zip(values, found.columns["currency"], strict=True)
    ]
    return pa.array(written, pa.string()), st.column_config.TextColumn(title, alignment="right")


def _numbers(values: Sequence[Any], digits: int, title: str, suffix: str = "") -> tuple[pa.Array, Any]:
    """Return integers of the last decimal place as decimals, with as many places as any row needs."""
    whole = 10**digits
    needs = any(one is not None and one % whole for one in values)
    exact = [None if one is None else Decimal(one).scaleb(-digits) for one in values]
    drawn = st.column_config.NumberColumn(title, format=f"%,.{digits if needs else 0}f{suffix}")
    return pa.array(exact, pa.decimal128(_PRECISION, digits)), drawn


# --- for editing --------------------------------------------------------------------------------------------


def editable(entity: Entity, found: Page) -> tuple[pd.DataFrame, dict[str, Any], tuple[str, ...]]:
    """Return a frame for editing (index: id), how its columns are drawn, and which may be changed.

    Money and shares are edited as text, so that what is typed reaches the one gate (`parse`) as it was typed.
    """
    table, config = present(entity, found)
    shown = table.to_pandas(types_mapper=_NULLABLE.get)
    shown.index = pd.Index(found.ids, name="id")
    names = tuple(n for n in shown.columns if n in entity.writable and entity.fields[n].kind in SIMPLE)
    only = _only_currency(found)
    for name in names:
        field = entity.fields[name]
        title = heading(field, only)
        values = found.columns[name]
        if field.kind == "choice":
            labels = _labels(field)
            shown[name] = [None if one is None else labels.get(one, one) for one in values]
            config[name] = st.column_config.SelectboxColumn(
                title, options=list(labels.values()), required=field.required
            )
        elif field.kind == several.KIND:
            labels = _labels(field)
            shown[name] = [[labels.get(code, code) for code in one or ()] for one in values]
            config[name] = st.column_config.MultiselectColumn(
                title, options=list(labels.values()), required=field.required
            )
        elif field.kind in ("money", "percent"):
            currencies = found.columns.get("currency", [None] * len(values))
            shown[name] = [_as_typed(field, *one) for one in zip(values, currencies, strict=True)]
            config[name] = st.column_config.TextColumn(title, alignment="right")
        elif field.kind in ("text", "email", "phone"):
            config[name] = st.column_config.TextColumn(title, max_chars=field.max_length)
    return shown, config, names


def _as_typed(field: Field, raw: int | None, currency: str | None) -> str | None:
    if raw is None:
        return None
    if field.kind == "percent":
        return fmt.percent(raw)
    return f"{money.to_major(raw, currency or session.database().settings.currency):,f}"


def code_of(field: Field, raw: Any) -> Any:
    """Return the code behind a choice as the reader's language shows it; anything else as it is."""
    if field.kind == "choice" and isinstance(raw, str):
        for code in field.options or {}:
            if option(field, code) == raw:
                return code
    if field.kind == several.KIND and isinstance(raw, list | tuple):
        by_name = {name: code for code, name in _labels(field).items()}
        return [by_name.get(one, one) for one in raw]
    return raw
