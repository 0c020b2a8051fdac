"""Fields and kinds: what a column is, how a value from outside becomes one of ours, and what it must hold.

There is one gate in: `parse` turns what a widget, a cell of a file or an address says into a typed value.
Verbs take typed values: money in minor units, percentages in basis points, dates as dates.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final

from db.base import Record, table_of
from db.types import N_, Options
from services.kit import money, several
from services.kit.errors import Message, Refusal


@dataclass(frozen=True)
class Field:
    """The facts of one column, read from the model."""

    name: str
    kind: str
    label: str
    required: bool = False
    options: Options | None = None
    entity: str | None = None
    """Table a reference points to."""
    minimum: int | None = None
    maximum: int | None = None
    max_length: int | None = None
    help: str | None = None
    searchable: bool = False
    sortable: bool = False
    personal: bool = False
    translated: bool = False
    recurring: bool = False
    """Of few different values in many rows."""
    is_custom: bool = False
    """Added by an administrator; its values stand in the record's `custom` (custom.py)."""
    unique: bool = False
    """Refused when another live record has the same value; said of custom fields alone."""
    filterable: bool = True
    """Lists may be narrowed by it; custom fields only if they are indexed."""
    retired: Options | None = None
    """Choices that are no longer offered and still stand in records."""


class ParseError(Refusal):
    """A value from outside cannot be read; the sentence says what is expected."""


@lru_cache(maxsize=128)
def fields_of(model: type[Record]) -> Mapping[str, Field]:
    """Return the fields of a table by column name, in the order of the table."""
    found = {}
    for column in table_of(model).columns:
        if "kind" not in column.info:
            continue
        facts = {key: value for key, value in column.info.items() if key in Field.__dataclass_fields__}
        found[column.name] = Field(name=column.name, max_length=getattr(column.type, "length", None), **facts)
    return found


def is_blank(raw: Any) -> bool:
    """Say whether a value from outside means "nothing entered"."""
    return raw is None or raw != raw or (isinstance(raw, str) and not raw.strip())  # noqa: PLR0124 - NaN


def parse(field: Field, raw: Any, *, currency: str = "CNY") -> Any:
    """Return the typed value of something from a widget, a file's cell or an address.

    `currency` is that of the row, for money. Blank becomes None. Raises ParseError.
    """
    if is_blank(raw):
        return None
    return _PARSERS[field.kind](raw, field, currency)


def check(field: Field, value: Any) -> Message | None:
    """Return what is wrong with a typed value, or None if it holds."""
    if value in (None, "", ()):
        return Message(N_("Please fill this in.")) if field.required else None
    if isinstance(value, str) and "\x00" in value:
        return Message(N_("This text has a character that cannot be stored."))
    if field.max_length and isinstance(value, str) and len(value) > field.max_length:
        return Message(
            N_("At most {max} characters; this has {count}."), {"max": field.max_length, "count": len(value)}
        )
    if field.kind == several.KIND:
        return _check_several(field, value)
    if field.options is not None and value not in field.options:
        return Message(N_("“{value}” is not one of the choices."), {"value": value})
    expected = _TYPES.get(field.kind)
    if expected and (not isinstance(value, expected) or (isinstance(value, bool) and expected is int)):
        return Message(N_("“{value}” cannot be read here."), {"value": value})
    if isinstance(value, int) and abs(value) >= 2**63:
        return Message(N_("This number is too large."))
    return _check_limits(field, value)


def _check_several(field: Field, value: Any) -> Message | None:
    """Return what is wrong with several choices; one that was taken back may stay where it stands."""
    if not isinstance(value, tuple):
        return Message(N_("“{value}” cannot be read here."), {"value": str(value)})
    known = {**(field.retired or {}), **(field.options or {})}
    unknown = [str(one) for one in value if one not in known]
    return Message(N_("“{value}” is not one of the choices."), {"value": unknown}) if unknown else None


