"""Several choices in one field: a sorted tuple of codes; in a cell of a file, names with something between them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from db.types import Options

KIND: Final = "choices"
_BETWEEN: Final = re.compile(r"[,，;；、|｜\r\n]")


def pieces(written: Any) -> list[str]:
    """Return what stands between commas, semicolons, 、, | and ends of lines; blanks are left out."""
    return [part for one in _BETWEEN.split(str(written)) if (part := one.strip())]


def has_separator(name: str) -> bool:
    """Say whether a name would fall into pieces in a file."""
    return _BETWEEN.search(name) is not None


def kept(codes: Iterable[str]) -> tuple[str, ...] | None:
    """Return codes as a value is kept: each once, sorted; None for none at all."""
    return tuple(sorted(set(codes))) or None


def in_order(options: Options | None, retired: Options | None, codes: Iterable[str]) -> list[tuple[str, str]]:
    """Return (code, message id of its name) in the order in which the field offers them; unknown codes come last."""
    known: Mapping[str, str] = {**(options or {}), **(retired or {})}
    places = {code: place for place, code in enumerate(known)}
    ordered = sorted(codes, key=lambda code: (places.get(code, len(places)), code))
    return [(code, known.get(code, code)) for code in ordered]
