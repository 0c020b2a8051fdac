"""Refusals: the sentences a verb answers with when it will not do what was asked.

A refusal carries a message id and its parameters; only ui translates it. Anything else that is raised is a
fault of ours and is shown as a reference number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from db.types import N_


@dataclass(frozen=True)
class Message:
    """A sentence to translate: `text` is the English message id with {named} parameters."""

    text: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the English sentence."""
        return self.text.format(**{name: _listed(value) for name, value in self.params.items()})


def _listed(value: Any) -> Any:
    return ", ".join(str(one) for one in value) if isinstance(value, list | tuple) else value


class Refusal(Exception):  # noqa: N818 - a refusal is no error; the word is used throughout
    """A verb declines, and says why."""

    def __init__(self, text: str, /, **params: Any) -> None:
        """Take a message marked with N_ and its parameters."""
        self.message = Message(text, params)
        super().__init__(str(self.message))


class Invalid(Refusal):
    """Some fields do not hold; `fields` says what is wrong with each and how to mend it."""

    def __init__(self, fields: Mapping[str, Message]) -> None:
        """Take the messages by field name."""
        self.fields = dict(fields)
        super().__init__(N_("Please mend the marked fields."))
        self.args = ("; ".join(f"{name}: {message}" for name, message in fields.items()),)


class NotFound(Refusal):
    """There is no such record, or the reader may not see it: the answer is the same."""

    def __init__(self) -> None:
        """Say the one sentence that tells nothing more."""
        super().__init__(N_("There is no such record, or you may not see it."))


class Forbidden(Refusal):
    """The role does not include this action."""

    def __init__(self, permission: str) -> None:
        """Keep the permission that was missing, for the log."""
        self.permission = permission
        super().__init__(N_("Your role does not include this."))


class Conflict(Refusal):
    """Somebody else saved the record in the meantime; both values are here, nothing was overwritten."""

    def __init__(
        self, *, theirs: Mapping[str, Any], yours: Mapping[str, Any], version: int, by: str | None = None
    ) -> None:
        """Take the differing fields with the saved and the new values, and the version now saved."""
        self.theirs = dict(theirs)
        self.yours = dict(yours)
        self.version = version
        self.by = by
        super().__init__(N_("Somebody else has changed this record in the meantime. Choose which values to keep."))
