"""Questions and answers of a profile: what counts as answered, how complete it is, what has changed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.kit.errors import Message
from services.kit.fields import Field, check

Answers = Mapping[str, Any]
WHOLE = 10_000
"""Basis points of a profile with every needed answer."""
_LONGEST = {"text": 300, "long_text": 4_000}


@dataclass(frozen=True)
class Question:
    """What is asked; wording and section in both languages where there are both."""

    code: str
    section: Mapping[str, str]
    wording: Mapping[str, str]
    kind: str = "long_text"
    is_required: bool = True
    weight: int = 1

    @property
    def field(self) -> Field:
        """Return the facts of its answer: the same gate as for every other entry."""
        limits: dict[str, Any] = {}
        if self.kind == "rating":
            limits = {"minimum": 1, "maximum": 5}
        elif self.kind == "percent":
            limits = {"minimum": 0, "maximum": WHOLE}
        return Field(self.code, self.kind, self.wording["en"], max_length=_LONGEST.get(self.kind), **limits)


@dataclass(frozen=True)
class Change:
    """One answer that differs between two versions; None: not answered."""

    question: Question
    before: Any
    after: Any


def is_answered(value: Any) -> bool:
    """Say whether there is an answer; space alone is none, zero is one."""
    return value is not None and (not isinstance(value, str) or bool(value.strip()))


def completeness(questions: Iterable[Question], answers: Answers) -> int:
    """Return the weighted share of needed answers that are there, in basis points, rounded down.

    One more answer never lowers it. Where nothing is needed it is whole.
    """
    needed = [one for one in questions if one.is_required]
    total = sum(one.weight for one in needed)
    there = sum(one.weight for one in needed if is_answered(answers.get(one.code)))
    return WHOLE if total == 0 else WHOLE * there // total


def wrong(questions: Iterable[Question], answers: Answers) -> dict[str, Message]:
    """Return what does not hold, by question."""
    asked = {one.code: one for one in questions}
    found = {code: check(asked[code].field, value) for code, value in answers.items() if code in asked}
    return {code: problem for code, problem in found.items() if problem}


def merged(before: Answers, given: Answers) -> dict[str, Any]:
    """Return the answers with some of them given anew; what is emptied is absent."""
    return {code: value for code, value in {**before, **given}.items() if is_answered(value)}


def changes(questions: Sequence[Question], before: Answers, after: Answers) -> list[Change]:
    """Return what differs, in the order of the questions; those no longer asked come last, by their code."""
    asked = {one.code: one for one in questions}
    gone = sorted({*before, *after} - set(asked))
    every = [*questions, *(Question(code, {"en": ""}, {"en": code}) for code in gone)]
    return [
        Change(one, before.get(one.code), after.get(one.code))
        for one in every
        if before.get(one.code) != after.get(one.code)
    ]
