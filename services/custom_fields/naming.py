"""Codes and choices of added fields: made of what they are called, never used twice."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select

from db import custom as columns
from db.models import CustomField
from db.types import N_
from services.kit import several
from services.kit.errors import Invalid, Message
from services.kit.fields import clean_text
from services.kit.unit_of_work import UnitOfWork
from services.kit.words import compared

MOST_OPTIONS: Final = 200
_LONGEST_LABEL: Final = 100
_LONGEST_MADE: Final = 36
_LANGUAGES: Final = ("en", "zh")


def _ascii(text: str) -> str:
    """Return a text in small letters, digits and underscores; Chinese by its sound."""
    from pypinyin import lazy_pinyin  # noqa: PLC0415 - its dictionary is read when a Chinese name needs it

    sounded = text if text.isascii() else "_".join(lazy_pinyin(text))
    plain = unicodedata.normalize("NFKD", sounded.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")


def code_of(text: str, taken: Iterable[str], otherwise: str) -> str:
    """Return a code made of a text that is not taken; of `otherwise` where the text makes none."""
    known = set(taken)
    made = _ascii(text)[:_LONGEST_MADE].strip("_")
    first = made if columns.CODE.fullmatch(made) else otherwise
    numbered = (f"{first}_{number}" for number in range(2, 10_000))
    return first if first not in known else next(one for one in numbered if one not in known)


def new_code(uow: UnitOfWork, key: str, wanted: str | None, label: str | None) -> str:
    """Return the code of a new field of an entity: the one wanted, else one made of its name. Raises Invalid."""
    taken = set(uow.session.execute(select(CustomField.code).where(CustomField.entity == key)).scalars())
    if not wanted:
        return code_of(label or "", taken, "field")
    if not columns.CODE.fullmatch(wanted):
        raise Invalid({"code": Message(N_("Small letters, digits and single underscores only, a letter first."))})
    if wanted in taken:
        raise Invalid({"code": Message(N_("This code is taken, perhaps by a retired field."))})
    return wanted


def options_of(given: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    """Return choices as they are kept: the given ones in their order, then those taken back. Raises Invalid."""
    known = {str(one["code"]): one for one in before}
    found: dict[str, dict[str, Any]] = {}
    for one in given:
        named = {language: clean_text(one.get(language) or "") or None for language in _LANGUAGES}
        label = named["en"] or named["zh"]
        if label is None:
            raise Invalid({"options": Message(N_("Every choice needs a name."))})
        if max(len(name or "") for name in named.values()) > _LONGEST_LABEL:
            raise Invalid({"options": Message(N_("A choice has at most {n} characters."), {"n": _LONGEST_LABEL})})
        code = str(one.get("code"))
        if code not in known:
            code = code_of(label, {*known, *found}, "choice")
        found[code] = {"code": code, **named, "is_active": bool(one.get("is_active", True))}
    found |= {code: {**one, "is_active": False} for code, one in known.items() if code not in found}
    if len(found) > MOST_OPTIONS:
        raise Invalid({"options": Message(N_("At most {n} choices."), {"n": MOST_OPTIONS})})
    _refuse_equal([one for one in found.values() if one["is_active"]])
    return list(found.values())


def falling_apart(options: Iterable[Mapping[str, Any]]) -> str | None:
    """Return the name of an offered choice that would be taken for several in a cell of a file."""
    names = (one[language] for one in options if one["is_active"] for language in _LANGUAGES)
    return next((name for name in names if name and several.has_separator(name)), None)


def _refuse_equal(options: Sequence[Mapping[str, Any]]) -> None:
    """Refuse two choices of one name: whoever reads a file or a list could not tell them apart."""
    seen: dict[str, str] = {}
    for one in options:
        for word in {compared(one[language]) for language in _LANGUAGES if one[language]}:
            if seen.setdefault(word, one["code"]) != one["code"]:
                named = {"name": one["en"] or one["zh"]}
                raise Invalid({"options": Message(N_("There are two choices “{name}”."), named)})
