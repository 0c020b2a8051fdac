"""Characters in one form: width, case, script and accents, and how Chinese ones sound."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_LATIN_MARKS: Final = re.compile(r"[\u00c0-\u024f\u1e00-\u1eff]")
WORD: Final = re.compile(r"[^\W_]+")
CJK: Final = re.compile(r"[㐀-鿿豈-﫿\U00020000-\U0003ffff]")
_DROPPED: Final = dict.fromkeys(
    map(chr, [*range(32), 0x7F, 0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), 0xFEFF]), " "
)


@lru_cache(maxsize=1)
def _simple() -> dict[str, str]:
    """Return traditional character -> simplified, by OpenCC, character by character.

    By characters and not by phrases, so that a part of a name has the same form as the same part of another.
    """
    from opencc import OpenCC  # noqa: PLC0415 - its tables are read when the first name comes

    every = [chr(code) for code in (*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000))]
    table: dict[str, str] = {}
    for dialect in ("hk2s", "tw2s", "t2s"):
        made = OpenCC(dialect).convert("\n".join(every)).split("\n")
        table |= {one: other for one, other in zip(every, made, strict=True) if one != other and len(other) == 1}
    # Two steps become one, so that a form of a form is the form itself.
    final = {one: table.get(other, other) for one, other in table.items()}
    return {one: other for one, other in final.items() if one != other and other not in final}


def folded(text: str) -> str:
    """Return text in one width, case and script: NFKC, case folded, simplified characters, no accents on Latin."""
    if text.isascii():
        return text.casefold()
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    if not _DROPPED.keys().isdisjoint(text):
        text = "".join(_DROPPED.get(one, one) for one in text)
    if _LATIN_MARKS.search(text):
        bare = (unicodedata.normalize("NFKD", one)[0] if _LATIN_MARKS.match(one) else one for one in text)
        text = "".join(bare)
    return simplified(text)


def simplified(text: str) -> str:
    """Return text with each traditional character as its simplified one."""
    table = _simple()
    return text if table.keys().isdisjoint(text) else "".join(table.get(one, one) for one in text)


class _Sounds(dict[str, str]):
    """Character -> syllable without tone, read from the dictionary when a character comes for the first time."""

    def __missing__(self, character: str) -> str:
        from pypinyin.pinyin_dict import pinyin_dict  # noqa: PLC0415 - large; read when the first Chinese name comes

        reading = pinyin_dict.get(ord(character), character).partition(",")[0].replace("ü", "v")
        bare = "".join(one for one in unicodedata.normalize("NFKD", reading) if one.isalnum())
        self[character] = bare or character
        return self[character]


_sounds: Final = _Sounds()


def sound(text: str) -> str:
    """Return how Chinese characters sound, in toneless pinyin without spaces; others stay as they are."""
    return "".join(_sounds[one] for one in text)


_MANY_VOICED: Final = frozenset("行重长乐厦都朝藏单调曾仇查六宿解")
"""Characters that often sound otherwise than their first reading: for these the words around them decide."""
_FAMILY_NAMES: Final = {
    "单": "shan",
    "曾": "zeng",
    "仇": "qiu",
    "解": "xie",
    "查": "zha",
    "区": "ou",
    "盖": "ge",
    "乐": "yue",
}
_NAME_LENGTH: Final = 4


def plain_syllables(text: str) -> tuple[str, ...]:
    """Return the usual syllable of each Chinese character, whatever stands around it."""
    return tuple(said for one in text if (said := _sounds[one]).isascii())


def syllables(text: str) -> tuple[tuple[str, ...], ...]:
    """Return the readings of a run of Chinese characters, each a syllable a character; mostly there is one.

    A second one stands for what may be a family name (曾 is zeng, not ceng) or for the plain reading of every
    character, where the dictionary of words reads one otherwise (重庆 chongqing). Others than Chinese are left out.
    """
    plain = plain_syllables(text)
    if _MANY_VOICED.isdisjoint(text) and text[:1] not in _FAMILY_NAMES:
        return (plain,)
    found = [_in_words(text), plain]
    if len(text) <= _NAME_LENGTH and text[0] in _FAMILY_NAMES:
        found.append((_FAMILY_NAMES[text[0]], *plain[1:]))
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=10_000)
def _in_words(text: str) -> tuple[str, ...]:
    from pypinyin.seg.simpleseg import seg  # noqa: PLC0415 - large; read when a character of several sounds comes

    return tuple(said for word in seg(text) for said in _word(word))


@lru_cache(maxsize=20_000)
def _word(word: str) -> tuple[str, ...]:
    """Return the syllables of a word of the dictionary; kept, since names share their words."""
    from pypinyin import lazy_pinyin  # noqa: PLC0415

    return tuple(bare for one in lazy_pinyin(word, errors="ignore") if (bare := one.replace("ü", "v")))
