"""Asking: how an import was asked for, as its batch keeps it and as the stages read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from db.types import N_
from services.kit.entity import Entity
from services.kit.errors import Refusal
from services.kit.transfer import mapping
from services.kit.transfer.mapping import Asked
from services.kit.transfer.outcome import Options

_KNOWN: Final = frozenset({
    "sheet", "maps", "mode", "match", "skip_bad", "create_missing", "for_pool", "fractions",
    "values", "unknown", "rest", "dates", "encoding", "delimiter",
})  # fmt: skip


def checked(entity: Entity, **asked: Any) -> dict[str, Any]:
    """Return what was asked as a batch keeps it. Raises Refusal for a field that is none."""
    if unknown := set(asked) - _KNOWN:
        raise TypeError(", ".join(sorted(unknown)))
    for name in [*asked.get("fractions", ()), *([asked["match"]] if asked.get("match") else [])]:
        if name not in entity.fields:
            raise Refusal(N_("There is no field “{field}”. There are: {fields}."), field=name,
                          fields=", ".join(mapping.targets(entity)))  # fmt: skip
    if asked.get("for_pool") and not entity.is_pooled:
        raise Refusal(N_("There is no public pool for these."))
    return {
        name: sorted(value)
        if isinstance(value, set | frozenset)
        else dict(value)
        if name == "maps" and value
        else value
        for name, value in asked.items()
        if value is not None
    }


def said(asked: Mapping[str, Any]) -> Asked:
    """Return what was said of the columns beside where they go."""
    return Asked(
        values=asked.get("values") or {},
        is_lenient=asked["unknown"] == "empty" if asked.get("unknown") else None,
        rest_to_notes=asked.get("rest") == "notes",
        dates=asked.get("dates") or "",
    )


def options(asked: Mapping[str, Any]) -> Options:
    """Return how records are to be made and changed."""
    return Options(
        mode=asked.get("mode", "create"),
        match=asked.get("match"),
        skip_bad=bool(asked.get("skip_bad")),
        create_missing=bool(asked.get("create_missing")),
        for_pool=bool(asked.get("for_pool")),
        fractions=frozenset(asked.get("fractions", ())),
    )
