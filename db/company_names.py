"""Company names taken apart: trade name and industry, places, 集团; the legal form is dropped."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from db import company_words as vocabulary
from db import places
from db.characters import CJK, WORD, folded, sound

MARK: Final = "|"
"""Stands in a company's key before each place and before 集团: 华为技术|深圳."""
LENGTH: Final = 200


class CompanyName(NamedTuple):
    """A company's name taken apart, all in compared form."""

    words: tuple[str, ...]
    """Trade name, industry and branch: all but legal form, leading places and 集团; Latin ones word by word."""
    places: tuple[str, ...]
    is_group: bool

    @property
    def rest(self) -> str:
        """Return the words as one."""
        return "".join(self.words)

    @property
    def key(self) -> str:
        """Return the key: the rest first, so that in an index like names are neighbours whatever their places."""
        tail = MARK.join(("", *self.places, vocabulary.GROUP) if self.is_group else ("", *self.places))
        return self.rest[: LENGTH - len(tail)] + tail

    @property
    def block(self) -> str:
        """Return what names that might be the same share: the sound of the trade name's beginning."""
        return _block(self)


_DOTTED: Final = re.compile(r"\b(?:[a-z]\.){2,}")
_FORMS: Final = re.compile("|".join(vocabulary.CHINESE_FORMS))
_ENDINGS: Final = re.compile(f"(?:{'|'.join(vocabulary.ENDINGS)})+$")
_AGAIN: Final = re.compile(f"公司|{vocabulary.GROUP}|市|{_ENDINGS.pattern}")
_BRACKETS: Final = re.compile(r"[(\[【〔《〈「{]([^)\]】〕》〉」}]*)[)\]】〕》〉」}]")
_ABROAD: Final = {"中国": "中国", "china": "中国", "hk": "香港", "hongkong": "香港", "hong kong": "香港"}
_BETWEEN: Final = (" ", "-", "·", ",")
_NO_PLACE_BEFORE: Final = ("路", "街", "道", "区", "县")
"""南京路 is no place to be in."""


def company_parts(name: str) -> CompanyName:
    """Take a company's name apart. A name of nothing but legal form, place and 集团 keeps what it has."""
    text = folded(name)
    found: list[str] = []
    head: list[str] = []
    is_key = is_group = False
    if MARK in text:
        text, found, is_group, is_key = _from_key(text)
    if not is_key:
        if not text.isalnum():
            text = _BRACKETS.sub(lambda match: _bracketed(match.group(1), found), text).strip()
        head, text = _leading_places(text)
    kept, was_group = _without_forms(text)
    if not kept:
        kept, head = head or WORD.findall(text) or [name], []
    return CompanyName(tuple(kept), tuple(dict.fromkeys(head + found)), is_group or was_group)


def company_key(name: str) -> str:
    """Return what a company's name is compared by; equal keys are one company as far as a name can tell.

    Width, case, script, legal form, brackets, spaces and where the place stands make no difference:
    深圳市华为技术有限公司 and 華為技術（深圳）have the key 华为技术|深圳. The place and 集团 belong to it.
    Never empty.
    """
    return company_parts(name).key


def company_block(name: str) -> str:
    """Return the block of a company's name: what is looked through for names that might be the same."""
    return company_parts(name).block


def company_forms(name: str) -> tuple[str, str]:
    """Return key and block of a company's name at once."""
    parts = company_parts(name)
    return parts.key, parts.block


def _from_key(text: str) -> tuple[str, list[str], bool, bool]:
    """Return rest, places, group and True of what is a key already; elsewhere the mark is mere punctuation."""
    rest, *tail = text.split(MARK)
    is_group = tail[-1] == vocabulary.GROUP
    found = tail[:-1] if is_group else tail
    if rest and all(place in places.KNOWN or place == "中国" for place in found):
        return rest, found, is_group, True
    return text.replace(MARK, " "), [], False, False


def _bracketed(inside: str, found: list[str]) -> str:
    """Return what stays of a bracket; a place in it is put among the places."""
    inside = inside.strip()
    place = _ABROAD.get(inside)
    if place is None:
        several, left = _leading_places(inside)
        place = several[-1] if several and not left else None
    if place:
        found.append(place)
        return " "
    return f" {inside} "


