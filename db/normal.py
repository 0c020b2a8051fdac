"""Normal forms: what names, phones, mail addresses and tax numbers are compared by, stored and indexed beside them.

Each function takes what people write and returns the one form of all its spellings, or None where nothing is left
to compare. They are pure (the default region aside) and quick, since an import asks for them a million times; the
`*_many` variants ask once per distinct value. `VERSION` is raised whenever a form changes: the stored ones are then
made anew (services/maintenance.py).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Final

from db import company_words as vocabulary
from db.characters import CJK, WORD, folded
from db.company_names import LENGTH, company_block, company_forms, company_key, company_parts

__all__ = [
    "company_block",
    "company_forms",
    "company_key",
    "company_parts",
    "domain_key",
    "email_forms",
    "email_key",
    "many",
    "person_key",
    "phone_key",
    "tax_key",
    "use_region",
    "version",
]

VERSION: Final = 1
_region: str = "CN"


def use_region(region: str) -> None:
    """Set the country (ISO, two letters) whose telephone numbers are written without its prefix."""
    global _region  # noqa: PLW0603 - one company a process; said once, when the database is opened
    _region = region


def version() -> str:
    """Return what the stored forms depend on: this code and the region."""
    return f"{VERSION}:{_region}"


# --- persons ------------------------------------------------------------------------------------------------

_TITLES: Final = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "miss",
        "dr",
        "prof",
        "professor",
        "sir",
        "herr",
        "frau",
        "dipl",
        "ing",
        "jr",
        "sr",
        "phd",
        "mba",
    ]
)
_CHINESE_TITLES: Final = re.compile(r"(?<=[^\W_]{2})(?:先生|女士|小姐|老师|博士|教授)$")


def person_key(name: str) -> str:
    """Return what a person's name is compared by: without titles, Latin words in alphabetical order.

    So it does not matter whether the family name stands first: Li Wei, WEI LI and "Li, Wei" are one. Never empty.
    """
    text = folded(name)
    if CJK.search(text):
        bare = "".join(WORD.findall(text))
        return (_CHINESE_TITLES.sub("", bare) or text)[:LENGTH]
    found = WORD.findall(text)
    kept = sorted(word for word in found if word not in _TITLES) or found
    return (" ".join(kept) or "".join(text.split()) or name)[:LENGTH]


# --- telephone ----------------------------------------------------------------------------------------------

_PHONE_NOISE: Final = re.compile(r"[\s\-–—.()·_]+")
_CHINESE_MOBILE: Final = re.compile(r"(?:(?:\+86|0086)0?(1\d{10})|86(1[3-9]\d{9})|(1[3-9]\d{9}))")
_CHINESE_LANDLINE: Final = re.compile(r"(?:(?:\+86|0086)0?|0)((?:10|2\d)\d{8}|[3-9]\d{2}\d{7,8})")
_SEVERAL: Final = re.compile(r"[/;,、，；\n|]|转|或|ext|分机", re.IGNORECASE)
_LEAST_DIGITS: Final = 5
_MOST_DIGITS: Final = 20


def phone_key(text: str | None) -> str | None:
    """Return a telephone number as E.164, else its bare digits; the first one of several. None for no number."""
    if not text:
        return None
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    bare = _PHONE_NOISE.sub("", text)
    if _region == "CN" and (match := _CHINESE_MOBILE.fullmatch(bare) or _CHINESE_LANDLINE.fullmatch(bare)):
        return f"+86{match.group(match.lastindex or 1)}"
    return _any_phone(_SEVERAL.split(text.strip(" /;,"), maxsplit=1)[0])


@lru_cache(maxsize=50_000)
def _any_phone(text: str) -> str | None:
    import phonenumbers  # noqa: PLC0415 - large, and seldom needed where numbers are Chinese

    digits = "".join(one for one in text if one.isdigit() and one.isascii())[:_MOST_DIGITS]
    if len(digits) < _LEAST_DIGITS or not digits.strip("0"):
        return None
    try:
        number = phonenumbers.parse(text, _region)
    except phonenumbers.NumberParseException:
        return digits if digits == text else phone_key(digits)
    number.extension = None
    if not phonenumbers.is_possible_number(number):
        return digits if digits == text else phone_key(digits)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


# --- mail, web, tax -----------------------------------------------------------------------------------------

_ADDRESS: Final = re.compile(r"([^\s<>@,;:\"()]+)@([^\s<>@,;:\"()]+\.[^\s<>@,;:\"()]+)")
_HOST: Final = re.compile(r"(?:[a-z][a-z0-9+.-]*://)?(?:[^/@\s]*@)?([^/:?#\s]+)")
_DOMAIN: Final = re.compile(r"[^\W_][\w-]*(?:\.[^\W_][\w-]*)+")
_ADDRESS_BY_NUMBER: Final = re.compile(r"[\d.]+")


def email_key(text: str | None) -> str | None:
    """Return a mail address as it is compared: lower case, one width, without name and tag. None for no address."""
    if not text:
        return None
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    match = _ADDRESS.search(text.casefold())
    if match is None:
        return None
    local, domain = match.group(1).strip("."), match.group(2).strip(".")
    if domain == "googlemail.com":
        domain = "gmail.com"
    local = local.partition("+")[0] or local
    if domain == "gmail.com":
        local = local.replace(".", "") or local
    return f"{local}@{domain}"[:254]


def email_forms(text: str) -> tuple[str | None, str | None]:
    """Return a mail address as it is compared, and its company's domain."""
    found = email_key(text)
    return found, domain_key(found)


def domain_key(text: str | None) -> str | None:
    """Return the company's domain in a web or mail address: huawei.com of https://www.huawei.com/cn/ .

    None where it tells no company: mail services for everybody, market places, bare numbers.
    """
    if not text:
        return None
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    match = _HOST.match(text.strip().casefold())
    if match is None:
        return None
    labels = [label for label in match.group(1).strip(".").split(".") if label]
    if len(labels) < 2 or _ADDRESS_BY_NUMBER.fullmatch(match.group(1)):  # noqa: PLR2004 - a name and its top
        return None
    whole = ".".join(labels)
    is_second = len(labels[-1]) == 2 and labels[-2] in vocabulary.SECOND_LEVELS  # noqa: PLR2004 - a country's letters
    found = ".".join(labels[-3 if is_second else -2 :])
    if not _DOMAIN.fullmatch(found):
        return None
    nobodys = vocabulary.FREE_MAIL | vocabulary.SHARED_HOSTS
    if whole in nobodys or found in nobodys or (is_second and len(labels) == 2):  # noqa: PLR2004
        return None
    return found[:254]


_TAX_NOISE: Final = re.compile(r"[^0-9A-Z]+")


def tax_key(text: str | None) -> str | None:
    """Return a tax number's letters and digits, capital and of one width. None where it says nothing (无, N/A, 000)."""
    if not text:
        return None
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    bare = _TAX_NOISE.sub("", text.upper())
    return bare[:40] if len(bare) >= _LEAST_DIGITS and len(set(bare)) > 1 and any(map(str.isdigit, bare)) else None


def many(form: Callable[[Any], Any], values: Iterable[Any]) -> list[Any]:
    """Return the forms of many values, each distinct one made once."""
    made: dict[Any, Any] = {}
    found = []
    for value in values:
        if value not in made:
            made[value] = form(value) if value is not None else None
        found.append(made[value])
    return found
