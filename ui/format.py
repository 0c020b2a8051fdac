"""From stored values to what the reader sees: money, shares, dates, and text that markdown must not touch."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any, Final

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal, get_currency_symbol

from services.kit import money as kit_money
from services.kit import several
from services.kit.fields import Field
from ui import run, session
from ui.i18n import _, language, option, tr

NOTHING: Final = "–"
"""What stands where there is no value."""

_TODAY: Final = "format.today"
_BEFORE_HAN: Final = re.compile(r"(?<=\d)(?=[\u4e00-\u9fff])")
_FULL_MINUTE: Final = re.compile(r"(\d:\d\d):00(?!\d)")
_STEPS: Final[Mapping[str, tuple[tuple[int, str], ...]]] = {
    "en": ((10**9, "bn"), (10**6, "M"), (10**3, "k")),
    "zh_CN": ((10**8, "亿"), (10**4, "万")),
}


@lru_cache(maxsize=8)
def _locale(code: str) -> Locale:
    return Locale.parse(code)


def locale() -> Locale:
    """Return the reader's locale."""
    return _locale(language())


@lru_cache(maxsize=64)
def symbol(currency: str) -> str:
    """Return the sign of a currency, the same in both languages: ¥ is the yuan, JP¥ the yen."""
    known = {"CNY": "¥", "JPY": "JP¥"}
    return known.get(currency) or get_currency_symbol(currency, locale="en")


def money(minor: int | None, currency: str, *, short: bool = False, sign: bool = True) -> str:
    """Return an amount of minor units: exactly, or in 万/亿 and k/M when `short`; `sign` sets the currency's sign."""
    if minor is None:
        return NOTHING
    amount = kit_money.to_major(int(minor), currency)
    written = short_number(amount) if short else _exact(amount, kit_money.digits(currency))
    if not sign:
        return written
    mark = symbol(currency)
    space = " " if mark[-1].isalpha() else ""
    return f"-{mark}{space}{written[1:]}" if written.startswith("-") else f"{mark}{space}{written}"


def _exact(amount: Decimal, digits: int) -> str:
    shown = 0 if amount == amount.to_integral_value() else digits
    return f"{amount:,.{shown}f}"


def short_number(amount: Decimal | int) -> str:
    """Return a number in three digits and the language's own step: 1.25M, 125万."""
    amount = Decimal(amount)
    for size, word in _STEPS.get(language(), _STEPS["en"]):
        # Compared after rounding, so that 999,999 becomes 1M and not 1000k.
        if abs(amount) >= size or abs(_three(amount / size)) >= 1:
            return f"{_trim(_three(amount / size))}{word}"
    return _trim(_three(amount))


def _three(value: Decimal) -> Decimal:
    places = max(0, 2 - max(value.adjusted(), 0)) if value else 0
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _trim(value: Decimal) -> str:
    written = f"{value:,f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def percent(basis_points: int | None) -> str:
    """Return basis points as per cent: 1250 -> 12.5%."""
    if basis_points is None:
        return NOTHING
    return f"{_trim(Decimal(int(basis_points)) / 100)}%"


def number(value: Decimal | float | None) -> str:
    """Return a number with thousands separated."""
    if value is None:
        return NOTHING
    return f"{value:,}" if type(value) is int else _number(value, language())


@lru_cache(maxsize=10_000, typed=True)
def _number(value: Decimal | float, code: str) -> str:
    return str(format_decimal(value, locale=_locale(code)))


def day(value: date | None) -> str:
    """Return a business date in the reader's own way."""
    return NOTHING if value is None else _day(value, language())


@lru_cache(maxsize=10_000, typed=True)
def _day(value: date, code: str) -> str:
    return str(format_date(value, format="medium", locale=_locale(code)))


def instant(value: datetime | None) -> str:
    """Return an instant in the company's zone."""
    if value is None:
        return NOTHING
    return _instant(value, session.database().settings.zone, language())