def _leading_places(text: str) -> tuple[list[str], str]:
    """Return the places a name begins with, without their ranks, and what follows. A city stands for its province."""
    found: list[str] = []
    while text:
        for place in places.BY_FIRST.get(text[0], ()):
            if text.startswith(place):
                break
        else:
            break
        if found and places.PROVINCE_OF.get(place) != found[0]:
            break
        after = text[len(place) :]
        if after.startswith(_NO_PLACE_BEFORE):
            break
        if after.startswith(places.RANKS):
            after = after[next(len(rank) for rank in places.RANKS if after.startswith(rank)) :]
        if after.startswith(_BETWEEN):
            after = after.lstrip("".join(_BETWEEN))
        found, text = [place], after
    return found, text


def _without_forms(text: str) -> tuple[list[str], bool]:
    """Return the words of a name without legal forms, 集团 and punctuation, and whether it called itself a group."""
    is_group = False
    is_chinese = not text.isascii() and CJK.search(text) is not None
    if is_chinese:
        text = _without_company(text)
        if vocabulary.GROUP in text and WORD.search(bare := text.replace(vocabulary.GROUP, " ")):
            text, is_group = bare, True
        if "市" in text:
            text = _without_ranks(text)
    elif "." in text:
        text = _DOTTED.sub(lambda match: match.group().replace(".", ""), text)
    kept = [text] if text.isalnum() else WORD.findall(text)
    while len(kept) > 1 and (kept[-1] in vocabulary.LATIN_FORMS or kept[-1] in vocabulary.LATIN_GROUPS):
        is_group = is_group or kept[-1] in vocabulary.LATIN_GROUPS
        kept.pop()
    if kept and kept[-1].endswith(vocabulary.ENDINGS):
        bare = _ENDINGS.sub("", kept[-1])
        kept = [*kept[:-1], bare] if bare else kept[:-1] or kept
    if is_chinese and len(kept) > 1:
        whole = "".join(kept)
        if _AGAIN.search(whole):
            again, was_group = _without_forms(whole)
            return again or [whole], is_group or was_group
        return [whole], is_group
    return kept, is_group


def _without_company(text: str) -> str:
    """Drop the legal form, wherever it stands."""
    if text.endswith(vocabulary.CHINESE_FORMS):
        text = text[: -next(len(form) for form in vocabulary.CHINESE_FORMS if text.endswith(form))]
    return _FORMS.sub(" ", text) if "公司" in text else text


def _without_ranks(text: str) -> str:
    """Drop 市 behind the name of a city: 长沙市东塘 is 长沙东塘."""
    start = 0
    while (at := text.find("市", start)) >= 0:
        if any(text[max(at - size, 0) : at] in places.KNOWN for size in (2, 3, 4)) and text[at - 2 : at] != "吉林":
            text = text[:at] + text[at + 1 :]
        else:
            start = at + 1
    return text


_COUNTIES: Final = frozenset("县市旗区")
_COUNTY: Final = re.compile(r"^[^\W_]{2,3}?[县市旗区](?=[^\W_]{2})")


def trade_name(rest: str) -> str:
    """Return the part of a Chinese name that tells it from others: without county and industry."""
    left = _COUNTY.sub("", rest, count=1) if not _COUNTIES.isdisjoint(rest[2:4]) else rest
    if left.startswith("中国") and len(left) > 3:  # noqa: PLR2004 - something must be left
        left = left[2:]
    whole = left
    while len(left) > 1:
        for word in vocabulary.BY_LAST.get(left[-1], ()):
            if left.endswith(word) and len(word) < len(left):
                left = left[: -len(word)]
                break
        else:
            break
    return left if len(left) > 1 else whole


_SHORT: Final = tuple(vocabulary.SHORT_NAMES)


def canonical(rest: str) -> str:
    """Return a name with the short name it begins with written out: 农行 -> 中国农业银行."""
    if rest.startswith(_SHORT):
        for size in (5, 4, 3, 2):
            if (full := vocabulary.SHORT_NAMES.get(rest[:size])) and not rest.startswith(full):
                return full + rest[size:]
    return rest


def _block(name: CompanyName) -> str:
    rest = name.rest
    if not CJK.search(rest):
        telling = [word for word in name.words if word not in vocabulary.LATIN_INDUSTRIES] or [*name.words]
        return skeleton(telling[0])
    return sound(trade_name(canonical(rest))[:2])[:20]


_VOWELS: Final = frozenset("aeiouyhw")


def skeleton(word: str) -> str:
    """Return what is left of a Latin word that is written by ear: its first letter and four consonants."""
    found = word[:1]
    for one in word[1:]:
        if one not in _VOWELS and one != found[-1]:
            found += one
    return found[:5]
