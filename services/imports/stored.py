"""Stored: what became of rows, and how that is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from services.kit.errors import Message
from services.kit.transfer.staging import plain


@dataclass
class Stored:
    """What became of a chunk."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: dict[int, dict[str, Message]] = field(default_factory=dict)
    """Row number -> what was wrong after all, by field."""
    notes: list[Message] = field(default_factory=list)

    def add(self, other: Stored) -> None:
        """Count another chunk in."""
        self.created += other.created
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.refused |= other.refused
        self.notes += other.notes


def told_of(wrong: Mapping[str, Message]) -> list[dict[str, Any]]:
    """Return what is wrong with a row, as its refusal is kept."""
    return [{"field": name, **plain(message)} for name, message in wrong.items()]


def as_json(value: Any) -> Any:
    """Return a value as JSON holds it; reverting reads it by the field's kind."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return value.isoformat() if isinstance(value, date) else json.loads(json.dumps(value, default=str))
