"""Spellings: a label in every language of the catalogue, so that a file in either language is understood.

Services translate nothing. A file that comes in may name a column or a choice in any language we have, and
this module reads the catalogue as data for that one purpose.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final, Self

from babel.messages.pofile import read_po

LOCALE: Final = Path(__file__).resolve().parents[2] / "locale"
_IGNORED: Final = re.compile(r"[\s\u200b-\u200f\ufeff_\-–—:：*()（）.。/·]+")


class Wording(str):
    """A text that an administrator has written in several languages; as a string it is the first of them.

    It stands wherever a message id does, a field's label for one: whoever translates finds `translations`.
    """

    __slots__ = ("translations",)
    translations: Mapping[str, str]

    def __new__(cls, **translations: str | None) -> Self:
        """Take the text by language, such as `en=…, zh_CN=…`; blank ones are left out."""
        written = {code: text.strip() for code, text in translations.items() if text and text.strip()}
        made = super().__new__(cls, next(iter(written.values()), ""))
        made.translations = written
        return made

    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, str]]:
        """Return what a copy is made of."""
        return (), dict(self.translations)


def compared(text: object) -> str:
    """Return a label as it is compared: width, case, spaces and punctuation make no difference."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", str(text)).casefold())


@lru_cache(maxsize=1)
def _translations() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for path in sorted(LOCALE.glob("*/LC_MESSAGES/*.po")):
        with path.open("rb") as file:
            for message in read_po(file):
                if isinstance(message.id, str) and message.id and isinstance(message.string, str) and message.string:
                    found.setdefault(message.id, set()).add(message.string)
    return {text: frozenset(spellings) for text, spellings in found.items()}


def spellings(text: str) -> frozenset[str]:
    """Return a message id with its translations into every language of the catalogue."""
    own = frozenset(text.translations.values()) if isinstance(text, Wording) else frozenset()
    return _translations().get(text, frozenset()) | own | {text}


def codes(options: Mapping[str, str]) -> dict[str, str]:
    """Return the codes of a choice by code and label in every language, in their compared form."""
    found = {compared(word): code for code, label in options.items() for word in spellings(label)}
    return found | {compared(code): code for code in options}