@lru_cache(maxsize=10_000, typed=True)
def _instant(value: datetime, zone: tzinfo, code: str) -> str:
    written = str(format_datetime(value, format="medium", tzinfo=zone, locale=_locale(code)))
    return _FULL_MINUTE.sub(r"\1", written)


def clock(value: datetime) -> str:
    """Return the time of day of an instant in the company's zone."""
    return f"{value.astimezone(session.database().settings.zone):%H:%M}"


def ago(value: datetime | None) -> str:
    """Return how long ago an instant was: 3 days ago."""
    if value is None:
        return NOTHING
    passed = value - session.database().clock.now()
    written = str(format_timedelta(passed, granularity="minute", add_direction=True, locale=locale()))
    return _BEFORE_HAN.sub(" ", written)  # 9 个月前, as in 53 天前 and all our own words


def days_from_today(value: date | None) -> str:
    """Return a date as its distance from today: today, in 3 days, overdue by 2 days."""
    if value is None:
        return NOTHING
    days = (value - today()).days
    if days == 0:
        return _("today")
    if days == 1:
        return _("tomorrow")
    if days > 0:
        return _("in {n} days").format(n=days)
    return _("overdue by 1 day") if days == -1 else _("overdue by {n} days").format(n=-days)


def today() -> date:
    """Return the business date of this run."""
    kept = run.kept()
    found: date | None = None if kept is None else kept.get(_TODAY)
    if found is None:
        database = session.database()
        found = database.clock.now().astimezone(database.settings.zone).date()
        if kept is not None:
            kept[_TODAY] = found
    return found


def is_nothing(value: Any) -> bool:
    """Say whether a cell of a frame holds nothing: None, NaN, NaT, empty text."""
    if value is None:
        return True
    try:
        return bool(value == "" or value != value)  # noqa: PLR0124 - NaN and NaT are unlike themselves
    except TypeError:  # pd.NA
        return True


def value(field: Field, raw: Any, row: Mapping[str, Any] | None = None) -> str:  # noqa: C901, PLR0911 - one a kind
    """Return any field's value as text; `row` gives the currency and `<reference>_title`."""
    if is_nothing(raw):
        return NOTHING
    row = {} if row is None else row
    match field.kind:
        case "money":
            return money(int(raw), str(row.get("currency") or session.database().settings.currency))
        case "percent":
            return percent(int(raw))
        case "integer" | "rating":
            return number(int(raw)) if field.name != "founded_in" else str(int(raw))
        case "number":
            return number(raw)
        case "day":
            return day(raw)
        case "instant":
            return instant(raw)
        case "flag":
            return _("Yes") if raw else _("No")
        case "choice":
            return option(field, str(raw))
        case several.KIND:
            return names(field, raw)
        case "reference":
            title = row.get(f"{field.name}_title")
            return NOTHING if is_nothing(title) else tr(str(title)) if is_translated(field) else str(title)
        case _:
            return tr(str(raw)) if field.translated else str(raw)


def names(field: Field, codes: Sequence[str]) -> str:
    """Return several choices by their names, in the order in which the field offers them."""
    return _(", ").join(_(name) for _code, name in several.in_order(field.options, field.retired, codes))


def is_translated(field: Field) -> bool:
    """Say whether a reference points to records whose names are looked up in the catalogue (stages, pipelines)."""
    from services.registry import ENTITIES  # noqa: PLC0415 - read when all entities are there

    target = ENTITIES.get(field.entity or "")
    return bool(target and target.title in target.fields and target.fields[target.title].translated)


_MARKS: Final = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$&=^])")
_CALLS: Final = re.compile(r":(?=\S)|www(?=\\\.)", re.IGNORECASE)


def plain(text: Any) -> str:
    """Return text that markdown shows as it is: no link, image, formula, colour or icon comes of it.

    Short codes and bare addresses are found by the renderer after the escapes are gone, so a word joiner, which
    nobody sees, breaks those.
    """
    escaped = _MARKS.sub(r"\\\1", str(text))
    return _CALLS.sub(lambda found: f"{found[0]}\u2060", escaped)