def _check_limits(field: Field, value: Any) -> Message | None:
    if field.kind not in ("integer", "money", "percent", "rating"):
        return None
    unit = 100 if field.kind == "percent" else 1
    if field.minimum is not None and value < field.minimum:
        return Message(N_("Not below {minimum}."), {"minimum": field.minimum // unit})
    if field.maximum is not None and value > field.maximum:
        return Message(N_("Not above {maximum}."), {"maximum": field.maximum // unit})
    return None


# --- parsers: raw, field, currency -> typed value -----------------------------------------------------------

_SPACES: Final = re.compile(r"[\u200b-\u200f\u202a-\u202e\ufeff]")
_SCALES: Final = {"万": 10**4, "亿": 10**8, "k": 10**3, "m": 10**6, "bn": 10**9}
_NUMBER: Final = re.compile(
    r"^(?P<open>\()?(?P<sign>[-+])?(?:[¥￥$€£]|[a-z]{3}(?=[\s\d-]))?\s*(?P<sign2>[-+])?"
    r"(?P<digits>\d{1,3}(?:[,\s']\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)\s*(?P<scale>万|亿|k|m|bn)?\s*(?P<percent>%)?\s*"
    r"(?:元|[a-z]{3}|[¥€])?(?P<close>\))?$"
)
_TRUE: Final = frozenset({"true", "yes", "y", "1", "是", "x", "✓", "on"})
_FALSE: Final = frozenset({"false", "no", "n", "0", "否", "-", "off"})


def clean_text(raw: Any) -> str:
    """Return text without surrounding space and invisible characters, in NFC."""
    return unicodedata.normalize("NFC", _SPACES.sub("", str(raw))).strip()


def _number(raw: Any) -> tuple[Decimal, bool]:
    """Return the number and whether it was written as a percentage."""
    if isinstance(raw, bool):
        raise ParseError(N_("“{value}” is not a number."), value=raw)
    if isinstance(raw, int | Decimal):
        return Decimal(raw), False
    if isinstance(raw, float):
        if raw in (float("inf"), float("-inf")):
            raise ParseError(N_("“{value}” is not a number."), value=raw)
        return Decimal(repr(raw)), False
    written = unicodedata.normalize("NFKC", clean_text(raw)).lower().replace("−", "-")
    match = _NUMBER.match(written)
    if not match:
        try:
            value = Decimal(written)
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite():
            raise ParseError(N_("“{value}” is not a number."), value=raw)
        return value, False
    value = Decimal(re.sub(r"[,\s']", "", match["digits"]))
    value *= _SCALES.get(match["scale"] or "", 1)
    if (match["sign"] or match["sign2"]) == "-" or (match["open"] and match["close"]):
        value = -value
    return value, bool(match["percent"])


def _integer(raw: Any, _field: Field, _currency: str) -> int:
    value, is_percent = _number(raw)
    if is_percent or value != value.to_integral_value():
        raise ParseError(N_("“{value}” is not a whole number."), value=raw)
    return int(value)


def _money(raw: Any, _field: Field, currency: str) -> int:
    value, is_percent = _number(raw)
    if is_percent:
        raise ParseError(N_("“{value}” is a percentage; an amount of money is expected."), value=raw)
    return money.to_minor(value, currency)


def _percent(raw: Any, _field: Field, _currency: str) -> int:
    value, _ = _number(raw)
    return int((value * 100).to_integral_value())


def _real(raw: Any, _field: Field, _currency: str) -> float:
    return float(_number(raw)[0])


_DATES: Final = (
    re.compile(r"^(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?:[T ].*)?$"),
    re.compile(r"^(?P<y>\d{4})年(?P<m>\d{1,2})月(?P<d>\d{1,2})日?$"),
    re.compile(r"^(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})$"),
    re.compile(r"^(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})$"),
)


def _day(raw: Any, _field: Field, _currency: str) -> date:
    if isinstance(raw, datetime):
        return raw.date()
    if isinstance(raw, date):
        return raw
    written = unicodedata.normalize("NFKC", clean_text(raw))
    for pattern in _DATES:
        if match := pattern.match(written):
            try:
                return date(int(match["y"]), int(match["m"]), int(match["d"]))
            except ValueError:
                break
    raise ParseError(N_("“{value}” is not a date; write it as 2026-01-31."), value=raw)


def _instant(raw: Any, field: Field, currency: str) -> datetime:
    if isinstance(raw, datetime):
        return raw if raw.tzinfo else raw.replace(tzinfo=UTC)
    try:
        value = datetime.fromisoformat(clean_text(raw))
    except ValueError:
        value = datetime.combine(_day(raw, field, currency), datetime.min.time())
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _flag(raw: Any, _field: Field, _currency: str) -> bool:
    if isinstance(raw, bool):
        return raw
    written = unicodedata.normalize("NFKC", clean_text(raw)).lower()
    if written in _TRUE or written in _FALSE:
        return written in _TRUE
    raise ParseError(N_("“{value}” is neither yes nor no."), value=raw)


def _text(raw: Any, _field: Field, _currency: str) -> str:
    # Spreadsheets hold 13800000000 as a float: a whole number must not become "13800000000.0".
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    return clean_text(raw)


def _one_line(raw: Any, field: Field, currency: str) -> str:
    return re.sub(r"\s+", " ", _text(raw, field, currency))


_EMAIL: Final = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s.]+$")


def _email(raw: Any, field: Field, currency: str) -> str:
    value = unicodedata.normalize("NFKC", _one_line(raw, field, currency))
    if not _EMAIL.match(value):
        raise ParseError(N_("“{value}” is not an e-mail address."), value=raw)
    return value


_EXTENSION: Final = re.compile(r"(?<=[\d)])\s*(?:转接?|分机号?)\s*:?\s*(?=\d)")


def _phone(raw: Any, field: Field, currency: str) -> str:
    value = unicodedata.normalize("NFKC", _one_line(raw, field, currency))
    plain = _EXTENSION.sub(" x ", value).lower()
    if len(re.sub(r"\D", "", plain)) < 5 or re.search(r"[^\d\s()+./xext#-]", plain):  # noqa: PLR2004
        raise ParseError(N_("“{value}” is not a telephone number."), value=raw)
    return value


def _currency_code(raw: Any, field: Field, currency: str) -> str:
    value = _one_line(raw, field, currency).upper()
    if not money.is_currency(value):
        raise ParseError(N_("“{value}” is not a currency; write its code, such as CNY or USD."), value=raw)
    return value


def _choice(raw: Any, field: Field, currency: str) -> str:
    """Accept the code or its English label; labels in other languages are turned into codes by the caller."""
    value = _one_line(raw, field, currency)
    for code, label in (field.options or {}).items():
        if value == code or value.casefold() == label.casefold():
            return code
    raise ParseError(N_("“{value}” is not one of the choices."), value=raw)


def _choices(raw: Any, field: Field, currency: str) -> tuple[str, ...] | None:
    """Accept codes and English labels, in a list or as one text with something between them."""
    given = raw if isinstance(raw, list | tuple | set | frozenset) else several.pieces(raw)
    return several.kept(one if one in (field.retired or {}) else _choice(one, field, currency) for one in given)


def _reference(raw: Any, field: Field, currency: str) -> int:
    return _integer(raw, field, currency)


_PARSERS: Final[Mapping[str, Callable[[Any, Field, str], Any]]] = {
    "id": _reference,
    "text": _one_line,
    "long_text": _text,
    "email": _email,
    "phone": _phone,
    "integer": _integer,
    "number": _real,
    "money": _money,
    "percent": _percent,
    "rating": _integer,
    "currency": _currency_code,
    "day": _day,
    "instant": _instant,
    "flag": _flag,
    "choice": _choice,
    "choices": _choices,
    "reference": _reference,
}
KINDS: Final = frozenset(_PARSERS)
NUMERIC: Final = frozenset({"integer", "number", "money", "percent", "rating"})
_TYPES: Final[Mapping[str, Any]] = {
    "id": int,
    "text": str,
    "long_text": str,
    "email": str,
    "phone": str,
    "currency": str,
    "choice": str,
    "choices": tuple,
    "integer": int,
    "money": int,
    "percent": int,
    "rating": int,
    "reference": int,
    "number": (int, float),
    "day": date,
    "instant": datetime,
    "flag": bool,
}
