"""Whether two company names are one company's: surely, perhaps, or not.

A name is place, trade name (字号), industry and legal form. Equal but for the legal form is the same. Everything
weaker is a question for a person: 双利煤矿 and 双柳煤矿 differ by a stroke and are two mines.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from rapidfuzz import fuzz

from db import company_words as vocabulary
from db import places
from db.characters import CJK, sound
from db.company_names import CompanyName, canonical, company_parts, trade_name
from services.duplicates.verdict import NONE, PERHAPS, SAME, Verdict

_RANKS: Final = re.compile(r"自治[州县]|[省市县区镇乡旗]|地区")
_DIGITS: Final = re.compile(r"\d+")
_ORDINALS: Final = re.compile(
    r"[一二三四五六七八九十百零〇两壹贰叁肆伍陆柒捌玖拾]+(?=[号厂局院所期建公分店中小支]|$)|(?<=第)[一二三四五六七八九十]+"
)
_SHORTEST: Final = 2
_SUBSEQUENCE: Final = 3
_ALIKE: Final = 75
_NEARLY_ALIKE: Final = 87
_TRADE_ALIKE: Final = 60
_SHORT_TRADE: Final = 4
_NAMED_BY_PLACE: Final = ("银行", "商业银行", "农村商业银行", "信托", "国际信托", "农村信用", "证券", "保险", "担保")
_BRANCH: Final = re.compile("|".join(vocabulary.BRANCHES))


class _Looks(NamedTuple):
    """What is compared of a name."""

    whole: str
    """Short names written out, without ranks of places, 中国 and 集团."""
    trade: str
    industry: str
    sound: str
    numbers: tuple[str, ...]
    within: frozenset[str]
    """Places inside the name: those of its branch."""
    is_chinese: bool


def judge(one: str, other: str) -> Verdict:
    """Judge two company names as people write them."""
    return judge_parts(company_parts(one), company_parts(other))


def judge_parts(one: CompanyName, other: CompanyName) -> Verdict:
    """Judge two names taken apart."""
    if one.key == other.key:
        return Verdict(SAME, 100, ("name",))
    return _differing(one, other)


def _differing(one: CompanyName, other: CompanyName) -> Verdict:
    a, b = _looks(one), _looks(other)
    if _contradict(a, b):
        return Verdict(NONE, 0, ())
    apart = bool(one.places and other.places and not set(one.places) & set(other.places))
    if a.whole == b.whole:
        return Verdict(PERHAPS, 70 if apart else 90, ("other_place",) if apart else ("name_but_place_or_group",))
    if a.is_chinese != b.is_chinese:
        return Verdict(NONE, 0, ())
    alike = _alike(a, b, one, other)
    if not alike:
        return Verdict(NONE, 0, ())
    reasons = (*alike[1], *(("other_place",) if apart else ()))
    return Verdict(PERHAPS, max(min(alike[0], 89) - 20 * apart, 1), reasons)


def _alike(a: _Looks, b: _Looks, one: CompanyName, other: CompanyName) -> tuple[int, tuple[str, ...]] | None:
    """Return how alike two names are and why, or None if they are not."""
    if not a.is_chinese:
        return _alike_latin(one, other)
    ratio = round(fuzz.ratio(a.whole, b.whole))
    if a.trade == b.trade and len(a.trade) >= _SHORTEST:
        return max(ratio, 60), ("trade_name",)
    short, long = sorted((a.whole, b.whole), key=len)
    if len(short) >= _SUBSEQUENCE and short in long and len(long) - len(short) <= len(short) + 2:
        return max(ratio, 60), ("shorter",)
    if (
        len(short) >= _SUBSEQUENCE
        and short[0] == long[0]
        and _is_within(short, long)
        and (
            len(short) <= 4 or ratio >= _ALIKE  # noqa: PLR2004 - a short name is made of single characters
        )
    ):
        return max(ratio, 55), ("shorter",)
    if a.sound == b.sound:
        return max(ratio, 75), ("sound",)
    trade = fuzz.ratio(a.trade, b.trade)
    if ratio >= _ALIKE and trade >= _TRADE_ALIKE and not _is_another_character(a.trade, b.trade):
        return ratio, ("similar_name",)
    return None


def _contradict(a: _Looks, b: _Looks) -> bool:
    """Say whether numbers or the places of branches set two names apart, whatever else they share."""
    if a.numbers and b.numbers and a.numbers != b.numbers:
        return True
    return bool(a.within and b.within and a.within.isdisjoint(b.within))


def _is_another_character(one: str, other: str) -> bool:
    """Say whether short trade names differ by one character that sounds otherwise: 双利 and 双柳 are two companies."""
    if len(one) != len(other) or len(one) > _SHORT_TRADE:
        return False
    return sum(x != y for x, y in zip(one, other, strict=True)) == 1


def _alike_latin(one: CompanyName, other: CompanyName) -> tuple[int, tuple[str, ...]] | None:
    first, second = " ".join(one.words), " ".join(other.words)
    ratio = fuzz.token_sort_ratio(first, second)
    joined = fuzz.ratio(one.rest, other.rest)
    if max(ratio, joined) >= _NEARLY_ALIKE:
        return round(max(ratio, joined)), ("similar_name",)
    telling = [frozenset(name.words) - vocabulary.LATIN_INDUSTRIES for name in (one, other)]
    if telling[0] and telling[0] == telling[1]:
        return 70, ("trade_name",)
    return None


def _is_within(short: str, long: str) -> bool:
    """Say whether the characters of one name stand in the other, in their order: 中石油 in 中国石油天然气."""
    rest = iter(long)
    return all(one in rest for one in short)


@lru_cache(maxsize=20_000)
def _looks(name: CompanyName) -> _Looks:
    rest = canonical(name.rest)
    if not CJK.search(rest):
        numbers = tuple(_DIGITS.findall(rest))
        return _Looks(rest, rest, "", rest, numbers, frozenset(), is_chinese=False)
    whole = _RANKS.sub("", rest) or rest
    if whole.startswith("中国") and len(whole) > 4:  # noqa: PLR2004 - something must be left
        whole = whole[2:]
    if name.places and whole.startswith(_NAMED_BY_PLACE):
        whole = name.places[0] + whole  # the place is the trade name: 兰州银行
    trade = trade_name(whole)
    numbers = (*_DIGITS.findall(whole), *_ORDINALS.findall(whole))
    within = frozenset(places.within(whole[2:])) if _BRANCH.search(whole) else frozenset()
    return _Looks(whole, trade, whole[len(trade) :], sound(whole), numbers, within, is_chinese=True)
