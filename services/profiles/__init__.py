"""Profiles: what we know of a customer's business, how a competitor stands there, and what comes of knowing it."""

from services.profiles.answers import Change, Question
from services.profiles.editing import (
    PROFILE,
    Version,
    answer,
    begin,
    current,
    difference,
    discard_draft,
    publish,
    versions,
)
from services.profiles.findings import (
    FINDING,
    STRATEGIC,
    Found,
    Sheet,
    Summary,
    link,
    of_customer,
    of_profile,
    origin,
    overview,
    summary,
    to_opportunity,
)
from services.profiles.questions import PROFILE_QUESTION, questions

__all__ = [
    "FINDING",
    "PROFILE",
    "PROFILE_QUESTION",
    "STRATEGIC",
    "Change",
    "Found",
    "Question",
    "Sheet",
    "Summary",
    "Version",
    "answer",
    "begin",
    "current",
    "difference",
    "discard_draft",
    "link",
    "of_customer",
    "of_profile",
    "origin",
    "overview",
    "publish",
    "questions",
    "summary",
    "to_opportunity",
    "versions",
]
