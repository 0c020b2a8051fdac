"""Grading: leads get points by rules that an administrator edits, and by the points A, B, C or D, with the reasons."""

from services.grading.points import grade, grade_many, score
from services.grading.rules import (
    GRADING_RULE,
    OPERATORS,
    WITHOUT_VALUE,
    Rule,
    Scheme,
    asked_as,
    in_force,
    named,
    offered,
    problem_of,
    scheme,
    state,
)
from services.grading.sql import CHUNK, Preview, Progress, by_night, preview, regrade, regrade_all, save

__all__ = [
    "CHUNK",
    "GRADING_RULE",
    "OPERATORS",
    "WITHOUT_VALUE",
    "Preview",
    "Progress",
    "Rule",
    "Scheme",
    "asked_as",
    "by_night",
    "grade",
    "grade_many",
    "in_force",
    "named",
    "offered",
    "preview",
    "problem_of",
    "regrade",
    "regrade_all",
    "save",
    "scheme",
    "score",
    "state",
]
