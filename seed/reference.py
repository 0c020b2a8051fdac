"""What every company starts with, in production too: sales process and criteria. Safe to run again."""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, select

from db.models import CriteriaSet, GradingRule, Pipeline, ProfileQuestion
from db.types import N_
from seed.rows import words
from services import grading, planning
from services.grading import Rule, Scheme
from services.kit import records
from services.kit.actor import SYSTEM
from services.kit.unit_of_work import Database, UnitOfWork
from services.pipelines import PIPELINE, STAGE
from services.profiles import PROFILE_QUESTION

DEFAULT_PIPELINE: Final = N_("Standard sale")
STAGES: Final = (
    # name, kind, win rate in basis points, days allowed
    (N_("Discovery"), "open", 1_000, 45),
    (N_("Requirements"), "open", 3_000, 60),
    (N_("Solution"), "open", 5_000, 60),
    (N_("Offer"), "open", 7_000, 45),
    (N_("Negotiation"), "open", 9_000, 30),
    (N_("Won"), "won", 10_000, None),
    (N_("Lost"), "lost", 0, None),
    (N_("Void"), "void", 0, None),
)
"""Names are message ids: shown through the catalogue until an administrator renames them."""
GRADING: Final = (
    # field, operator, values, points
    ("source", "in", ("referral", "partner"), 25),
    ("source", "in", ("tender", "exhibition"), 15),
    ("title", "has", ("总",), 20),
    ("title", "has", ("director",), 15),
    ("phone", "filled", (), 5),
    ("email", "filled", (), 5),
    ("last_activity_at", "within", (30,), 15),
    ("next_step_on", "filled", (), 10),
    ("source", "in", ("cold_call",), -10),
)
"""A beginning, which an administrator bends to the company's own trade."""


def fill(database: Database) -> None:
    """Add what is missing; leave alone whatever an administrator has edited, renamed or binned."""
    database.run(SYSTEM, add_pipeline)
    database.run(SYSTEM, add_criteria)
    database.run(SYSTEM, add_grading)
    database.run(SYSTEM, add_profile_questions)


def add_pipeline(uow: UnitOfWork) -> bool:
    """Make the default pipeline with its stages, unless there has ever been any. Returns whether it did."""
    if uow.session.scalar(select(func.count()).select_from(Pipeline)):
        return False
    pipeline = records.create(uow, PIPELINE, {"name": DEFAULT_PIPELINE, "is_default": True, "position": 1})
    for position, (name, kind, win_rate, days_allowed) in enumerate(STAGES, start=1):
        values = {
            "pipeline_id": pipeline.id,
            "name": name,
            "kind": kind,
            "win_rate": win_rate,
            "position": position,
            "days_allowed": days_allowed,
        }
        records.create(uow, STAGE, values)
    return True


def add_criteria(uow: UnitOfWork) -> bool:
    """Make the standard criteria of the sandbox, unless there have ever been any. Returns whether it did."""
    if uow.session.scalar(select(func.count()).select_from(CriteriaSet)):
        return False
    planning.create_criteria_set(uow)
    return True


def add_grading(uow: UnitOfWork) -> bool:
    """Make the first grading rules, unless there have ever been any. Returns whether it did."""
    if uow.session.scalar(select(func.count()).select_from(GradingRule)):
        return False
    grading.save(uow, Scheme(tuple(Rule(*rule) for rule in GRADING)))
    return True


def add_profile_questions(uow: UnitOfWork) -> bool:
    """Make the questions of the profiles, unless there have ever been any. Returns whether it did."""
    if uow.session.scalar(select(func.count()).select_from(ProfileQuestion)):
        return False
    for position, row in enumerate(words("profile_questions"), start=1):
        values = {
            "profile_kind": row["kind"],
            "answer_kind": row["answer"],
            "is_required": row["required"] == "1",
            "weight": int(row["weight"]),
            "position": position * 10,
        }
        spoken = ("code", "section", "section_zh", "wording", "wording_zh")
        records.create(uow, PROFILE_QUESTION, {**values, **{name: row[name] for name in spoken}})
    return True
