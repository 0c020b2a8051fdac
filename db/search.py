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
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from db.characters import simplified, syllables

VERSION: Final = 2
"""Raised whenever other tokens are made: those that are stored are then made anew (services/refreshing.py)."""

_CJK: Final = "㐀-鿿豈-﫿\U00020000-\U0003ffff぀-ヿ가-힯"
_RUNS: Final = re.compile(rf"(?P<cjk>[{_CJK}]+)|(?P<word>[^\W_]+)")
_BESIDE: Final = re.compile(r"([㐀-鿿豈-﫿]+)")
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
    # A word of letters may touch a run of Chinese characters, as in "ABC科技": split it there.
    for match in _RUNS.finditer(normal if normal.isascii() else _BESIDE.sub(r" \1 ", normal)):
        yield match.lastgroup == "cjk", match.group()


def tokens(*values: str | None) -> str:
    """Return the space-separated tokens of some texts, as stored in `search_tokens`."""
    found: dict[str, None] = {}
    for value in values:
        if not value:
            continue
        normal = normal_form(value)
        for is_cjk, run in _runs(normal):
            if is_cjk:
                found.update(dict.fromkeys(run[i : i + 2] for i in range(max(len(run) - 1, 1))))
                found.update(dict.fromkeys(_sounds(run)))
            else:
                found.update(_word(run))
        if (digits := _digits(normal)) and digits not in normal:
            found.update(_word(digits))
    return " ".join(list(found)[:MAXIMUM_TOKENS])


def _word(run: str) -> dict[str, None]:
    found = dict.fromkeys(run[i : i + 3] for i in range(len(run) - 2))
    found[run[:2]] = None
    return found


def _digits(normal: str) -> str:
    """Return the digits of what looks like a telephone number, else nothing."""
    if not _NUMBER.fullmatch(normal):
        return ""
    digits = "".join(one for one in normal if one.isdigit())
    return digits if len(digits) >= 4 else ""  # noqa: PLR2004 - four digits are what one remembers of a number


def _sounds(run: str) -> list[str]:
    for form in _FORMS:
        if len(run) > len(form) and run.endswith(form):
            run = run[: -len(form)]
            break
    if len(run) < 2:  # noqa: PLR2004 - one character sounds like hundreds of others
        return []
    found: list[str] = []
    for said in syllables(run[:_SOUNDED]):
        before = two_before = ""
        for at, syllable in enumerate(said):
            # Two letters more, of two syllables where the next one is a single letter.
            found += _windows(syllable, "".join(said[at + 1 : at + 3])[:2])
            initial = syllable[0]
            if before:
                found.append(_begun(before + initial))
            if two_before:
                found += _initials(two_before + before + initial)
            two_before, before = before, initial
    return found


@lru_cache(maxsize=100_000)
def _windows(syllable: str, following: str) -> tuple[str, ...]:
    """Return the threes of letters that begin within a syllable; kept, since syllables are few and names many."""
    letters = syllable + following
    threes = (_SOUND + letters[i : i + 3] for i in range(min(len(syllable), len(letters) - 2)))
    return (_BEGUN + letters[:3], *threes)


@lru_cache(maxsize=100_000)
def _initials(three: str) -> tuple[str, ...]:
    return _BEGUN + three, _SOUND + three


@lru_cache(maxsize=10_000)
def _begun(two: str) -> str:
    return _BEGUN + two


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


def postgresql_search_ddl(table: str) -> list[str]:
    """Return the statements that index the array of tokens by GIN."""
    return [
        (
            f"CREATE OR REPLACE FUNCTION {POSTGRESQL_TOKENS}(text) RETURNS text[] LANGUAGE plpgsql "
            "IMMUTABLE STRICT PARALLEL SAFE COST 10000 AS $$ BEGIN RETURN string_to_array($1, ' '); END $$"
        ),
        f"CREATE INDEX ix_{table}_search ON {table} USING gin ({POSTGRESQL_TOKENS}(search_tokens))",
    ]
