"""Columns of a list: what kind each one is, told from its values, and the values in the form they are compared in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import numpy as np

from db import normal
from db.characters import CJK, WORD, folded

PERSON: Final = "person"
COMPANY: Final = "company"
NUMBER: Final = "number"
"""An identity number: nearly everybody's is another."""
DAY: Final = "day"
CODE: Final = "code"
"""A short code that many share: a postcode."""
TEXT: Final = "text"
PHONE: Final = "phone"
EMAIL: Final = "email"
DOMAIN: Final = "domain"

_MOSTLY: Final = 0.6
_SAMPLE: Final = 2_000
_LONG_CODE: Final = 7
_DISTINCT: Final = 0.5
_COMPANY: Final = re.compile(
    r"公司|集团|银行|厂$|店$|中心|合伙|\b(?:ltd|limited|inc|llc|gmbh|corp|co|company|plc|srl|bv|ag|sa|group|holdings?)\b\.?",
    re.IGNORECASE,
)
_COMPANY_SHARE: Final = 0.2
_LONG_CHINESE: Final = 5
_DAY_PARTS: Final = re.compile(r"(\d{1,4})\D+(\d{1,2})\D+(\d{1,4})")
_DIGITS: Final = re.compile(r"\d+")
_WEB: Final = re.compile(r"(?:https?://|www\.)\S+|[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)


@dataclass(frozen=True)
class Column:
    """A column in compared form."""

    name: str
    kind: str
    is_exact: bool
    """It was named as one that tells records apart by itself."""
    values: tuple[str, ...]
    """Distinct values; the first is the blank one."""
    codes: np.ndarray
    """Of each row its place in `values`."""

    @property
    def is_blank(self) -> np.ndarray:
        """Return whether each row has nothing here."""
        return np.asarray(self.codes == 0)

    def row(self, at: int) -> str:
        """Return the value of a row."""
        return self.values[int(self.codes[at])]


def column(name: str, cells: Sequence[Any], *, kind: str | None = None, is_exact: bool = False) -> Column:
    """Return a column in compared form; `kind` is told from the values unless given."""
    written = [as_text(cell) for cell in cells]
    kind = kind or kind_of(written, is_exact=is_exact)
    form = _FORMS[kind]
    made: dict[str, str] = {"": ""}
    places: dict[str, int] = {"": 0}
    codes = np.zeros(len(written), dtype=np.int64)
    for at, text in enumerate(written):
        if text not in made:
            made[text] = form(text)
        codes[at] = places.setdefault(made[text], len(places))
    return Column(name, kind, is_exact, tuple(places), codes)


def as_text(cell: Any) -> str:
    """Return a cell as text: whole numbers without a decimal point, days as digits."""
    if cell is None:
        return ""
    if isinstance(cell, datetime | date):
        return cell.strftime("%Y%m%d")
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def name_kind(columns: Sequence[Sequence[Any]]) -> str:
    """Return whether the columns that hold names hold those of companies or of persons."""
    if len(columns) > 1:
        return PERSON
    written = [text for text in map(as_text, columns[0][:_SAMPLE]) if text]
    companies = sum(bool(_COMPANY.search(text)) or len(CJK.findall(text)) >= _LONG_CHINESE for text in written)
    return COMPANY if companies >= _COMPANY_SHARE * max(len(written), 1) else PERSON


def kind_of(written: Sequence[str], *, is_exact: bool) -> str:
    """Tell the kind of a column from its values."""
    filled = [text for text in written if text][:_SAMPLE]
    if not filled:
        return TEXT

    def mostly(holds: Any) -> bool:
        return sum(map(bool, map(holds, filled))) >= _MOSTLY * len(filled)

    if mostly(lambda text: "@" in text):
        return EMAIL
    if mostly(_is_day):
        return DAY
    if mostly(lambda text: text.lstrip().startswith(("+", "00")) or len(_DIGITS.findall(text)) > 1) and mostly(
        lambda text: sum(map(str.isdigit, text)) >= _LONG_CODE and not any(map(str.isalpha, text))
    ):
        return PHONE
    if mostly(_WEB.fullmatch) and not mostly(str.isdigit):
        return DOMAIN
    if mostly(lambda text: sum(map(str.isdigit, text)) * 2 > len(text)):
        is_telling = len(set(filled)) >= _DISTINCT * len(filled)
        is_long = mostly(lambda text: len(text) >= _LONG_CODE - 2)
        return NUMBER if is_exact or (is_telling and is_long) else CODE
    return NUMBER if is_exact else TEXT


def _is_day(text: str) -> bool:
    found = _day(text)
    return len(found) == 8 and found[0] != "?"  # noqa: PLR2004 - yyyymmdd


def _day(text: str) -> str:
    """Return a day as yyyymmdd, else its digits; day and month may have changed places."""
    digits = "".join(_DIGITS.findall(text))
    if text.isdigit():
        return digits if len(digits) == 8 and _is_plausible(digits) else f"?{digits}"  # noqa: PLR2004 - yyyymmdd
    if match := _DAY_PARTS.match(text):
        first, second, third = match.groups()
        if len(first) == 4:  # noqa: PLR2004 - a year
            return f"{first}{int(second):02d}{int(third):02d}"
        year = third if len(third) == 4 else f"{'19' if int(third) > 30 else '20'}{int(third):02d}"  # noqa: PLR2004
        return f"{year}{int(second):02d}{int(first):02d}"
    return f"?{digits}" if digits else ""


def _is_plausible(digits: str) -> bool:
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:])
    return 1850 <= year <= 2100 and 1 <= min(month, day) <= 12 and max(month, day) <= 31  # noqa: PLR2004


def _squeezed(text: str) -> str:
    return "".join(WORD.findall(folded(text)))


def _spaced(text: str) -> str:
    return " ".join(WORD.findall(folded(text)))


_FORMS: Final[dict[str, Callable[[str], str]]] = {
    PERSON: lambda text: normal.person_key(text) if " " in text else _squeezed(text),
    COMPANY: lambda text: text,
    NUMBER: _squeezed,
    DAY: lambda text: _day(text).removeprefix("?"),
    CODE: _squeezed,
    TEXT: _spaced,
    PHONE: lambda text: normal.phone_key(text) or _squeezed(text),
    EMAIL: lambda text: normal.email_key(text) or _squeezed(text),
    DOMAIN: lambda text: normal.domain_key(text) or _squeezed(text),
}


def frequencies(column: Column) -> np.ndarray:
    """Return of each distinct value how many rows have it."""
    counts = Counter(column.codes.tolist())
    return np.array([counts.get(at, 0) for at in range(len(column.values))], dtype=np.float64)
