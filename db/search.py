"""Search tokens: one inverted index on both databases, for Chinese and Latin alike.

Two Chinese characters are the usual search, and trigram indexes cannot serve them (measured: 160-1,350 ms by
LIKE at a million rows against 0.2-0.5 ms by bigrams). So each searchable row keeps a column of tokens made
here; SQLite indexes it with FTS5, PostgreSQL with GIN over the array of tokens.

Tokens of a run of CJK characters: every pair of neighbours, in simplified characters; and how it sounds without its
legal form: every three letters of its pinyin, every two and three of its initials, so that 华为技术 is found by
huawei, weijishu, hwjs and hw. Tokens of a Latin or digit word: every three neighbours, and the first two; of a
telephone number also those of its digits without what stands between them. A query makes its own tokens, and a row
matches if it has them all, those of the words or else those of the sounds.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

from db.characters import plain_syllables, simplified, syllables

VERSION: Final = 2
"""Raised whenever other tokens are made: those that are stored are then made anew (services/refreshing.py)."""

_HAN: Final = "㐀-鿿豈-﫿"
"""Up to the compatibility forms: Korean lies between."""
# A word of letters may touch a run of Chinese characters, as in "ABC科技": each is a run of its own.
_RUNS: Final = re.compile(rf"([{_HAN}]+|[\U00020000-\U0003ffff぀-ヿ]+)|([^\W_{_HAN}]+)")
_WORDS: Final = re.compile(r"[0-9a-z]+")
_NO_DIGITS: Final = {code: None for code in range(128) if not chr(code).isdigit()}
_NUMBER: Final = re.compile(r"\+?[\d\s().\-/]{5,40}")
_LETTERS: Final = re.compile(r"[a-z]+(?:[\s'’]+[a-z]+)*")
_SOUND: Final = "\ue000"
"""Stands before a token of a sound, so that the sounds of one name are not taken for the letters of another."""
_BEGUN: Final = "\ue001"
"""Stands before a token that begins with a syllable: who types hua means 华, not the end of chuan."""
_FORMS: Final = ("股份有限公司", "有限责任公司", "有限公司", "集团公司", "公司")
_SOUNDED: Final = 16
"""Characters of a run that are found by their sound: names are shorter, and prose is not looked for so."""
MAXIMUM_TOKENS: Final = 400
"""Tokens kept per row: names, codes, phones and mails stay far below; a pasted novel does not fill the index."""


def normal_form(value: str) -> str:
    """Return the text as it is compared: NFKC, case folded, simplified, control and format characters dropped."""
    if value.isascii() and value.isprintable():
        return value.lower()
    return simplified(normal_width(value))


def normal_width(value: str) -> str:
    """Return the text in NFKC, case folded, control and format characters dropped."""
    folded = unicodedata.normalize("NFKC", value).casefold()
    return folded if folded.isprintable() else "".join(c if unicodedata.category(c)[0] != "C" else " " for c in folded)


def _runs(normal: str) -> Iterable[tuple[bool, str]]:
    if normal.isascii():
        return [(False, word) for word in _WORDS.findall(normal)]
    return [(bool(cjk), cjk or word) for cjk, word in _RUNS.findall(normal)]


def tokens(*values: str | None) -> str:
    """Return the space-separated tokens of some texts, as stored in `search_tokens`."""
    found: list[str] = []
    for value in values:
        if not value:
            continue
        normal = normal_form(value)
        for is_cjk, run in _runs(normal):
            if is_cjk:
                found += _pairs(run)
                found += _sounds(run)
            else:
                found += _word(run)
        if (digits := _digits(normal)) and digits not in normal:
            found += _word(digits)
    return " ".join(list(dict.fromkeys(found))[:MAXIMUM_TOKENS])


def _cut(lengths: range, *also: slice, width: int) -> list[Callable[[str], Any]]:
    """Return, by length of a run, what cuts it into all its parts of a width at once: a million rows are a loop."""
    return [itemgetter(*(slice(at, at + width) for at in range(length - width + 1)), *also) for length in lengths]


_SHORT: Final = range(3, 80)
_CUT_TWOS: Final = _cut(_SHORT, width=2)
_CUT_WORD: Final = _cut(_SHORT, slice(0, 2), width=3)


def _pairs(run: str) -> Iterable[str]:
    """Return every pair of neighbours; a character alone is its own."""
    at = len(run) - _SHORT.start
    if at < 0:
        return (run,)
    return _CUT_TWOS[at](run) if at < len(_SHORT) else [run[i : i + 2] for i in range(len(run) - 1)]


def _word(run: str) -> Iterable[str]:
    """Return every three neighbours, and the first two."""
    at = len(run) - _SHORT.start
    if at < 0:
        return (run,)
    return _CUT_WORD[at](run) if at < len(_SHORT) else [*(run[i : i + 3] for i in range(len(run) - 2)), run[:2]]


def _digits(normal: str) -> str:
    """Return the digits of what looks like a telephone number, else nothing."""
    if not _NUMBER.fullmatch(normal):
        return ""
    digits = normal.translate(_NO_DIGITS) if normal.isascii() else "".join(one for one in normal if one.isdigit())
    return digits if len(digits) >= 4 else ""  # noqa: PLR2004 - four digits are what one remembers of a number


def _sounds(run: str) -> list[str]:
    for form in _FORMS:
        if len(run) > len(form) and run.endswith(form):
            run = run[: -len(form)]
            break
    if len(run) < 2:  # noqa: PLR2004 - one character sounds like hundreds of others
        return []
    run = run[:_SOUNDED]
    readings = syllables(run)
    found: list[str] = []
    if len(readings) == 1 and len(readings[0]) == len(run):
        # One syllable a character, whatever stands around it: kept by three characters, of which names are made.
        for at in range(len(run)):
            found += _said[run[at : at + 3]]
            if at:
                found += _led[run[max(at - 2, 0) : at + 1]]
        return found
    for said in readings:
        for at in range(len(said)):
            found += _windows(said[at], "".join(said[at + 1 : at + 3])[:2])
            if at:
                found += _initials(said[max(at - 2, 0) : at + 1])
    return found


class _Kept(dict[str, tuple[str, ...]]):
    """Tokens by the characters they follow from; forgotten all at once when there are too many."""

    def __init__(self, make: Callable[[tuple[str, ...]], tuple[str, ...]]) -> None:
        """Take what makes the tokens of some syllables."""
        super().__init__()
        self._make = make

    def __missing__(self, characters: str) -> tuple[str, ...]:
        if len(self) >= _MOST_KEPT:
            self.clear()
        self[characters] = made = self._make(plain_syllables(characters))
        return made


@lru_cache(maxsize=100_000)
def _windows(syllable: str, following: str) -> tuple[str, ...]:
    """Return the threes of letters that begin within a syllable; kept, since syllables are few and names many."""
    letters = syllable + following
    threes = (_SOUND + letters[i : i + 3] for i in range(min(len(syllable), len(letters) - 2)))
    return (_BEGUN + letters[:3], *threes)


def _initials(said: tuple[str, ...]) -> tuple[str, ...]:
    """Return what the initials of two or three syllables are found by: of the last two, and of all three."""
    letters = "".join(syllable[0] for syllable in said)
    two = (_BEGUN + letters[-2:],)
    return two if len(said) == 2 else (*two, _BEGUN + letters, _SOUND + letters)  # noqa: PLR2004 - two or three


_MOST_KEPT: Final = 50_000
# Two letters more, of two syllables where the next one is a single letter.
_said: Final = _Kept(lambda said: _windows(said[0], "".join(said[1:])[:2]))
_led: Final = _Kept(_initials)


@lru_cache(maxsize=1_000)
def query_alternatives(query: str) -> tuple[tuple[str, ...], ...]:
    """Return sets of tokens, of one of which a row must have all to match; empty if the query is too short.

    The first is what was typed; the second, for Latin letters alone, what it may be the sound of; for a telephone
    number with the prefix of a country, its digits without.
    """
    normal = normal_form(query).strip()
    if digits := _digits(normal):
        bare = re.sub(r"^(?:0086|86)(?=1\d{10}$)", "", digits)
        return tuple(dict.fromkeys((_asked(bare), _asked(digits))))
    found = _literal(normal)
    others: list[tuple[str, ...]] = [tuple(found)] if found else []
    if _LETTERS.fullmatch(normal):
        letters = "".join(one for one in normal if one.isalpha())
        if len(letters) >= 2:  # noqa: PLR2004 - one letter begins too many
            first, *following = (letters[i : i + 3] for i in range(max(len(letters) - 2, 1)))
            others.append(tuple(dict.fromkeys([_BEGUN + first, *(_SOUND + three for three in following)])))
    return tuple(others)


def _literal(normal: str) -> dict[str, None]:
    found: dict[str, None] = {}
    for is_cjk, run in _runs(normal):
        if is_cjk:
            found.update(dict.fromkeys(run[i : i + 2] for i in range(len(run) - 1)))
        else:
            found.update(dict.fromkeys(_asked(run)))
    return found


def _asked(run: str) -> tuple[str, ...]:
    if len(run) == 2:  # noqa: PLR2004 - two letters search the beginnings of words
        return (run,)
    return tuple(dict.fromkeys(run[i : i + 3] for i in range(len(run) - 2)))


def query_tokens(query: str) -> list[str]:
    """Return the tokens of what was typed, taken literally; empty if the query is too short to search for."""
    found = query_alternatives(query)
    return list(found[0]) if found else []


def sqlite_match(query: str) -> str:
    """Return the condition of an FTS5 MATCH for a query."""
    sets = (" AND ".join(f'"{token}"' for token in one) for one in query_alternatives(query))
    return " OR ".join(f"({one})" for one in sets)


def sqlite_search_ddl(table: str) -> list[str]:
    """Return the statements that index `table.search_tokens` by FTS5, kept true by triggers."""
    index = f"{table}_search"
    insert = f"INSERT INTO {index}(rowid, search_tokens) VALUES (new.id, new.search_tokens);"
    remove = f"INSERT INTO {index}({index}, rowid, search_tokens) VALUES ('delete', old.id, old.search_tokens);"
    return [
        (
            f"CREATE VIRTUAL TABLE {index} USING fts5(search_tokens, content='{table}', content_rowid='id', "
            "detail=none, tokenize=\"unicode61 remove_diacritics 0 categories 'L* N* Co M*'\")"
        ),
        f"CREATE TRIGGER {index}_insert AFTER INSERT ON {table} BEGIN {insert} END",
        f"CREATE TRIGGER {index}_delete AFTER DELETE ON {table} BEGIN {remove} END",
        f"CREATE TRIGGER {index}_update AFTER UPDATE OF search_tokens ON {table} BEGIN {remove} {insert} END",
    ]


POSTGRESQL_TOKENS: Final = "sandtable_tokens"
"""Function that splits `search_tokens`. What `string_to_array` costs is told to the planner as next to nothing, so
it walked the table row by row for words that few rows have (250 ms at a million rows, against 4 by the index)."""


PIECE: Final = 10
STRETCH: Final = 14
"""Bits of a key: the rows of 1,024 keys are a piece of the table, those of 16,384 a stretch."""


def lies_in(key: str) -> str:
    """Return the array of the piece and the stretch in which the row of a key lies; these count downwards from -1.

    In the index it tells rows with common words apart by their age: what is searched is shown the newest first.
    """
    return f"ARRAY[{key} >> {PIECE}, -1 - ({key} >> {STRETCH})]"


def postgresql_search_ddl(table: str) -> list[str]:
    """Return the statements that index the array of tokens by GIN, in the order of bytes, and where the row lies."""
    tokens = f'({POSTGRESQL_TOKENS}(search_tokens)) COLLATE "C"'
    return [
        (
            f"CREATE OR REPLACE FUNCTION {POSTGRESQL_TOKENS}(text) RETURNS text[] LANGUAGE plpgsql "
            "IMMUTABLE STRICT PARALLEL SAFE COST 10000 AS $$ BEGIN RETURN string_to_array($1, ' '); END $$"
        ),
        f"CREATE INDEX ix_{table}_search ON {table} USING gin ({tokens}, ({lies_in('id')}))",
    ]
