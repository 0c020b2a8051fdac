"""What profiles ask: data of the company, in both languages, edited by an administrator."""

from __future__ import annotations

from sqlalchemy import select

from db.models import ProfileQuestion
from db.types import N_
from services.kit import permissions
from services.kit.entity import Entity, Section
from services.kit.unit_of_work import UnitOfWork
from services.profiles.answers import Question

PROFILE_QUESTION = Entity(
    model=ProfileQuestion,
    module=__name__,
    one=N_("Profile question"),
    many=N_("Profile questions"),
    grid=("wording", "wording_zh", "profile_kind", "section", "is_required", "weight", "position"),
    form=(
        Section(N_("Question"), ("profile_kind", "code", "wording", "wording_zh", "answer_kind")),
        Section(N_("Place and weight"), ("section", "section_zh", "position", "is_required", "weight")),
    ),
    filters=("profile_kind",),
    match=("code",),
    title="wording",
    sort="position",
    descending=False,
    page="profile-questions",
)


def questions(uow: UnitOfWork, kind: str) -> list[Question]:
    """Return what a kind of profile asks today, in order."""
    permissions.require(uow, "profile_question.read")
    rows = uow.session.execute(
        select(ProfileQuestion)
        .where(ProfileQuestion.profile_kind == kind, ProfileQuestion.deleted_at.is_(None))
        .order_by(ProfileQuestion.position, ProfileQuestion.id)
    ).scalars()
    return [
        Question(
            row.code,
            {"en": row.section, "zh_CN": row.section_zh or row.section},
            {"en": row.wording, "zh_CN": row.wording_zh or row.wording},
            row.answer_kind,
            row.is_required,
            row.weight,
        )
        for row in rows
    ]
